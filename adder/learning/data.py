"""What a run learns from and is judged by, and the batches that pair images with numbers. Knows no network."""

from collections.abc import Iterator, Sequence, Sized
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from adder.drawing import collection, image
from adder.drawing.strokes import NO_DIGIT, Drawing, augment_strokes, draw
from adder.learning import nondigits
from adder.learning.sources import Split, as_tensor, mnist, omniglot, pendigits

OPTIONAL = ("pendigits", "omniglot")  # sets that a run can do without

VALIDATION_SHARE = 12  # every twelfth of MNIST's training images: 5,000
VALIDATION_WRITERS = 5  # every fifth
EXAMPLES_BY = 25  # the writer of the page's examples, of whom no network learns


class Batch(NamedTuple):
    """Images uint8 (B, 1, 28, 28), ink 255; digits, numbers and sums int64 (B,), -1 where there is no digit."""

    images: Tensor
    digits: Tensor
    numbers: Tensor
    sums: Tensor


class Drawn(Dataset):
    """What every epoch draws anew, in PARTS that depend on their seeds alone, so that processes can share them.

    Item (seed, part), of the epoch's seed and 0 <= part < PARTS, is a Split on the CPU.
    """

    PARTS = 16

    def __init__(self, drawings: list[Drawing], *, invented: int):
        self.drawings, self.invented = drawings, invented

    def __len__(self) -> int:
        """Images in an epoch."""
        return len(self.drawings) + self.invented

    def __getitem__(self, key: tuple[int, int]) -> Split:
        part = key[1]
        rng = np.random.default_rng(key)
        drawings = self.drawings[part :: self.PARTS]
        digits = torch.tensor([drawing.digit for drawing in drawings], dtype=torch.long)
        drawn = Split(as_tensor([render_randomly(drawing.strokes, rng) for drawing in drawings]), digits)
        strokes = [drawing.strokes for drawing in self.drawings if drawing.digit != NO_DIGIT]
        count = len(range(part, self.invented, self.PARTS))
        invented = [render_randomly(nondigits.invent(rng, strokes), rng) for _ in range(count)]
        return concatenate([drawn] * Training.REPEATS + [as_non_digits(as_tensor(invented))])


class Training:
    """MNIST as it is; every drawing drawn anew for every epoch; and non-digits, of which some are invented anew."""

    REPEATS = 2  # of drawings and characters in an epoch; the augmentation tells them apart
    INVENTED = 6000

    def __init__(self, mnist: Split, drawings: list[Drawing], characters: Tensor, *, invented: int, limit: int | None):
        self.mnist, self.characters = mnist.first(limit), characters[:limit]
        self.fixed = concatenate([self.mnist] + [as_non_digits(self.characters)] * self.REPEATS)
        self.drawn = Drawn(drawings[:limit], invented=invented if limit is None else min(invented, limit // 8))

    def __len__(self) -> int:
        """Images in an epoch."""
        return len(self.fixed.digits) + self.REPEATS * len(self.drawn.drawings) + self.drawn.invented

    def epochs(self, seeds: Sequence[int], device: torch.device, *, workers: int = 0) -> Iterator[Split]:
        """Each seed's epoch, images and digits on the device; drawn ahead by so many processes, or here by none.

        What is drawn depends on the seed alone. The processes end with the iterator, and with this process.
        """
        fixed = self.fixed.to(device)
        keys = [(seed, part) for seed in seeds for part in range(Drawn.PARTS)]
        parts: Iterator[Split] = iter(
            DataLoader(
                self.drawn,
                batch_size=None,
                sampler=keys,
                num_workers=workers,
                worker_init_fn=use_one_thread,
                multiprocessing_context="spawn" if workers else None,
            )
        )
        for _ in seeds:
            yield concatenate([fixed, *(part.to(device) for part in islice(parts, Drawn.PARTS))])


class Sets(NamedTuple):
    """What a run learns from, is chosen by and is reported on; `drawn`, `characters` may be empty."""

    training: Training
    validation: Split  # of MNIST
    drawn: Split  # digits of the validation writers, as strokes
    characters: Split  # characters of the validation alphabets, without look-alikes
    test: Split  # of MNIST

    def non_digits(self) -> dict[str, Split]:
        """What a network should refuse and has not learned from, by its kind."""
        return {"characters": self.characters}

    def counts(self) -> dict[str, int]:
        """How many images or drawings of each kind there are, for the record."""
        kinds: dict[str, Sized] = {"mnist": self.training.mnist.digits, "drawings": self.training.drawn.drawings}
        kinds |= {"characters": self.training.characters, "validation mnist": self.validation.digits}
        kinds |= {"validation drawings": self.drawn.digits, "validation characters": self.characters.digits}
        counts = {name: len(images) for name, images in kinds.items()}
        return counts | {
            "invented non-digits an epoch": self.training.drawn.invented,
            "test mnist": len(self.test.digits),
        }


def load(
    folder: Path,
    drawings: bool = True,
    characters: bool = True,
    *,
    without: tuple[str, ...] = (),
    all_writers: bool = False,
    limit: int | None = None,
    extra: tuple[str, ...] = (),
) -> Sets:
    """What a run needs beside MNIST: drawings or not, characters (and other non-digits) or not. Raises DataError.

    `without` leaves sets of OPTIONAL out, `all_writers` adds the validation writers, but EXAMPLES_BY, to the training,
    where they stay in `drawn` too; with a limit, at most so many images of each set are taken. `extra` names files of
    collected drawings, which are trained on whatever else is; ValueError for one that cannot be read.
    """
    collected = [drawing for path in extra for drawing in collection.load(path)]
    training, validation = split_validation(mnist(folder, train=True))
    writers = [] if "pendigits" in without else pendigits(folder)
    held_out = [drawing for drawing in writers if drawing.writer % VALIDATION_WRITERS == 0]
    learned = [d for d in writers if d.writer != EXAMPLES_BY and (all_writers or d.writer % VALIDATION_WRITERS)]
    drawn = as_tensor([image.strokes_to_mnist(drawing.strokes) for drawing in held_out])
    alphabets = omniglot(folder) if characters and "omniglot" not in without else {}
    validation_characters = [alphabets.pop(name) for name in nondigits.VALIDATION_ALPHABETS if name in alphabets]
    nothing = as_tensor([])
    return Sets(
        Training(
            training,
            collected + (learned if drawings else []),
            torch.cat([nothing, *alphabets.values()]),
            invented=Training.INVENTED if characters else 0,
            limit=limit,
        ),
        validation.first(limit),
        Split(drawn, torch.tensor([drawing.digit for drawing in held_out], dtype=torch.long)).first(limit),
        as_non_digits(torch.cat([nothing, *validation_characters])).first(limit),
        mnist(folder, train=False).first(limit),
    )


def split_validation(training: Split) -> tuple[Split, Split]:
    """(training, validation): a fixed twelfth held out, with every digit in proportion."""
    order = torch.randperm(len(training.digits), generator=torch.Generator().manual_seed(0))
    order = order[training.digits[order].argsort(stable=True)]
    held_out = torch.zeros(len(order), dtype=torch.bool)
    held_out[order[::VALIDATION_SHARE]] = True
    return (Split(*(tensor[~held_out] for tensor in training)), Split(*(tensor[held_out] for tensor in training)))


def render_randomly(strokes: list[np.ndarray], rng: np.random.Generator) -> np.ndarray | None:
    """Strokes by another hand -> image (28, 28), drawn as the page does but with any pen, or as ink of any size."""
    strokes = augment_strokes(strokes, rng)
    if rng.random() < 0.7:
        return image.strokes_to_mnist(strokes, width=rng.uniform(1.8, 3.6))
    canvas = int(rng.integers(60, 400))
    size = canvas * rng.uniform(0.25, 0.95)
    brush = max(1.5, size * rng.uniform(0.02, 0.2))
    return image.to_mnist(draw(strokes, canvas=canvas, size=size, brush=brush))


def use_one_thread(worker: int) -> None:
    cv2.setNumThreads(1)  # else each takes all cores, for images that are too small for it


def concatenate(splits: Sequence[Split]) -> Split:
    return Split(*(torch.cat(tensors) for tensors in zip(*splits, strict=True)))


def as_non_digits(images: Tensor) -> Split:
    return Split(images, torch.full((len(images),), NO_DIGIT))


def batches(split: Split, size: int) -> Iterator[Batch]:
    """One epoch in random order, on the split's device: every image with a fresh random number 0..9 and the true sum.

    All batches are full, so up to `size` - 1 images, others every epoch, sit out. torch's generator decides.
    """
    count, device = len(split.digits), split.digits.device
    size = min(size, count)
    order = torch.randperm(count, device=device)[: count - count % size]
    digits = split.digits[order]
    numbers = torch.randint(10, order.shape, device=device)
    sums = torch.where(digits == NO_DIGIT, NO_DIGIT, digits + numbers)
    for parts in zip(*(each.split(size) for each in (split.images[order], digits, numbers, sums)), strict=True):
        yield Batch(*parts)
