"""strokes.npz: what is in it, who is in which split, and that its maker makes it again."""

import hashlib

import numpy as np
import pytest
import torch

from adder.data import pack, pen_data
from adder.data.synthetic import glyphs, shapes
from adder.drawing.strokes import NO_DIGIT
from tests.machine import ROOT

SPLITS = range(3)


def test_what_is_in_it():
    stored = pen_data.arrays()
    assert len(stored["label"]) == 28_932 and len(stored["images"]) == 3_280
    sites = {name.removeprefix("unipen ") for name in stored["sources"] if name.startswith("unipen")}
    assert sites == {"apa", "apb", "app", "art", "cea", "ceb", "imp", "kai", "uqb", "val"}
    for name in sites:
        of_site = stored["sources"][stored["source"]] == f"unipen {name}"
        assert {0, 2} <= set(stored["split"][of_site].tolist()), f"{name} is in training and in test"
    assert pen_data.PATH.stat().st_size < 5_000_000


def test_no_writer_word_or_alphabet_is_in_two_splits():
    stored = pen_data.arrays()
    for source in ("pendigits", "unipen"):
        of_source = np.char.startswith(stored["sources"], source)[stored["source"]]
        writers = [set(stored["writer"][of_source & (stored["split"] == split)].tolist()) for split in SPLITS]
        assert all(writers) and sum(map(len, writers)) == len(set.union(*writers)), source
    for kind in ("words", "alphabets"):
        names = [set(pen_data.names(split)[kind]) for split in SPLITS]
        assert all(names) and sum(map(len, names)) == len(set.union(*names)), kind
    for tables in ((shapes.SHAPES, shapes.VALIDATION_SHAPES, shapes.TEST_SHAPES),
                   (glyphs.FONTS, glyphs.VALIDATION_FONTS, glyphs.TEST_FONTS)):  # fmt: skip
        assert sum(map(len, tables)) == len(set().union(*tables))


def test_no_drawing_or_character_is_in_two_splits():
    """Not even as a copy by another writer: a pen's trajectory, point for point."""
    found = [
        {
            hashlib.sha256(repr([stroke.tolist() for stroke in drawing.strokes]).encode()).digest()
            for drawing in pen_data.drawings(split)
            if sum(map(len, drawing.strokes)) > 5  # plain ones look alike
        }
        for split in SPLITS
    ]
    assert sum(map(len, found)) == len(set.union(*found))
    images = [{image.numpy().tobytes() for image in pen_data.characters(split)} for split in SPLITS]
    assert sum(map(len, images)) == len(set.union(*images))


def test_drawings_are_what_was_packed():
    [first, *_] = drawings = pen_data.drawings(pen_data.TRAINING, "pendigits")
    assert len(drawings) == 4495 and all(drawing.digit >= 0 for drawing in drawings)
    points = np.concatenate(first.strokes)
    assert points.dtype == np.float64 and points.min() == 0 and points.max() == 255
    every = [pen_data.drawings(split, source) for split in SPLITS for source in ("pendigits", "unipen", "quickdraw")]
    assert sum(map(len, every)) == len(pen_data.arrays()["label"])
    assert sum(len(stroke) for part in every for drawing in part for stroke in drawing.strokes) == len(
        pen_data.arrays()["points"]
    )
    assert {drawing.digit for drawing in pen_data.drawings(pen_data.TEST, "quickdraw")} == {NO_DIGIT}


def test_rotated_copies_come_after_the_characters():
    stored = pen_data.arrays()
    chosen = stored["images"][stored["image_split"] == pen_data.VALIDATION]
    characters = pen_data.characters(pen_data.VALIDATION)
    assert characters.dtype == torch.uint8 and np.array_equal(characters[: len(chosen), 0].numpy(), chosen)


def test_the_same_folder_gives_the_same_file(data_dir, tmp_path, monkeypatch):
    if not (data_dir / "unipen").exists():
        pytest.skip("the folder of the data sets is not here; strokes.npz is")
    monkeypatch.setattr("sys.argv", ["pack", "--data-dir", str(data_dir), "--out", str(tmp_path / "strokes.npz")])
    pack.main()
    assert (tmp_path / "strokes.npz").read_bytes() == pen_data.PATH.read_bytes()


def test_segments_as_unipen_writes_them():
    components = [
        pack.Component(True, [(0, 0), (1, 1), (2, 2)], "a"),
        pack.Component(False, [(5, 5)], "a"),
        pack.Component(True, [(3, 3), (4, 4)], "b"),
    ]

    def cut(span):
        strokes, writer = pack.cut(components, span)
        return [stroke.tolist() for stroke in strokes], writer

    assert cut("0") == ([[[0, 0], [1, 1], [2, 2]]], "a")
    assert cut("0-2") == ([[[0, 0], [1, 1], [2, 2]], [[3, 3], [4, 4]]], "b")
    assert cut("0,2") == cut("0-2")
    assert cut("0:1-2:0") == ([[[1, 1], [2, 2]], [[3, 3]]], "b"), "from a point to a point"
    assert cut("1") == ([], "a"), "the pen was up"


def test_the_test_split_is_met_by_one_command():
    files = [*ROOT.glob("*.py"), *(ROOT / "adder").rglob("*.py"), *(ROOT / "bench").glob("*.py")]
    sources = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}

    def that_hold(text: str) -> set[str]:
        return {name for name, source in sources.items() if text in source}

    assert that_hold("pen_data.TEST") == {"adder/data/splits.py", "adder/data/pack.py", "bench/test.py"}
    assert that_hold("train=False") == {"bench/test.py"}, "MNIST's test images"
