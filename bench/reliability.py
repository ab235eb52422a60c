"""How far can you trust the network's confidence? python -m bench.reliability --help

Prints Markdown, and writes a JSON file that the page shows. The network that held the validation writers out reads
their digits and, with --strokes, those of a folder of spoilt drawings, since it is almost always sure of a plain digit.
Refused drawings do not count.
"""

import json

import numpy as np

from adder.drawing.strokes import Drawing
from adder.files import replacing, user_path
from adder.reader import Reader
from bench import command
from bench.drawings import digits_in, validation_digits
from bench.tables import print_row, print_table

EDGES = np.array([0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1])  # of the bins of confidence


def main() -> None:
    parser = command.parser("How often a network is right, by its confidence.", weights=command.HELD_OUT_WEIGHTS)
    parser.add_argument("--strokes", type=user_path, help="a folder of KIND.jsonl, to read as well")
    parser.add_argument(
        "--out",
        type=user_path,
        default=command.HELD_OUT_WEIGHTS.with_name("reliability.json"),
        help="the JSON file to write (%(default)s)",
    )
    flags = parser.parse_args()
    reader = Reader.load(flags.weights, "cpu")
    try:
        drawings = validation_digits(flags.data_dir)
        files = sorted(flags.strokes.glob("*.jsonl")) if flags.strokes else []
        drawings += [drawing for file in files for drawing in digits_in(file)]
    except ValueError as error:
        parser.error(str(error))
    rows = reliability(reader, drawings)
    print_table(["confidence", "drawings", "mean confidence", "right"])
    for low, high, (count, confidence, right) in zip(EDGES, EDGES[1:], rows, strict=False):
        print_row([f"{low:.0%} to {high:.0%}", f"{count:,}", f"{confidence:.1%}", f"{right:.1%}"])
    kinds = f" and {len(files)} kinds of spoilt ones" if files else ""
    source = f"{sum(count for count, *_ in rows):,} drawings of digits by six writers it never saw{kinds}"
    content = {"of": source, "bins": [row for row in rows if row[0]]}
    with replacing(flags.out) as temporary:
        temporary.write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")
    print(f"{flags.out}: {source}")


def reliability(reader: Reader, drawings: list[Drawing]) -> list[tuple[int, float, float]]:
    """For each bin of EDGES: the number of drawings that are not refused, their mean confidence, the share right."""
    readings = reader.read_many([drawing.strokes for drawing in drawings], [0] * len(drawings))
    answers = [(r.digit_probs.max(), r.digit == d.digit) for r, d in zip(readings, drawings, strict=True) if r.is_digit]
    confidence, right = map(np.array, zip(*answers, strict=True))
    bins = np.digitize(confidence, EDGES[1:-1])
    rows = []
    for index in range(len(EDGES) - 1):
        part = bins == index
        mean_confidence, share_right = (
            round(float(values[part].mean()), 4) if part.any() else 0.0 for values in (confidence, right)
        )
        rows.append((int(part.sum()), mean_confidence, share_right))
    return rows


if __name__ == "__main__":
    command.run(main)
