"""Corrections: drawings that the network misread, each with the digit that its author meant.

A correction changes how similar drawings are read; the network is not trained again. Each new drawing is compared with
every correction by the features in front of the digit layer, and a similar one raises the log-probability of its digit.
This is kernel regression (Nadaraya 1964, Watson 1964) on frozen features, as in the cache of Grave, Joulin and Usunier
2017.
"""

import base64
import binascii
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from adder.files import replacing
from adder.network.backbones import IMAGE_SHAPE
from adder.network.heads import DIGITS

MAX_CORRECTIONS = 32
# `bench.corrections` chose the first three.
SHARPNESS = 12.0  # similarity is exp(SHARPNESS (cosine - 1))
DIGIT_WEIGHT = 5.0  # times similarity: what a correction adds to the log-probability of its digit
REFUSAL_WEIGHT = 8.0  # times similarity: what it subtracts from the not-a-digit logit, or adds if it is no digit
MARGIN = 2.0  # logits by which its own drawing reads as its digit; `_prepare` finds how much is missing
EXACT = 8  # the missing part is added times similarity**EXACT, so that only almost the same drawing gets it


class Correction(NamedTuple):
    """A drawing and its digit, small enough to travel with each request."""

    weights: str  # `Reader.weights`, the name of the weights that made the feature
    digit: int | None  # None: not a digit
    scale: float
    feature: np.ndarray  # (width,) int8: the digit layer's input, divided by `scale`
    image: np.ndarray | None = None  # (28, 28) uint8, from which other weights can make their own feature


class Corrections:
    """Up to MAX_CORRECTIONS corrections for one `Reader`, whose read functions take them as `corrections=`."""

    def __init__(self, reader, corrections: Sequence[Correction] = ()):
        self.reader = reader
        self.kept: list[Correction] = []
        self.extend(*corrections)

    def __len__(self) -> int:
        return len(self.kept)

    def add(self, drawing: Any, digit: int | None) -> Correction:
        """A drawing as `Reader.read_many` takes it, and its digit, None for no digit. ValueError for a blank one."""
        digit = checked_digit(digit)
        [reading] = self.reader.read_many([drawing], [0])
        if reading.digit is None:
            raise ValueError("a correction needs a drawing, and this one is blank")
        [correction] = self.made_from(np.rint(reading.image * 255).astype(np.uint8)[None], [digit])
        self.extend(correction)
        return correction

    def remove(self, index: int) -> None:
        """IndexError when there is no such correction."""
        del self.kept[index]
        self._prepare()

    def save(self, path: str | Path) -> None:
        """Writes the file whole or not at all. OSError when it cannot be written."""
        with replacing(Path(path)) as temporary:
            kept = {"corrections": [as_json(correction) for correction in self.kept]}
            temporary.write_text(json.dumps(kept, allow_nan=False), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path, reader) -> "Corrections":
        """ValueError names the file and what is wrong with it."""
        try:
            kept = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls.from_json(reader, kept["corrections"] if "corrections" in kept else kept["lessons"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: not a file of corrections: {error}") from error

    @classmethod
    def from_json(cls, reader, corrections: Any) -> "Corrections":
        """From lists as `as_json` makes them, from any source. ValueError says what was expected."""
        return cls(reader, corrections_from_json(corrections))

    def check(self, reader) -> None:
        """ValueError when `reader` has other weights, or another device, than the reader these were made with."""
        if (self.reader.weights, self.reader.device) != (reader.weights, reader.device):
            raise ValueError(
                "corrections: made with a reader of other weights or on another device; "
                "Corrections(reader, corrections.kept) makes them for this reader"
            )

    def made_from(self, images: Sequence[np.ndarray], digits: Sequence[int | None]) -> list[Correction]:
        """Corrections from images (28, 28) uint8, with features by the reader's own network."""
        features = self.reader.features(np.stack(images).astype(np.float32) / 255)
        scales = [float(abs(feature).max() / 127) or 1.0 for feature in features]
        return [
            Correction(self.reader.weights, digit, scale, np.rint(feature / scale).astype(np.int8), image)
            for image, digit, feature, scale in zip(images, digits, features, scales, strict=True)
        ]

    def extend(self, *corrections: Correction) -> None:
        """Keeps all of them or, with a ValueError, none. Those of other weights are made again from their images."""
        if len(self) + len(corrections) > MAX_CORRECTIONS:
            raise ValueError(f"at most {MAX_CORRECTIONS} corrections can be kept: remove one first")
        foreign = []
        for correction in corrections:
            if correction.weights != self.reader.weights:
                foreign.append(correction)
            elif len(correction.feature) != self.reader.width:
                raise ValueError(f"corrections: expected features of {self.reader.width} numbers")
        images = [correction.image for correction in foreign if correction.image is not None]
        if len(images) < len(foreign):
            raise ValueError("corrections: made with other weights, and without the images to make them again")
        remade = iter(self.made_from(images, [correction.digit for correction in foreign]) if foreign else ())
        self.kept += [each if each.weights == self.reader.weights else next(remade) for each in corrections]
        self._prepare()

    @torch.inference_mode()
    def similarity(self, image: np.ndarray) -> np.ndarray:
        """Image (28, 28) float32 in [0, 1] -> (K,) float32 in [0, 1]: its similarity to each correction."""
        if not self.kept:
            return np.zeros(0, np.float32)
        features = torch.from_numpy(self.reader.features(image[None])).to(self.reader.device)
        return self._similarity(features)[0].cpu().numpy()

    @torch.inference_mode()
    def adjust(self, features: Tensor, logits: Tensor, refusal: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Features (B, width), digit logits (B, 10), not-a-digit logits (B,) or None -> both logits, adjusted.

        Where two corrections give the same ink different digits, the network's own reading of it is ignored.
        """
        if not self.kept:
            return logits, refusal
        similarity = self._similarity(features)
        exact = similarity**EXACT
        raised = (DIGIT_WEIGHT * similarity + self._missing * exact) @ self._one_hot  # (B, 10)
        contradiction = (similarity[:, :, None] * self._one_hot).amax(1).topk(2, 1).values[:, 1:]  # (B, 1)
        logits = (1 - contradiction) * logits.log_softmax(1) + raised
        if refusal is not None:
            refusal = refusal - (REFUSAL_WEIGHT * similarity + self._missing_refusal * exact) @ self._sign
        return logits, refusal

    def _similarity(self, features: Tensor) -> Tensor:
        """Features (B, width) -> (B, K)."""
        unit = features / features.norm(dim=1, keepdim=True).clamp(min=1e-6)
        return (SHARPNESS * (unit @ self._unit.T - 1)).exp()

    def _prepare(self) -> None:
        """Tensors for all corrections, and what each still lacks for its own drawing to be read as its digit."""
        if not self.kept:
            return
        device = self.reader.device
        kept = np.stack([each.scale * each.feature.astype(np.float32) for each in self.kept])
        features = torch.from_numpy(kept).to(device)
        self._unit = features / features.norm(dim=1, keepdim=True).clamp(min=1e-6)
        labels = [-1 if each.digit is None else each.digit for each in self.kept]
        one_hot = [[float(label == digit) for digit in range(DIGITS)] for label in labels]
        self._one_hot = torch.tensor(one_hot, device=device)
        self._sign = torch.tensor([-1.0 if label < 0 else 1.0 for label in labels], device=device)
        with torch.inference_mode():
            logits, refusal = self.reader.network.digit_logits(features)
            gap = logits.amax(1) - (logits * self._one_hot).sum(1)
            self._missing = self._sign.clamp(min=0) * (gap + MARGIN - DIGIT_WEIGHT).clamp(min=0)
            self._missing_refusal = torch.zeros_like(self._missing)
            if refusal is not None:
                threshold_logit = -math.log(1 / self.reader.threshold - 1) if 0 < self.reader.threshold < 1 else 0.0
                missing = MARGIN - REFUSAL_WEIGHT - self._sign * (-refusal - threshold_logit)
                self._missing_refusal = missing.clamp(min=0)


def checked_digit(digit: Any) -> int | None:
    if digit is not None and (type(digit) is not int or not 0 <= digit <= 9):
        raise ValueError(f"correction: expected its digit as an integer from 0 to 9, or None, not {digit!r:.80}")
    return digit


def as_json(correction: Correction, *, image: bool = True) -> list:
    """[weights, digit, scale, feature in base64], then the image in base64 if there is one and you want it."""
    kept = [correction.weights, correction.digit, correction.scale, _base64(correction.feature)]
    return [*kept, _base64(correction.image)] if image and correction.image is not None else kept


def corrections_from_json(value: Any) -> list[Correction]:
    """A list of lists as `as_json` makes them. ValueError says what was expected."""
    if not isinstance(value, list) or len(value) > MAX_CORRECTIONS:
        raise ValueError(f"corrections: expected a list of at most {MAX_CORRECTIONS}")
    return [correction_from_json(each) for each in value]


def correction_from_json(value: Any) -> Correction:
    """A list as `as_json` makes it. ValueError says what was expected."""
    if not isinstance(value, list) or len(value) not in (4, 5):
        raise ValueError("correction: expected [weights, digit, scale, feature] and maybe an image")
    weights, digit, scale, feature = value[:4]
    digit = checked_digit(digit)
    if not isinstance(weights, str) or len(weights) > 64:
        raise ValueError("correction: expected the name of the weights")
    if type(scale) not in (int, float) or not 1e-9 < scale < 1e3:  # false for NaN
        raise ValueError("correction: expected a scale above 0")
    image = None
    if len(value) == 5:
        pixels = np.frombuffer(_bytes(value[4], math.prod(IMAGE_SHAPE)), np.uint8)
        if len(pixels) != math.prod(IMAGE_SHAPE):
            raise ValueError(f"correction: expected an image of {math.prod(IMAGE_SHAPE)} bytes")
        image = pixels.reshape(IMAGE_SHAPE[1:])
    return Correction(weights, digit, float(scale), np.frombuffer(_bytes(feature, 4096), np.int8), image)


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()


def _bytes(text: Any, most: int) -> bytes:
    if not isinstance(text, str) or not text.isascii() or len(text) > 4 * most // 3 + 4:
        raise ValueError(f"correction: expected at most {most} bytes in base64")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("correction: expected base64") from error
