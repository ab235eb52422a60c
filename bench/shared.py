"""What the benches share: flags, Markdown, intervals, timing, drawings, and the server and browser that they start.

A bench ends with `run(main)`: what is missing on this machine takes one line, not a traceback.
"""

import argparse
import contextlib
import http.client
import io
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import cv2
import numpy as np

from adder.files import replacing, user_path

if TYPE_CHECKING:
    import torch
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
WEIGHTS = ROOT / "weights"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
READY = "#reading[data-shift]"  # what the page's script sets when it listens to the pad
PATIENCE = 8.0  # s until the page gives an answer up

Strokes = list[list[list[int]]]  # as the page's pad sends them


class BenchError(Exception):
    """What a bench needs and does not find; the message says what to do."""


def run(main: Callable[[], int | None]) -> NoReturn:
    """Ends with the status of `main`; with 2, and one line on stderr, where data, weights or a browser are missing."""
    try:
        status = main()
    except Exception as error:
        from adder.data.download import DataError  # here: torch comes with them, and not every bench needs it
        from adder.network.checkpoint import CheckpointError

        if not isinstance(error, BenchError | DataError | CheckpointError):
            raise
        print(f"bench.{Path(sys.argv[0]).stem}: {error}", file=sys.stderr)
        status = 2
    sys.exit(status)


def parser(
    description: str, *, weights: Path | None = WEIGHTS / "adder.safetensors", data: bool = True
) -> argparse.ArgumentParser:
    """With the flags --weights and --data-dir, unless the bench has no use for them."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without ± shows ?
    flags = argparse.ArgumentParser(description=description)
    if weights:
        flags.add_argument("--weights", type=user_path, default=weights, help="what is measured (%(default)s)")
    if data:
        folder = os.environ.get("ADDER_DATA") or str(ROOT / "data")
        flags.add_argument("--data-dir", type=user_path, default=folder, help="of the data sets ($ADDER_DATA, or data)")
    return flags


def device(name: str) -> "torch.device":
    """The type of a flag."""
    from adder.network.model import choose_device

    try:
        return choose_device(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def epochs_run(metrics: dict) -> int:
    """By the run of this record, and by all that it went on from."""
    runs = [metrics, *metrics.get("started_from", ())]
    return sum({run.get("command"): run["settings"]["epochs"] for run in runs}.values())


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Markdown, each row as soon as it is there."""
    print_row(head)
    print(f"|{'---|' * len(head)}")
    for row in rows:
        print_row(row)


def print_row(cells: Sequence[str]) -> None:
    print(f"| {' | '.join(cells)} |".replace("  ", " "), flush=True)


def with_interval(right: int, count: int) -> str:
    """A share in percent, with its 95 % interval by Wilson."""
    from adder.training.evaluation import wilson_interval

    low, high = wilson_interval(right, count)
    return f"{right / count:.2%} ({low:.2%} - {high:.2%})"


def mean_and_deviation(values: Sequence[float]) -> str:
    """Mean ± standard deviation of percentages, the latter left out for a single one; a dash for the mean of none."""
    if any(value != value for value in values):
        return "-"
    deviation = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.2f}{deviation} %"


def latencies(call: Callable[[int], object], *, repeats: int) -> tuple[float, float]:
    """(median, 95th percentile) in milliseconds of `call`, which is given 0, 1, 2 ..., on one core."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    taken = []
    for index in range(repeats + 20):  # the first twenty warm up
        started = time.perf_counter()
        call(index)
        taken.append(1000 * (time.perf_counter() - started))
    torch.set_num_threads(threads)
    median, slow = np.percentile(taken[20:], (50, 95))
    return float(median), float(slow)


def page_examples() -> list[dict]:
    """The page's own drawings: digit and strokes."""
    return json.loads((ROOT / "adder/page/web/examples.json").read_text(encoding="utf-8"))["drawings"]


def validation_drawings(folder: Path) -> list[Strokes]:
    """The digits of the validation writers, as the page's pad would send them."""
    from adder.data.sources import pendigits
    from adder.data.splits import VALIDATION_WRITERS

    return [on_pad(drawing.strokes) for drawing in pendigits(folder) if drawing.writer % VALIDATION_WRITERS == 0]


def on_pad(strokes: list[np.ndarray]) -> Strokes:
    """Strokes in any unit -> in the middle of a pad of 10,000 x 10,000, as integers."""
    points = np.concatenate(strokes)
    middle, side = (points.min(0) + points.max(0)) / 2, np.ptp(points, axis=0).max()
    return [np.rint(5000 + 6000 * (stroke - middle) / side).astype(int).tolist() for stroke in strokes]


class Server(NamedTuple):
    """A running demo.py."""

    process: subprocess.Popen
    port: int
    page: float  # s from the command to the page's first answer

    def megabytes(self) -> float:
        """Resident memory, where /proc tells it."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextlib.contextmanager
def serving(weights: Path, port: int | None = None) -> Iterator[Server]:
    """demo.py on a free port, or on this one, until the block ends. BenchError when it ends by itself."""
    port = port or free_port()
    command = [sys.executable, "demo.py", "--weights", str(weights), "--device", "cpu", "--port", str(port)]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(OSError), connected(port) as connection:
                fetch(connection, "/")
                break
            if process.poll() is not None:
                raise BenchError("demo.py ended by itself; the line above says why")
            time.sleep(0.02)
        yield Server(process, port, time.perf_counter() - started)
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """Of those that no system gives to outgoing connections: such a one may be taken before the server is there."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def connected(port: int) -> contextlib.closing[http.client.HTTPConnection]:
    return contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE))


def fetch(connection: http.client.HTTPConnection, path: str, body: bytes | None = None) -> bytes:
    """The answer's body. HTTPException unless the status is 200, OSError without an answer."""
    connection.request("POST" if body else "GET", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise http.client.HTTPException(f"{answer.status} {content[:200]!r}")
    return content


@contextlib.contextmanager
def chromium() -> Iterator["Browser"]:
    """The system's Chromium or Chrome, or else the one that Playwright installed. BenchError without any."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ModuleNotFoundError as error:
        raise BenchError(
            "Playwright is not installed: pip install -r requirements-dev.txt -c constraints.txt"
        ) from error
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=next(filter(None, map(shutil.which, BROWSERS)), None))
        except Error as error:
            reason = error.message.splitlines()[0]
            raise BenchError(
                f"Chromium does not start ({reason}): python -m playwright install --with-deps chromium"
            ) from error
        yield browser
        browser.close()


def save_png(path: Path, pixels: np.ndarray) -> None:
    """(H, W) uint8; whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


def draw(page: "Page", strokes: Strokes, *, pause: float = 0.0) -> None:
    """Draws on the page's pad by mouse, with so many seconds from point to point at least."""
    box = page.locator("#pad canvas").bounding_box()
    assert box, "the pad is not shown"
    for stroke in strokes:
        for index, (x, y) in enumerate(stroke):
            started = time.perf_counter()
            page.mouse.move(box["x"] + x / 10_000 * box["width"], box["y"] + y / 10_000 * box["height"])
            if index == 0:
                page.mouse.down()
            time.sleep(max(0.0, pause - (time.perf_counter() - started)))
        page.mouse.up()
