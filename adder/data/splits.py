"""Training, validation and test sets, and batches that pair images with numbers. Knows no network."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from adder.data import mnist, own, pen_data
from adder.data.images import LabelledImages, as_non_digits, as_tensor
from adder.data.synthetic import glyphs, negatives, noise, pen_noise, printed, shapes
from adder.data.training_set import BLOBS, SYNTHETIC, TURNED, TURNS, TrainingSet, turned_digits
from adder.drawing import raster
from adder.drawing.strokes import NO_DIGIT, Drawing, augment_strokes

SYNTHETIC_JUDGED = 1000  # images of each kind of synthetic non-digits, in validation and in test
PRINTED_JUDGED = 20  # images of each printed digit


class Batch(NamedTuple):
    """Images uint8 (B, 1, 28, 28), ink 255; digits, numbers and sums int64 (B,), NO_DIGIT for a non-digit."""

    images: Tensor
    digits: Tensor
    numbers: Tensor
    sums: Tensor


class Judged(NamedTuple):
    """What a network is judged by, and never learns from: the validation or the test split. All but MNIST may be empty.

    Drawings are rendered as on the page. What is synthetic is the same for every run.
    """

    mnist: LabelledImages
    pendigits: LabelledImages  # digits by writers of pendigits
    unipen: LabelledImages  # digits by writers of UNIPEN
    zeros: LabelledImages  # zeros by all of them, with a slash, a dot or in dashes, which is synthetic
    printed: LabelledImages  # digits of other fonts, which is synthetic
    letters: LabelledImages  # letters and signs by the same
    characters: LabelledImages  # of other alphabets, without look-alikes
    words: LabelledImages  # doodles of other words, without look-alikes
    shapes: LabelledImages
    fonts: LabelledImages
    signs: LabelledImages  # a digit with a minus or another sign, which is synthetic
    blobs: LabelledImages  # of noise
    turned: LabelledImages  # digits of MNIST, rotated by 90 degrees or mirrored on a diagonal

    def digits(self) -> dict[str, LabelledImages]:
        """The sets of digits by name, without empty ones."""
        return {name: getattr(self, name) for name in DIGITS if len(getattr(self, name).digits)}

    def non_digits(self) -> dict[str, LabelledImages]:
        return {name: part for name, part in self._asdict().items() if name not in DIGITS and len(part.digits)}


DIGITS = ("mnist", "pendigits", "unipen", "zeros", "printed")  # of Judged, the sets of digits


class Sets(NamedTuple):
    """The data of a run: what it learns from, and what it is judged by."""

    training: TrainingSet
    validation: Judged

    def counts(self) -> dict[str, object]:
        """The number of images or drawings of each kind, and the names that are held out, for the record."""
        training = self.training
        counts: dict[str, object] = {
            name.replace("_", " "): len(getattr(training, name).digits)
            for name in ("mnist", "characters", "own_images")
        }
        counts |= {name: len(drawings) for name, drawings in training.drawings.items()}
        counts["own drawings"] = len(training.own_drawings)
        rendered = training.rendered
        counts["synthetic non-digits an epoch"] = rendered.synthetic + rendered.blobs + training.turned
        counts |= {f"validation {name}": len(part.digits) for name, part in self.validation._asdict().items()}
        return counts | {"held out": names(pen_data.VALIDATION)}


def load(
    folder: Path,
    drawings: bool = True,
    non_digits: bool = True,
    *,
    limit: int | None = None,
    extra: tuple[str, ...] = (),
    image_of: own.ImageOf = own.no_image,
) -> Sets:
    """Loads MNIST from `folder`, and the project's drawings and non-digits where a recipe asks for them.

    `limit` is the largest number of images of each set. `extra` names files and folders of your own digits to train on,
    and `image_of` turns their pictures into images. DataError when MNIST cannot be read, ValueError for an extra file.
    """
    own_drawings, own_images = own.load(extra, image_of)
    images, validation = mnist.training_and_validation(folder)
    kinds: dict[str, list[Drawing]] = {}
    if drawings:
        kinds["digits"] = digits_of(pen_data.drawings(pen_data.TRAINING))
        kinds["printed digits"] = printed.of_fonts(printed.FONTS) + printed.in_segments()
    if non_digits:
        kinds["letters and signs"] = non_digits_of(pen_data.drawings(pen_data.TRAINING, "unipen"))
        kinds["doodles"] = pen_data.drawings(pen_data.TRAINING, "quickdraw")
    few = None if limit is None else limit // 8
    characters = pen_data.characters(pen_data.TRAINING) if non_digits else images.images[:0]
    synthetic, blobs, turned = (
        (count if few is None else min(count, few)) if non_digits else 0 for count in (SYNTHETIC, BLOBS, TURNED)
    )
    training = TrainingSet(
        images.first(limit),
        characters=as_non_digits(characters[:limit]),
        own_images=own_images.first(limit),
        own_drawings=own_drawings,
        drawings={name: each[: limit if "digits" in name else few] for name, each in kinds.items()},
        synthetic=synthetic,
        blobs=blobs,
        turned=turned,
    )
    return Sets(training, judged(pen_data.VALIDATION, validation, drawings, non_digits, limit=limit))


def digits_of(drawings: list[Drawing]) -> list[Drawing]:
    return [drawing for drawing in drawings if drawing.digit != NO_DIGIT]


def non_digits_of(drawings: list[Drawing]) -> list[Drawing]:
    return [drawing for drawing in drawings if drawing.digit == NO_DIGIT]


def judged(
    split: int, images: LabelledImages, drawings: bool = True, non_digits: bool = True, *, limit: int | None = None
) -> Judged:
    """VALIDATION or TEST of pen_data, beside these images of MNIST. `limit` is the largest number of each set."""
    seed = {pen_data.VALIDATION: 12345, pen_data.TEST: 54321}[split]  # no training has them
    is_used = drawings or non_digits
    writers, people = (pen_data.drawings(split, source) if is_used else [] for source in ("pendigits", "unipen"))
    zeros = [drawing for drawing in writers + people if drawing.digit == 0]
    count = len(range(SYNTHETIC_JUDGED)[:limit]) if non_digits else 0
    turns = [(digit, turn) for digit in (2, 3, 4, 5, 6, 7, 9) for turn in range(len(TURNS))]
    return Judged(
        images.first(limit),
        rendered(writers[:limit] if drawings else []),
        rendered(digits_of(people)[:limit] if drawings else []),
        slashed(zeros[:limit] if drawings else [], seed),
        varied(printed.of_fonts(printed_fonts_of(split)) * PRINTED_JUDGED if drawings else [], seed).first(limit),
        rendered(non_digits_of(people)[:limit] if non_digits else []),
        as_non_digits(pen_data.characters(split)[:limit] if non_digits else images.images[:0]),
        rendered(pen_data.drawings(split, "quickdraw")[:limit] if non_digits else []),
        from_seeds((seed, 0), count, partial(shapes.shape, shapes=shapes_of(split))),
        from_seeds((seed, 1), count, partial(glyphs.random_glyph, fonts=fonts_of(split))),
        from_seeds((seed, 3), count, partial(negatives.with_a_sign, drawings=[each.strokes for each in writers])),
        as_non_digits(as_tensor([raster.to_mnist(noise.blobs(rng)) for rng in generators(count, seed, 2)])),
        turned_digits(images, count, seed, turns),
    )


def rendered(drawings: list[Drawing]) -> LabelledImages:
    """Drawings as the page renders them."""
    images = as_tensor([raster.strokes_to_mnist(drawing.strokes) for drawing in drawings])
    return LabelledImages(images, torch.tensor([drawing.digit for drawing in drawings], dtype=torch.long))


def generators(count: int, *seed: int) -> list[np.random.Generator]:
    """A generator for each image, so that a change in one leaves the others as they are."""
    return [np.random.default_rng((*seed, index)) for index in range(count)]


def slashed(zeros: list[Drawing], seed: int) -> LabelledImages:
    """The zeros with a slash, a dot or in dashes."""
    pairs = zip(zeros, generators(len(zeros), seed), strict=True)
    return rendered([zero._replace(strokes=pen_noise.restyle(0, zero.strokes, rng)) for zero, rng in pairs])


def varied(drawings: list[Drawing], seed: int) -> LabelledImages:
    """The drawings with random changes of size, slant and line."""
    pairs = zip(drawings, generators(len(drawings), seed), strict=True)
    return rendered([drawing._replace(strokes=augment_strokes(drawing.strokes, rng)) for drawing, rng in pairs])


def from_seeds(
    seed: tuple[int, int], count: int, make: Callable[[np.random.Generator], list[np.ndarray]]
) -> LabelledImages:
    """`count` synthetic non-digits, bent and varied."""
    drawings = [augment_strokes(negatives.bend(make(rng), rng), rng) for rng in generators(count, *seed)]
    return rendered([Drawing(NO_DIGIT, 0, drawing) for drawing in drawings])


def shapes_of(split: int) -> dict[str, str]:
    return (shapes.SHAPES, shapes.VALIDATION_SHAPES, shapes.TEST_SHAPES)[split]


def fonts_of(split: int) -> dict[str, str]:
    return (glyphs.FONTS, glyphs.VALIDATION_FONTS, glyphs.TEST_FONTS)[split]


def printed_fonts_of(split: int) -> tuple[str, ...]:
    return (printed.FONTS, printed.VALIDATION_FONTS, printed.TEST_FONTS)[split]


def names(split: int) -> dict[str, list[str]]:
    """The words, alphabets, shapes and fonts of a split."""
    return pen_data.names(split) | {"shapes": list(shapes_of(split)), "fonts": list(fonts_of(split))}


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
