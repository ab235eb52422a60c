"""Do the heads add, or do they learn pairs by heart? python -m bench.addition --help. Prints Markdown, and a picture.

Frozen: a trained network reads MNIST once, and five heads learn to add to its digit logits from a part of the 100
(digit, number) pairs; what counts is the rest. A withheld pair is the only one by which its digit makes that sum, and
the only one by which its number does: a head without addition built in learns that this sum is out of the question.
End to end: the recipe `quick` from scratch, again by a part of the pairs, with and without being told a digit.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from adder.data import sources, splits
from adder.files import user_path
from adder.network import checkpoint
from adder.network.heads import DIGITS, HEADS, NUMBERS
from adder.network.model import Adder
from adder.training import evaluation, loop, report
from adder.training.recipes import RECIPES, one_cycle
from adder.training.run import Run, Settings
from bench import shared

SHARES = (0.1, 0.3, 0.5)  # of the 100 pairs, withheld
FROM_SCRATCH = "quick"  # the recipe
STEPS, BATCH = 2000, 512  # for every head
RATES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)  # that --rates tries
TOLD = ("told", "pairs withheld", "digit", "sum: seen", "unseen", "unseen, digit read right", "seconds a run")
PAPERS = "DeepStochLog 97.9 %, A-NeSI 97.7 %, DeepProbLog 97.2 %, as the results files of A-NeSI give them"


class Trial(NamedTuple):
    """A head as recipes write it, and its peak learning rate.

    That is the smallest of RATES within 0.05 points of the best on seen pairs of validation images, by --rates.
    """

    head: dict
    lr: float

    def build(self) -> nn.Module:
        arguments = dict(self.head)
        return HEADS[arguments.pop("name")](**arguments)


TRIALS = {
    "linear over logits and one-hot": Trial({"name": "concat", "depth": 0}, 1.0),
    "MLP over logits and one-hot": Trial({"name": "concat", "hidden": 128, "depth": 1}, 3e-3),
    "both embedded": Trial({"name": "embed"}, 1e-1),
    "two scalars through sigmoids": Trial({"name": "pair"}, 1e-2),
    "convolution (ours)": Trial({"name": "convolution"}, 1e-3),
}


class Read(NamedTuple):
    """What a frozen network makes of N images: the logits that every head gets, and the truth."""

    logits: Tensor  # float32 (N, 10), divided by the temperature
    digits: Tensor  # int64 (N,)


def draw_seen(share: float, seed: int) -> Tensor:
    """bool (10 digits, 10 numbers), False for the withheld share, drawn by the seed among all sets of so many pairs
    that leave every digit and every number at least one seen pair. ValueError above 0.8, where hardly any set does."""
    withheld = round(share * DIGITS * NUMBERS)
    if not 0 <= share <= 0.8:
        raise ValueError(f"a share of {share} cannot be withheld: every digit and every number needs a seen pair")
    generator = torch.Generator().manual_seed(seed)
    while True:
        seen = torch.randperm(DIGITS * NUMBERS, generator=generator).view(DIGITS, NUMBERS) >= withheld
        if seen.any(0).all() and seen.any(1).all():
            return seen


def draw_numbers(seen: Tensor, digits: Tensor) -> Tensor:
    """For digits int64 (B,) a random number each, int64 (B,), among those that the digit is seen with."""
    return torch.multinomial(seen[digits].float(), 1).flatten()


def frozen_batches(read: Read, seen: Tensor, *, steps: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """(logits float32 (B, 10), numbers int64 (B,), sums int64 (B,)) of random images, in seen pairs only."""
    for _ in range(steps):
        chosen = torch.randint(len(read.digits), (BATCH,), device=read.digits.device)
        digits = read.digits[chosen]
        numbers = draw_numbers(seen, digits)
        yield read.logits[chosen], numbers, digits + numbers


def image_batches(split: sources.Split, seen: Tensor, size: int) -> Iterator[splits.Batch]:
    """One epoch as data.batches makes it, the numbers drawn anew among the seen pairs."""
    for batch in splits.batches(split, size):
        numbers = draw_numbers(seen, batch.digits)
        yield batch._replace(numbers=numbers, sums=batch.digits + numbers)


@torch.inference_mode()
def read(network: Adder, split: sources.Split, device: torch.device) -> Read:
    """Every image once, not augmented."""
    logits = []
    for images in tqdm(split.images.split(1000), desc="reading", unit="k images", disable=None, leave=False):
        features = network.features(images.to(device).float() / 255)
        logits.append(network.answer(features, torch.zeros(len(images), dtype=torch.long, device=device)).digit)
    return Read(torch.cat(logits), split.digits.to(device))


def fit_head(trial: Trial, train: Read, seen: Tensor, *, steps: int, seed: int) -> nn.Module:
    """The trial's head, fitted by the loss of the sum alone; Adam, the learning rate up and down once."""
    torch.manual_seed(seed)
    head = trial.build().to(train.digits.device)
    optimiser = torch.optim.Adam(head.parameters(), trial.lr)
    for step, (logits, numbers, sums) in enumerate(frozen_batches(train, seen, steps=steps)):
        for group in optimiser.param_groups:
            group["lr"] = trial.lr * one_cycle((step + 0.5) / steps)
        loss = F.cross_entropy(head(logits, numbers), sums)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return head


@torch.inference_mode()
def hits(head: nn.Module, test: Read) -> Tensor:
    """bool (N, 10): is the sum right for image and number?"""
    columns = [head(test.logits, torch.full_like(test.digits, number)).argmax(1) for number in range(NUMBERS)]
    return torch.stack(columns, 1) == sums_of(test.digits)


def sums_of(digits: Tensor) -> Tensor:
    """int64 (N,) -> (N, 10), with the numbers 0..9."""
    return digits[:, None] + torch.arange(NUMBERS, device=digits.device)


def accuracies(right: Tensor, digits: Tensor, is_read: Tensor, seen: Tensor) -> tuple[float, float, float]:
    """In percent: on seen pairs, on unseen pairs, on unseen pairs of the images whose digit is read right.

    right bool (N, 10); digits int64 (N,), the true ones; is_read bool (N,); seen bool (10, 10).
    """
    known = seen[digits]  # (N, 10)
    on_seen, on_unseen, on_read = (
        100 * right[part].cpu().double().mean().item() for part in (known, ~known, ~known & is_read[:, None])
    )
    return on_seen, on_unseen, on_read


def by_cell(right: Tensor, digits: Tensor) -> Tensor:
    """right bool (N, 10), digits int64 (N,) -> the accuracy of each pair, float64 (10 digits, 10 numbers)."""
    return torch.stack([right[digits == digit].cpu().double().mean(0) for digit in range(DIGITS)])


def frozen(train: Read, test: Read, *, seeds: int, steps: int) -> tuple[dict, dict[str, Tensor]]:
    """({head: {share: accuracies of every seed}}, {head: by_cell of the largest share, first seed})."""
    results: dict[str, dict[float, list[tuple]]] = {name: {share: [] for share in SHARES} for name in TRIALS}
    cells = {}
    is_read = test.logits.argmax(1) == test.digits
    jobs = [(seed, share, name) for seed in range(seeds) for share in SHARES for name in TRIALS]
    for seed, share, name in tqdm(jobs, desc="heads", unit=" heads", disable=None):
        seen = draw_seen(share, seed).to(test.digits.device)
        right = hits(fit_head(TRIALS[name], train, seen, steps=steps, seed=seed), test)
        results[name][share].append(accuracies(right, test.digits, is_read, seen))
        if (seed, share) == (0, SHARES[-1]):
            cells[name] = by_cell(right, test.digits)
    return results, cells


def compare_rates(train: Read, validation: Read, *, steps: int) -> None:
    """Prints what TRIALS's learning rates were chosen by: seen pairs of validation images, first seed, most withheld.

    The unseen pairs are not looked at.
    """
    seen = draw_seen(SHARES[-1], 0).to(train.digits.device)
    shared.print_table(["on seen pairs, validation", *(f"{lr:g}" for lr in RATES)], [])
    for name, trial in TRIALS.items():
        row = []
        for lr in RATES:
            head = fit_head(trial._replace(lr=lr), train, seen, steps=steps, seed=0)
            row.append(100 * hits(head, validation)[seen[validation.digits]].cpu().double().mean().item())
        shared.print_row([name, *(f"{value:.2f} %" for value in row)])


def from_scratch(
    supervision: str,
    train: sources.Split,
    test: sources.Split,
    *,
    share: float,
    seed: int,
    epochs: int,
    device: torch.device,
) -> tuple[float, ...]:
    """A network from scratch on MNIST alone, a share of the pairs withheld.

    Returns (digit, and `accuracies`), in percent. `supervision` is "sum" or "both", as in Settings. What is
    scored is the average of the weights.
    """
    recipe = RECIPES[FROM_SCRATCH]
    settings = Settings(FROM_SCRATCH, epochs, recipe.batch_size, recipe.lr, seed, supervision=supervision)
    run = Run(settings, device, {})
    train, seen = train.to(device), draw_seen(share, seed)
    there = seen.to(device)
    size = min(settings.batch_size, len(train.digits))
    total = epochs * (len(train.digits) // size)
    run.network.train()
    done = 0
    with tqdm(total=total, desc=f"from scratch, {supervision}", unit=" steps", leave=False, disable=None) as bar:
        for _ in range(epochs):
            for batch in image_batches(train, there, size):
                counts = loop.train_step(run, run.network, batch, (done + 0.5) / total)
                done += 1
                bar.update()
                if done % loop.REPORT_EVERY == 0:
                    bar.set_postfix_str(f"loss {counts[0].item():.3f}", refresh=False)
    outputs = evaluation.predict(run.average, test.images.to(device))
    is_read = outputs.digit.argmax(1) == test.digits
    right = outputs.sum.argmax(2) == sums_of(test.digits)
    return (100 * is_read.cpu().double().mean().item(), *accuracies(right, test.digits, is_read, seen))


def print_frozen(results: dict[str, dict[float, list[tuple]]]) -> None:
    kinds = ("seen", "unseen", "unseen, digit read right")
    names = [f"{share:.0%} withheld: {kinds[0]}" if kind == 0 else kinds[kind] for share in SHARES for kind in range(3)]
    rows = []
    for name, by_share in results.items():
        columns = [column for runs in by_share.values() for column in zip(*runs, strict=True)]
        rows.append([name, *map(shared.mean_and_deviation, columns)])
    shared.print_table(["sum right", *names], rows)


def print_from_scratch(
    train: sources.Split, test: sources.Split, *, epochs: int, seeds: int, device: torch.device
) -> None:
    """Trains and prints row by row: sums alone at every share, and told the digit too at the largest."""
    print(f"\nRecipe {FROM_SCRATCH} from scratch on MNIST alone, {epochs} epochs, {seeds} seeds.\n")
    shared.print_table(TOLD, [])
    rows = [("sums alone", "sum", share) for share in (0.0, *SHARES)] + [("digit and sum", "both", SHARES[-1])]
    for name, supervision, share in rows:
        started = time.perf_counter()
        runs = [
            from_scratch(supervision, train, test, share=share, seed=seed, epochs=epochs, device=device)
            for seed in range(seeds)
        ]
        seconds = (time.perf_counter() - started) / seeds
        columns = [shared.mean_and_deviation(column) for column in zip(*runs, strict=True)]
        shared.print_row([name, f"{share:.0%}", *columns, f"{seconds:.0f}"])


def draw_cells(path: Path, cells: dict[str, Tensor], seen: Tensor) -> None:
    """One square a head: the accuracy of every digit (rows) with every number (columns), unseen pairs outlined."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    figure = Figure(figsize=(15, 4.1), layout="constrained")
    figure.suptitle(
        f"Sum right on MNIST's test images, by digit and number; outlined: the {int((~seen).sum())} pairs "
        "never shown in training",
        fontsize=13,
    )
    squares = figure.subplots(1, len(cells), sharey=True)
    for axes, (name, cell) in zip(squares, cells.items(), strict=True):
        shown = axes.imshow((100 * cell).numpy(), cmap="Blues", vmin=0, vmax=100)
        for digit, number in (~seen).nonzero().tolist():
            outline = Rectangle((number - 0.41, digit - 0.41), 0.82, 0.82, fill=False, edgecolor="#e8590c", lw=1.4)
            axes.add_patch(outline)
        means = [100 * cell[part].mean().item() for part in (seen, ~seen)]
        axes.set_title(f"{name}\nseen {means[0]:.1f} %, unseen {means[1]:.1f} %", fontsize=10.5)
        axes.set(xlabel="number", xticks=range(NUMBERS), yticks=range(DIGITS))
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    squares[0].set_ylabel("digit in the image")
    figure.colorbar(shown, ax=squares, label="sum right, %", shrink=0.8, pad=0.01)
    report.save(figure, path)


def main() -> None:
    parser = shared.parser(
        "Whether the heads add: sums of pairs never trained on, over frozen digits and end to end.",
        weights=shared.WEIGHTS / "held-out" / "seed-0.safetensors",
    )
    parser.add_argument("--seeds", type=int, default=5, help="of the frozen part; 0 skips it")
    parser.add_argument("--steps", type=int, default=STEPS, help="of every head")
    parser.add_argument("--device", default="auto", type=shared.device, help="auto, cpu, cuda or mps")
    parser.add_argument("--picture", type=user_path, help="where to draw every pair's accuracy, as PNG")
    parser.add_argument("--rates", action="store_true", help="compare learning rates on validation images, and stop")
    parser.add_argument("--end-to-end", type=int, default=3, metavar="EPOCHS", help="from scratch; 0 skips it")
    parser.add_argument("--end-to-end-seeds", type=int, default=5)
    flags = parser.parse_args()

    device = flags.device
    started = time.perf_counter()
    learned, validation = splits.split_validation(sources.mnist(flags.data_dir, train=True))
    test = sources.mnist(flags.data_dir, train=False)
    if flags.rates or flags.seeds:
        network, _ = checkpoint.load_model(flags.weights, device)
        train = read(network, learned, device)
    if flags.rates:
        compare_rates(train, read(network, validation, device), steps=flags.steps)
        return
    if flags.seeds:
        results, cells = frozen(train, read(network, test, device), seeds=flags.seeds, steps=flags.steps)
        print(
            f"\nHeads over the frozen digit logits of {flags.weights.name}, {flags.steps} steps of {BATCH}, by the sum "
            f"alone; mean ± standard deviation over {flags.seeds} seeds. A seed draws the withheld pairs, and every "
            "digit and every number keeps at least one seen pair. All test images with all ten numbers.\n"
        )
        print_frozen(results)
        print(f"\n{time.perf_counter() - started:.0f} s on {device.type}")
        if flags.picture:
            draw_cells(flags.picture, cells, draw_seen(SHARES[-1], 0))
    if flags.end_to_end:
        print_from_scratch(learned, test, epochs=flags.end_to_end, seeds=flags.end_to_end_seeds, device=device)
    print(
        f"\nBy python -m bench.addition, {flags.seeds} seeds. The known figures for digits learned from sums of two "
        f"images alone ({PAPERS}) belong to a harder task: there both summands are unknown images, here one is a "
        "known number."
    )


if __name__ == "__main__":
    shared.run(main)
