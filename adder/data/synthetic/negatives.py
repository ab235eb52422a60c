"""Synthetic non-digits, as strokes: shapes, letters, scribbles, marks; several digits, parts of one, crossed-out ones.

Characters that a person would read as a digit (O, l, I, S, Z ...) are not negatives; LOOK_ALIKES lists them.
"""

from collections.abc import Callable

import numpy as np

from adder.data.synthetic.glyphs import glyph, random_glyph
from adder.data.synthetic.shapes import rotate, shape
from adder.drawing.curves import Strokes, dense
from adder.drawing.strokes import extent

# By alphabet, numbers of characters that look like a digit, or may; chosen by eye from sheets of all characters.
LOOK_ALIKES = {
    "Balinese": (5, 14),
    "Early_Aramaic": (1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 16, 17, 19, 20),
    "Greek": (2, 3, 4, 6, 8, 9, 14, 15, 17, 18, 21),
    "Japanese_(katakana)": (1, 2, 4, 8, 12, 19, 22, 24, 27, 30, 35, 37, 42, 43, 45, 46),
    "Korean": (1, 5, 9, 20, 21, 22, 27, 28, 33, 37),
    "Latin": (2, 7, 9, 12, 15, 17, 19, 25, 26),
    "Sanskrit": (5, 11, 12, 13, 14, 18, 27, 29, 33, 36, 37),
    "Tagalog": (3, 4, 16),
}

SPACING = 0.05  # between points; a digit is about 1 high
TEXT_FONTS = ("rowmans", "timesr", "scripts")  # of the signs beside a digit

# Each kind with its weight.
ALONE: dict[str, tuple[int, Callable[[np.random.Generator], Strokes]]] = {
    "shape": (40, lambda rng: bend(shape(rng), rng)),
    "letter": (40, lambda rng: bend(random_glyph(rng), rng)),
    "two or three shapes": (3, lambda rng: several(rng, [shape(rng) for _ in range(3)])),
    "scribble": (3, lambda rng: scribble(rng)),
    "zigzag": (3, lambda rng: zigzag(rng)),
    "spiral": (3, lambda rng: spiral(rng)),
    "mark": (4, lambda rng: mark(rng)),
}
OF_DIGITS: dict[str, tuple[int, Callable[[np.random.Generator, list[Strokes]], Strokes]]] = {
    "several": (9, lambda rng, digits: several(rng, digits)),
    "fragment": (6, lambda rng, digits: fragment(rng, digits)),
    "struck out": (4, lambda rng, digits: struck_out(rng, digits)),
    "framed": (4, lambda rng, digits: framed(rng, digits)),
    "with a sign": (8, lambda rng, digits: with_a_sign(rng, digits)),
}


OF_NON_DIGITS: dict[str, tuple[int, Callable[[np.random.Generator, list[Strokes]], Strokes]]] = {
    "collage": (16, lambda rng, drawings: collage(rng, drawings)),
}


def synthesise(rng: np.random.Generator, digits: list[Strokes], non_digits: list[Strokes]) -> Strokes:
    """One synthetic non-digit. Some kinds are made of drawings; without any, these kinds are left out."""
    kinds: list[tuple[int, Callable, tuple]] = [(weight, make, ()) for weight, make in ALONE.values()]
    for drawings, table in ((digits, OF_DIGITS), (non_digits, OF_NON_DIGITS)):
        kinds += [(weight, make, (drawings,)) for weight, make in table.values() if drawings]
    weights = np.cumsum([weight for weight, *_ in kinds])
    _, make, given = kinds[int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))]
    return make(rng, *given)


def bend(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Strokes displaced by a long sine wave in each direction."""
    size = extent(strokes)
    waves, phases = rng.uniform(2, 6, 2) / size, rng.uniform(0, 2 * np.pi, 2)
    heights = rng.normal(0, 0.035, 2) * size
    return [stroke + np.sin(stroke[:, ::-1] * waves + phases) * heights for stroke in strokes]


def struck_out(rng: np.random.Generator, drawings: list[Strokes]) -> Strokes:
    """A digit crossed out with two to four lines or a zigzag; one line could make a slashed zero."""
    (digit,) = unit([drawings[rng.integers(len(drawings))]])
    lines = rng.integers(2, 5)
    along = np.array((rng.uniform(0.5, 0.8), rng.uniform(-0.4, 0.1)))
    across = np.array((rng.normal(0, 0.05), rng.uniform(0.18, 0.3)))
    middles = 0.5 + (np.arange(lines) - (lines - 1) / 2)[:, None] * across + rng.normal(0, 0.03, (lines, 2))
    strikes = np.stack((middles - along, middles + along), 1)  # (lines, 2, 2)
    return [*digit, *dense([strikes.reshape(-1, 2)] if rng.random() < 0.4 else list(strikes), SPACING)]


def framed(rng: np.random.Generator, drawings: list[Strokes]) -> Strokes:
    """A digit in a box, which is one stroke or four lines."""
    (digit,) = unit([drawings[rng.integers(len(drawings))]])
    points = np.concatenate(digit)
    low, high = points.min(0) - rng.uniform(0.1, 0.4, 2), points.max(0) + rng.uniform(0.1, 0.4, 2)
    corners = np.array((low, (high[0], low[1]), high, (low[0], high[1]), low)) + rng.normal(0, 0.03, (5, 2))
    lines = [corners] if rng.random() < 0.6 else list(np.stack((corners[:-1], corners[1:]), 1))
    return [*digit, *dense(lines, SPACING)]


def with_a_sign(rng: np.random.Generator, drawings: list[Strokes]) -> Strokes:
    """A digit behind a minus or another sign, in front of one, or in brackets."""
    (digit,) = unit([drawings[rng.integers(len(drawings))]])
    left, right = sides(digit)
    gap = rng.uniform(0.12, 0.45)
    if rng.random() < 0.45:
        start, height = left - gap, 0.5 + rng.normal(0, 0.08)
        minus = np.array(((start - rng.uniform(0.25, 0.6), height), (start, height + rng.normal(0, 0.04))))
        return [*digit, *dense([minus], SPACING)]
    signs = rng.choice(("+", "=", "%", "$", "#", "*", "<", ">", "()", "[]"))
    placed = list(digit)
    for index, sign in enumerate(signs):
        (strokes,) = unit([glyph(str(rng.choice(TEXT_FONTS)), sign)])
        size = rng.uniform(0.35, 0.6) if sign in "+=*<>" else rng.uniform(0.7, 1.2)
        before = index == 0 if len(signs) == 2 else rng.random() < 0.5
        strokes = [size * (stroke - 0.5) + (0.0, 0.5) for stroke in strokes]
        low, high = sides(strokes)
        shift = left - gap - high if before else right + gap - low
        move = np.array((shift, rng.normal(0, 0.05)))
        placed += [stroke + move for stroke in strokes]
    return placed


def sides(strokes: Strokes) -> tuple[float, float]:
    """The x of the leftmost and of the rightmost point."""
    x = np.concatenate(strokes)[:, 0]
    return x.min(), x.max()


def unit(drawings: list[Strokes]) -> list[Strokes]:
    """Each drawing centred in the unit square, its longer side 1."""
    placed = []
    for strokes in drawings:
        points = np.concatenate(strokes)
        low, high = points.min(0), points.max(0)
        size = max((high - low).max(), 1e-9)
        placed.append([(stroke - (low + high) / 2) / size + 0.5 for stroke in strokes])
    return placed


def scribble(rng: np.random.Generator) -> Strokes:
    """One to three smooth curves through 7 to 15 random points."""
    return [smooth(rng.random((rng.integers(7, 16), 2))) for _ in range(rng.integers(1, 4))]


def zigzag(rng: np.random.Generator) -> Strokes:
    """A zigzag with at least six corners, in any direction."""
    corners = rng.integers(6, 16)
    across = np.arange(corners) % 2 + rng.normal(0, 0.1, corners)
    along = np.linspace(0, rng.uniform(0.6, 2.5), corners) + rng.normal(0, 0.03, corners)
    points = np.column_stack((along, across))
    points = smooth(points) if rng.random() < 0.5 else dense([points], SPACING)[0]
    return [rotate(points, rng.uniform(0, 2 * np.pi))]


def spiral(rng: np.random.Generator) -> Strokes:
    """Three to six turns with drift: a spiral, a coil, a blot."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(3, 6), 90)
    radius = np.linspace(rng.uniform(0.1, 0.6), 1, 90)
    drift = angle[:, None] * rng.normal(0, 0.06, 2)
    circle = np.column_stack((np.cos(angle), rng.uniform(0.6, 1) * np.sin(angle))) * radius[:, None]
    return [rotate(circle + drift, rng.uniform(0, 2 * np.pi))]


def mark(rng: np.random.Generator) -> Strokes:
    """One to three horizontal lines, a cross, an arrowhead, a tick, or a few dots."""
    lines: list[list[tuple[float, float]]]
    match rng.integers(6):
        case 0:
            lines = [
                [(0, 0.3 * y), (0.5, 0.3 * y + rng.normal(0, 0.04)), (1, 0.3 * y)] for y in range(rng.integers(1, 4))
            ]
        case 1:
            lines = [[(0, 0.5), (1, 0.5)], [(0.5, 0), (0.5, 1)]]
        case 2:
            lines = [[(0, 0), (1, 1)], [(1, 0), (0, 1)]]
        case 3:
            lines = [[(0, 0), (rng.uniform(0.6, 1.5), 0.5), (0, 1)][:: rng.choice((-1, 1))]]
            lines = [[(x * rng.choice((-1, 1)), y) for x, y in lines[0]]]
        case 4:
            lines = [[(0, 0.6), (0.3, 1), (1, 0)]]
        case _:
            lines = [[(x, y), (x + 0.01, y)] for x, y in rng.random((rng.integers(2, 6), 2))]
    rotated = [rotate(np.array(line), rng.normal(0, 0.15)) for line in lines]
    return dense([line + rng.normal(0, 0.02, line.shape) for line in rotated], SPACING)


def several(rng: np.random.Generator, drawings: list[Strokes]) -> Strokes:
    """Two or three of the drawings side by side, of similar height."""
    strokes, right = [], 0.0
    for _ in range(rng.choice((2, 2, 3))):
        digit = drawings[rng.integers(len(drawings))]
        points = np.concatenate(digit)
        low, high = points.min(0), points.max(0)
        scale = rng.uniform(0.8, 1.1) / max(high[1] - low[1], 0.5 * (high[0] - low[0]), 1e-9)
        shift = np.array((right, rng.normal(0, 0.08)))
        strokes += [(stroke - low) * scale + shift for stroke in digit]
        right += (high[0] - low[0]) * scale + rng.uniform(0.12, 0.6)
    return strokes


def collage(rng: np.random.Generator, drawings: list[Strokes]) -> Strokes:
    """A drawing, and some strokes of one or two others on top of it or beside it."""
    chosen = unit([drawings[index] for index in rng.integers(len(drawings), size=rng.choice((2, 2, 3)))])
    strokes = chosen[0]
    for other in chosen[1:]:
        kept = rng.permutation(len(other))[: rng.integers(1, len(other) + 1)]
        scale, shift = rng.uniform(0.4, 1.1), rng.normal(0, 0.35, 2)
        strokes = [*strokes, *(0.5 + shift + scale * (other[index] - 0.5) for index in kept)]
    return strokes


def fragment(rng: np.random.Generator, drawings: list[Strokes]) -> Strokes:
    """A quarter to two fifths of a digit's stroke, wider than high: an upright piece may be a one."""
    for _ in range(20):
        digit = drawings[rng.integers(len(drawings))]
        stroke = max(digit, key=len)
        length = int(len(stroke) * rng.uniform(0.25, 0.4))
        start = rng.integers(0, max(1, len(stroke) - length))
        piece = stroke[start : start + length]
        if length >= 4:
            width, height = np.ptp(piece, axis=0)
            if width > 1.3 * height:
                return [piece]
    return scribble(rng)


def smooth(points: np.ndarray, *, between: int = 8) -> np.ndarray:
    """(N, 2) -> (M, 2): a Catmull-Rom curve through the points (Catmull and Rom 1974)."""
    padded = np.concatenate((points[:1], points, points[-1:]))
    before, start, end, after = (padded[i : len(points) - 1 + i, None] for i in range(4))  # (N - 1, 1, 2)
    t = np.linspace(0, 1, between, endpoint=False)[None, :, None]
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    return curve.reshape(-1, 2)
