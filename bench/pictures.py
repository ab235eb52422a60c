"""How well pictures of a digit are read: python -m bench.pictures [SOURCE] prints a table, by kind.

SOURCE is a folder of pictures in folders by label, a table or JSON lines, see adder/inputs.py; or a folder that
holds labels.csv with the columns path, label (a digit, none or several) and kind. Without one, pictures are made from
pen strokes of people, and from doodles, that the held-out network never saw.
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
from adder.data import sources, splits
from adder.drawing.strokes import NO_DIGIT
from adder.files import user_path
from adder.pictures.decode import PictureError, decode
from adder.reader import Reader
from bench import shared
from bench.made_pictures import Picture, made

SURE = 0.9
CELL = 120  # px, of the contact sheet
ACROSS = 6


class Answer(NamedTuple):
    words: str  # a digit, or why there is none
    sure: bool
    image: np.ndarray  # (28, 28) float32, what the network saw


def answer(reader: Reader, drawing: Any) -> Answer:
    try:
        [reading] = reader.read_many([drawing], [0])
    except PictureError as error:
        return Answer(error.kind, False, np.zeros((28, 28), np.float32))
    words = str(reading.digit) if reading.is_digit else "no ink" if reading.digit is None else "refused"
    return Answer(words, bool(reading.digit_probs.max() > SURE), reading.image)


def is_right(label: str, words: str) -> bool:
    """Several digits may be refused; what is none may leave no ink."""
    return words == label or (label in ("none", "several") and words in ("refused", "no ink"))


def from_folder(folder: Path) -> list[Picture]:
    """ValueError names the file and what is wrong with it."""
    table = folder / "labels.csv"
    try:
        with open(table, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [Picture(row["kind"], row["label"], (folder / row["path"]).read_bytes(), "") for row in rows]
    except (OSError, KeyError) as error:
        raise ValueError(f"{table}: expected the columns path, label and kind, and the files ({error})") from error


def by_label(source: Path) -> Iterator[Picture]:
    """Raises ValueError."""
    for each in inputs.labelled(source):
        label = "none" if each.label == NO_DIGIT else str(each.label)
        yield Picture(label, label, each.drawing, "")


def from_strokes(data_dir: Path, a_kind: int) -> Iterator[Picture]:
    """Raises DataError."""
    people = [each for each in sources.pendigits(data_dir) if each.writer % splits.VALIDATION_WRITERS == 0]
    words = sources.quickdraw(data_dir)
    doodles = [drawing for word in splits.held_out_words(words) for drawing in words[word]]
    return made([(each.digit, each.strokes) for each in people], doodles, a_kind)


def measure(reader: Reader, pictures: Iterable[Picture]) -> tuple[dict[str, Counter], list[tuple[Picture, Answer]]]:
    """By kind, how many there are and what was answered; and each picture that was read wrong."""
    kinds: dict[str, Counter] = defaultdict(Counter)
    failed = []
    for picture in tqdm(pictures, unit=" pictures", leave=False):
        told = answer(reader, picture.content)
        right = is_right(picture.label, told.words)
        is_digit = told.words.isdigit()
        outcome = "right" if right else "wrong" if is_digit else told.words
        kinds[picture.kind].update(("all", outcome) + (("sure",) if is_digit and told.sure and not right else ()))
        if not right:
            failed.append((picture, told))
    return kinds, failed


def print_kinds(kinds: dict[str, Counter]) -> None:
    columns = ("right", "wrong", "sure", "refused", "no ink", "several", "unreadable")
    shared.print_row(["kind", "right", "wrong", f"wrong, above {SURE:.0%} sure", *columns[3:]])
    print(f"|{'---|' * (len(columns) + 1)}")
    total = sum(kinds.values(), Counter())
    for kind, counts in [*kinds.items(), ("**all**", total)]:
        right = shared.with_interval(counts["right"], counts["all"])
        shared.print_row([kind, right, *(str(counts[column]) for column in columns[1:])])


def contact_sheet(failed: list[tuple[Picture, Answer]]) -> np.ndarray:
    """Each picture beside what the network saw of it, ACROSS in a row, uint8."""
    cells = []
    for picture, told in failed:
        is_shown = isinstance(picture.content, bytes) and told.words != "unreadable"
        grey = decode(picture.content) if is_shown else (255 * told.image).astype(np.uint8)
        grey = cv2.resize(grey, (CELL, CELL), interpolation=cv2.INTER_AREA)
        seen = cv2.resize((255 * told.image).astype(np.uint8), (CELL, CELL), interpolation=cv2.INTER_NEAREST)
        label = np.zeros((20, 2 * CELL), np.uint8)
        cv2.putText(
            label, f"{picture.kind}: {picture.label}, {told.words}", (2, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 255
        )
        cells.append(np.vstack([np.hstack([grey, seen]), label]))
    cells += [np.zeros_like(cells[0])] * (-len(cells) % ACROSS)
    return np.vstack([np.hstack(cells[start : start + ACROSS]) for start in range(0, len(cells), ACROSS)])


def main() -> None:
    parser = shared.parser(__doc__.splitlines()[0], weights=shared.WEIGHTS / "held-out" / "seed-0.safetensors")
    parser.add_argument(
        "source",
        type=user_path,
        nargs="?",
        help="a folder of pictures by label (7/*.png, none/*.png), or with labels.csv; a .csv in Kaggle's form; a "
        ".jsonl; without it pictures are made",
    )
    parser.add_argument("--a-kind", type=int, default=50, help="how many are made of each kind (%(default)s)")
    parser.add_argument("--sheet", type=user_path, help="a PNG of what was read wrong, beside what the network saw")
    flags = parser.parse_args()
    try:
        if flags.source is None:
            pictures: Iterable[Picture] = from_strokes(flags.data_dir, flags.a_kind)
        else:
            pictures = from_folder(flags.source) if (flags.source / "labels.csv").exists() else by_label(flags.source)
        kinds, failed = measure(Reader.load(flags.weights, "cpu"), pictures)
    except ValueError as error:
        parser.error(str(error))
    print_kinds(dict(sorted(kinds.items())) if flags.source else kinds)
    if flags.sheet and failed:
        shared.save_png(flags.sheet, contact_sheet(failed))


if __name__ == "__main__":
    shared.run(main)
