"""Data sets as tensors, and the batches that pair images with numbers. Knows nothing of the network.

MNIST: LeCun, Cortes, Burges; CC BY-SA 3.0; read and downloaded through torchvision.
"""

import errno
import hashlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
VALIDATION_SHARE = 12  # every twelfth training image: 5,000 of 60,000


class DataError(Exception):
    """Data that cannot be had or read; the message names the file and the remedy."""


class Split(NamedTuple):
    """Images uint8 (N, 1, 28, 28), ink 255, paper 0; digits int64 (N,)."""

    images: Tensor
    digits: Tensor

    def to(self, device: torch.device | str) -> "Split":
        return Split(*(tensor.to(device) for tensor in self))

    def first(self, count: int | None) -> "Split":
        return Split(*(tensor[:count] for tensor in self))


class Splits(NamedTuple):
    training: Split
    validation: Split
    test: Split


class Batch(NamedTuple):
    """Images float32 (B, 1, 28, 28) in [0, 1]; digits, numbers and sums int64 (B,)."""

    images: Tensor
    digits: Tensor
    numbers: Tensor
    sums: Tensor


def load(folder: Path, *, limit: int | None = None) -> Splits:
    """MNIST in three parts; with a limit, only so many images of each. Raises DataError."""
    training, validation = hold_out(mnist(folder, train=True))
    return Splits(*(split.first(limit) for split in (training, validation, mnist(folder, train=False))))


def mnist(folder: Path, *, train: bool) -> Split:
    """MNIST's 60,000 training or 10,000 test images from `folder`/MNIST/raw, downloaded when they are not there.

    Raises DataError when they cannot be downloaded, written or read, or differ from the originals.
    """
    from torchvision.datasets import MNIST  # here, for it takes seconds to import and few need it

    raw = folder / "MNIST" / "raw"
    try:
        if not all((raw / name).exists() for name in MNIST_MD5):
            print(f"MNIST is not in {raw}: downloading it (11 MB)")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                MNIST(folder, train=train, download=True)
        for name, md5 in MNIST_MD5.items():
            if hashlib.md5((raw / name).read_bytes(), usedforsecurity=False).hexdigest() != md5:
                raise DataError(
                    f"{raw / name} is damaged (its md5 is not {md5}); delete it and run again to download it"
                )
        images = MNIST(folder, train=train)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(
                f"the disk is full: no room for MNIST (66 MB) in {raw}; free some, or use --data-dir"
            ) from error
        if isinstance(error, (PermissionError, FileExistsError, NotADirectoryError)) or error.errno == errno.EROFS:
            raise DataError(f"{raw} cannot be read or written ({error.strerror}); use --data-dir") from error
        raise _unreachable(raw) from error
    except RuntimeError as error:
        raise _unreachable(raw) from error
    return Split(images.data[:, None], images.targets)


def _unreachable(raw: Path) -> DataError:
    return DataError(
        f"MNIST is not in {raw} and could not be downloaded; connect to the network, or name the folder "
        "that holds MNIST/raw with --data-dir or the variable ADDER_DATA"
    )


def hold_out(training: Split) -> tuple[Split, Split]:
    """(training, validation): a fixed twelfth held out, with every digit in proportion."""
    order = torch.randperm(len(training.digits), generator=torch.Generator().manual_seed(0))
    order = order[training.digits[order].argsort(stable=True)]
    held_out = torch.zeros(len(order), dtype=torch.bool)
    held_out[order[::VALIDATION_SHARE]] = True
    return (Split(*(tensor[~held_out] for tensor in training)), Split(*(tensor[held_out] for tensor in training)))


def batches(split: Split, size: int) -> Iterator[Batch]:
    """One epoch in random order, on the split's device: every image with a fresh random number 0..9 and the true sum.

    All batches are full, so up to `size` - 1 images, others every epoch, sit out. torch's generator decides.
    """
    count, device = len(split.digits), split.digits.device
    size = min(size, count)
    for chosen in torch.randperm(count, device=device)[: count - count % size].view(-1, size):
        digits = split.digits[chosen]
        numbers = torch.randint(10, (size,), device=device)
        yield Batch(split.images[chosen].float() / 255, digits, numbers, digits + numbers)
