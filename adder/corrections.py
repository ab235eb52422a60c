"""A person's hand: drawings that were misread and what they were meant as. It moves readings of what looks like them.

The network is not trained again: what it sees in a drawing, the features before its digit layer, is compared with what
it saw in the lessons, and what is near speaks for the lesson's digit. That is kernel regression (Nadaraya 1964, Watson
1964) on frozen features, as in the cache of Grave, Joulin and Usunier 2017, added in log-probabilities. Knows no page.
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

MOST = 32  # lessons
NEARNESS = 12.0  # a lesson counts exp(NEARNESS (cosine - 1)); this and the next two by bench.hand, on what it reads
WEIGHT = 5.0  # of a lesson at its own drawing, in log-probability
WEIGHT_OF_BEING = 8.0  # the same, in the logit of being a digit
EXACT = 8  # the power of the nearness by which a lesson that is not enough at its own drawing gets what it lacks
MARGIN = 2.0  # by which a lesson's own drawing is read as what it was meant as


class Lesson(NamedTuple):
    """What was drawn and what it was meant as, small enough to travel with each request."""

    weights: str  # of the network that saw it, by `Reader.weights`
    digit: int | None  # None: no digit
    scale: float
    feature: np.ndarray  # (width,) int8: what the network saw, in `scale`
    image: np.ndarray | None = None  # (28, 28) uint8, from which it is seen anew by other weights


class Hand:
    """A person's lessons for a `Reader`, whose read functions take it as `hand=`. ValueError beyond MOST lessons."""

    def __init__(self, reader, lessons: Sequence[Lesson] = ()):
        self.reader = reader
        self.lessons: list[Lesson] = []
        self.keep(*lessons)

    def __len__(self) -> int:
        return len(self.lessons)

    def learn(self, drawing: Any, digit: int | None) -> Lesson:
        """A drawing as `Reader.read_many` takes it, and its digit, None for no digit. ValueError for a blank."""
        digit = checked_digit(digit)
        [reading] = self.reader.read_many([drawing], [0])
        if reading.digit is None:
            raise ValueError("a lesson needs a drawing, and this one is blank")
        [lesson] = self.seen(np.rint(reading.image * 255).astype(np.uint8)[None], [digit])
        self.keep(lesson)
        return lesson

    def forget(self, index: int) -> None:
        """IndexError when there is no such lesson."""
        del self.lessons[index]
        self._prepare()

    def save(self, path: str | Path) -> None:
        """Whole or not at all. OSError when it cannot be written."""
        with replacing(Path(path)) as temporary:
            kept = {"lessons": [as_json(lesson) for lesson in self.lessons]}
            temporary.write_text(json.dumps(kept, allow_nan=False), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path, reader) -> "Hand":
        """ValueError names the file and what is wrong with it."""
        try:
            kept = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls.of(reader, kept["lessons"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: no hand: {error}") from error

    @classmethod
    def of(cls, reader, lessons: Any) -> "Hand":
        """From lists as `as_json` makes them, which may come from anywhere. ValueError says what was expected."""
        return cls(reader, lessons_of(lessons))

    def check(self, reader) -> None:
        """ValueError where `reader` sees by other weights, or on another device, than the hand's own reader."""
        if (self.reader.weights, self.reader.device) != (reader.weights, reader.device):
            raise ValueError(
                "hand: made with a reader of other weights or on another device; Hand(reader, hand.lessons) makes one "
                "for this reader"
            )

    def seen(self, images: Sequence[np.ndarray], digits: Sequence[int | None]) -> list[Lesson]:
        """Lessons from their images (28, 28) uint8 by the reader's own network."""
        features = self.reader.features(np.stack(images).astype(np.float32) / 255)
        scales = [float(abs(feature).max() / 127) or 1.0 for feature in features]
        return [
            Lesson(self.reader.weights, digit, scale, np.rint(feature / scale).astype(np.int8), image)
            for image, digit, feature, scale in zip(images, digits, features, scales, strict=True)
        ]

    def keep(self, *lessons: Lesson) -> None:
        """All of them or, with a ValueError, none."""
        if len(self) + len(lessons) > MOST:
            raise ValueError(f"a hand knows at most {MOST} lessons: forget one first")
        foreign = []
        for lesson in lessons:
            if lesson.weights != self.reader.weights:
                foreign.append(lesson)
            elif len(lesson.feature) != self.reader.width:
                raise ValueError(f"lessons: expected features of {self.reader.width} numbers")
        images = [lesson.image for lesson in foreign if lesson.image is not None]
        if len(images) < len(foreign):
            raise ValueError("lessons: made with another network's weights, and without the images to see them anew")
        seen = iter(self.seen(images, [lesson.digit for lesson in foreign]) if foreign else ())
        self.lessons += [lesson if lesson.weights == self.reader.weights else next(seen) for lesson in lessons]
        self._prepare()

    def _prepare(self) -> None:
        """What `move` needs: unit features (K, width), whose digit each is, and what each lacks at its own drawing."""
        if not self.lessons:
            return
        device = self.reader.device
        features = np.stack([lesson.scale * lesson.feature.astype(np.float32) for lesson in self.lessons])
        seen = torch.from_numpy(features).to(device)
        self._unit = seen / seen.norm(dim=1, keepdim=True).clamp(min=1e-6)
        labels = [-1 if lesson.digit is None else lesson.digit for lesson in self.lessons]
        self._of = torch.tensor([[float(label == digit) for digit in range(10)] for label in labels], device=device)
        self._sign = torch.tensor([-1.0 if label < 0 else 1.0 for label in labels], device=device)
        with torch.inference_mode():
            logits, refusal = self.reader.network.judge(seen)
            gap = logits.amax(1) - (logits * self._of).sum(1)
            self._lacks = self._sign.clamp(min=0) * (gap + MARGIN - WEIGHT).clamp(min=0)
            self._lacks_being = torch.zeros_like(self._lacks)
            if refusal is not None:
                border = -math.log(1 / self.reader.threshold - 1) if 0 < self.reader.threshold < 1 else 0.0
                missing = MARGIN - WEIGHT_OF_BEING - self._sign * (-refusal - border)
                self._lacks_being = missing.clamp(min=0)

    @torch.inference_mode()
    def nearness(self, image: np.ndarray) -> np.ndarray:
        """Image (28, 28) float32 in [0, 1] -> (K,) float32 in [0, 1]: how much each lesson counts for it."""
        if not self.lessons:
            return np.zeros(0, np.float32)
        features = torch.from_numpy(self.reader.features(image[None])).to(self.reader.device)
        return self._near(features)[0].cpu().numpy()

    def _near(self, features: Tensor) -> Tensor:
        """Features (B, width) -> (B, K)."""
        unit = features / features.norm(dim=1, keepdim=True).clamp(min=1e-6)
        return (NEARNESS * (unit @ self._unit.T - 1)).exp()

    @torch.inference_mode()
    def move(self, features: Tensor, logits: Tensor, refusal: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Features (B, width), digit logits (B, 10) and not-a-digit logits (B,) or None -> both, moved by the lessons.

        Where the same ink was taught as two digits, what the network itself thought of it counts no more.
        """
        if not self.lessons:
            return logits, refusal
        near = self._near(features)
        exact = near**EXACT
        speaks = (WEIGHT * near + self._lacks * exact) @ self._of  # (B, 10)
        contradiction = (near[:, :, None] * self._of).amax(1).topk(2, 1).values[:, 1:]  # (B, 1)
        logits = (1 - contradiction) * logits.log_softmax(1) + speaks
        if refusal is not None:
            refusal = refusal - (WEIGHT_OF_BEING * near + self._lacks_being * exact) @ self._sign
        return logits, refusal


def checked_digit(digit: Any) -> int | None:
    if digit is not None and (type(digit) is not int or not 0 <= digit <= 9):
        raise ValueError(f"lesson: expected its digit as an integer from 0 to 9, or None, not {digit!r:.80}")
    return digit


def as_json(lesson: Lesson, *, image: bool = True) -> list:
    """[weights, digit, scale, feature in base64, and the image in base64 if there is one and it is wanted]."""
    kept = [lesson.weights, lesson.digit, lesson.scale, base64.b64encode(lesson.feature.tobytes()).decode()]
    return kept + ([base64.b64encode(lesson.image.tobytes()).decode()] if image and lesson.image is not None else [])


def lessons_of(value: Any) -> list[Lesson]:
    """ValueError says what was expected of a list of lists as `as_json` makes them."""
    if not isinstance(value, list) or len(value) > MOST:
        raise ValueError(f"lessons: expected a list of at most {MOST}")
    return [from_json(lesson) for lesson in value]


def from_json(value: Any) -> Lesson:
    """ValueError says what was expected of a list as `as_json` makes it."""
    if not isinstance(value, list) or len(value) not in (4, 5):
        raise ValueError("lesson: expected [weights, digit, scale, feature] and maybe an image")
    weights, digit, scale, feature = value[:4]
    digit = checked_digit(digit)
    if not isinstance(weights, str) or len(weights) > 64:
        raise ValueError("lesson: expected the weights' name")
    if type(scale) not in (int, float) or not 1e-9 < scale < 1e3:  # false for NaN
        raise ValueError("lesson: expected a scale above 0")
    image = np.frombuffer(_bytes(value[4], 784), np.uint8) if len(value) == 5 else None
    if image is not None and len(image) != 784:
        raise ValueError("lesson: expected an image of 784 bytes")
    seen = np.frombuffer(_bytes(feature, 4096), np.int8)
    return Lesson(weights, digit, float(scale), seen, None if image is None else image.reshape(28, 28))


def _bytes(text: Any, most: int) -> bytes:
    if not isinstance(text, str) or not text.isascii() or len(text) > 4 * most // 3 + 4:
        raise ValueError(f"lesson: expected at most {most} bytes in base64")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("lesson: expected base64") from error
