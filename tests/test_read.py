"""The command line on files as people have them: pictures, strokes, folders, and what is none of these."""

import json
import subprocess
import sys

import numpy as np
import pytest

from bench import made_pictures
from tests.conftest import ROOT
from tests.test_picture import saved

SEVEN = [[(20, 10), (80, 10), (40, 90)]]


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(3)
    drawing = [np.array(stroke, float) for stroke in SEVEN]
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "7.png").write_bytes(made_pictures.saved(made_pictures.on_a_board(rng, drawing), "png"))
    (tmp_path / "blank.jpg").write_bytes(saved(np.full((300, 300), 240, np.uint8)))
    (tmp_path / "two.jpg").write_bytes(made_pictures.saved(made_pictures.several(rng, [drawing, drawing]), "jpg"))
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    lines = [{"strokes": SEVEN}, {"strokes": []}, {"strokes": "no"}, {"drawing": 1}, {"strokes": SEVEN, "label": 7}]
    strokes = "\n".join([*map(json.dumps, lines), "[" * 5000])
    (tmp_path / "strokes.jsonl").write_text(strokes, encoding="utf-8")
    return tmp_path


def read(*arguments, cwd):
    command = [sys.executable, "-m", "adder.read", *map(str, arguments), "--device", "cpu"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False)


def test_a_folder_is_read_line_by_line(folder):
    done = read(".", "missing.png", "--number", 5, cwd=folder)
    lines = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert done.returncode == 1 and done.stderr == ""
    assert lines["inner/7.png"].startswith("7, 7 + 5 = 12, ") and lines["inner/7.png"].endswith("% sure")
    assert "No ink was found" in lines["blank.jpg"] and "2 pieces that look like digits" in lines["two.jpg"]
    assert "no whole" in lines["notes.txt"] and "No such file" in lines["missing.png"]
    assert lines["strokes.jsonl:1"].startswith("7, 7 + 5 = 12, ") and lines["strokes.jsonl:2"] == "nothing was drawn"
    assert all("expected" in lines[f"strokes.jsonl:{line}"] for line in (3, 4, 6))
    assert lines["strokes.jsonl:5"].startswith("7, ")


def test_json_a_line(folder):
    done = read("inner", "two.jpg", "--json", cwd=folder)
    picture, two = map(json.loads, done.stdout.splitlines())
    assert (picture["file"], picture["digit"], picture["sum"], picture["is_digit"]) == ("inner/7.png", 7, 7, True)
    assert picture["sure"] > 0.9 and len(picture["frame"]) == 4
    assert two["kind"] == "several" and len(two["frames"]) == 2
    assert done.returncode == 1


def test_all_was_read(folder):
    assert read("inner", cwd=folder).returncode == 0


@pytest.mark.parametrize("arguments", [(), ("a.png", "--number", "11"), ("a.png", "--weights", "none.safetensors")])
def test_what_is_wrong_with_the_flags_is_said(arguments, tmp_path):
    done = read(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr and "adder.read: error" in done.stderr
