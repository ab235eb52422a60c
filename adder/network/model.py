"""The network: a backbone reads the image, a linear layer scores the digits, a head adds the number.

It returns logits; the reader turns them into probabilities.
"""

import os
import sys
from functools import cache, partial
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adder.network.backbones import BACKBONES, IMAGE_SHAPE
from adder.network.heads import DIGITS, HEADS

MNIST_MEAN = 0.1307
MNIST_STD = 0.3081

if hasattr(os, "register_at_fork"):  # a forked child would wait for its parent's threads for ever
    os.register_at_fork(after_in_child=partial(torch.set_num_threads, 1))


class Prediction(NamedTuple):
    """Logits for a batch of B pairs of image and number, all float32."""

    digit: Tensor  # (B, 10)
    sum: Tensor  # (B, 19)
    refusal: Tensor | None = None  # (B,), higher = less like a digit; None if the network cannot refuse


class Adder(nn.Module):
    """Images (B, 1, 28, 28) float32 in [0, 1], ink 1, and numbers (B,) int64 in 0..9 -> Prediction.

    `forward` is `features`, then `predict`, so that one pass over the image serves many numbers. `predict` is
    `digit_logits`, then `sum_logits`, so that corrections can adjust the digit before the sum.

    `digit_logits` divides by `temperature` (Guo et al. 2017), which is 1 during training. A head with
    `takes_calibrated_logits` gets these; other heads get the logits that they were trained on.
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
        """Both outputs for the digit: features (B, width) -> digit logits (B, 10), and not-a-digit logits (B,) or None.

        float32, under autocast too.
        """
        refusal = self.refusal(features).float().flatten() if self.refusal else None
        return self.digit(features).float() / self.temperature, refusal

    def sum_logits(self, digit_logits: Tensor, numbers: Tensor) -> Tensor:
        """Digit logits (B, 10) of `digit_logits`, adjusted or not, and numbers (B,) -> sum logits (B, 19) float32."""
        if not self.head.takes_calibrated_logits:
            digit_logits = digit_logits * self.temperature
        return self.head(digit_logits, numbers).float()

    def predict(self, features: Tensor, numbers: Tensor) -> Prediction:
        """Features (B, width) and numbers (B,) -> Prediction."""
        digit_logits, refusal = self.digit_logits(features)
        return Prediction(digit_logits, self.sum_logits(digit_logits, numbers), refusal)

    def forward(self, images: Tensor, numbers: Tensor) -> Prediction:
        return self.predict(self.features(images), numbers)


def build(*, backbone: dict, head: dict, **options) -> Adder:
    """An Adder from plain values, as recipes and weights files hold them.

    `backbone` and `head` are {"name": ..., and the arguments of its constructor}; `options` are arguments of Adder.
    KeyError for an unknown name, TypeError for an unknown argument.
    """
    parts = []
    for table, spec in ((BACKBONES, backbone), (HEADS, head)):
        arguments = dict(spec)
        parts.append(table[arguments.pop("name")](**arguments))
    return Adder(*parts, **options).to(memory_format=torch.channels_last)


def choose_device(name: str) -> torch.device:
    """'cpu', 'mps', 'cuda', or 'cuda:1' for the second GPU. ValueError if it is missing or does not work.

    'auto' is the first of CUDA, MPS (Apple) and CPU that works; stderr says which device does not.
    """
    is_available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    available = [device for device in is_available if is_available[device]]
    if name != "auto" and name.partition(":")[0] not in available:
        raise ValueError(
            f"device {name!r} is not available here; use --device auto, or one of {', '.join(sorted(available))}"
        )
    for device in available if name == "auto" else [name]:
        reason = why_unusable(device)
        if not reason:
            return torch.device(device)
        if name != "auto":
            raise ValueError(f"device {device!r} cannot be used ({reason}); use --device cpu")
        print(f"{device} cannot be used ({reason}); trying the next device", file=sys.stderr)
    raise ValueError("no device can be used, not even the CPU; install PyTorch again")


@cache
def why_unusable(device: str) -> str:
    """Tries a convolution -> why the device does not work, '' if it works.

    A GPU that is present may be full, without a driver, or too old for this PyTorch.
    """
    try:
        images = torch.ones(64, *IMAGE_SHAPE, device=device)
        F.conv2d(images, torch.ones(8, 1, 3, 3, device=device)).sum().item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # AssertionError: PyTorch without CUDA
        return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
    return ""
