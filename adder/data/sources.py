"""The data sets, as tensors and drawings: read from the data folder, or downloaded into it and checked.

MNIST: LeCun, Cortes, Burges; CC BY-SA 3.0. Pen strokes: UCI 'Pen-Based Recognition of Handwritten Digits', Alpaydin
and Alimoglu 1998; CC BY 4.0. Characters: Omniglot, Lake, Salakhutdinov, Tenenbaum 2015; MIT. Doodles: 'Quick, Draw!',
Google Inc., Jongejan, Rowley, Kawashima, Kim, Fox-Gieg 2016; CC BY 4.0.
"""

import contextlib
import csv
import gzip
import io
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import cv2
import numpy as np
import torch
from torch import Tensor

from adder.data.download import DataError, fetch, is_whole, storage_error
from adder.data.synthetic import negatives
from adder.drawing import raster
from adder.drawing.strokes import Drawing, read_unipen
from adder.files import move

MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
PENDIGITS_URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/pendigits/pendigits-orig.tra.Z"
PENDIGITS_MD5 = "28e269fb7eaf8cb51af3f561743a0de5"  # of the unpacked file
QUICKDRAW_URL = "https://storage.googleapis.com/quickdraw_dataset/full/raw/"
QUICKDRAW_FIRST_BYTES = 100_000  # of each word's file; the last line, which may be incomplete, is dropped
ROTATED_TABLE = Path(__file__).with_name("rotated_characters.csv")  # rotations after which a character is no digit
QUICKDRAW_TABLE = Path(__file__).with_name("quickdraw.csv")  # words, and the key ids of doodles that look like a digit


class LabelledImages(NamedTuple):
    """Images uint8 (N, 1, 28, 28), ink 255, paper 0; digits int64 (N,), NO_DIGIT for a non-digit."""

    images: Tensor
    digits: Tensor

    def to(self, device: torch.device | str) -> "LabelledImages":
        return LabelledImages(*(tensor.to(device) for tensor in self))

    def first(self, count: int | None) -> "LabelledImages":
        return LabelledImages(*(tensor[:count] for tensor in self))


def mnist(folder: Path, *, train: bool) -> LabelledImages:
    """MNIST's 60,000 training or 10,000 test images from `folder`/MNIST/raw. DataError when there are none."""
    name = "train" if train else "t10k"
    images = np.frombuffer(mnist_file(folder, f"{name}-images-idx3-ubyte"), np.uint8, offset=16)
    digits = np.frombuffer(mnist_file(folder, f"{name}-labels-idx1-ubyte"), np.uint8, offset=8)
    images = images.reshape(-1, 1, raster.SIDE, raster.SIDE)
    return LabelledImages(torch.from_numpy(images.copy()), torch.from_numpy(digits.astype(np.int64)))


def mnist_file(folder: Path, name: str) -> bytes:
    """One of the four files, unpacked; other common names, .gz, and files directly in `folder` count too."""
    raw, md5 = folder / "MNIST" / "raw", MNIST_MD5[name]
    for place in (raw, folder / "MNIST", folder):
        for spelling in (name, name.replace("-idx", ".idx")):
            for path, unpack in ((place / spelling, bytes), (place / f"{spelling}.gz", gzip.decompress)):
                with contextlib.suppress(OSError, EOFError, zlib.error):
                    if is_whole(content := unpack(path.read_bytes()), md5):
                        return content
    return fetch(
        raw / name,
        [f"{mirror}{name}.gz" for mirror in mnist_mirrors()],
        md5,
        unpack=gzip.decompress,
        remedy=f", or put MNIST's four files ({', '.join(MNIST_MD5)}) into {raw}",
    )


def mnist_mirrors() -> list[str]:
    from torchvision.datasets import MNIST  # here: it takes seconds to import, and only a download needs it

    return MNIST.mirrors


def pendigits(folder: Path) -> list[Drawing]:
    """7,494 digits of 30 writers as strokes, from `folder`/pendigits/pendigits-orig.tra. DataError without it."""
    path = folder / "pendigits" / "pendigits-orig.tra"
    remedy = ", or train without it: --without pendigits"
    fetch(path, [PENDIGITS_URL], PENDIGITS_MD5, unpack=unpack_lzw, remedy=remedy)
    return read_unipen(path)


def unpack_lzw(packed: bytes) -> bytes:
    from unlzw3 import unlzw  # here: only a download needs it

    return unlzw(packed)


def omniglot(folder: Path, alphabets: Iterable[str] = tuple(negatives.LOOK_ALIKES), limit: int | None = None) -> Tensor:
    """Characters of these alphabets without negatives.LOOK_ALIKES, uint8 (N, 1, 28, 28); at most `limit`.

    After each alphabet come the rotated and mirrored copies that ROTATED_TABLE lists, counterclockwise, in degrees.
    From `folder`/omniglot-py/images_background: pictures of 105 x 105 px, black on white. DataError without them.
    """
    root, names = folder / "omniglot-py" / "images_background", list(alphabets)
    pictures = read_alphabets(root, names)
    if pictures is None:
        unpack_omniglot(root)
        pictures = read_alphabets(root, names)
    if pictures is None:
        raise DataError(f"{root} is damaged; delete it and run again, or train without it: --without omniglot")
    images = [as_tensor([])]
    with ThreadPool() as threads:  # OpenCV releases the interpreter
        for part in rendered(pictures, threads):
            images.append(part)
            if limit is not None and sum(map(len, images)) >= limit:
                break
    return torch.cat(images)[:limit]


def rendered(alphabets: dict[str, dict[int, list[np.ndarray]]], threads: ThreadPool) -> Iterator[Tensor]:
    """The images of each character, and after each alphabet its rotated copies."""
    for name, characters in alphabets.items():
        images = {}
        for number, pictures in characters.items():
            images[number] = as_tensor(threads.map(lambda picture: raster.to_mnist(255 - picture), pictures))
            yield images[number]
        yield from rotated(name, images)


def rotated(alphabet: str, characters: dict[int, Tensor]) -> Iterator[Tensor]:
    """The rotated and mirrored copies of an alphabet's images; `characters` holds these by number."""
    with open(ROTATED_TABLE, encoding="ascii", newline="") as table:
        for row in csv.DictReader(table):
            if row["alphabet"] == alphabet:
                images = characters[int(row["character"])]
                for degrees in row["rotated"].split():
                    yield images.rot90(int(degrees) // 90, (2, 3))
                for degrees in row["mirrored and rotated"].split():
                    yield images.flip(3).rot90(int(degrees) // 90, (2, 3))


def read_alphabets(root: Path, names: list[str]) -> dict[str, dict[int, list[np.ndarray]]] | None:
    """The pictures of each alphabet's characters, without look-alikes; None when one is missing or damaged."""
    alphabets: dict[str, dict[int, list[np.ndarray]]] = {}
    for name in names:
        files = sorted((root / name).glob("character*/*.png"))
        alphabets[name] = {}
        for file in files:
            number = int(file.parent.name.removeprefix("character"))
            if number not in negatives.LOOK_ALIKES[name]:
                content = np.fromfile(file, np.uint8)  # OpenCV cannot open a path with umlauts on Windows
                picture = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) if len(content) else None
                if picture is None:
                    return None
                alphabets[name].setdefault(number, []).append(picture)
        if not alphabets[name]:
            return None
    return alphabets


def unpack_omniglot(root: Path) -> None:
    """Replaces `root` with Omniglot's background set. DataError when that fails."""
    from torchvision.datasets import Omniglot

    packed = root.with_name("images_background.zip")
    content = fetch(
        packed,
        [f"{Omniglot.download_url_prefix}/{packed.name}"],
        Omniglot.zips_md5[root.name],
        remedy=", or train without it: --without omniglot",
    )
    temporary = root.with_name(f".{root.name}.{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(temporary)
        shutil.rmtree(root, ignore_errors=True)
        move(temporary / root.name, root)
        with contextlib.suppress(OSError):  # the packed 9 MB may stay
            packed.unlink()
    except OSError as error:
        raise storage_error(root, error, 100_000_000) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def quickdraw(folder: Path) -> dict[str, list[list[np.ndarray]]]:
    """Doodles as strokes, y down, without look-alikes: about 25 for each of 120 words, in alphabetical order.

    From `folder`/quickdraw/WORD.ndjson, one drawing per line. DataError when there are none.
    """
    doodles = {}
    with open(QUICKDRAW_TABLE, encoding="ascii", newline="") as table:
        for row in csv.DictReader(table):
            name = f"{row['word']}.ndjson"
            content = fetch(
                folder / "quickdraw" / name,
                [QUICKDRAW_URL + quote(name)],
                row["md5"],
                unpack=whole_lines,
                remedy=", or train without it: --without quickdraw",
                first_bytes=QUICKDRAW_FIRST_BYTES,
            )
            drawings = map(json.loads, content.splitlines())
            kept = [each["drawing"] for each in drawings if each["key_id"] not in row["look_alikes"].split()]
            doodles[row["word"]] = [[np.array(stroke[:2], float).T for stroke in strokes] for strokes in kept]
    return doodles


def whole_lines(content: bytes) -> bytes:
    return content[: content.rindex(b"\n")]


def as_tensor(images: list[np.ndarray | None]) -> Tensor:
    """Images (28, 28) float32 in [0, 1] -> uint8 (N, 1, 28, 28); None becomes a blank image."""
    pixels = np.zeros((len(images), 1, raster.SIDE, raster.SIDE), np.uint8)
    for row, image in zip(pixels, images, strict=True):
        if image is not None:
            row[0] = np.rint(image * 255)
    return torch.from_numpy(pixels)
