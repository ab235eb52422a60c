"""MNIST, read by torchvision from the data folder, or downloaded into it. LeCun, Cortes, Burges; CC BY-SA 3.0."""

from pathlib import Path

import torch
from torchvision.datasets import MNIST

from adder.data.images import LabelledImages

VALIDATION_NTH_IMAGE = 12  # every 12th of the training images, of each digit: 5,000


class DataError(Exception):
    """Data cannot be read or made; the message says what to do."""


def load(folder: Path, *, train: bool) -> LabelledImages:
    """The 60,000 training or 10,000 test images from `folder`/MNIST/raw. DataError when they cannot be read."""
    raw = folder / "MNIST" / "raw"
    try:
        mnist = MNIST(folder, train=train, download=True)
        images, digits = mnist.data[:, None], mnist.targets
    except OSError as error:
        raise DataError(f"{raw}: {error.strerror or error}; name another folder with --data-dir") from error
    except Exception as error:  # torchvision raises RuntimeError for a failed download, and others for damaged files
        reason = " ".join(str(error).split()) or "a file is damaged"
        raise DataError(
            f"MNIST is not in {raw}, and could not be downloaded ({reason[:300]}); put its four files there, as "
            "torchvision names them, or delete the folder and try again"
        ) from error
    expected = 60_000 if train else 10_000
    if not len(images) == len(digits) == expected:
        raise DataError(f"{raw} holds {len(images):,} images, not {expected:,}; delete it, and it is downloaded again")
    return LabelledImages(images, digits)


def training_and_validation(folder: Path) -> tuple[LabelledImages, LabelledImages]:
    """MNIST's training images: 55,000 to train on, and a fixed twelfth of each digit for validation. DataError."""
    images = load(folder, train=True)
    order = torch.randperm(len(images.digits), generator=torch.Generator().manual_seed(0))
    order = order[images.digits[order].argsort(stable=True)]
    is_validation = torch.zeros(len(order), dtype=torch.bool)
    is_validation[order[::VALIDATION_NTH_IMAGE]] = True
    return (
        LabelledImages(*(tensor[~is_validation] for tensor in images)),
        LabelledImages(*(tensor[is_validation] for tensor in images)),
    )
