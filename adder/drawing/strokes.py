"""Pen trajectories -> ink on a canvas: the one renderer behind the page, the training data and the benches.

Strokes are a list of (N, 2) arrays of points, x right, y down, in any unit; one array from pen down to pen up.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

NO_DIGIT = -1  # in the place of a digit or a sum
LARGEST = 1e9  # of a coordinate
SUBPIXEL_BITS = 4  # cv2 draws with fixed-point coordinates: 1/16 px
PIECE = 1 / 16  # of the drawing's size: where two points lie farther apart, a curve leads from one to the other
TINY = np.finfo(float).tiny
PIECES = 512  # about so many of them at most: a long scribble gets coarser ones
ROUNDNESS = (4, -0.2)  # of a turn, by its cosine: smooth up to 72 degrees, a corner beyond 87
STRAIGHT = 0.01  # a chord whose curve leaves it at a smaller angle, in radians, at both ends needs no points between
FEW = 6  # points of a stroke that are kept at least
SPECK = 1 / 20  # a stroke smaller than this share of the largest is a speck
FAR = 0.35  # of the drawing's size: a speck farther away was not meant


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
    drawing; one of dots alone, or spread out far more widely than what is not tiny, stays as it is.
    """
    points, starts = np.concatenate(strokes), first(strokes)
    lows, highs = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)  # (strokes, 2)
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
    kept = ~specks | (np.hypot(away[:, 0], away[:, 1]) <= FAR * size)
    return [stroke for stroke, keep in zip(strokes, kept, strict=True) if keep]


def curve(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """The smooth curve through all points of each stroke that the page paints too (web/curve.js).

    Points are put only between those that are far apart, on a cubic whose directions at its ends follow the circle
    through three neighbours (Catmull and Rom 1974); where a stroke turns sharply there is a corner.
    """
    points, chords, lengths = as_chords(strokes)
    piece = max(PIECE * extent(strokes), lengths.sum() / PIECES)
    if lengths.max() <= piece:
        return strokes
    along = chords / np.maximum(lengths, TINY)[:, None]  # (N, 2), of length 1, or 0 where a stroke ends
    ways = np.zeros_like(points)  # the direction of the curve at each point, and how round it is there
    ways[1:] = along[:-1] * lengths[1:, None] + along[1:] * lengths[:-1, None]
    roundness = np.clip(ROUNDNESS[0] * (along[:-1] * along[1:]).sum(1) + ROUNDNESS[1], 0, 1)
    ways[1:] *= (roundness / np.maximum(np.hypot(ways[1:, 0], ways[1:, 1]), TINY))[:, None]
    starts = first(strokes)
    last = np.concatenate((starts[1:], [len(points)])) - 1
    for end, inner, chord in (
        (starts, np.minimum(starts + 1, last), starts),
        (last, np.maximum(last - 1, 0), last - 1),
    ):
        u, v = along[chord], ways[inner]  # mirrored at the chord: the same arc goes on
        ways[end] = 2 * (u * v).sum(1, keepdims=True) * u - v
    after = np.concatenate((ways[1:], ways[:1]))
    aside = [np.abs(along[:, 0] * way[:, 1] - along[:, 1] * way[:, 0]) for way in (ways, after)]
    of, t = divide(np.where(np.maximum(*aside) > STRAIGHT, lengths / piece, 0))
    bow = lengths[of, None] * t * (1 - t) * (ways[of] * (1 - t) - after[of] * t)
    return split(points[of] + chords[of] * t**2 * (3 - 2 * t) + bow, of, starts)


def dense(strokes: list[np.ndarray], piece: float) -> list[np.ndarray]:
    """The same lines with points at most `piece` apart, as a pen gives them."""
    points, chords, lengths = as_chords(strokes)
    of, t = divide(lengths / piece)
    return split(points[of] + chords[of] * t, of, first(strokes))


def first(strokes: list[np.ndarray]) -> np.ndarray:
    """The place of each stroke's first point among all points."""
    return np.array([0, *accumulate(len(stroke) for stroke in strokes[:-1])])


def as_chords(strokes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All points (N, 2), the ways to the next of the same stroke (N, 2), 0 from its last, and their lengths (N,)."""
    points = np.concatenate(strokes)
    chords = np.zeros_like(points)
    chords[:-1] = points[1:] - points[:-1]
    chords[first(strokes)[1:] - 1] = 0
    return points, chords, np.hypot(chords[:, 0], chords[:, 1])


def divide(pieces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many pieces each chord falls into, rounded up, at least 1 -> the chord of each, and where on it it begins.

    (M,) int and (M, 1) in [0, 1).
    """
    pieces = np.maximum(np.ceil(pieces), 1).astype(int)
    of = np.repeat(np.arange(len(pieces)), pieces)
    return of, ((np.arange(len(of)) - (np.cumsum(pieces) - pieces)[of]) / pieces[of])[:, None]


def split(points: np.ndarray, of: np.ndarray, starts: np.ndarray) -> list[np.ndarray]:
    """Points as strokes again, by the chords that they lie on and the chords with which strokes begin."""
    bounds = [*np.searchsorted(of, starts).tolist(), len(points)]
    return [points[start:end] for start, end in pairwise(bounds)]


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
    step = rng.choice((1, 1, 1, 2, 3))
    every = [min(step, max(1, len(stroke) // FEW)) for stroke in strokes]
    kept = [np.concatenate((stroke[:-1:each], stroke[-1:])) for stroke, each in zip(strokes, every, strict=True)]
    varied = (np.concatenate(kept) - points.mean(0)) @ matrix
    varied += rng.normal(0, tremble, varied.shape)
    bounds = [*first(kept).tolist(), len(varied)]
    return [varied[start:end] for start, end in pairwise(bounds)]
