"""How well are drawings read? python -m bench.drawn --help

Prints Markdown, and plots the sweeps, all of the validation split. The images are made by the functions that the page
uses; the reference system gets the canvas shrunk to 28x28, as most demos do it.
"""

from pathlib import Path

import numpy as np
import torch

from adder import inputs
from adder.data import mnist, pen_data, splits
from adder.data.synthetic import negatives
from adder.drawing import collection, strokes
from adder.drawing.strokes import NO_DIGIT
from adder.files import user_path
from adder.reader import Reader
from adder.training import evaluation
from adder.training.evaluation import Outputs
from bench import command
from bench.drawings import validation_digits
from bench.speed import one_core_latencies
from bench.sweeps import plot_sweeps, sweep, worst
from bench.systems import System, digits_of, in_parallel, is_refused, ours, reference
from bench.tables import print_row, print_table, with_interval

CONFIDENT = 0.9  # probability of the digit
HELD_OUT = ("letters", "words", "shapes", "fonts", "blobs")  # of splits.Judged
ACROSS = 12  # drawings in a row of the sheet


def accuracy_rows(outputs: Outputs, digits: torch.Tensor) -> dict[str, str]:
    """Rows of the table, name -> text, for one set of digits, int64 (N,)."""
    probs = outputs.digit.softmax(1)
    ranked = probs.argsort(1, descending=True)
    right = ranked[:, 0] == digits
    second = right | (ranked[:, 1] == digits)
    surest = probs.amax(1).argsort(descending=True)[: round(0.95 * len(digits))]
    scores = evaluation.score(outputs, digits)
    return {
        "digit read right": share(right),
        "sum right, mean over the ten numbers": f"{scores['sum_accuracy']:.2%}",
        "sum = digit + number": f"{scores['agreement']:.2%}",
        "digit among the first two": share(second),
        "digit read right, surest 95 %": share(right[surest]),
        "calibration error (ECE)": f"{scores['ece']:.2%}",
    }


def refusal_rows(system: System, digits: dict[str, Outputs], non_digits: dict[str, Outputs]) -> dict[str, str]:
    """Rows of the table: confident mistakes on HELD_OUT, shares refused, and AUROC against characters."""
    mistakes = [
        ~is_refused(system, outputs) & (outputs.digit.softmax(1).amax(1) > CONFIDENT)
        for outputs in (non_digits[name] for name in HELD_OUT)
    ]
    rows = {f"read as a digit, confidence above {CONFIDENT:.0%}: {', '.join(HELD_OUT)}": share(torch.cat(mistakes))}
    if next(iter(digits.values())).refusal is None:
        return {f"refused: {next(iter(digits))}": "cannot refuse"} | rows
    for name, outputs in (digits | non_digits).items():
        rows[f"refused: {name}"] = share(is_refused(system, outputs))
    characters = evaluation.digit_score(non_digits["characters"])
    for name, outputs in digits.items():
        area = evaluation.auroc(evaluation.digit_score(outputs), characters)
        rows[f"AUROC: {name} against characters"] = f"{area:.4f}"
    return rows


def share(values: torch.Tensor) -> str:
    """The share of True in bool (N,), with its interval."""
    return with_interval(int(values.sum()), len(values))


def right_and_not_refused(system: System, drawings: list[strokes.Drawing]) -> torch.Tensor:
    """bool (N,): digits read right and not refused, non-digits refused. A drawing without ink counts as refused."""
    images = in_parallel(system.from_strokes, [drawing.strokes for drawing in drawings])
    outputs = system.predict(images)
    refused = is_refused(system, outputs) | torch.tensor([image is None for image in images])
    digits = digits_of(drawings)
    return torch.where(digits == NO_DIGIT, refused, ~refused & (outputs.digit.argmax(1) == digits))


def print_files(systems: list[System], files: list[Path], every: int) -> None:
    """Prints a row for each file of drawings, then the mean and the lowest. ValueError without files or drawings."""
    if not files:
        raise ValueError("the folder holds no .jsonl file of drawings")
    shares: dict[str, list[float]] = {}
    print_table(["right and not refused", *(system.name for system in systems)])
    for file in files:
        drawings = read_drawings(file)[::every]
        right = [right_and_not_refused(system, drawings) for system in systems]
        shares[file.stem] = [values.double().mean().item() for values in right]
        print_row([file.stem, *map(share, right)])
    for name, reduce in (("mean", np.mean), ("lowest", np.min)):
        print_row([name, *(f"{value:.2%}" for value in reduce(list(shares.values()), axis=0))])


def read_drawings(path: Path) -> list[strokes.Drawing]:
    """The drawings of a file of JSON lines or UNIPEN. ValueError when it holds none."""
    drawings = collection.load(path) if path.suffix.lower() in inputs.JSON_LINES else strokes.read_unipen(path)
    if not drawings:
        raise ValueError(f"{path} holds no drawing")
    return drawings


def plot_drawings(path: Path, drawings: list[strokes.Drawing], reader: Reader) -> None:
    """Each drawing with its label and its reading, misread ones first, the surest of them at the top."""
    from matplotlib.figure import Figure

    readings = reader.read_many([drawing.strokes for drawing in drawings], [0] * len(drawings))
    read = [reading.digit if reading.is_digit else NO_DIGIT for reading in readings]
    right = [digit == drawing.digit for digit, drawing in zip(read, drawings, strict=True)]
    order = sorted(range(len(drawings)), key=lambda index: (right[index], -readings[index].digit_score))
    rows = -(-len(order) // ACROSS)
    figure = Figure(figsize=(ACROSS, 1.3 * rows + 0.4), layout="constrained")
    figure.suptitle(f"{len(drawings)} drawings, {len(order) - sum(right)} misread: label, reading; - is not a digit")
    for axes, index in zip(figure.subplots(rows, ACROSS, squeeze=False).flat, order, strict=False):
        axes.imshow(strokes.draw(drawings[index].strokes, canvas=84, size=70, brush=4), cmap="gray_r")
        label, reading = ("-" if digit == NO_DIGIT else digit for digit in (drawings[index].digit, read[index]))
        axes.set_title(f"{label}, {reading}", fontsize=9, color="black" if right[index] else "red")
    for axes in figure.axes:
        axes.axis("off")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)


def print_breakdown(title: str, keys: list[int], right: torch.Tensor) -> None:
    """Prints the share of True in `right`, bool (N,), for each value of `keys` (N)."""
    shares = [(key, right[torch.tensor(keys) == key].double().mean().item()) for key in sorted(set(keys))]
    print(f"\n{title}: " + ", ".join(f"{key}: {value:.1%}" for key, value in shares))


def print_comparison(
    systems: list[System],
    validation: splits.Judged,
    drawings: list[strokes.Drawing],
    reader: Reader,
    picture: Path | None,
) -> None:
    """Prints the table: a column for each system, the first of which is the reader's. Plots the sweeps as `picture`."""
    digits = digits_of(drawings)
    non_digits = validation.non_digits()
    rng = np.random.default_rng(12345)  # not a seed of any training
    strokes_of_all = [drawing.strokes for drawing in drawings]
    synthetic = [negatives.synthesise(rng, strokes_of_all, []) for _ in range(1000)]

    columns, sweeps, outputs = {}, {}, {}
    for system in systems:
        images = evaluation.predict(system.network, validation.mnist.images)
        read = outputs[system.name] = system.predict(in_parallel(system.from_strokes, strokes_of_all))
        sweeps[system.name] = sweep(system, drawings)
        columns[system.name] = {
            **{f"MNIST, {name}": value for name, value in accuracy_rows(images, validation.mnist.digits).items()},
            **{f"drawings, {name}": value for name, value in accuracy_rows(read, digits).items()},
            **{f"drawings as ink, {name}": value for name, value in worst(sweeps[system.name]).items()},
            **refusal_rows(
                system,
                {"MNIST": images, "drawings": read},
                {name: evaluation.predict(system.network, split.images) for name, split in non_digits.items()}
                | {"synthetic non-digits": system.predict(in_parallel(system.from_strokes, synthetic))},
            ),
        }
        right = read.digit.argmax(1) == digits
        print(f"\n{system.name}, {len(drawings)} drawings, read right")
        print_breakdown("by writer", [drawing.writer for drawing in drawings], right)
        print_breakdown("by digit", digits.tolist(), right)
    median, p95 = one_core_latencies(
        lambda i: reader.read_strokes(strokes_of_all[i % len(drawings)], i % 10), repeats=280
    )
    columns[systems[0].name]["strokes to Reading on one core, median (p95)"] = f"{median:.1f} ms ({p95:.1f} ms)"
    names = dict.fromkeys(name for column in columns.values() for name in column)
    print()
    print_table(["", *columns], [[name, *(column.get(name, "") for column in columns.values())] for name in names])
    if picture:
        plot_sweeps(picture, sweeps, outputs, digits)


def main() -> None:
    parser = command.parser("How well drawings are read, compared with a reference system.", data=True)
    parser.add_argument(
        "--reference",
        type=user_path,
        default=command.WEIGHTS / "bottleneck.safetensors",
        help="weights of the reference system; without this file there is none (%(default)s)",
    )
    parser.add_argument(
        "--strokes",
        type=user_path,
        help="your drawings: a .jsonl that demo.py --collect wrote, or UNIPEN; a folder gives a row for each .jsonl",
    )
    parser.add_argument("--sheet", type=user_path, help="with --strokes: show all in this PNG, misread ones first")
    parser.add_argument("--picture", type=user_path, help="plot the sweeps as this PNG")
    parser.add_argument("--every", type=int, default=1, help="use only every n-th drawing, which is faster")
    flags = parser.parse_args()
    if flags.sheet and not flags.strokes:
        parser.error("--sheet needs --strokes")

    systems = [ours(flags.weights)] + ([reference(flags.reference)] if flags.reference.exists() else [])
    try:
        if flags.strokes and flags.strokes.is_dir():
            files = [file for file in flags.strokes.iterdir() if file.suffix.lower() in inputs.JSON_LINES]
            print_files(systems, sorted(file for file in files if not file.name.startswith(".")), flags.every)
            return
        drawings = read_drawings(flags.strokes) if flags.strokes else validation_digits()
        if flags.sheet:
            plot_drawings(flags.sheet, drawings, Reader.load(flags.weights, "cpu"))
            return
        validation = splits.judged(pen_data.VALIDATION, mnist.training_and_validation(flags.data_dir)[1])
    except (ValueError, OSError) as error:
        parser.error(str(error))
    drawings = [drawing for drawing in drawings if drawing.digit != NO_DIGIT][:: flags.every]
    if not drawings:
        parser.error(f"{flags.strokes} holds no drawing of a digit")
    print_comparison(systems, validation, drawings, Reader.load(flags.weights, "cpu"), flags.picture)


if __name__ == "__main__":
    command.run(main)
