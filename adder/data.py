"""Data sets as tensors, and the batches that pair images with numbers. Knows nothing of the network.

MNIST: LeCun, Cortes, Burges; CC BY-SA 3.0. Pen strokes: UCI 'Pen-Based Recognition of Handwritten Digits', Alpaydin
and Alimoglu 1998; CC BY 4.0. Characters: Omniglot, Lake, Salakhutdinov, Tenenbaum 2015; MIT. What is not in the data
folder is downloaded into it.
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

from adder import image, nondigits
from adder.strokes import Drawing, draw, read_unipen, vary

MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
PENDIGITS_URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/pendigits/pendigits-orig.tra.Z"
PENDIGITS_MD5 = "28e269fb7eaf8cb51af3f561743a0de5"  # of the unpacked file
OPTIONAL = ("pendigits", "omniglot")  # sets that a run can do without

VALIDATION_SHARE = 12  # every twelfth of MNIST's training images: 5,000
VALIDATION_WRITERS = 5  # every fifth
NO_DIGIT = -1  # in the place of a digit or a sum


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


class Batch(NamedTuple):
    """Images float32 (B, 1, 28, 28) in [0, 1]; digits, numbers and sums int64 (B,), -1 where there is no digit."""

    images: Tensor
    digits: Tensor
    numbers: Tensor
    sums: Tensor


class Training:
    """MNIST as it is; every drawing drawn anew for every epoch; and non-digits, of which some are invented anew."""

    REPEATS = 2  # of drawings and characters in an epoch; the augmentation tells them apart
    INVENTED = 6000

    def __init__(self, mnist: Split, drawings: list[Drawing], characters: Tensor, *, invented: int, limit: int | None):
        self.mnist, self.drawings, self.characters = mnist.first(limit), drawings[:limit], characters[:limit]
        self.invented = invented if limit is None else min(invented, limit // 8)

    def __len__(self) -> int:
        """Images in an epoch."""
        again = self.REPEATS * (len(self.drawings) + len(self.characters))
        return len(self.mnist.digits) + self.invented + again

    def epoch(self, seed: int) -> Split:
        """The epoch's images and digits, on the CPU; how they are drawn depends on the seed alone."""
        rng = np.random.default_rng(seed)
        strokes = [drawing.strokes for drawing in self.drawings]
        drawn = [draw_by_chance(each, rng) for each in strokes]
        invented = [draw_by_chance(nondigits.invent(rng, strokes), rng) for _ in range(self.invented)]
        digits = torch.tensor([drawing.digit for drawing in self.drawings], dtype=torch.long)
        parts = [self.mnist, no_digits(as_tensor(invented))]
        parts += [Split(as_tensor(drawn), digits), no_digits(self.characters)] * self.REPEATS
        return Split(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))


class Sets(NamedTuple):
    """What a run learns from, is chosen by and is reported on; `drawn` and `foreign` are empty without their sets."""

    training: Training
    validation: Split  # of MNIST
    drawn: Split  # digits of the validation writers, as strokes
    foreign: Split  # characters of the validation alphabets, without look-alikes
    test: Split  # of MNIST

    def counts(self) -> dict[str, int]:
        """How many images or drawings of each kind there are, for the record."""
        kinds = {"mnist": self.training.mnist.digits, "drawings": self.training.drawings}
        kinds |= {"characters": self.training.characters, "validation mnist": self.validation.digits}
        kinds |= {"validation drawings": self.drawn.digits, "validation characters": self.foreign.digits}
        counts = {name: len(images) for name, images in kinds.items()}
        return counts | {"invented non-digits an epoch": self.training.invented, "test mnist": len(self.test.digits)}


def load(
    folder: Path,
    drawings: bool = True,
    characters: bool = True,
    *,
    without: tuple[str, ...] = (),
    all_writers: bool = False,
    limit: int | None = None,
) -> Sets:
    """What a run needs beside MNIST: drawings or not, characters (and other non-digits) or not. Raises DataError.

    `without` leaves sets of OPTIONAL out, `all_writers` adds the validation writers to the training, where they stay
    in `drawn` too; with a limit, at most so many images of each set are taken.
    """
    training, validation = hold_out(mnist(folder, train=True))
    writers = [] if "pendigits" in without else pendigits(folder)
    held_out = [drawing for drawing in writers if drawing.writer % VALIDATION_WRITERS == 0]
    learned = writers if all_writers else [d for d in writers if d.writer % VALIDATION_WRITERS]
    drawn = as_tensor([image.strokes_to_mnist(drawing.strokes) for drawing in held_out])
    alphabets = omniglot(folder) if characters and "omniglot" not in without else {}
    foreign = [alphabets.pop(name) for name in nondigits.VALIDATION_ALPHABETS if name in alphabets]
    nothing = as_tensor([])
    return Sets(
        Training(
            training,
            learned if drawings else [],
            torch.cat([nothing, *alphabets.values()]),
            invented=Training.INVENTED if characters else 0,
            limit=limit,
        ),
        validation.first(limit),
        Split(drawn, torch.tensor([drawing.digit for drawing in held_out], dtype=torch.long)).first(limit),
        no_digits(torch.cat([nothing, *foreign])).first(limit),
        mnist(folder, train=False).first(limit),
    )


def mnist(folder: Path, *, train: bool) -> Split:
    """MNIST's 60,000 training or 10,000 test images from `folder`/MNIST/raw. Raises DataError."""
    from torchvision.datasets import MNIST  # here, for it takes seconds to import and few need it

    raw = folder / "MNIST" / "raw"
    with told_clearly("MNIST", raw, megabytes=66):
        if not all((raw / name).exists() for name in MNIST_MD5):
            MNIST(folder, download=True)
        for name, md5 in MNIST_MD5.items():
            check(raw / name, md5)
        images = MNIST(folder, train=train)
    return Split(images.data[:, None], images.targets)


def pendigits(folder: Path) -> list[Drawing]:
    """7,494 digits of 30 writers as strokes, from `folder`/pendigits/pendigits-orig.tra. Raises DataError."""
    path = folder / "pendigits" / "pendigits-orig.tra"
    with told_clearly("the pen strokes", path, megabytes=6, flag="--without pendigits"):
        if not path.exists():
            from torchvision.datasets.utils import download_url
            from unlzw3 import unlzw

            packed = path.with_suffix(".tra.Z")
            download_url(PENDIGITS_URL, str(packed.parent), packed.name)
            path.write_bytes(unlzw(packed.read_bytes()))
            packed.unlink()
        check(path, PENDIGITS_MD5)
        return read_unipen(path)


def omniglot(folder: Path) -> dict[str, Tensor]:
    """Characters of the alphabets in nondigits.LOOK_ALIKES, without look-alikes, as uint8 (N, 1, 28, 28).

    From `folder`/omniglot-py/images_background, pictures 105 x 105, black on white. Raises DataError.
    """
    root = folder / "omniglot-py" / "images_background"
    alphabets = {}
    with told_clearly("Omniglot", root, megabytes=100, flag="--without omniglot"):
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


def check(path: Path, md5: str) -> None:
    if hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != md5:
        raise DataError(f"{path} is damaged (its md5 is not {md5}); delete it and run again to download it")


@contextmanager
def told_clearly(what: str, place: Path, *, megabytes: int, flag: str | None = None) -> Iterator[None]:
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


def hold_out(training: Split) -> tuple[Split, Split]:
    """(training, validation): a fixed twelfth held out, with every digit in proportion."""
    order = torch.randperm(len(training.digits), generator=torch.Generator().manual_seed(0))
    order = order[training.digits[order].argsort(stable=True)]
    held_out = torch.zeros(len(order), dtype=torch.bool)
    held_out[order[::VALIDATION_SHARE]] = True
    return (Split(*(tensor[~held_out] for tensor in training)), Split(*(tensor[held_out] for tensor in training)))


def draw_by_chance(strokes: list[np.ndarray], rng: np.random.Generator) -> np.ndarray | None:
    """Strokes by another hand -> image (28, 28), drawn as the page does but with any pen, or as ink of any size."""
    strokes = vary(strokes, rng)
    if rng.random() < 0.7:
        return image.strokes_to_mnist(strokes, width=rng.uniform(1.8, 3.6))
    canvas = int(rng.integers(60, 400))
    size = canvas * rng.uniform(0.25, 0.95)
    brush = max(1.5, size * rng.uniform(0.02, 0.2))
    return image.to_mnist(draw(strokes, canvas=canvas, size=size, brush=brush))


def as_tensor(images: list[np.ndarray | None]) -> Tensor:
    """Images (28, 28) float32 -> uint8 (N, 1, 28, 28); for a None, which is a blank, an image without ink."""
    pixels = np.zeros((len(images), 1, image.SIDE, image.SIDE), np.uint8)
    for place, drawn in zip(pixels, images, strict=True):
        if drawn is not None:
            place[0] = np.rint(drawn * 255)
    return torch.from_numpy(pixels)


def no_digits(images: Tensor) -> Split:
    return Split(images, torch.full((len(images),), NO_DIGIT))


def batches(split: Split, size: int) -> Iterator[Batch]:
    """One epoch in random order, on the split's device: every image with a fresh random number 0..9 and the true sum.

    All batches are full, so up to `size` - 1 images, others every epoch, sit out. torch's generator decides.
    """
    count, device = len(split.digits), split.digits.device
    size = min(size, count)
    for chosen in torch.randperm(count, device=device)[: count - count % size].view(-1, size):
        digits = split.digits[chosen]
        numbers = torch.randint(10, (size,), device=device)
        sums = torch.where(digits == NO_DIGIT, NO_DIGIT, digits + numbers)
        yield Batch(split.images[chosen].float() / 255, digits, numbers, sums)
