"""A machine that lacks what the tests start: they skip and say what brings it, and leave nothing running."""

import os
import re
import shutil
import subprocess
import time

import pytest

from tests.browser.engines import Firefox, WebKit
from tests.machine import ROOT


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A function that leaves nothing but these programs on the PATH, each of which only waits."""
    monkeypatch.delenv("CI", raising=False)

    def leave(*names):
        folder = tmp_path / "programs"
        folder.mkdir()
        for name in names:
            (folder / name).write_text("#!/bin/sh\nexec /bin/sleep 600\n", encoding="utf-8")
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    return leave


@pytest.mark.skipif(os.name == "nt", reason="neither engine is tested on Windows")
@pytest.mark.parametrize(
    "engine, there, package",
    [
        (Firefox, ["Xvfb", "WebKitWebDriver"], "firefox-esr"),
        (WebKit, ["firefox-esr", "Xvfb"], "webkit2gtk-driver"),
        (WebKit, ["firefox-esr", "WebKitWebDriver"], "xvfb"),
    ],
)
def test_without_a_program_nothing_starts(engine, there, package, programs, tmp_path):
    programs(*there)
    browser = engine()
    with pytest.raises(pytest.skip.Exception, match=f"on Debian: apt-get install {package}"):
        browser.open(tmp_path)
    assert browser.processes == []
    browser.close()


@pytest.mark.skipif(os.name == "nt", reason="Firefox is not tested on Windows")
def test_a_browser_that_never_answers_is_ended(programs, tmp_path, monkeypatch):
    programs("firefox-esr")
    monkeypatch.setattr(time, "sleep", lambda _: None)
    browser = Firefox()
    with pytest.raises(TimeoutError):
        browser.open(tmp_path)
    [process] = browser.processes
    assert process.poll() is None
    browser.close()
    assert process.poll() is not None


@pytest.fixture
def planned(tmp_path):
    """A function: what `make` would run, where the Python of .venv is a script of this text, or a link to nowhere."""
    make = shutil.which("make") or pytest.skip("no make on the PATH")
    for name in ("Makefile", "constraints.txt", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    for name in ("demo-ready", "test-ready"):
        (tmp_path / ".venv" / name).touch()

    def plan(target, script):
        if script:
            python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            python.chmod(0o755)
        else:
            python.symlink_to(tmp_path / "gone")
        own = {name: value for name, value in os.environ.items() if name not in ("ARGS", "MAKEFLAGS", "MAKELEVEL")}
        command = [make, "-n", target, "PYTHON=python3"]
        pipes = {"capture_output": True, "encoding": "utf-8", "check": True}
        return subprocess.run(command, cwd=tmp_path, env=own, **pipes).stdout

    return plan


@pytest.mark.parametrize("script", ["", "echo 'No module named pip' >&2; exit 1"], ids=["gone", "of another version"])
@pytest.mark.parametrize("target", ["demo", "test", "train"])
def test_make_builds_the_environment_again_when_its_python_is_lost(planned, target, script):
    assert "python3 -m venv --clear .venv\n.venv/bin/python -m pip install" in planned(target, script)


@pytest.mark.parametrize("target", ["demo", "test", "train"])
def test_make_keeps_an_environment_that_works_and_names_its_python_alone(planned, target):
    commands = planned(target, "echo works").replace("PYTHONWARNDEFAULTENCODING=1 ", "")
    assert re.fullmatch(r"(\.venv/bin/python .+\n)+", commands), "scripts in bin/ name the folder they were made in"
