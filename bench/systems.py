"""The systems that `drawn` and `sweeps` compare: a network, and the functions that make its image."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

from adder.data.images import as_tensor
from adder.drawing import raster, strokes
from adder.drawing.curves import Strokes
from adder.network import checkpoint
from adder.network.model import Adder
from adder.training import evaluation
from adder.training.evaluation import Outputs

TYPICAL: dict = {"canvas": 280, "size": 0.65 * 280, "brush": 14}  # px; a drawing on a usual page


class System(NamedTuple):
    """A network, and functions that make its image (28, 28) float32 in [0, 1]; they return None for a blank."""

    name: str
    network: Adder
    threshold: float  # of the digit score; below it a drawing is refused
    from_ink: Callable[[np.ndarray], np.ndarray | None]
    from_strokes: Callable[[Strokes], np.ndarray | None]

    def predict(self, images: list[np.ndarray | None]) -> Outputs:
        return evaluation.predict(self.network, as_tensor(images))


def ours(path: Path) -> System:
    """The network of a weights file, with this project's image."""
    network, description = checkpoint.load_model(path)
    threshold = description.get("calibration", {}).get("threshold", 0.0)
    return System(path.stem, network, threshold, raster.to_mnist, raster.strokes_to_mnist)


def reference(path: Path) -> System:
    """The network of a weights file, with the canvas shrunk to 28x28, as most demos do it."""
    network, description = checkpoint.load_model(path)
    name = f"{description['recipe']}, canvas shrunk"
    return System(name, network, 0.0, shrink, lambda drawing: shrink(strokes.draw(drawing, **TYPICAL)))


def shrink(ink: np.ndarray) -> np.ndarray:
    return cv2.resize(ink, (raster.SIDE, raster.SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def is_refused(system: System, outputs: Outputs) -> torch.Tensor:
    """bool (N,): is the digit score below the threshold? All False for a network that cannot refuse."""
    return evaluation.digit_score(outputs) < system.threshold


def in_parallel(function: Callable, items: Iterable) -> list:
    """`function` of each item, in order, on threads: OpenCV releases the interpreter."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(function, items, chunksize=32))


def digits_of(drawings: list[strokes.Drawing]) -> torch.Tensor:
    """int64 (N,)"""
    return torch.tensor([drawing.digit for drawing in drawings])
