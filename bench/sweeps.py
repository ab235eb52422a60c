"""Accuracy of a system on ink, swept over canvas, size, brush, place and rotation; and the picture of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from adder.data.synthetic import negatives
from adder.drawing import strokes
from adder.drawing.curves import Strokes
from adder.training.evaluation import Outputs
from bench.systems import TYPICAL, System, digits_of, in_parallel

Key = TypeVar("Key")
Grid = dict[tuple[int, float, int], float]  # (canvas, size, brush) -> accuracy

CANVASES = (100, 280, 500, 1000)  # px a side
SIZES = (0.2, 0.5, 0.95)  # the digit's longer side, share of the canvas
BRUSHES = (2, 5, 10, 20, 40)  # px
FAIR_BRUSH = (0.02, 0.15)  # brush over the digit's longer side: nobody would object to a brush between these
ANGLES = range(-20, 21, 5)  # degrees
CENTRES = (0.35, 0.5, 0.65)  # of the digit, share of the canvas


def accuracy(system: System, drawings: list[strokes.Drawing], render: Callable[[Strokes], np.ndarray]) -> float:
    """Share of drawings read right as ink; `render` makes the ink (H, W) uint8 of a drawing's strokes."""
    images = in_parallel(lambda drawing: system.from_ink(render(drawing.strokes)), drawings)
    read = system.predict(images).digit.argmax(1)
    blank = torch.tensor([image is None for image in images])
    return ((read == digits_of(drawings)) & ~blank).double().mean().item()


def rotate(drawing: Strokes, degrees: float) -> Strokes:
    return [negatives.rotate(stroke, np.deg2rad(degrees)) for stroke in drawing]


def sweep(system: System, drawings: list[strokes.Drawing]) -> dict[str, dict]:
    """Accuracies: "grid" by canvas, size and brush, "place" by centre (x, y), "rotation" by angle in degrees."""

    def with_canvas(canvas, size, brush):
        return accuracy(system, drawings, lambda d: strokes.draw(d, canvas=canvas, size=size * canvas, brush=brush))

    def at(x, y):
        return accuracy(system, drawings, lambda d: strokes.draw(d, **TYPICAL | {"size": 120}, centre=(x, y)))

    def rotated(angle):
        return accuracy(system, drawings, lambda d: strokes.draw(rotate(d, angle), **TYPICAL))

    grid = {
        (canvas, size, brush): with_canvas(canvas, size, brush)
        for canvas in CANVASES
        for size in SIZES
        for brush in BRUSHES
        if FAIR_BRUSH[0] <= brush / (size * canvas) <= 2 * FAIR_BRUSH[1]
    }
    places = {(x, y): at(x, y) for x in CENTRES for y in CENTRES}
    return {"grid": grid, "place": places, "rotation": {angle: rotated(angle) for angle in ANGLES}}


def with_fair_brush(grid: Grid) -> Grid:
    low, high = FAIR_BRUSH
    return {
        (canvas, size, brush): value
        for (canvas, size, brush), value in grid.items()
        if low <= brush / (size * canvas) <= high
    }


def lowest(results: dict[Key, float]) -> Key:
    return min(results, key=lambda key: results[key])


def worst(results: dict) -> dict[str, str]:
    """The worst cell of each sweep: the name of its row -> its text."""
    cell = lowest(with_fair_brush(results["grid"]))
    canvas, size, brush = cell
    (x, y), angle = lowest(results["place"]), lowest(results["rotation"])
    return {
        "worst canvas, size and brush (brush 2-15 % of the digit)": f"{results['grid'][cell]:.2%} "
        f"(canvas {canvas}, digit {size:.0%}, brush {brush} px)",
        "worst place on the canvas": f"{results['place'][x, y]:.2%} (centre at {x:.0%}, {y:.0%})",
        "worst rotation, -20 to 20 degrees": f"{results['rotation'][angle]:.2%} at {angle}",
    }


def plot_sweeps(path: Path, results: dict[str, dict], outputs: dict[str, Outputs], digits: torch.Tensor) -> None:
    """A line for each system: accuracy by brush, size, canvas and rotation; share wrong among the surest drawings."""
    from matplotlib.figure import Figure

    least = min(
        value
        for result in results.values()
        for value in (*with_fair_brush(result["grid"]).values(), *result["rotation"].values())
    )
    limits = (min(95, 100 * least - 1), 100.2)
    figure = Figure(figsize=(15, 3.4), layout="constrained")
    axes = figure.subplots(1, 5)
    for name, result in results.items():
        grid = with_fair_brush(result["grid"])
        for axis, (index, label) in zip(
            axes, ((2, "brush, px"), (1, "digit, share of the canvas"), (0, "canvas, px")), strict=False
        ):
            keys = sorted({cell[index] for cell in grid})
            means = [100 * np.mean([value for cell, value in grid.items() if cell[index] == key]) for key in keys]
            axis.plot(keys, means, "o-", label=name)
            axis.set(xlabel=label, ylim=limits)
        axes[3].plot(list(result["rotation"]), [100 * v for v in result["rotation"].values()], "o-", label=name)
        axes[3].set(xlabel="rotation, degrees", ylim=limits)
    for name, output in outputs.items():
        confidence, read = output.digit.softmax(1).max(1)
        wrong = (read != digits)[confidence.argsort(descending=True)].double()
        counts = torch.arange(1, len(wrong) + 1)
        axes[4].plot(100 * counts / len(wrong), 100 * wrong.cumsum(0) / counts, label=name)
    axes[4].set(xlabel="the surest, % of the drawings", title="wrong, %")
    for axis in axes[:4]:
        axis.set_title("read right, %")
    for axis in axes:
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)
