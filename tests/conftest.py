"""What the tests share: real data, the shipped weights, a server and a browser."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from adder.files import user_path
from bench import shared

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:  # a machine that only trains
    collect_ignore_glob = ["test_[!c]*", "test_c[!u]*"]  # all but test_cuda.py
else:
    expect.set_options(timeout=60_000)  # ms: only a hang takes so long

ROOT = Path(__file__).parent.parent
if "PYTEST_XDIST_WORKER" in os.environ:  # workers share the cores; what they start inherits it
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.pop("PYTHONWARNDEFAULTENCODING", None)  # of other people's code the warnings are not ours to read


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that holds MNIST/raw and pendigits; without it tests skip, and fail where CI=true."""
    places = [ROOT.parent / "shared" / "data", ROOT / "data"]
    if os.environ.get("ADDER_DATA"):
        places.insert(0, user_path(os.environ["ADDER_DATA"]))
    for place in places:
        if (place / "MNIST" / "raw" / "t10k-images-idx3-ubyte").exists():
            return place
    missing("no data folder with MNIST: set ADDER_DATA, or run python train.py --dry-run once")


@pytest.fixture(scope="session")
def weights() -> Path:
    return ROOT / "weights" / "adder.safetensors"


def missing(what: str) -> None:
    """Skips the test for want of something; where CI=true, nothing may be missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (and CI=true)")
    pytest.skip(what)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def offline(monkeypatch):
    """All downloads go to a proxy that is not there; urllib keeps what it once read of the environment."""
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    urllib.request.install_opener(None)
    yield
    urllib.request.install_opener(None)


@pytest.fixture
def restored():
    """What demo.main() sets for its whole process is as before after the test: signals, environment, threads."""
    import torch

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    environment, threads = dict(os.environ), torch.get_num_threads()
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    os.environ.clear()
    os.environ.update(environment)
    torch.set_num_threads(threads)


class Server:
    """demo.py with the shipped weights on a port of its own; `script` calls demo.main() otherwise than as a command."""

    def __init__(
        self,
        weights: Path | None,
        *flags: str,
        command: list[str] | None = None,
        port: int | None = None,
        script: str = "",
        **pipes,
    ):
        self.port = port or shared.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        usual = [sys.executable, *(["-c", script] if script else ["demo.py"])]
        usual += ["--weights", str(weights), "--device", "cpu", "--port", str(self.port)]
        self.command = command or [*usual, *flags]
        self.pipes = pipes
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, cwd=ROOT, **self.pipes)
        for _ in range(3000):
            assert self.process.poll() is None, "demo.py ended"
            try:
                with urllib.request.urlopen(self.url):
                    return
            except urllib.error.URLError:
                time.sleep(0.1)
        raise TimeoutError(self.url)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def server(weights):
    running = Server(weights)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def chromium():
    path = next(filter(None, map(shutil.which, shared.BROWSERS)), None)
    if path is None:
        missing("no Chromium on the PATH")
    flags = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        sandbox = not hasattr(os, "geteuid") or os.geteuid() != 0  # Chromium refuses its sandbox to root
        browser = playwright.chromium.launch(executable_path=path, args=flags, chromium_sandbox=sandbox)
        yield browser
        browser.close()


def expect_ready(page) -> None:
    """The page, or a frame, listens to its pad, which stands a moment earlier, and Gradio's 'Loading...' is gone."""
    expect(page.locator("#pad canvas")).to_be_visible()
    expect(page.locator(shared.READY)).to_be_attached()
    expect(page.locator("p.loading")).to_have_count(0)


@pytest.fixture
def visit(chromium, server):
    """Opens the page in a context of its own; what the console complains of fails the test."""
    contexts, complaints = [], []

    def open_page(**options):
        context = chromium.new_context(**options)
        context.set_default_timeout(120_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                request.url.startswith(("http:", "https:"))
                and not request.url.startswith(server.url)
                and complaints.append(f"asked elsewhere: {request.url}")
            ),
        )
        page.goto(server.url)
        expect_ready(page)
        page.complaints = complaints
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
