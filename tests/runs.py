"""train.py as a process, and in this one."""

import subprocess
import sys
import time

from tests.machine import ROOT
from train import main


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
