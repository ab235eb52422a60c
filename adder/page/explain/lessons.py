"""What the lessons are told. Knows what a reader explains and how it came to know, neither Gradio nor torch.

Maps travel as bytes in base64 with the value that 127 or 255 stands for; what the page calculates with, in full.
"""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np

from adder.page.answers import answer_pad, corrections_of, is_blank, page_json, read_drawing, reading_json, rounded
from adder.page.payload import checked_pixels

SHOWN = (24, 48, 96)  # maps at most, of stem, middle and last: bounds the answer

Lesson = Callable[[dict], dict]  # what the page sent -> what it is told; ValueError for what no page sends


def lessons(reader, grown: Callable[[], list[tuple[Any, dict]]], facts: dict, panel: dict) -> dict[str, Lesson]:
    """What the page may ask, by the lesson's name.

    `grown` gives a reader for each snapshot, and how good it was; `panel` is the lessons' HTML and script.
    """
    return {
        "think": lambda asked: think(asked, reader),
        "paint": lambda asked: paint(asked, reader),
        "near": lambda asked: near(asked, reader),
        "grow": lambda asked: grow(asked, reader, grown()),
        "facts": lambda _: facts,
        "panel": lambda _: panel,
    }


def answer_lessons(payloads: list, taught: dict[str, Lesson]) -> list[dict]:
    """{"lesson": name, ...} each -> its answer, or {"error": text}."""
    return [answer_lesson(payload, taught) for payload in payloads]


def answer_lesson(payload: Any, taught: dict[str, Lesson]) -> dict:
    name = payload.get("lesson") if isinstance(payload, dict) else None
    if not isinstance(name, str) or name not in taught:
        return {"error": f"lesson: expected one of {', '.join(taught)}"}
    try:
        return taught[name](payload)
    except ValueError as error:
        return {"error": str(error)}


def think(payload: dict, reader) -> dict:
    """What the pad shows now -> filters, maps and votes of the network alone, without corrections."""

    def answer(drawing, number: int) -> dict:
        reading = read_drawing(reader, drawing, number)
        return explanation_json(reader.explain(reading.image), reading)

    return answer_pad(payload, answer)


def explanation_json(explanation, reading) -> dict:
    stem, middle, last = (
        maps[:most] for maps, most in zip((explanation.stem, explanation.middle, explanation.last), SHOWN, strict=True)
    )
    return {
        "state": page_json(reading)["state"],
        "digit": reading.digit,
        "pixels": text_of(np.rint(reading.image * 65535), "<u2"),
        "filters": text_of(explanation.filters[: SHOWN[0]], "<f4"),
        "stem": map_json(stem, signed=True),
        "middle": map_json(middle),
        "last": map_json(last),
        "votes": text_of(explanation.votes[:, : SHOWN[2]], "<f4"),
        "rest": np.asarray(explanation.votes[:, SHOWN[2] :].sum(1)).astype(float).tolist(),
        "start": np.asarray(explanation.start).astype(float).tolist(),
    }


def map_json(maps, *, signed: bool = False) -> dict:
    """(C, H, W) float32 -> as bytes; signed ones with 128 for 0 and `most` 127 steps above."""
    values = np.asarray(maps)
    most = max(float(np.abs(values).max()), 1e-6)
    steps = np.rint(values / most * 127) + 128 if signed else np.rint(values.clip(0) / most * 255)
    return {"shape": list(values.shape), "most": most, "data": text_of(steps, "u1")}


def text_of(values, kind: str) -> str:
    return base64.b64encode(np.asarray(values, dtype=kind).tobytes()).decode()


def paint(payload: dict, reader) -> dict:
    """{"pixels": 784 grey values 0..255, "number": ...} -> the reading of exactly these pixels."""
    pixels, number = checked_pixels(payload)
    if is_blank(pixels):
        return {"state": "empty"}
    [reading] = reader.read_images([pixels.astype(np.float32) / 255], [number])
    return reading_json(reading) | {"state": "digit" if reading.is_digit else "refused"}


def near(payload: dict, reader) -> dict:
    """What the pad shows now, and its corrections -> its similarity to each, in [0, 1]."""
    corrections = corrections_of(payload, reader)

    def answer(drawing, _: int) -> dict:
        image = reader.image(drawing)
        return {"state": "read", "near": rounded(corrections.similarity(image)) if corrections else []}

    return answer_pad(payload, answer)


def grow(payload: dict, reader, grown: list[tuple[Any, dict]]) -> dict:
    """What the pad shows now -> each snapshot, how good it was and how it reads that; readings only of a drawing."""

    def answer(drawing, number: int) -> dict:
        image = reader.image(drawing)
        readings = [each.read_images([image], [number])[0] for each, _ in grown]
        return {"state": "read", "readings": [[rounded(of.digit_probs), rounded(of.sum_probs)] for of in readings]}

    return answer_pad(payload, answer) | {"snapshots": [milestone for _, milestone in grown]}
