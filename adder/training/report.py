"""What a run leaves for people: the log as CSV, the metrics as JSON, and plots."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib.figure import Figure
from torch import Tensor
from tqdm import tqdm

from adder.data.images import LabelledImages
from adder.files import replacing
from adder.network.heads import DIGITS

MAX_MISTAKES = 40  # in their picture: those with the highest loss


def commit() -> str | None:
    """The commit of this code, with '-dirty' when tracked files differ; None outside git.

    $ADDER_COMMIT overrides it, for a copy without its own history.
    """
    if "ADDER_COMMIT" in os.environ:
        return os.environ["ADDER_COMMIT"]
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


@contextmanager
def unless_in_use() -> Iterator[None]:
    """Warns and continues when another program locks the file, as Excel does on Windows; a later call writes it."""
    try:
        yield
    except PermissionError as error:
        tqdm.write(f"train.py: {error}; is it open in another program?", file=sys.stderr)


def write_log(path: Path, rows: list[dict]) -> None:
    """One line per epoch; validation scores become columns such as unipen_digit_accuracy."""
    flat = []
    for row in rows:
        columns = {name: value for name, value in row.items() if name != "validation"}
        for kind, scores in row["validation"].items():
            columns |= {f"{kind}_{name}": value for name, value in scores.items()}
        flat.append(columns)
    text = io.StringIO()
    writer = csv.DictWriter(text, flat[0])
    writer.writeheader()
    writer.writerows(flat)
    with replacing(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8", newline="")


def write_metrics(path: Path, metrics: dict) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(metrics, indent=2, allow_nan=False) + "\n", encoding="utf-8", newline="\n")


def plot_curves(path: Path, rows: list[dict]) -> None:
    """Loss and accuracy by epoch, for training and validation."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in rows]
    left.plot(epochs, [row["loss"] for row in rows], label="training, augmented", color="gray")
    right.plot(epochs, [100 * row["digit_accuracy"] for row in rows], label="digit, training, augmented", color="gray")
    kinds = [kind for kind, scores in rows[0]["validation"].items() if "digit_accuracy" in scores]
    for kind in kinds:
        scores = [row["validation"][kind] for row in rows]
        left.plot(epochs, [score["digit_loss"] + score["sum_loss"] for score in scores], label=f"validation, {kind}")
        for name, style in (("digit", "-"), ("sum", ":")):
            accuracies = [100 * score[f"{name}_accuracy"] for score in scores]
            right.plot(epochs, accuracies, style, label=f"{name}, validation, {kind}")
    worst = min(rows[-1]["validation"][kind]["digit_accuracy"] for kind in kinds)
    left.set(title="loss", xlabel="epoch", yscale="log")
    right.set(title="accuracy, %", xlabel="epoch", ylim=(min(97.0, 100 * worst - 1), 100.0))
    for axes in (left, right):
        axes.legend()
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
    save(figure, path)


def plot_confusion(path: Path, counts: Tensor) -> None:
    """Counts int64 (10, 10): a row for each true digit, a column for each digit that was read."""
    figure = Figure(figsize=(5.5, 5.5), layout="constrained")
    axes = figure.subplots()
    mistakes = counts.clone().fill_diagonal_(0).numpy()
    axes.imshow(mistakes, cmap="Reds", vmin=0, vmax=max(1, int(mistakes.max())))
    for row in range(DIGITS):
        for column in range(DIGITS):
            if counts[row, column]:
                axes.text(
                    column,
                    row,
                    str(int(counts[row, column])),
                    ha="center",
                    va="center",
                    fontsize=8 if row == column else 10,
                    color="gray" if row == column else "black",
                )
    axes.set(title="validation digits: true (rows) and read (columns)", xticks=range(DIGITS), yticks=range(DIGITS))
    save(figure, path)


def plot_mistakes(path: Path, labelled: LabelledImages, digit_logits: Tensor) -> None:
    """The mistakes with the highest loss: the image, the true digit, the digit that was read and its probability."""
    images, digits = labelled
    log_probs = digit_logits.log_softmax(1)
    sureness, read = log_probs.exp().max(1)
    wrong = (read != digits).nonzero().flatten()
    loss = -log_probs[wrong, digits[wrong]]
    worst = wrong[loss.argsort(descending=True)][:MAX_MISTAKES].tolist()
    columns = 10
    rows = max(1, -(-len(worst) // columns))
    figure = Figure(figsize=(columns * 1.1, rows * 1.4 + 0.4), layout="constrained")
    figure.suptitle(
        f"the worst {len(worst)} of {len(wrong)} mistakes in {len(digits):,} validation digits: true, read, how surely"
    )
    for axes, index in zip(figure.subplots(rows, columns, squeeze=False).flat, worst + [None] * columns, strict=False):
        axes.axis("off")
        if index is not None:
            axes.imshow(images[index, 0].numpy(), cmap="gray_r")
            axes.set_title(f"{digits[index]}, {read[index]} {sureness[index]:.0%}", fontsize=9)
    save(figure, path)


def save(figure: Figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)
