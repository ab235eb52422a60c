"""Packs the pen strokes and characters that runs learn from into one file: python -m adder.data.pack --data-dir DIR

DIR holds pendigits/, omniglot-py/, quickdraw/ and unipen/, as their publishers lay them out (docs/training.md names the
sources and licences). The same folder gives the same file, byte for byte. You need this only to change what is in it.
"""

import argparse
import csv
import hashlib
import io
import json
import re
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from adder.data import pen_data
from adder.data.synthetic import negatives
from adder.drawing import raster
from adder.drawing.curves import Strokes
from adder.drawing.strokes import NO_DIGIT, read_unipen
from adder.files import replacing, user_path

HERE = Path(__file__).parent
QUICKDRAW_TABLE = HERE / "quickdraw.csv"  # words, and the key ids of doodles that look like a digit
BAD_TABLE = HERE / "unipen.csv"  # drawings of UNIPEN that are left out, each with the reason
UNIPEN_KINDS = {"1a": "0123456789", "1b": "AKMNRVWXEFHTU", "1c": "hkmnvwxadefpru", "1d": "#*@~$%&+=?"}
MAX_DIGITS = 40  # of one writer and digit
MAX_NEGATIVES = 6  # of one writer and character
VALIDATION_ALPHABETS = ("Korean", "Tagalog")
TEST_ALPHABETS = ("Balinese",)


class Drawing(NamedTuple):
    """A drawing on its way into the pen_data."""

    source: str
    writer: str  # a name or number that is the same for all drawings of one person
    label: int  # a digit, or NO_DIGIT
    sign: str  # what was drawn: a character or a word
    strokes: Strokes


def pendigits(folder: Path) -> Iterator[Drawing]:
    for each in read_unipen(folder / "pendigits" / "pendigits-orig.tra"):
        yield Drawing("pendigits", str(each.writer), each.digit, str(each.digit), each.strokes)


def quickdraw(folder: Path) -> Iterator[Drawing]:
    with open(QUICKDRAW_TABLE, encoding="ascii", newline="") as table:
        for row in csv.DictReader(table):
            for line in (folder / "quickdraw" / f"{row['word']}.ndjson").read_text(encoding="utf-8").splitlines():
                each = json.loads(line)
                if each["key_id"] not in row["look_alikes"].split():
                    strokes = [np.array(stroke[:2], float).T for stroke in each["drawing"]]
                    yield Drawing("quickdraw", each["key_id"], NO_DIGIT, row["word"], strokes)


def unipen(folder: Path) -> Iterator[Drawing]:
    """Digits and characters of UNIPEN's train_r01_v07, as many of each writer as MAX_DIGITS and MAX_NEGATIVES allow."""
    [archive] = (folder / "unipen").glob("*.tar.xz")
    with tarfile.open(archive) as packed:
        files = {
            each.name.removeprefix("./"): packed.extractfile(each).read().decode("latin-1")  # type: ignore[union-attr]
            for each in packed
            if each.isfile()
        }
    with open(BAD_TABLE, encoding="ascii", newline="") as table:
        left_out = {row["drawing"] for row in csv.DictReader(table)}
    counts: dict[tuple[str, str], int] = defaultdict(int)
    components_in = cache(partial(components_of, files))  # several files include one
    for name in sorted(files):
        _, kind, *_ = name.split("/")
        if not name.startswith("data/") or kind not in UNIPEN_KINDS:
            continue
        components = [each for path in includes(files[name]) for each in components_in(f"include/{path}")]
        for span, label in re.findall(r'^\.SEGMENT\s+CHARACTER\s+(\S+)\s+\S+\s+"(.)"', files[name], re.M):
            if label not in UNIPEN_KINDS[kind]:
                continue
            strokes, writer = cut(components, span)
            writer = re.sub(r"[^a-z0-9]", "", writer.lower())
            key = hashlib.sha256(repr([stroke.tolist() for stroke in strokes]).encode()).hexdigest()[:12]
            most = MAX_DIGITS if label.isdigit() else MAX_NEGATIVES
            if strokes and key not in left_out and counts[writer, label] < most:
                left_out.add(key)  # exact copies
                counts[writer, label] += 1
                digit = int(label) if label.isdigit() else NO_DIGIT
                yield Drawing(f"unipen {name.split('/')[2]}", writer, digit, label, strokes)


def includes(text: str) -> list[str]:
    return re.findall(r"^\.INCLUDE\s+(\S+)", text, re.M)


class Component(NamedTuple):
    is_down: bool
    points: list[tuple[float, float]]  # x right, y up
    writer: str


def components_of(files: dict[str, str], path: str) -> list[Component]:
    """The `.PEN_DOWN` and `.PEN_UP` blocks of an included file, in order; those without points do not count."""
    found: list[Component] = []
    writer, is_pen = path.split("/")[-2], False
    for line in files[path].splitlines():
        words = line.split()
        if line.startswith("."):
            is_pen = words[0] in (".PEN_DOWN", ".PEN_UP")
            if is_pen:
                found.append(Component(words[0] == ".PEN_DOWN", [], writer))
            elif words[0] == ".WRITER_ID" and len(words) > 1:
                writer = words[1]
        elif is_pen and len(words) > 1:
            found[-1].points.append((float(words[0]), -float(words[1])))
    return [each for each in found if each.points]


def cut(components: list[Component], span: str) -> tuple[Strokes, str]:
    """The strokes of '3', '3-4', '3,5' or '3:10-4:2' (from point 10 of component 3), y down, and their writer."""
    strokes, writer = [], ""
    for part in span.split(","):
        first, _, last = part.partition("-")
        (start, start_point), (end, end_point) = place(first), place(last or first)
        for index in range(start, end + 1):
            points = components[index].points
            low = start_point if index == start and start_point is not None else 0
            high = end_point + 1 if index == end and end_point is not None else len(points)
            writer = components[index].writer
            if components[index].is_down and points[low:high]:
                strokes.append(np.array(points[low:high]))
    return strokes, writer


def place(text: str) -> tuple[int, int | None]:
    component, _, point = text.partition(":")
    return int(component), int(point) if point else None


def splits_of(drawings: list[Drawing]) -> list[int]:
    """Training, validation or test for each drawing: all of one writer, or of one word, are in the same split."""
    words = sorted({each.sign for each in drawings if each.source == "quickdraw"})
    people = split_people(drawings)
    by_fives = {0: pen_data.VALIDATION, 3: pen_data.TEST}
    found = []
    for each in drawings:
        if each.source == "pendigits":
            found.append(by_fives.get(int(each.writer) % 5, pen_data.TRAINING))
        elif each.source == "quickdraw":
            found.append(by_fives.get((words.index(each.sign) + 1) % 5, pen_data.TRAINING))
        else:
            found.append(people[each.writer])
    return found


def split_people(drawings: list[Drawing]) -> dict[str, int]:
    """The split of each writer of UNIPEN, so that every site is in all three; a site of two has no validation."""
    sites = defaultdict(set)
    for each in drawings:
        if each.source.startswith("unipen"):
            sites[each.source].add(each.writer)
    found: dict[str, int] = {}
    for site in sorted(sites):
        people = sorted(sites[site] - found.keys(), key=lambda name: hashlib.sha256(name.encode()).digest())
        test = max(1, round(len(people) / 4))
        validation = max(len(people) > 2, round(len(people) / 6))
        for index, name in enumerate(people):
            split = (
                pen_data.TEST
                if index < test
                else pen_data.VALIDATION
                if index < test + validation
                else pen_data.TRAINING
            )
            found[name] = split
    return found


def quantised(strokes: Strokes) -> list[np.ndarray]:
    """Strokes in a box with a longer side of 255, as uint8, without points that fall on the one before."""
    points = np.concatenate(strokes)
    low = points.min(0)
    scale = 255 / max(np.ptp(points, axis=0).max(), 1e-9)
    rounded = [np.rint((stroke - low) * scale).astype(np.uint8) for stroke in strokes]
    return [each[np.r_[True, (np.diff(each.astype(int), axis=0) != 0).any(1)]] for each in rounded]


def characters(folder: Path) -> Iterator[tuple[str, int, np.ndarray]]:
    """Alphabet, number and image (28, 28) uint8 of Omniglot's characters, without look-alikes."""
    root = folder / "omniglot-py" / "images_background"
    for alphabet, look_alikes in negatives.LOOK_ALIKES.items():
        for path in sorted((root / alphabet).glob("character*/*.png")):
            number = int(path.parent.name.removeprefix("character"))
            if number not in look_alikes:
                picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE)
                assert picture is not None, f"{path} is damaged"
                pixels = raster.to_mnist(np.uint8(255) - picture)
                assert pixels is not None, f"{path} is blank"
                yield alphabet, number, np.rint(pixels * 255).astype(np.uint8)


def arrays(drawings: Iterable[Drawing], folder: Path) -> dict[str, np.ndarray]:
    """Everything in the file by name, see adder/data/pen_data.py. Writers are numbers: no name leaves this module."""
    kept = list(drawings)
    sources = sorted({each.source for each in kept})
    people = sorted({(each.source.split()[0], each.writer) for each in kept})
    people.sort(key=lambda person: hashlib.sha256("".join(person).encode()).digest())  # their order tells no name
    number = {person: place for place, person in enumerate(people)}
    signs = sorted({each.sign for each in kept})
    strokes = [quantised(each.strokes) for each in kept]
    found = list(characters(folder))
    alphabets = list(negatives.LOOK_ALIKES)
    in_test = [
        pen_data.TEST if a in TEST_ALPHABETS else pen_data.VALIDATION if a in VALIDATION_ALPHABETS else 0
        for a, _, _ in found
    ]
    return {
        "points": np.concatenate([stroke for each in strokes for stroke in each]),
        "lengths": np.array([len(stroke) for each in strokes for stroke in each], np.uint16),
        "strokes": np.array([len(each) for each in strokes], np.uint8),
        "label": np.array([each.label for each in kept], np.int8),
        "writer": np.array([number[each.source.split()[0], each.writer] for each in kept], np.uint16),
        "source": np.array([sources.index(each.source) for each in kept], np.uint8),
        "sign": np.array([signs.index(each.sign) for each in kept], np.uint8),
        "split": np.array(splits_of(kept), np.uint8),
        "images": np.stack([image for _, _, image in found]),
        "image_alphabet": np.array([alphabets.index(alphabet) for alphabet, _, _ in found], np.uint8),
        "image_number": np.array([number for _, number, _ in found], np.uint8),
        "image_split": np.array(in_test, np.uint8),
        "sources": np.array(sources),
        "signs": np.array(signs),
        "alphabets": np.array(alphabets),
    }


def write(path: Path, found: dict[str, np.ndarray]) -> None:
    """An .npz as numpy reads it, without the time of day in it."""
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, array in found.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            packed.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=user_path, required=True, help="folder of the data sets")
    parser.add_argument(
        "--out", type=user_path, default=pen_data.PATH, help="file to write (default: the one in the package)"
    )
    flags = parser.parse_args()
    drawings = [each for read in (pendigits, quickdraw, unipen) for each in read(flags.data_dir)]
    write(flags.out, arrays(drawings, flags.data_dir))
    print(f"{len(drawings):,} drawings, {flags.out.stat().st_size / 1e6:.1f} MB: {flags.out}")


if __name__ == "__main__":
    main()
