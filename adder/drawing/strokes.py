"""Pen trajectories -> ink on a canvas: the one renderer behind the page, the training data and the benches.

Strokes are a list of (N, 2) arrays of points, x right, y down, in any unit; one array from pen down to pen up.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

NO_DIGIT = -1  # in the place of a digit or a sum
LARGEST = 1e9  # of a coordinate
SUBPIXEL_BITS = 4  # cv2 draws with fixed-point coordinates: 1/16 px


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
    return float(np.ptp(points, axis=0).max())


def draw(strokes: list[np.ndarray], *, canvas: int, size: float, brush: float, centre=(0.5, 0.5)) -> np.ndarray:
    """Ink (canvas, canvas) uint8, 0 paper .. 255 ink, anti-aliased, with round pen ends.

    The ink's longer side, pen included, becomes `size` px, the middle of its box lies at `centre` (fractions of the
    canvas) and the pen is `brush` px wide. A single point, or a pen wider than `size`, leaves one dot of the pen.
    """
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    span = (high - low).max()
    scale = max(size - brush, 0.0) / span if span > 0 else 0.0
    oversample = max(2, min(8, 512 // canvas))
    ink = np.zeros((canvas * oversample,) * 2, np.uint8)
    pen = max(1, 2 * round((brush * oversample - 1) / 2))  # cv2 draws lines of an even thickness one px wider
    for stroke in strokes:
        pixels = ((stroke - (low + high) / 2) * scale + np.multiply(centre, canvas)) * oversample - 0.5
        fixed = np.round(pixels * (1 << SUBPIXEL_BITS)).astype(np.int32)
        cv2.polylines(ink, [fixed[[0, *range(len(fixed))]]], False, 255, pen, cv2.LINE_8, SUBPIXEL_BITS)
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
    varied = []
    for stroke in strokes:
        kept = stroke[sorted({*range(0, len(stroke), step), len(stroke) - 1})]
        varied.append((kept - points.mean(0)) @ matrix + rng.normal(0, tremble, kept.shape))
    return varied
