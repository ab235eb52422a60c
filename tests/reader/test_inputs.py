"""Files and folders as people have them: what of them is read, under which label, and what is said of the rest."""

import json
from pathlib import Path

import numpy as np
import pytest

from adder import inputs
from adder.drawing import image_csv, raster
from adder.drawing.strokes import NO_DIGIT, Drawing

SEVEN = [np.array([(20, 10), (80, 10), (40, 90)], float)]
PICTURE = b"any bytes: nothing is decoded here"


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PICTURE)


def test_a_folder_counts_as_its_pictures_and_lines(tmp_path):
    meant = ["3.png", "7.PNG", "inner/b.JPG", "lines.jsonl", "photo.heic"]
    left = [".DS_Store", "._7.png", ".jpg", "__MACOSX/._7.png", "__MACOSX/7.png", ".git/7.png", "Thumbs.db"]
    put(tmp_path, *meant, *left, "desktop.ini", "labels.csv", "notes.txt", "png")
    found = [file.relative_to(tmp_path).as_posix() for file in inputs.files_in([tmp_path])]
    assert sorted(found) == sorted(meant)
    assert [*inputs.files_in([tmp_path / "notes.txt"])] == [tmp_path / "notes.txt"], "named, it is tried"


def test_a_folder_with_nothing_to_read_is_told(tmp_path):
    put(tmp_path, "notes.txt")
    [error] = inputs.files_in([tmp_path])
    assert error.filename == str(tmp_path) and error.strerror == "no picture and no .jsonl in this folder"


def test_wildcards_that_the_shell_left(tmp_path):
    put(tmp_path, "b.png", "a.png", "._a.png", "[1].png", "more/c.png")
    found = inputs.files_in([tmp_path / "?.png", tmp_path / "[1].png", tmp_path / "mor*", tmp_path / "*.gif"])
    names = [file.relative_to(tmp_path).as_posix() for file in found]
    assert names == ["a.png", "b.png", "[1].png", "more/c.png", "*.gif"], "what is there is meant as it is written"


def test_folders_name_the_digit(tmp_path):
    put(tmp_path, "7/a.png", "0/b.jpg", "none/c.png")
    assert {Path(each.name).name: each.label for each in inputs.labelled(tmp_path)} == {
        "a.png": 7,
        "b.jpg": 0,
        "c.png": NO_DIGIT,
    }
    put(tmp_path, "10/d.png")
    with pytest.raises(ValueError, match=r"d\.png: no label; put pictures into folders named 0 to 9"):
        [*inputs.labelled(tmp_path)]
    with pytest.raises(ValueError, match="No such file"):
        [*inputs.labelled(tmp_path / "missing.png")]


def test_collected_drawings_beside_pictures(tmp_path):
    lines = [{"id": "a", "strokes": [[[0, 0], [1, 1]]], "label": label} for label in (1, None)]
    (tmp_path / "drawings.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    put(tmp_path, "7/a.png")
    assert [each.label for each in inputs.labelled(tmp_path)] == [NO_DIGIT, 7], "of an id the last line counts"


def test_drawings_become_a_table_and_come_back(tmp_path):
    path = tmp_path / "digits.csv"
    image_csv.write(path, [Drawing(7, 0, SEVEN), Drawing(NO_DIGIT, 0, SEVEN), Drawing(1, 0, [SEVEN[0][:1]])])
    head, *rows = path.read_text(encoding="ascii").splitlines()
    assert head.startswith("label,pixel0,pixel1,") and head.endswith(",pixel783") and len(rows) == 2
    found = [*inputs.labelled(path)]
    assert [each.label for each in found] == [7, NO_DIGIT]
    assert found[0].drawing.shape == (28, 28) and found[0].drawing.dtype == np.uint8
    np.testing.assert_array_equal(raster.to_mnist(found[0].drawing), found[0].drawing.astype(np.float32) / 255)
    np.testing.assert_allclose(raster.to_mnist(found[0].drawing), raster.strokes_to_mnist(SEVEN), atol=0.002)


ROW = ",".join(["7", "0", "255", *["0"] * 782])


@pytest.mark.parametrize(
    "text, labels",
    [
        (ROW, [7]),
        ("\ufefflabel,1x1,1x2\r\n\r\n" + ROW + "\r\n", [7]),
        ('"label","pixel0"\n"' + ROW.replace(",", '","') + '"\n', [7]),
        ("pixel0,pixel1\n" + ROW.removeprefix("7,") + "\n" + ROW.removeprefix("7,"), [None, None]),
        ("-1" + ROW[1:], [-1]),
    ],
    ids=["no head", "BOM, CRLF, a blank line", "quoted", "no labels", "no digit"],
)
def test_tables_as_other_programs_write_them(text, labels, tmp_path):
    (tmp_path / "t.csv").write_bytes(text.encode())
    rows = [*image_csv.rows_in(tmp_path / "t.csv")]
    assert [label for _, label, _ in rows] == labels
    assert rows[0][2][0, :3].tolist() == [0, 255, 0]


@pytest.mark.parametrize(
    "row",
    [
        *(ROW + ",0", ROW[:-4], "10" + ROW[1:], "-2" + ROW[1:], ROW.replace(",", ";"), '"' + ROW, "9" * 100_000, "a,,"),
        *(ROW.replace("255", value) for value in ("256", "-1", "0.5", "", "x")),
    ],
)
def test_a_row_that_is_no_image_is_named(row, tmp_path):
    (tmp_path / "t.csv").write_text(f"{ROW}\n{row}\n", encoding="utf-8")
    rows = image_csv.rows_in(tmp_path / "t.csv")
    next(rows)
    with pytest.raises(ValueError, match=r"^line 2: expected a label"):
        next(rows)


def test_a_table_without_labels_cannot_be_learned_from(tmp_path):
    (tmp_path / "test.csv").write_text("pixel0\n" + ROW.removeprefix("7,"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"test\.csv:2: no label"):
        [*inputs.labelled(tmp_path / "test.csv")]
