"""What the lessons of 'How it works' show: a function for each question that needs the network.

A map travels as bytes in base64, with the value of its largest step; numbers that the page calculates with, as floats.
"""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np

from adder.page.answers import answer_pad, corrections_of, is_blank, page_json, read_drawing, reading_json, rounded
from adder.page.payload import checked_pixels

MAX_MAPS = (24, 48, 96)  # of stem, middle and last: they bound the size of an answer

Lesson = Callable[[dict], dict]  # payload -> answer; ValueError for a payload that no page sends


def lessons_by_name(
    reader, load_snapshots: Callable[[], list[tuple[Any, dict]]], records: dict, panel: dict
) -> dict[str, Lesson]:
    """The lessons by name.

    `load_snapshots` returns what `training_history.load` does; `records` are curves and reliability; `panel` is the
    lessons' HTML and script.
    """
    return {
        "explanation": lambda payload: explain(payload, reader),
        "pixel_editor": lambda payload: read_pixels(payload, reader),
        "similar_corrections": lambda payload: compare_corrections(payload, reader),
        "training_steps": lambda payload: read_with_snapshots(payload, reader, load_snapshots()),
        "records": lambda _: records,
        "panel": lambda _: panel,
    }


def answer_lessons(payloads: list, by_name: dict[str, Lesson]) -> list[dict]:
    """Payloads {"lesson": name, ...} -> an answer, or {"error": text}, for each."""
    return [answer_lesson(payload, by_name) for payload in payloads]


def answer_lesson(payload: Any, by_name: dict[str, Lesson]) -> dict:
    name = payload.get("lesson") if isinstance(payload, dict) else None
    if not isinstance(name, str) or name not in by_name:
        return {"error": f"lesson: expected one of {', '.join(by_name)}"}
    try:
        return by_name[name](payload)
    except ValueError as error:
        return {"error": str(error)}


def explain(payload: dict, reader) -> dict:
    """What the pad shows -> filters, maps and votes of the network, without corrections."""

    def answer(drawing, number: int) -> dict:
        reading = read_drawing(reader, drawing, number)
        return explanation_json(reader.explain(reading.image), reading)

    return answer_pad(payload, answer)


def explanation_json(explanation, reading) -> dict:
    max_stem, max_middle, max_last = MAX_MAPS
    return {
        "state": page_json(reading)["state"],
        "digit": reading.digit,
        "pixels": base64_of(np.rint(reading.image * 65535), "<u2"),
        "filters": base64_of(explanation.filters[:max_stem], "<f4"),
        "stem": maps_json(explanation.stem[:max_stem], signed=True),
        "middle": maps_json(explanation.middle[:max_middle]),
        "last": maps_json(explanation.last[:max_last]),
        "votes": base64_of(explanation.votes[:, :max_last], "<f4"),
        "rest": np.asarray(explanation.votes[:, max_last:].sum(1)).astype(float).tolist(),
        "start": np.asarray(explanation.bias).astype(float).tolist(),
    }


def maps_json(maps, *, signed: bool = False) -> dict:
    """(C, H, W) float32 -> a byte a value: 0 .. `most` as 0 .. 255, or, signed, -`most` .. `most` as 1 .. 255."""
    values = np.asarray(maps)
    most = max(float(np.abs(values).max()), 1e-6)
    steps = np.rint(values / most * 127) + 128 if signed else np.rint(values.clip(0) / most * 255)
    return {"shape": list(values.shape), "most": most, "data": base64_of(steps, "u1")}


def base64_of(values, dtype: str) -> str:
    return base64.b64encode(np.asarray(values, dtype=dtype).tobytes()).decode()


def read_pixels(payload: dict, reader) -> dict:
    """{"pixels": 784 grey values 0..255, "number": ...} -> the reading of these pixels as they are."""
    pixels, number = checked_pixels(payload)
    if is_blank(pixels):
        return {"state": "empty"}
    [reading] = reader.read_images([pixels.astype(np.float32) / 255], [number])
    return reading_json(reading) | {"state": "digit" if reading.is_digit else "refused"}


def compare_corrections(payload: dict, reader) -> dict:
    """What the pad shows, and the page's corrections -> their similarity, in [0, 1]."""
    corrections = corrections_of(payload, reader)

    def answer(drawing, _: int) -> dict:
        image = reader.image(drawing)
        return {"state": "read", "near": rounded(corrections.similarity(image)) if corrections else []}

    return answer_pad(payload, answer)


def read_with_snapshots(payload: dict, reader, snapshots: list[tuple[Any, dict]]) -> dict:
    """What the pad shows -> each snapshot's milestone and, unless the pad is blank, how it reads the drawing."""

    def answer(drawing, number: int) -> dict:
        image = reader.image(drawing)
        readings = [snapshot.read_images([image], [number])[0] for snapshot, _ in snapshots]
        probs = [[rounded(reading.digit_probs), rounded(reading.sum_probs)] for reading in readings]
        return {"state": "read", "readings": probs}

    return answer_pad(payload, answer) | {"snapshots": [milestone for _, milestone in snapshots]}
