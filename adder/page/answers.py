"""What the page and programs are told: readings as JSON. Knows what a Reading holds, neither Gradio nor the network."""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from adder.corrections import Corrections, corrections_from_json
from adder.drawing.strokes import extent
from adder.page.payload import SCALE, Strokes, checked_pad, checked_picture
from adder.pictures.decode import PictureError

UNSURE = 0.2  # from this probability on, the second digit is named too
INK_SIDE = 192  # px, of what was found in a picture
DOT = 0.03 * SCALE  # a drawing smaller than this is a slip of the pen


def answer_pad(payload: Any, answer: Callable[[Strokes | np.ndarray, int], dict]) -> dict:
    """`answer` to what a pad sent, once that is checked; {"state": "empty"} to a blank pad or a dot."""
    try:
        drawing, number = checked_pad(payload)
        return {"state": "empty"} if is_blank(drawing) else answer(drawing, number)
    except ValueError as error:
        return {"error": str(error)}


def answer_pads(payloads: list, reader) -> list[dict]:
    """What the page is told of each pad, the drawings among them read by one call."""
    asked: list[tuple[int, Strokes | np.ndarray, int, Corrections | None]] = []
    answers: list[dict] = []

    def ask(drawing: Strokes | np.ndarray, number: int) -> dict:
        asked.append((len(answers), drawing, number, corrections))
        return {}

    for payload in payloads:
        try:
            corrections = corrections_of(payload, reader)
            answers.append(answer_pad(payload, ask))
        except ValueError as error:
            answers.append({"error": str(error), "kind": "corrections"})
    if asked:
        places, drawings, numbers, each = zip(*asked, strict=True)
        for place, number, readings in zip(places, numbers, reader.read_all_numbers(drawings, each), strict=True):
            answers[place] = pad_json(readings, number)
    return answers


def corrections_of(payload: Any, reader) -> Corrections | None:
    """The corrections that a pad sends with its drawing, or None. ValueError says what is wrong with one.

    Their images are left out: making features again would take too long while the pen moves.
    """
    sent = payload.get("corrections") if isinstance(payload, dict) else None
    if sent is None:
        return None
    return Corrections(reader, [each._replace(image=None) for each in corrections_from_json(sent)])


def is_blank(drawing: Strokes | np.ndarray) -> bool:
    if isinstance(drawing, np.ndarray):
        return not drawing.any()
    strokes = [np.array(stroke) for stroke in drawing if stroke]
    return not strokes or extent(strokes) < DOT


def read_drawing(reader, drawing: Strokes | np.ndarray | bytes, number: int, corrections: Corrections | None = None):
    """The Reading of strokes, of ink or of a picture."""
    return reader.read_many([drawing], [number], corrections=corrections)[0]


def reading_json(reading) -> dict:
    """What programs are told: probabilities rounded to four places."""
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
    """The same of a drawing's ten readings: that with `number`, and the sums of all, by number."""
    return page_json(readings[number]) | {"sums": [rounded(reading.sum_probs) for reading in readings]}


def page_json(reading) -> dict:
    """What the page is told: a state too, the second digit when it is close, the image as 784 grey values 0..255."""
    second = int(np.argsort(reading.digit_probs)[-2])
    return reading_json(reading) | {
        "state": "digit" if reading.is_digit else "refused",
        "unsure": second if reading.is_digit and reading.digit_probs[second] > UNSURE else None,
        "image": grey_values(reading.image),
    }


def answer_picture(payload: Any, reader) -> dict:
    """What was found in a picture, or {"error": text, "kind": ..., "frames": [...]} for no digit, or several."""
    try:
        content, frame = checked_picture(payload)
        return found_json(reader.read_picture(content, 0, frame=frame))
    except PictureError as error:
        return {"error": str(error), "kind": error.kind, "frames": error.frames}
    except ValueError as error:
        return {"error": str(error)}


def found_json(reading) -> dict:
    """What the page is told of a picture: the ink that was taken of it, at most INK_SIDE px a side, and its frame."""
    if not reading.is_digit:
        return {"error": "That does not look like a digit.", "kind": "no digit", "frames": [reading.frame]}
    ink, scale = reading.ink, INK_SIDE / max(reading.ink.shape)
    if scale < 1:
        ink = cv2.resize(np.pad(ink, 4), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return {"ink": ink.tolist(), "frame": reading.frame}


def grey_values(pixels: np.ndarray) -> list[int]:
    """(28, 28) float32 in [0, 1] -> 784 integers 0..255."""
    return np.rint(np.asarray(pixels) * 255).astype(int).ravel().tolist()
