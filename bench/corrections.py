"""How much do a few corrections help a writer? python -m bench.corrections --help

Prints Markdown. The network reads each validation writer's digits in a random order; a digit that it misreads or
refuses is corrected, and counts as an error. Digits that are spoilt in one way (synthetic) count as a writer, too.
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
from adder.drawing.strokes import Drawing
from adder.files import user_path
from adder.reader import Reader, as_image
from adder.training import evaluation
from bench import command, tables
from bench.drawings import spoilt_digits, validation_digits

FEWEST = 20  # digits of a writer who counts
SPOILT = 250  # drawings of each kind of spoilt ones
ORDERS = 10  # random orders of a writer's drawings
ORDERS_TO_CHOOSE = 3  # for each choice of constants
CANDIDATES = {"SHARPNESS": (6.0, 9.0, 12.0, 16.0), "DIGIT_WEIGHT": (3.0, 5.0, 8.0), "REFUSAL_WEIGHT": (5.0, 8.0)}
FLIP_CORRECTIONS = 10  # corrections of right readings, after which the other right ones are read again
BINS = (0, 1, 2, 4, 8, 16, MAX_CORRECTIONS + 1)  # corrections so far
TIMED_READINGS = 500


class Writer(NamedTuple):
    """One writer's drawings, and what the network makes of them without corrections."""

    images: np.ndarray  # (N, 28, 28) float32 in [0, 1]
    digits: list[int]  # N
    features: torch.Tensor  # (N, width)
    logits: torch.Tensor  # (N, 10)
    refusal: torch.Tensor  # (N,)


class Turn(NamedTuple):
    """One drawing in its turn."""

    corrections: int  # so far
    right_without: bool  # corrections
    right_with: bool
    logits: torch.Tensor  # (10,), with corrections
    digit: int


def prepare(reader: Reader, drawings: list[Drawing]) -> Writer:
    """The network's answers to all drawings that leave ink."""
    pairs = [(as_image(drawing.strokes), drawing.digit) for drawing in drawings]
    images = np.stack([image for image, _ in pairs if image is not None])
    features = torch.from_numpy(reader.features(images))
    with torch.inference_mode():
        logits, refusal = reader.network.digit_logits(features)
    assert refusal is not None, "the network must be able to refuse"
    return Writer(images, [digit for image, digit in pairs if image is not None], features, logits, refusal)


def writers(reader: Reader) -> dict[str, Writer]:
    """Each validation writer of at least FEWEST digits, and each kind of spoilt digits, by a name to print."""
    people = defaultdict(list)
    for drawing in validation_digits():
        people[drawing.writer].append(drawing)
    drawn = {f"writer {number}": people[number] for number in sorted(people) if len(people[number]) >= FEWEST}
    return {name: prepare(reader, drawings) for name, drawings in (drawn | spoilt_digits(SPOILT)).items()}


def read(reader: Reader, corrections: Corrections, writer: Writer, index: int) -> tuple[bool, torch.Tensor]:
    """Whether a drawing is read right and not refused; its digit logits (10,)."""
    row = slice(index, index + 1)
    logits, refusal = corrections.adjust(writer.features[row], writer.logits[row], writer.refusal[row])
    assert refusal is not None
    right = int(logits.argmax()) == writer.digits[index]
    return right and float((-refusal).sigmoid()) >= reader.threshold, logits[0]


def read_in_order(reader: Reader, writer: Writer, order: np.ndarray) -> list[Turn]:
    """Reads the drawings in this order, and corrects each that is misread or refused."""
    none, corrections = Corrections(reader), Corrections(reader)
    turns = []
    for index in order:
        right_without, _ = read(reader, none, writer, index)
        right_with, logits = read(reader, corrections, writer, index)
        turns.append(Turn(len(corrections), right_without, right_with, logits, writer.digits[index]))
        if not right_with and len(corrections) < MAX_CORRECTIONS:
            correct(corrections, writer, index)
    return turns


def correct(corrections: Corrections, writer: Writer, index: int) -> None:
    image = np.rint(writer.images[[index]] * 255).astype(np.uint8)
    corrections.extend(*corrections.made_from(image, [writer.digits[index]]))


def count_flips(reader: Reader, writer: Writer, rng: np.random.Generator) -> tuple[int, int]:
    """Corrects FLIP_CORRECTIONS right readings; returns how many other right ones turn wrong, of how many."""
    none, corrections = Corrections(reader), Corrections(reader)
    right = [index for index in range(len(writer.digits)) if read(reader, none, writer, index)[0]]
    corrected = rng.permutation(right)[:FLIP_CORRECTIONS]
    for index in corrected:
        correct(corrections, writer, index)
    others = sorted({*right} - {*corrected})
    return sum(not read(reader, corrections, writer, index)[0] for index in others), len(others)


def count_errors(turns: list[Turn]) -> np.ndarray:
    """(2,): errors without and with corrections."""
    return np.array([sum(not turn.right_without for turn in turns), sum(not turn.right_with for turn in turns)])


def print_writers(reader: Reader, writers: dict[str, Writer], picture: Path | None) -> None:
    """Prints a row for each writer, then all: mean errors over ORDERS random orders. Draws the errors as `picture`."""
    tables.print_table(["writer", "drawings", "errors without", "errors with corrections", "ratio"])
    all_turns, curves, flips = [], [], np.zeros(2, int)
    for name, writer in writers.items():
        orders = [np.random.default_rng(order).permutation(len(writer.digits)) for order in range(ORDERS)]
        turns = [turn for order in orders for turn in read_in_order(reader, writer, order)]
        flips += sum(np.array(count_flips(reader, writer, np.random.default_rng(order))) for order in range(ORDERS))
        all_turns += turns
        wrong = np.array([[not turn.right_without, not turn.right_with] for turn in turns])
        curves.append(wrong.reshape(ORDERS, -1, 2).mean(0).cumsum(0))
        print_errors(name, len(writer.digits), turns)
    print_errors("**all**", sum(len(writer.digits) for writer in writers.values()), all_turns)
    logits, digits = torch.stack([turn.logits for turn in all_turns]), torch.tensor([turn.digit for turn in all_turns])
    print(f"\nCalibration error (ECE) with corrections: {evaluation.calibration_error(logits, digits):.2%}")
    print(f"Right readings that flip after {FLIP_CORRECTIONS} right corrections: {flips[0] / flips[1]:.3%}\n")
    print_by_corrections(all_turns)
    if picture:
        plot_errors(curves, picture)


def print_errors(name: str, count: int, turns: list[Turn]) -> None:
    without, with_corrections = count_errors(turns) / ORDERS
    ratio = f"{with_corrections / without:.2f}" if without else "-"
    tables.print_row([name, f"{count:,}", f"{without:.1f}", f"{with_corrections:.1f}", ratio])


def print_by_corrections(turns: list[Turn]) -> None:
    by_corrections = defaultdict(list)
    for turn in turns:
        by_corrections[max(start for start in BINS if start <= turn.corrections)].append(turn)
    tables.print_table(["corrections given", "read right without", "with"])
    for start, after in pairwise(BINS):
        if part := by_corrections[start]:
            shares = [tables.with_interval(len(part) - wrong, len(part)) for wrong in count_errors(part).tolist()]
            tables.print_row([str(start) if after == start + 1 else f"{start} to {after - 1}", *shares])


def plot_errors(curves: list[np.ndarray], path: Path) -> None:
    """Errors so far, summed over the writers, against the share of a writer's drawings; each curve is (N, 2)."""
    from matplotlib.figure import Figure

    shares = np.linspace(0, 1, 101)
    rows = [curve[np.rint(shares * (len(curve) - 1)).astype(int)] for curve in curves]
    without, with_corrections = np.sum(rows, 0).T
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot(100 * shares, without, color="0.6", label=f"without corrections: {without[-1]:.0f}")
    label = f"each error corrected: {with_corrections[-1]:.0f}"
    axes.plot(100 * shares, with_corrections, color="#0f766e", linewidth=2, label=label)
    axes.legend(frameon=False, loc="upper left")
    axes.set(xlabel="drawings of a writer, %", ylabel="errors so far", xlim=(0, 100), ylim=(0, without[-1] * 1.12))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    print(path)


def print_constants(reader: Reader, writers: dict[str, Writer]) -> None:
    """Chooses the constants on each half of the writers, and prints what they do to the other half."""
    print()
    names = ", ".join(name.lower().replace("_", " ") for name in CANDIDATES)
    tables.print_table(["chosen by", names, "errors of the others without", "with corrections", "ratio"])
    halves = [list(writers)[::2], list(writers)[1::2]]
    shipped = {name: getattr(adder.corrections, name) for name in CANDIDATES}
    found = {}
    for constants in product(*CANDIDATES.values()):
        vars(adder.corrections).update(zip(CANDIDATES, constants, strict=True))
        found[constants] = [mean_errors(reader, [writers[name] for name in half]) for half in halves]
    vars(adder.corrections).update(shipped)
    total = np.zeros(2)
    for chooser, other in ((0, 1), (1, 0)):
        best = min(found, key=lambda constants: found[constants][chooser][1])
        errors = found[best][other]
        total += errors
        chosen = ", ".join(f"{constant:g}" for constant in best)
        tables.print_row([f"{len(halves[chooser])} writers", chosen, *error_cells(errors)])
    tables.print_row(["**both**", "", *error_cells(total)])


def error_cells(errors: np.ndarray) -> list[str]:
    without, with_corrections = errors
    return [f"{without:.1f}", f"{with_corrections:.1f}", f"{with_corrections / without:.2f}"]


def mean_errors(reader: Reader, writers: list[Writer]) -> np.ndarray:
    """(2,): errors of these writers without and with corrections, mean over ORDERS_TO_CHOOSE."""
    errors = np.zeros(2)
    for writer in writers:
        for order in range(ORDERS_TO_CHOOSE):
            shuffled = np.random.default_rng(order).permutation(len(writer.digits))
            errors += count_errors(read_in_order(reader, writer, shuffled))
    return errors / ORDERS_TO_CHOOSE


def print_cost(reader: Reader, writer: Writer) -> None:
    """The median time of a reading, without corrections and with MAX_CORRECTIONS, measured in turns."""
    corrections = Corrections(reader)
    for index in range(MAX_CORRECTIONS):
        correct(corrections, writer, index)
    image = np.rint(255 * writer.images[0]).astype(np.uint8)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(TIMED_READINGS):
        for is_corrected in seconds:
            started = time.perf_counter()
            reader.read(image, 5, corrections=corrections if is_corrected else None)
            seconds[is_corrected].append(time.perf_counter() - started)
    without, with_corrections = (1000 * float(np.median(seconds[is_corrected])) for is_corrected in (False, True))
    print(f"\nA reading, median: {without:.2f} ms, with {MAX_CORRECTIONS} corrections {with_corrections:.2f} ms")


def main() -> None:
    parser = command.parser("How much a few corrections help a writer.", weights=command.HELD_OUT_WEIGHTS)
    parser.add_argument("--picture", type=user_path, help="plot the errors with and without corrections as this PNG")
    flags = parser.parse_args()
    torch.set_num_threads(1)
    reader = Reader.load(flags.weights, "cpu")
    people = writers(reader)
    print_writers(reader, people, flags.picture)
    print_constants(reader, people)
    print_cost(reader, next(iter(people.values())))


if __name__ == "__main__":
    command.run(main)
