"""train.py as a person runs it: on real data, killed and resumed, interrupted, misused."""

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from adder.drawing import collection
from adder.network import checkpoint
from adder.reader import Reader
from adder.training import loop
from adder.training.recipes import RECIPES
from tests.machine import PLAIN, ROOT
from tests.runs import finish, fit, train, wait_for
from train import DRY_RUN, main, parse

FILES = {"adder.safetensors", "checkpoint.safetensors", "metrics.json", "log.csv"}
PICTURES = {"curves.png", "confusion.png", "mistakes.png"}


@pytest.fixture(scope="module")
def dry(data_dir, tmp_path_factory):
    """A dry run of the default recipe, with ADDER_DATA in the place of a flag."""
    folder = tmp_path_factory.mktemp("runs") / "dry"
    command = [sys.executable, "train.py", "--dry-run", "--device", "cpu", "--seed", "5", "--out", str(folder)]
    environment = os.environ | {"ADDER_DATA": str(data_dir)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, encoding="utf-8")
    assert "validation, mnist (500): digit" in ended.stdout and str(folder) in ended.stdout
    lines = ended.stderr.splitlines()  # a line an epoch, for there is no terminal
    assert [line.split(":")[0] for line in lines] == ["default", "epoch 1", "epoch 2"] and "\r" not in ended.stderr
    return folder


def results(folder):
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return metrics["validation"], metrics["calibration"]


def test_dry_run_leaves_a_run_folder(dry):
    assert {path.name for path in dry.iterdir()} == FILES | PICTURES
    assert all((dry / name).read_bytes().startswith(b"\x89PNG") for name in PICTURES)
    rows = list(csv.DictReader((dry / "log.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    metrics = json.loads((dry / "metrics.json").read_text(encoding="utf-8"))
    mnist = metrics["validation"]["mnist"]
    assert mnist["pairs"] == 10 * mnist["images"] == 5000 and "test" not in metrics
    assert min(mnist["digit_accuracy"], mnist["sum_accuracy"]) > 0.6
    assert metrics["command"].startswith("python train.py --dry-run")
    Reader.load(dry / "adder.safetensors", device="cpu")


QUICK = ("--dry-run", "--recipe", "quick", "--epochs", 4, "--seed", 5)


@pytest.fixture(scope="module")
def unbroken(data_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "unbroken"
    assert fit(*QUICK, "--out", folder, data_dir=data_dir) == 0
    return folder


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_stopped_resumes_to_the_same_result(unbroken, data_dir, tmp_path, monkeypatch, blow):
    folder = tmp_path / "a broken run"
    process = train(*QUICK, "--out", folder, data_dir=data_dir)
    wait_for(folder / "checkpoint.safetensors", process)
    process.send_signal(blow)
    output = finish(process, -signal.SIGKILL if blow == signal.SIGKILL else 130)
    checkpoint.load(folder / "checkpoint.safetensors")
    assert not (folder / "metrics.json").exists()
    if blow == signal.SIGKILL:
        assert fit("--resume", folder, data_dir=data_dir) == 0
    else:
        assert f"--resume '{folder}'" in output and "Traceback" not in output
        _, program, *flags = shlex.split(output.partition("continue with: ")[2])
        monkeypatch.chdir(tmp_path)  # from any folder
        assert Path(program) == ROOT / "train.py" and main([*flags, "--device", "cpu"]) == 0
    assert results(folder) == results(unbroken)
    assert {path.name for path in folder.iterdir()} >= FILES | PICTURES


def test_stopped_before_the_first_epoch_though_started_in_the_background(data_dir, tmp_path):
    folder = tmp_path / "run"
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child's too: as a shell does to what ends in &
    try:
        flags = ("--recipe", "bottleneck", "--epochs", 1, "--out", folder)
        process = train(*flags, data_dir=data_dir)
    finally:
        signal.signal(signal.SIGINT, usual)
    while "images" not in process.stderr.readline():  # until it trains
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output = finish(process, 130)
    assert "nothing is saved" in output and "Traceback" not in output


def test_an_interrupt_is_not_lost_in_a_destructor(tmp_path):
    """As while matplotlib's weak references are cleared away: Python ignores what is raised there."""
    script = tmp_path / "run.py"
    script.write_text(
        "import signal, sys, time\n"
        "from train import interrupt_again\n"
        "class Held:\n"
        "    def __del__(self):\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "sys.unraisablehook = interrupt_again\n"
        "held = Held()\n"
        "try:\n"
        "    del held\n"
        "    print('lost', flush=True)\n"
        "    for _ in range(6000):\n"
        "        time.sleep(0.01)\n"
        "except KeyboardInterrupt:\n"
        "    print('stopped')\n",
        encoding="utf-8",
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, encoding="utf-8")
    assert ended.stdout.split() == ["lost", "stopped"] and ended.stderr == ""


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--recipe", "nobody"], "--recipe"),
        (["--epochs", "0"], "--epochs"),
        (["--lr", "-1"], "--lr"),
        (["--lr", "nan"], "--lr"),
        (["--batch-size", "some"], "--batch-size"),
        (["--resume", "nowhere"], "nowhere"),
        (["--resume", "runs", "--epochs", "3"], "start a new run with more --epochs"),
        (["--resume", "runs", "--seed", "0"], "leave out --seed"),
        (["--seed", "-1"], "-1 must be between 0 and 4294967295"),
        (["--seed", str(2**64)], f"{2**64} must be between 0 and 4294967295"),
        (["--out", "README.md", "--dry-run"], "README.md"),
    ],
)
def test_misuse_is_told_in_a_line(flags, words, data_dir, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    try:
        code = fit(*flags, data_dir=data_dir)
    except SystemExit as ended:  # argparse's way
        code = ended.code
    told = capsys.readouterr().err
    assert code == 2 and told.splitlines()[-1].startswith("train.py: ") and words in told.splitlines()[-1]


def test_a_loss_that_is_no_number_ends_in_a_line(data_dir, tmp_path, capsys):
    assert fit("--dry-run", "--recipe", "quick", "--lr", 1e9, "--out", tmp_path / "run", data_dir=data_dir) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told == "train.py: epoch 1: the loss is not a number; use an --lr below 1e+09; nothing is saved"
    assert not (tmp_path / "run").exists()


def test_a_full_memory_names_the_flag(data_dir, tmp_path, capsys, monkeypatch):
    """The CPU's, of which a network of terabytes is asked; and as PyTorch says it of a GPU."""
    flags = ("--dry-run", "--recipe", "quick", "--out", tmp_path / "run")

    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore of it.")

    with monkeypatch.context() as patched:
        patched.setattr(loop, "train_step", full)
        assert fit(*flags, data_dir=data_dir) == 2
    huge = RECIPES["quick"].model | {"backbone": {"name": "quick", "widths": (24, 48, 10**11)}}
    monkeypatch.setitem(RECIPES, "quick", replace(RECIPES["quick"], model=huge))
    assert fit(*flags, data_dir=data_dir) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train.py: ")]
    assert len(told) == 2 and all("use a lower --batch-size" in line and len(line) < 400 for line in told)


def test_a_torch_that_does_not_load_is_told_in_a_line(tmp_path):
    (tmp_path / "torch.py").write_text("raise OSError('[WinError 1114] c10.dll')\n", encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    ended = subprocess.run([sys.executable, "train.py", "--list"], cwd=ROOT, env=environment, capture_output=True)
    [line] = ended.stderr.decode().splitlines()
    assert ended.returncode == 1 and line.startswith("train.py: a package cannot be loaded ([WinError 1114] c10.dll)")


def test_home_in_every_path(tmp_path, monkeypatch):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    flags = ("--out", "--data-dir", "--resume", "--extra")
    for flag in flags:
        given = parse([f"{flag}=~/class"])
        value = getattr(given, flag.removeprefix("--").replace("-", "_"))
        assert value in (tmp_path / "class", [tmp_path / "class"])


def test_a_run_resumes_from_any_folder(data_dir, tmp_path, capsys, monkeypatch):
    """It finds its data and drawings again, and names those that changed."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("ADDER_DATA", "~/digits")
    monkeypatch.setitem(DRY_RUN, "limit", 300)
    monkeypatch.chdir(here)
    (here / "digits").symlink_to(data_dir)
    collection.append(Path(), [[(20, 10), (80, 10), (40, 90)]], 7, {})
    files = ("--extra", collection.FILE_NAME)
    few = ("--dry-run", "--recipe", "quick", "--epochs", "1", "--device", "cpu")
    assert main([*few, *files, "--out", "run"]) == 0
    first = (here / "run" / "metrics.json").read_text(encoding="utf-8")
    assert str(here) not in first, "what is published does not say whose machine it was"

    monkeypatch.chdir(there)
    monkeypatch.delenv("ADDER_DATA")
    resume = ["--device", "cpu", "--resume", str(here / "run")]
    assert main(resume) == 0 and "has changed" not in capsys.readouterr().err
    collection.append(here, [[(20, 10), (80, 10), (40, 90)]], 7, {})
    assert main(resume) == 0
    assert f"{here / collection.FILE_NAME} has changed since the run last trained" in capsys.readouterr().err


def test_a_run_is_not_overwritten(dry, data_dir, capsys):
    assert fit("--dry-run", "--out", dry, data_dir=data_dir) == 2
    assert f"--resume {dry}" in capsys.readouterr().err


def test_help_explains_from_another_folder(tmp_path):
    """In a terminal that shows ASCII alone."""
    command = [sys.executable, str(ROOT / "train.py"), "--help"]
    ended = subprocess.run(command, cwd=tmp_path, env=os.environ | PLAIN, capture_output=True, encoding="utf-8")
    assert ended.returncode == 0, ended.stderr
    words = " ".join(ended.stdout.split())
    assert "--resume" in words and "beside train.py" in words
