"""Do the heads add, or do they memorise pairs? python -m bench.addition --help

Prints Markdown, and makes a picture. There are 100 pairs of digit and number; some are withheld from training, and the
sums of these count. A digit makes a given sum with one number only, so when that pair is withheld, a head that does not
have addition built in learns that the digit never makes this sum.

Frozen: a trained network reads MNIST once, and five heads learn to add from its digit logits. End to end: the recipe
`quick` trains from scratch, on sums alone, and once on digits and sums.
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from adder.data import mnist, splits
from adder.data.images import LabelledImages
from adder.files import user_path
from adder.network import checkpoint
from adder.network.heads import HEADS, NUMBERS
from adder.network.model import Adder
from adder.training import evaluation, loop
from adder.training.recipes import RECIPES, linear_warmup_decay
from adder.training.run import Run, Settings
from bench import command
from bench.pairs import pair_accuracies, plot_pairs, sample_numbers, sample_seen_pairs, sum_accuracies, sums_of
from bench.tables import mean_and_deviation, print_row, print_table

SHARES = (0.1, 0.3, 0.5)  # of the 100 pairs that are withheld
FROM_SCRATCH = "quick"  # the recipe
STEPS, BATCH_SIZE = 2000, 512  # for every head
RATES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)  # learning rates that --rates tries
FROM_SCRATCH_COLUMNS = (
    "trained on",
    "pairs withheld",
    "digit",
    "sum: seen",
    "unseen",
    "unseen, digit read right",
    "seconds a run",
)
PUBLISHED = "DeepStochLog 97.9 %, A-NeSI 97.7 %, DeepProbLog 97.2 %, from the results files of A-NeSI"


class Trial(NamedTuple):
    """A head and how it is trained."""

    head: dict  # as recipes write it
    lr: float  # at its peak: the smallest of RATES within 0.05 points of the best of --rates

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


class FrozenDigits(NamedTuple):
    """The digits that a frozen network reads in N images, and the true ones."""

    logits: Tensor  # float32 (N, 10), divided by the temperature
    digits: Tensor  # int64 (N,), true


def frozen_batches(train: FrozenDigits, seen: Tensor, *, steps: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Batches of random images in seen pairs: logits float32 (B, 10), numbers int64 (B,), sums int64 (B,)."""
    for _ in range(steps):
        chosen = torch.randint(len(train.digits), (BATCH_SIZE,), device=train.digits.device)
        digits = train.digits[chosen]
        numbers = sample_numbers(seen, digits)
        yield train.logits[chosen], numbers, digits + numbers


def image_batches(labelled: LabelledImages, seen: Tensor, size: int) -> Iterator[splits.Batch]:
    """One epoch as splits.batches makes it, with numbers from seen pairs only."""
    for batch in splits.batches(labelled, size):
        numbers = sample_numbers(seen, batch.digits)
        yield batch._replace(numbers=numbers, sums=batch.digits + numbers)


@torch.inference_mode()
def read_digits(network: Adder, labelled: LabelledImages, device: torch.device) -> FrozenDigits:
    """Reads every image once, not augmented."""
    logits = []
    for images in tqdm(labelled.images.split(1000), desc="reading", unit="k images", disable=None, leave=False):
        features = network.features(images.to(device).float() / 255)
        logits.append(network.predict(features, torch.zeros(len(images), dtype=torch.long, device=device)).digit)
    return FrozenDigits(torch.cat(logits), labelled.digits.to(device))


def train_head(trial: Trial, train: FrozenDigits, seen: Tensor, *, steps: int, seed: int) -> nn.Module:
    """The trial's head, trained on the loss of the sum alone; Adam, with linear warm-up and decay."""
    torch.manual_seed(seed)
    head = trial.build().to(train.digits.device)
    optimiser = torch.optim.Adam(head.parameters(), trial.lr)
    for step, (logits, numbers, sums) in enumerate(frozen_batches(train, seen, steps=steps)):
        for group in optimiser.param_groups:
            group["lr"] = trial.lr * linear_warmup_decay((step + 0.5) / steps)
        loss = F.cross_entropy(head(logits, numbers), sums)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return head


@torch.inference_mode()
def right_sums(head: nn.Module, test: FrozenDigits) -> Tensor:
    """bool (N, 10): is the sum of image and number right?"""
    columns = [head(test.logits, torch.full_like(test.digits, number)).argmax(1) for number in range(NUMBERS)]
    return torch.stack(columns, 1) == sums_of(test.digits)


def measure_frozen(
    train: FrozenDigits, test: FrozenDigits, *, seeds: int, steps: int
) -> tuple[dict[str, dict[float, list[tuple]]], dict[str, Tensor]]:
    """Trains each head on each share with each seed.

    Returns {head: {share: `sum_accuracies` of every seed}} and {head: `pair_accuracies` of the largest share and the
    first seed}.
    """
    results: dict[str, dict[float, list[tuple]]] = {name: {share: [] for share in SHARES} for name in TRIALS}
    pairs = {}
    digit_right = test.logits.argmax(1) == test.digits
    jobs = [(seed, share, name) for seed in range(seeds) for share in SHARES for name in TRIALS]
    for seed, share, name in tqdm(jobs, desc="heads", unit=" heads", disable=None):
        seen = sample_seen_pairs(share, seed).to(test.digits.device)
        right = right_sums(train_head(TRIALS[name], train, seen, steps=steps, seed=seed), test)
        results[name][share].append(sum_accuracies(right, test.digits, digit_right, seen))
        if (seed, share) == (0, SHARES[-1]):
            pairs[name] = pair_accuracies(right, test.digits)
    return results, pairs


def compare_rates(train: FrozenDigits, validation: FrozenDigits, *, steps: int) -> None:
    """Prints the accuracies that chose the learning rates of TRIALS.

    On seen pairs of validation images, with the first seed and the largest share withheld; unseen pairs stay unread.
    """
    seen = sample_seen_pairs(SHARES[-1], 0).to(train.digits.device)
    print_table(["on seen pairs, validation", *(f"{lr:g}" for lr in RATES)])
    for name, trial in TRIALS.items():
        row = []
        for lr in RATES:
            head = train_head(trial._replace(lr=lr), train, seen, steps=steps, seed=0)
            row.append(100 * right_sums(head, validation)[seen[validation.digits]].cpu().double().mean().item())
        print_row([name, *(f"{value:.2f} %" for value in row)])


def train_from_scratch(
    supervision: str,
    train: LabelledImages,
    test: LabelledImages,
    *,
    share: float,
    seed: int,
    epochs: int,
    device: torch.device,
) -> tuple[float, ...]:
    """Trains a network on MNIST alone, with a share of the pairs withheld, and scores the average of its weights.

    `supervision` is "sum" or "both", as in Settings. Returns the accuracy of the digit, and `sum_accuracies`, in
    percent.
    """
    recipe = RECIPES[FROM_SCRATCH]
    settings = Settings(FROM_SCRATCH, epochs, recipe.batch_size, recipe.lr, seed, supervision=supervision)
    run = Run(settings, device, {})
    train, seen = train.to(device), sample_seen_pairs(share, seed)
    seen_on_device = seen.to(device)
    size = min(settings.batch_size, len(train.digits))
    total = epochs * (len(train.digits) // size)
    run.network.train()
    steps_done = 0
    with tqdm(total=total, desc=f"from scratch, {supervision}", unit=" steps", leave=False, disable=None) as bar:
        for _ in range(epochs):
            for batch in image_batches(train, seen_on_device, size):
                counts = loop.train_step(run, run.network, batch, (steps_done + 0.5) / total)
                steps_done += 1
                bar.update()
                if steps_done % loop.REPORT_EVERY == 0:
                    bar.set_postfix_str(f"loss {counts[0].item():.3f}", refresh=False)
    outputs = evaluation.predict(run.average, test.images.to(device))
    digit_right = outputs.digit.argmax(1) == test.digits
    right = outputs.sum.argmax(2) == sums_of(test.digits)
    return (100 * digit_right.cpu().double().mean().item(), *sum_accuracies(right, test.digits, digit_right, seen))


def print_frozen(results: dict[str, dict[float, list[tuple]]]) -> None:
    kinds = ("seen", "unseen", "unseen, digit read right")
    names = [f"{share:.0%} withheld: {kinds[0]}" if kind == 0 else kinds[kind] for share in SHARES for kind in range(3)]
    rows = []
    for name, by_share in results.items():
        columns = [column for runs in by_share.values() for column in zip(*runs, strict=True)]
        rows.append([name, *map(mean_and_deviation, columns)])
    print_table(["sum right", *names], rows)


def print_from_scratch(
    train: LabelledImages, test: LabelledImages, *, epochs: int, seeds: int, device: torch.device
) -> None:
    """Trains and prints row by row: on sums alone with every share withheld, on digit and sum with the largest."""
    print(f"\nRecipe {FROM_SCRATCH} from scratch on MNIST alone, {epochs} epochs, {seeds} seeds.\n")
    print_table(FROM_SCRATCH_COLUMNS)
    rows = [("sums alone", "sum", share) for share in (0.0, *SHARES)] + [("digit and sum", "both", SHARES[-1])]
    for name, supervision, share in rows:
        started = time.perf_counter()
        runs = [
            train_from_scratch(supervision, train, test, share=share, seed=seed, epochs=epochs, device=device)
            for seed in range(seeds)
        ]
        seconds = (time.perf_counter() - started) / seeds
        columns = [mean_and_deviation(column) for column in zip(*runs, strict=True)]
        print_row([name, f"{share:.0%}", *columns, f"{seconds:.0f}"])


def main() -> None:
    parser = command.parser(
        "Whether the heads add: sums of pairs that training never shows, over frozen digits and end to end.",
        weights=command.HELD_OUT_WEIGHTS,
        data=True,
    )
    parser.add_argument("--seeds", type=int, default=5, help="seeds of the frozen part; 0 skips it (%(default)s)")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of each head (%(default)s)")
    parser.add_argument("--device", default="auto", type=command.as_device, help="auto, cpu, cuda or mps (%(default)s)")
    parser.add_argument("--picture", type=user_path, help="plot the accuracy of every pair as this PNG")
    parser.add_argument("--rates", action="store_true", help="compare learning rates on validation images, and exit")
    parser.add_argument(
        "--end-to-end",
        type=int,
        default=3,
        metavar="EPOCHS",
        help="epochs of the end-to-end part; 0 skips it (%(default)s)",
    )
    parser.add_argument("--end-to-end-seeds", type=int, default=5, metavar="SEEDS", help="seeds of it (%(default)s)")
    flags = parser.parse_args()

    device = flags.device
    started = time.perf_counter()
    training, validation = mnist.training_and_validation(flags.data_dir)
    if flags.rates or flags.seeds:
        network, _ = checkpoint.load_model(flags.weights, device)
        train = read_digits(network, training, device)
    if flags.rates:
        compare_rates(train, read_digits(network, validation, device), steps=flags.steps)
        return
    if flags.seeds:
        results, pairs = measure_frozen(
            train, read_digits(network, validation, device), seeds=flags.seeds, steps=flags.steps
        )
        print(
            f"\nHeads over the frozen digit logits of {flags.weights.name}, trained on sums alone, {flags.steps} steps "
            f"of {BATCH_SIZE}; mean ± standard deviation over {flags.seeds} seeds. A seed chooses the withheld pairs; "
            "every digit and every number keeps at least one seen pair. All validation images with all ten numbers.\n"
        )
        print_frozen(results)
        print(f"\n{time.perf_counter() - started:.0f} s on {device.type}")
        if flags.picture:
            plot_pairs(flags.picture, pairs, sample_seen_pairs(SHARES[-1], 0))
    if flags.end_to_end:
        print_from_scratch(training, validation, epochs=flags.end_to_end, seeds=flags.end_to_end_seeds, device=device)
    print(
        f"\nPublished figures for digits learned from sums alone ({PUBLISHED}) are for a harder task: there both "
        "summands are unknown images, here one is a known number."
    )


if __name__ == "__main__":
    command.run(main)
