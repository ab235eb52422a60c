"""Mean and spread of a recipe over its seeds: python -m bench.seeds METRICS.json ... Prints Markdown.

Reads the metrics.json of finished runs; each was evaluated once, after its last epoch.
"""

import argparse
import json
import statistics
from pathlib import Path

HELD_OUT = Path(__file__).parent.parent / "weights" / "held-out"
ROWS = {
    "MNIST test, digit": ("test", "digit_accuracy"),
    "MNIST test, sum, all ten numbers": ("test", "sum_accuracy"),
    "MNIST test, sum = digit + number": ("test", "agreement"),
    "MNIST test, calibration error": ("test", "ece"),
    "drawings of six held-out writers, digit": ("validation", "drawn", "digit_accuracy"),
    "drawings, sum, all ten numbers": ("validation", "drawn", "sum_accuracy"),
    "drawings, calibration error": ("validation", "drawn", "ece"),
    "digits against characters of two held-out alphabets, AUROC": ("validation", "foreign", "auroc"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Mean and spread of a recipe over its seeds.")
    parser.add_argument("metrics", type=Path, nargs="*", help="metrics.json of each run (default: weights/held-out)")
    files = parser.parse_args().metrics or sorted(HELD_OUT.glob("seed-*.json"))
    runs = [json.loads(file.read_text()) for file in files]
    recipe, epochs = runs[0]["recipe"], runs[0]["settings"]["epochs"]
    seeds = sorted(run["settings"]["seed"] for run in runs)
    print(f"Recipe {recipe}, {runs[0]['parameters']:,} parameters, {epochs} epochs, last epoch, seeds {seeds}.\n")
    print("| | mean ± standard deviation | each seed |\n|---|---|---|")
    for name, path in ROWS.items():
        values = []
        for run in runs:
            for key in path:
                run = run[key]
            values.append(100 * run)
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        each = ", ".join(f"{value:.2f}" for value in values)
        print(f"| {name} | {statistics.mean(values):.2f} ± {spread:.2f} % | {each} |")


if __name__ == "__main__":
    main()
