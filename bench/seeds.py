"""How much do a recipe's results differ between seeds? python -m bench.seeds METRICS.json ...

Prints Markdown, from the metrics.json of finished runs; each run was evaluated once, after its last epoch.
"""

import json
from functools import reduce
from operator import getitem

from adder.files import user_path
from bench import command
from bench.tables import mean_and_deviation, print_table

ROWS = {  # name -> path in the metrics
    "MNIST test, digit": ("test", "digit_accuracy"),
    "MNIST test, sum, all ten numbers": ("test", "sum_accuracy"),
    "MNIST test, sum = digit + number": ("test", "agreement"),
    "MNIST test, calibration error": ("test", "ece"),
    "drawings of six held-out writers, digit": ("validation", "drawn", "digit_accuracy"),
    "drawings, sum, all ten numbers": ("validation", "drawn", "sum_accuracy"),
    "drawings, calibration error": ("validation", "drawn", "ece"),
    "digits against characters of two held-out alphabets, AUROC": ("validation", "characters", "auroc"),
    "characters of these alphabets refused": ("validation", "characters", "refused"),
    "doodles of 24 held-out words refused": ("validation", "words", "refused"),
    "made shapes held out refused": ("validation", "shapes", "refused"),
    "glyphs of held-out fonts refused": ("validation", "fonts", "refused"),
    "real digits refused: MNIST, validation": ("validation", "mnist", "refused"),
    "real digits refused: drawings": ("validation", "drawn", "refused"),
}


def epochs_run(metrics: dict) -> int:
    """The epochs of this record's run, together with those of the runs that it continued."""
    runs = [metrics, *metrics.get("started_from", ())]
    return sum({run.get("command"): run["settings"]["epochs"] for run in runs}.values())


def main() -> None:
    parser = command.parser("Mean and deviation of a recipe over its seeds.", weights=None, data=False)
    parser.add_argument(
        "metrics", type=user_path, nargs="*", help="metrics.json of each run (default: those in weights/held-out)"
    )
    files = parser.parse_args().metrics or sorted(command.HELD_OUT_WEIGHTS.parent.glob("seed-*.json"))
    runs = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    recipe = runs[0]["recipe"]
    epochs = sorted(set(map(epochs_run, runs)))
    length = " or ".join(map(str, epochs))
    print(f"Recipe {recipe}, {runs[0]['parameters']:,} parameters, {length} epochs, last epoch, {len(runs)} runs.\n")
    rows = []
    for name, path in ROWS.items():
        values = [100 * reduce(getitem, path, run) for run in runs]
        rows.append([name, mean_and_deviation(values), ", ".join(f"{value:.2f}" for value in values)])
    print_table(["", "mean ± standard deviation", "each seed"], rows)


if __name__ == "__main__":
    command.run(main)
