"""Labelled images, as tensors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from adder.drawing import raster
from adder.drawing.strokes import NO_DIGIT


class LabelledImages(NamedTuple):
    """Images uint8 (N, 1, 28, 28), ink 255, paper 0; digits int64 (N,), NO_DIGIT for a non-digit."""

    images: Tensor
    digits: Tensor

    def to(self, device: torch.device | str) -> "LabelledImages":
        return LabelledImages(*(tensor.to(device) for tensor in self))

    def first(self, count: int | None) -> "LabelledImages":
        return LabelledImages(*(tensor[:count] for tensor in self))


def as_tensor(images: Sequence[np.ndarray | None]) -> Tensor:
    """Images (28, 28) float32 in [0, 1] -> uint8 (N, 1, 28, 28); None becomes a blank image."""
    pixels = np.zeros((len(images), 1, raster.SIDE, raster.SIDE), np.uint8)
    for row, image in zip(pixels, images, strict=True):
        if image is not None:
            row[0] = np.rint(image * 255)
    return torch.from_numpy(pixels)


def as_non_digits(images: Tensor) -> LabelledImages:
    return LabelledImages(images, torch.full((len(images),), NO_DIGIT))


def concatenate(parts: Sequence[LabelledImages]) -> LabelledImages:
    return LabelledImages(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))
