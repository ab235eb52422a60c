"""A bench without data, weights or a browser ends with one line that says what to do; ~ is the home folder."""

import json
import runpy
import sys
from pathlib import Path

import pytest

from bench import command, reliability
from bench.server import serving
from tests.machine import ROOT

BENCHES = {path.stem: path for path in (ROOT / "bench").glob("*.py") if "__main__" in path.read_text(encoding="utf-8")}
NEEDED = {"gpu": ["--pack", "packed"], "training_sheet": ["sheet.png"]}  # flags with which these read data
WITHOUT_DATA = {"figures", "reproduction", "screenshots", "seeds"}


@pytest.fixture
def ended(monkeypatch, capsys, tmp_path, restored):
    """Runs a bench as a command, in an empty folder; returns its lines on stderr. Its status must be 2."""
    monkeypatch.chdir(tmp_path)

    def run(name: str, *flags: str) -> list[str]:
        monkeypatch.setattr("sys.argv", [str(BENCHES[name]), *flags])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(BENCHES[name]), run_name="__main__")
        assert end.value.code == 2
        return capsys.readouterr().err.splitlines()

    return run


@pytest.mark.parametrize("name", sorted(BENCHES.keys() - WITHOUT_DATA))
def test_without_data(name, ended, monkeypatch, tmp_path, offline):
    monkeypatch.setenv("ADDER_DATA", "~/digits")
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    *before, last = ended(name, *NEEDED.get(name, ()))
    assert last.startswith(f"bench.{name}: {tmp_path / 'digits'}") and "--data-dir or the variable ADDER_DATA" in last
    assert not any("Traceback" in line or "usage:" in line for line in before)
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("name", ["corrections", "drawn", "pictures", "reliability"])
def test_without_weights(name, ended, data_dir):
    assert ended(name, "--weights", "none.safetensors", "--data-dir", str(data_dir)) == [
        f"bench.{name}: none.safetensors does not exist; name another file, or make one with: python train.py"
    ]


@pytest.mark.parametrize("name", ["latency", "screenshots"])
def test_without_playwright(name, ended, data_dir, monkeypatch):
    for module in [each for each in sys.modules if each.split(".")[0] == "playwright"] + ["playwright"]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setenv("ADDER_DATA", str(data_dir))
    assert ended(name, *(["--out=pictures"] if name == "screenshots" else [])) == [
        f"bench.{name}: Playwright is not installed: pip install -r requirements-dev.txt -c constraints.txt"
    ]


def test_without_a_browser(ended, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    [line] = ended("screenshots", "--out=pictures")
    assert line.startswith("bench.screenshots: Chromium does not start") and "playwright install" in line


def test_a_server_that_does_not_start(monkeypatch, tmp_path, capfd):
    def main():
        with serving(tmp_path / "none.safetensors"):
            pass

    monkeypatch.setattr("sys.argv", ["bench/some.py"])
    with pytest.raises(SystemExit, match="2"):
        command.run(main)
    *_, first, last = capfd.readouterr().err.splitlines()
    assert "none.safetensors does not exist" in first and last.startswith("bench.some: demo.py did not start")


def test_a_device_that_is_not_there(ended):
    assert ended("speed", "--device", "abacus")[-1].startswith("speed.py: error: argument --device: ")


def test_an_error_of_ours_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr("sys.argv", ["bench/some.py"])
    with pytest.raises(ZeroDivisionError):
        command.run(lambda: 1 // 0)
    with pytest.raises(SystemExit, match="1"):
        command.run(lambda: 1)


def test_no_flag_takes_a_tilde_for_a_folder():
    assert not [name for name, path in BENCHES.items() if "type=Path" in path.read_text(encoding="utf-8")]
    flags = command.parser("").parse_args(["--weights=~/a.safetensors", "--data-dir=~/digits"])
    assert (flags.weights, flags.data_dir) == (Path.home() / "a.safetensors", Path.home() / "digits")


def test_what_is_no_number_is_not_written(ended, monkeypatch, tmp_path, data_dir, weights):
    kept = tmp_path / "kept.json"
    kept.write_text("{}", encoding="utf-8")
    monkeypatch.setattr(reliability, "reliability", lambda reader, drawings: [(1, float("nan"), 1.0)])
    flags = ["--weights", str(weights), "--data-dir", str(data_dir), "--out", str(kept)]
    monkeypatch.setattr("sys.argv", ["bench/reliability.py", *flags])
    with pytest.raises(ValueError, match="JSON"):
        reliability.main()
    assert json.loads(kept.read_text(encoding="utf-8")) == {}
