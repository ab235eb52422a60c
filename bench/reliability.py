"""How often a network is right, by how sure it says it is: `python -m bench.reliability`, kept for the page to show.

Reads the validation writers' digits by the network that held them out and, with --strokes, a folder of drawings that
hands or devices spoil, as `bench.drawn` does; a plain digit is almost never doubted. What was refused does not count.
"""

import json

import numpy as np

from adder.data import sources, splits
from adder.drawing import collection
from adder.drawing.strokes import NO_DIGIT
from adder.files import replacing, user_path
from adder.reader import Reader
from bench import shared

EDGES = np.array([0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1])  # of the bins, by how sure the network said it was


def main() -> None:
    parser = shared.parser(__doc__.splitlines()[0], weights=shared.WEIGHTS / "held-out" / "seed-0.safetensors")
    parser.add_argument("--strokes", type=user_path, help="a folder of KIND.jsonl, read too")
    parser.add_argument(
        "--out", type=user_path, default=shared.WEIGHTS / "held-out" / "reliability.json", help="(%(default)s)"
    )
    flags = parser.parse_args()
    try:
        reader = Reader.load(flags.weights, "cpu")
        drawings = [each for each in sources.pendigits(flags.data_dir) if each.writer % splits.VALIDATION_WRITERS == 0]
        files = sorted(flags.strokes.glob("*.jsonl")) if flags.strokes else []
        drawings += [each for file in files for each in collection.load(file) if each.digit != NO_DIGIT]
    except ValueError as error:
        parser.error(str(error))
    rows = reliability(reader, drawings)
    shared.print_row(["said", "drawings", "mean of what was said", "right"])
    print("|---|---|---|---|")
    for low, high, (count, sure, right) in zip(EDGES, EDGES[1:], rows, strict=False):
        shared.print_row([f"{low:.0%} to {high:.0%}", f"{count:,}", f"{sure:.1%}", f"{right:.1%}"])
    kinds = f" and {len(files)} kinds of spoilt ones" if files else ""
    of = f"{sum(count for count, *_ in rows):,} drawings of digits by six writers it never saw{kinds}"
    kept = {"of": of, "bins": [row for row in rows if row[0]]}
    with replacing(flags.out) as temporary:
        temporary.write_text(json.dumps(kept, allow_nan=False) + "\n", encoding="utf-8")
    print(f"{flags.out}: {of}")


def reliability(reader: Reader, drawings: list) -> list[tuple[int, float, float]]:
    """For each bin of EDGES how many drawings, how sure in the mean, and the share that was right."""
    readings = reader.read_many([each.strokes for each in drawings], [0] * len(drawings))
    told = [(r.digit_probs.max(), r.digit == d.digit) for r, d in zip(readings, drawings, strict=True) if r.is_digit]
    sure, right = map(np.array, zip(*told, strict=True))
    bins = np.digitize(sure, EDGES[1:-1])
    return [
        (int(of.sum()), round(float(sure[of].mean()), 4), round(float(right[of].mean()), 4)) if of.any() else (0, 0, 0)
        for of in (bins == index for index in range(len(EDGES) - 1))
    ]


if __name__ == "__main__":
    shared.run(main)
