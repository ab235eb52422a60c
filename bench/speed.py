"""How fast are they? Training to an accuracy, reading, loading: python -m bench.speed --help. Prints Markdown.

All systems take turns in one run, seed by seed, so that a noisy machine treats them alike; ratios are what counts.
Accuracies are those of MNIST's validation images, over all ten numbers; the test images are not looked at. Ends with
1 when a bar is missed.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from adder.data import sources, splits
from adder.network import checkpoint, model
from adder.reader import Reader, Reading
from adder.training import evaluation, loop
from adder.training.recipes import RECIPES
from adder.training.run import Run, Settings
from bench import shared

SYSTEMS = ("quick", "bottleneck", "one-epoch", "default")
RACERS = ("quick", "brief", "one-epoch", "bottleneck-plain", "bottleneck")  # what learns from MNIST alone
TARGETS = (0.99, 0.995)
AHEAD = {"bottleneck": 20, "bottleneck-plain": 50}  # times as fast as each is quick at least, to the first target
LONGER = 12  # brief's seconds to the second target over quick's to the first, at most
LOOK_AFTER = 0.1  # of the seconds up to the last look at the validation images: so much too late may a target seem
READING = (
    *("reading, CPU", "parameters", "strokes to Reading on one core, median (95 %)"),
    *("ink read in one call, images/s", "import + load", "resident"),
)
START = """
import json, sys, time
started = time.perf_counter()
from adder.reader import Reader, Reading
imported = time.perf_counter()
Reader.load(sys.argv[1], "cpu")
loaded = time.perf_counter()
status = open("/proc/self/status", encoding="utf-8").read()  # getrusage would tell what the parent held
print(json.dumps([imported - started, loaded - imported, int(status.split("VmRSS:")[1].split()[0])]))
"""


class Race(NamedTuple):
    """One seed's training: seconds until both outputs reached each of TARGETS (None: not reached), and to its end."""

    reached: list[float | None]
    seconds: float
    rate: float  # images a second


def race(name: str, sets: splits.Sets, *, seed: int, limit: float, device: torch.device) -> Race:
    """Trains until the last target is reached, the recipe's epochs are over, or `limit` seconds have passed.

    The clock stands still while the validation images are read.
    """
    recipe = RECIPES[name]
    run = Run(Settings(name, recipe.epochs, recipe.batch_size, recipe.lr, seed), device, {})
    images = sets.training.mnist.to(device)
    validation = sets.validation.to(device)
    steps = recipe.epochs * max(1, len(images.digits) // recipe.batch_size)
    reached: list[float | None] = [None] * len(TARGETS)
    seconds, done = 0.0, 0
    with tqdm(total=steps, desc=f"{name}, seed {seed}", unit=" steps", disable=None, leave=False) as bar:
        for epoch in range(recipe.epochs):
            torch.manual_seed(seed * 1000 + epoch)
            run.network.train()
            started = time.perf_counter()
            for batch in splits.batches(images, recipe.batch_size):
                loop.train_step(run, run.network, batch, (done + 0.5) / steps)
                done += 1
                bar.update()
                if time.perf_counter() - started < LOOK_AFTER * seconds and done < steps:
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
                    return Race(reached, seconds, done * recipe.batch_size / seconds)
                run.network.train()
                started = time.perf_counter()
            seconds += time.perf_counter() - started
    return Race(reached, seconds, done * recipe.batch_size / seconds)


def reaches(target: float, run: Run, validation: sources.Split) -> bool:
    """Do the averaged weights get both outputs right so often? Ends at the first wrong answer too many."""
    wrong = torch.zeros(2)  # digits, sums
    for part in zip(*(tensor.split(500) for tensor in validation), strict=True):
        split = sources.Split(*part)
        scored = evaluation.score(evaluation.predict(run.average, split.images), split.digits)
        wrong += len(split.digits) * (1 - torch.tensor([scored["digit_accuracy"], scored["sum_accuracy"]]))
        if wrong.max() > (1 - target) * len(validation.digits) + 1e-3:
            return False
    return True


def read_one(reader: Reader, drawings: list, index: int) -> Reading:
    return reader.read_strokes(drawings[index % len(drawings)], index % 10)


def batch_rate(reader: Reader, images: np.ndarray) -> float:
    """Images uint8 (N, 28, 28) read in one call of Reader.read_many -> images a second."""
    started = time.perf_counter()
    reader.read_many(list(images), [5] * len(images))
    return len(images) / (time.perf_counter() - started)


def start(path: Path) -> tuple[float, float, float]:
    """(seconds to import, seconds to load the weights, MB resident then) in a process of its own; on Linux alone."""
    ended = subprocess.run(
        [sys.executable, "-c", START, str(path)], cwd=shared.ROOT, capture_output=True, encoding="utf-8", check=True
    )
    imported, loaded, kilobytes = json.loads(ended.stdout)
    return imported, loaded, kilobytes / 1024


def untrained(name: str, folder: Path) -> Path:
    """A weights file of the recipe's network as it begins: the values do not change the speed."""
    path = folder / f"{name}.safetensors"
    spec = RECIPES[name].model
    checkpoint.save(path, model.build(**spec).state_dict(), {"recipe": name, "model": spec})
    return path


def median_of(values: list[float | None]) -> float:
    """The median, where what was not reached counts as infinite."""
    return statistics.median(float("inf") if value is None else value for value in values)


def lead(seconds: float, reference: list[Race]) -> float:
    """How many times as fast as the reference, to the first target, or at least, where that never reached it."""
    return statistics.median(run.reached[0] or run.seconds for run in reference) / seconds


def times_as_fast(seconds: float, reference: list[Race]) -> str:
    """'over' where most of the reference's runs ended before the first target."""
    if seconds == float("inf"):
        return "-"
    ended_before = median_of([run.reached[0] for run in reference]) == float("inf")
    return f"{'over ' * ended_before}{lead(seconds, reference):.1f}"


def medians(runs: list[Race]) -> list[float]:
    """Seconds to each target."""
    return [median_of(list(column)) for column in zip(*(run.reached for run in runs), strict=True)]


def print_races(races: dict[str, list[Race]]) -> None:
    references = [name for name in AHEAD if name in races]
    rows = []
    for name, runs in races.items():
        cells, times = [], medians(runs)
        for target, seconds in enumerate(times):
            reached = [run.reached[target] for run in runs]
            each = ", ".join("-" if after is None else f"{after:.1f}" for after in reached)
            median = "not reached" if seconds == float("inf") else f"{seconds:.1f} s"
            cells.append(f"{median} ({each})" if any(reached) else median)
        cells += [times_as_fast(times[0], races[reference]) for reference in references]
        rows.append([name, *cells, f"{statistics.median(run.rate for run in runs):,.0f}"])
    targets = [f"to {target:.1%} on both outputs, median (each seed)" for target in TARGETS]
    ahead = [f"times as fast as {name} to {TARGETS[0]:.1%}" for name in references]
    shared.print_table(["training", *targets, *ahead, "images/s"], rows)


def missed(races: dict[str, list[Race]]) -> list[str]:
    """The bars that quick and brief missed, of those that what ran can tell of."""
    quick, brief = races.get("quick"), races.get("brief")
    bars = []
    for name, runs, target in (("quick", quick, 0), ("brief", brief, 1)):
        if runs and any(run.reached[target] is None for run in runs):
            bars.append(f"{name} to {TARGETS[target]:.1%} in each seed")
    for name, times in AHEAD.items():
        if quick and name in races and lead(medians(quick)[0], races[name]) < times:
            bars.append(f"{times} times as fast as {name}")
    if quick and brief and medians(brief)[1] > LONGER * medians(quick)[0]:
        bars.append(f"brief in {LONGER} times the seconds of quick")
    return bars


def main() -> int:
    parser = shared.parser("Seconds to an accuracy, images a second, milliseconds a reading.", weights=None)
    parser.add_argument(
        "--device", default="cpu", type=shared.device, help="where to train: auto, cpu, cuda or mps (%(default)s)"
    )
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each system; 0 skips them (%(default)s)")
    parser.add_argument("--limit", type=float, default=100, help="seconds that a training may take (%(default)s)")
    parser.add_argument("--systems", nargs="+", choices=RECIPES, default=list(RACERS), help="what to train")
    flags = parser.parse_args()

    device = flags.device
    sets = splits.load(flags.data_dir, drawings=False, characters=False, without=splits.OPTIONAL)
    where = "GPU" if device.type == "cuda" else f"{torch.get_num_threads()} cores"
    races: dict[str, list[Race]] = {name: [] for name in flags.systems}
    if flags.seeds:
        for seed in range(flags.seeds):
            for name in flags.systems:
                races[name].append(race(name, sets, seed=seed, limit=flags.limit, device=device))
                print(f"{name}, seed {seed}: {races[name][-1]}", file=sys.stderr, flush=True)
        print(f"MNIST alone, {where}, {flags.seeds} seeds, on validation images; at most {flags.limit:.0f} s each:\n")
        print_races(races)
    strokes = [[np.array(stroke) for stroke in drawing["strokes"]] for drawing in shared.page_examples()]
    images = sets.validation.images[:2000, 0].numpy()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in SYSTEMS:
            path = untrained(name, Path(folder))
            reader = Reader.load(path, "cpu")
            median, slow = shared.latencies(partial(read_one, reader, strokes), repeats=500)
            imported, loaded, memory = start(path)
            row = [
                name,
                f"{sum(p.numel() for p in reader.network.parameters()):,}",
                f"{median:.1f} ms ({slow:.1f} ms)",
                f"{batch_rate(reader, images):,.0f}",
                f"{imported:.1f} s + {loaded:.2f} s",
                f"{memory:.0f} MB",
            ]
            rows.append(row)
    print()
    shared.print_table(READING, rows)
    reader = Reader.load(device="cpu")
    readings = [read_one(reader, strokes, index) for index in range(len(strokes))]
    median, slow = shared.latencies(lambda i: reader.saliency(readings[i % len(readings)]), repeats=100)
    print(f"\nThe ink that mattered, shipped weights, one core: {median:.1f} ms ({slow:.1f} ms)")
    bars = missed(races)
    if bars:
        print(f"bench.speed: missed: {', '.join(bars)}", file=sys.stderr)
    return 1 if bars else 0


if __name__ == "__main__":
    shared.run(main)
