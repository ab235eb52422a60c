"""The tables of docs/results.md are what the commands print from the shipped records."""

import numpy as np
import pytest
from PIL import Image

from adder.drawing import collection
from adder.learning.recipes import RECIPES
from bench import drawn, reproduction, seeds, shared
from tests.conftest import ROOT


@pytest.mark.parametrize("command", (reproduction, seeds))
def test_the_readme_shows_what_the_records_say(command, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench"])
    command.main()
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(rows) > 5 and set(rows) <= set((ROOT / "docs/results.md").read_text(encoding="utf-8").splitlines())


def test_a_recipe_that_was_not_run_has_dashes():
    for name in RECIPES:
        cells = reproduction.row(name, None)
        assert len(cells) == len(reproduction.COLUMNS) and cells[2].startswith("0 of ")
        assert not any("%" in cell for cell in cells[:6])


def test_kept_drawings_as_a_sheet_with_the_misread_ones_first(tmp_path, monkeypatch, capsys):
    for label in (7, 2, 4, 8, 5):
        [strokes] = (each["strokes"] for each in shared.page_examples() if each["digit"] == label)
        collection.append(tmp_path, strokes, 3 if label == 8 else label, {})
    kept, sheet = tmp_path / collection.FILE_NAME, tmp_path / "sheet.png"
    monkeypatch.setattr("sys.argv", ["bench.drawn", "--strokes", str(kept), "--sheet", str(sheet)])
    drawn.main()
    pixels = np.array(Image.open(sheet).convert("RGB")).astype(int)
    is_red = (pixels[..., 0] > 200) & (pixels[..., 1:].max(2) < 100)
    columns = np.nonzero(is_red.any(0))[0]
    assert len(columns) and columns.max() < pixels.shape[1] / 12, "the one that was misread is the first of twelve"
    monkeypatch.setattr("sys.argv", ["bench.drawn", "--sheet", str(sheet)])
    with pytest.raises(SystemExit):
        drawn.main()
    assert "--strokes" in capsys.readouterr().err
