"""Data augmentation of strokes: faults of hands, pens and devices, and styles of digits that the pen data lack.

`spoil` adds a fault to any drawing: a gap, few points, a wrong tap. `rewrite` gives a digit another style: a zero with
a slash, a seven with a bar.
"""

from collections.abc import Callable

import numpy as np

from adder.data.synthetic.shapes import rotate
from adder.drawing.curves import Strokes, curve, dense
from adder.drawing.strokes import extent

SPOILT = 0.4  # share of all drawings that `spoil` changes
REWRITTEN = 0.25  # share that `rewrite` changes, of the digits in STYLES


def spoil(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """The drawing with one of SPOILS, or unchanged."""
    if rng.random() >= SPOILT or (size := extent(strokes)) == 0:
        return strokes
    return SPOILS[rng.integers(len(SPOILS))](strokes, size, rng)


def gaps(strokes: Strokes, size: float, rng: np.random.Generator) -> Strokes:
    """The pen loses contact for a moment, in all strokes or all but one."""
    spared = rng.integers(len(strokes)) if rng.random() < 0.3 else -1
    parts = []
    for index, fine in enumerate(dense(strokes, size / 60)):
        middle = fine[int(len(fine) * rng.uniform(0.25, 0.75))]
        away = np.hypot(*(fine - middle).T) > rng.uniform(0.03, 0.07) * size
        runs = np.split(fine, np.flatnonzero(np.diff(away)) + 1)
        left = [run for run, kept in zip(runs, (away[0] ^ (i % 2 == 1) for i in range(len(runs))), strict=True) if kept]
        parts += [fine] if index == spared or not left else left
    return parts


def few_points(strokes: Strokes, size: float, rng: np.random.Generator) -> Strokes:
    """Five to seven points per stroke: a fast mouse on a slow machine."""
    count = rng.integers(5, 8)
    return [stroke[np.unique(np.linspace(0, len(stroke) - 1, count).round().astype(int))] for stroke in strokes]


def cut(strokes: Strokes, size: float, rng: np.random.Generator) -> Strokes:
    """Drawn beyond the pad on one side or more: points outside lie on its edge."""
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    beyond = rng.uniform(0.04, 0.16, (2, 2)) * size * (rng.random((2, 2)) < 0.45)
    low, high = low + beyond[0], np.maximum(high - beyond[1], low + beyond[0])
    return [stroke.clip(low, high) for stroke in strokes]


def wander(strokes: Strokes, size: float, rng: np.random.Generator) -> Strokes:
    """An unsteady hand: adds a random walk that ends up to a tenth of the size away."""
    spoilt = []
    for fine in dense(strokes, size / 25):
        step = rng.uniform(0.02, 0.09) * size / np.sqrt(len(fine))
        spoilt.append(fine + np.cumsum(rng.normal(0, step, fine.shape), 0))
    return spoilt


def drawn_twice(strokes: Strokes, size: float, rng: np.random.Generator) -> Strokes:
    """Each stroke drawn a second time, a little aside."""
    aside, tremble = rng.normal(0, 0.015, 2) * size, rng.uniform(0.005, 0.02) * size
    return [*strokes, *(stroke + aside + rng.normal(0, tremble, stroke.shape) for stroke in strokes)]


def tail(strokes: Strokes, size: float, rng: np.random.Generator) -> Strokes:
    """The finger slides further before it lifts."""
    *others, last = strokes
    way = last[-1] - last[max(0, len(last) - 3)]
    way = way / max(np.hypot(*way), 1e-9 * size) * rng.uniform(0.05, 0.16) * size
    return [*others, np.concatenate((last, last[-1:] + way))]


def tap(strokes: Strokes, size: float, rng: np.random.Generator) -> Strokes:
    """A tap beside or above the drawing. Below, it would be the dot of an exclamation mark."""
    points = np.concatenate(strokes)
    middle, half = (points.min(0) + points.max(0)) / 2, np.ptp(points, axis=0) / 2
    angle = rng.uniform(-0.25, 1.25) * np.pi
    way = np.array((np.cos(angle), -np.sin(angle)))
    place = middle + way * (half / np.abs(way).max() + rng.uniform(0.15, 0.8) * size)
    return [*strokes, place + rng.normal(0, 0.005, (rng.integers(1, 3), 2)) * size]


def staircase(strokes: Strokes, size: float, rng: np.random.Generator) -> Strokes:
    """A coarse tablet: points lie on a grid of 10 to 24 steps."""
    step = size / rng.integers(10, 25)
    origin = rng.uniform(0, step, 2)
    return [np.round((fine - origin) / step) * step for fine in dense(strokes, step / 2)]


def rotated(strokes: Strokes, size: float, rng: np.random.Generator) -> Strokes:
    angle = np.deg2rad(rng.uniform(-30, 30))
    return [rotate(stroke, angle) for stroke in strokes]


def stretched(strokes: Strokes, size: float, rng: np.random.Generator) -> Strokes:
    wide = np.exp(rng.uniform(-0.75, 0.75))
    return [stroke * (wide, 1) for stroke in strokes]


SPOILS: tuple[Callable[[Strokes, float, np.random.Generator], Strokes], ...] = (
    gaps,
    few_points,
    few_points,
    few_points,
    cut,
    cut,
    wander,
    drawn_twice,
    tail,
    tap,
    staircase,
    rotated,
    rotated,
    stretched,
)


def rewrite(digit: int, strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """The digit unchanged, or written in another way: zero with a slash, seven with a bar, other ones, fours, nines."""
    if digit not in STYLES or rng.random() >= REWRITTEN:
        return strokes
    return restyle(digit, strokes, rng)


def restyle(digit: int, strokes: Strokes, rng: np.random.Generator) -> Strokes:
    points = np.concatenate(strokes)
    low, side = points.min(0), np.maximum(np.ptp(points, axis=0), 1e-9)
    return STYLES[digit]([(stroke - low) / side * (0.7, 1) for stroke in strokes], rng)


# Each function gets the strokes of the digit in a box 0.7 wide and 1 high.


def line(points) -> Strokes:
    return dense([np.array(points)], 0.05)


def zero(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """With a slash inside or across, in either direction, with a dot, or in dashes."""
    wide = rng.uniform(0.6, 1.2)
    strokes = [stroke * (wide, 1) for stroke in strokes]
    middle = np.array((0.35 * wide, 0.5)) + rng.normal(0, 0.02, 2)
    kind = rng.choice(("inside", "across", "dot", "dashes"), p=(0.3, 0.4, 0.15, 0.15))
    if kind == "dot":
        return [*strokes, middle + rng.normal(0, 0.02, (2, 2))]
    if kind == "dashes":
        (fine,) = dense([np.concatenate(strokes)], 0.02)
        period = rng.integers(12, 22)
        dash = int(period * rng.uniform(0.6, 0.8))
        return [fine[start : start + dash] for start in range(0, len(fine), period)]
    reach = rng.uniform(0.5, 0.9) if kind == "inside" else rng.uniform(1.0, 1.45)
    end = np.array((0.35 * wide * rng.uniform(0.6, 0.95) * rng.choice((1, 1, 1, -1)), -rng.uniform(0.25, 0.42))) * reach
    return [*strokes, *line((middle + end, middle - end))]


def seven(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """With a bar through its stem, a tick before its top, or both, if it is one stroke."""
    if len(strokes) > 1:
        return strokes
    (fine,) = dense(strokes, 0.02)
    has_bar = rng.random() < 0.75
    if not has_bar or rng.random() < 0.3:
        tick = fine[0] + np.array((rng.normal(0, 0.04), rng.uniform(0.08, 0.25)))
        strokes = [np.concatenate((*line((tick, fine[0])), fine))]
    if not has_bar:
        return strokes
    stem = fine[fine[:, 1] > 0.35]
    at = stem[np.abs(stem[:, 1] - rng.uniform(0.45, 0.65)).argmin()]
    half = np.array((rng.uniform(0.15, 0.3), rng.normal(0, 0.04)))
    return [*strokes, *line((at - half, at + half))]


def one(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """With a flag, which may be long, with a foot, which may be curled, or with both."""
    top, foot = np.array((rng.normal(0.05, 0.05), 0.0)), np.array((0.0, 1.0))
    length = rng.uniform(0.25, 0.5) if rng.random() < 0.75 else rng.uniform(0.5, 0.8)
    angle = rng.uniform(0.6, 1.1) if length < 0.5 else rng.uniform(0.35, 0.8)  # a long one is steep
    flag = top + length * np.array((-np.sin(angle), np.cos(angle)))
    has_flag = rng.random() < 0.8
    written = line((flag, top, foot) if has_flag else (top, foot))
    kind = rng.choice(("none", "bar", "curl"), p=(0.4, 0.45, 0.15)) if has_flag else "bar"
    if kind == "bar":
        half = np.array((rng.uniform(0.12, 0.35), rng.normal(0, 0.02)))
        written += line((foot - half, foot + half))
    elif kind == "curl":
        reach = rng.uniform(0.12, 0.3)
        (stem,) = written
        curl = curve([np.array((foot, (0.3 * reach, 1.03), (reach, 0.97 - rng.uniform(0, 0.06))))])[0]
        written = [np.concatenate((stem, curl))]
    return written


def four(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Open at the top: an angle, then a stem through its arm."""
    bar, stem = rng.uniform(0.5, 0.7), rng.uniform(0.35, 0.6)
    corner = np.array((rng.uniform(-0.1, 0.1), bar))
    angle = np.array(
        ((rng.uniform(0.0, 0.25), 0.0), corner, (stem + rng.uniform(0.05, 0.3), bar + rng.normal(0, 0.03)))
    )
    top = np.array((stem + rng.normal(0, 0.06), rng.uniform(-0.1, 0.35)))
    return [*line(angle), *line((top, (stem, 1.0)))]


def nine(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """A loop with a straight or a curled leg."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(0.92, 1.02), 14) + 0.1
    wide, high = rng.uniform(0.2, 0.32), rng.uniform(0.2, 0.28)
    loop = np.column_stack((wide * np.cos(angle), high * (1 - np.sin(angle))))
    if rng.random() < 0.5:
        leg = np.array(((wide, rng.uniform(0, high)), (wide + rng.normal(0, 0.06), 1.0)))
    else:
        leg = np.array(((wide, high), (wide, 0.7), (0.5 * wide, 0.95), (-0.3 * wide, 1.0), (-wide, 0.85)))
    (leg,) = line(curve([leg])[0])
    return [np.concatenate((loop, leg))] if rng.random() < 0.6 else [loop, leg]


STYLES: dict[int, Callable[[Strokes, np.random.Generator], Strokes]] = {0: zero, 1: one, 4: four, 7: seven, 9: nine}
