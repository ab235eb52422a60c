"""Faults that really happen: a full disk, a folder turned read-only, a cut file, a terminated server.

test_page.py kills the server under an open page; test_train.py kills the training.
"""

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest

import demo
from adder.network import checkpoint
from tests.machine import ROOT, missing
from tests.runs import finish, fit, train, wait_for
from tests.servers import Server

SMALL = ("--recipe", "quick", "--without", "pendigits", "--dry-run", "--batch-size", 64)


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


@pytest.mark.parametrize("fault", ["cut short", "of another network"])
def test_weights_that_do_not_serve(fault, weights, tmp_path, restored, capsys):
    path = tmp_path / "some.safetensors"
    if fault == "cut short":
        path.write_bytes(weights.read_bytes()[:-1000])
    else:
        tensors, _ = checkpoint.load(ROOT / "weights" / "quick.safetensors")
        checkpoint.save(path, tensors, checkpoint.load(weights)[1])
    assert demo.main(["--weights", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out.count("\n") == 1 and said.err.count("\n") == 1 and str(path) in said.err


def test_a_taken_port_offers_a_free_one(weights):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "demo.py", "--weights", weights, "--device", "cpu", "--port", str(port)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120)
    assert ended.returncode == 2 and ended.stdout.count("\n") == 1 and ended.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in ended.stderr
    offered = int(re.search(r"--port (\d+)$", ended.stderr.strip())[1])
    with socket.create_server(("127.0.0.1", offered)):
        assert offered != port


def test_sigterm_ends_the_server_with_a_visitor_connected(weights):
    server = Server(weights)
    visitor = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    visitor.request("GET", "/config")
    visitor.getresponse().read()  # and the connection stays open: a browser does so
    server.process.send_signal(signal.SIGTERM)
    try:
        assert server.process.wait(120) == 0, "it does not wait for the visitor to leave"
    finally:
        visitor.close()
        server.stop()
