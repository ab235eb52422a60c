"""Pen trajectories -> ink on a canvas: the one renderer behind the page, the training data and the benches.

Strokes are a list of (N, 2) arrays of points, x right, y down, in any unit; one array from pen down to pen up.
"""

from collections.abc import Sequence

import cv2
import numpy as np

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
    scale = max(size - brush, 0.0) / max((high - low).max(), np.finfo(np.float32).tiny)
    oversample = max(2, min(8, 1024 // canvas))
    ink = np.zeros((canvas * oversample,) * 2, np.uint8)
    for stroke in strokes:
        pixels = ((stroke - (low + high) / 2) * scale + np.multiply(centre, canvas)) * oversample - 0.5
        fixed = np.round(pixels * (1 << SUBPIXEL_BITS)).astype(np.int32)
        # cv2 draws odd widths exactly and widens even ones; the corners of its lines are round
        cv2.polylines(ink, [fixed], False, 255, 2 * int(brush * oversample / 2) + 1, cv2.LINE_8, SUBPIXEL_BITS)
    return cv2.resize(ink, (canvas, canvas), interpolation=cv2.INTER_AREA)
