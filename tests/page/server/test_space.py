"""demo.py as a Hugging Face Space starts it: its variables, its packages, a checkout that cannot be written to."""

import os
import shutil
import subprocess
import sys

import pytest

from bench.server import free_port
from tests.browser.pad import DESKTOP, DRAWN, draw, expect_reading, expect_rendered
from tests.machine import ROOT, install, node
from tests.servers import Server

SPACE = {
    "SYSTEM": "spaces",
    "SPACE_ID": "somebody/adder",
    "SPACE_HOST": "somebody-adder.hf.space",
    "SPACE_AUTHOR_NAME": "somebody",
    "SPACE_REPO_NAME": "adder",
    "GRADIO_SERVER_NAME": "0.0.0.0",
    "GRADIO_THEME": "huggingface",
    "GRADIO_SSR_MODE": "true",
}


@pytest.fixture
def server(tmp_path, monkeypatch, capfd):
    """With what a Space would have: a checkout that may be read, a home that may be written."""
    checkout, home = tmp_path / "checkout", tmp_path / "home"
    home.mkdir()
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout
    for name in tracked.splitlines():
        if name.startswith(("adder/", "weights/adder")) or name == "demo.py":
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, checkout / name)
    for path in checkout.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    checkout.chmod(0o555)
    port = free_port()
    own = {"HOME": str(home), "GRADIO_SERVER_PORT": str(port), "GRADIO_NODE_PATH": str(node())}
    for name, value in (SPACE | own).items():
        monkeypatch.setenv(name, value)
    ordinary = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    server = Server(None, command=[*ordinary, sys.executable, str(checkout / "demo.py")], port=port)
    yield server
    server.stop()
    checkout.chmod(0o755)
    for path in checkout.rglob("*"):
        path.chmod(0o755)


@pytest.mark.skipif(sys.platform != "linux", reason="a Space runs on Linux")
def test_it_starts_and_reads_as_on_a_space(visit, chromium, server, capfd):
    """`visit` finds what the page asks other hosts for, and what its console complains of."""
    page = visit(**DESKTOP)
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)
    expect_rendered(chromium, server, False)
    assert "Traceback" not in capfd.readouterr().err


def test_what_a_space_installs_has_no_conflict():
    """Its builder adds these to requirements.txt."""
    own = ["gradio[oauth,mcp]==6.31.0", "uvicorn>=0.14.0", "websockets>=10.4", "spaces"]
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--quiet",
        *own,
        "-r",
        str(ROOT / "requirements.txt"),
    ]
    assert f"{own[0].replace('[oauth,mcp]', '')}\n" in (ROOT / "requirements.txt").read_text(encoding="utf-8")
    install(command)
