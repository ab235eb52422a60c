"""Backbones: normalised images (B, 1, 28, 28) float32 -> features (B, width) float32."""

import math
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

IMAGE_SHAPE = (1, 28, 28)  # as adder/drawing makes images


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a skip connection (He et al. 2016): (B, C, H, W) -> (B, C, H, W)."""

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


def conv_norm(inputs: int, outputs: int, *, kernel: int = 3, pool: bool = False, padded: bool = True) -> nn.Sequential:
    """Convolution, maybe a 2x2 max pool, batch norm, ReLU. An early pool leaves less work for the rest."""
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2 if padded else 0, bias=False)
    return nn.Sequential(conv, *([nn.MaxPool2d(2)] if pool else []), nn.BatchNorm2d(outputs), nn.ReLU())


class ResidualBackbone(nn.Module):
    """A 5x5 stem and two residual stages, with max pools after stem and stage 1, then the mean over the 7x7 grid."""

    def __init__(self, *, widths: tuple[int, int, int] = (16, 32, 96)):
        super().__init__()
        stem, middle, last = widths
        self.stem = conv_norm(1, stem, kernel=5, pool=True)
        self.stage1 = nn.Sequential(conv_norm(stem, middle), ResidualBlock(middle), nn.MaxPool2d(2))
        self.stage2 = nn.Sequential(conv_norm(middle, last), ResidualBlock(last))
        self.width = last

    def forward(self, images: Tensor) -> Tensor:
        x = self.stem(images)  # (B, stem, 14, 14)
        x = self.stage1(x)  # (B, middle, 7, 7)
        x = self.stage2(x)  # (B, last, 7, 7)
        return x.mean((2, 3))  # (B, last)


class QuickBackbone(nn.Module):
    """Three convolutions and a hidden layer over their 3x3 grid: it learns within one epoch, without residuals.

    The first convolution drops a margin of 2 px, where MNIST has almost no ink: a quarter less work for the rest.
    """

    def __init__(self, *, widths: tuple[int, int, int] = (16, 32, 64), hidden: int = 256):
        super().__init__()
        stem, middle, last = widths
        self.convs = nn.Sequential(
            conv_norm(1, stem, kernel=5, pool=True, padded=False),
            conv_norm(stem, middle, pool=True),
            conv_norm(middle, last, pool=True),
        )
        linear = nn.Linear(last * 3 * 3, hidden, bias=False)
        self.hidden = nn.Sequential(nn.Flatten(), linear, nn.BatchNorm1d(hidden), nn.ReLU())
        self.width = hidden

    def forward(self, images: Tensor) -> Tensor:
        return self.hidden(self.convs(images))  # (B, hidden)


class PlainBackbone(nn.Module):
    """A sequence of layers, each written as kind and size. The features are the last layer's output, flattened.

    'conv3 32': a 3x3 convolution to 32 channels with padding, then ReLU. 'valid3 32': the same without padding. With
    `norm`, a batch norm comes before the ReLU. 'max 2', 'average 2': 2x2 pools. 'relu 1024', 'sigmoid 84': a linear
    layer of that size, then that activation.
    """

    def __init__(self, layers: tuple[str, ...], *, norm: bool = False):
        super().__init__()
        self.layers = nn.Sequential()
        shape: tuple[int, ...] = IMAGE_SHAPE
        for kind, size in (words.split() for words in layers):
            layer = plain_layer(kind, int(size), shape, norm)
            self.layers.extend(layer)
            shape = layer.eval()(torch.zeros(2, *shape)).shape[1:]
            layer.train()
        self.layers.append(nn.Flatten())
        self.width = math.prod(shape)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)  # (B, width)


def plain_layer(kind: str, size: int, inputs: tuple[int, ...], norm: bool) -> nn.Sequential:
    """One layer of PlainBackbone; `inputs` is the shape of its input, (C, H, W) or (C,)."""
    if kind in ("max", "average"):
        return nn.Sequential(nn.MaxPool2d(size) if kind == "max" else nn.AvgPool2d(size))
    if kind in ("relu", "sigmoid"):
        flatten = [nn.Flatten()] if len(inputs) > 1 else []
        activation = nn.ReLU() if kind == "relu" else nn.Sigmoid()
        return nn.Sequential(*flatten, nn.Linear(math.prod(inputs), size), activation)
    kernel = int(kind[-1])
    padding = kernel // 2 if kind.startswith("conv") else 0
    conv = nn.Conv2d(inputs[0], size, kernel, padding=padding)
    return nn.Sequential(conv, *([nn.BatchNorm2d(size)] if norm else []), nn.ReLU())


# The reference systems without their last layer, from features to ten logits, which `Adder` adds.
BN_EMBED = ("conv3 16", "conv3 32", "max 2", "conv3 64", "conv3 128", "max 2", "valid3 256", "valid3 512")
WIDE = (
    *("conv3 32", "conv3 64", "max 2", "conv3 128", "conv3 256", "max 2"),
    *("valid3 256", "valid3 512", "relu 1024"),
)
SMALL = ("conv3 32", "max 2", "conv3 64", "max 2", "valid3 64", "max 2")
BOTTLENECK = (
    *("conv3 32", "conv3 64", "max 2", "conv1 16", "conv3 32", "conv3 64", "max 2"),
    *("conv1 16", "valid3 32", "valid3 64"),
)
LENET = (
    *("conv5 16", "conv5 16", "average 2", "conv5 32", "conv5 32", "average 2"),
    *("sigmoid 120", "sigmoid 84"),
)
ONE_EPOCH = ("valid5 24", "max 2", "valid3 32", "max 2", "relu 256")

BACKBONES: dict[str, Callable[..., nn.Module]] = {
    "residual": ResidualBackbone,
    "quick": QuickBackbone,
    "bn-embed": partial(PlainBackbone, BN_EMBED, norm=True),
    "wide": partial(PlainBackbone, WIDE),
    "small": partial(PlainBackbone, SMALL),
    "bottleneck": partial(PlainBackbone, BOTTLENECK),
    "lenet": partial(PlainBackbone, LENET),
    "one-epoch": partial(PlainBackbone, ONE_EPOCH),
}
