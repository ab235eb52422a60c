"""What the network is: a backbone sees the image, a linear layer names the digit, a head adds the number.

Knows nothing of data, losses or files. It returns logits; probabilities are made by the reader.
"""

import os
import sys
from functools import cache, partial
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adder.network.backbones import BACKBONES
from adder.network.heads import DIGITS, HEADS

MNIST_MEAN = 0.1307
MNIST_STD = 0.3081

if hasattr(os, "register_at_fork"):  # a forked child has none of its parent's threads, and would wait for them
    os.register_at_fork(after_in_child=partial(torch.set_num_threads, 1))


class Prediction(NamedTuple):
    """Logits for a batch of B (image, number) pairs, all float32."""

    digit: Tensor  # (B, 10)
    sum: Tensor  # (B, 19)
    refusal: Tensor | None = None  # (B,), higher = less surely a digit; None where the model cannot refuse


class Adder(nn.Module):
    """(images float32 (B, 1, 28, 28) in [0, 1], numbers int64 (B,) in 0..9) -> Prediction.

    `forward` is `features`, then `answer`, so that one pass over the image serves many numbers; `answer` is
    `digit_logits`, then `sum_logits`, so that corrections can adjust the digit before the sum.
    The digit's logits are divided by `temperature` (Guo et al. 2017), 1 while training; a head to which they are
    probabilities adds these, others the logits that they learned from.
    """

    temperature: Tensor

    def __init__(
        self,
        backbone: nn.Module,
        head: nn.Module,
        *,
        refuses: bool = False,
        mean: float = MNIST_MEAN,
        std: float = MNIST_STD,
    ):
        super().__init__()
        self.backbone = backbone
        width = cast(int, backbone.width)
        self.digit = nn.Linear(width, DIGITS)
        self.refusal = nn.Linear(width, 1) if refuses else None
        self.head = head
        self.mean, self.std = mean, std
        self.register_buffer("temperature", torch.ones(()))

    def features(self, images: Tensor) -> Tensor:
        return self.backbone((images - self.mean) / self.std)  # (B, width)

    def digit_logits(self, features: Tensor) -> tuple[Tensor, Tensor | None]:
        """Digit logits (B, 10), and not-a-digit logits (B,) or None, both float32: under autocast too, for logs."""
        refusal = self.refusal(features).float().flatten() if self.refusal else None
        return self.digit(features).float() / self.temperature, refusal

    def sum_logits(self, digit_logits: Tensor, numbers: Tensor) -> Tensor:
        """Digit logits as `digit_logits` gives them, or moved, and numbers (B,) -> sum logits (B, 19) float32."""
        return self.head(digit_logits if self.head.takes_probs else digit_logits * self.temperature, numbers).float()

    def answer(self, features: Tensor, numbers: Tensor) -> Prediction:
        digit_logits, refusal = self.digit_logits(features)
        return Prediction(digit_logits, self.sum_logits(digit_logits, numbers), refusal)

    def forward(self, images: Tensor, numbers: Tensor) -> Prediction:
        return self.answer(self.features(images), numbers)


def build(*, backbone: dict, head: dict, **options) -> Adder:
    """An Adder from plain values, as recipes write them and checkpoints keep them.

    `backbone` and `head` are {"name": ..., constructor arguments}; `options` go to Adder. Raises KeyError for an
    unknown name and TypeError for an unknown argument.
    """
    parts = []
    for table, spec in ((BACKBONES, backbone), (HEADS, head)):
        arguments = dict(spec)
        parts.append(table[arguments.pop("name")](**arguments))
    return Adder(*parts, **options).to(memory_format=torch.channels_last)


def choose_device(name: str) -> torch.device:
    """'auto' takes the first of CUDA, Apple's MPS and the CPU that works, and says on stderr which card does not.

    'cuda:1' is the second card. ValueError when the named device is not there, or does not work.
    """
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    there = [kind for kind in present if present[kind]]
    if name != "auto" and name.partition(":")[0] not in there:
        raise ValueError(
            f"device {name!r} is not available here; use --device auto, or one of {', '.join(sorted(there))}"
        )
    for kind in there if name == "auto" else [name]:
        trouble = trouble_with(kind)
        if not trouble:
            return torch.device(kind)
        if name != "auto":
            raise ValueError(f"device {kind!r} cannot be used ({trouble}); use --device cpu")
        print(f"{kind} cannot be used ({trouble}); running on the next best device", file=sys.stderr)
    raise ValueError("no device can be used, not even the CPU; install PyTorch again")


@cache
def trouble_with(kind: str) -> str:
    """Why a device does not work, from trying a convolution; empty when it does.

    A card may be there and be too old for this PyTorch, without a driver, or full.
    """
    try:
        images = torch.ones(64, 1, 28, 28, device=kind)
        F.conv2d(images, torch.ones(8, 1, 3, 3, device=kind)).sum().item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # AssertionError: PyTorch without CUDA
        return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
    return ""
