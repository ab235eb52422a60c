"""The data sets, read from the data folder or downloaded into it, checked, as tensors and drawings.

MNIST: LeCun, Cortes, Burges; CC BY-SA 3.0. Pen strokes: UCI 'Pen-Based Recognition of Handwritten Digits', Alpaydin
and Alimoglu 1998; CC BY 4.0. Characters: Omniglot, Lake, Salakhutdinov, Tenenbaum 2015; MIT.
"""

import errno
import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from adder.drawing import image
from adder.drawing.strokes import Drawing, read_unipen
from adder.learning import nondigits

MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
PENDIGITS_URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/pendigits/pendigits-orig.tra.Z"
PENDIGITS_MD5 = "28e269fb7eaf8cb51af3f561743a0de5"  # of the unpacked file


class DataError(Exception):
    """Data that cannot be had or read; the message names the file and the remedy."""


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
    from torchvision.datasets import MNIST  # here, for it takes seconds to import and few need it

    raw = folder / "MNIST" / "raw"
    with translate_errors("MNIST", raw, megabytes=66):
        if not all((raw / name).exists() for name in MNIST_MD5):
            MNIST(folder, download=True)
        for name, md5 in MNIST_MD5.items():
            verify_md5(raw / name, md5)
        images = MNIST(folder, train=train)
    return Split(images.data[:, None], images.targets)


def pendigits(folder: Path) -> list[Drawing]:
    """7,494 digits of 30 writers as strokes, from `folder`/pendigits/pendigits-orig.tra. Raises DataError."""
    path = folder / "pendigits" / "pendigits-orig.tra"
    with translate_errors("the pen strokes", path, megabytes=6, flag="--without pendigits"):
        if not path.exists():
            from torchvision.datasets.utils import download_url
            from unlzw3 import unlzw

            packed = path.with_suffix(".tra.Z")
            download_url(PENDIGITS_URL, str(packed.parent), packed.name)
            path.write_bytes(unlzw(packed.read_bytes()))
            packed.unlink()
        verify_md5(path, PENDIGITS_MD5)
        return read_unipen(path)


def omniglot(folder: Path) -> dict[str, Tensor]:
    """Characters of the alphabets in nondigits.LOOK_ALIKES, without look-alikes, as uint8 (N, 1, 28, 28).

    From `folder`/omniglot-py/images_background, pictures 105 x 105, black on white. Raises DataError.
    """
    root = folder / "omniglot-py" / "images_background"
    alphabets = {}
    with translate_errors("Omniglot", root, megabytes=100, flag="--without omniglot"):
        if not root.is_dir():
            from torchvision.datasets import Omniglot

            Omniglot(folder, background=True, download=True)
        for name, look_alikes in nondigits.LOOK_ALIKES.items():
            files = sorted((root / name).glob("character*/*.png"))
            files = [file for file in files if int(file.parent.name.removeprefix("character")) not in look_alikes]
            pictures = [cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for file in files]
            if not files or any(picture is None for picture in pictures):
                raise DataError(f"{root / name} is missing or damaged; delete {folder / 'omniglot-py'} and run again")
            alphabets[name] = as_tensor([image.to_mnist(255 - picture) for picture in pictures])
    return alphabets


def verify_md5(path: Path, md5: str) -> None:
    if hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != md5:
        raise DataError(f"{path} is damaged (its md5 is not {md5}); delete it and run again to download it")


@contextmanager
def translate_errors(what: str, place: Path, *, megabytes: int, flag: str | None = None) -> Iterator[None]:
    """Turns what downloading and reading may raise into one DataError that says what to do."""
    go_without = f", or go without by {flag}" if flag else ""
    absent = (
        f"{what} cannot be downloaded and is not in {place}; connect to the network, or name another data folder "
        f"with --data-dir or the variable ADDER_DATA{go_without}"
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a mirror that failed before another answered
            yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            message = f"the disk is full: {what} needs {megabytes} MB in {place}; free some, or use --data-dir"
            raise DataError(message) from error
        if isinstance(error, PermissionError | NotADirectoryError | FileExistsError) or error.errno == errno.EROFS:
            raise DataError(f"{place} cannot be read or written: {error.strerror}; use --data-dir") from error
        raise DataError(absent) from error
    except (RuntimeError, ImportError) as error:
        raise DataError(absent) from error


def as_tensor(images: list[np.ndarray | None]) -> Tensor:
    """Images (28, 28) float32 -> uint8 (N, 1, 28, 28); for a None, which is a blank, an image without ink."""
    pixels = np.zeros((len(images), 1, image.SIDE, image.SIDE), np.uint8)
    for place, drawn in zip(pixels, images, strict=True):
        if drawn is not None:
            place[0] = np.rint(drawn * 255)
    return torch.from_numpy(pixels)
