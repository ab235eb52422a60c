"""Answers to the page and to programs: readings as JSON."""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from adder.corrections import Corrections, corrections_from_json
from adder.drawing.strokes import extent
from adder.page.payload import SCALE, StrokesJson, checked_pad, checked_picture
from adder.pictures.decode import PictureError

MIN_SECOND_PROB = 0.2  # the page names the second digit too if its probability is higher
MAX_INK_SIDE = 192  # px, of the ink that was found in a picture
MIN_EXTENT = 0.03 * SCALE  # a smaller drawing is a dot, made by accident


def answer_pad(payload: Any, answer: Callable[[StrokesJson | np.ndarray, int], dict]) -> dict:
    """Checks what a pad sent, and calls `answer` with drawing and number. {"state": "empty"} for a blank pad or a dot,
    {"error": text} for a payload that no pad sends.
    """
    try:
        drawing, number = checked_pad(payload)
        return {"state": "empty"} if is_blank(drawing) else answer(drawing, number)
    except ValueError as error:
        return {"error": str(error)}


def answer_pads(payloads: list, reader) -> list[dict]:
    """The page's answer to each pad; the reader reads all drawings in one batch."""
    to_read: list[tuple[int, StrokesJson | np.ndarray, int, Corrections | None]] = []
    answers: list[dict] = []

    def read_later(drawing: StrokesJson | np.ndarray, number: int) -> dict:
        to_read.append((len(answers), drawing, number, corrections))
        return {}

    for payload in payloads:
        try:
            corrections = corrections_of(payload, reader)
            answers.append(answer_pad(payload, read_later))
        except ValueError as error:
            answers.append({"error": str(error), "kind": "corrections"})
    if to_read:
        indices, drawings, numbers, own_corrections = zip(*to_read, strict=True)
        all_readings = reader.read_all_numbers(drawings, own_corrections)
        for index, number, readings in zip(indices, numbers, all_readings, strict=True):
            answers[index] = pad_json(readings, number)
    return answers


def corrections_of(payload: Any, reader) -> Corrections | None:
    """The corrections that a pad sends with its drawing, or None. ValueError says what is wrong with them.

    It ignores their images: to make features from them would take too long while the pen moves.
    """
    sent = payload.get("corrections") if isinstance(payload, dict) else None
    if sent is None:
        return None
    return Corrections(reader, [correction._replace(image=None) for correction in corrections_from_json(sent)])


def is_blank(drawing: StrokesJson | np.ndarray) -> bool:
    if isinstance(drawing, np.ndarray):
        return not drawing.any()
    strokes = [np.array(stroke) for stroke in drawing if stroke]
    return not strokes or extent(strokes) < MIN_EXTENT


def read_drawing(
    reader, drawing: StrokesJson | np.ndarray | bytes, number: int, corrections: Corrections | None = None
):
    """The Reading of strokes, of ink or of a picture."""
    return reader.read_many([drawing], [number], corrections=corrections)[0]


def reading_json(reading) -> dict:
    """The answer to a program; probabilities have four decimal places."""
    return {
        "digit": reading.digit,
        "sum": reading.sum,
        "is_digit": reading.is_digit,
        "digit_score": round(reading.digit_score, 4),
        "digit_probs": rounded(reading.digit_probs),
        "sum_probs": rounded(reading.sum_probs),
    }


def rounded(probs: np.ndarray) -> list[float]:
    return probs.astype(float).round(4).tolist()


def pad_json(readings: Sequence, number: int) -> dict:
    """A drawing's ten readings, one for each number -> the page's answer for `number`, and the sums for all numbers."""
    return page_json(readings[number]) | {"sums": [rounded(reading.sum_probs) for reading in readings]}


def page_json(reading) -> dict:
    """The answer to the page: as `reading_json`, with a state, a likely second digit, and the image's grey values."""
    second = int(np.argsort(reading.digit_probs)[-2])
    return reading_json(reading) | {
        "state": "digit" if reading.is_digit else "refused",
        "unsure": second if reading.is_digit and reading.digit_probs[second] > MIN_SECOND_PROB else None,
        "image": grey_values(reading.image),
    }


def answer_picture(payload: Any, reader) -> dict:
    """The ink that was found in a picture, or {"error": text, "kind": ..., "frames": [...]} for no digit or several."""
    try:
        content, frame = checked_picture(payload)
        return found_json(reader.read_picture(content, 0, frame=frame))
    except PictureError as error:
        return {"error": str(error), "kind": error.kind, "frames": error.frames}
    except ValueError as error:
        return {"error": str(error)}


def found_json(reading) -> dict:
    """A picture's Reading -> {"ink": rows of 0..255, at most MAX_INK_SIDE px a side, "frame": ...}, or an error."""
    if not reading.is_digit:
        return {"error": "That does not look like a digit.", "kind": "no digit", "frames": [reading.frame]}
    ink, scale = reading.ink, MAX_INK_SIDE / max(reading.ink.shape)
    if scale < 1:
        ink = cv2.resize(np.pad(ink, 4), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return {"ink": ink.tolist(), "frame": reading.frame}


def grey_values(image: np.ndarray) -> list[int]:
    """(28, 28) float32 in [0, 1] -> 784 integers 0..255, row by row."""
    return np.rint(np.asarray(image) * 255).astype(int).ravel().tolist()
