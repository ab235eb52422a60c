"""A loaded network that reads drawings: what the page, programs and the benches call.

Knows nothing of training. Checks what it is given, makes the image, and turns logits into probabilities, here and
nowhere else.
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
from adder.network.explanation import Explanation, can_explain, explain
from adder.network.folding import fold_batch_norms
from adder.network.heads import NUMBERS, SUMS, ConvolutionHead
from adder.network.model import Adder, choose_device
from adder.network.saliency import saliency
from adder.pictures.candidates import Frame
from adder.pictures.decode import decode
from adder.pictures.select import cut, read_grey, within

BATCH = 512
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Reading:
    """What the network answered. For a blank canvas it was not asked: digit and sum are None, all chances equal."""

    digit: int | None
    sum: int | None
    digit_probs: np.ndarray  # (10,) float32
    sum_probs: np.ndarray  # (19,) float32
    image: np.ndarray  # (28, 28) float32 in [0, 1], ink 1: what the network saw
    is_digit: bool
    digit_score: float  # in [0, 1], higher = more surely a digit
    frame: Frame | None = None  # of a picture's ink: left, top, width, height, in shares of the picture
    ink: np.ndarray | None = None  # (H, W) uint8, at most 320 px a side: what was taken of a picture


class Adjustment(Protocol):
    """What may adjust a reading before it becomes probabilities: `adder.corrections.Corrections` does."""

    def check(self, reader: "Reader") -> None:
        """ValueError when it was not made for this reader."""

    def adjust(
        self, features: torch.Tensor, logits: torch.Tensor, refusal: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Features (B, width), digit logits (B, 10), not-a-digit logits (B,) or None -> both logits, adjusted."""


def accepts_hand(function: Callable[..., T]) -> Callable[..., T]:
    """`hand=`, the earlier name of `corrections=`, works with a DeprecationWarning until version 1.2."""

    @wraps(function)
    def accepting(*args, **options) -> T:
        if "hand" in options:
            warnings.warn("hand= is now corrections=", DeprecationWarning, stacklevel=2)
            options["corrections"] = options.pop("hand")
        return function(*args, **options)

    return accepting


class Reader:
    """Reads drawings: `strokes`, a list of (N, 2) arrays, `ink`, an (H, W) uint8 array, or a picture's bytes.

    `corrections=`, an `adder.corrections.Corrections`, adjusts a reading; ValueError if it was made with other weights.
    Threads may share a Reader.
    """

    def __init__(self, network: Adder, description: dict | None = None, weights: str = ""):
        self.network = network.eval()
        self.description = description or {}
        # the name of the network's numbers: the start of their file's SHA-256; without a file, like no other
        self.weights = weights or token_hex(8)
        self.device = next(network.parameters()).device
        self.width = network.digit.in_features  # of the features that the digit layer sees
        # the digit score that a digit must reach; a network that cannot refuse takes anything for one
        self.threshold = self.description.get("calibration", {}).get("threshold", 0.0)

    @classmethod
    def load(cls, path: str | Path | None = None, device: str = "auto") -> "Reader":
        """From a weights file, or the shipped one. CheckpointError for the file, ValueError for an absent device."""
        path = path or shipped_weights()
        network, description = checkpoint.load_model(path, choose_device(device))
        weights = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
        return cls(fold_batch_norms(network), description, weights)

    @accepts_hand
    def read(self, ink: np.ndarray, number: int, *, corrections: Adjustment | None = None) -> Reading:
        """Ink (H, W) uint8, 0 paper .. 255 ink, 1 to 4096 px a side. ValueError says what was expected."""
        return self.read_many([ink], [number], corrections=corrections)[0]

    @accepts_hand
    def read_strokes(self, drawing: Sequence, number: int, *, corrections: Adjustment | None = None) -> Reading:
        """Strokes: a list of (N, 2) arrays, x right, y down, any unit. ValueError says what was expected."""
        if isinstance(drawing, np.ndarray):
            raise ValueError("strokes must be a list of (N, 2) arrays, not one array; ink goes to read")
        return self.read_many([drawing], [number], corrections=corrections)[0]

    @accepts_hand
    def read_picture(
        self, picture: bytes, number: int, *, frame: Frame | None = None, corrections: Adjustment | None = None
    ) -> Reading:
        """The bytes of a JPEG, PNG, WebP, GIF or BMP; with a frame, what lies in it. PictureError says what is wrong.

        Several ways to find the ink are tried, and what is most surely a digit is taken.
        """
        number = as_number(number)
        grey = decode(picture)
        part = cut(grey, frame) if frame else grey
        reading = read_grey(part, lambda inks: self.read_many(inks, [number] * len(inks), corrections=corrections))
        return replace(reading, frame=within(frame, reading.frame)) if frame else reading

    @accepts_hand
    def read_many(
        self, drawings: Sequence, numbers: Sequence[int], *, corrections: Adjustment | None = None
    ) -> list[Reading]:
        """Each drawing, ink (an array), strokes (a list) or picture (bytes), with its number. ValueError as for one."""
        if len(drawings) != len(numbers):
            raise ValueError(f"as many numbers as drawings are needed, not {len(numbers)} for {len(drawings)}")
        if any(isinstance(drawing, bytes) for drawing in drawings):
            return [
                self._read_any(drawing, number, corrections) for drawing, number in zip(drawings, numbers, strict=True)
            ]
        asked = [[as_number(number)] for number in numbers]
        return [reading for (reading,) in self._read(drawings, asked, [corrections] * len(drawings))]

    def read_all_numbers(
        self, drawings: Sequence, corrections: Sequence[Adjustment | None] = ()
    ) -> list[list[Reading]]:
        """Each drawing, with its corrections, with each number from 0 to 9. ValueError as for one."""
        return self._read(drawings, [[*range(NUMBERS)]] * len(drawings), corrections or [None] * len(drawings))

    def image(self, drawing: np.ndarray | Sequence) -> np.ndarray:
        """Ink or strokes -> (28, 28) float32 in [0, 1], ink 1: what the network would see; 0 for a blank."""
        pixels = as_image(drawing)
        return blank_reading(0).image if pixels is None else pixels

    @torch.inference_mode()
    def features(self, images: np.ndarray) -> np.ndarray:
        """Images (B, 28, 28) float32 in [0, 1] -> (B, width) float32: what the digit layer sees of them."""
        return self.network.features(torch.from_numpy(images)[:, None].to(self.device)).cpu().numpy()

    def saliency(self, reading: Reading) -> np.ndarray:
        """(28, 28) float32: how much each pixel of the reading's image spoke for its digit; 0 for a blank."""
        if reading.digit is None:
            return np.zeros_like(reading.image)
        pixels = torch.from_numpy(reading.image).to(self.device)
        return saliency(self.network, pixels, reading.digit).cpu().numpy()

    def explain(self, pixels: np.ndarray) -> Explanation:
        """Image (28, 28) float32 in [0, 1] -> what the network made of it. ValueError for a backbone without maps."""
        explanation = explain(self.network, torch.from_numpy(pixels).to(self.device))
        return Explanation(*(each.cpu() for each in explanation))

    @property
    def can_explain(self) -> bool:
        return can_explain(self.network)

    @torch.inference_mode()
    def value_probs(self) -> np.ndarray:
        """P(value | number), (10, 10) float64, as the head learned it. ValueError for a head without such a table."""
        head = self.network.head
        if not isinstance(head, ConvolutionHead):
            raise ValueError("it adds by another head than the convolution")
        return head.log_value().exp().double().cpu().numpy()

    def read_images(self, images: Sequence[np.ndarray], numbers: Sequence[int]) -> list[Reading]:
        """Images (28, 28) float32 in [0, 1], ink 1, as they are: neither cropped nor centred. A blank one is blank."""
        chosen = [as_number(number) for number in numbers]
        readings = [blank_reading(number) for number in chosen]
        asked = [index for index, pixels in enumerate(images) if pixels.any()]
        if asked:
            numbers_asked = [[chosen[index]] for index in asked]
            answers = self._ask([images[index] for index in asked], numbers_asked, [None] * len(asked))
            for index, (reading,) in zip(asked, answers, strict=True):
                readings[index] = reading
        return readings

    def _read_any(self, drawing, number: int, corrections: Adjustment | None) -> Reading:
        if isinstance(drawing, bytes):
            return self.read_picture(drawing, number, corrections=corrections)
        return self.read_many([drawing], [number], corrections=corrections)[0]

    def _read(
        self, drawings: Sequence, numbers: list[list[int]], corrections: Sequence[Adjustment | None]
    ) -> list[list[Reading]]:
        """Each drawing with each of its numbers, of which all have equally many, and its corrections."""
        for each in {id(each): each for each in corrections if each is not None}.values():
            each.check(self)
        images = [as_image(drawing) for drawing in drawings]
        readings = [[*map(blank_reading, each)] for each in numbers]
        asked = [index for index, pixels in enumerate(images) if pixels is not None]
        for start in range(0, len(asked), BATCH):
            chosen = asked[start : start + BATCH]
            answers = self._ask(
                [images[index] for index in chosen],
                [numbers[index] for index in chosen],
                [corrections[index] for index in chosen],
            )
            for index, answer in zip(chosen, answers, strict=True):
                readings[index] = answer
        return readings

    @torch.inference_mode()
    def _ask(self, images: list, numbers: list[list[int]], corrections: list[Adjustment | None]) -> list[list[Reading]]:
        features = self.network.features(torch.from_numpy(np.stack(images))[:, None].to(self.device))
        logits, refusal = self._digit_logits(features, corrections)
        each = len(numbers[0])
        sums = self.network.sum_logits(
            logits.repeat_interleave(each, 0), torch.tensor(numbers, device=self.device).flatten()
        )
        digit_probs = logits.softmax(1).cpu().numpy()
        sum_probs = sums.softmax(1).cpu().numpy()
        scores = digit_probs.max(1) if refusal is None else (-refusal).sigmoid().cpu().numpy()
        readings = [
            Reading(int(d.argmax()), int(s.argmax()), d, s, pixels, bool(score >= self.threshold), float(score))
            for d, several, pixels, score in zip(
                digit_probs, sum_probs.reshape(len(images), each, -1), images, scores, strict=True
            )
            for s in several
        ]
        return [readings[start : start + each] for start in range(0, len(readings), each)]

    def _digit_logits(
        self, features: torch.Tensor, corrections: list[Adjustment | None]
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Digit and not-a-digit logits, each drawing's adjusted by its own corrections."""
        logits, refusal = self.network.digit_logits(features)
        for one in {id(each): each for each in corrections if each is not None}.values():
            chosen = torch.tensor([each is one for each in corrections], device=self.device)
            adjusted, adjusted_refusal = one.adjust(features, logits, refusal)
            logits = torch.where(chosen[:, None], adjusted, logits)
            if refusal is not None and adjusted_refusal is not None:
                refusal = torch.where(chosen, adjusted_refusal, refusal)
        return logits, refusal


def shipped_weights() -> Path:
    """weights/adder.safetensors: beside the package in a checkout, within it once installed."""
    package = Path(__file__).parent
    folder = package if (package / "weights").exists() else package.parent
    return folder / "weights" / "adder.safetensors"


def blank_reading(number: int) -> Reading:
    sum_probs = np.zeros(SUMS, np.float32)
    sum_probs[number : number + 10] = 0.1
    pixels = np.zeros((raster.SIDE, raster.SIDE), np.float32)
    return Reading(None, None, np.full(10, 0.1, np.float32), sum_probs, pixels, False, 0.0)


def as_number(number: int) -> int:
    """A whole number 0..9 as an int; numpy's integers count, booleans do not. ValueError otherwise."""
    try:
        value = operator.index(number)
    except TypeError:
        value = -1
    if isinstance(number, bool | np.bool_) or not 0 <= value <= 9:
        raise ValueError(f"number must be an integer from 0 to 9, not {number!r:.80}")
    return value


def as_image(drawing: np.ndarray | Sequence) -> np.ndarray | None:
    """Ink or strokes -> image (28, 28) float32, None for a blank. ValueError says what was expected."""
    if not isinstance(drawing, np.ndarray):
        return raster.strokes_to_mnist(strokes.as_strokes(drawing))
    if drawing.ndim != 2 or drawing.dtype != np.uint8:
        raise ValueError(
            f"ink must be an (H, W) array of uint8, 0 paper to 255 ink, not shape {drawing.shape} of {drawing.dtype}"
        )
    if not all(1 <= side <= raster.MAX_CANVAS for side in drawing.shape):
        raise ValueError(f"ink must have 1 to {raster.MAX_CANVAS} px a side, not {drawing.shape}")
    return raster.to_mnist(drawing)
