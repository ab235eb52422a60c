"""Several processes that train one network, as torchrun starts them. Alone, everything here does nothing.

All processes draw the same batch and warp it alike, and each takes its share: so a run gives the same losses however
many share the work, within floating-point tolerance, and chance costs a few percent of a step.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import torch
import torch.distributed as dist
import torch.distributed.nn.functional as differentiable
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel

from adder.network.model import choose_device

MOST_WORKERS = 8


def init_process_group(name: str) -> torch.device:
    """Joins the processes of torchrun, if it started this one; the device of this name that is this one's own.

    Of several processes each has a card, and none goes on without. ValueError when there is no such device.
    """
    if "RANK" not in os.environ:
        return choose_device(name)
    if name in ("auto", "cuda") and torch.cuda.is_available():
        name = f"cuda:{os.environ['LOCAL_RANK']}"
        cards, wanted = torch.cuda.device_count(), int(os.environ["LOCAL_WORLD_SIZE"])
        if cards < wanted:
            raise ValueError(f"{wanted} processes need a card each, and {cards} are here; lower --nproc-per-node")
    device = choose_device(name)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return device


def destroy_process_group() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()


def spare_cores(device: torch.device) -> int:
    """How many of this machine's cores neither its training processes nor their threads keep busy, for each of them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    busy = torch.get_num_threads() if device.type == "cpu" else 1
    return max(0, min(MOST_WORKERS, cores // processes - busy))


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


@contextmanager
def local_rank_zero_first() -> Iterator[None]:
    """The first process of each machine passes before its others, to download for all."""
    first = os.environ.get("LOCAL_RANK", "0") == "0"
    if dist.is_initialized() and not first:
        dist.barrier()
    yield
    if dist.is_initialized() and first:
        dist.barrier()


def shard(tensor: Tensor) -> Tensor:
    """This process's share of a batch (B, ...) that all have; B is a multiple of their number."""
    return tensor.chunk(world_size())[rank()]


def all_reduce(tensor: Tensor) -> Tensor:
    """The sum over all processes, in place."""
    if dist.is_initialized():
        dist.all_reduce(tensor)
    return tensor


def all_reduce_with_gradient(tensor: Tensor) -> Tensor:
    """The sum over all processes, through which the gradients of all flow."""
    return differentiable.all_reduce(tensor) if dist.is_initialized() else tensor


def data_parallel(network: nn.Module) -> nn.Module:
    """The network, its gradients averaged over the processes; the parameters are the network's own."""
    return DistributedDataParallel(network, broadcast_buffers=False) if dist.is_initialized() else network


def convert_sync_batchnorm(network: nn.Module) -> None:
    """Has the network's batch norms take their statistics over all processes, in place. Parameters are made anew."""
    if not dist.is_initialized():
        return
    if next(network.parameters()).is_cuda:
        nn.SyncBatchNorm.convert_sync_batchnorm(network)  # in place, but for a network that is one norm
        return
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, _BatchNorm):
                norm = SyncBatchNorm(child.num_features, child.eps, child.momentum, child.affine)
                norm.load_state_dict(child.state_dict())
                setattr(parent, name, norm)


class SyncBatchNorm(_BatchNorm):
    """Batch norm of (B, C, ...) over equal shards of all processes, for the CPU, where PyTorch's own does not run."""

    def _check_input_dim(self, input: Tensor) -> None:
        """Any number of dimensions will do."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        full = x.float()  # moments in bfloat16 would be too coarse
        over = [dim for dim in range(x.dim()) if dim != 1]
        moments = torch.stack((full.mean(over), full.square().mean(over)))
        mean, square = all_reduce_with_gradient(moments) / world_size()
        variance = square - mean.square()
        assert self.running_mean is not None and self.running_var is not None and self.momentum is not None
        with torch.no_grad():
            count = x.numel() / x.shape[1] * world_size()
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
            cast(Tensor, self.num_batches_tracked).add_(1)
        scale = (variance + self.eps).rsqrt()
        shift = -mean * scale
        if self.affine:
            scale, shift = self.weight * scale, self.bias + self.weight * shift
        along = (1, -1) + (1,) * (x.dim() - 2)
        return (full * scale.view(along) + shift.view(along)).to(x.dtype)
