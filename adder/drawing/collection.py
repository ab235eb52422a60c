"""Drawings that people agreed to share, with their labels, in a file of JSON lines.

{"id": text, "strokes": [[[x, y], ...], ...], "label": 0..9 or null for no digit, "reading": {...},
 "time": ISO 8601 in UTC}

When lines have the same id, the last counts: it changes the label or, without strokes, deletes the drawing.
`train.py --extra` and `bench.drawn --strokes` read such files.
"""

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock

from adder.drawing.curves import Strokes
from adder.drawing.strokes import NO_DIGIT, Drawing, as_strokes
from adder.files import lines_in

FILE_NAME = "drawings.jsonl"
MAX_BYTES = 50_000_000  # of the file
MAX_LINE = 1_000_000  # characters
QUICK_DRAW = (
    "that is a drawing in Quick, Draw!'s form; convert it first, in Python "
    '{"strokes": [list(zip(*stroke[:2])) for stroke in line["drawing"]]}'
)
appending = Lock()


def append(folder: Path, strokes: list, label: int | None, reading: dict, id: str | None = None) -> bool:
    """Appends a drawing to `folder`/drawings.jsonl. False, and no change, when the file would exceed MAX_BYTES.

    It writes the whole line or nothing. OSError when the disk is full or read-only.
    """
    time = datetime.now(timezone.utc).isoformat(timespec="seconds")
    kept = {"strokes": strokes, "label": label, "reading": reading, "time": time}
    line = json.dumps(({"id": id} if id else {}) | kept, allow_nan=False).encode() + b"\n"
    with appending, open(folder / FILE_NAME, "ab", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size + len(line) > MAX_BYTES:
            return False
        try:
            if file.write(line) < len(line):
                raise OSError(f"{folder / FILE_NAME}: the disk is full; free some space")
        except OSError:
            file.truncate(size)
            raise
    return True


def parse_line(line: str) -> tuple[Strokes, dict]:
    """A line of JSON -> its strokes, (N, 2) float64 each, and the whole object. ValueError says what was expected."""
    try:
        kept = json.loads(line)
        if "drawing" in kept and "strokes" not in kept:
            raise ValueError(QUICK_DRAW)
        return as_strokes(kept["strokes"]), kept
    except (KeyError, TypeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError('expected {"strokes": [[[x, y], ...], ...]}') from error


def load(path: Path | str) -> list[Drawing]:
    """The drawings of a file that `append` wrote, with NO_DIGIT for no digit. ValueError names file and line."""
    drawings: dict[str, Drawing | None] = {}  # key: the id, or the line number; None: deleted
    place = ""
    try:
        for number, line in lines_in(Path(path), MAX_LINE):
            place = f", line {number}"
            strokes, kept = parse_line(line)
            label, id = kept.get("label", ""), str(kept.get("id", number))
            if not (strokes or "id" in kept) or not (label is None or (type(label) is int and 0 <= label <= 9)):
                raise ValueError("expected strokes and a label from 0 to 9 or null")
            drawings[id] = Drawing(NO_DIGIT if label is None else label, 0, strokes) if strokes else None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{path}{place}: {error}") from error
    return [drawing for drawing in drawings.values() if drawing]
