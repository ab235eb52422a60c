"""Strokes, in any unit, -> ink on a canvas. The page, the training data and the benches all use this renderer."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from adder.drawing.curves import Strokes, curve, start_indices

NO_DIGIT = -1  # the digit, and the sum, of a drawing that is not a digit
MAX_COORDINATE = 1e9
SUBPIXEL_BITS = 4  # cv2 draws with fixed-point coordinates: 1/16 px
MIN_POINTS = 6  # `augment_strokes` leaves at least so many of a stroke, if it has them
SPECK_SIZE = 1 / 20  # of the largest stroke: a smaller stroke is a speck
SPECK_DISTANCE = 0.35  # of the drawing's size: a speck farther away is an accident
UPRIGHT_WIDTH = 0.25  # of a stroke's height: a narrower stroke can be no digit but a one


def as_strokes(strokes: Sequence) -> Strokes:
    """Strokes as float64 arrays (N, 2), without empty ones. ValueError says what was expected."""
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
            raise ValueError(f"stroke {index} has coordinates that are not finite: leave out NaN and infinity")
        if np.abs(points).max() > MAX_COORDINATE:
            raise ValueError(
                f"stroke {index} has coordinates that are too large: scale them below {MAX_COORDINATE:.0e}"
            )
        arrays.append(points.astype(np.float64))
    return arrays


def extent(strokes: Strokes) -> float:
    """The longer side of the box around all points, in the unit of the strokes; 0 for a single point."""
    points = np.concatenate(strokes)
    return float((points.max(0) - points.min(0)).max())


def without_far_specks(strokes: Strokes) -> Strokes:
    """The strokes without accidental taps, which would otherwise shrink the digit.

    A speck is a stroke that is tiny beside the largest one. It is dropped when it lies farther than SPECK_DISTANCE from
    the box of the other strokes. A dot below an upright stroke, at most the stroke's height away, stays: together they
    are an exclamation mark, not a one. Drawings of dots alone, and of specks all over, stay as they are.
    """
    if len(strokes) < 2:
        return strokes
    points, first = np.concatenate(strokes), start_indices(strokes)
    lows, highs = np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)  # (strokes, 2)
    sizes = (highs - lows).max(1)
    is_speck = sizes <= SPECK_SIZE * sizes.max()
    if not is_speck.any() or is_speck.all():
        return strokes
    low, high = lows[~is_speck].min(0), highs[~is_speck].max(0)
    size = (high - low).max()
    if size < (highs.max(0) - lows.min(0)).max() / 4:
        return strokes
    middles = (lows + highs) / 2
    offsets = middles - middles.clip(low, high)  # from the box
    is_near = np.hypot(offsets[:, 0], offsets[:, 1]) <= SPECK_DISTANCE * size
    width, height = high - low
    x, y = offsets.T
    is_below = (y > 0) & (y <= height) & (np.abs(x) <= UPRIGHT_WIDTH * height)
    kept = ~is_speck | is_near | (is_below & (width <= UPRIGHT_WIDTH * height))
    return [stroke for stroke, keep in zip(strokes, kept, strict=True) if keep]


def draw(strokes: Strokes, *, canvas: int, size: float, brush: float, centre=(0.5, 0.5)) -> np.ndarray:
    """Ink (canvas, canvas) uint8, 0 paper .. 255 ink, anti-aliased, drawn with a round pen `brush` px wide.

    The ink's longer side, pen included, is `size` px, and the middle of its box is at `centre`, in fractions of the
    canvas. A single point, or a pen wider than `size`, leaves one dot.
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
    """One digit as a person drew it."""

    digit: int  # or NO_DIGIT
    writer: int
    strokes: Strokes


def read_unipen(path: Path) -> list[Drawing]:
    """The digits in a file of UNIPEN pen trajectories, with y pointing down. ValueError names the file and the line.

    It reads the form of pendigits-orig in UCI's 'Pen-Based Recognition of Handwritten Digits' (Alpaydin and Alimoglu
    1998, CC BY 4.0): `.SEGMENT` ends in the quoted digit, `.COMMENT` gives digit and writer, points follow `.PEN_DOWN`.
    """
    drawings: list[Drawing] = []  # with strokes that are still lists of points
    with open(path, encoding="ascii", errors="replace") as lines:
        for line_number, line in enumerate(lines, 1):
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
                raise ValueError(f"{path}, line {line_number}: not UNIPEN strokes: {line.strip()[:40]!r}") from error
    return [drawing._replace(strokes=as_strokes(drawing.strokes)) for drawing in drawings]


def augment_strokes(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """The same drawing as another person might draw it: turned, slanted, stretched and trembling a little.

    The longer side of its box becomes 1. Sometimes it leaves points out, as a slow tablet or a fast mouse does.
    """
    points = np.concatenate(strokes)
    angle, slant = np.deg2rad(rng.normal(0, 6)), rng.normal(0, 0.12)
    stretch = np.exp(rng.normal(0, 0.1))
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array(((cos, sin), (-sin, cos))) @ np.array(((1, 0), (slant, 1))) * (stretch, 1 / stretch)
    matrix = matrix / max(extent(strokes), np.finfo(float).tiny)
    tremble = rng.exponential(0.006)
    wanted_step = (1, 1, 1, 2, 3)[rng.integers(5)]
    steps = [min(wanted_step, max(1, len(stroke) // MIN_POINTS)) for stroke in strokes]
    kept = [np.concatenate((stroke[:-1:step], stroke[-1:])) for stroke, step in zip(strokes, steps, strict=True)]
    varied = (np.concatenate(kept) - points.mean(0)) @ matrix
    varied += rng.normal(0, tremble, varied.shape)
    bounds = [*start_indices(kept).tolist(), len(varied)]
    return [varied[start:end] for start, end in pairwise(bounds)]
