"""How many people can draw at once? python -m bench.load --help. Prints Markdown; ends with 1 when a bar is missed.

Starts demo.py in a process of its own and drives it from this one as browsers do: each person replays the strokes of a
validation writer at human speed, has one request in flight, and sends the newest state next. Every answer is compared,
afterwards, with the reader's own to exactly the strokes sent. Reads /proc, so Linux alone.
"""

import contextlib
import http.client
import json
import os
import random
import socket
import sys
import time
from bisect import bisect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from bench import shared
from bench.shared import PATIENCE, Server, Strokes, connected, fetch, serving, validation_drawings

FRAME = 1 / 60  # s between two points: a browser reports the pen once a frame
LIFT = 0.2  # s between two strokes
LOOK = 1.0  # s that a person looks at the answer before drawing again
BUSY = 0.25  # s that the page waits before it asks a busy server again
# ms and share of a Reader alone, with 32 people; s; MB
BARS = {"p95": 250, "share": 0.6, "start": 8.0, "rest": 450, "growth": 20}
COLUMNS = (
    *("people drawing", "readings/s", "p50", "p95", "p99", "errors", "busy", "wrong"),
    *("resident before", "after"),
)
TOLERANCE = 0.001  # of a share
CUDA = 300  # MB that PyTorch's CUDA build takes on top, on a CPU too


class Answer(NamedTuple):
    """One request: what was sent, what came back (None for an error), and how long that took in seconds."""

    strokes: Strokes
    number: int
    body: bytes | None
    seconds: float


def rest_bar() -> float:
    """MB resident after the first reading, for the PyTorch that is installed."""
    import torch

    return BARS["rest"] + CUDA * (torch.version.cuda is not None)


def pad_of(port: int) -> int:
    """The page's component that answers, by its id."""
    with connected(port) as connection:
        config = json.loads(fetch(connection, "/config"))
    return next(component["id"] for component in config["components"] if component["type"] == "html")


class Pad:
    """The page of one visitor: asks `read_pad` over one connection, which `close` ends."""

    def __init__(self, port: int, component: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.asked = {"component_id": component, "fn_name": "read_pad", "session_hash": f"{random.getrandbits(50):x}"}

    def close(self) -> None:
        self.connection.close()

    def ask(self, strokes: Strokes, number: int) -> Answer:
        body = json.dumps(self.asked | {"data": {"strokes": strokes, "number": number}}, allow_nan=False).encode()
        started = time.perf_counter()
        try:
            answer = fetch(self.connection, "/gradio_api/component_server/", body)
        except (OSError, http.client.HTTPException) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            self.connection.close()
            answer = None
        return Answer(strokes, number, answer, time.perf_counter() - started)


def person(pad: Pad, drawings: list[Strokes], chance: random.Random, until: float) -> list[Answer]:
    """Draws one drawing after the other, at human speed; of what was drawn meanwhile, the newest state goes next."""
    answers = []
    time.sleep(chance.uniform(0, LOOK))  # people do not start together
    while time.perf_counter() < until:
        drawing, number = chance.choice(drawings), chance.randrange(10)
        times = [i * FRAME + stroke * LIFT for i, stroke in enumerate(strokes_of(drawing))]
        started, sent = time.perf_counter(), 0
        while sent < len(times) and time.perf_counter() < until:
            drawn = bisect(times, time.perf_counter() - started)
            if drawn == sent:
                time.sleep(max(0, started + times[sent] - time.perf_counter()))
                continue
            answers.append(pad.ask(first(drawing, drawn), number))
            if is_busy(answers[-1].body):
                time.sleep(BUSY)
            else:
                sent = drawn
        time.sleep(LOOK)
    return answers


def hurried(pad: Pad, drawings: list[Strokes], chance: random.Random, more: Callable[[], bool]) -> list[Answer]:
    """Asks for whole drawings, without a pause."""
    answers = []
    while more():
        answers.append(pad.ask(chance.choice(drawings), chance.randrange(10)))
    return answers


def strokes_of(drawing: Strokes) -> list[int]:
    """For each point the index of its stroke."""
    return [index for index, stroke in enumerate(drawing) for _ in stroke]


def first(drawing: Strokes, points: int) -> Strokes:
    """The drawing as it was when so many points were drawn."""
    begun = []
    for stroke in drawing:
        if points > 0:
            begun.append(stroke[:points])
        points -= len(stroke)
    return begun


def is_busy(body: bytes | None) -> bool:
    return body is not None and body.startswith(b'{"busy"')


def checker(weights: Path) -> Callable[[Answer], bool]:
    """Tells whether an answer is what the reader itself says to the strokes that were sent."""
    import torch

    from adder.page.answers import answer_pads
    from adder.reader import Reader

    torch.set_num_threads(1)  # as in the server: the last bits depend on it
    reader = Reader.load(weights, "cpu")

    @cache
    def expected(sent: str) -> dict:
        return answer_pads([json.loads(sent)], reader)[0]

    def is_right(answer: Answer) -> bool:
        sent = json.dumps({"strokes": answer.strokes, "number": answer.number}, allow_nan=False)
        return is_alike(json.loads(answer.body or b"null"), expected(sent))

    return is_right


def is_alike(one: object, other: object) -> bool:
    """Are two answers the same, but for the last digits of shares? A batch of others moves them."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(is_alike(one[name], other[name]) for name in one)
        case list(), list():
            return len(one) == len(other) and all(map(is_alike, one, other))
        case float(), float():
            return abs(one - other) < TOLERANCE
    return one == other


class Crowd(NamedTuple):
    """What a crowd met with; latencies in milliseconds, memory in MB."""

    rate: float  # readings a second
    p50: float
    p95: float
    p99: float
    errors: int
    busy: int
    wrong: int
    before: float
    after: float

    def cells(self) -> list[str]:
        latencies = [f"{value:.0f} ms" for value in (self.p50, self.p95, self.p99)]
        counts = [str(value) for value in (self.errors, self.busy, self.wrong)]
        return [f"{self.rate:.0f}", *latencies, *counts, f"{self.before:.0f} MB", f"{self.after:.0f} MB"]


def crowd(server: Server, count: int, visit: Callable[[Pad], list[Answer]], is_right) -> Crowd:
    """`count` people at once, each as `visit` has it."""
    component = pad_of(server.port)
    before, started = server.megabytes(), time.perf_counter()
    with ThreadPoolExecutor(count) as pool, contextlib.ExitStack() as stack:
        pads = [stack.enter_context(contextlib.closing(Pad(server.port, component))) for _ in range(count)]
        each = list(pool.map(visit, pads))
    seconds, after = time.perf_counter() - started, server.megabytes()
    answers = [answer for answers in each for answer in answers]
    read = [answer for answer in answers if answer.body is not None and not is_busy(answer.body)]
    p50, p95, p99 = (1000 * np.percentile([answer.seconds for answer in read], (50, 95, 99))).tolist()
    return Crowd(
        rate=len(read) / seconds,
        p50=p50,
        p95=p95,
        p99=p99,
        errors=sum(answer.body is None for answer in answers),
        busy=sum(is_busy(answer.body) for answer in answers),
        wrong=sum(not is_right(answer) for answer in read),
        before=before,
        after=after,
    )


def drawing_crowd(server: Server, count: int, drawings: list[Strokes], seconds: float, is_right) -> Crowd:
    """People who draw at human speed."""
    until = time.perf_counter() + seconds
    chances = iter([random.Random(seed) for seed in range(count)])
    return crowd(server, count, lambda pad: person(pad, drawings, next(chances), until), is_right)


def hurried_crowd(server: Server, readings: int, drawings: list[Strokes], is_right, people: int = 8) -> Crowd:
    """So many readings as fast as a few clients can, of a few drawings."""
    numbers, lock = count(), Lock()

    def more() -> bool:
        with lock:
            return next(numbers) < readings

    return crowd(server, people, lambda pad: hurried(pad, drawings[:100], random.Random(0), more), is_right)


def holding_crowd(server: Server, held: int, drawings: list[Strokes], is_right) -> Crowd:
    """One who reads 200 drawings while so many connections hold half a header."""
    from adder.page.server.connections import raise_file_limit

    raise_file_limit()
    with contextlib.ExitStack() as stack:
        for _ in range(held):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ")
        return hurried_crowd(server, 200, drawings, is_right, people=1)


def rate_alone(weights: Path, drawings: list[Strokes], seconds: float = 3.0) -> float:
    """Readings a second of a Reader without a page, on one core, as `checker` has it."""
    from adder.reader import Reader

    reader, until = Reader.load(weights, "cpu"), time.perf_counter() + seconds
    strokes = [[np.array(stroke) for stroke in drawing] for drawing in drawings[:100]]
    reader.read_strokes(strokes[0], 5)
    done = 0
    while time.perf_counter() < until:
        reader.read_strokes(strokes[done % len(strokes)], done % 10)
        done += 1
    return done / seconds


def main() -> int:
    parser = shared.parser("Readings a second, latency and memory with many people drawing.")
    parser.add_argument("--people", type=int, nargs="*", default=[32, 64, 128], help="at once; one row each")
    parser.add_argument("--seconds", type=float, default=20, help="that they draw (%(default)s)")
    parser.add_argument("--readings", type=int, default=20_000, help="without a pause; 0 skips them (%(default)s)")
    parser.add_argument("--held", type=int, default=2000, help="connections that hold half a header (%(default)s)")
    flags = parser.parse_args()

    drawings, is_right = validation_drawings(flags.data_dir), checker(flags.weights)
    missed: list[str] = []
    alone = rate_alone(flags.weights, drawings)
    with serving(flags.weights) as server:
        with contextlib.closing(Pad(server.port, pad_of(server.port))) as pad:
            answer = pad.ask(drawings[0], 5)
        first_reading, rest = server.page + answer.seconds, server.megabytes()
        started = ["`python demo.py`", f"{server.page:.1f} s", f"{first_reading:.1f} s", f"{rest:.0f} MB"]
        shared.print_table(["start", "page answers", "first reading", "resident"], [started])
        missed += ["start"] * (server.page > BARS["start"]) + ["rest"] * (rest > rest_bar())
        print()
        shared.print_table(COLUMNS, [])
        for people in flags.people:
            met = drawing_crowd(server, people, drawings, flags.seconds, is_right)
            shared.print_row([str(people), *met.cells()])
            missed += ["p95"] * (people == 32 and met.p95 > BARS["p95"]) + ["right"] * bool(met.errors + met.wrong)
            missed += ["busy"] * (people <= 128 and met.busy > 0)
            missed += ["share"] * (people == 32 and met.rate < BARS["share"] * alone)
        if flags.readings:
            met = hurried_crowd(server, flags.readings, drawings, is_right)
            shared.print_row([f"{flags.readings:,} readings, 8 without a pause", *met.cells()])
            missed += ["growth"] * (met.after - met.before > BARS["growth"]) + ["right"] * bool(met.errors + met.wrong)
        if flags.held:
            met = holding_crowd(server, flags.held, drawings, is_right)
            shared.print_row([f"1, while {flags.held:,} connections hold half a header", *met.cells()])
            missed += ["right"] * bool(met.errors + met.wrong)
    print(f"\nOn {os.cpu_count()} cores, shared by the server and these clients.")
    print(f"A Reader alone does {alone:.0f} readings a second on one of them.")
    if missed:
        print(f"bench.load: missed: {', '.join(dict.fromkeys(missed))}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    shared.run(main)
