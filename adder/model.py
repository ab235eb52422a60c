"""What the network is: a backbone sees the image, a linear layer names the digit, a head adds the number.

Knows nothing of data, losses or files. It returns logits; probabilities are made by the reader.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DIGITS = 10
NUMBERS = 10
SUMS = 19  # 0 + 0 .. 9 + 9

MNIST_MEAN = 0.1307
MNIST_STD = 0.3081


class Prediction(NamedTuple):
    """Logits for a batch of B (image, number) pairs, all float32."""

    digit: Tensor  # (B, 10)
    sum: Tensor  # (B, 19)
    refusal: Tensor | None = None  # (B,), higher = less surely a digit; None where the model cannot refuse


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside an identity (He et al. 2016); keeps (B, C, H, W)."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return F.relu(x + y)


def conv_norm(inputs: int, outputs: int) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())


class ResidualBackbone(nn.Module):
    """A 5x5 stem and two residual stages, with a max pool after the first two, then the mean over the 7x7 grid."""

    def __init__(self, *, widths: tuple[int, int, int] = (16, 32, 96)):
        super().__init__()
        stem, middle, last = widths
        conv = nn.Conv2d(1, stem, 5, padding=2, bias=False)
        self.stem = nn.Sequential(conv, nn.MaxPool2d(2), nn.BatchNorm2d(stem), nn.ReLU())
        self.stage1 = nn.Sequential(conv_norm(stem, middle), ResidualBlock(middle), nn.MaxPool2d(2))
        self.stage2 = nn.Sequential(conv_norm(middle, last), ResidualBlock(last))
        self.width = last

    def forward(self, images: Tensor) -> Tensor:
        x = self.stem(images)  # (B, stem, 14, 14)
        x = self.stage1(x)  # (B, middle, 7, 7)
        x = self.stage2(x)  # (B, last, 7, 7)
        return x.mean((2, 3))  # (B, last)


class BottleneckBackbone(nn.Module):
    """3x3 convolutions with 1x1 bottlenecks behind the pools, without norms: the reference system `bottleneck`.

    Its last convolution, 64 -> 10 over 3x3, is Adder's linear layer over the 576 features here.
    """

    width = 64 * 3 * 3

    def __init__(self):
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs, size, padding in (
            *((1, 32, 3, 1), (32, 64, 3, 1), (64, 16, 1, 0)),
            *((16, 32, 3, 1), (32, 64, 3, 1), (64, 16, 1, 0)),
            *((16, 32, 3, 0), (32, 64, 3, 0)),
        ):
            if size == 1:
                layers.append(nn.MaxPool2d(2))
            layers += [nn.Conv2d(inputs, outputs, size, padding=padding), nn.ReLU()]
        layers.append(nn.Flatten())
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)  # (B, 576)


class ConvolutionHead(nn.Module):
    """The sum's distribution as the convolution of P(digit) and a learned P(value | number).

    For independent variables P(sum = s) is the sum over d of P(digit = d) P(value = s - d). The table starts
    without any idea of what a number is worth and learns it through the sum loss alone.
    """

    GAIN = 8.0  # the table moves at the optimiser's pace; this lets it become sharp within an epoch

    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(NUMBERS, NUMBERS))  # [number as given, value it stands for]
        value = torch.arange(SUMS)[:, None] - torch.arange(DIGITS)  # (19, 10): s - d
        self.register_buffer("value", value.clamp(0, NUMBERS - 1), persistent=False)
        impossible = torch.where((value < 0) | (value >= NUMBERS), torch.finfo(torch.float32).min, 0.0)
        self.register_buffer("impossible", impossible, persistent=False)

    def forward(self, digit_logits: Tensor, numbers: Tensor) -> Tensor:
        log_digit = F.log_softmax(digit_logits, 1)  # (B, 10)
        log_value = F.log_softmax(self.GAIN * self.table, 1)[numbers]  # (B, 10)
        terms = log_digit[:, None] + log_value[:, self.value] + self.impossible  # (B, 19, 10)
        return terms.logsumexp(2)  # (B, 19)


class ConcatHead(nn.Module):
    """Two linear layers over the digit's logits and the one-hot number: the head of the reference system."""

    def __init__(self, *, hidden: int = 128):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(DIGITS + NUMBERS, hidden), nn.ReLU(), nn.Linear(hidden, SUMS))

    def forward(self, digit_logits: Tensor, numbers: Tensor) -> Tensor:
        number = F.one_hot(numbers, NUMBERS).to(digit_logits.dtype)
        return self.layers(torch.cat((digit_logits, number), 1)).float()  # (B, 19)


class Adder(nn.Module):
    """(images float32 (B, 1, 28, 28) in [0, 1], numbers int64 (B,) in 0..9) -> Prediction.

    `features` and `answer` are the two halves of `forward`, so that one look at the image serves many numbers.
    The digit's logits are divided by `temperature` (Guo et al. 2017), 1 while training, before the head adds.
    """

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
        self.digit = nn.Linear(backbone.width, DIGITS)
        self.refusal = nn.Linear(backbone.width, 1) if refuses else None
        self.head = head
        self.mean, self.std = mean, std
        self.register_buffer("temperature", torch.ones(()))

    def features(self, images: Tensor) -> Tensor:
        return self.backbone((images - self.mean) / self.std)  # (B, width)

    def answer(self, features: Tensor, numbers: Tensor) -> Prediction:
        digit_logits = self.digit(features).float() / self.temperature  # float32 under autocast: the head adds logs
        refusal = self.refusal(features).float().flatten() if self.refusal else None
        return Prediction(digit_logits, self.head(digit_logits, numbers), refusal)

    def forward(self, images: Tensor, numbers: Tensor) -> Prediction:
        return self.answer(self.features(images), numbers)


BACKBONES = {"residual": ResidualBackbone, "bottleneck": BottleneckBackbone}
HEADS = {"convolution": ConvolutionHead, "concat": ConcatHead}


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
    """'auto' takes CUDA, then Apple's MPS, then the CPU. ValueError when the named device is not there."""
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(kind for kind in ("cuda", "mps", "cpu") if present[kind])
    if not present.get(name, False):
        raise ValueError(
            f"device {name!r} is not available here; use --device auto, or one of "
            f"{', '.join(kind for kind in present if present[kind])}"
        )
    return torch.device(name)
