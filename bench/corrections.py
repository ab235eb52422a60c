"""What a few corrections do for a writer: python -m bench.corrections [--strokes FOLDER]. Prints Markdown.

Each validation writer's digits, by the network that held these writers out, are read in a random order, and corrected
when they were misread or refused: the mistakes that had to be corrected count. FOLDER holds files KIND.jsonl of other
drawings, each of which is taken as a writer.
"""

import time
from collections import defaultdict
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

import adder.corrections
from adder.corrections import MAX_CORRECTIONS, Corrections
from adder.data import sources, splits
from adder.drawing import collection
from adder.files import user_path
from adder.reader import Reader, as_image
from adder.training import evaluation
from bench import shared

ORDERS = 10
FEW = 3  # orders, for each choice of constants
CHOICES = {"SHARPNESS": (6.0, 9.0, 12.0, 16.0), "DIGIT_WEIGHT": (3.0, 5.0, 8.0), "REFUSAL_WEIGHT": (5.0, 8.0)}
FLIPPING = 10  # corrections, after which others are read again
BINS = (0, 1, 2, 4, 8, 16, MAX_CORRECTIONS + 1)  # corrections given
TIMED = 500


class Written(NamedTuple):
    """One writer's drawings, as the network sees them without corrections."""

    images: np.ndarray  # (N, 28, 28) float32
    digits: list[int]
    features: torch.Tensor  # (N, width)
    logits: torch.Tensor  # (N, 10)
    refusal: torch.Tensor  # (N,)


def written(reader: Reader, drawings: list) -> Written:
    seen = [(as_image(drawing.strokes), drawing.digit) for drawing in drawings]
    images = np.stack([image for image, _ in seen if image is not None])
    features = torch.from_numpy(reader.features(images))
    with torch.inference_mode():
        logits, refusal = reader.network.digit_logits(features)
    assert refusal is not None, "the network must be one that refuses"
    return Written(images, [digit for image, digit in seen if image is not None], features, logits, refusal)


def read(reader: Reader, corrections: Corrections, of: Written, index: int) -> tuple[bool, torch.Tensor]:
    """Whether a drawing is read right and not refused; its digit logits (10,)."""
    one = slice(index, index + 1)
    logits, refusal = corrections.adjust(of.features[one], of.logits[one], of.refusal[one])
    assert refusal is not None
    right = int(logits.argmax()) == of.digits[index]
    return right and float((-refusal).sigmoid()) >= reader.threshold, logits[0]


def teach(reader: Reader, of: Written, order: np.ndarray) -> list[tuple[int, bool, bool, torch.Tensor, int]]:
    """For each drawing in turn: corrections so far, right without and with them, its logits with them, its digit."""
    none, corrections = Corrections(reader), Corrections(reader)
    rows = []
    for index in order:
        alone, *_ = read(reader, none, of, index)
        taught, logits = read(reader, corrections, of, index)
        rows.append((len(corrections), alone, taught, logits, of.digits[index]))
        if not taught and len(corrections) < MAX_CORRECTIONS:
            correct(corrections, of, index)
    return rows


def correct(corrections: Corrections, of: Written, index: int) -> None:
    corrections.extend(*corrections.made_from(np.rint(of.images[[index]] * 255).astype(np.uint8), [of.digits[index]]))


def flips(reader: Reader, of: Written, rng: np.random.Generator) -> tuple[int, int]:
    """How many right readings flip after FLIPPING corrections of other right ones, and of how many."""
    none, corrections = Corrections(reader), Corrections(reader)
    right = [index for index in range(len(of.digits)) if read(reader, none, of, index)[0]]
    taught = rng.permutation(right)[:FLIPPING]
    for index in taught:
        correct(corrections, of, index)
    others = sorted({*right} - {*taught})
    return sum(not read(reader, corrections, of, index)[0] for index in others), len(others)


def print_writers(reader: Reader, writers: dict[str, Written], picture: Path | None) -> None:
    """A row for each writer, then all. Errors are means over ORDERS random orders; `picture` gets their curve."""
    shared.print_row(["writer", "drawings", "errors without", "errors with corrections", "ratio"])
    print("|---|---|---|---|---|")
    rows, curves, flipped = [], [], np.zeros(2, int)
    for name, of in writers.items():
        orders = [np.random.default_rng(order).permutation(len(of.digits)) for order in range(ORDERS)]
        own = [row for order in orders for row in teach(reader, of, order)]
        flipped += sum(np.array(flips(reader, of, np.random.default_rng(order))) for order in range(ORDERS))
        rows += own
        curves.append(np.array([[not row[1], not row[2]] for row in own]).reshape(ORDERS, -1, 2).mean(0).cumsum(0))
        print_row(name, len(of.digits), own)
    print_row("**all**", sum(len(of.digits) for of in writers.values()), rows)
    error = evaluation.calibration_error(torch.stack([row[3] for row in rows]), torch.tensor([row[4] for row in rows]))
    print(f"\nCalibration error (ECE) with corrections: {error:.2%}")
    print(f"Right readings that flip after {FLIPPING} right corrections: {flipped[0] / flipped[1]:.3%}\n")
    by_corrections = defaultdict(list)
    for row in rows:
        by_corrections[max(start for start in BINS if start <= row[0])].append(row)
    shared.print_row(["corrections given", "read right without", "with"])
    print("|---|---|---|")
    for start, after in pairwise(BINS):
        if own := by_corrections[start]:
            shares = [shared.with_interval(sum(bool(row[column]) for row in own), len(own)) for column in (1, 2)]
            shared.print_row([str(start) if after == start + 1 else f"{start} to {after - 1}", *shares])
    if picture:
        draw_curve(curves, picture)


def draw_curve(curves: list[np.ndarray], path: Path) -> None:
    """Mistakes so far of all writers together, by how much of its drawings each has drawn."""
    from matplotlib.figure import Figure

    along = np.linspace(0, 1, 101)
    at = [np.rint(along * (len(curve) - 1)).astype(int) for curve in curves]
    without, with_corrections = np.sum([curve[index] for curve, index in zip(curves, at, strict=True)], 0).T
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot(100 * along, without, color="0.6", label=f"as it is: {without[-1]:.0f}")
    label = f"taught each mistake: {with_corrections[-1]:.0f}"
    axes.plot(100 * along, with_corrections, color="#0f766e", linewidth=2, label=label)
    axes.legend(frameon=False, loc="upper left")
    axes.set(xlabel="drawings of a writer, %", ylabel="mistakes so far", xlim=(0, 100), ylim=(0, without[-1] * 1.12))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    print(path)


def print_choice(reader: Reader, writers: dict[str, Written]) -> None:
    """The constants that half of the writers would choose, and what they do to the other half."""
    print()
    shared.print_row(
        [
            "chosen by",
            "sharpness, digit weight, refusal weight",
            "errors of the others without",
            "with corrections",
            "ratio",
        ]
    )
    print("|---|---|---|---|---|")
    halves = [list(writers)[::2], list(writers)[1::2]]
    shipped = {name: getattr(adder.corrections, name) for name in CHOICES}
    found = {}
    for constants in product(*CHOICES.values()):
        vars(adder.corrections).update(zip(CHOICES, constants, strict=True))
        found[constants] = [errors(reader, [writers[name] for name in half]) for half in halves]
    vars(adder.corrections).update(shipped)
    total = np.zeros(2)
    for chooser, other in ((0, 1), (1, 0)):
        best = min(found, key=lambda constants: found[constants][chooser][1])
        without, with_corrections = found[best][other]
        total += found[best][other]
        chosen = ", ".join(f"{constant:g}" for constant in best)
        shared.print_row(
            [
                f"{len(halves[chooser])} writers",
                chosen,
                f"{without:.1f}",
                f"{with_corrections:.1f}",
                f"{with_corrections / without:.2f}",
            ]
        )
    shared.print_row(["**both**", "", f"{total[0]:.1f}", f"{total[1]:.1f}", f"{total[1] / total[0]:.2f}"])


def errors(reader: Reader, writers: list[Written]) -> np.ndarray:
    """Without and with corrections, in the mean over FEW orders."""
    wrong = np.zeros(2)
    for of in writers:
        for order in range(FEW):
            rows = teach(reader, of, np.random.default_rng(order).permutation(len(of.digits)))
            wrong += [sum(not row[column] for row in rows) for column in (1, 2)]
    return wrong / FEW


def print_row(name: str, drawings: int, rows: list) -> None:
    without, with_corrections = (sum(not row[column] for row in rows) / ORDERS for column in (1, 2))
    ratio = f"{with_corrections / without:.2f}" if without else "-"
    shared.print_row([name, f"{drawings:,}", f"{without:.1f}", f"{with_corrections:.1f}", ratio])


def print_cost(reader: Reader, of: Written) -> None:
    """What MAX_CORRECTIONS corrections add to a reading, by turns."""
    corrections = Corrections(reader)
    for index in range(MAX_CORRECTIONS):
        correct(corrections, of, index)
    image = np.rint(255 * of.images[0]).astype(np.uint8)
    seconds: dict[int, list[float]] = {id(each): [] for each in (None, corrections)}
    for _ in range(TIMED):
        for each in (None, corrections):
            start = time.perf_counter()
            reader.read(image, 5, corrections=each)
            seconds[id(each)].append(time.perf_counter() - start)
    alone, taught = (1000 * float(np.median(seconds[id(each)])) for each in (None, corrections))
    print(f"\nA reading, median: {alone:.2f} ms, with {MAX_CORRECTIONS} corrections {taught:.2f} ms")


def main() -> None:
    parser = shared.parser(__doc__.splitlines()[0], weights=shared.WEIGHTS / "held-out" / "seed-0.safetensors")
    parser.add_argument("--strokes", type=user_path, help="a folder of KIND.jsonl, each taken as a writer too")
    parser.add_argument("--picture", type=user_path, help="a PNG of the mistakes with and without corrections")
    flags = parser.parse_args()
    torch.set_num_threads(1)
    try:
        reader = Reader.load(flags.weights, "cpu")
        people = sources.pendigits(flags.data_dir)
        writers = {
            f"writer {writer}": written(reader, [each for each in people if each.writer == writer])
            for writer in sorted({each.writer for each in people})
            if writer % splits.VALIDATION_WRITERS == 0
        }
        for file in sorted(flags.strokes.glob("*.jsonl")) if flags.strokes else ():
            writers[file.stem] = written(reader, [each for each in collection.load(file) if each.digit is not None])
    except ValueError as error:
        parser.error(str(error))
    print_writers(reader, writers, flags.picture)
    print_choice(reader, writers)
    print_cost(reader, next(iter(writers.values())))


if __name__ == "__main__":
    shared.run(main)
