"""How well drawings are read: python -m bench.drawn --help. Prints Markdown, and draws the sweeps as a picture.

Everything is measured through the functions that the page uses; the reference system gets the canvas shrunk to 28x28,
as most demos do it.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
import torch

from adder import inputs
from adder.data import sources, splits
from adder.data.synthetic import negatives
from adder.drawing import collection, raster, strokes
from adder.drawing.curves import Strokes
from adder.files import user_path
from adder.network import checkpoint
from adder.network.model import Adder
from adder.reader import Reader
from adder.training import evaluation
from adder.training.evaluation import Outputs
from bench import shared

Key = TypeVar("Key")

CANVASES = (100, 280, 500, 1000)  # px a side
SIZES = (0.2, 0.5, 0.95)  # the digit's longer side, share of the canvas
BRUSHES = (2, 5, 10, 20, 40)  # px
SURE = 0.9
HELD_OUT = ("words held out", "shapes held out", "fonts held out")
FAIR = (0.02, 0.15)  # brush over the digit's longer side: between these nobody would complain of the brush
TYPICAL: dict = {"canvas": 280, "size": 0.65 * 280, "brush": 14}
ANGLES = range(-20, 21, 5)
PLACES = (0.35, 0.5, 0.65)


class System(NamedTuple):
    """A network and its way from ink to the 28x28 image; None is a blank, which it refuses."""

    name: str
    network: Adder
    threshold: float
    from_ink: Callable[[np.ndarray], np.ndarray | None]
    from_strokes: Callable[[Strokes], np.ndarray | None]

    def read(self, images: list[np.ndarray | None]) -> Outputs:
        return evaluation.predict(self.network, sources.as_tensor(images))


def shrink(ink: np.ndarray) -> np.ndarray:
    return cv2.resize(ink, (28, 28), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def ours(path: Path) -> System:
    network, description = checkpoint.load_model(path)
    threshold = description.get("calibration", {}).get("threshold", 0.0)
    return System(path.stem, network, threshold, raster.to_mnist, raster.strokes_to_mnist)


def reference(path: Path) -> System:
    network, description = checkpoint.load_model(path)
    name = f"{description['recipe']}, canvas shrunk"
    return System(name, network, 0.0, shrink, lambda drawing: shrink(strokes.draw(drawing, **TYPICAL)))


def accuracy(outputs: Outputs, digits: torch.Tensor) -> dict[str, str]:
    """The rows of the table for one set of digits."""
    probs = outputs.digit.softmax(1)
    ranked = probs.argsort(1, descending=True)
    right = ranked[:, 0] == digits
    second = right | (ranked[:, 1] == digits)
    surest = probs.amax(1).argsort(descending=True)[: round(0.95 * len(digits))]
    scores = evaluation.score(outputs, digits)
    return {
        "digit read right": shared.with_interval(int(right.sum()), len(digits)),
        "sum right, all ten numbers": f"{scores['sum_accuracy']:.2%}",
        "sum = digit + number": f"{scores['agreement']:.2%}",
        "among the first two": shared.with_interval(int(second.sum()), len(digits)),
        "of the surest 95 %": shared.with_interval(int(right[surest].sum()), len(surest)),
        "calibration error (ECE)": f"{scores['ece']:.2%}",
    }


def is_refused(system: System, outputs: Outputs) -> torch.Tensor:
    """bool (N,); nothing is, by a network that cannot."""
    return evaluation.digit_score(outputs) < system.threshold


def refusals(system: System, digits: dict[str, Outputs], others: dict[str, Outputs]) -> dict[str, str]:
    """Shares refused at the threshold, those HELD_OUT taken for a digit above SURE, and AUROC against characters."""
    held_out = [others[name] for name in HELD_OUT]
    sure = torch.cat([~is_refused(system, each) & (each.digit.softmax(1).amax(1) > SURE) for each in held_out])
    rows = {f"wrong and sure, above {SURE:.0%}: {', '.join(HELD_OUT)}": shared.with_interval(*share_of(sure))}
    if next(iter(digits.values())).refusal is None:
        return {f"refused: {next(iter(digits))}": "cannot refuse"} | rows
    for name, outputs in (digits | others).items():
        rows[f"refused: {name}"] = shared.with_interval(*share_of(is_refused(system, outputs)))
    characters = evaluation.digit_score(others["characters"])
    for name, outputs in digits.items():
        area = evaluation.auroc(evaluation.digit_score(outputs), characters)
        rows[f"AUROC: {name} against characters"] = f"{area:.4f}"
    return rows


def share_of(answers: torch.Tensor) -> tuple[int, int]:
    return int(answers.sum()), len(answers)


def right_and_not_refused(system: System, drawings: list[strokes.Drawing]) -> torch.Tensor:
    """bool (N,): digits read right and not refused, and non-digits refused; what leaves no ink counts as refused."""
    images = in_parallel(system.from_strokes, [drawing.strokes for drawing in drawings])
    outputs = system.read(images)
    refused = is_refused(system, outputs) | torch.tensor([each is None for each in images])
    digits = digits_of(drawings)
    return torch.where(digits == splits.NO_DIGIT, refused, ~refused & (outputs.digit.argmax(1) == digits))


def print_files(systems: list[System], files: list[Path], every: int) -> None:
    """A row a file of drawings, then the mean of all and the lowest. ValueError for a file without any, or no file."""
    if not files:
        raise ValueError("the folder holds no .jsonl file of drawings")
    shares: dict[str, list[float]] = {}
    shared.print_row(["right and not refused", *(system.name for system in systems)])
    print(f"|{'---|' * (len(systems) + 1)}")
    for file in files:
        drawings = read_drawings(file)[::every]
        right = [right_and_not_refused(system, drawings) for system in systems]
        shares[file.stem] = [each.double().mean().item() for each in right]
        shared.print_row([file.stem, *(shared.with_interval(*share_of(each)) for each in right)])
    for name, reduce in (("mean", np.mean), ("lowest", np.min)):
        shared.print_row([name, *(f"{value:.2%}" for value in reduce(list(shares.values()), axis=0))])


def read_drawings(path: Path) -> list[strokes.Drawing]:
    """Raises ValueError for what holds none."""
    drawings = collection.load(path) if path.suffix.lower() in inputs.JSON_LINES else strokes.read_unipen(path)
    if not drawings:
        raise ValueError(f"{path} holds no drawing")
    return drawings


def in_parallel(function: Callable, items: Iterable) -> list:
    with ThreadPoolExecutor() as pool:
        return list(pool.map(function, items, chunksize=32))


def sweep(system: System, drawings: list[strokes.Drawing], change: Callable[[Strokes], np.ndarray]) -> float:
    """Accuracy over drawings made into ink by `change`."""
    images = in_parallel(lambda drawing: system.from_ink(change(drawing.strokes)), drawings)
    read = system.read(images).digit.argmax(1)
    blank = torch.tensor([each is None for each in images])
    return ((read == digits_of(drawings)) & ~blank).double().mean().item()


def digits_of(drawings: list[strokes.Drawing]) -> torch.Tensor:
    return torch.tensor([drawing.digit for drawing in drawings])


def turned(drawing: Strokes, degrees: float) -> Strokes:
    return [negatives.rotate(stroke, np.deg2rad(degrees)) for stroke in drawing]


def sweeps(system: System, drawings: list[strokes.Drawing]) -> dict[str, dict]:
    """Accuracy by canvas, size and brush (a grid), by place and by rotation, all as ink."""

    def cell(canvas, size, brush):
        return sweep(system, drawings, lambda d: strokes.draw(d, canvas=canvas, size=size * canvas, brush=brush))

    grid = {
        (canvas, size, brush): cell(canvas, size, brush)
        for canvas in CANVASES
        for size in SIZES
        for brush in BRUSHES
        if FAIR[0] <= brush / (size * canvas) <= 2 * FAIR[1]
    }

    def at(x, y):
        return sweep(system, drawings, lambda d: strokes.draw(d, **TYPICAL | {"size": 120}, centre=(x, y)))

    def by(angle):
        return sweep(system, drawings, lambda d: strokes.draw(turned(d, angle), **TYPICAL))

    places = {(x, y): at(x, y) for x in PLACES for y in PLACES}
    angles = {angle: by(angle) for angle in ANGLES}
    return {"grid": grid, "place": places, "rotation": angles}


def filter_fair(grid: dict[tuple[int, float, int], float]) -> dict[tuple[int, float, int], float]:
    return {cell: value for cell, value in grid.items() if FAIR[0] <= cell[2] / (cell[1] * cell[0]) <= FAIR[1]}


def lowest(results: dict[Key, float]) -> Key:
    return min(results, key=lambda key: results[key])


def worst(results: dict) -> dict[str, str]:
    """The worst cell of each sweep, as rows of the table."""
    cell = lowest(filter_fair(results["grid"]))
    canvas, size, brush = cell
    place, angle = lowest(results["place"]), lowest(results["rotation"])
    return {
        "worst canvas, size and brush (brush 2-15 % of the digit)": f"{results['grid'][cell]:.2%} "
        f"(canvas {canvas}, digit {size:.0%}, brush {brush} px)",
        "worst place": f"{results['place'][place]:.2%} at {place}",
        "worst rotation, -20 to 20 degrees": f"{results['rotation'][angle]:.2%} at {angle}",
    }


def draw_sweeps(path: Path, results: dict[str, dict], curves: dict[str, Outputs], digits: torch.Tensor) -> None:
    """One line a system: accuracy by brush, size, canvas and rotation; risk by coverage."""
    from matplotlib.figure import Figure

    least = min(
        value
        for result in results.values()
        for value in (*filter_fair(result["grid"]).values(), *result["rotation"].values())
    )
    limits = (min(95, 100 * least - 1), 100.2)
    figure = Figure(figsize=(15, 3.4), layout="constrained")
    axes = figure.subplots(1, 5)
    for name, result in results.items():
        grid = filter_fair(result["grid"])
        for place, (index, label) in enumerate(
            ((2, "brush, px"), (1, "digit, share of the canvas"), (0, "canvas, px"))
        ):
            keys = sorted({cell[index] for cell in grid})
            means = [100 * np.mean([value for cell, value in grid.items() if cell[index] == key]) for key in keys]
            axes[place].plot(keys, means, "o-", label=name)
            axes[place].set(xlabel=label, ylim=limits)
        axes[3].plot(list(result["rotation"]), [100 * v for v in result["rotation"].values()], "o-", label=name)
        axes[3].set(xlabel="rotation, degrees", ylim=limits)
    for name, outputs in curves.items():
        confidence, read = outputs.digit.softmax(1).max(1)
        wrong = (read != digits)[confidence.argsort(descending=True)].double()
        coverage = torch.arange(1, len(wrong) + 1) / len(wrong)
        axes[4].plot(100 * coverage, 100 * wrong.cumsum(0) / torch.arange(1, len(wrong) + 1), label=name)
    axes[4].set(xlabel="the surest, % of the drawings", title="wrong, %")
    for axis in axes[:4]:
        axis.set_title("read right, %")
    for axis in axes:
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)


def draw_sheet(path: Path, drawings: list[strokes.Drawing], reader: Reader) -> None:
    """Each drawing with what it was meant as and what was read, misread ones first, the surest of them foremost."""
    from matplotlib.figure import Figure

    readings = reader.read_many([drawing.strokes for drawing in drawings], [0] * len(drawings))
    read = [reading.digit if reading.is_digit else splits.NO_DIGIT for reading in readings]
    right = [digit == drawing.digit for digit, drawing in zip(read, drawings, strict=True)]
    order = sorted(range(len(drawings)), key=lambda index: (right[index], -readings[index].digit_score))
    columns = 12
    rows = -(-len(order) // columns)
    figure = Figure(figsize=(columns, 1.3 * rows + 0.4), layout="constrained")
    figure.suptitle(f"{len(drawings)} drawings, {len(order) - sum(right)} misread: meant as, read as; - is no digit")
    for axes, index in zip(figure.subplots(rows, columns, squeeze=False).flat, order, strict=False):
        axes.imshow(strokes.draw(drawings[index].strokes, canvas=84, size=70, brush=4), cmap="gray_r")
        meant, told = (
            str(digit) if digit != splits.NO_DIGIT else "-" for digit in (drawings[index].digit, read[index])
        )
        axes.set_title(f"{meant}, {told}", fontsize=9, color="black" if right[index] else "red")
    for axes in figure.axes:
        axes.axis("off")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)


def breakdown(title: str, keys: list[int], right: torch.Tensor) -> None:
    values = [(key, right[torch.tensor(keys) == key].double().mean().item()) for key in sorted(set(keys))]
    print(f"\n{title}: " + ", ".join(f"{key}: {value:.1%}" for key, value in values))


def main() -> None:
    parser = shared.parser("How well drawings are read, by the shipped weights and a reference.")
    parser.add_argument("--reference", type=user_path, default=shared.WEIGHTS / "bottleneck.safetensors")
    parser.add_argument(
        "--strokes",
        type=user_path,
        help="read this instead: what demo.py --collect wrote (.jsonl), or UNIPEN; of a folder each .jsonl, in a row",
    )
    parser.add_argument(
        "--sheet", type=user_path, help="with --strokes: draw them all as this PNG, misread ones first, and end"
    )
    parser.add_argument("--picture", type=user_path, help="where to draw the sweeps, as PNG")
    parser.add_argument("--every", type=int, default=1, help="use every n-th drawing only: quicker")
    flags = parser.parse_args()
    if flags.sheet and not flags.strokes:
        parser.error("--sheet needs --strokes")

    systems = [ours(flags.weights)] + ([reference(flags.reference)] if flags.reference.exists() else [])
    try:
        if flags.strokes and flags.strokes.is_dir():
            files = [file for file in flags.strokes.iterdir() if file.suffix.lower() in inputs.JSON_LINES]
            print_files(systems, sorted(file for file in files if not file.name.startswith(".")), flags.every)
            return
        writers = read_drawings(flags.strokes) if flags.strokes else sources.pendigits(flags.data_dir)
        if flags.sheet:
            draw_sheet(flags.sheet, writers, Reader.load(flags.weights, "cpu"))
            return
        sets = splits.load(flags.data_dir)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    if flags.strokes:
        drawings = [drawing for drawing in writers if drawing.digit != splits.NO_DIGIT]
    else:
        drawings = [drawing for drawing in writers if drawing.writer % splits.VALIDATION_WRITERS == 0]
    drawings = drawings[:: flags.every]
    digits = digits_of(drawings)
    if not drawings:
        parser.error(f"{flags.strokes} holds no drawing of a digit")
    others = {"characters": sets.characters}
    others |= dict(zip(HELD_OUT, (sets.words, sets.shapes, sets.fonts), strict=True))
    rng = np.random.default_rng(12345)  # not a seed of any training
    pieces = [drawing.strokes for drawing in drawings]
    invented = [negatives.invent(rng, pieces) for _ in range(1000)]

    columns, results, curves = {}, {}, {}
    for system in systems:
        mnist = evaluation.predict(system.network, sets.test.images)
        drawn = curves[system.name] = system.read(in_parallel(system.from_strokes, [d.strokes for d in drawings]))
        results[system.name] = sweeps(system, drawings)
        columns[system.name] = {
            **{f"MNIST test, {name}": value for name, value in accuracy(mnist, sets.test.digits).items()},
            **{f"drawings, {name}": value for name, value in accuracy(drawn, digits).items()},
            **{f"drawings as ink, {name}": value for name, value in worst(results[system.name]).items()},
            **refusals(
                system,
                {"MNIST test": mnist, "drawings": drawn},
                {name: evaluation.predict(system.network, split.images) for name, split in others.items()}
                | {"invented non-digits": system.read(in_parallel(system.from_strokes, invented))},
            ),
        }
        right = drawn.digit.argmax(1) == digits
        print(f"\n{system.name}, {len(drawings)} drawings, read right")
        breakdown("by writer", [drawing.writer for drawing in drawings], right)
        breakdown("by digit", digits.tolist(), right)
    reader = Reader.load(flags.weights, "cpu")
    median, slow = shared.latencies(lambda i: reader.read_strokes(pieces[i % len(pieces)], i % 10), repeats=280)
    columns[systems[0].name]["strokes to Reading on one core, median (95 %)"] = f"{median:.1f} ms ({slow:.1f} ms)"
    names = dict.fromkeys(row for column in columns.values() for row in column)
    print()
    shared.print_table(
        ["", *columns], [[name, *(column.get(name, "") for column in columns.values())] for name in names]
    )
    if flags.picture:
        draw_sweeps(flags.picture, results, curves, digits)


if __name__ == "__main__":
    shared.run(main)
