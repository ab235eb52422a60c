"""The command line on files as people have them: pictures, strokes, folders, and what is none of these."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from adder.drawing import image_csv
from adder.drawing.strokes import Drawing
from bench import synthetic_pictures
from tests.machine import ROOT
from tests.photos import saved

SEVEN = [[(20, 10), (80, 10), (40, 90)]]


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(3)
    drawing = [np.array(stroke, float) for stroke in SEVEN]
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "7.png").write_bytes(
        synthetic_pictures.encode(synthetic_pictures.on_a_board(rng, drawing), "png")
    )
    (tmp_path / "blank.jpg").write_bytes(saved(np.full((300, 300), 240, np.uint8)))
    (tmp_path / "two.jpg").write_bytes(
        synthetic_pictures.encode(synthetic_pictures.several(rng, [drawing, drawing]), "jpg")
    )
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    lines = [{"strokes": SEVEN}, {"strokes": []}, {"strokes": "no"}, {"drawing": 1}, {"strokes": SEVEN, "label": 7}]
    strokes = "\n".join([*map(json.dumps, lines), "[" * 5000])
    (tmp_path / "strokes.jsonl").write_text(strokes, encoding="utf-8")
    return tmp_path


def read(*arguments, cwd, device="cpu", **more):
    command = [sys.executable, "-m", "adder", *map(str, arguments), "--device", device]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""} | more
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False)


def test_a_folder_is_read_line_by_line(folder):
    done = read(".", "notes.txt", "missing.png", "--number", 5, cwd=folder)
    lines = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert done.returncode == 1 and done.stderr == ""
    assert lines["inner/7.png"].startswith("7, 7 + 5 = 12, ") and lines["inner/7.png"].endswith("% sure")
    assert "No ink was found" in lines["blank.jpg"] and "2 pieces that look like digits" in lines["two.jpg"]
    assert "not a complete" in lines["notes.txt"] and "No such file" in lines["missing.png"]
    assert lines["strokes.jsonl:1"].startswith("7, 7 + 5 = 12, ") and lines["strokes.jsonl:2"] == "nothing was drawn"
    assert "must be" in lines["strokes.jsonl:3"] and "expected" in lines["strokes.jsonl:6"]
    assert "Quick, Draw!" in lines["strokes.jsonl:4"]
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
    assert done.returncode == 2 and "Traceback" not in done.stderr and "adder: error" in done.stderr


def test_names_that_the_terminal_cannot_show(folder):
    picture = (folder / "inner" / "7.png").read_bytes()
    (folder / "inner" / "7.png").rename(folder / "inner" / "sïeben.png")
    expected = {"s\\xefeben.png"}
    if sys.platform == "linux":  # others allow no name that is no text
        Path(os.fsdecode(os.fsencode(folder / "inner") + b"/\xff.png")).write_bytes(picture)
        expected.add("\\udcff.png")
    done = read("inner", cwd=folder, PYTHONIOENCODING="ascii", PYTHONUTF8="1")
    assert done.returncode == 0 and done.stderr == ""
    assert {line.split(": 7, ")[0].removeprefix("inner/") for line in done.stdout.splitlines()} == expected
    as_json = read("inner", "--json", cwd=folder, PYTHONIOENCODING="ascii", PYTHONUTF8="1").stdout.splitlines()
    names = [json.loads(line)["file"].removeprefix("inner/") for line in as_json]
    assert sorted(names) == sorted(path.name for path in (folder / "inner").iterdir())


def test_home_and_wildcards(folder):
    home = {"HOME": str(folder), "USERPROFILE": str(folder)}
    done = read("~/inner/7.png", "inner/*.png", "~/none*.png", cwd=folder, **home)
    [one, other, none] = done.stdout.splitlines()
    assert one.startswith(f"{folder}/inner/7.png: 7, ") and other.startswith("inner/7.png: 7, ")
    assert none == f"{folder}/none*.png: No such file or directory" and done.returncode == 1
    done = read("x.png", "--weights", "~/mine.safetensors", cwd=folder, **home)
    assert done.stderr.startswith(f"python -m adder: error: {folder}/mine.safetensors ")


def test_a_table_is_read(tmp_path):
    seven = [np.array(stroke, float) for stroke in SEVEN]
    image_csv.write(tmp_path / "digits.csv", [Drawing(7, 0, seven)] * 70)
    (tmp_path / "labels.csv").write_text("path,label\n7.png,7\n", encoding="utf-8")
    done = read("digits.csv", "labels.csv", "--number", 5, cwd=tmp_path)
    [*rows, other] = done.stdout.splitlines()
    assert done.returncode == 1 and len(rows) == 70
    assert rows[0].startswith("digits.csv:2: 7, 7 + 5 = 12") and rows[69].startswith("digits.csv:71: 7, ")
    assert other.startswith("labels.csv: line 2: expected a label from 0 to 9")


def test_what_is_not_there_is_said_in_one_line(tmp_path):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise OSError('[WinError 1114] c10.dll')", encoding="utf-8")
    done = read("x.png", cwd=tmp_path, PYTHONPATH=os.pathsep.join((str(tmp_path), str(ROOT))))
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "WinError 1114" in done.stderr and "install PyTorch again" in done.stderr
    done = read("x.png", cwd=tmp_path / "torch", device="abacus")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "use --device auto" in done.stderr
