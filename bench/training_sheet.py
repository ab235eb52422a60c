"""What do training images look like? python -m bench.training_sheet PICTURE

Renders them as training does, for you to check before you train. A row for each kind of synthetic non-digit, each
shape, font and source of pen strokes, each way to spoil a digit, and each digit written in another style. A + marks
what is for validation; the test split is not shown.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from adder.data import pen_data, splits, training_set
from adder.data.synthetic import glyphs, negatives, pen_noise, printed, shapes
from adder.drawing import raster, strokes
from adder.drawing.curves import Strokes
from adder.files import replacing, user_path
from bench import command

ACROSS = 24  # drawings in a row
LABEL_WIDTH = 150  # px


def rows(rng: np.random.Generator) -> dict[str, Callable[[], Strokes]]:
    """The row's name -> a function that makes one more drawing of its kind."""
    people = splits.digits_of(pen_data.drawings(pen_data.TRAINING))
    digits = [drawing.strokes for drawing in people]
    others = [drawing.strokes for drawing in splits.non_digits_of(pen_data.drawings(pen_data.TRAINING))]

    def random_one(drawings: list[Strokes]) -> Strokes:
        return drawings[rng.integers(len(drawings))]

    def written(split: int, source: str, keep: Callable) -> Callable[[], Strokes]:
        return partial(random_one, [drawing.strokes for drawing in keep(pen_data.drawings(split, source))])

    def bent(make: Callable, table: dict[str, str]) -> Strokes:
        return negatives.bend(make(rng, table), rng)

    def spoilt(spoil: Callable) -> Strokes:
        drawing = random_one(digits)
        return spoil(drawing, strokes.extent(drawing), rng)

    def in_another_style(digit: int) -> Strokes:
        return pen_noise.restyle(
            digit, random_one([drawing.strokes for drawing in people if drawing.digit == digit]), rng
        )

    makers: dict[str, Callable[[], Strokes]] = {}
    makers |= {name: partial(make, rng) for name, (_, make) in negatives.ALONE.items()}
    makers |= {name: partial(make, rng, digits) for name, (_, make) in negatives.OF_DIGITS.items()}
    makers |= {name: partial(make, rng, others) for name, (_, make) in negatives.OF_NON_DIGITS.items()}
    makers |= {name: partial(bent, shapes.shape, {name: row}) for name, row in shapes.SHAPES.items()}
    makers |= {f"+ {name}": partial(bent, shapes.shape, {name: row}) for name, row in shapes.VALIDATION_SHAPES.items()}
    makers |= {name: partial(bent, glyphs.random_glyph, {name: font}) for name, font in glyphs.FONTS.items()}
    makers |= {
        f"+ {name}": partial(bent, glyphs.random_glyph, {name: font}) for name, font in glyphs.VALIDATION_FONTS.items()
    }
    for mark, split in (("", pen_data.TRAINING), ("+ ", pen_data.VALIDATION)):
        makers[f"{mark}pendigits"] = written(split, "pendigits", splits.digits_of)
        makers[f"{mark}UNIPEN, digits"] = written(split, "unipen", splits.digits_of)
        makers[f"{mark}UNIPEN, others"] = written(split, "unipen", splits.non_digits_of)
        makers[f"{mark}doodles"] = written(split, "quickdraw", splits.non_digits_of)
    makers |= {f"digits: {spoil.__name__}": partial(spoilt, spoil) for spoil in dict.fromkeys(pen_noise.SPOILS)}
    makers["printed digits"] = partial(random_one, [each.strokes for each in printed.of_fonts(printed.FONTS)])
    makers["in segments"] = partial(random_one, [each.strokes for each in printed.in_segments()])
    return makers | {f"digits: {digit}": partial(in_another_style, digit) for digit in pen_noise.STYLES}


def render_row(name: str, make: Callable[[], Strokes], rng: np.random.Generator) -> np.ndarray:
    """(SIDE, LABEL_WIDTH + ACROSS * SIDE) uint8, black on white; a drawing without ink leaves a blank."""
    blank = np.zeros((raster.SIDE,) * 2, np.float32)
    rendered = [training_set.render_randomly(make(), rng) for _ in range(ACROSS)]
    images = [blank if image is None else image for image in rendered]
    label = np.zeros((raster.SIDE, LABEL_WIDTH), np.uint8)
    cv2.putText(label, name, (2, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 255, 1, cv2.LINE_AA)
    return 255 - np.hstack([label, *((255 * image).astype(np.uint8) for image in images)])


def save_png(path: Path, pixels: np.ndarray) -> None:
    """Writes (H, W) uint8 as PNG, the file whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


def main() -> None:
    parser = command.parser("Shows the images that training renders, a row for each kind.", weights=None)
    parser.add_argument("picture", type=user_path, help="the PNG to write")
    flags = parser.parse_args()
    rng = np.random.default_rng(0)
    sheet = [render_row(name, make, rng) for name, make in rows(rng).items()]
    half = -(-len(sheet) // 2)
    sheet += [np.full_like(sheet[0], 255)] * (2 * half - len(sheet))
    save_png(flags.picture, np.hstack([np.vstack(sheet[:half]), np.vstack(sheet[half:])]))


if __name__ == "__main__":
    command.run(main)
