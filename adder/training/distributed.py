"""Several processes, each with its own GPU, that train one network; torchrun starts them.

All processes sample and warp the same batch, and each trains on its share. So the losses do not depend on the number of
processes, up to rounding. To warp the whole batch costs a few percent of a step.

In a single process, the functions that communicate change nothing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
import torch.distributed.nn.functional as differentiable
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from adder.network.model import choose_device

MAX_WORKERS = 8


def init_process_group(name: str) -> torch.device:
    """The device to train on; under torchrun this process joins the others, and gets a GPU of its own.

    ValueError when there is no such device, or when not every process has a GPU that works.
    """
    if "RANK" not in os.environ:
        return choose_device(name)
    gpus, wanted = torch.cuda.device_count(), int(os.environ["LOCAL_WORLD_SIZE"])
    if name not in ("auto", "cuda") or gpus < wanted:
        raise ValueError(
            f"{wanted} processes need a GPU each, and there are {gpus}; lower --nproc-per-node, or train without "
            "torchrun: one process uses all cores"
        )
    device = choose_device(f"cuda:{os.environ['LOCAL_RANK']}")
    torch.cuda.set_device(device)
    dist.init_process_group("nccl")
    return device


def destroy_process_group() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()


def spare_cores(device: torch.device) -> int:
    """The number of data-loader workers for each process: the cores that training leaves idle, at most MAX_WORKERS."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    busy = torch.get_num_threads() if device.type == "cpu" else 1
    return max(0, min(MAX_WORKERS, cores // processes - busy))


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


@contextmanager
def local_rank_zero_first() -> Iterator[None]:
    """Lets the first process of each machine go first, so that it downloads for all."""
    first = os.environ.get("LOCAL_RANK", "0") == "0"
    if dist.is_initialized() and not first:
        dist.barrier()
    yield
    if dist.is_initialized() and first:
        dist.barrier()


def shard(tensor: Tensor) -> Tensor:
    """This process's share of a batch (B, ...); B is a multiple of the number of processes."""
    return tensor.chunk(world_size())[rank()]


def all_reduce(tensor: Tensor) -> Tensor:
    """The sum over all processes, in place."""
    if dist.is_initialized():
        dist.all_reduce(tensor)
    return tensor


def all_reduce_with_gradient(tensor: Tensor) -> Tensor:
    """The sum over all processes; gradients flow through it to all of them."""
    return differentiable.all_reduce(tensor) if dist.is_initialized() else tensor


def data_parallel(network: nn.Module) -> nn.Module:
    """The network with gradients averaged over the processes; it shares the parameters of `network`."""
    return DistributedDataParallel(network, broadcast_buffers=False) if dist.is_initialized() else network


def convert_sync_batchnorm(network: nn.Module) -> None:
    """Makes the network's batch norms take their statistics over all processes, in place."""
    if dist.is_initialized():
        nn.SyncBatchNorm.convert_sync_batchnorm(network)
