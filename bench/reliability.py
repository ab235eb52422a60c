"""How far can you trust the network's confidence? python -m bench.reliability --help

Prints Markdown, and writes a JSON file that the page shows. The network reads the digits of the validation writers,
and the same spoilt in several ways (synthetic), since it is almost always sure of a plain digit. Refused drawings do
not count.
"""

import json

import numpy as np

from adder.drawing.strokes import Drawing
from adder.files import replacing, user_path
from adder.reader import Reader
from bench import command
from bench.drawings import spoilt_digits, validation_digits
from bench.tables import print_row, print_table

SPOILT = 250  # drawings of each kind of spoilt ones
EDGES = np.array([0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1])  # of the bins of confidence


def main() -> None:
    parser = command.parser("How often a network is right, by its confidence.", weights=command.HELD_OUT_WEIGHTS)
    parser.add_argument(
        "--out",
        type=user_path,
        default=command.WEIGHTS / "reliability.json",
        help="the JSON file to write (%(default)s)",
    )
    flags = parser.parse_args()
    reader = Reader.load(flags.weights, "cpu")
    drawings, kinds = validation_digits(), spoilt_digits(SPOILT)
    writers = len({drawing.writer for drawing in drawings})
    rows = reliability(reader, drawings + [drawing for kind in kinds.values() for drawing in kind])
    print_table(["confidence", "drawings", "mean confidence", "right"])
    for low, high, (count, confidence, right) in zip(EDGES, EDGES[1:], rows, strict=False):
        print_row([f"{low:.0%} to {high:.0%}", f"{count:,}", f"{confidence:.1%}", f"{right:.1%}"])
    count = sum(count for count, *_ in rows)
    source = (
        f"{count:,} drawings of digits by {writers} people it did not learn from, plain and spoilt in {len(kinds)} ways"
    )
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
