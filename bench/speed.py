"""How fast do the recipes train, read and load? python -m bench.speed --help

Prints Markdown. The systems take turns, seed by seed, so that a noisy machine slows all of them: compare ratios, not
seconds. Accuracies are on MNIST's validation images, over all ten numbers; the test images stay unread. Exits with 1
when a limit is missed.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from adder.data import splits
from adder.data.images import LabelledImages
from adder.network import checkpoint, model
from adder.reader import Reader, Reading
from adder.training import evaluation, loop
from adder.training.recipes import RECIPES
from adder.training.run import Run, Settings
from bench import command
from bench.drawings import page_examples
from bench.tables import print_table

SYSTEMS = ("quick", "bottleneck", "one-epoch", "default")
RACERS = ("quick", "brief", "one-epoch", "bottleneck-plain", "bottleneck")  # recipes that learn from MNIST alone
TARGETS = (0.99, 0.995)
MIN_LEADS = {"bottleneck": 20, "bottleneck-plain": 50}  # times as fast as each, to the first target: quick, at least
MAX_RATIO = 12  # brief's seconds to the second target over quick's to the first, at most
SCORE_AFTER = 0.1  # of the seconds so far: a target is noticed at most this much too late
WARM_UP = 20  # calls
READING = (
    *("reading, CPU", "parameters", "strokes to Reading on one core, median (p95)"),
    *("ink read in one call, images/s", "import + load", "memory (RSS)"),
)
START_SCRIPT = """
import json, sys, time
started = time.perf_counter()
from adder.reader import Reader, Reading
imported = time.perf_counter()
Reader.load(sys.argv[1], "cpu")
loaded = time.perf_counter()
status = open("/proc/self/status", encoding="utf-8").read()  # getrusage counts the parent, too
print(json.dumps([imported - started, loaded - imported, int(status.split("VmRSS:")[1].split()[0])]))
"""


class Race(NamedTuple):
    """One seed's training."""

    reached: list[float | None]  # seconds until both outputs reached each of TARGETS; None: not reached
    seconds: float  # until its end
    rate: float  # images a second


def race(name: str, sets: splits.Sets, *, seed: int, limit: float, device: torch.device) -> Race:
    """Trains until the last target is reached, the recipe's epochs are over, or `limit` seconds have passed.

    Reading the validation images does not count.
    """
    recipe = RECIPES[name]
    run = Run(Settings(name, recipe.epochs, recipe.batch_size, recipe.lr, seed), device, {})
    images = sets.training.mnist.to(device)
    validation = sets.validation.mnist.to(device)
    steps = recipe.epochs * max(1, len(images.digits) // recipe.batch_size)
    reached: list[float | None] = [None] * len(TARGETS)
    seconds, steps_done = 0.0, 0
    with tqdm(total=steps, desc=f"{name}, seed {seed}", unit=" steps", disable=None, leave=False) as bar:
        for epoch in range(recipe.epochs):
            torch.manual_seed(seed * 1000 + epoch)
            run.network.train()
            started = time.perf_counter()
            for batch in splits.batches(images, recipe.batch_size):
                loop.train_step(run, run.network, batch, (steps_done + 0.5) / steps)
                steps_done += 1
                bar.update()
                if time.perf_counter() - started < SCORE_AFTER * seconds and steps_done < steps:
                    continue
                if device.type == "cuda":
                    torch.cuda.synchronize()
                seconds += time.perf_counter() - started
                for target in range(len(TARGETS)):
                    if reached[target] is None:
                        if not reaches(TARGETS[target], run, validation):
                            break
                        reached[target] = seconds
                if reached[-1] is not None or seconds > limit:
                    return Race(reached, seconds, steps_done * recipe.batch_size / seconds)
                run.network.train()
                started = time.perf_counter()
            seconds += time.perf_counter() - started
    return Race(reached, seconds, steps_done * recipe.batch_size / seconds)


def reaches(target: float, run: Run, validation: LabelledImages) -> bool:
    """Do the averaged weights reach the target on both outputs? Stops at the first wrong answer too many."""
    wrong = torch.zeros(2)  # digits, sums
    for part in zip(*(tensor.split(500) for tensor in validation), strict=True):
        images, digits = part
        scores = evaluation.score(evaluation.predict(run.average, images), digits)
        wrong += len(digits) * (1 - torch.tensor([scores["digit_accuracy"], scores["sum_accuracy"]]))
        if wrong.max() > (1 - target) * len(validation.digits) + 1e-3:
            return False
    return True


def one_core_latencies(call: Callable[[int], object], *, repeats: int) -> tuple[float, float]:
    """(median, 95th percentile) in milliseconds of `call`, on one core; it gets 0, 1, 2 ..."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    milliseconds = []
    for index in range(WARM_UP + repeats):
        started = time.perf_counter()
        call(index)
        milliseconds.append(1000 * (time.perf_counter() - started))
    torch.set_num_threads(threads)
    median, p95 = np.percentile(milliseconds[WARM_UP:], (50, 95))
    return float(median), float(p95)


def read_one(reader: Reader, drawings: list, index: int) -> Reading:
    return reader.read_strokes(drawings[index % len(drawings)], index % 10)


def batch_rate(reader: Reader, images: np.ndarray) -> float:
    """Images a second in one call of Reader.read_many; images uint8 (N, 28, 28)."""
    started = time.perf_counter()
    reader.read_many(list(images), [5] * len(images))
    return len(images) / (time.perf_counter() - started)


def start_costs(path: Path) -> tuple[float, float, float]:
    """(seconds to import, seconds to load the weights, MB resident after it) of a new process. Linux only."""
    arguments = [sys.executable, "-c", START_SCRIPT, str(path)]
    result = subprocess.run(arguments, cwd=command.ROOT, capture_output=True, encoding="utf-8", check=True)
    imported, loaded, kilobytes = json.loads(result.stdout)
    return imported, loaded, kilobytes / 1024


def save_untrained(name: str, folder: Path) -> Path:
    """Saves the recipe's network before any training, which does not change its speed; returns the file."""
    path = folder / f"{name}.safetensors"
    spec = RECIPES[name].model
    checkpoint.save(path, model.build(**spec).state_dict(), {"recipe": name, "model": spec})
    return path


def median_of(values: list[float | None]) -> float:
    """The median; a target that was not reached (None) counts as infinite."""
    return statistics.median(float("inf") if value is None else value for value in values)


def lead(seconds: float, reference: list[Race]) -> float:
    """How many times as fast as the reference to the first target; a run that never reached it counts until its end."""
    return statistics.median(run.reached[0] or run.seconds for run in reference) / seconds


def times_as_fast(seconds: float, reference: list[Race]) -> str:
    """`lead` as text, with 'over' when most of the reference's runs never reached the first target."""
    if seconds == float("inf"):
        return "-"
    is_bound = median_of([run.reached[0] for run in reference]) == float("inf")
    return f"{'over ' * is_bound}{lead(seconds, reference):.1f}"


def medians(runs: list[Race]) -> list[float]:
    """Median seconds to each target."""
    return [median_of(list(column)) for column in zip(*(run.reached for run in runs), strict=True)]


def print_races(races: dict[str, list[Race]]) -> None:
    references = [name for name in MIN_LEADS if name in races]
    rows = []
    for name, runs in races.items():
        cells, to_targets = [], medians(runs)
        for target, seconds in enumerate(to_targets):
            reached = [run.reached[target] for run in runs]
            each_seed = ", ".join("-" if after is None else f"{after:.1f}" for after in reached)
            median = "not reached" if seconds == float("inf") else f"{seconds:.1f} s"
            cells.append(f"{median} ({each_seed})" if any(reached) else median)
        cells += [times_as_fast(to_targets[0], races[reference]) for reference in references]
        rows.append([name, *cells, f"{statistics.median(run.rate for run in runs):,.0f}"])
    targets = [f"to {target:.1%} on both outputs, median (each seed)" for target in TARGETS]
    leads = [f"speed-up over {name}, to {TARGETS[0]:.1%}" for name in references]
    print_table(["training", *targets, *leads, "images/s"], rows)


def missed_limits(races: dict[str, list[Race]]) -> list[str]:
    """The limits that quick and brief miss; those of systems that did not run are left out."""
    quick, brief = races.get("quick"), races.get("brief")
    missed = []
    for name, runs, target in (("quick", quick, 0), ("brief", brief, 1)):
        if runs and any(run.reached[target] is None for run in runs):
            missed.append(f"{name} to {TARGETS[target]:.1%} in each seed")
    for name, least in MIN_LEADS.items():
        if quick and name in races and lead(medians(quick)[0], races[name]) < least:
            missed.append(f"{least} times as fast as {name}")
    if quick and brief and medians(brief)[1] > MAX_RATIO * medians(quick)[0]:
        missed.append(f"brief in {MAX_RATIO} times the seconds of quick")
    return missed


def main() -> int:
    parser = command.parser("Seconds to an accuracy, images a second, milliseconds a reading.", weights=None, data=True)
    parser.add_argument(
        "--device", default="cpu", type=command.as_device, help="where to train: auto, cpu, cuda or mps (%(default)s)"
    )
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each recipe; 0 skips them (%(default)s)")
    parser.add_argument("--limit", type=float, default=100, help="seconds that a training may take (%(default)s)")
    parser.add_argument(
        "--systems",
        nargs="+",
        choices=RECIPES,
        metavar="RECIPE",
        default=list(RACERS),
        help="recipes to train (default: those that learn from MNIST alone)",
    )
    flags = parser.parse_args()

    device = flags.device
    sets = splits.load(flags.data_dir, drawings=False, non_digits=False)
    where = "GPU" if device.type == "cuda" else f"{torch.get_num_threads()} cores"
    races: dict[str, list[Race]] = {name: [] for name in flags.systems}
    if flags.seeds:
        for seed in range(flags.seeds):
            for name in flags.systems:
                races[name].append(race(name, sets, seed=seed, limit=flags.limit, device=device))
                print(f"{name}, seed {seed}: {races[name][-1]}", file=sys.stderr, flush=True)
        print(f"MNIST alone, {where}, {flags.seeds} seeds, on validation images; at most {flags.limit:.0f} s each:\n")
        print_races(races)
    strokes = [[np.array(stroke) for stroke in drawing["strokes"]] for drawing in page_examples()]
    images = sets.validation.mnist.images[:2000, 0].numpy()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in SYSTEMS:
            path = save_untrained(name, Path(folder))
            reader = Reader.load(path, "cpu")
            median, p95 = one_core_latencies(partial(read_one, reader, strokes), repeats=500)
            imported, loaded, memory = start_costs(path)
            row = [
                name,
                f"{sum(p.numel() for p in reader.network.parameters()):,}",
                f"{median:.1f} ms ({p95:.1f} ms)",
                f"{batch_rate(reader, images):,.0f}",
                f"{imported:.1f} s + {loaded:.2f} s",
                f"{memory:.0f} MB",
            ]
            rows.append(row)
    print()
    print_table(READING, rows)
    reader = Reader.load(device="cpu")
    readings = [read_one(reader, strokes, index) for index in range(len(strokes))]
    median, p95 = one_core_latencies(lambda i: reader.saliency(readings[i % len(readings)]), repeats=100)
    print(f"\nThe ink that mattered most, shipped weights, one core, median (p95): {median:.1f} ms ({p95:.1f} ms)")
    missed = missed_limits(races)
    if missed:
        print(f"bench.speed: missed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    command.run(main)
