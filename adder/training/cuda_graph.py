"""The forward and backward pass of a training step as one CUDA graph: hundreds of kernels, one launch."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

WARM_UP = 3  # runs before the capture, in which libraries choose algorithms and allocate memory


def capture(function: Callable[..., Tensor], arguments: Sequence[Tensor], network: nn.Module) -> Callable[..., Tensor]:
    """Captures a function of CUDA tensors; the result takes tensors of the same shapes and replays it without Python.

    The function must not wait for the device or branch on values. Every replay writes the gradients to the same memory.
    The warm-up runs change the network's buffers; they are restored. Source: PyTorch's documentation, 'CUDA Graphs'.
    """
    held = [argument.clone() for argument in arguments]
    buffers = [buffer.clone() for buffer in network.buffers()]
    side_stream = torch.cuda.Stream()
    side_stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side_stream):
        for _ in range(WARM_UP):
            function(*held)
    torch.cuda.current_stream().wait_stream(side_stream)
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
