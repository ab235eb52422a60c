"""The reference systems beside ours, from the records of their runs: python -m bench.reproduction. Prints Markdown."""

import argparse
import json
from pathlib import Path

from adder.recipes import RECIPES

WEIGHTS = Path(__file__).parent.parent / "weights"
COLUMNS = (
    *("recipe", "parameters", "epochs run", "seconds an epoch", "digit", "sum, all ten numbers"),
    *("reported by its authors, %", "trained on"),
)


def row(name: str, metrics: dict | None) -> list[str]:
    """The cells of a recipe's run; dashes for one that has not been run."""
    recipe = RECIPES[name]
    reported = recipe.reported or "-"
    if metrics is None:
        return [name, "-", f"0 of {recipe.epochs}", "-", "-", "-", reported, "-"]
    epochs, test = metrics["settings"]["epochs"], metrics["test"]
    return [
        name,
        f"{metrics['parameters']:,}",
        f"{epochs} of {recipe.epochs}",
        f"{metrics['seconds'] / epochs:.0f}",
        f"{test['digit_accuracy']:.2%}",
        f"{test['sum_accuracy']:.2%}",
        reported,
        metrics["device"],
    ]


def table(runs: dict[str, dict]) -> str:
    """Markdown, a row for each recipe; `runs` holds the metrics of those that were run."""
    rows = [COLUMNS, ["---"] * len(COLUMNS), *(row(name, runs.get(name)) for name in RECIPES)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Every recipe's figures on MNIST's test set, from its run's record.")
    parser.add_argument("metrics", type=Path, nargs="*", help="metrics.json of runs (default: weights/*.json)")
    files = parser.parse_args().metrics or sorted(WEIGHTS.glob("*.json"))
    runs = [json.loads(file.read_text()) for file in files]
    print(table({run["recipe"]: run for run in runs}))
    print(
        "\nLast epoch, one seed each. `default` learns from pen strokes and non-digits too, so its epochs are longer; "
        "the others from MNIST alone. Seconds were taken on different machines: bench.speed compares them on one."
    )


if __name__ == "__main__":
    main()
