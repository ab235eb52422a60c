"""What is drawn to learn from, to be looked at before a training: python -m bench.sheet PICTURE.

A row each: kinds of invented non-digits, every shape, every font, words of the doodles, digits as hands spoil and write
them. Whole shapes, fonts and words of which no network learns are marked with a +.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from adder.data import sources, splits, training_set
from adder.data.synthetic import glyphs, negatives, pen_noise, shapes
from adder.drawing import raster, strokes
from adder.drawing.curves import Strokes
from adder.files import user_path
from bench import shared

ACROSS = 24  # drawings in a row
LABEL = 150  # px


def rows(folder: Path, rng: np.random.Generator) -> dict[str, Callable[[], Strokes]]:
    """By the row's name, what draws one more of its kind. Raises DataError."""
    people = sources.pendigits(folder)
    digits = [drawing.strokes for drawing in people]
    doodles = sources.quickdraw(folder)
    held_out = splits.held_out_words(doodles)

    def one_of(some: list[Strokes]) -> Strokes:
        return some[rng.integers(len(some))]

    def bent(make: Callable, table: dict[str, str]) -> Strokes:
        return negatives.bend(make(rng, table), rng)

    def spoilt(spoil: Callable) -> Strokes:
        drawing = one_of(digits)
        return spoil(drawing, strokes.extent(drawing), rng)

    def written(digit: int) -> Strokes:
        return pen_noise.restyle(digit, one_of([each.strokes for each in people if each.digit == digit]), rng)

    found: dict[str, Callable[[], Strokes]] = {}
    found |= {name: partial(make, rng) for name, (_, make) in negatives.ALONE.items()}
    found |= {name: partial(make, rng, digits) for name, (_, make) in negatives.OF_DIGITS.items()}
    found |= {name: partial(bent, shapes.shape, {name: row}) for name, row in shapes.SHAPES.items()}
    found |= {f"+ {name}": partial(bent, shapes.shape, {name: row}) for name, row in shapes.VALIDATION_SHAPES.items()}
    found |= {name: partial(bent, glyphs.letter, {name: kept}) for name, kept in glyphs.FONTS.items()}
    found |= {f"+ {name}": partial(bent, glyphs.letter, {name: k}) for name, k in glyphs.VALIDATION_FONTS.items()}
    found |= {f"{'+ ' * (word in held_out)}{word}": partial(one_of, drawn) for word, drawn in doodles.items()}
    found |= {f"digits: {spoil.__name__}": partial(spoilt, spoil) for spoil in dict.fromkeys(pen_noise.SPOILS)}
    return found | {f"digits: {digit}": partial(written, digit) for digit in pen_noise.STYLES}


def draw_row(name: str, make: Callable[[], Strokes], rng: np.random.Generator) -> np.ndarray:
    """(SIDE, LABEL + ACROSS * SIDE) uint8, black on white; blanks where nothing was drawn."""
    drawn = [training_set.render_randomly(make(), rng) for _ in range(ACROSS)]
    pixels = [np.zeros((raster.SIDE,) * 2) if each is None else each for each in drawn]
    label = np.zeros((raster.SIDE, LABEL), np.uint8)
    cv2.putText(label, name, (2, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 255, 1, cv2.LINE_AA)
    return 255 - np.hstack([label, *((255 * each).astype(np.uint8) for each in pixels)])


def main() -> None:
    parser = shared.parser(__doc__.splitlines()[0], weights=None)
    parser.add_argument("picture", type=user_path, help="where to draw it, as PNG")
    flags = parser.parse_args()
    rng = np.random.default_rng(0)
    sheet = [draw_row(name, make, rng) for name, make in rows(flags.data_dir, rng).items()]
    half = -(-len(sheet) // 2)
    sheet += [np.full_like(sheet[0], 255)] * (2 * half - len(sheet))
    shared.save_png(flags.picture, np.hstack([np.vstack(sheet[:half]), np.vstack(sheet[half:])]))


if __name__ == "__main__":
    shared.run(main)
