"""Reads files from the command line: python -m adder FILE... prints a line for each drawing."""

import argparse
import io
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from adder.imports import cannot_import

try:
    import torch
except (ImportError, OSError) as error:  # OSError: a DLL of Windows that does not start
    sys.exit(f"adder: {cannot_import(error)}")

from adder.files import user_path
from adder.inputs import Input, drawings_in, files_in
from adder.reader import Reader, Reading

BATCH = 64


def read_one(reader: Reader, drawing: Any, number: int) -> Reading | Exception:
    if isinstance(drawing, Exception):
        return drawing
    try:
        return reader.read_many([drawing], [number])[0]
    except ValueError as error:
        return error


def read_batch(reader: Reader, drawings: list, number: int) -> list[Reading | Exception]:
    """At once where all are drawings; one by one where something is a picture, or no drawing."""
    try:
        return [*reader.read_many(drawings, [number] * len(drawings))]
    except ValueError:
        return [read_one(reader, drawing, number) for drawing in drawings]


def told(name: str, answer: Reading | Exception, number: int, as_json: bool) -> str:
    """A line of what was read, or of why not."""
    if isinstance(answer, Exception):
        kind = getattr(answer, "kind", "unreadable")
        why = answer.strerror or str(answer) if isinstance(answer, OSError) else str(answer)
        frames = getattr(answer, "frames", ())
        facts = {"file": name, "error": why, "kind": kind} | ({"frames": frames} if frames else {})
        return json.dumps(facts, allow_nan=False) if as_json else f"{name}: {why}"
    sure = float(answer.digit_probs.max())
    if as_json:
        facts = {"file": name, "digit": answer.digit, "sum": answer.sum, "is_digit": answer.is_digit}
        facts |= {"sure": round(sure, 4), "digit_score": round(answer.digit_score, 4)}
        return json.dumps(facts | ({"frame": answer.frame} if answer.frame else {}), allow_nan=False)
    if answer.digit is None:
        return f"{name}: nothing was drawn"
    if not answer.is_digit:
        return f"{name}: not a digit"
    return f"{name}: {answer.digit}, {answer.digit} + {number} = {answer.sum}, {sure:.1%} sure"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m adder", description=__doc__.splitlines()[0])
    parser.add_argument(
        "files",
        nargs="+",
        type=user_path,
        metavar="FILE",
        help="a picture; a .jsonl, strokes a line; a .csv, label,pixel0..pixel783 a line; or a folder, of which "
        "pictures and .jsonl are read",
    )
    parser.add_argument("--number", type=int, choices=range(10), default=0, metavar="0..9", help="to add (%(default)s)")
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    parser.add_argument("--weights", type=user_path, help="of the network; the shipped ones without it")
    parser.add_argument("--device", default="auto", help="cpu, cuda, mps or auto (%(default)s)")
    flags = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # of names that the terminal cannot show
    torch.set_num_threads(1)
    try:
        reader = Reader.load(flags.weights, flags.device)
    except ValueError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
    return read_all(reader, flags.files, flags.number, as_json=flags.json)


def read_all(reader: Reader, paths: list[Path], number: int, *, as_json: bool) -> int:
    """Prints a line for each drawing; 1 if any could not be read."""
    failed = 0
    with tqdm(unit=" drawings", disable=None) as progress:  # on a terminal
        for batch in batches(paths):
            names, drawings, _ = zip(*batch, strict=True)
            for name, answer in zip(names, read_batch(reader, [*drawings], number), strict=True):
                failed |= isinstance(answer, Exception)
                progress.update()
                tqdm.write(told(name, answer, number, as_json), file=sys.stdout)
    return int(failed)


def batches(paths: list[Path]) -> Iterator[list[Input]]:
    """Of a file of drawings BATCH at once; a picture alone, which may be large."""
    for file in files_in(paths):
        if isinstance(file, OSError):
            yield [Input(file.filename, file)]
            continue
        drawings = drawings_in(file)
        while batch := [*islice(drawings, BATCH)]:
            yield batch


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.stderr.close()
    except KeyboardInterrupt:
        sys.exit(130)
