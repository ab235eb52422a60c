"""What do training and reading cost on a GPU? python -m bench.gpu --help

Prints a Markdown table. Needs CUDA, but neither gradio nor a network: --pack copies MNIST into a folder, for a machine
without a network.
"""

import os
import platform
import shutil
import sys
import tempfile
import time
import warnings
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from adder.data import mnist, splits
from adder.data.images import LabelledImages
from adder.files import user_path
from adder.reader import Reader
from adder.training import distributed, loop, report
from adder.training.recipes import RECIPES
from adder.training.run import Run, Settings
from bench import command
from bench.drawings import validation_digits
from bench.tables import print_table

SYSTEMS = ("default", "bottleneck-plain")
TARGETS = (0.99, 0.995, 0.997)
TIMED_STEPS = 200  # after as many to warm up
PROFILED_STEPS = 20
READINGS = 5_000
LAUNCH_CALLS = ("cudaLaunchKernel", "cudaLaunchKernelExC", "cuLaunchKernel", "cuLaunchKernelEx", "cudaGraphLaunch")


def pack(source: Path, folder: Path) -> None:
    """Copies MNIST's four files from `source`, where it is downloaded if missing. Raises DataError, OSError."""
    mnist.load(source, train=True)
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for path in sorted((source / "MNIST" / "raw").glob("*-ubyte")):
        shutil.copyfile(path, raw / path.name)


def train_steps(run: Run, images: LabelledImages, count: int) -> None:
    """Trains `count` steps in the middle of the schedule."""
    for batch in islice(splits.batches(images, run.settings.batch_size), count):
        loop.train_step(run, run.network, batch, 0.5)


def step_costs(run: Run, images: LabelledImages) -> dict[str, float]:
    """The mean costs of a step: "seconds", "kernels", "launches", and "waits" of the CPU for the device."""
    run.network.train()
    train_steps(run, images, TIMED_STEPS)
    torch.cuda.synchronize()
    started = time.perf_counter()
    train_steps(run, images, TIMED_STEPS)
    torch.cuda.synchronize()
    costs = {"seconds": (time.perf_counter() - started) / TIMED_STEPS}
    batches = list(islice(splits.batches(images, run.settings.batch_size), PROFILED_STEPS))
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiled:
        for batch in batches:
            loop.train_step(run, run.network, batch, 0.5)
        torch.cuda.synchronize()
    events = profiled.events()
    kernels = [event for event in events if event.device_type == torch.autograd.DeviceType.CUDA]
    costs["kernels"] = sum(not event.name.startswith(("Memcpy", "Memset")) for event in kernels) / PROFILED_STEPS
    costs["launches"] = sum(event.name in LAUNCH_CALLS for event in events) / PROFILED_STEPS
    try:
        with warnings.catch_warnings(record=True) as waits:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            for batch in batches:
                loop.train_step(run, run.network, batch, 0.5)
        costs["waits"] = sum("synchronizing" in str(wait.message) for wait in waits) / PROFILED_STEPS
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return costs


def seconds_to(target: float, log: list[dict]) -> str:
    """The end of the first epoch with both accuracies at `target`, on MNIST's validation images."""
    for row in log:
        scores = row["validation"]["mnist"]
        if min(scores["digit_accuracy"], scores["sum_accuracy"]) >= target:
            return f"{row['seconds']:.1f} s (epoch {row['epoch']})"
    return "not reached"


def reading_rates(weights: Path, device: torch.device, drawings: list) -> tuple[float, float]:
    """(drawings, ink images) a second, with READINGS of them in one call of Reader.read_many."""
    reader = Reader.load(weights, device.type)
    rates = []
    strokes = [drawings[index % len(drawings)] for index in range(READINGS)]
    ink = [
        np.kron(reader.read_strokes(drawing, 0).image * 255, np.ones((4, 4))).astype(np.uint8) for drawing in drawings
    ]
    for inputs in (strokes, [ink[index % len(ink)] for index in range(READINGS)]):
        reader.read_many(inputs[:1000], [5] * len(inputs[:1000]))
        started = time.perf_counter()
        reader.read_many(inputs, [5] * len(inputs))
        rates.append(len(inputs) / (time.perf_counter() - started))
    return rates[0], rates[1]


def measure(name: str, data_dir: Path, epochs: int | None, workers: int, device: torch.device) -> dict[str, str]:
    """One recipe's figures: the name of the row -> its text."""
    recipe = RECIPES[name]
    started = time.perf_counter()
    run = Run(Settings(name, epochs or recipe.epochs, recipe.batch_size, recipe.lr, 0), device, {})
    sets = splits.load(data_dir, recipe.drawings, run.network.refusal is not None)
    loaded = time.perf_counter() - started
    costs = step_costs(run, sets.training.fixed.to(device))
    run = Run(run.settings, device, {"commit": report.commit()})
    with tempfile.TemporaryDirectory() as folder:
        metrics = loop.train(run, sets, Path(folder), workers=workers)
        assert metrics is not None
        drawings = [drawing.strokes for drawing in validation_digits()[:500]]
        rates = reading_rates(Path(folder) / loop.WEIGHTS, device, drawings)
    ends = [row["seconds"] for row in run.log]
    scores = metrics["validation"]
    last = [after - before for before, after in pairwise([0.0, *ends])][-loop.RENDER_EVERY :]  # one of them renders
    epoch = sum(last) / len(last)
    return {
        "parameters; images per step": f"{metrics['parameters']:,}; {recipe.batch_size}",
        "milliseconds per step": f"{1000 * costs['seconds']:.2f}",
        "kernels; launches; waits for the device, per step": "; ".join(
            f"{costs[kind]:.0f}" for kind in ("kernels", "launches", "waits")
        ),
        "images/s, steps alone; whole epochs, the last ones": f"{recipe.batch_size / costs['seconds']:,.0f}; "
        f"{len(sets.training) / epoch:,.0f}",
        "seconds to load the data; to the first epoch's end": f"{loaded:.1f}; {ends[0]:.1f}",
        "seconds per epoch, the last ones": f"{epoch:.2f}",
        **{f"to {target:.1%} on both outputs, validation": seconds_to(target, run.log) for target in TARGETS},
        "the whole run": f"{len(ends)} epochs, {ends[-1]:.0f} s",
        "MNIST, validation: digit; sum": "; ".join(
            f"{scores['mnist'][f'{of}_accuracy']:.2%}" for of in ("digit", "sum")
        ),
        "drawings, validation: pendigits; UNIPEN": "; ".join(
            f"{scores[of]['digit_accuracy']:.2%}" for of in ("pendigits", "unipen")
        )
        if "unipen" in scores
        else "-",
        "read_many, drawings/s; ink images/s": f"{rates[0]:,.0f}; {rates[1]:,.0f}",
    }


def main() -> None:
    parser = command.parser("What training and reading cost on a GPU, one seed.", weights=None, data=True)
    parser.add_argument(
        "--pack", type=user_path, metavar="FOLDER", help="copy MNIST into FOLDER, and exit (git ignores .gpu)"
    )
    parser.add_argument(
        "--systems",
        nargs="+",
        choices=RECIPES,
        metavar="RECIPE",
        default=list(SYSTEMS),
        help=f"recipes to train (default: {' '.join(SYSTEMS)})",
    )
    parser.add_argument("--epochs", type=int, help="epochs of each recipe (default: its own)")
    parser.add_argument("--workers", type=int, help="processes that render epochs ahead (default: the spare cores)")
    flags = parser.parse_args()
    if flags.pack:
        pack(flags.data_dir, flags.pack)
        size = sum(path.stat().st_size for path in flags.pack.rglob("*") if path.is_file())
        print(f"{flags.pack}: {size / 1e6:.0f} MB; on the other machine: ADDER_DATA={flags.pack} python -m bench.gpu")
        return
    if not torch.cuda.is_available():
        raise command.BenchError("no CUDA device is here; bench.speed measures on the CPU")
    device = torch.device("cuda")
    workers = distributed.spare_cores(device) if flags.workers is None else flags.workers
    columns = {}
    for name in flags.systems:
        columns[name] = measure(name, flags.data_dir, flags.epochs, workers, device)
        print(f"{name}: {columns[name]}", file=sys.stderr, flush=True)
    name, cores = torch.cuda.get_device_name(), os.cpu_count()
    print(f"{name}, {cores} cores of {platform.machine()}, PyTorch {torch.__version__}, {workers} processes render\n")
    print_table(
        ("one seed", *columns),
        ([name, *(column[name] for column in columns.values())] for name in next(iter(columns.values()))),
    )


if __name__ == "__main__":
    command.run(main)
