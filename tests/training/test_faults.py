"""Faults that really happen while it trains: a full disk, a folder turned read-only. test_train.py kills it."""

import json
import shutil
import subprocess

import pytest

from adder.network import checkpoint
from tests.machine import missing
from tests.runs import finish, fit, train, wait_for

SMALL = ("--recipe", "quick", "--dry-run", "--batch-size", 64)


@pytest.fixture
def disk(tmp_path):
    """A file system of 4 MB: room for one checkpoint of `quick`, not for a second beside it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if not mount or subprocess.run([mount, *options], capture_output=True).returncode:
        missing("no right to mount a file system")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def remount(disk, options: str) -> bool:
    return subprocess.run(["mount", "-o", f"remount,{options}", disk], capture_output=True).returncode == 0


def expect_told(ended: str, reason: str, disk) -> None:
    assert "Traceback" not in ended and reason in ended and str(disk) in ended
    assert "the file before it is unchanged" in ended


def test_a_full_disk_while_training(disk, data_dir, capsys):
    run = disk / "run"
    assert fit(*SMALL, "--epochs", 3, "--out", run, data_dir=data_dir) == 2
    expect_told(capsys.readouterr().err, "No space left", disk)
    _, description = checkpoint.load(run / "checkpoint.safetensors")
    assert len(description["log"]) == 1 and not list(run.glob(".*.tmp"))
    assert remount(disk, "size=64m")
    assert fit("--resume", run, data_dir=data_dir) == 0
    assert json.loads((run / "metrics.json").read_text(encoding="utf-8"))["settings"]["epochs"] == 3


def test_a_folder_that_turns_read_only_while_training(disk, data_dir):
    assert remount(disk, "size=64m")
    run = disk / "run"
    process = train(*SMALL, "--epochs", 200, "--out", run, data_dir=data_dir)
    wait_for(run / "checkpoint.safetensors", process)
    while not remount(disk, "ro"):  # refused while a file is being written
        assert process.poll() is None
    expect_told(finish(process, 2), "Read-only file system", disk)
    _, description = checkpoint.load(run / "checkpoint.safetensors")
    assert description["log"]
