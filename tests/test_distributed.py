"""Two processes on the CPU, started by torchrun as a person would, against one."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

TWO = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]


def start(*flags, data_dir, processes=1):
    command = [sys.executable, *(TWO if processes == 2 else []), "train.py", *map(str, flags), "--data-dir", data_dir]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finish(process, *, code=0):
    """What it printed."""
    output, _ = process.communicate(timeout=300)
    assert process.returncode == code, output[-2000:]
    return output


def log(folder):
    with open(folder / "log.csv", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def test_two_processes_train_as_one(data_dir, tmp_path):
    flags = ["--dry-run", "--device", "cpu", "--epochs", 1, "--lr", 0.001]  # a high rate magnifies the last digit
    for count in (1, 2):
        finish(start(*flags, "--out", tmp_path / str(count), data_dir=data_dir, processes=count))
    (one,), (two,) = log(tmp_path / "1"), log(tmp_path / "2")
    for name in ("loss", "digit_accuracy", "mnist_digit_loss", "drawn_digit_loss"):
        assert two[name] == pytest.approx(one[name], rel=2e-3), name


def test_a_killed_process_ends_the_run_which_resumes(data_dir, tmp_path):
    flags = ["--dry-run", "--device", "cpu", "--recipe", "concat-mlp"]
    finish(start(*flags, "--out", tmp_path / "whole", data_dir=data_dir, processes=2))
    broken = start(*flags, "--epochs", 2, "--out", tmp_path / "broken", data_dir=data_dir, processes=2)
    while not (tmp_path / "broken" / "log.csv").exists():
        assert broken.poll() is None, broken.communicate()[0][-2000:]
        time.sleep(0.02)
    os.kill(int(children(broken.pid)[1]), signal.SIGKILL)
    assert "Signal 9 (SIGKILL)" in finish(broken, code=1)
    finish(start("--device", "cpu", "--resume", tmp_path / "broken", data_dir=data_dir, processes=2))
    assert [row["loss"] for row in log(tmp_path / "broken")] == [row["loss"] for row in log(tmp_path / "whole")]


def test_a_batch_that_does_not_divide(data_dir, tmp_path):
    run = start("--dry-run", "--batch-size", 33, "--out", tmp_path, data_dir=data_dir, processes=2)
    assert "a batch of 33 does not divide among 2 processes; choose another --batch-size" in finish(run, code=1)


def children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8").split()
