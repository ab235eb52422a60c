"""The table of recipes: which network, optimiser, schedule and augmentation make which set of weights."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import torch

from adder.training.augment import Strength


def one_cycle(done: float, *, warmup: float = 0.03) -> float:
    """Share of the peak learning rate when a share `done` of the steps is behind: a straight line up, then down."""
    return min(done / warmup, (1 - done) / (1 - warmup))


def constant(done: float) -> float:
    return 1.0


@dataclass(frozen=True)
class Recipe:
    """One row of the table. `model` goes to adder.network.model.build, and into the checkpoint."""

    summary: str
    model: dict
    epochs: int
    batch_size: int
    lr: float  # at its peak
    optimiser: Callable[[Iterable, float], torch.optim.Optimizer]
    schedule: Callable[[float], float] = constant
    augment: Strength | None = None
    drawings: bool = False  # train on pen strokes beside MNIST
    smoothing: float = 0.0  # share of each label that all others get (Szegedy et al. 2016)
    averaging: float = 0.0  # decay of the moving average of the weights that is evaluated and saved
    reported: str = ""  # by the authors of a reference system, on MNIST's test set


RECIPES = {
    "default": Recipe(
        summary="a small residual network, and a head that convolves P(digit) with a learned P(number)",
        model={
            "backbone": {"name": "residual", "widths": (24, 48, 88)},
            "head": {"name": "convolution"},
            "refuses": True,
        },
        epochs=30,
        batch_size=256,
        lr=0.1,
        optimiser=partial(torch.optim.SGD, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True),
        schedule=one_cycle,
        averaging=0.998,
        augment=Strength(rotation=10, scale=0.15, slant=0.2, shift=1.5, elastic=0.8, width=0.2),
        drawings=True,
    ),
    "teacher": Recipe(
        summary="the default eight times as large: others can learn from its answers, by --teacher",
        model={
            "backbone": {"name": "residual", "widths": (48, 128, 256)},
            "head": {"name": "convolution"},
            "refuses": True,
        },
        epochs=30,
        batch_size=256,
        lr=0.05,
        optimiser=partial(torch.optim.SGD, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True),
        schedule=one_cycle,
        averaging=0.99,
        augment=Strength(rotation=10, scale=0.15, slant=0.2, shift=1.5, elastic=0.8, width=0.2),
        drawings=True,
    ),
    "quick": Recipe(
        summary="a smaller network with the default's head, one epoch of MNIST alone: 99 % in some three seconds",
        model={"backbone": {"name": "quick"}, "head": {"name": "convolution"}},
        epochs=1,
        batch_size=256,
        lr=2e-2,
        optimiser=partial(torch.optim.Adam, betas=(0.7, 0.9), fused=True),
        schedule=partial(one_cycle, warmup=0.1),
        smoothing=0.1,
        averaging=0.95,
    ),
    "brief": Recipe(
        summary="the same a little wider, five epochs of MNIST, warped a little: 99.5 % in half a minute",
        model={"backbone": {"name": "quick", "widths": (24, 48, 96)}, "head": {"name": "convolution"}},
        epochs=5,
        batch_size=256,
        lr=2e-2,
        optimiser=partial(torch.optim.AdamW, betas=(0.85, 0.95), weight_decay=0.05, fused=True),
        schedule=partial(one_cycle, warmup=0.05),
        smoothing=0.1,
        averaging=0.98,
        augment=Strength(rotation=5, scale=0.06, slant=0.06, shift=0.7, elastic=0.3, width=0.05),
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
    "bottleneck": Recipe(
        summary="reference: 1x1 bottlenecks, and two linear layers over logits and number; our schedule and averaging",
        model={"backbone": {"name": "bottleneck"}, "head": {"name": "concat", "hidden": 128}},
        epochs=10,
        batch_size=32,
        lr=1e-3,
        optimiser=partial(torch.optim.Adam, fused=True),
        schedule=one_cycle,
        averaging=0.99,
        reported="digit 99.32, sum 99.20",
    ),
    "bottleneck-plain": Recipe(
        summary="reference: the same by Adam alone, without our schedule and averaging",
        model={"backbone": {"name": "bottleneck"}, "head": {"name": "concat", "hidden": 128}},
        epochs=10,
        batch_size=32,
        lr=1e-3,
        optimiser=partial(torch.optim.Adam, fused=True),
        reported="digit 99.32, sum 99.20",
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
        summary="the fastest public MNIST recipe known to us, with our head: two convolutions, one epoch",
        model={"backbone": {"name": "one-epoch"}, "head": {"name": "convolution"}},
        epochs=1,
        batch_size=256,
        lr=1e-2,
        optimiser=partial(torch.optim.Adam, betas=(0.7, 0.9), fused=True),
        schedule=partial(one_cycle, warmup=0.3),
    ),
}
