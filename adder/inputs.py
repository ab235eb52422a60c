"""Files and folders as people have them -> drawings: strokes, ink, or the bytes of pictures. Knows no network.

A folder counts as its pictures and JSON lines: what Macs, Windows and people leave beside them is passed by. A picture
whose folder is named 0 to 9, or none for no digit, has that for its label.
"""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from adder.drawing import collection, table
from adder.drawing.strokes import NO_DIGIT
from adder.files import lines_in
from adder.pictures.decode import MAX_BYTES

LINES = (".jsonl", ".ndjson")
STRANGE = (".heic", ".heif", ".avif", ".tif", ".tiff")  # pictures that are refused, and should not be passed by
PICTURES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", *STRANGE)
LABELS = {str(digit): digit for digit in range(10)} | {"none": NO_DIGIT}  # by the folder's name
NO_LABEL = "no label; put pictures into folders named 0 to 9, or none for no digit, and begin a table's rows with it"


class Input(NamedTuple):
    name: str  # of the file, and the line in it
    drawing: Any  # strokes, a list; ink, an array; a picture, bytes; or why it cannot be read, an OSError or ValueError
    label: int | None = None  # NO_DIGIT for what is none; None where nothing says it


def files_in(paths: Iterable[Path]) -> Iterator[Path | OSError]:
    """Each file, by name, those in folders too; an error for what cannot be entered, or holds nothing to read.

    A path with wildcards that names no file is expanded, for shells that leave it as it is.
    """
    for path in paths:
        expanded = not os.path.exists(path) and sorted(glob.glob(str(path)))
        for each in map(Path, expanded or [str(path)]):
            yield from files_of(each) if each.is_dir() else [each]


def files_of(folder: Path) -> Iterator[Path | OSError]:
    errors: list[OSError] = []
    is_empty = True
    for inner, folders, names in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(names):
            if not name.startswith(".") and name.lower().endswith(PICTURES + LINES):
                is_empty = False
                yield Path(inner) / name
    if is_empty and not errors:
        errors.append(OSError(0, "no picture and no .jsonl in this folder", str(folder)))
    yield from errors


def drawings_in(file: Path) -> Iterator[Input]:
    """A picture, or what a file of JSON lines or a CSV table holds."""
    kind = file.suffix.lower()
    try:
        if kind in LINES:
            for number, line in lines_in(file, collection.MAX_LINE):
                yield Input(f"{file}:{number}", strokes_or_error(line))
        elif kind == ".csv":
            for number, label, ink in table.rows_in(file):
                yield Input(f"{file}:{number}", ink, label)
        else:
            with open(file, "rb") as opened:
                yield Input(str(file), opened.read(MAX_BYTES + 1), LABELS.get(file.absolute().parent.name))
    except (OSError, ValueError) as error:
        yield Input(str(file), error)


def strokes_or_error(line: str) -> Any:
    try:
        return collection.parse_line(line)[0]
    except ValueError as error:
        return error


def labelled(path: Path) -> Iterator[Input]:
    """What a file or folder holds, each with its label. ValueError names what has none or cannot be read.

    Of JSON lines with the same id the last counts.
    """
    for file in files_in([path]):
        if isinstance(file, OSError):
            raise ValueError(f"{file.filename}: {file.strerror}")
        if file.suffix.lower() in LINES:
            yield from (Input(str(file), drawing.strokes, drawing.digit) for drawing in collection.load(file))
            continue
        for each in drawings_in(file):
            if isinstance(each.drawing, Exception):
                raise ValueError(f"{file}: {getattr(each.drawing, 'strerror', None) or each.drawing}")
            if each.label is None:
                raise ValueError(f"{each.name}: {NO_LABEL}")
            yield each
