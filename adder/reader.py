"""Reads drawings with a loaded network; the page, programs and benches call it.

It checks its arguments, makes the image, and turns the network's logits into probabilities.
"""

import hashlib
import operator
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from secrets import token_hex
from typing import Protocol, TypeVar

import numpy as np
import torch

from adder.drawing import raster, strokes
from adder.network import checkpoint
from adder.network.batch_norm_folding import fold_batch_norms
from adder.network.explanation import Explanation, can_explain, explain
from adder.network.heads import DIGITS, NUMBERS, SUMS, ConvolutionHead
from adder.network.model import Adder, choose_device
from adder.network.saliency import saliency
from adder.pictures.candidates import Frame
from adder.pictures.decode import decode
from adder.pictures.select import cut, read_pixels, within

BATCH = 512  # images in one pass through the network
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Reading:
    """The network's answer. A blank drawing has digit and sum None, and equal probabilities."""

    digit: int | None
    sum: int | None
    digit_probs: np.ndarray  # (10,) float32
    sum_probs: np.ndarray  # (19,) float32
    image: np.ndarray  # (28, 28) float32 in [0, 1], ink 1: what the network saw
    is_digit: bool
    digit_score: float  # in [0, 1], higher = more like a digit
    frame: Frame | None = None  # where a picture's ink was: left, top, width, height, in shares of the picture
    ink: np.ndarray | None = None  # (H, W) uint8, at most 320 px a side: a picture's ink


class Adjustment(Protocol):
    """Something that adjusts a reading before it becomes probabilities, such as `adder.corrections.Corrections`."""

    def check(self, reader: "Reader") -> None:
        """ValueError when it was made for another reader."""

    def adjust(
        self, features: torch.Tensor, logits: torch.Tensor, refusal: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Features (B, width), digit logits (B, 10), not-a-digit logits (B,) or None -> both logits, adjusted."""


def accepts_deprecated_hand(function: Callable[..., T]) -> Callable[..., T]:
    """Accepts `hand=`, the earlier name of `corrections=`, with a DeprecationWarning, until version 1.2."""

    @wraps(function)
    def accepting(*args, **options) -> T:
        if "hand" in options:
            warnings.warn("hand= is now corrections=", DeprecationWarning, stacklevel=2)
            options["corrections"] = options.pop("hand")
        return function(*args, **options)

    return accepting


class Reader:
    """Reads drawings: strokes, a list of (N, 2) arrays; ink, an (H, W) uint8 array; or the bytes of a picture.

    `corrections=`, an `adder.corrections.Corrections`, adjusts readings; ValueError if it was made with other weights.
    `weights` is a name for the network's weights, not the weights themselves. Threads may share a Reader.
    """

    def __init__(self, network: Adder, description: dict | None = None, weights: str = ""):
        self.network = network.eval()
        self.description = description or {}
        self.weights = weights or token_hex(8)  # a name: the start of the file's SHA-256, or random digits
        self.device = next(network.parameters()).device
        self.width = network.digit.in_features  # of the features in front of the digit layer
        self.threshold = self.description.get("calibration", {}).get("threshold", 0.0)

    @classmethod
    def load(cls, path: str | Path | None = None, device: str = "auto") -> "Reader":
        """From a weights file, by default the shipped one. CheckpointError for the file, ValueError for the device."""
        path = path or shipped_weights()
        network, description = checkpoint.load_model(path, choose_device(device))
        weights = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
        return cls(fold_batch_norms(network), description, weights)

    @accepts_deprecated_hand
    def read(self, ink: np.ndarray, number: int, *, corrections: Adjustment | None = None) -> Reading:
        """Reads ink (H, W) uint8, 0 paper .. 255 ink, 1 to 4096 px a side. ValueError says what was expected."""
        return self.read_many([ink], [number], corrections=corrections)[0]

    @accepts_deprecated_hand
    def read_strokes(self, drawing: Sequence, number: int, *, corrections: Adjustment | None = None) -> Reading:
        """Reads strokes: a list of (N, 2) arrays, x right, y down, any unit. ValueError says what was expected."""
        if isinstance(drawing, np.ndarray):
            raise ValueError("strokes must be a list of (N, 2) arrays, not one array; for ink, call read")
        return self.read_many([drawing], [number], corrections=corrections)[0]

    @accepts_deprecated_hand
    def read_picture(
        self, picture: bytes, number: int, *, frame: Frame | None = None, corrections: Adjustment | None = None
    ) -> Reading:
        """Reads the bytes of a picture, see `adder.pictures.decode`; with a frame, only the part inside it.

        It finds the ink in several ways and chooses the one that is most surely a digit. PictureError, a ValueError,
        says what is wrong.
        """
        number = as_number(number)
        pixels = decode(picture)
        part = cut(pixels, frame) if frame else pixels
        reading = read_pixels(part, lambda inks: self.read_many(inks, [number] * len(inks), corrections=corrections))
        return replace(reading, frame=within(frame, reading.frame)) if frame else reading

    @accepts_deprecated_hand
    def read_many(
        self, drawings: Sequence, numbers: Sequence[int], *, corrections: Adjustment | None = None
    ) -> list[Reading]:
        """Reads each drawing, ink (an array), strokes (a list) or picture (bytes), with its number.

        ValueError as for one drawing.
        """
        if len(drawings) != len(numbers):
            raise ValueError(f"as many numbers as drawings are needed, not {len(numbers)} for {len(drawings)}")
        if any(isinstance(drawing, bytes) for drawing in drawings):
            return [
                self._read_any(drawing, number, corrections) for drawing, number in zip(drawings, numbers, strict=True)
            ]
        lists = [[as_number(number)] for number in numbers]
        return [reading for (reading,) in self._read(drawings, lists, [corrections] * len(drawings))]

    def read_all_numbers(
        self, drawings: Sequence, corrections: Sequence[Adjustment | None] = ()
    ) -> list[list[Reading]]:
        """Reads each drawing, ink or strokes, with its own corrections, ten times: with each number from 0 to 9."""
        return self._read(drawings, [[*range(NUMBERS)]] * len(drawings), corrections or [None] * len(drawings))

    def image(self, drawing: np.ndarray | Sequence) -> np.ndarray:
        """Ink or strokes -> the image that the network would see, (28, 28) float32 in [0, 1], ink 1; all 0 if blank."""
        image = as_image(drawing)
        return blank_reading(0).image if image is None else image

    @torch.inference_mode()
    def features(self, images: np.ndarray) -> np.ndarray:
        """Images (B, 28, 28) float32 in [0, 1] -> (B, width) float32: the input of the digit layer."""
        return self.network.features(torch.from_numpy(images)[:, None].to(self.device)).cpu().numpy()

    def saliency(self, reading: Reading) -> np.ndarray:
        """(28, 28) float32: what each pixel of the reading's image adds to its digit's logit; all 0 if blank."""
        if reading.digit is None:
            return np.zeros_like(reading.image)
        image = torch.from_numpy(reading.image).to(self.device)
        return saliency(self.network, image, reading.digit).cpu().numpy()

    def explain(self, pixels: np.ndarray) -> Explanation:
        """Image (28, 28) float32 in [0, 1] -> filters, maps and votes on the CPU. ValueError if not `can_explain`."""
        explanation = explain(self.network, torch.from_numpy(pixels).to(self.device))
        return Explanation(*(tensor.cpu() for tensor in explanation))

    @property
    def can_explain(self) -> bool:
        return can_explain(self.network)

    @torch.inference_mode()
    def value_probs(self) -> np.ndarray:
        """P(value | number), (10, 10) float64, as the head learned it. ValueError for a head without such a table."""
        head = self.network.head
        if not isinstance(head, ConvolutionHead):
            raise ValueError("another head than 'convolution' has no table of P(value | number)")
        return head.log_value().exp().double().cpu().numpy()

    def read_images(self, images: Sequence[np.ndarray], numbers: Sequence[int]) -> list[Reading]:
        """Reads images (28, 28) float32 in [0, 1], ink 1, as they are: neither cropped nor centred."""
        checked = [as_number(number) for number in numbers]
        readings = [blank_reading(number) for number in checked]
        inked = [index for index, image in enumerate(images) if image.any()]
        if inked:
            lists = [[checked[index]] for index in inked]
            answers = self._run_network([images[index] for index in inked], lists, [None] * len(inked))
            for index, (reading,) in zip(inked, answers, strict=True):
                readings[index] = reading
        return readings

    def _read_any(self, drawing, number: int, corrections: Adjustment | None) -> Reading:
        if isinstance(drawing, bytes):
            return self.read_picture(drawing, number, corrections=corrections)
        return self.read_many([drawing], [number], corrections=corrections)[0]

    def _read(
        self, drawings: Sequence, numbers: list[list[int]], corrections: Sequence[Adjustment | None]
    ) -> list[list[Reading]]:
        """The readings of each drawing with each number of its list; all lists are equally long."""
        for adjustment in distinct(corrections):
            adjustment.check(self)
        images = [as_image(drawing) for drawing in drawings]
        readings = [[*map(blank_reading, of_drawing)] for of_drawing in numbers]
        inked = [index for index, image in enumerate(images) if image is not None]
        for start in range(0, len(inked), BATCH):
            batch = inked[start : start + BATCH]
            answers = self._run_network(
                [images[index] for index in batch],
                [numbers[index] for index in batch],
                [corrections[index] for index in batch],
            )
            for index, answer in zip(batch, answers, strict=True):
                readings[index] = answer
        return readings

    @torch.inference_mode()
    def _run_network(
        self, images: list, numbers: list[list[int]], corrections: list[Adjustment | None]
    ) -> list[list[Reading]]:
        """Images (28, 28) float32 with ink, each with its list of numbers -> a list of readings for each."""
        features = self.network.features(torch.from_numpy(np.stack(images))[:, None].to(self.device))
        logits, refusal = self._digit_logits(features, corrections)
        count = len(numbers[0])
        sums = self.network.sum_logits(
            logits.repeat_interleave(count, 0), torch.tensor(numbers, device=self.device).flatten()
        )
        digit_probs = logits.softmax(1).cpu().numpy()
        sum_probs = sums.softmax(1).cpu().numpy().reshape(len(images), count, -1)
        scores = digit_probs.max(1) if refusal is None else (-refusal).sigmoid().cpu().numpy()
        return [
            [
                Reading(
                    int(of_digit.argmax()),
                    int(of_sum.argmax()),
                    of_digit,
                    of_sum,
                    image,
                    is_digit=bool(score >= self.threshold),
                    digit_score=float(score),
                )
                for of_sum in of_sums
            ]
            for of_digit, of_sums, image, score in zip(digit_probs, sum_probs, images, scores, strict=True)
        ]

    def _digit_logits(
        self, features: torch.Tensor, corrections: list[Adjustment | None]
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Digit logits (B, 10) and not-a-digit logits (B,), each drawing's adjusted by its own corrections."""
        logits, refusal = self.network.digit_logits(features)
        for adjustment in distinct(corrections):
            applies = torch.tensor([other is adjustment for other in corrections], device=self.device)
            adjusted, adjusted_refusal = adjustment.adjust(features, logits, refusal)
            logits = torch.where(applies[:, None], adjusted, logits)
            if refusal is not None and adjusted_refusal is not None:
                refusal = torch.where(applies, adjusted_refusal, refusal)
        return logits, refusal


def distinct(corrections: Sequence[Adjustment | None]) -> list[Adjustment]:
    """The different adjustments among `corrections`, in order of their first use, without None."""
    return [*{id(adjustment): adjustment for adjustment in corrections if adjustment is not None}.values()]


def shipped_weights() -> Path:
    """weights/adder.safetensors: beside the package in a checkout, inside it once installed."""
    package = Path(__file__).parent
    folder = package if (package / "weights").exists() else package.parent
    return folder / "weights" / "adder.safetensors"


def blank_reading(number: int) -> Reading:
    digit_probs, sum_probs = np.full(DIGITS, 1 / DIGITS, np.float32), np.zeros(SUMS, np.float32)
    sum_probs[number : number + DIGITS] = 1 / DIGITS
    image = np.zeros((raster.SIDE, raster.SIDE), np.float32)
    return Reading(None, None, digit_probs, sum_probs, image, is_digit=False, digit_score=0.0)


def as_number(number: int) -> int:
    """Checks a number from 0 to 9: an int or an integer of numpy, not a bool. ValueError otherwise."""
    try:
        value = operator.index(number)
    except TypeError:
        value = -1
    if isinstance(number, bool | np.bool_) or not 0 <= value < NUMBERS:
        raise ValueError(f"number must be an integer from 0 to 9, not {number!r:.80}")
    return value


def as_image(drawing: np.ndarray | Sequence) -> np.ndarray | None:
    """Ink or strokes -> image (28, 28) float32 in [0, 1], None if blank. ValueError says what was expected."""
    if not isinstance(drawing, np.ndarray):
        return raster.strokes_to_mnist(strokes.as_strokes(drawing))
    if drawing.ndim != 2 or drawing.dtype != np.uint8:
        raise ValueError(
            f"ink must be an (H, W) array of uint8, 0 paper to 255 ink, not shape {drawing.shape} of {drawing.dtype}"
        )
    if not all(1 <= side <= raster.MAX_CANVAS for side in drawing.shape):
        raise ValueError(f"ink must have 1 to {raster.MAX_CANVAS} px a side, not {drawing.shape}")
    return raster.to_mnist(drawing)
