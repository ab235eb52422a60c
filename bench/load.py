"""How many people can draw at the same time? python -m bench.load --help

Prints Markdown. Starts demo.py, and draws as `visitors` do: strokes of the validation writers at human speed. Then
compares every answer with the reader's own. Exits with 1 when the server misses a limit. Reads /proc: Linux only.
"""

import contextlib
import os
import random
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from bench import command
from bench.drawings import PadStrokes, validation_pad_strokes
from bench.server import Server, serving
from bench.tables import print_row, print_table
from bench.visitors import (
    Answer,
    Pad,
    answer_checker,
    ask_without_pause,
    draw_at_human_speed,
    is_busy,
    pad_component,
)

MAX_P95 = 250  # ms, with 32 people
MIN_SHARE = 0.6  # of a Reader's rate without a page, with 32 people
MAX_START = 8.0  # s until the page's first answer
MAX_IDLE = 450  # MB after the first reading
MAX_GROWTH = 20  # MB by readings without a pause
CUDA_MEMORY = 300  # MB more with PyTorch's CUDA build, on a CPU too
COLUMNS = (
    *("people drawing", "readings/s", "p50", "p95", "p99", "errors", "busy", "wrong"),
    *("memory (RSS) before", "after"),
)


def max_idle_memory() -> float:
    """MB that the server may hold after its first reading, with the PyTorch that is installed."""
    import torch

    return MAX_IDLE + CUDA_MEMORY * (torch.version.cuda is not None)


class Load(NamedTuple):
    """How the server answered a crowd: latencies in milliseconds, resident memory in MB."""

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


def measure(
    server: Server, people: int, visit: Callable[[Pad], list[Answer]], is_right: Callable[[Answer], bool]
) -> Load:
    """The load of `people` who call `visit` at the same time, each with a pad of their own."""
    component = pad_component(server.port)
    before, started = server.megabytes(), time.perf_counter()
    with ThreadPoolExecutor(people) as pool, contextlib.ExitStack() as stack:
        pads = [stack.enter_context(contextlib.closing(Pad(server.port, component))) for _ in range(people)]
        visits = list(pool.map(visit, pads))
    seconds, after = time.perf_counter() - started, server.megabytes()
    answers = [answer for visit in visits for answer in visit]
    readings = [answer for answer in answers if answer.body is not None and not is_busy(answer.body)]
    p50, p95, p99 = (1000 * np.percentile([answer.seconds for answer in readings], (50, 95, 99))).tolist()
    return Load(
        rate=len(readings) / seconds,
        p50=p50,
        p95=p95,
        p99=p99,
        errors=sum(answer.body is None for answer in answers),
        busy=sum(is_busy(answer.body) for answer in answers),
        wrong=sum(not is_right(answer) for answer in readings),
        before=before,
        after=after,
    )


def measure_human_speed(server: Server, people: int, drawings: list[PadStrokes], seconds: float, is_right) -> Load:
    """The load of people who draw at human speed for so many seconds."""
    until = time.perf_counter() + seconds
    rngs = iter([random.Random(seed) for seed in range(people)])
    return measure(server, people, lambda pad: draw_at_human_speed(pad, drawings, next(rngs), until), is_right)


def measure_without_pause(
    server: Server, readings: int, drawings: list[PadStrokes], is_right, *, people: int = 8
) -> Load:
    """The load of so many readings, one after the other for each of `people`."""
    numbers, lock = count(), Lock()

    def wants_more() -> bool:
        with lock:
            return next(numbers) < readings

    return measure(
        server, people, lambda pad: ask_without_pause(pad, drawings[:100], random.Random(0), wants_more), is_right
    )


def measure_held_connections(server: Server, held: int, drawings: list[PadStrokes], is_right) -> Load:
    """The load of 200 readings by one person, while `held` connections have sent half a header each."""
    from adder.page.server.connections import raise_file_limit

    raise_file_limit()
    with contextlib.ExitStack() as stack:
        for _ in range(held):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ")
        return measure_without_pause(server, 200, drawings, is_right, people=1)


def rate_without_page(weights: Path, drawings: list[PadStrokes], seconds: float = 3.0) -> float:
    """Readings a second of a Reader in this process, on one core: `answer_checker` sets PyTorch to one thread."""
    from adder.reader import Reader

    reader, until = Reader.load(weights, "cpu"), time.perf_counter() + seconds
    strokes = [[np.array(stroke) for stroke in drawing] for drawing in drawings[:100]]
    reader.read_strokes(strokes[0], 5)
    readings = 0
    while time.perf_counter() < until:
        reader.read_strokes(strokes[readings % len(strokes)], readings % 10)
        readings += 1
    return readings / seconds


def missed_limits(people: int, load: Load, rate_alone: float) -> list[str]:
    """The limits that the server misses with people who draw at human speed."""
    missed = wrong_answers(load)
    if people <= 128 and load.busy:
        missed.append(f"{load.busy} busy answers to {people} people")
    if people == 32 and load.p95 > MAX_P95:
        missed.append(f"p95 above {MAX_P95} ms")
    if people == 32 and load.rate < MIN_SHARE * rate_alone:
        missed.append(f"less than {MIN_SHARE} of a Reader's rate")
    return missed


def wrong_answers(load: Load) -> list[str]:
    return [f"{load.errors} errors and {load.wrong} wrong answers"] if load.errors + load.wrong else []


def main() -> int:
    parser = command.parser("Readings a second, latency and memory with many people who draw.")
    parser.add_argument(
        "--people", type=int, nargs="*", default=[32, 64, 128], help="how many draw at the same time; a row for each"
    )
    parser.add_argument("--seconds", type=float, default=20, help="how long they draw (%(default)s)")
    parser.add_argument(
        "--readings", type=int, default=20_000, help="readings without a pause; 0 skips them (%(default)s)"
    )
    parser.add_argument("--held", type=int, default=2000, help="connections that hold half a header (%(default)s)")
    flags = parser.parse_args()

    drawings, is_right = validation_pad_strokes(), answer_checker(flags.weights)
    missed: list[str] = []
    rate_alone = rate_without_page(flags.weights, drawings)
    with serving(flags.weights) as server:
        with contextlib.closing(Pad(server.port, pad_component(server.port))) as pad:
            answer = pad.ask(drawings[0], 5)
        first_reading, idle = server.start_seconds + answer.seconds, server.megabytes()
        row = ["`python demo.py`", f"{server.start_seconds:.1f} s", f"{first_reading:.1f} s", f"{idle:.0f} MB"]
        print_table(["start", "page answers", "first reading", "memory (RSS)"], [row])
        missed += [f"start above {MAX_START} s"] * (server.start_seconds > MAX_START)
        missed += [f"memory above {max_idle_memory()} MB"] * (idle > max_idle_memory())
        print()
        print_table(COLUMNS)
        for people in flags.people:
            load = measure_human_speed(server, people, drawings, flags.seconds, is_right)
            print_row([str(people), *load.cells()])
            missed += missed_limits(people, load, rate_alone)
        if flags.readings:
            load = measure_without_pause(server, flags.readings, drawings, is_right)
            print_row([f"{flags.readings:,} readings, 8 without a pause", *load.cells()])
            missed += [f"growth above {MAX_GROWTH} MB"] * (load.after - load.before > MAX_GROWTH) + wrong_answers(load)
        if flags.held:
            load = measure_held_connections(server, flags.held, drawings, is_right)
            print_row([f"1, while {flags.held:,} connections hold half a header", *load.cells()])
            missed += wrong_answers(load)
    print(f"\n{os.cpu_count()} cores, which the server and these clients share.")
    print(f"A Reader without a page does {rate_alone:.0f} readings a second on one of them.")
    if missed:
        print(f"bench.load: missed: {', '.join(dict.fromkeys(missed))}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    command.run(main)
