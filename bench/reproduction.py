"""How do the reference systems compare with ours? python -m bench.reproduction

Prints Markdown, from the records of their runs.
"""

import csv
import json

from adder.files import user_path
from adder.training.recipes import RECIPES
from bench import command
from bench.seeds import epochs_run
from bench.tables import print_table

COLUMNS = (
    *("recipe", "parameters", "epochs run", "digit", "sum, mean over the ten numbers"),
    *("reported by its authors, %", "device"),
)
EPOCH_COLUMNS = ("recipe", "accuracy", "epoch", "here, validation images", "its authors, test images")
REPORTED = {  # recipe -> what, and its authors' accuracy after an epoch, in % of MNIST's test images
    "bn-embed": ("sum", {1: 20.8, 4: 54.1, 8: 77.9, 12: 88.8, 17: 94.7, 21: 97.9, 26: 98.4}),
    "wide-linear": ("mean of digit and sum", {10: 72.6, 15: 79.6, 20: 81.8, 23: 85.6, 24: 82.9}),
    "bottleneck-plain": ("sum", {1: 69.7, 2: 97.9, 3: 98.7, 4: 99.0, 8: 99.2, 10: 99.2}),
}


def row(name: str, metrics: dict) -> list[str]:
    """The cells of a recipe's row; `metrics` is its run's record."""
    recipe = RECIPES[name]
    epochs, scores = epochs_run(metrics), metrics["validation"]["mnist"]
    return [
        name,
        f"{metrics['parameters']:,}",
        f"{epochs} of {recipe.epochs}" if epochs <= recipe.epochs else f"{epochs}",
        f"{scores['digit_accuracy']:.2%}",
        f"{scores['sum_accuracy']:.2%}",
        recipe.reported or "-",
        metrics.get("card", metrics["device"]),
    ]


def by_epoch(name: str, log: list[dict]) -> list[list[str]]:
    """Rows for the epochs with a reported figure, and for the last one; `log` has a dict for each epoch of the run."""
    what, reported = REPORTED[name]
    rows = []
    for epoch in sorted({*reported, len(log)}):
        if epoch <= len(log):
            digit, added = (float(log[epoch - 1][f"mnist_{kind}_accuracy"]) for kind in ("digit", "sum"))
            here = added if what == "sum" else (digit + added) / 2
            theirs = f"{reported[epoch]}%" if epoch in reported else "-"
            rows.append([name, what, str(epoch), f"{here:.1%}", theirs])
    return rows


def main() -> None:
    parser = command.parser("Each recipe's accuracy on MNIST's validation images, from its run's record.", weights=None)
    parser.add_argument(
        "metrics",
        type=user_path,
        nargs="*",
        help="metrics.json of runs, each with its log.csv (default: those in weights/)",
    )
    files = parser.parse_args().metrics or [
        command.WEIGHTS / "metrics.json",
        *(path for name in RECIPES if (path := command.WEIGHTS / f"{name}.json").exists()),
    ]
    runs = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    by_recipe = {run["recipe"]: run for run in runs}
    print_table(COLUMNS, [row(name, by_recipe[name]) for name in RECIPES if name in by_recipe])
    print(
        "\nLast epoch, one seed each. "
        "`default` learns from pen strokes and non-digits too, the others from MNIST alone.\n"
    )
    rows = []
    for file, run in zip(files, runs, strict=True):
        log = file.with_name("log.csv") if file.name == "metrics.json" else file.with_suffix(".csv")
        if run["recipe"] in REPORTED:
            rows += by_epoch(run["recipe"], list(csv.DictReader(log.read_text(encoding="utf-8").splitlines())))
    print_table(EPOCH_COLUMNS, rows)


if __name__ == "__main__":
    command.run(main)
