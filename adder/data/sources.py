"""The data sets, read from the data folder or downloaded into it, checked, as tensors and drawings.

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
QUICKDRAW_FIRST = 100_000  # bytes of each word's file, to the end of the last whole line
TURNED_TABLE = Path(__file__).with_name("turned.csv")  # by how much a character may be turned and be no digit
QUICKDRAW_TABLE = Path(__file__).with_name("quickdraw.csv")  # its words, and the key ids of what reads as a digit


class Split(NamedTuple):
    """Images uint8 (N, 1, 28, 28), ink 255, paper 0; digits int64 (N,), -1 where the image is not a digit."""

    images: Tensor
    digits: Tensor

    def to(self, device: torch.device | str) -> "Split":
        return Split(*(tensor.to(device) for tensor in self))

    def first(self, count: int | None) -> "Split":
        return Split(*(tensor[:count] for tensor in self))


def mnist(folder: Path, *, train: bool) -> Split:
    """MNIST's 60,000 training or 10,000 test images from `folder`/MNIST/raw. Raises DataError."""
    name = "train" if train else "t10k"
    images = np.frombuffer(mnist_file(folder, f"{name}-images-idx3-ubyte"), np.uint8, offset=16)
    digits = np.frombuffer(mnist_file(folder, f"{name}-labels-idx1-ubyte"), np.uint8, offset=8)
    images = images.reshape(-1, 1, raster.SIDE, raster.SIDE)
    return Split(torch.from_numpy(images.copy()), torch.from_numpy(digits.astype(np.int64)))


def mnist_file(folder: Path, name: str) -> bytes:
    """One of the four files, unpacked; also by the names that others give it, as .gz, or straight in `folder`."""
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
    from torchvision.datasets import MNIST  # here, for it takes seconds to import and few need it

    return MNIST.mirrors


def pendigits(folder: Path) -> list[Drawing]:
    """7,494 digits of 30 writers as strokes, from `folder`/pendigits/pendigits-orig.tra. Raises DataError."""
    path = folder / "pendigits" / "pendigits-orig.tra"
    remedy = ", or train without it by --without pendigits"
    fetch(path, [PENDIGITS_URL], PENDIGITS_MD5, unpack=unpack_lzw, remedy=remedy)
    return read_unipen(path)


def unpack_lzw(packed: bytes) -> bytes:
    from unlzw3 import unlzw  # here: only the download needs it

    return unlzw(packed)


def omniglot(folder: Path, alphabets: Iterable[str] = tuple(negatives.LOOK_ALIKES), limit: int | None = None) -> Tensor:
    """Characters of these alphabets, without negatives.LOOK_ALIKES, as uint8 (N, 1, 28, 28); at most `limit` of them.

    After an alphabet's characters come those of TURNED_TABLE, turned counterclockwise, and mirrored first, by so many
    degrees as it says. From `folder`/omniglot-py/images_background, pictures 105 x 105, black on white. Raises
    DataError.
    """
    root, names = folder / "omniglot-py" / "images_background", list(alphabets)
    pictures = read_alphabets(root, names)
    if pictures is None:
        unpack_omniglot(root)
        pictures = read_alphabets(root, names)
    if pictures is None:
        raise DataError(f"{root} is damaged; delete it and run again, or train without it by --without omniglot")
    images = [as_tensor([])]
    with ThreadPool() as threads:  # OpenCV lets others go on
        for part in rendered(pictures, threads):
            images.append(part)
            if limit is not None and sum(map(len, images)) >= limit:
                break
    return torch.cat(images)[:limit]


def rendered(alphabets: dict[str, dict[int, list[np.ndarray]]], threads: ThreadPool) -> Iterator[Tensor]:
    """Character by character, and after each alphabet what is turned of it."""
    for name, characters in alphabets.items():
        drawn = {}
        for number, pictures in characters.items():
            drawn[number] = as_tensor(threads.map(lambda picture: raster.to_mnist(255 - picture), pictures))
            yield drawn[number]
        yield from turned(name, drawn)


def turned(alphabet: str, characters: dict[int, Tensor]) -> Iterator[Tensor]:
    """What TURNED_TABLE makes of an alphabet's images, by the characters' numbers."""
    with open(TURNED_TABLE, encoding="ascii", newline="") as table:
        for row in csv.DictReader(table):
            if row["alphabet"] == alphabet:
                images = characters[int(row["character"])]
                for degrees in row["turned"].split():
                    yield images.rot90(int(degrees) // 90, (2, 3))
                for degrees in row["mirrored and turned"].split():
                    yield images.flip(3).rot90(int(degrees) // 90, (2, 3))


def read_alphabets(root: Path, names: list[str]) -> dict[str, dict[int, list[np.ndarray]]] | None:
    """The pictures of each alphabet's characters, without look-alikes; None where one is missing or damaged."""
    alphabets: dict[str, dict[int, list[np.ndarray]]] = {}
    for name in names:
        files = sorted((root / name).glob("character*/*.png"))
        alphabets[name] = {}
        for file in files:
            number = int(file.parent.name.removeprefix("character"))
            if number not in negatives.LOOK_ALIKES[name]:
                content = np.fromfile(file, np.uint8)  # OpenCV's own functions know no umlauts in a path on Windows
                picture = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) if len(content) else None
                if picture is None:
                    return None
                alphabets[name].setdefault(number, []).append(picture)
        if not alphabets[name]:
            return None
    return alphabets


def unpack_omniglot(root: Path) -> None:
    """Puts Omniglot's background set at `root`, in the place of what is there. Raises DataError."""
    from torchvision.datasets import Omniglot

    packed = root.with_name("images_background.zip")
    content = fetch(
        packed,
        [f"{Omniglot.download_url_prefix}/{packed.name}"],
        Omniglot.zips_md5[root.name],
        remedy=", or train without it by --without omniglot",
    )
    temporary = root.with_name(f".{root.name}.{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(temporary)
        shutil.rmtree(root, ignore_errors=True)
        move(temporary / root.name, root)
        with contextlib.suppress(OSError):  # 9 MB, which are in nobody's way
            packed.unlink()
    except OSError as error:
        raise storage_error(root, error, 100_000_000) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def quickdraw(folder: Path) -> dict[str, list[list[np.ndarray]]]:
    """Doodles as strokes, y down, by word, without look-alikes: some 25 of each of 120 words, in alphabetical order.

    From `folder`/quickdraw/WORD.ndjson, a drawing a line. Raises DataError.
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
                remedy=", or train without it by --without quickdraw",
                first=QUICKDRAW_FIRST,
            )
            drawings = map(json.loads, content.splitlines())
            kept = [each["drawing"] for each in drawings if each["key_id"] not in row["look_alikes"].split()]
            doodles[row["word"]] = [[np.array(stroke[:2], float).T for stroke in strokes] for strokes in kept]
    return doodles


def whole_lines(content: bytes) -> bytes:
    return content[: content.rindex(b"\n")]


def as_tensor(images: list[np.ndarray | None]) -> Tensor:
    """Images (28, 28) float32 -> uint8 (N, 1, 28, 28); for a None, which is a blank, an image without ink."""
    pixels = np.zeros((len(images), 1, raster.SIDE, raster.SIDE), np.uint8)
    for place, drawn in zip(pixels, images, strict=True):
        if drawn is not None:
            place[0] = np.rint(drawn * 255)
    return torch.from_numpy(pixels)
