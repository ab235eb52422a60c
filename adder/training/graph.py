"""CUDA graphs: the hundreds of kernels of a step, launched by one call instead of one each."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

WARM_UP = 3  # runs before a capture, in which libraries choose their ways and take their memory


def capture(function: Callable[..., Tensor], arguments: Sequence[Tensor], network: nn.Module) -> Callable[..., Tensor]:
    """A function of CUDA tensors -> the same for tensors of these shapes, replayed by the device without Python.

    It must not wait for the device or depend on values; gradients that it leaves keep their place in memory. What the
    runs before the capture change in the network's buffers is taken back. PyTorch's documentation, 'CUDA Graphs'.
    """
    held = [argument.clone() for argument in arguments]
    buffers = [buffer.clone() for buffer in network.buffers()]
    beside = torch.cuda.Stream()
    beside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(beside):
        for _ in range(WARM_UP):
            function(*held)
    torch.cuda.current_stream().wait_stream(beside)
    for parameter in network.parameters():
        parameter.grad = None
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        answer = function(*held)
    for buffer, before in zip(network.buffers(), buffers, strict=True):
        buffer.copy_(before)

    def replay(*arguments: Tensor) -> Tensor:
        for place, argument in zip(held, arguments, strict=True):
            place.copy_(argument)
        graph.replay()
        return answer

    return replay
