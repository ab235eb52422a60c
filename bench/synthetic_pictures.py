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
CHALK = [((200, 30, 30), (20, 115, 60))]  # red, green: RGB of ink and paper whose grey values are nearly the same
PAPERS = [  # blue on red, pink on light blue, orange on grey
    *[((40, 60, 200), (224, 10, 10)), ((255, 182, 193), (173, 216, 230)), ((255, 140, 0), (165, 165, 165))],
]


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
    """(H, W) in [0, 1], clipped -> a greyscale picture; (H, W, 3) -> one in colour."""
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


def pencil(rng, drawing) -> Image.Image:
    """A thin pencil on white, as a scanner sees it."""
    paper = 0.97 + rng.normal(0, 0.01, (480, 640))
    return grey(photo(rng, drawing, paper=paper, dark=rng.uniform(0.3, 0.6), width=rng.uniform(0.01, 0.02)))


def tiny(rng, drawing) -> Image.Image:
    """28x28, but neither centred nor scaled as MNIST is."""
    share, width = rng.uniform(0.45, 0.9), rng.uniform(0.06, 0.14)
    shrunk = cv2.resize(ink(rng, drawing, (280, 280), share, width), (28, 28), interpolation=cv2.INTER_AREA)
    dark = rng.uniform(0.5, 1)
    return grey(dark * shrunk if rng.random() < 0.5 else 1 - dark * shrunk)


def form(rng, drawing) -> Image.Image:
    """A scan of a form: a printed frame, what to write into it, and the digit."""
    printed = np.full((300, 400), 247, np.uint8)
    left, top, side = int(rng.integers(80, 140)), int(rng.integers(60, 80)), int(rng.integers(180, 220))
    cv2.rectangle(printed, (left, top), (left + side, top + side), 50, int(rng.integers(1, 4)))
    cv2.putText(
        printed, str(rng.choice(["Score", "Class", "Level"])), (left, top - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 75
    )
    paper = printed / 255
    drawn = ink(rng, drawing, (side, side), rng.uniform(0.5, 0.8), rng.uniform(0.03, 0.08))
    paper[top : top + side, left : left + side] *= 1 - rng.uniform(0.5, 0.9) * drawn
    return grey(cv2.GaussianBlur(paper + rng.normal(0, 0.01, paper.shape), (0, 0), 0.6))


def coloured(rng, drawing, pairs=PAPERS) -> Image.Image:
    """Ink and paper of two colours that are equally light, in a photo."""
    inked, paper = np.array(pairs[rng.integers(len(pairs))]) + rng.normal(0, 4, (2, 3))
    drawn = ink(rng, drawing, (480, 640), rng.uniform(0.35, 0.75), rng.uniform(0.04, 0.12))[..., None]
    scene = (paper + (inked - paper) * drawn) / 255 * lit_paper(rng, light=0.95)[..., None]
    return grey(cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.6, 1.5)) + rng.normal(0, 0.01, scene.shape))


def margined(rng) -> np.ndarray:
    """Paper (H, W, 3) float in [0, 1] with blue rules and a red margin."""
    paper = lit_paper(rng)[..., None] * np.ones(3)
    step, margin = int(rng.integers(26, 48)), int(rng.integers(50, 120))
    for line in range(int(rng.integers(step)), len(paper), step):
        paper[line : line + 2] *= (0.7, 0.8, 0.95)
    paper[:, margin : margin + 2] *= (0.95, 0.45, 0.45)
    return paper


def on_margined_paper(rng, drawing) -> Image.Image:
    paper = margined(rng)
    drawn = ink(rng, drawing, paper.shape[:2], rng.uniform(0.35, 0.6), rng.uniform(0.03, 0.12))[..., None]
    pen = np.array([(40, 50, 140), (60, 60, 60), (190, 30, 40)][rng.integers(3)]) / 255
    return grey(cv2.GaussianBlur(paper * (1 - drawn * (1 - pen)), (0, 0), rng.uniform(0.6, 1.5)))


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
    "pencil": ("png", pencil),
    "28 px": ("png", tiny),
    "form": ("png", form),
    "coloured chalk": ("jpg", lambda rng, drawing: coloured(rng, drawing, CHALK)),
    "coloured paper": ("jpg", coloured),
    "red margin": ("jpg", on_margined_paper),
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


def tablecloth(rng, drawing) -> Image.Image:
    """Checks of white and a colour."""
    step = int(rng.integers(30, 100))
    y, x = np.mgrid[:480, :640] // step % 2
    dyed = 0.5 * (x + y)[..., None] * (1 - rng.uniform(0.1, 0.9, 3))
    return grey(lit_paper(rng, light=0.9)[..., None] * (1 - dyed))


NOTHING: dict[str, tuple[str, Maker]] = {
    "blank": ("jpg", blank),
    "noise": ("png", noise),
    "stripes": ("png", stripes),
    "tablecloth": ("jpg", tablecloth),
    "empty margin": ("jpg", lambda rng, drawing: grey(margined(rng))),
}
DOODLES: dict[str, tuple[str, Maker]] = {"doodle": PHOTO, "coloured doodle": ("jpg", coloured)}


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
    for kind, (ending, make) in (DIGITS | NOTHING | DOODLES).items():
        rng = np.random.default_rng([seed, *kind.encode()])
        for _ in range(count):
            digit, drawing = digits[rng.integers(len(digits))]
            if kind in DOODLES:
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
