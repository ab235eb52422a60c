"""Pen trajectories -> ink on a canvas: the one renderer behind the page, the training data and the benches.

Strokes are a list of (N, 2) arrays of points, x right, y down, in any unit; one array from pen down to pen up.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from adder.drawing.curves import curve, starts

NO_DIGIT = -1  # in the place of a digit or a sum
LARGEST = 1e9  # of a coordinate
SUBPIXEL_BITS = 4  # cv2 draws with fixed-point coordinates: 1/16 px
FEW = 6  # points of a stroke that are kept at least
SPECK = 1 / 20  # a stroke smaller than this share of the largest is a speck
FAR = 0.35  # of the drawing's size: a speck farther away was not meant
UPRIGHT = 0.25  # of a stroke's height: one no wider is no digit but a one


def as_strokes(strokes: Sequence) -> list[np.ndarray]:
    """Strokes as float64 (N, 2) arrays, empty ones dropped. ValueError says what was expected."""
    if isinstance(strokes, np.ndarray) or not isinstance(strokes, Sequence):
        raise ValueError(f"strokes must be a list of (N, 2) arrays, not {type(strokes).__name__}")
    arrays = []
    for index, stroke in enumerate(strokes):
        try:
            points = np.asarray(stroke)
        except ValueError:
            points = np.empty(0, dtype=object)
        if points.size == 0 and points.dtype != object:
            continue
        if points.ndim != 2 or points.shape[1] != 2 or points.dtype.kind not in "iuf":
            raise ValueError(
                f"stroke {index} must be an (N, 2) array of numbers, not shape {points.shape} of {points.dtype}"
            )
        if not np.isfinite(points).all():
            raise ValueError(f"stroke {index} has coordinates that are not finite (NaN or infinity)")
        if np.abs(points).max() > LARGEST:
            raise ValueError(f"stroke {index} has coordinates too large to draw, beyond {LARGEST:.0e}")
        arrays.append(points.astype(np.float64))
    return arrays


def extent(strokes: list[np.ndarray]) -> float:
    """The longer side of the box around all points, in the strokes' own unit; 0 for a single point."""
    points = np.concatenate(strokes)
    return float((points.max(0) - points.min(0)).max())


def without_far_specks(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """The strokes without those that a palm or a slip left: one tap never shrinks the digit.

    A stroke that is tiny beside the largest goes when it lies FAR outside the box of the others, which are the
    drawing; one of dots alone, or spread out far more widely than what is not tiny, stays as it is. So does a point
    under an upright stroke, no farther than the stroke is high: an exclamation mark, not a one.
    """
    if len(strokes) < 2:
        return strokes
    points, places = np.concatenate(strokes), starts(strokes)
    lows, highs = np.minimum.reduceat(points, places), np.maximum.reduceat(points, places)  # (strokes, 2)
    sizes = (highs - lows).max(1)
    specks = sizes <= SPECK * sizes.max()
    if not specks.any() or specks.all():
        return strokes
    low, high = lows[~specks].min(0), highs[~specks].max(0)
    size = (high - low).max()
    if size < (highs.max(0) - lows.min(0)).max() / 4:
        return strokes
    middles = (lows + highs) / 2
    away = middles - middles.clip(low, high)
    near = np.hypot(away[:, 0], away[:, 1]) <= FAR * size
    width, height = high - low
    under = (away[:, 1] > 0) & (away[:, 1] <= height) & (np.abs(away[:, 0]) <= UPRIGHT * height)
    kept = ~specks | near | (under & (width <= UPRIGHT * height))
    return [stroke for stroke, keep in zip(strokes, kept, strict=True) if keep]


def draw(strokes: list[np.ndarray], *, canvas: int, size: float, brush: float, centre=(0.5, 0.5)) -> np.ndarray:
    """Ink (canvas, canvas) uint8, 0 paper .. 255 ink, anti-aliased, with round pen ends.

    The ink's longer side, pen included, becomes `size` px, the middle of its box lies at `centre` (fractions of the
    canvas) and the pen is `brush` px wide. A single point, or a pen wider than `size`, leaves one dot of the pen.
    """
    strokes = curve(strokes)
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    span = (high - low).max()
    scale = max(size - brush, 0.0) / span if span > 0 else 0.0
    oversample = max(2, min(8, 512 // canvas))
    ink = np.zeros((canvas * oversample,) * 2, np.uint8)
    pen = max(1, 2 * round((brush * oversample - 1) / 2))  # cv2 draws lines of an even thickness one px wider
    pixels = ((points - (low + high) / 2) * scale + np.multiply(centre, canvas)) * oversample - 0.5
    fixed = np.round(pixels * (1 << SUBPIXEL_BITS)).astype(np.int32)
    start = 0
    for stroke in strokes:
        end = start + len(stroke)
        line = np.concatenate((fixed[start : start + 1], fixed[start:end]))  # a line of one point would draw no dot
        cv2.polylines(ink, [line], False, 255, pen, cv2.LINE_8, SUBPIXEL_BITS)
        start = end
    return cv2.resize(ink, (canvas, canvas), interpolation=cv2.INTER_AREA)


class Drawing(NamedTuple):
    """One digit as a person drew it; strokes as above."""

    digit: int  # NO_DIGIT for what is none
    writer: int
    strokes: list[np.ndarray]


def read_unipen(path: Path) -> list[Drawing]:
    """Digits from a file of UNIPEN pen trajectories, y turned to point down. ValueError names the file and the line.

    The form is that of UCI's 'Pen-Based Recognition of Handwritten Digits' (Alpaydin and Alimoglu 1998, CC BY 4.0),
    pendigits-orig: `.SEGMENT` ends in the quoted digit, `.COMMENT` gives digit and writer, points follow `.PEN_DOWN`.
    """
    drawings: list[Drawing] = []  # its strokes still lists of points
    with open(path, encoding="ascii", errors="replace") as lines:
        for place, line in enumerate(lines, 1):
            fields = line.split()
            try:
                match fields:
                    case [".SEGMENT", "DIGIT", *_, digit]:
                        drawings.append(Drawing(int(digit.strip('"')), 0, []))
                    case [".COMMENT", _, writer, _] if drawings:
                        drawings[-1] = drawings[-1]._replace(writer=int(writer))
                    case [".PEN_DOWN"]:
                        drawings[-1].strokes.append([])  # type: ignore[arg-type]
                    case [x, y] if drawings and not x.startswith("."):
                        drawings[-1].strokes[-1].append((int(x), -int(y)))  # type: ignore[attr-defined]
            except (ValueError, IndexError) as error:
                raise ValueError(f"{path}, line {place}: not UNIPEN strokes: {line.strip()[:40]!r}") from error
    return [d._replace(strokes=as_strokes(d.strokes)) for d in drawings]


def augment_strokes(strokes: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """The same drawing by another hand: turned, slanted and stretched a little, with a less steady pen.

    The bounding box's longer side becomes 1. Sometimes points are left out, as by a slow tablet or a fast mouse.
    """
    points = np.concatenate(strokes)
    angle, slant = np.deg2rad(rng.normal(0, 6)), rng.normal(0, 0.12)
    stretch = np.exp(rng.normal(0, 0.1))
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array(((cos, sin), (-sin, cos))) @ np.array(((1, 0), (slant, 1))) * (stretch, 1 / stretch)
    matrix = matrix / max(extent(strokes), np.finfo(float).tiny)
    tremble = rng.exponential(0.006)
    step = (1, 1, 1, 2, 3)[rng.integers(5)]
    every = [min(step, max(1, len(stroke) // FEW)) for stroke in strokes]
    kept = [np.concatenate((stroke[:-1:each], stroke[-1:])) for stroke, each in zip(strokes, every, strict=True)]
    varied = (np.concatenate(kept) - points.mean(0)) @ matrix
    varied += rng.normal(0, tremble, varied.shape)
    bounds = [*starts(kept).tolist(), len(varied)]
    return [varied[start:end] for start, end in pairwise(bounds)]
