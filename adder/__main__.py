"""Prints the digit and the sum of each drawing in the files you name: python -m adder FILE..."""

import argparse
import io
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from adder.import_errors import cannot_import

try:
    import torch
except (ImportError, OSError) as error:  # OSError: a DLL that does not load
    sys.exit(f"adder: {cannot_import(error)}")

from adder.files import user_path
from adder.inputs import Input, drawings_in, files_in
from adder.network.heads import NUMBERS
from adder.reader import Reader, Reading

BATCH = 64  # drawings in one pass through the network


def read_one(reader: Reader, drawing: Any, number: int) -> Reading | Exception:
    if isinstance(drawing, Exception):
        return drawing
    try:
        return reader.read_many([drawing], [number])[0]
    except ValueError as error:
        return error


def read_batch(reader: Reader, drawings: list, number: int) -> list[Reading | Exception]:
    """All at once if they can be read; otherwise one by one, with an error for each that cannot."""
    try:
        return [*reader.read_many(drawings, [number] * len(drawings))]
    except ValueError:
        return [read_one(reader, drawing, number) for drawing in drawings]


def output_line(name: str, result: Reading | Exception, number: int, as_json: bool) -> str:
    """What was read, or why nothing was, in one line."""
    if isinstance(result, Exception):
        kind = getattr(result, "kind", "unreadable")
        reason = result.strerror or str(result) if isinstance(result, OSError) else str(result)
        frames = getattr(result, "frames", ())
        fields = {"file": name, "error": reason, "kind": kind} | ({"frames": frames} if frames else {})
        return json.dumps(fields, allow_nan=False) if as_json else f"{name}: {reason}"
    probability = float(result.digit_probs.max())
    if as_json:
        fields = {"file": name, "digit": result.digit, "sum": result.sum, "is_digit": result.is_digit}
        fields |= {"sure": round(probability, 4), "digit_score": round(result.digit_score, 4)}
        return json.dumps(fields | ({"frame": result.frame} if result.frame else {}), allow_nan=False)
    if result.digit is None:
        return f"{name}: nothing was drawn"
    if not result.is_digit:
        return f"{name}: not a digit"
    return f"{name}: {result.digit}, {result.digit} + {number} = {result.sum}, {probability:.1%} sure"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m adder", description=__doc__.splitlines()[0])
    parser.add_argument(
        "files",
        nargs="+",
        type=user_path,
        metavar="FILE",
        help="a picture; a .jsonl file, one drawing's strokes a line; a .csv table, label,pixel0..pixel783 a row; or a "
        "folder of pictures and .jsonl files",
    )
    parser.add_argument(
        "--number",
        type=int,
        choices=range(NUMBERS),
        default=0,
        metavar="0..9",
        help="the number to add (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON object for each drawing")
    parser.add_argument("--weights", type=user_path, help="weights file of the network (default: the shipped one)")
    parser.add_argument("--device", default="auto", help="cpu, cuda, mps or auto (default: %(default)s)")
    flags = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names that the terminal cannot show
    torch.set_num_threads(1)
    try:
        reader = Reader.load(flags.weights, flags.device)
    except ValueError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
    return read_all(reader, flags.files, flags.number, as_json=flags.json)


def read_all(reader: Reader, paths: list[Path], number: int, *, as_json: bool) -> int:
    """Prints a line for each drawing. The exit code: 1 if one could not be read, else 0."""
    failed = 0
    with tqdm(unit=" drawings", disable=None) as progress:  # None: shown on a terminal only
        for batch in batches(paths):
            names, drawings, _ = zip(*batch, strict=True)
            for name, result in zip(names, read_batch(reader, [*drawings], number), strict=True):
                failed |= isinstance(result, Exception)
                progress.update()
                tqdm.write(output_line(name, result, number, as_json), file=sys.stdout)
    return int(failed)


def batches(paths: list[Path]) -> Iterator[list[Input]]:
    """The drawings of each file, at most BATCH together."""
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
