"""Drawings with what they were meant as, kept by people's leave: one JSON object a line, appended.

{"id": text, "strokes": [[[x, y], ...], ...], "label": 0..9 or null for no digit, "reading": {...},
 "time": ISO 8601 in UTC}

Of lines with the same id the last counts: a label was changed, or, where that has no strokes, the drawing taken back.
train.py --extra and bench.drawn --strokes read such files. Knows neither page nor network.
"""

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock

from adder.drawing.strokes import NO_DIGIT, Drawing, as_strokes

FILE_NAME = "drawings.jsonl"
MAX_BYTES = 50_000_000  # bytes of the file
appending = Lock()


def append(folder: Path, strokes: list, label: int | None, reading: dict, id: str | None = None) -> bool:
    """Appends a drawing to `folder`/drawings.jsonl; False when that would make it larger than MAX_BYTES.

    A line is written whole or not at all. Raises OSError when the disk is full or read-only.
    """
    time = datetime.now(timezone.utc).isoformat(timespec="seconds")
    kept = {"strokes": strokes, "label": label, "reading": reading, "time": time}
    line = json.dumps(({"id": id} if id else {}) | kept, allow_nan=False).encode() + b"\n"
    with appending, open(folder / FILE_NAME, "ab", buffering=0) as file:
        before = file.seek(0, os.SEEK_END)
        if before + len(line) > MAX_BYTES:
            return False
        try:
            if file.write(line) < len(line):
                raise OSError(f"{folder / FILE_NAME}: no room for a whole line")
        except OSError:
            file.truncate(before)
            raise
    return True


def load(path: Path | str) -> list[Drawing]:
    """The drawings of a file that `append` wrote, with digit -1 for no digit. ValueError names file and line."""
    drawings: dict[str, Drawing | None] = {}  # by id, or by line where there is none; None was taken back
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read ({error}); expected what demo.py --collect wrote") from error
    for number, line in enumerate(lines, 1):
        try:
            kept = json.loads(line)
            strokes, label, id = as_strokes(kept["strokes"]), kept["label"], str(kept.get("id", number))
            if not (strokes or "id" in kept) or not (label is None or (type(label) is int and 0 <= label <= 9)):
                raise ValueError("expected strokes and a label from 0 to 9 or null")
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"{path}, line {number}: no drawing ({error}); remove the line") from error
        drawings[id] = Drawing(NO_DIGIT if label is None else label, 0, strokes) if strokes else None
    return [drawing for drawing in drawings.values() if drawing]
