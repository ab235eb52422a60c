"""Printed digits, as strokes: those of Hershey's fonts, and of displays with seven segments."""

from collections.abc import Iterable

import numpy as np

from adder.data.synthetic import glyphs
from adder.drawing.curves import dense
from adder.drawing.strokes import Drawing

FONTS = ("rowmans", "rowmand", "timesr", "timesi")  # the digits of other fonts are the same, or those below
VALIDATION_FONTS = ("timesib",)
TEST_FONTS = ("rowmant", "gothgbt")
SEGMENTS = {  # name -> from (x, y) to (x, y), y down
    "top": ((0, 0), (1, 0)),
    "upper left": ((0, 0), (0, 1)),
    "upper right": ((1, 0), (1, 1)),
    "middle": ((0, 1), (1, 1)),
    "lower left": ((0, 1), (0, 2)),
    "lower right": ((1, 1), (1, 2)),
    "bottom": ((0, 2), (1, 2)),
}
LIT = {  # digit -> the segments that are lit, by their place in SEGMENTS
    0: (0, 1, 2, 4, 5, 6),
    1: (2, 5),
    2: (0, 2, 3, 4, 6),
    3: (0, 2, 3, 5, 6),
    4: (1, 2, 3, 5),
    5: (0, 1, 3, 5, 6),
    6: (0, 1, 3, 4, 5, 6),
    7: (0, 2, 5),
    8: (0, 1, 2, 3, 4, 5, 6),
    9: (0, 1, 2, 3, 5, 6),
}
GAP = 0.12  # at both ends of a segment, which is 1 long
FIRST_WRITER = 60_000  # each font counts as a writer; strokes.npz has fewer


def of_fonts(fonts: Iterable[str]) -> list[Drawing]:
    """All ten digits of each font."""
    return [
        Drawing(digit, FIRST_WRITER + index, glyphs.glyph(font, str(digit)))
        for index, font in enumerate(fonts)
        for digit in range(10)
    ]


def in_segments() -> list[Drawing]:
    """All ten digits in segments that are upright, and slanted."""
    ends = np.array(list(SEGMENTS.values()), float)  # (7, 2, 2)
    middles = ends.mean(1, keepdims=True)
    shortened = middles + (1 - 2 * GAP) * (ends - middles)
    found = []
    for index, slant in enumerate((0.0, 0.15)):
        lines = shortened * (1.1, 1) - (slant, 0) * shortened[..., 1:]
        writer = FIRST_WRITER + len(FONTS) + index
        found += [Drawing(digit, writer, dense(list(lines[list(lit)]), 0.1)) for digit, lit in LIT.items()]
    return found
