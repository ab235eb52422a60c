"""Images as a CSV table in the form of Kaggle's 'Digit Recognizer': label,pixel0,...,pixel783, one image a row.

The label is a digit, or -1 for no digit; the column may be missing. The pixels are 28x28, row by row, 0 paper .. 255
ink. A first line of text is a header.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from adder.drawing.raster import PIXELS, SIDE, strokes_to_mnist
from adder.drawing.strokes import NO_DIGIT, Drawing
from adder.files import lines_in, replacing

MAX_LINE = 20_000  # characters
EXPECTED = f"expected a label from 0 to 9, or -1 for no digit, and {PIXELS} whole numbers, 0 paper .. 255 ink"


def rows_in(path: Path) -> Iterator[tuple[int, int | None, np.ndarray]]:
    """(line number, label or None, ink (28, 28) uint8) of each row. ValueError names the line; OSError for no file."""
    for number, line in lines_in(path, MAX_LINE):
        try:
            [cells] = csv.reader([line])
            if number == 1 and not cells[0].strip().lstrip("-").isdecimal():
                continue
            values = [int(cell) for cell in cells]
            label = values.pop(0) if len(values) == PIXELS + 1 else None
            if len(values) != PIXELS or min(values) < 0 or max(values) > 255:
                raise ValueError
            if label is not None and not NO_DIGIT <= label <= 9:
                raise ValueError
        except (ValueError, csv.Error) as error:
            raise ValueError(f"line {number}: {EXPECTED}") from error
        yield number, label, np.array(values, np.uint8).reshape(SIDE, SIDE)


def write(path: Path | str, drawings: Iterable[Drawing]) -> None:
    """Writes the image that the network sees of each drawing, without blank ones. OSError when it cannot write."""
    with replacing(Path(path)) as temporary, open(temporary, "w", encoding="ascii", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["label", *(f"pixel{index}" for index in range(PIXELS))])
        for drawing in drawings:
            image = strokes_to_mnist(drawing.strokes)
            if image is not None:
                rows.writerow([drawing.digit, *np.rint(image * 255).astype(int).ravel().tolist()])
