"""The recipes: network, optimiser, schedule and augmentation for each set of weights."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

import torch

from adder.training.augment import Strength


def linear_warmup_decay(progress: float, *, warmup: float = 0.03) -> float:
    """Share of the peak learning rate at `progress`, both in [0, 1]: linear up to `warmup`, then linear down."""
    return min(progress / warmup, (1 - progress) / (1 - warmup))


def constant(progress: float) -> float:
    return 1.0


@dataclass(frozen=True)
class Recipe:
    """One recipe. `model` holds the arguments of adder.network.model.build; the checkpoint keeps them."""

    summary: str
    model: dict
    epochs: int
    batch_size: int
    lr: float  # peak
    optimiser: Callable[[Iterable, float], torch.optim.Optimizer]
    schedule: Callable[[float], float] = constant
    augment: Strength | None = None
    drawings: bool = False  # train on pen strokes as well as MNIST
    label_smoothing: float = 0.0  # Szegedy et al. 2016
    ema_decay: float = 0.0  # of the moving average of the weights, which is evaluated and saved
    reported: str = ""  # test accuracies in % that the authors of a reference system report


DEFAULT = Recipe(
    summary="a small residual network; the head convolves P(digit) with a learned P(value | number)",
    model={
        "backbone": {"name": "residual", "widths": (24, 48, 88)},
        "head": {"name": "convolution"},
        "refuses": True,
    },
    epochs=28,
    batch_size=256,
    lr=0.1,
    optimiser=partial(torch.optim.SGD, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True),
    schedule=linear_warmup_decay,
    ema_decay=0.998,
    augment=Strength(rotation=10, scale=0.15, shear=0.2, shift=1.5, elastic=0.8, width=0.2),
    drawings=True,
)
BOTTLENECK = Recipe(
    summary="reference: 1x1 bottlenecks, and two linear layers over logits and number; our schedule, averaged weights",
    model={"backbone": {"name": "bottleneck"}, "head": {"name": "concat", "hidden": 128}},
    epochs=10,
    batch_size=32,
    lr=1e-3,
    optimiser=partial(torch.optim.Adam, fused=True),
    schedule=linear_warmup_decay,
    ema_decay=0.99,
    reported="digit 99.32, sum 99.20",
)
RECIPES = {
    "default": DEFAULT,
    "quick": Recipe(
        summary="a smaller network with the same head, one epoch of MNIST: 99 % in seconds",
        model={"backbone": {"name": "quick"}, "head": {"name": "convolution"}},
        epochs=1,
        batch_size=256,
        lr=2e-2,
        optimiser=partial(torch.optim.Adam, betas=(0.7, 0.9), fused=True),
        schedule=partial(linear_warmup_decay, warmup=0.1),
        label_smoothing=0.1,
        ema_decay=0.95,
    ),
    "brief": Recipe(
        summary="quick, a little wider: five epochs of MNIST with small warps, 99.5 % in less than a minute",
        model={"backbone": {"name": "quick", "widths": (24, 48, 96)}, "head": {"name": "convolution"}},
        epochs=5,
        batch_size=256,
        lr=2e-2,
        optimiser=partial(torch.optim.AdamW, betas=(0.85, 0.95), weight_decay=0.05, fused=True),
        schedule=partial(linear_warmup_decay, warmup=0.05),
        label_smoothing=0.1,
        ema_decay=0.98,
        augment=Strength(rotation=5, scale=0.06, shear=0.06, shift=0.7, elastic=0.3, width=0.05),
    ),
    "bn-embed": Recipe(
        summary="reference: nine convolutions with batch norm; digit logits and number embedded, then a linear layer",
        model={"backbone": {"name": "bn-embed"}, "head": {"name": "embed", "width": 20}},
        epochs=49,
        batch_size=128,
        lr=0.01,
        optimiser=partial(torch.optim.SGD, momentum=0.9, fused=True),
        reported="digit 99.64, sum 98.61",
    ),
    "wide-linear": Recipe(
        summary="reference: six wide convolutions, 1024 hidden; one linear layer over digit logits and number",
        model={"backbone": {"name": "wide"}, "head": {"name": "concat", "depth": 0}, "mean": 0.0, "std": 1.0},
        epochs=25,
        batch_size=64,
        lr=1e-3,
        optimiser=partial(torch.optim.Adam, fused=True),
        reported="mean of both 88.19",
    ),
    "concat-mlp": Recipe(
        summary="reference: convolutions and pools down to ten values; a small MLP over them and the number",
        model={"backbone": {"name": "small"}, "head": {"name": "concat", "hidden": 64, "depth": 2}},
        epochs=9,
        batch_size=128,
        lr=1e-3,
        optimiser=partial(torch.optim.Adam, fused=True),
        reported="digit 99, sum 98",
    ),
    "bottleneck": BOTTLENECK,
    "bottleneck-plain": replace(
        BOTTLENECK,
        summary="reference: bottleneck with plain Adam, without our schedule and averaged weights",
        schedule=constant,
        ema_decay=0.0,
    ),
    "lenet-sigmoid": Recipe(
        summary="reference: a LeNet with sigmoids; predicted label and number as two scalars through sigmoid layers",
        model={"backbone": {"name": "lenet"}, "head": {"name": "pair", "hidden": (64, 64)}},
        epochs=50,
        batch_size=128,
        lr=1e-3,
        optimiser=partial(torch.optim.Adam, fused=True),
        reported="digit 99.13, sum 87.05",
    ),
    "one-epoch": Recipe(
        summary="the fastest public MNIST recipe that we know, with our head: two convolutions, one epoch",
        model={"backbone": {"name": "one-epoch"}, "head": {"name": "convolution"}},
        epochs=1,
        batch_size=256,
        lr=1e-2,
        optimiser=partial(torch.optim.Adam, betas=(0.7, 0.9), fused=True),
        schedule=partial(linear_warmup_decay, warmup=0.3),
    ),
}
