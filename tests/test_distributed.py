"""Two processes on the CPU against one: steps of every recipe side by side, and runs as torchrun starts them."""

import csv
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import pytest
import torch

from adder.data import splits
from adder.network import model as models
from adder.training import distributed, loop
from adder.training.recipes import RECIPES
from adder.training.run import Run, Settings
from bench.shared import free_port
from tests.conftest import ROOT
from tests.test_train import fit, train, wait_for

WAYS = [(recipe, supervision) for recipe in RECIPES for supervision in ("both", "sum")]
TWO = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]


def start(*flags, data_dir):
    command = [sys.executable, *TWO, "train.py", *map(str, flags), "--device", "cpu", "--data-dir", data_dir]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )


def finish(process, *, code=0):
    """What it printed."""
    output, _ = process.communicate(timeout=300)
    assert process.returncode == code, output[-2000:]
    return output


def log(folder):
    with open(folder / "log.csv", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def two_steps(recipe: str, supervision: str) -> tuple[float, torch.Tensor]:
    """The loss of the second step, and how far both moved the network; alone or as one of several processes."""
    settings = Settings(recipe=recipe, epochs=1, batch_size=32, lr=1e-3, seed=3, supervision=supervision)
    run = Run(settings, torch.device("cpu"), {})
    run.optimiser = torch.optim.SGD(run.network.parameters())  # Adam steps far where a gradient is next to nothing
    with torch.no_grad():
        run.network.digit.weight.mul_(10)  # answers differ too
    before = flat(run.network)
    network = distributed.data_parallel(run.network).train()
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
    """All weights and running statistics, one after the other."""
    state = network.state_dict().values()
    return torch.cat([tensor.flatten().double() for tensor in state if tensor.is_floating_point()])


def work(rank: int, port: int, folder: str) -> None:
    """A process of `test_two_processes_step_as_one`."""
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    os.environ |= address | {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
    torch.set_num_threads(1)
    distributed.init_process_group("cpu")
    results = {way: two_steps(*way) for way in WAYS}
    if rank == 0:
        torch.save(results, f"{folder}/results")
    distributed.destroy_process_group()


def test_two_processes_step_as_one(tmp_path):
    torch.multiprocessing.spawn(work, (free_port(), str(tmp_path)), nprocs=2)
    together = torch.load(tmp_path / "results")
    for way in WAYS:
        loss, moved = two_steps(*way)
        shared_loss, shared_moved = together[way]
        assert shared_loss == pytest.approx(loss, rel=5e-3), way
        assert (shared_moved - moved).norm() < 0.02 * moved.norm(), way


SMALL = ("--dry-run", "--recipe", "concat-mlp", "--without", "pendigits", "--epochs", 4)


def test_a_run_goes_on_with_another_number_of_processes(data_dir, tmp_path):
    """With one, then with two of which one is killed, then with one again: the losses of one from start to end."""
    few = (*SMALL, "--lr", 1e-4)  # a high rate magnifies the last digit
    whole, folder = tmp_path / "whole", tmp_path / "run"
    assert fit(*few, "--out", whole, data_dir=data_dir) == 0
    alone = train(*few, "--out", folder, data_dir=data_dir)
    wait_for(folder / "log.csv", alone)
    alone.send_signal(signal.SIGINT)
    alone.communicate()
    assert alone.returncode == 130

    epochs = len(log(folder))
    two = start("--resume", folder, data_dir=data_dir)
    while len(log(folder)) == epochs:
        assert two.poll() is None, two.communicate()[0][-2000:]
        time.sleep(0.02)
    os.kill(int(children(two.pid)[1]), signal.SIGKILL)
    assert "Signal 9 (SIGKILL)" in finish(two, code=1)

    assert fit("--resume", folder, data_dir=data_dir) == 0
    losses = [[row["loss"] for row in log(each)] for each in (whole, folder)]
    assert len(losses[0]) == 4 and losses[1] == pytest.approx(losses[0], rel=2e-3)


def test_all_processes_stop_at_a_loss_that_is_no_number(data_dir, tmp_path):
    output = finish(start(*SMALL, "--lr", 1e9, "--out", tmp_path / "run", data_dir=data_dir), code=1)
    assert "epoch 1: the loss is no number any more; use an --lr below 1e+09; nothing is saved" in output
    assert not (tmp_path / "run").exists()


def test_a_process_asks_its_own_card(monkeypatch):
    """No card is needed: what is asked is whether the second process's works."""
    for name, value in {"RANK": "1", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(models, "why_unusable", lambda kind: f"{kind} is full")
    for name in ("auto", "cuda"):
        with pytest.raises(ValueError, match="cuda:1 is full"):
            distributed.init_process_group(name)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ValueError, match="2 processes need a card each, and 1 are here; lower --nproc-per-node"):
        distributed.init_process_group("auto")


def test_a_batch_that_does_not_divide(data_dir, tmp_path):
    run = start("--dry-run", "--batch-size", 33, "--out", tmp_path, data_dir=data_dir)
    assert "a batch of 33 does not divide among 2 processes; choose another --batch-size" in finish(run, code=1)


def children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8").split()
