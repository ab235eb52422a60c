"""Drawings to measure with: pen strokes of people, and the page's own examples."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.command import ROOT

if TYPE_CHECKING:
    from adder.drawing.strokes import Drawing

PAD = 10_000  # units a side of the page's pad

PadStrokes = list[list[list[int]]]  # as the page sends them: strokes of points [x, y], 0 to PAD


def page_examples() -> list[dict]:
    """The page's own examples, each {"digit": 0..9, "strokes": PadStrokes}."""
    return json.loads((ROOT / "adder/page/web/examples.json").read_text(encoding="utf-8"))["drawings"]


def validation_digits(folder: Path) -> "list[Drawing]":
    """The digits of the six validation writers, from whom the held-out networks do not learn. Raises DataError."""
    from adder.data.sources import pendigits  # here: it imports torch
    from adder.data.splits import VALIDATION_NTH_WRITER

    return [drawing for drawing in pendigits(folder) if drawing.writer % VALIDATION_NTH_WRITER == 0]


def validation_pad_strokes(folder: Path) -> list[PadStrokes]:
    """The digits of the validation writers, as the page sends them. Raises DataError."""
    return [on_pad(drawing.strokes) for drawing in validation_digits(folder)]


def digits_in(file: Path) -> "list[Drawing]":
    """The digits in a file of JSON lines, without drawings labelled as no digit. ValueError names file and line."""
    from adder.drawing.collection import load
    from adder.drawing.strokes import NO_DIGIT

    return [drawing for drawing in load(file) if drawing.digit != NO_DIGIT]


def on_pad(strokes: list[np.ndarray]) -> PadStrokes:
    """Strokes (N, 2), in any unit, centred on the pad; the longer side of their box becomes 6,000 units."""
    points = np.concatenate(strokes)
    middle, side = (points.min(0) + points.max(0)) / 2, np.ptp(points, axis=0).max()
    return [np.rint(PAD / 2 + 6000 * (stroke - middle) / side).astype(int).tolist() for stroke in strokes]
