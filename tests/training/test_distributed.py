"""Several processes: two on the CPU step as one does, and each asks for its own GPU. No GPU is needed."""

from contextlib import nullcontext
from unittest.mock import patch

import pytest
import torch
import torch.distributed as dist

from adder.data import splits
from adder.network import model as models
from adder.training import distributed, loop
from adder.training.recipes import RECIPES
from adder.training.run import Run, Settings
from bench.server import free_port
from train import main

WAYS = [(recipe, supervision) for recipe in RECIPES for supervision in ("both", "sum")]


def two_steps(recipe: str, supervision: str) -> tuple[float, torch.Tensor]:
    """The loss of the second step, and how far both moved the network; alone or as one of several processes.

    Batch norms keep their running statistics: PyTorch synchronises them on GPUs alone.
    """
    settings = Settings(recipe=recipe, epochs=1, batch_size=32, lr=1e-3, seed=3, supervision=supervision)
    run = Run(settings, torch.device("cpu"), {})
    run.optimiser = torch.optim.SGD(run.network.parameters())  # Adam steps far where a gradient is next to nothing
    with torch.no_grad():
        run.network.digit.weight.mul_(10)  # answers differ too
    before = flat(run.network)
    network = distributed.data_parallel(run.network).eval()
    for seed in (1, 2):
        torch.manual_seed(seed)
        digits = torch.arange(32) % 10
        if run.network.refusal is not None:
            digits[::8] = splits.NO_DIGIT
        numbers = torch.randint(10, (32,))
        sums = torch.where(digits == splits.NO_DIGIT, splits.NO_DIGIT, digits + numbers)
        images = torch.randint(256, (32, 1, 28, 28)) * torch.arange(32)[:, None, None, None] // 32  # shares differ
        images = images.to(torch.uint8)
        with patch.object(loop, "mixed_precision", lambda device: nullcontext()):  # bfloat16 rounds by shares
            loss = loop.train_step(run, network, splits.Batch(images, digits, numbers, sums), 0.3)[0]
    mean = distributed.all_reduce(loss) / distributed.world_size()
    return mean.item(), flat(run.network) - before


def flat(network: torch.nn.Module) -> torch.Tensor:
    """All weights, one after the other."""
    return torch.cat([parameter.detach().flatten().double() for parameter in network.parameters()])


def is_stopped_by_another(rank: int) -> bool:
    """Whether this process stops when the loss of the second is not finite."""
    run = Run(Settings("quick", epochs=1, batch_size=32, lr=1e-3, seed=0), torch.device("cpu"), {})
    try:
        loop.require(rank == 0, run, epoch=0)
    except FloatingPointError:
        return True
    return False


def work(rank: int, port: int, folder: str) -> None:
    """A process of `test_two_processes_step_as_one`."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    with patch.object(distributed, "convert_sync_batchnorm", lambda network: None):
        results = {way: two_steps(*way) for way in WAYS}
        assert is_stopped_by_another(rank)
    if rank == 0:
        torch.save(results, f"{folder}/results")
    distributed.destroy_process_group()


def test_two_processes_step_as_one(tmp_path):
    torch.multiprocessing.spawn(work, (free_port(), str(tmp_path)), nprocs=2)
    shared = torch.load(tmp_path / "results")
    for way in WAYS:
        loss, moved = two_steps(*way)
        shared_loss, shared_moved = shared[way]
        assert shared_loss == pytest.approx(loss, rel=5e-3), way
        assert (shared_moved - moved).norm() < 0.02 * moved.norm(), way


def as_the_second_of_two(monkeypatch, gpus: int) -> None:
    for name, value in {"RANK": "1", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)


def test_a_process_asks_for_its_own_gpu(monkeypatch):
    as_the_second_of_two(monkeypatch, gpus=2)
    monkeypatch.setattr(models, "why_unusable", lambda kind: f"{kind} is full")
    for name in ("auto", "cuda"):
        with pytest.raises(ValueError, match="cuda:1 is full"):
            distributed.init_process_group(name)


@pytest.mark.parametrize(("gpus", "device"), [(1, "auto"), (0, "auto"), (2, "cpu")])
def test_processes_without_a_gpu_each_are_refused(monkeypatch, capsys, tmp_path, gpus, device):
    as_the_second_of_two(monkeypatch, gpus)
    assert main(["--device", device, "--out", str(tmp_path / "run")]) == 2
    line = capsys.readouterr().err
    assert (
        f"2 processes need a GPU each, and there are {gpus}; lower --nproc-per-node" in line and line.count("\n") == 1
    )


def test_a_batch_that_does_not_divide(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(distributed, "init_process_group", lambda name: torch.device("cpu"))
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    assert main(["--dry-run", "--batch-size", "33", "--out", str(tmp_path / "run")]) == 2
    assert "2 processes cannot share a batch of 33 equally" in capsys.readouterr().err
