"""How well are pictures of digits read? python -m bench.pictures [SOURCE]

Prints Markdown, a row for each kind. SOURCE is a folder with a folder of pictures for each label, a table or JSON lines
(see adder/inputs.py), or a folder with labels.csv, with the columns path, label (a digit, none or several) and kind.
Without SOURCE, pictures are made from pen strokes and doodles of the validation split (synthetic).
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from tqdm import tqdm

from adder import inputs
from adder.drawing import raster
from adder.drawing.strokes import NO_DIGIT
from adder.files import user_path
from adder.pictures.decode import PictureError, decode
from adder.pictures.ink_masks import grey_of
from adder.reader import Reader
from bench import command
from bench.drawings import validation_digits, validation_doodles
from bench.synthetic_pictures import Picture, make_pictures
from bench.tables import print_row, print_table, with_interval
from bench.training_sheet import save_png

CONFIDENT = 0.9  # probability of the digit
CELL = 120  # px a side, of the contact sheet
ACROSS = 6  # pictures in a row of it


class Answer(NamedTuple):
    text: str  # a digit, or why there is none
    is_confident: bool
    image: np.ndarray  # (28, 28) float32, what the network saw


def read(reader: Reader, drawing: Any) -> Answer:
    """The answer to ink, strokes or a picture's bytes."""
    try:
        [reading] = reader.read_many([drawing], [0])
    except PictureError as error:
        return Answer(error.kind, False, np.zeros((raster.SIDE, raster.SIDE), np.float32))
    text = str(reading.digit) if reading.is_digit else "no ink" if reading.digit is None else "refused"
    return Answer(text, bool(reading.digit_probs.max() > CONFIDENT), reading.image)


def is_right(label: str, text: str) -> bool:
    """Is the answer the label? For 'none' and 'several', 'refused' and 'no ink' are right, too."""
    return text == label or (label in ("none", "several") and text in ("refused", "no ink"))


def with_labels_csv(folder: Path) -> list[Picture]:
    """The pictures that `folder`/labels.csv lists. ValueError names the file and what is wrong with it."""
    table = folder / "labels.csv"
    try:
        with open(table, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [Picture(row["kind"], row["label"], (folder / row["path"]).read_bytes()) for row in rows]
    except (OSError, KeyError) as error:
        raise ValueError(f"{table}: expected the columns path, label and kind, and the files ({error})") from error


def labelled(source: Path) -> Iterator[Picture]:
    """The drawings of a file or folder; the kind is the label. Raises ValueError."""
    for item in inputs.labelled(source):
        label = "none" if item.label == NO_DIGIT else str(item.label)
        yield Picture(label, label, item.drawing)


def from_strokes(count: int) -> Iterator[Picture]:
    """`count` pictures of each kind, from digits and doodles of the validation split."""
    digits = [(drawing.digit, drawing.strokes) for drawing in validation_digits()]
    return make_pictures(digits, validation_doodles(), count)


def measure(reader: Reader, pictures: Iterable[Picture]) -> tuple[dict[str, Counter], list[tuple[Picture, Answer]]]:
    """Counts of answers for each kind, and the pictures that are read wrong.

    A count is of "all", "right", "wrong" (read as another digit), "sure" (of these, with more than CONFIDENT), or of
    another wrong answer's text.
    """
    kinds: dict[str, Counter] = defaultdict(Counter)
    failed = []
    for picture in tqdm(pictures, unit=" pictures", leave=False):
        answer = read(reader, picture.content)
        outcome = answer.text
        if is_right(picture.label, answer.text):
            outcome = "right"
        elif answer.text.isdigit():
            outcome = "wrong"
        kinds[picture.kind].update(("all", outcome, *(["sure"] if outcome == "wrong" and answer.is_confident else [])))
        if outcome != "right":
            failed.append((picture, answer))
    return kinds, failed


def print_kinds(kinds: dict[str, Counter]) -> None:
    columns = ("right", "wrong", "sure", "refused", "no ink", "several", "unreadable")
    print_table(["kind", "right", "wrong", f"wrong, above {CONFIDENT:.0%} sure", *columns[3:]])
    total = sum(kinds.values(), Counter())
    for kind, counts in [*kinds.items(), ("**all**", total)]:
        right = with_interval(counts["right"], counts["all"])
        print_row([kind, right, *(str(counts[column]) for column in columns[1:])])


def contact_sheet(failed: list[tuple[Picture, Answer]]) -> np.ndarray:
    """Each picture beside the image that the network saw, with kind, label and answer, ACROSS in a row; uint8."""
    cells = []
    for picture, answer in failed:
        is_shown = isinstance(picture.content, bytes) and answer.text != "unreadable"
        grey = grey_of(decode(picture.content)) if is_shown else (255 * answer.image).astype(np.uint8)
        grey = cv2.resize(grey, (CELL, CELL), interpolation=cv2.INTER_AREA)
        seen = cv2.resize((255 * answer.image).astype(np.uint8), (CELL, CELL), interpolation=cv2.INTER_NEAREST)
        label = np.zeros((20, 2 * CELL), np.uint8)
        cv2.putText(
            label, f"{picture.kind}: {picture.label}, {answer.text}", (2, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 255
        )
        cells.append(np.vstack([np.hstack([grey, seen]), label]))
    cells += [np.zeros_like(cells[0])] * (-len(cells) % ACROSS)
    return np.vstack([np.hstack(cells[start : start + ACROSS]) for start in range(0, len(cells), ACROSS)])


def main() -> None:
    parser = command.parser("How well pictures of digits are read, by kind.", weights=command.HELD_OUT_WEIGHTS)
    parser.add_argument(
        "source",
        type=user_path,
        nargs="?",
        help="a folder of pictures by label (7/*.png, none/*.png), a folder with labels.csv, a .csv in Kaggle's form, "
        "or a .jsonl; without it, pictures are made from strokes",
    )
    parser.add_argument("--a-kind", type=int, default=50, help="pictures to make of each kind (%(default)s)")
    parser.add_argument(
        "--sheet", type=user_path, help="show the pictures that are read wrong in this PNG, beside what the network saw"
    )
    flags = parser.parse_args()
    reader = Reader.load(flags.weights, "cpu")
    try:
        if flags.source is None:
            pictures: Iterable[Picture] = from_strokes(flags.a_kind)
        else:
            has_table = (flags.source / "labels.csv").exists()
            pictures = with_labels_csv(flags.source) if has_table else labelled(flags.source)
        kinds, failed = measure(reader, pictures)
    except ValueError as error:
        parser.error(str(error))
    print_kinds(dict(sorted(kinds.items())) if flags.source else kinds)
    if flags.sheet and failed:
        save_png(flags.sheet, contact_sheet(failed))


if __name__ == "__main__":
    command.run(main)
