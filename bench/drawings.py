"""Drawings to measure with: pen strokes of people, plain and spoilt, and the page's own examples."""

import json
from typing import TYPE_CHECKING

import numpy as np

from adder.drawing.curves import Strokes
from bench.command import ROOT

if TYPE_CHECKING:
    from adder.drawing.strokes import Drawing

PAD = 10_000  # units a side of the page's pad

PadStrokes = list[list[list[int]]]  # as the page sends them: strokes of points [x, y], 0 to PAD


def page_examples() -> list[dict]:
    """The page's own examples, each {"digit": 0..9, "strokes": PadStrokes}."""
    return json.loads((ROOT / "adder/page/web/examples.json").read_text(encoding="utf-8"))["drawings"]


def validation_digits() -> "list[Drawing]":
    """The digits of the validation writers, from whom no network learns: 31 people."""
    from adder.data import pen_data, splits  # here: they import torch

    return splits.digits_of(pen_data.drawings(pen_data.VALIDATION))


def validation_doodles() -> list[Strokes]:
    """The doodles of the validation words."""
    from adder.data import pen_data

    return [drawing.strokes for drawing in pen_data.drawings(pen_data.VALIDATION, "quickdraw")]


def validation_pad_strokes() -> list[PadStrokes]:
    """The digits of the validation writers, as the page sends them."""
    return [on_pad(drawing.strokes) for drawing in validation_digits()]


def spoilt_digits(count: int) -> "dict[str, list[Drawing]]":
    """By kind, `count` validation digits with that fault of pen or device, or written in that style: synthetic.

    Training makes the same faults, in drawings by other people.
    """
    from adder.data.synthetic import pen_noise
    from adder.drawing.strokes import extent

    drawings = validation_digits()
    kinds = {}
    for spoil in dict.fromkeys(pen_noise.SPOILS):
        rng = np.random.default_rng([0, *spoil.__name__.encode()])
        chosen = [drawings[index] for index in rng.choice(len(drawings), count, replace=False)]
        kinds[spoil.__name__.replace("_", " ")] = [
            drawing._replace(strokes=spoil(drawing.strokes, extent(drawing.strokes), rng)) for drawing in chosen
        ]
    for digit in pen_noise.STYLES:
        rng = np.random.default_rng([1, digit])
        chosen = [drawing for drawing in drawings if drawing.digit == digit][:count]
        kinds[f"{digit} in another style"] = [
            drawing._replace(strokes=pen_noise.restyle(digit, drawing.strokes, rng)) for drawing in chosen
        ]
    return kinds


def on_pad(strokes: list[np.ndarray]) -> PadStrokes:
    """Strokes (N, 2), in any unit, centred on the pad; the longer side of their box becomes 6,000 units."""
    points = np.concatenate(strokes)
    middle, side = (points.min(0) + points.max(0)) / 2, np.ptp(points, axis=0).max()
    return [np.rint(PAD / 2 + 6000 * (stroke - middle) / side).astype(int).tolist() for stroke in strokes]
