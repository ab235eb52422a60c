"""train.py as a person runs it: on real data, killed and resumed, interrupted, misused."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from adder.network import checkpoint
from adder.reader import Reader
from tests.conftest import ROOT

FILES = {"adder.safetensors", "checkpoint.safetensors", "metrics.json", "log.csv"}
PICTURES = {"curves.png", "confusion.png", "mistakes.png"}


def train(*flags, data_dir, **options):
    command = [sys.executable, "train.py", "--device", "cpu", "--data-dir", str(data_dir), *map(str, flags)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def finish(process, code=0):
    output, errors = process.communicate(timeout=400)
    assert process.returncode == code, errors
    return output + errors


def wait_for(path, process):
    while not path.exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


@pytest.fixture(scope="module")
def unbroken(data_dir, tmp_path_factory):
    """A dry run of three epochs."""
    folder = tmp_path_factory.mktemp("runs") / "unbroken"
    started = time.monotonic()
    output = finish(train("--dry-run", "--epochs", 3, "--seed", 5, "--out", folder, data_dir=data_dir))
    assert time.monotonic() - started < 60
    assert "MNIST test: digit" in output and str(folder) in output
    return folder


def results(folder):
    metrics = json.loads((folder / "metrics.json").read_text())
    return metrics["validation"], metrics["test"]


def test_dry_run_leaves_a_run_folder(unbroken):
    assert {path.name for path in unbroken.iterdir()} == FILES | PICTURES
    assert all((unbroken / name).read_bytes().startswith(b"\x89PNG") for name in PICTURES)
    rows = list(csv.DictReader((unbroken / "log.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    metrics = json.loads((unbroken / "metrics.json").read_text())
    assert metrics["test"]["pairs"] == 10 * metrics["test"]["images"] == 20000
    assert metrics["test"]["digit_accuracy"] > 0.9 and metrics["test"]["sum_accuracy"] > 0.9
    assert metrics["command"].startswith("python train.py --device cpu")
    Reader.load(unbroken / "adder.safetensors", device="cpu")


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_stopped_resumes_to_the_same_result(unbroken, data_dir, tmp_path, blow):
    folder = tmp_path / "broken"
    process = train("--dry-run", "--epochs", 3, "--seed", 5, "--out", folder, data_dir=data_dir)
    wait_for(folder / "checkpoint.safetensors", process)
    process.send_signal(blow)
    output = finish(process, -signal.SIGKILL if blow == signal.SIGKILL else 130)
    if blow != signal.SIGKILL:
        assert f"--resume {folder}" in output and "Traceback" not in output
    checkpoint.load(folder / "checkpoint.safetensors")
    assert not (folder / "metrics.json").exists()
    finish(train("--resume", folder, data_dir=data_dir))
    assert results(folder) == results(unbroken)
    assert {path.name for path in folder.iterdir()} >= FILES | PICTURES


def test_stopped_before_the_first_epoch(data_dir, tmp_path):
    folder = tmp_path / "run"
    process = train("--epochs", 1, "--out", folder, data_dir=data_dir)
    while "images" not in process.stderr.read(1) + process.stderr.readline():  # until the progress bar is there
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output = finish(process, 130)
    assert "nothing is saved" in output and "Traceback" not in output


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--recipe", "nobody"], "--recipe"),
        (["--epochs", "0"], "--epochs"),
        (["--lr", "-1"], "--lr"),
        (["--lr", "nan"], "--lr"),
        (["--batch-size", "some"], "--batch-size"),
        (["--resume", "nowhere"], "nowhere"),
        (["--resume", "runs", "--epochs", "3"], "leave out --epochs"),
        (["--out", "README.md", "--dry-run"], "README.md"),
    ],
)
def test_misuse_is_told_in_a_line(flags, words, data_dir):
    output = finish(train(*flags, data_dir=data_dir), 2)
    last = output.splitlines()[-1]
    assert last.startswith("train.py: ") and words in last and "Traceback" not in output


def test_a_run_is_not_overwritten(unbroken, data_dir):
    output = finish(train("--dry-run", "--out", unbroken, data_dir=data_dir), 2)
    assert f"--resume {unbroken}" in output


def test_help_explains(data_dir):
    output = finish(train("--help", data_dir=data_dir))
    assert "--resume" in output and "adder.safetensors" in output


def test_data_dir_from_the_environment(data_dir, tmp_path):
    command = [sys.executable, "train.py", "--dry-run", "--epochs", "1", "--out", str(tmp_path / "run")]
    environment = os.environ | {"ADDER_DATA": str(data_dir)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
