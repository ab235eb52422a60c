"""Drawings that visitors keep: written whole or not at all, read again, trained on and measured."""

import asyncio
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import demo
from adder.drawing import collection, image_csv
from adder.drawing.strokes import NO_DIGIT, draw
from adder.page.payload import checked_answer
from adder.page.server import app
from tests.runs import fit

SEVEN = [[[2000, 1000], [8000, 1000], [4000, 9000]]]
READING = {"digit": 1, "is_digit": True}


def test_what_was_kept_comes_back(tmp_path):
    assert collection.append(tmp_path, SEVEN, 7, READING)
    assert collection.append(tmp_path, SEVEN, None, READING)
    path = tmp_path / collection.FILE_NAME
    kept = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [set(each) for each in kept] == [{"strokes", "label", "reading", "time"}] * 2
    assert kept[0]["time"].endswith("+00:00") and kept[0]["reading"] == READING
    seven, none = collection.load(path)
    assert (seven.digit, none.digit) == (7, NO_DIGIT) and np.array_equal(seven.strokes[0], SEVEN[0])


def test_a_full_file_takes_no_more(tmp_path, monkeypatch):
    collection.append(tmp_path, SEVEN, 7, READING)
    path = tmp_path / collection.FILE_NAME
    before = path.read_bytes()
    monkeypatch.setattr(collection, "MAX_BYTES", 2 * len(before) - 1)
    assert not collection.append(tmp_path, SEVEN, 7, READING) and path.read_bytes() == before


@pytest.mark.parametrize(
    "line",
    [
        *("{", "[]", "7", '{"strokes": []}', '{"strokes": [], "label": 7}', '{"strokes": [[[1, 2]]], "label": 10}'),
        *('{"strokes": [[[1, NaN]]], "label": 1}', '{"strokes": [[[1]]], "label": 1}', '{"strokes": "x", "label": 1}'),
    ],
)
def test_a_damaged_line_is_named(line, tmp_path):
    collection.append(tmp_path, SEVEN, 7, READING)
    path = tmp_path / collection.FILE_NAME
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=f"{collection.FILE_NAME}, line 2: "):
        collection.load(path)


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n\r\n \r\n")])
def test_lines_as_other_programs_write_them(change, tmp_path):
    for label in (7, 3):
        collection.append(tmp_path, SEVEN, label, READING)
    path = tmp_path / "CLASS.JSONL"
    path.write_bytes(change((tmp_path / collection.FILE_NAME).read_text(encoding="utf-8")).encode())
    assert [drawing.digit for drawing in collection.load(path)] == [7, 3]


@pytest.mark.parametrize(
    "encoding, named", [("utf-16", "UTF-16"), ("utf-16-be", "UTF-16"), ("latin-1", "not in UTF-8")]
)
def test_other_encodings_are_named(encoding, named, tmp_path):
    path = tmp_path / "class.jsonl"
    path.write_text(json.dumps({"name": "ä", "strokes": SEVEN, "label": 7}, ensure_ascii=False), encoding=encoding)
    with pytest.raises(ValueError, match=rf"class\.jsonl: the text is .*{named}; save it in UTF-8"):
        collection.load(path)


def test_quick_draw_is_named_with_the_remedy(tmp_path):
    path = tmp_path / "seven.ndjson"
    line = {"word": "seven", "drawing": [[[20, 80, 40], [10, 10, 90], [0, 9, 20]]]}
    path.write_text(json.dumps(line), encoding="utf-8")
    with pytest.raises(ValueError, match=r"line 1: that is .*Quick, Draw!") as refused:
        collection.load(path)
    [remedy] = re.findall(r"in Python (.*)", str(refused.value))
    made = eval(remedy, {"line": line})
    path.write_text(json.dumps(made | {"label": 7}), encoding="utf-8")
    assert collection.load(path)[0].strokes[0].tolist() == [[20, 10], [80, 10], [40, 90]]


def test_the_last_word_on_a_drawing_counts(tmp_path):
    path, (one, other) = tmp_path / collection.FILE_NAME, ("a" * 32, "b" * 32)
    for strokes, label, id in (
        (SEVEN, 1, one),
        (SEVEN, 4, other),
        (SEVEN, 7, one),
        (SEVEN, 2, None),
        ([], None, other),
    ):
        collection.append(tmp_path, strokes, label, READING, id)
    assert [drawing.digit for drawing in collection.load(path)] == [7, 2]
    collection.append(tmp_path, SEVEN, 5, READING, other)
    collection.append(tmp_path, [], None, READING, "c" * 32)  # of what never was
    assert [drawing.digit for drawing in collection.load(path)] == [7, 5, 2]


def test_an_answer_names_its_drawing():
    asked = {"strokes": SEVEN, "label": 7, "id": "0" * 32}
    assert checked_answer(asked) == (SEVEN, 7, "0" * 32)
    assert checked_answer(asked | {"strokes": [], "label": None})[0] == []
    for id in (None, 7, "", "0" * 31, "0" * 33, "G" * 32, "0" * 32 + "\n", ["0" * 32]):
        with pytest.raises(ValueError, match="id: expected"):
            checked_answer(asked | {"id": id})
    with pytest.raises(ValueError, match="strokes: expected"):
        checked_answer(asked | {"strokes": []})


@pytest.mark.parametrize(
    "sent",
    [None, [], {}, {"strokes": SEVEN}, {"strokes": [], "label": 7}, {"strokes": SEVEN, "label": 10}]
    + [{"strokes": SEVEN, "label": value} for value in (True, "7", 7.0, -1, [7])]
    + [{"strokes": [[[-1, 0]]], "label": 7}, {"strokes": [[[0, 0]] * 5000], "label": 7}],
)
def test_answers_are_checked(sent):
    with pytest.raises(ValueError, match="expected"):
        checked_answer(sent)


def test_a_class_trains_on_its_own_drawings(tmp_path, data_dir, capsys):
    for label in (7, None):
        collection.append(tmp_path, SEVEN, label, READING)
    path = tmp_path / collection.FILE_NAME
    image_csv.write(tmp_path / "digits.csv", collection.load(path) * 3)
    seven = Image.fromarray(255 - draw(collection.load(path)[0].strokes, canvas=200, size=120, brush=12))
    for folder, pictures in (("7", [seven]), ("none", [seven, Image.new("L", (99, 99), "white")])):
        (tmp_path / "my" / folder).mkdir(parents=True)
        for place, picture in enumerate(pictures):
            picture.save(tmp_path / "my" / folder / f"{place}.png")
    few = ("--recipe", "quick", "--dry-run", "--epochs", 1)
    all_three = [flag for each in (path, tmp_path / "my", tmp_path / "digits.csv") for flag in ("--extra", each)]
    assert fit(*few, *all_three, "--out", tmp_path / "run", data_dir=data_dir) == 0
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["settings"]["extra"] == [each.name for each in all_three[1::2]]
    assert (metrics["data"]["own drawings"], metrics["data"]["own images"]) == (2, 8), (
        "a picture without ink is left out"
    )
    Image.new("L", (99, 99), "white").save(tmp_path / "my" / "7" / "blank.png")
    assert fit(*few, "--extra", tmp_path / "my", "--out", tmp_path / "other", data_dir=data_dir) == 2
    assert f"{tmp_path / 'my' / '7' / 'blank.png'}: No ink was found" in capsys.readouterr().err
    path.write_text("{\n", encoding="utf-8")
    assert fit(*few, "--extra", path, "--out", tmp_path / "other", data_dir=data_dir) == 2
    assert f"{path}, line 1" in capsys.readouterr().err


def test_nothing_is_collected_unless_asked_for():
    async def functions(**options):
        blocks = app.build(SimpleNamespace(threshold=0.5, can_explain=False), **options).blocks.values()
        return {function.__name__ for block in blocks for function in getattr(block, "server_fns", None) or ()}

    assert "store_pad" not in asyncio.run(functions())
    assert "store_pad" in asyncio.run(functions(store=lambda *_: True))


def test_a_folder_that_cannot_be_written(tmp_path, weights, restored, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert demo.main(["--weights", str(weights), "--device", "cpu", "--collect", str(tmp_path / "file")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "--collect" in said
