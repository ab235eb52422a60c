"""Training, validation and test sets, and batches that pair images with numbers. Knows no network."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from adder.data import own
from adder.data.sources import LabelledImages, as_tensor, mnist, omniglot, pendigits, quickdraw
from adder.data.synthetic import glyphs, negatives, shapes
from adder.data.training_set import SYNTHETIC, TrainingSet, as_non_digits
from adder.drawing import raster
from adder.drawing.strokes import NO_DIGIT, Drawing, augment_strokes

OPTIONAL = ("pendigits", "omniglot", "quickdraw")  # data sets that a run can leave out

VALIDATION_NTH_IMAGE = 12  # every 12th of MNIST's training images, of each digit: 5,000
VALIDATION_NTH_WRITER = 5  # every 5th writer: six of 30
VALIDATION_NTH_WORD = 5  # every 5th of the doodles' words, in alphabetical order: 24 of 120
SYNTHETIC_VALIDATION = 1000  # images of held-out shapes, and as many of held-out fonts
EXAMPLES_WRITER = 25  # wrote the page's examples; no network learns from this writer


class Batch(NamedTuple):
    """Images uint8 (B, 1, 28, 28), ink 255; digits, numbers and sums int64 (B,), NO_DIGIT for a non-digit."""

    images: Tensor
    digits: Tensor
    numbers: Tensor
    sums: Tensor


class Sets(NamedTuple):
    """The data of a run: for training, for validation, which decides what to keep, and for the test at the end.

    All but MNIST may be empty.
    """

    training: TrainingSet
    validation: LabelledImages  # from MNIST
    pen_digits: LabelledImages  # digits of the validation writers, rendered from pen strokes
    characters: LabelledImages  # characters of the validation alphabets, without look-alikes
    words: LabelledImages  # doodles of the validation words, without look-alikes
    shapes: LabelledImages  # synthetic, from shapes that are held out; the same for every run
    fonts: LabelledImages
    test: LabelledImages  # from MNIST
    held_out: Mapping[str, list[str]] = MappingProxyType({})  # names of words, shapes, fonts and alphabets

    def non_digits(self) -> dict[str, LabelledImages]:
        """The non-digits of validation, by kind."""
        return {name: getattr(self, name) for name in ("characters", "words", "shapes", "fonts")}

    def counts(self) -> dict[str, object]:
        """The number of images or drawings of each kind, and the names that are held out, for the record."""
        kinds: dict[str, Sized] = {"mnist": self.training.mnist.digits, "drawings": self.training.drawings}
        kinds |= {"characters": self.training.characters, "doodles": self.training.doodles}
        kinds |= {"validation mnist": self.validation.digits, "validation drawings": self.pen_digits.digits}
        kinds |= {"validation characters": self.characters.digits, "validation words": self.words.digits}
        kinds |= {"validation shapes": self.shapes.digits, "validation fonts": self.fonts.digits}
        kinds |= {"own images": self.training.own.digits}
        counts = {name: len(images) for name, images in kinds.items()}
        return counts | {
            "invented non-digits an epoch": self.training.rendered.synthetic,
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
    """Loads MNIST, and drawings and non-digits where a recipe asks for them. DataError when a set cannot be read.

    `without` names sets of OPTIONAL to leave out. `all_writers` adds the validation writers except EXAMPLES_WRITER to
    the training set; they stay in `pen_digits`. `limit` is the largest number of images of each set. `extra` names
    files and folders of your own digits to train on, and `image_of` turns their pictures into images; ValueError for
    a file that cannot be read.
    """
    collected, own_images = own.load(extra, image_of)
    training, validation = split_validation(mnist(folder, train=True))
    writers = [] if "pendigits" in without else pendigits(folder)
    held_out = [drawing for drawing in writers if drawing.writer % VALIDATION_NTH_WRITER == 0][:limit]
    learned = [d for d in writers if d.writer != EXAMPLES_WRITER and (all_writers or d.writer % VALIDATION_NTH_WRITER)]
    pen_digits = as_tensor([raster.strokes_to_mnist(drawing.strokes) for drawing in held_out])
    alphabets = list(negatives.LOOK_ALIKES) if characters and "omniglot" not in without else []
    held_out_alphabets = [name for name in negatives.VALIDATION_ALPHABETS if name in alphabets]
    doodles = quickdraw(folder) if characters and "quickdraw" not in without else {}
    words = held_out_words(doodles)
    validation_doodles = [strokes for word in words for strokes in doodles.pop(word)][:limit]
    nothing = as_tensor([])
    synthetic_shapes, synthetic_glyphs = held_out_synthetic(limit) if characters else (nothing, nothing)
    return Sets(
        TrainingSet(
            training,
            collected + (learned if drawings else []),
            omniglot(folder, [name for name in alphabets if name not in held_out_alphabets], limit),
            [Drawing(NO_DIGIT, 0, strokes) for word in doodles.values() for strokes in word],
            synthetic=SYNTHETIC if characters else 0,
            limit=limit,
            own=own_images,
        ),
        validation.first(limit),
        LabelledImages(pen_digits, torch.tensor([drawing.digit for drawing in held_out], dtype=torch.long)),
        as_non_digits(omniglot(folder, held_out_alphabets, limit)),
        as_non_digits(as_tensor([raster.strokes_to_mnist(strokes) for strokes in validation_doodles])),
        as_non_digits(synthetic_shapes),
        as_non_digits(synthetic_glyphs),
        mnist(folder, train=False).first(limit),
        {
            "alphabets": held_out_alphabets,
            "words": words,
            "shapes": list(shapes.VALIDATION_SHAPES) if characters else [],
            "fonts": list(glyphs.VALIDATION_FONTS) if characters else [],
        },
    )


def held_out_words(words: Iterable[str]) -> list[str]:
    return list(words)[VALIDATION_NTH_WORD - 1 :: VALIDATION_NTH_WORD]


def held_out_synthetic(limit: int | None) -> tuple[Tensor, Tensor]:
    """SYNTHETIC_VALIDATION images of the shapes, and as many of the fonts, that no network learns from.

    Each image has its own seed, so that neither a change in one nor `limit` changes the others.
    """

    def rendered(kind: int, make: Callable[[np.random.Generator], list[np.ndarray]]) -> Tensor:
        seeds = [(12345, kind, index) for index in range(SYNTHETIC_VALIDATION)[:limit]]  # no training has them
        rngs = map(np.random.default_rng, seeds)
        return as_tensor(
            [raster.strokes_to_mnist(augment_strokes(negatives.bend(make(rng), rng), rng)) for rng in rngs]
        )

    return (
        rendered(0, partial(shapes.shape, shapes=shapes.VALIDATION_SHAPES)),
        rendered(1, partial(glyphs.random_glyph, fonts=glyphs.VALIDATION_FONTS)),
    )


def split_validation(training: LabelledImages) -> tuple[LabelledImages, LabelledImages]:
    """(training, validation): a fixed twelfth is held out, stratified by digit."""
    order = torch.randperm(len(training.digits), generator=torch.Generator().manual_seed(0))
    order = order[training.digits[order].argsort(stable=True)]
    held_out = torch.zeros(len(order), dtype=torch.bool)
    held_out[order[::VALIDATION_NTH_IMAGE]] = True
    return (
        LabelledImages(*(tensor[~held_out] for tensor in training)),
        LabelledImages(*(tensor[held_out] for tensor in training)),
    )


def batches(labelled: LabelledImages, size: int) -> Iterator[Batch]:
    """One epoch in random order, on the device of the images: each image with a random number 0..9 and the true sum.

    All batches are full, so up to `size` - 1 images are left out, different ones in each epoch. Uses torch's generator.
    """
    count, device = len(labelled.digits), labelled.digits.device
    size = min(size, count)
    order = torch.randperm(count, device=device)[: count - count % size]
    digits = labelled.digits[order]
    numbers = torch.randint(10, order.shape, device=device)
    sums = torch.where(digits == NO_DIGIT, NO_DIGIT, digits + numbers)
    for parts in zip(*(each.split(size) for each in (labelled.images[order], digits, numbers, sums)), strict=True):
        yield Batch(*parts)
