"""Files and folders -> drawings: strokes, ink, or the bytes of pictures.

In a folder, only pictures and files of JSON lines are read; hidden and other files are skipped. The label of a picture
is the name of its folder: 0 to 9, or none for no digit.
"""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from adder.drawing import collection, image_csv
from adder.drawing.strokes import NO_DIGIT
from adder.files import lines_in
from adder.pictures.decode import MAX_BYTES

JSON_LINES = (".jsonl", ".ndjson")
PICTURES = (  # .heic and .heif are not skipped where they cannot be read: the reader says how to convert them
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif"),
)
LABELS = {str(digit): digit for digit in range(10)} | {"none": NO_DIGIT}  # by the folder's name
NO_LABEL = "no label; put pictures into folders named 0 to 9, or none for no digit, and begin a table's rows with it"


class Input(NamedTuple):
    name: str  # the file, and the line in it
    drawing: Any  # strokes, a list; ink, an array; a picture, bytes; or an OSError or ValueError that says why not
    label: int | None = None  # NO_DIGIT for no digit; None if there is no label


def files_in(paths: Iterable[Path]) -> Iterator[Path | OSError]:
    """Each file, also in folders, sorted by name; an OSError for a folder that is closed or has nothing to read.

    It expands wildcards, as some shells do not.
    """
    for path in paths:
        expanded = not os.path.exists(path) and sorted(glob.glob(str(path)))
        for found in map(Path, expanded or [str(path)]):
            yield from files_in_folder(found) if found.is_dir() else [found]


def files_in_folder(folder: Path) -> Iterator[Path | OSError]:
    errors: list[OSError] = []
    is_empty = True
    for inner, folders, names in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(names):
            if not name.startswith(".") and name.lower().endswith(PICTURES + JSON_LINES):
                is_empty = False
                yield Path(inner) / name
    if is_empty and not errors:
        errors.append(OSError(0, "no picture and no .jsonl in this folder", str(folder)))
    yield from errors


def drawings_in(file: Path) -> Iterator[Input]:
    """The drawings of a file: JSON lines, a CSV table, or else a picture."""
    suffix = file.suffix.lower()
    try:
        if suffix in JSON_LINES:
            for number, line in lines_in(file, collection.MAX_LINE):
                yield Input(f"{file}:{number}", strokes_or_error(line))
        elif suffix == ".csv":
            for number, label, ink in image_csv.rows_in(file):
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
    """The drawings of a file or folder, each with its label. ValueError names one that has none or cannot be read.

    When JSON lines have the same id, the last counts.
    """
    for file in files_in([path]):
        if isinstance(file, OSError):
            raise ValueError(f"{file.filename}: {file.strerror}")
        if file.suffix.lower() in JSON_LINES:
            yield from (Input(str(file), drawing.strokes, drawing.digit) for drawing in collection.load(file))
            continue
        for found in drawings_in(file):
            if isinstance(found.drawing, Exception):
                raise ValueError(f"{file}: {getattr(found.drawing, 'strerror', None) or found.drawing}")
            if found.label is None:
                raise ValueError(f"{found.name}: {NO_LABEL}")
            yield found
