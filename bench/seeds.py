"""How much do a recipe's results differ between seeds? python -m bench.seeds METRICS.json ...

Prints Markdown, from the metrics.json of finished runs: validation figures. bench.test prints those of the test split.
"""

import json

from adder.files import user_path
from bench import command
from bench.tables import mean_and_deviation, print_table

ROWS = {  # name -> kind and measure in the metrics
    "MNIST, digit": ("mnist", "digit_accuracy"),
    "MNIST, sum, mean over the ten numbers": ("mnist", "sum_accuracy"),
    "MNIST, refused": ("mnist", "refused"),
    "six writers of pendigits, digit": ("pendigits", "digit_accuracy"),
    "six writers of pendigits, refused": ("pendigits", "refused"),
    "25 writers of UNIPEN, digit": ("unipen", "digit_accuracy"),
    "25 writers of UNIPEN, refused": ("unipen", "refused"),
    "slashed, dotted and dashed zeros (synthetic), digit": ("zeros", "digit_accuracy"),
    "letters and signs by the 25 writers, refused": ("letters", "refused"),
    "characters of two alphabets, refused": ("characters", "refused"),
    "doodles of 24 words, refused": ("words", "refused"),
    "doodles, read as a digit with more than 90 %": ("words", "sure"),
    "shapes (synthetic), refused": ("shapes", "refused"),
    "letters and signs of three fonts (synthetic), refused": ("fonts", "refused"),
    "blobs of noise (synthetic), refused": ("blobs", "refused"),
    "MNIST turned or mirrored, read as a digit with more than 90 %": ("turned", "sure"),
}


def main() -> None:
    parser = command.parser("Mean and deviation of a recipe over its seeds.", weights=None)
    parser.add_argument(
        "metrics", type=user_path, nargs="*", help="metrics.json of each run (default: the three in weights/)"
    )
    files = parser.parse_args().metrics or [
        command.WEIGHTS / name for name in ("metrics.json", "seed-1.json", "seed-2.json")
    ]
    runs = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    recipe = runs[0]["recipe"]
    epochs = runs[0]["settings"]["epochs"]
    print(f"Recipe {recipe}, {runs[0]['parameters']:,} parameters, {epochs} epochs, {len(runs)} runs, validation.\n")
    rows = []
    for name, (kind, measure) in ROWS.items():
        values = [100 * run["validation"][kind][measure] for run in runs]
        rows.append([name, mean_and_deviation(values), ", ".join(f"{value:.2f}" for value in values)])
    print_table(["", "mean ± standard deviation", "each seed"], rows)


if __name__ == "__main__":
    command.run(main)
