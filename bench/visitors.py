"""People who draw on the page, without a browser: each has one request on its way, and sends the newest state next."""

import http.client
import json
import random
import sys
import time
from bisect import bisect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bench.drawings import PadStrokes
from bench.server import TIMEOUT, connect, fetch

FRAME_SECONDS = 1 / 60  # between two points: a browser reports the pen once a frame
PEN_UP_SECONDS = 0.2  # between two strokes
LOOK_SECONDS = 1.0  # that a person looks at the answer before drawing again
RETRY_SECONDS = 0.25  # that the page waits before it asks a busy server again
TOLERANCE = 0.001  # of a probability


class Answer(NamedTuple):
    """One request and its answer."""

    strokes: PadStrokes
    number: int
    body: bytes | None  # None for an error
    seconds: float


class Pad:
    """One visitor's pad: calls the page's `read_pad` over one connection. `close` ends it."""

    def __init__(self, port: int, component: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self.call = {"component_id": component, "fn_name": "read_pad", "session_hash": f"{random.getrandbits(50):x}"}

    def close(self) -> None:
        self.connection.close()

    def ask(self, strokes: PadStrokes, number: int) -> Answer:
        """Sends strokes and number, and waits for the answer; prints an error on stderr."""
        body = json.dumps(self.call | {"data": {"strokes": strokes, "number": number}}, allow_nan=False).encode()
        started = time.perf_counter()
        try:
            answer = fetch(self.connection, "/gradio_api/component_server/", body)
        except (OSError, http.client.HTTPException) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            self.connection.close()
            answer = None
        return Answer(strokes, number, answer, time.perf_counter() - started)


def pad_component(port: int) -> int:
    """The id of the page's component that answers `read_pad`."""
    with connect(port) as connection:
        config = json.loads(fetch(connection, "/config"))
    return next(component["id"] for component in config["components"] if component["type"] == "html")


def draw_at_human_speed(pad: Pad, drawings: list[PadStrokes], rng: random.Random, until: float) -> list[Answer]:
    """Draws random drawings, one after the other, until time.perf_counter() reaches `until`."""
    answers = []
    time.sleep(rng.uniform(0, LOOK_SECONDS))  # people do not start together
    while time.perf_counter() < until:
        drawing, number = rng.choice(drawings), rng.randrange(10)
        times = [i * FRAME_SECONDS + stroke * PEN_UP_SECONDS for i, stroke in enumerate(stroke_indices(drawing))]
        started, sent = time.perf_counter(), 0
        while sent < len(times) and time.perf_counter() < until:
            drawn = bisect(times, time.perf_counter() - started)
            if drawn == sent:
                time.sleep(max(0, started + times[sent] - time.perf_counter()))
                continue
            answers.append(pad.ask(first_points(drawing, drawn), number))
            if is_busy(answers[-1].body):
                time.sleep(RETRY_SECONDS)
            else:
                sent = drawn
        time.sleep(LOOK_SECONDS)
    return answers


def ask_without_pause(
    pad: Pad, drawings: list[PadStrokes], rng: random.Random, wants_more: Callable[[], bool]
) -> list[Answer]:
    """Sends random whole drawings, one after the other, while `wants_more()`."""
    answers = []
    while wants_more():
        answers.append(pad.ask(rng.choice(drawings), rng.randrange(10)))
    return answers


def stroke_indices(drawing: PadStrokes) -> list[int]:
    """For each point the index of its stroke."""
    return [index for index, stroke in enumerate(drawing) for _ in stroke]


def first_points(drawing: PadStrokes, count: int) -> PadStrokes:
    """The drawing as it is after its first `count` points."""
    begun = []
    for stroke in drawing:
        if count > 0:
            begun.append(stroke[:count])
        count -= len(stroke)
    return begun


def is_busy(body: bytes | None) -> bool:
    return body is not None and body.startswith(b'{"busy"')


def answer_checker(weights: Path) -> Callable[[Answer], bool]:
    """A function: is an answer of the page the same as the reader's own to these strokes?"""
    import torch

    from adder.page.answers import answer_pads
    from adder.reader import Reader

    torch.set_num_threads(1)  # as in the server: the last bits depend on it
    reader = Reader.load(weights, "cpu")

    @cache
    def expected(request: str) -> dict:
        return answer_pads([json.loads(request)], reader)[0]

    def is_right(answer: Answer) -> bool:
        request = json.dumps({"strokes": answer.strokes, "number": answer.number}, allow_nan=False)
        return is_close(json.loads(answer.body or b"null"), expected(request))

    return is_right


def is_close(value: object, other: object) -> bool:
    """Are two JSON values equal, floats within TOLERANCE? A float's last digits depend on the rest of its batch."""
    match value, other:
        case dict(), dict():
            return value.keys() == other.keys() and all(is_close(value[name], other[name]) for name in value)
        case list(), list():
            return len(value) == len(other) and all(map(is_close, value, other))
        case float(), float():
            return abs(value - other) < TOLERANCE
    return value == other
