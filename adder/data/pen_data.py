"""The pen strokes and characters in strokes.npz: what networks learn from and are judged by, besides MNIST.

`python -m adder.data.pack` makes the file; LICENCES.md beside it names sources and licences. It holds plain arrays:

    points   uint8 (P, 2)        x right, y down; the longer side of each drawing is 255
    lengths  uint16 (S,)         points of each stroke
    strokes  uint8 (N,)          strokes of each drawing
    label    int8 (N,)           0..9, or NO_DIGIT
    sign     uint8 (N,)          what was drawn, as an index into `signs`: a character or a word
    writer   uint16 (N,)         a number for each person
    source   uint8 (N,)          an index into `sources`
    split    uint8 (N,)          TRAINING, VALIDATION or TEST, the same for all drawings of a writer or a word
    images   uint8 (M, 28, 28)   characters of Omniglot, with image_alphabet, image_number and image_split
"""

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from adder.drawing.strokes import Drawing

PATH = Path(__file__).with_name("strokes.npz")
ROTATED_TABLE = Path(__file__).with_name("rotated_characters.csv")  # rotations after which a character is no digit
TRAINING, VALIDATION, TEST = range(3)


@cache
def arrays() -> dict[str, np.ndarray]:
    with np.load(PATH, allow_pickle=False) as packed:
        return {name: packed[name] for name in packed}


def drawings(split: int, source: str = "") -> list[Drawing]:
    """The drawings of a split whose source begins with `source`: pendigits, quickdraw, or unipen and a site."""
    stored = arrays()
    chosen = (stored["split"] == split) & np.char.startswith(stored["sources"], source)[stored["source"]]
    ends = stored["lengths"].cumsum(dtype=int)  # of the strokes, in points
    last = stored["strokes"].cumsum(dtype=int)  # of the drawings, in strokes
    found = []
    for index in np.flatnonzero(chosen):
        first = last[index] - stored["strokes"][index]
        start = ends[first] - stored["lengths"][first]
        points = stored["points"][start : ends[last[index] - 1]].astype(np.float64)
        strokes = np.split(points, ends[first : last[index] - 1] - start)
        found.append(Drawing(int(stored["label"][index]), int(stored["writer"][index]), strokes))
    return found


def names(split: int) -> dict[str, list[str]]:
    """The words and alphabets of a split."""
    stored = arrays()
    is_word = (stored["split"] == split) & (stored["sources"] == "quickdraw")[stored["source"]]
    return {
        "words": stored["signs"][np.unique(stored["sign"][is_word])].tolist(),
        "alphabets": stored["alphabets"][np.unique(stored["image_alphabet"][stored["image_split"] == split])].tolist(),
    }


def characters(split: int) -> Tensor:
    """Omniglot's characters of a split, then the rotated and mirrored copies of ROTATED_TABLE; uint8 (N, 1, 28, 28)."""
    stored = arrays()
    chosen = stored["image_split"] == split
    images = torch.from_numpy(stored["images"][chosen])[:, None]
    alphabets = stored["alphabets"][stored["image_alphabet"][chosen]]
    return torch.cat([images, *rotated(images, alphabets, stored["image_number"][chosen])])


def rotated(images: Tensor, alphabets: np.ndarray, numbers: np.ndarray) -> Iterator[Tensor]:
    """Copies of the images, rotated counterclockwise by some degrees, or mirrored first, as ROTATED_TABLE lists."""
    with open(ROTATED_TABLE, encoding="ascii", newline="") as table:
        for row in csv.DictReader(table):
            copies = images[torch.from_numpy((alphabets == row["alphabet"]) & (numbers == int(row["character"])))]
            for degrees in row["rotated"].split():
                yield copies.rot90(int(degrees) // 90, (2, 3))
            for degrees in row["mirrored and rotated"].split():
                yield copies.flip(3).rot90(int(degrees) // 90, (2, 3))
