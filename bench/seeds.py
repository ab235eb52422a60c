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
    "MNIST test, sum, mean over the ten numbers": ("test", "sum_accuracy"),
    "MNIST test, sum = digit + number": ("test", "agreement"),
    "MNIST test, calibration error": ("test", "ece"),
    "drawings by six writers it never saw, digit": ("validation", "drawn", "digit_accuracy"),
    "drawings, sum, mean over the ten numbers": ("validation", "drawn", "sum_accuracy"),
    "drawings, calibration error": ("validation", "drawn", "ece"),
    "digits against characters of two alphabets it never saw, AUROC": ("validation", "characters", "auroc"),
    "characters of these alphabets: refused": ("validation", "characters", "refused"),
    "doodles of 24 words it never saw: refused": ("validation", "words", "refused"),
    "synthetic shapes it never saw: refused": ("validation", "shapes", "refused"),
    "letters and signs of fonts it never saw: refused": ("validation", "fonts", "refused"),
    "digits of MNIST, validation: refused": ("validation", "mnist", "refused"),
    "digits of the six writers: refused": ("validation", "drawn", "refused"),
}


def epochs_run(metrics: dict) -> int:
    """The epochs of this record's run, together with those of the runs that it continued."""
    runs = [metrics, *metrics.get("started_from", ())]
    return sum({run.get("command"): run["settings"]["epochs"] for run in runs}.values())


def main() -> None:
    parser = command.parser("Mean and deviation of a recipe over its seeds.", weights=None)
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
        factor, places, unit = (1, 4, "") if path[-1] == "auroc" else (100, 2, " %")
        values = [factor * reduce(getitem, path, run) for run in runs]
        each = ", ".join(f"{value:.{places}f}" for value in values)
        rows.append([name, mean_and_deviation(values, places=places, unit=unit), each])
    print_table(["", "mean ± standard deviation", "each seed"], rows)


if __name__ == "__main__":
    command.run(main)
