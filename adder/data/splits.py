"""What a run learns from and is judged by, and the batches that pair images with numbers. Knows no network."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from adder.data import own
from adder.data.sources import Split, as_tensor, mnist, omniglot, pendigits, quickdraw
from adder.data.synthetic import glyphs, negatives, shapes
from adder.data.training_set import INVENTED, TrainingSet, as_non_digits
from adder.drawing import raster
from adder.drawing.strokes import NO_DIGIT, Drawing, augment_strokes

OPTIONAL = ("pendigits", "omniglot", "quickdraw")  # sets that a run can do without

VALIDATION_SHARE = 12  # every twelfth of MNIST's training images: 5,000
VALIDATION_WRITERS = 5  # every fifth
VALIDATION_WORDS = 5  # every fifth, of those of the doodles in alphabetical order
HELD_OUT = 1000  # drawings of held-out shapes, and of held-out fonts
EXAMPLES_BY = 25  # the writer of the page's examples, of whom no network learns


class Batch(NamedTuple):
    """Images uint8 (B, 1, 28, 28), ink 255; digits, numbers and sums int64 (B,), -1 where there is no digit."""

    images: Tensor
    digits: Tensor
    numbers: Tensor
    sums: Tensor


class Sets(NamedTuple):
    """What a run learns from, is chosen by and is reported on; all but MNIST may be empty."""

    training: TrainingSet
    validation: Split  # of MNIST
    drawn: Split  # digits of the validation writers, as strokes
    characters: Split  # characters of the validation alphabets, without look-alikes
    words: Split  # doodles of the validation words, without look-alikes
    shapes: Split  # invented by the tables that are held out, the same for every run
    fonts: Split
    test: Split  # of MNIST
    held_out: Mapping[str, list[str]] = MappingProxyType(
        {}
    )  # the names of the words, shapes, fonts and alphabets of which nothing is learned

    def non_digits(self) -> dict[str, Split]:
        """What a network should refuse and has not learned from, by its kind."""
        return {name: getattr(self, name) for name in ("characters", "words", "shapes", "fonts")}

    def counts(self) -> dict[str, object]:
        """How many images or drawings of each kind there are, and what is held out, for the record."""
        kinds: dict[str, Sized] = {"mnist": self.training.mnist.digits, "drawings": self.training.drawings}
        kinds |= {"characters": self.training.characters, "doodles": self.training.doodles}
        kinds |= {"validation mnist": self.validation.digits, "validation drawings": self.drawn.digits}
        kinds |= {"validation characters": self.characters.digits, "validation words": self.words.digits}
        kinds |= {"validation shapes": self.shapes.digits, "validation fonts": self.fonts.digits}
        kinds |= {"own images": self.training.own.digits}
        counts = {name: len(images) for name, images in kinds.items()}
        return counts | {
            "invented non-digits an epoch": self.training.drawn.invented,
            "test mnist": len(self.test.digits),
            "held out": dict(self.held_out),
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
    image_of: own.ImageOf = own.no_image,
) -> Sets:
    """What a run needs beside MNIST: drawings or not, characters (and other non-digits) or not. Raises DataError.

    `without` leaves sets of OPTIONAL out, `all_writers` adds the validation writers, but EXAMPLES_BY, to the training,
    where they stay in `drawn` too; with a limit, at most so many images of each set are taken. `extra` names files and
    folders of your own digits, which are trained on whatever else is, pictures as `image_of` sees them; ValueError for
    one that cannot be read.
    """
    collected, own_images = own.load(extra, image_of)
    training, validation = split_validation(mnist(folder, train=True))
    writers = [] if "pendigits" in without else pendigits(folder)
    held_out = [drawing for drawing in writers if drawing.writer % VALIDATION_WRITERS == 0][:limit]
    learned = [d for d in writers if d.writer != EXAMPLES_BY and (all_writers or d.writer % VALIDATION_WRITERS)]
    drawn = as_tensor([raster.strokes_to_mnist(drawing.strokes) for drawing in held_out])
    alphabets = list(negatives.LOOK_ALIKES) if characters and "omniglot" not in without else []
    held_out_alphabets = [name for name in negatives.VALIDATION_ALPHABETS if name in alphabets]
    doodles = quickdraw(folder) if characters and "quickdraw" not in without else {}
    words = held_out_words(doodles)
    validation_doodles = [strokes for word in words for strokes in doodles.pop(word)][:limit]
    invented, written = held_out_inventions(limit) if characters else (as_tensor([]), as_tensor([]))
    return Sets(
        TrainingSet(
            training,
            collected + (learned if drawings else []),
            omniglot(folder, [name for name in alphabets if name not in held_out_alphabets], limit),
            [Drawing(NO_DIGIT, 0, strokes) for word in doodles.values() for strokes in word],
            invented=INVENTED if characters else 0,
            limit=limit,
            own=own_images,
        ),
        validation.first(limit),
        Split(drawn, torch.tensor([drawing.digit for drawing in held_out], dtype=torch.long)),
        as_non_digits(omniglot(folder, held_out_alphabets, limit)),
        as_non_digits(as_tensor([raster.strokes_to_mnist(strokes) for strokes in validation_doodles])),
        as_non_digits(invented),
        as_non_digits(written),
        mnist(folder, train=False).first(limit),
        {
            "alphabets": held_out_alphabets,
            "words": words,
            "shapes": list(shapes.VALIDATION_SHAPES) if characters else [],
            "fonts": list(glyphs.VALIDATION_FONTS) if characters else [],
        },
    )


def held_out_words(words: Iterable[str]) -> list[str]:
    return list(words)[VALIDATION_WORDS - 1 :: VALIDATION_WORDS]


def held_out_inventions(limit: int | None) -> tuple[Tensor, Tensor]:
    """Images of the shapes and of the fonts that no network learns from, HELD_OUT of each, as hands would draw them.

    Each has a seed of its own, so that none changes with how another is drawn, or with a limit.
    """

    def by_hand(kind: int, make: Callable[[np.random.Generator], list[np.ndarray]]) -> Tensor:
        seeds = [(12345, kind, place) for place in range(HELD_OUT)[:limit]]  # which no training has
        rngs = map(np.random.default_rng, seeds)
        return as_tensor(
            [raster.strokes_to_mnist(augment_strokes(negatives.bend(make(rng), rng), rng)) for rng in rngs]
        )

    return (
        by_hand(0, partial(shapes.shape, shapes=shapes.VALIDATION_SHAPES)),
        by_hand(1, partial(glyphs.letter, fonts=glyphs.VALIDATION_FONTS)),
    )


def split_validation(training: Split) -> tuple[Split, Split]:
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
    order = torch.randperm(count, device=device)[: count - count % size]
    digits = split.digits[order]
    numbers = torch.randint(10, order.shape, device=device)
    sums = torch.where(digits == NO_DIGIT, NO_DIGIT, digits + numbers)
    for parts in zip(*(each.split(size) for each in (split.images[order], digits, numbers, sums)), strict=True):
        yield Batch(*parts)
