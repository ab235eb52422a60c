"""What a run learns from and is judged by, and the batches that pair images with numbers. Knows no network."""

from collections.abc import Iterator, Sized
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from adder.drawing import collection, image
from adder.drawing.strokes import NO_DIGIT, Drawing, augment_strokes, draw
from adder.learning import nondigits
from adder.learning.sources import Split, as_tensor, mnist, omniglot, pendigits

OPTIONAL = ("pendigits", "omniglot")  # sets that a run can do without

VALIDATION_SHARE = 12  # every twelfth of MNIST's training images: 5,000
VALIDATION_WRITERS = 5  # every fifth
EXAMPLES_BY = 25  # the writer of the page's examples, of whom no network learns


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
        drawn = [render_randomly(drawing.strokes, rng) for drawing in self.drawings]
        strokes = [drawing.strokes for drawing in self.drawings if drawing.digit != NO_DIGIT]
        invented = [render_randomly(nondigits.invent(rng, strokes), rng) for _ in range(self.invented)]
        digits = torch.tensor([drawing.digit for drawing in self.drawings], dtype=torch.long)
        parts = [self.mnist, as_non_digits(as_tensor(invented))]
        parts += [Split(as_tensor(drawn), digits), as_non_digits(self.characters)] * self.REPEATS
        return Split(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))


class Sets(NamedTuple):
    """What a run learns from, is chosen by and is reported on; `drawn`, `characters` may be empty."""

    training: Training
    validation: Split  # of MNIST
    drawn: Split  # digits of the validation writers, as strokes
    characters: Split  # characters of the validation alphabets, without look-alikes
    test: Split  # of MNIST

    def counts(self) -> dict[str, int]:
        """How many images or drawings of each kind there are, for the record."""
        kinds: dict[str, Sized] = {"mnist": self.training.mnist.digits, "drawings": self.training.drawings}
        kinds |= {"characters": self.training.characters, "validation mnist": self.validation.digits}
        kinds |= {"validation drawings": self.drawn.digits, "validation characters": self.characters.digits}
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


def as_non_digits(images: Tensor) -> Split:
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
