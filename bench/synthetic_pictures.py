"""Pictures like those that people bring, of digits and of other things, made from pen strokes: none is a real photo.

Each maker takes a random generator and strokes, and returns a Pillow image.
"""

import io
from collections.abc import Callable, Iterator
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from adder.drawing import strokes as pen
from adder.drawing.curves import Strokes

Maker = Callable[[np.random.Generator, Strokes], Image.Image]


class Picture(NamedTuple):
    kind: str
    label: str  # a digit, 'none' or 'several'
    content: bytes


def ink(rng: np.random.Generator, drawing: Strokes, size: tuple[int, int], share: float, width: float) -> np.ndarray:
    """Ink (H, W) float32 in [0, 1], for `size` (H, W): the drawing near the middle.

    Its longer side is `share` of the picture's shorter side, and its pen is `width` of that longer side.
    """
    rows, columns = size
    side = max(size)
    extent = share * min(size)
    centre = rng.uniform(0.45, 0.55, 2) * (columns / side, rows / side)
    drawn = pen.draw(drawing, canvas=side, size=extent, brush=max(1.0, width * extent), centre=tuple(centre))
    return drawn[:rows, :columns].astype(np.float32) / 255


def lit_paper(rng: np.random.Generator, size=(480, 640), light=0.8, grain=0.015) -> np.ndarray:
    """Paper (H, W) float in [0, 1], with light from one side; `grain` is its noise."""
    y, x = np.mgrid[: size[0], : size[1]] / max(size)
    slope = rng.uniform(-0.2, 0.2, 2)
    return (light + slope[0] * (x - 0.5) + slope[1] * (y - 0.4) + rng.normal(0, grain, size)).clip(0, 1)


def photo(rng, drawing, *, share=None, dark=0.7, width=None, paper=None) -> np.ndarray:
    """The drawing on paper, a little blurred, (H, W) float in [0, 1]; `dark` is how dark its ink is."""
    paper = lit_paper(rng) if paper is None else paper
    drawn = ink(rng, drawing, paper.shape, share or rng.uniform(0.35, 0.75), width or rng.uniform(0.03, 0.12))
    return cv2.GaussianBlur(paper * (1 - dark * drawn), (0, 0), rng.uniform(0.6, 1.5))


def grey(values: np.ndarray) -> Image.Image:
    """(H, W) in [0, 1], clipped -> a greyscale picture."""
    return Image.fromarray((255 * values.clip(0, 1)).astype(np.uint8))


def ruled(rng, drawing) -> Image.Image:
    paper = lit_paper(rng)
    step, dark = int(rng.integers(26, 48)), rng.uniform(0.1, 0.35)
    for line in range(int(rng.integers(step)), len(paper), step):
        paper[line : line + 2] -= dark
    return grey(photo(rng, drawing, paper=paper))


def boxed(rng, drawing) -> Image.Image:
    paper = lit_paper(rng)
    corner = (int(rng.integers(120, 160)), int(rng.integers(60, 80)))
    cv2.rectangle(paper, corner, (corner[0] + 360, corner[1] + 340), 0.3, int(rng.integers(2, 6)))
    return grey(photo(rng, drawing, paper=paper, share=0.4))


def on_a_table(rng, drawing) -> Image.Image:
    paper = lit_paper(rng)
    paper[:, : int(rng.integers(20, 70))] = 0.25
    paper[int(rng.integers(420, 470)) :] = 0.25
    return grey(photo(rng, drawing, paper=paper, share=0.5))


def in_shadow(rng, drawing) -> Image.Image:
    return grey(photo(rng, drawing) * shade(rng))


def shade(rng) -> np.ndarray:
    """(480, 640) float in [0, 1]: a shadow with a straight, soft edge over one side."""
    y, x = np.mgrid[:480, :640] / 640
    edge = (x - rng.uniform(0.3, 0.7)) * np.cos(tilt := rng.uniform(-0.5, 0.5)) + (y - 0.4) * np.sin(tilt)
    return 1 - rng.uniform(0.3, 0.6) / (1 + np.exp(-edge * rng.uniform(60, 600)))


def on_a_board(rng, drawing) -> Image.Image:
    board = rng.uniform(20, 150, 3)
    drawn = ink(rng, drawing, (480, 640), 0.6, rng.uniform(0.03, 0.1))[..., None]
    return Image.fromarray((board + (240 - board) * drawn).astype(np.uint8))


def thumbnail(rng, drawing) -> Image.Image:
    side = int(rng.choice([28, 32, 48, 64]))
    large = ink(rng, drawing, (8 * side, 8 * side), rng.uniform(0.6, 0.8), rng.uniform(0.06, 0.12))
    shrunk = cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA)
    return grey(shrunk if rng.random() < 0.5 else 1 - shrunk)


def cropped(rng, drawing) -> Image.Image:
    drawn = ink(rng, drawing, (400, 400), 0.9, rng.uniform(0.04, 0.12))
    x, y, width, height = cv2.boundingRect((drawn > 0.5).astype(np.uint8))
    return grey(1 - drawn[y : y + max(height, 40), x : x + max(width, 40)])


def transparent(rng, drawing) -> Image.Image:
    alpha = (255 * ink(rng, drawing, (300, 300), 0.7, 0.07)).astype(np.uint8)
    return Image.fromarray(np.dstack([np.full_like(alpha, rng.choice([0, 255]))] * 3 + [alpha]))


def sixteen_bits(rng, drawing) -> Image.Image:
    return Image.fromarray((photo(rng, drawing).clip(0, 1) * 65535).astype(np.uint16))


def small(rng, drawing) -> Image.Image:
    paper = lit_paper(rng, (1200, 1600))
    return grey(photo(rng, drawing, paper=paper, share=rng.uniform(0.05, 0.1), width=0.08))


PHOTO: tuple[str, Maker] = ("jpg", lambda rng, drawing: grey(photo(rng, drawing)))
DIGITS: dict[str, tuple[str, Maker]] = {
    "photo": PHOTO,
    "faint": ("jpg", lambda rng, drawing: grey(photo(rng, drawing, dark=0.2))),
    "thin": ("jpg", lambda rng, drawing: grey(photo(rng, drawing, width=0.012))),
    "dim": ("webp", lambda rng, drawing: grey(0.35 * photo(rng, drawing))),
    "ruled": ("jpg", ruled),
    "boxed": ("jpg", boxed),
    "on a table": ("jpg", on_a_table),
    "in shadow": ("jpg", in_shadow),
    "small": ("jpg", small),
    "on a board": ("png", on_a_board),
    "thumbnail": ("png", thumbnail),
    "tight": ("png", cropped),
    "clear": ("png", transparent),
    "16 bits": ("png", sixteen_bits),
}


def blank(rng, drawing) -> Image.Image:
    return grey(lit_paper(rng) * (shade(rng) if rng.random() < 0.5 else 1))


def noise(rng, drawing) -> Image.Image:
    side = int(rng.choice([28, 64, 300]))
    rough = rng.random((side, side)).astype(np.float32)
    return grey(cv2.GaussianBlur(rough, (0, 0), rng.choice([0.3, 2, 8])) if side == 300 else rough)


def stripes(rng, drawing) -> Image.Image:
    paper = lit_paper(rng)
    paper[:: int(rng.integers(20, 50))] -= 0.3
    paper[:, :: int(rng.integers(20, 50))] -= 0.3
    return grey(paper)


NOTHING: dict[str, tuple[str, Maker]] = {"blank": ("jpg", blank), "noise": ("png", noise), "stripes": ("png", stripes)}


def several(rng, drawings: list[Strokes]) -> Image.Image:
    """Up to three drawings side by side on one sheet."""
    paper = lit_paper(rng, (360, 720))
    for index, drawing in enumerate(drawings):
        drawn = pen.draw(drawing, canvas=240, size=140, brush=10)[:360]
        paper[60:300, 240 * index : 240 * index + 240] *= 1 - 0.7 * drawn / 255
    return grey(paper)


def make_pictures(
    digits: list[tuple[int, Strokes]], doodles: list[Strokes], count: int, seed: int = 0
) -> Iterator[Picture]:
    """`count` pictures of each kind, from digits with their labels, and from doodles, which are not digits."""
    for kind, (ending, make) in (DIGITS | NOTHING | {"doodle": PHOTO}).items():
        rng = np.random.default_rng([seed, *kind.encode()])
        for _ in range(count):
            digit, drawing = digits[rng.integers(len(digits))]
            if kind == "doodle":
                drawing = doodles[rng.integers(len(doodles))]
            yield Picture(kind, str(digit) if kind in DIGITS else "none", encode(make(rng, drawing), ending))
    rng = np.random.default_rng([seed, count])
    for _ in range(count):
        chosen = [digits[index][1] for index in rng.integers(len(digits), size=int(rng.integers(2, 4)))]
        yield Picture("several", "several", encode(several(rng, chosen), "jpg"))


def encode(image: Image.Image, ending: str) -> bytes:
    """The bytes of a file with this ending: jpg, png or webp."""
    file = io.BytesIO()
    image.save(file, {"jpg": "JPEG"}.get(ending, ending.upper()), quality=85)
    return file.getvalue()
