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
from train import main

FILES = {"adder.safetensors", "checkpoint.safetensors", "metrics.json", "log.csv"}
PICTURES = {"curves.png", "confusion.png", "mistakes.png"}


def train(*flags, data_dir, **options):
    command = [sys.executable, "train.py", "--device", "cpu", "--data-dir", str(data_dir), *map(str, flags)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    return subprocess.Popen(command, cwd=ROOT, **pipes, **options)


def fit(*flags, data_dir) -> int:
    """The same in this process."""
    return main(["--device", "cpu", "--data-dir", str(data_dir), *map(str, flags)])


def finish(process, code=0):
    output, errors = process.communicate(timeout=400)
    assert process.returncode == code, errors
    return output + errors


def wait_for(path, process):
    while not path.exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


@pytest.fixture(scope="module")
def dry(data_dir, tmp_path_factory):
    """A dry run of the default recipe, with ADDER_DATA in the place of a flag."""
    folder = tmp_path_factory.mktemp("runs") / "dry"
    command = [sys.executable, "train.py", "--dry-run", "--device", "cpu", "--seed", "5", "--out", str(folder)]
    environment = os.environ | {"ADDER_DATA": str(data_dir)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, encoding="utf-8")
    assert "MNIST test: digit" in ended.stdout and str(folder) in ended.stdout
    return folder


def results(folder):
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return metrics["validation"], metrics["test"]


def test_dry_run_leaves_a_run_folder(dry):
    assert {path.name for path in dry.iterdir()} == FILES | PICTURES
    assert all((dry / name).read_bytes().startswith(b"\x89PNG") for name in PICTURES)
    rows = list(csv.DictReader((dry / "log.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    metrics = json.loads((dry / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["test"]["pairs"] == 10 * metrics["test"]["images"] == 20000
    assert metrics["test"]["digit_accuracy"] > 0.8 and metrics["test"]["sum_accuracy"] > 0.8
    assert metrics["command"].startswith("python train.py --dry-run")
    Reader.load(dry / "adder.safetensors", device="cpu")


QUICK = ("--dry-run", "--recipe", "quick", "--without", "pendigits", "--epochs", 4, "--seed", 5)


@pytest.fixture(scope="module")
def unbroken(data_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "unbroken"
    assert fit(*QUICK, "--out", folder, data_dir=data_dir) == 0
    return folder


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_stopped_resumes_to_the_same_result(unbroken, data_dir, tmp_path, blow):
    folder = tmp_path / "broken"
    process = train(*QUICK, "--workers", 2, "--out", folder, data_dir=data_dir, start_new_session=True)
    wait_for(folder / "checkpoint.safetensors", process)
    process.send_signal(blow)
    output = finish(process, -signal.SIGKILL if blow == signal.SIGKILL else 130)
    if blow != signal.SIGKILL:
        assert f"--resume {folder}" in output and "Traceback" not in output
    with pytest.raises(ProcessLookupError):
        while True:  # until the processes that drew for it are gone too
            os.killpg(process.pid, 0)
            time.sleep(0.05)
    checkpoint.load(folder / "checkpoint.safetensors")
    assert not (folder / "metrics.json").exists()
    assert fit("--resume", folder, data_dir=data_dir) == 0
    assert results(folder) == results(unbroken)
    assert {path.name for path in folder.iterdir()} >= FILES | PICTURES


def test_stopped_before_the_first_epoch_though_started_in_the_background(data_dir, tmp_path):
    folder = tmp_path / "run"
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child's too: as a shell does to what ends in &
    try:
        flags = ("--recipe", "bottleneck", "--without", "pendigits", "--epochs", 1, "--out", folder)
        process = train(*flags, data_dir=data_dir)
    finally:
        signal.signal(signal.SIGINT, usual)
    while "images" not in process.stderr.read(1) + process.stderr.readline():  # until the progress bar is there
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
        "    time.sleep(60)\n"
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
        (["--resume", "runs", "--epochs", "3"], "leave out --epochs"),
        (["--out", "README.md", "--dry-run"], "README.md"),
        (["--start", "weights/quick.safetensors", "--dry-run"], "weights/quick.safetensors holds another network"),
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


def test_a_run_is_not_overwritten(dry, data_dir, capsys):
    assert fit("--dry-run", "--out", dry, data_dir=data_dir) == 2
    assert f"--resume {dry}" in capsys.readouterr().err


def test_help_explains(data_dir):
    output = finish(train("--help", data_dir=data_dir))
    assert "--resume" in output and "adder.safetensors" in output
