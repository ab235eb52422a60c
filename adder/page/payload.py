"""Checks the JSON that arrives from outside: drawings, numbers, labels and pictures.

Anyone can send anything to a web server, so each function checks types, lengths and ranges before the value is used.
ValueError says what was expected.
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from adder.drawing.raster import PIXELS, SIDE
from adder.pictures.candidates import Frame

SCALE = 10_000  # the page's pad is SCALE x SCALE
MAX_STROKES = 64  # in a program's drawing; a drawing on the pad may have as many as it has points
MAX_POINTS = 4096  # in all strokes of a drawing
MAX_SIDE = 512  # px, of ink
MAX_COORDINATE = 1e6  # of a program's strokes, in any unit
MAX_PICTURE = 1_400_000  # bytes: in base64 it fits into the largest request
ID = re.compile("[0-9a-f]{32}")
DATA_URI = re.compile("data:image/[a-z.+-]{1,30};base64,")

StrokesJson = list[list[list[float]]]  # strokes of points [x, y]


def checked_number(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 9:  # isinstance would let True through
        raise ValueError("number: expected an integer from 0 to 9")
    return value


def checked_pad(value: Any) -> tuple[StrokesJson | np.ndarray, int]:
    """{"strokes": ..., "number": ...} from the page's pad, or {"ink": ..., "number": ...} for a picture's ink."""
    if not isinstance(value, dict):
        raise ValueError("expected an object with strokes and number")
    drawing = _checked_ink(value["ink"]) if "ink" in value else checked_pad_strokes(value.get("strokes"))
    return drawing, checked_number(value.get("number"))


def checked_answer(value: Any) -> tuple[StrokesJson, int | None, str]:
    """{"strokes": ..., "label": ..., "id": ...} -> a drawing to keep, its label (None for no digit) and its id.

    The page makes up the id, at random. Without strokes, it asks to delete the drawing with that id.
    """
    if not isinstance(value, dict) or "label" not in value:
        raise ValueError("expected an object with strokes, label and id")
    strokes = checked_pad_strokes(value.get("strokes"))
    label = checked_label(value)
    id = value.get("id")
    if not isinstance(id, str) or not ID.fullmatch(id):
        raise ValueError("id: expected 32 hexadecimal digits")
    if not strokes and label is not None:
        raise ValueError("strokes: expected at least one")
    return strokes, label, id


def checked_label(value: dict) -> int | None:
    """{"label": ...}: a digit, or None for no digit."""
    if "label" not in value:
        raise ValueError("label: expected a digit, or null for no digit")
    return None if value["label"] is None else checked_number(value["label"])


def checked_pixels(value: dict) -> tuple[np.ndarray, int]:
    """{"pixels": 784 grey values, "number": ...} -> the pixels (28, 28) uint8, and the number."""
    pixels = value.get("pixels")
    if not isinstance(pixels, list) or len(pixels) != PIXELS:
        raise ValueError(f"expected an object with {PIXELS} pixels")
    if not _are_greys(pixels):
        raise ValueError("pixels: expected integers from 0 (paper) to 255 (ink)")
    return np.array(pixels, np.uint8).reshape(SIDE, SIDE), checked_number(value.get("number"))


def checked_picture(value: Any) -> tuple[bytes, Frame | None]:
    """{"picture": base64, "frame": null or [left, top, width, height]} -> the file's bytes, and the frame in shares."""
    if not isinstance(value, dict):
        raise ValueError("expected an object with a picture in base64")
    frame = value.get("frame")
    if frame is None:
        return _from_base64(value.get("picture")), None
    if not isinstance(frame, list) or len(frame) != 4 or not all(type(side) in (int, float) for side in frame):
        raise ValueError("frame: expected four numbers: left, top, width, height")
    left, top, width, height = frame
    if not (0 <= left < left + width <= 1.001 and 0 <= top < top + height <= 1.001):  # false for NaN
        raise ValueError("frame: expected shares of the picture, from 0 to 1")
    return _from_base64(value.get("picture")), (left, top, width, height)


def _from_base64(text: Any) -> bytes:
    if not isinstance(text, str) or not text.isascii():
        raise ValueError("picture: expected base64")
    if len(text) > MAX_PICTURE * 4 // 3 + 4:
        raise ValueError(f"picture: expected at most {MAX_PICTURE / 1e6:.1f} MB")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("picture: expected base64") from error


def checked_pad_strokes(value: Any) -> StrokesJson:
    """Strokes from the page's pad: integers from 0 to SCALE."""
    return _checked_strokes(value, _is_on_pad, f"integers from 0 to {SCALE}", max_strokes=MAX_POINTS)


def checked_drawing(value: Any) -> StrokesJson | np.ndarray | bytes:
    """A program's drawing: strokes [[[x, y], ...], ...] in any unit; ink as rows of 0..255 -> (H, W) uint8; or a
    picture as a data URI, data:image/png;base64,... -> bytes.
    """
    if isinstance(value, str):
        head = DATA_URI.match(value)
        if not head:
            raise ValueError(
                "drawing: expected a picture as data:image/...;base64,..., not a path or an address; in Python, send "
                "'data:image/png;base64,' + base64.b64encode(open(path, 'rb').read()).decode()"
            )
        return _from_base64(value[head.end() :])
    if not isinstance(value, list):
        raise ValueError(
            "drawing: expected a list of strokes, [[[x, y], ...], ...], or of rows of ink, [[0, 255, ...], ...]"
        )
    first = value[0] if value else None
    is_ink = isinstance(first, list) and bool(first) and not isinstance(first[0], list)
    if is_ink:
        return _checked_ink(value)
    return _checked_strokes(
        value, _is_number, f"numbers from -{MAX_COORDINATE:.0f} to {MAX_COORDINATE:.0f}", max_strokes=MAX_STROKES
    )


def _are_greys(values: list) -> bool:
    return all(type(value) is int and 0 <= value <= 255 for value in values)


def _is_on_pad(value: Any) -> bool:
    return type(value) is int and 0 <= value <= SCALE


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= MAX_COORDINATE  # false for NaN


def _checked_strokes(
    value: Any, is_coordinate: Callable[[Any], bool], expected: str, *, max_strokes: int
) -> StrokesJson:
    if not isinstance(value, list) or len(value) > max_strokes:
        raise ValueError(f"drawing: expected a list of at most {max_strokes} strokes")
    points = 0
    for stroke in value:
        if not isinstance(stroke, list) or not stroke:
            raise ValueError("drawing: expected each stroke to be a list of at least one point [x, y]")
        points += len(stroke)
        if points > MAX_POINTS:
            raise ValueError(f"drawing: expected at most {MAX_POINTS} points in all strokes together")
        for point in stroke:
            if not isinstance(point, list) or len(point) != 2 or not all(map(is_coordinate, point)):
                raise ValueError(f"drawing: expected each point to be [x, y], two {expected}")
    return value


def _checked_ink(value: Any) -> np.ndarray:
    if not isinstance(value, list) or not value or not isinstance(value[0], list) or not value[0]:
        raise ValueError("drawing: expected ink as rows of pixels")
    width = len(value[0])
    if len(value) > MAX_SIDE or width > MAX_SIDE:
        raise ValueError(f"drawing: expected ink of at most {MAX_SIDE} x {MAX_SIDE} pixels")
    for row in value:
        if not isinstance(row, list) or len(row) != width:
            raise ValueError("drawing: expected rows of ink of the same length")
        if not _are_greys(row):
            raise ValueError("drawing: expected ink as integers from 0 (paper) to 255 (ink)")
    return np.array(value, dtype=np.uint8)  # (H, W)
