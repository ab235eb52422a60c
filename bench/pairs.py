"""Pairs of digit and number: which are withheld from training, and how well a network adds the seen and the unseen."""

from pathlib import Path

import torch
from torch import Tensor

from adder.network.heads import DIGITS, NUMBERS
from adder.training import report


def sample_seen_pairs(share: float, seed: int) -> Tensor:
    """bool (10 digits, 10 numbers): True for seen pairs, False for the withheld share.

    Random, from all sets that leave every digit and every number a seen pair. ValueError for a share above 0.8, with
    which hardly any set does.
    """
    withheld = round(share * DIGITS * NUMBERS)
    if not 0 <= share <= 0.8:
        raise ValueError(f"a share of {share} cannot be withheld: every digit and every number needs a seen pair")
    generator = torch.Generator().manual_seed(seed)
    while True:
        seen = torch.randperm(DIGITS * NUMBERS, generator=generator).view(DIGITS, NUMBERS) >= withheld
        if seen.any(0).all() and seen.any(1).all():
            return seen


def sample_numbers(seen: Tensor, digits: Tensor) -> Tensor:
    """Digits int64 (B,) -> for each a random number of its seen pairs, int64 (B,); seen is bool (10, 10)."""
    return torch.multinomial(seen[digits].float(), 1).flatten()


def sums_of(digits: Tensor) -> Tensor:
    """Digits int64 (N,) -> their sums with the numbers 0..9, int64 (N, 10)."""
    return digits[:, None] + torch.arange(NUMBERS, device=digits.device)


def sum_accuracies(right: Tensor, digits: Tensor, digit_right: Tensor, seen: Tensor) -> tuple[float, float, float]:
    """In percent: on seen pairs, on unseen pairs, and on unseen pairs of images with the digit read right.

    `right` bool (N, 10): is the sum right? `digits` int64 (N,), true; `digit_right` bool (N,); `seen` bool (10, 10).
    """
    is_seen = seen[digits]  # (N, 10)
    on_seen, on_unseen, on_unseen_read = (
        100 * right[part].cpu().double().mean().item() for part in (is_seen, ~is_seen, ~is_seen & digit_right[:, None])
    )
    return on_seen, on_unseen, on_unseen_read


def pair_accuracies(right: Tensor, digits: Tensor) -> Tensor:
    """`right` bool (N, 10), `digits` int64 (N,) -> accuracy of each pair, float64 (10 digits, 10 numbers)."""
    return torch.stack([right[digits == digit].cpu().double().mean(0) for digit in range(DIGITS)])


def plot_pairs(path: Path, pairs: dict[str, Tensor], seen: Tensor) -> None:
    """A square for each head: its accuracy of every digit (row) with every number (column), unseen pairs outlined."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    figure = Figure(figsize=(15, 4.1), layout="constrained")
    figure.suptitle(
        f"Sum right on MNIST's test images, by digit and number; outlined: the {int((~seen).sum())} pairs "
        "never shown in training",
        fontsize=13,
    )
    squares = figure.subplots(1, len(pairs), sharey=True)
    for axes, (name, accuracies) in zip(squares, pairs.items(), strict=True):
        shown = axes.imshow((100 * accuracies).numpy(), cmap="Blues", vmin=0, vmax=100)
        for digit, number in (~seen).nonzero().tolist():
            outline = Rectangle((number - 0.41, digit - 0.41), 0.82, 0.82, fill=False, edgecolor="#e8590c", lw=1.4)
            axes.add_patch(outline)
        means = [100 * accuracies[part].mean().item() for part in (seen, ~seen)]
        axes.set_title(f"{name}\nseen {means[0]:.1f} %, unseen {means[1]:.1f} %", fontsize=10.5)
        axes.set(xlabel="number", xticks=range(NUMBERS), yticks=range(DIGITS))
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    squares[0].set_ylabel("digit in the image")
    figure.colorbar(shown, ax=squares, label="sum right, %", shrink=0.8, pad=0.01)
    report.save(figure, path)
