"""Your own digits, as part of the training data: drawings, rendered again during training, and fixed images."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch

from adder import inputs
from adder.data.images import LabelledImages, as_tensor
from adder.drawing import raster
from adder.drawing.strokes import NO_DIGIT, Drawing
from adder.pictures.decode import PictureError

ImageOf = Callable[[bytes], np.ndarray]  # a picture's bytes -> image (28, 28) float32, or a PictureError


def no_image(picture: bytes) -> np.ndarray:
    raise PictureError("Pictures need a network that finds the ink.", "unreadable")


def load(paths: Iterable[Path | str], image_of: ImageOf) -> tuple[list[Drawing], LabelledImages]:
    """The drawings and images in files and folders, see adder/inputs.py. ValueError names a file that cannot be
    used.

    Leaves out blank ink, and pictures of non-digits in which `image_of` finds no ink.
    """
    drawings: list[Drawing] = []
    images: list[np.ndarray | None] = []
    digits: list[int] = []
    for name, drawing, label in (each for path in paths for each in inputs.labelled(Path(path))):
        assert label is not None
        if isinstance(drawing, list):
            drawings.append(Drawing(label, 0, drawing))
            continue
        try:
            pixels = image_of(drawing) if isinstance(drawing, bytes) else raster.to_mnist(drawing)
        except PictureError as error:
            if label != NO_DIGIT or error.kind == "unreadable":
                raise ValueError(f"{name}: {error} Remove it; python -m adder names all such") from error
            continue
        if pixels is not None:
            images.append(pixels)
            digits.append(label)
    return drawings, LabelledImages(as_tensor(images), torch.tensor(digits, dtype=torch.long))
