"""The table of recipes: which network, optimiser, schedule and augmentation make which set of weights."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import torch

from adder.augment import Strength


def one_cycle(done: float, *, warmup: float = 0.03) -> float:
    """Share of the peak learning rate when a share `done` of the steps is behind: a straight line up, then down."""
    return min(done / warmup, (1 - done) / (1 - warmup))


@dataclass(frozen=True)
class Recipe:
    """One row of the table. `model` goes to adder.model.build, and into the checkpoint."""

    summary: str
    model: dict
    epochs: int
    batch_size: int
    lr: float  # at its peak
    optimiser: Callable[[Iterable, float], torch.optim.Optimizer]
    schedule: Callable[[float], float] = one_cycle
    augment: Strength | None = None
    drawings: bool = False  # train on pen strokes beside MNIST
    averaging: float = 0.99  # decay of the moving average of the weights that is evaluated and saved


RECIPES = {
    "default": Recipe(
        summary="a small residual network, and a head that convolves P(digit) with a learned P(number)",
        model={
            "backbone": {"name": "residual", "widths": (16, 32, 96)},
            "head": {"name": "convolution"},
            "refuses": True,
        },
        epochs=30,
        batch_size=256,
        lr=0.1,
        optimiser=partial(torch.optim.SGD, momentum=0.9, nesterov=True, weight_decay=5e-4),
        augment=Strength(rotation=10, scale=0.15, slant=0.2, shift=1.5, elastic=0.8, width=0.2),
        drawings=True,
    ),
    "bottleneck": Recipe(
        summary="reference: 1x1 bottlenecks, and two linear layers over digit logits and number; MNIST alone",
        model={"backbone": {"name": "bottleneck"}, "head": {"name": "concat", "hidden": 128}},
        epochs=10,
        batch_size=32,
        lr=1e-3,
        optimiser=torch.optim.Adam,
    ),
}
