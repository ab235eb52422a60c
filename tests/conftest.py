"""What the tests share: real data, the shipped weights, a server and a browser."""

import os
import signal
import urllib.request
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from adder.files import user_path
from bench.browser import BROWSERS
from tests.machine import ROOT, missing, program
from tests.servers import Server

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:  # a machine that only trains has all that test_cuda.py needs
    only = Path(__file__).parent / "training" / "test_cuda.py"
    collect_ignore = [path for folder in (only.parents[1], only.parent) for path in folder.iterdir()]
    collect_ignore = [path for path in collect_ignore if path not in (only.parent, only)]
else:
    from tests.browser.pad import expect_ready

    expect.set_options(timeout=60_000)  # ms: only a hang takes so long

if "PYTEST_XDIST_WORKER" in os.environ:  # workers share the cores; what they start inherits it
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.pop("PYTHONWARNDEFAULTENCODING", None)  # of other people's code the warnings are not ours to read


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what starts a browser: `-m browser` picks these tests, `-m "not browser"` all others."""
    for item in items:
        if {"browser", "chromium"} & set(item.fixturenames):
            item.add_marker("browser")


def pytest_terminal_summary(terminalreporter) -> None:
    """Why tests were skipped or marked, each reason once: what is missing here, and what brings it."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", ()))
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} {reason.replace('Skipped:', 'skipped:')}")
    for reason, count in Counter(report.wasxfail for report in terminalreporter.stats.get("xfailed", ())).items():
        terminalreporter.write_line(f"{count} marked: {reason.removeprefix('reason: ')}")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that holds MNIST/raw; without it tests skip, and fail where CI=true."""
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


@pytest.fixture
def useless_card(monkeypatch):
    """A GPU that PyTorch sees and cannot use: too old, full, or without a driver."""
    import torch

    from adder.network import model

    if torch.cuda.is_available():
        pytest.skip("the GPU here can be used")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    model.why_unusable.cache_clear()
    yield
    model.why_unusable.cache_clear()


@pytest.fixture(scope="session")
def server(weights):
    running = Server(weights)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def chromium():
    path = program(*BROWSERS, package="chromium-headless-shell")
    flags = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        sandbox = not hasattr(os, "geteuid") or os.geteuid() != 0  # Chromium refuses its sandbox to root
        browser = playwright.chromium.launch(executable_path=path, args=flags, chromium_sandbox=sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shared_context(chromium):
    """A function: the file's browser context with these options, the nth of them. Gradio's files are loaded once."""
    contexts = {}

    def get(nth: int, **options):
        key = (nth, *sorted(options.items(), key=str))
        if str(key) not in contexts:
            contexts[str(key)] = chromium.new_context(**options)
            contexts[str(key)].set_default_timeout(120_000)
        return contexts[str(key)]

    yield get
    for context in contexts.values():
        context.close()


@pytest.fixture
def visit(shared_context, server):
    """Opens the page as a new visitor, who has stored nothing; what the console complains of fails the test."""
    visits, complaints = Counter(), []
    contexts = []

    def open_page(**options):
        context = shared_context(visits[str(options)], **options)
        visits[str(options)] += 1
        contexts.append(context)
        page = context.new_page()
        stored = {"origin": server.url, "storageTypes": "cookies,local_storage"}
        page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", stored)
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
        context.clear_permissions()
        for page in context.pages:
            page.close()
    assert complaints == []
