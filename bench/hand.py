"""What a few lessons do for a hand: python -m bench.hand [--strokes FOLDER]. Prints Markdown.

Each validation writer's digits, by the network that held these writers out, are read in a random order, and corrected
when they were misread or refused: the mistakes that had to be corrected count. FOLDER holds files KIND.jsonl of other
drawings, each of which is taken for a hand.
"""

import time
from collections import defaultdict
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

import adder.corrections
from adder.corrections import MOST, Hand
from adder.data import sources, splits
from adder.drawing import collection
from adder.files import user_path
from adder.reader import Reader, as_image
from adder.training import evaluation
from bench import shared

ORDERS = 10
FEW = 3  # orders, for each choice of constants
CHOICES = {"NEARNESS": (6.0, 9.0, 12.0, 16.0), "WEIGHT": (3.0, 5.0, 8.0), "WEIGHT_OF_BEING": (5.0, 8.0)}
FLIPPING = 10  # lessons, after which others are read again
BINS = (0, 1, 2, 4, 8, 16, MOST + 1)  # lessons given
TIMED = 500


class Written(NamedTuple):
    """One hand's drawings, as the network sees them without lessons."""

    images: np.ndarray  # (N, 28, 28) float32
    digits: list[int]
    features: torch.Tensor  # (N, width)
    logits: torch.Tensor  # (N, 10)
    refusal: torch.Tensor  # (N,)


def written(reader: Reader, drawings: list) -> Written:
    seen = [(as_image(drawing.strokes), drawing.digit) for drawing in drawings]
    images = np.stack([image for image, _ in seen if image is not None])
    features = torch.from_numpy(reader.features(images))
    with torch.inference_mode():
        logits, refusal = reader.network.judge(features)
    assert refusal is not None, "the network must be one that refuses"
    return Written(images, [digit for image, digit in seen if image is not None], features, logits, refusal)


def read(reader: Reader, hand: Hand, of: Written, index: int) -> tuple[bool, torch.Tensor]:
    """Whether a drawing is read right and not refused; its digit logits (10,)."""
    one = slice(index, index + 1)
    logits, refusal = hand.move(of.features[one], of.logits[one], of.refusal[one])
    assert refusal is not None
    right = int(logits.argmax()) == of.digits[index]
    return right and float((-refusal).sigmoid()) >= reader.threshold, logits[0]


def teach(reader: Reader, of: Written, order: np.ndarray) -> list[tuple[int, bool, bool, torch.Tensor, int]]:
    """For each drawing in turn: lessons so far, right without and with them, its logits with them, its digit."""
    nobody, hand = Hand(reader), Hand(reader)
    rows = []
    for index in order:
        alone, *_ = read(reader, nobody, of, index)
        taught, logits = read(reader, hand, of, index)
        rows.append((len(hand), alone, taught, logits, of.digits[index]))
        if not taught and len(hand) < MOST:
            learn(hand, of, index)
    return rows


def learn(hand: Hand, of: Written, index: int) -> None:
    hand.keep(*hand.seen(np.rint(of.images[[index]] * 255).astype(np.uint8), [of.digits[index]]))


def flips(reader: Reader, of: Written, rng: np.random.Generator) -> tuple[int, int]:
    """After FLIPPING lessons of drawings that were read right: how many others flip, of how many that were right."""
    nobody, hand = Hand(reader), Hand(reader)
    right = [index for index in range(len(of.digits)) if read(reader, nobody, of, index)[0]]
    taught = rng.permutation(right)[:FLIPPING]
    for index in taught:
        learn(hand, of, index)
    others = sorted({*right} - {*taught})
    return sum(not read(reader, hand, of, index)[0] for index in others), len(others)


def print_hands(reader: Reader, hands: dict[str, Written], picture: Path | None) -> None:
    """A row a hand, then all; errors are means over ORDERS random orders, and their curve goes to `picture`."""
    shared.print_row(["hand", "drawings", "errors without", "errors with lessons", "ratio"])
    print("|---|---|---|---|---|")
    rows, curves, flipped = [], [], np.zeros(2, int)
    for name, of in hands.items():
        orders = [np.random.default_rng(order).permutation(len(of.digits)) for order in range(ORDERS)]
        own = [row for order in orders for row in teach(reader, of, order)]
        flipped += sum(np.array(flips(reader, of, np.random.default_rng(order))) for order in range(ORDERS))
        rows += own
        curves.append(np.array([[not row[1], not row[2]] for row in own]).reshape(ORDERS, -1, 2).mean(0).cumsum(0))
        print_row(name, len(of.digits), own)
    print_row("**all**", sum(len(of.digits) for of in hands.values()), rows)
    error = evaluation.calibration_error(torch.stack([row[3] for row in rows]), torch.tensor([row[4] for row in rows]))
    print(f"\nCalibration error (ECE) with lessons: {error:.2%}")
    print(f"Right readings of a hand that flip after {FLIPPING} right lessons: {flipped[0] / flipped[1]:.3%}\n")
    by_lessons = defaultdict(list)
    for row in rows:
        by_lessons[max(start for start in BINS if start <= row[0])].append(row)
    shared.print_row(["lessons given", "read right without", "with"])
    print("|---|---|---|")
    for start, after in pairwise(BINS):
        if own := by_lessons[start]:
            shares = [shared.with_interval(sum(bool(row[column]) for row in own), len(own)) for column in (1, 2)]
            shared.print_row([str(start) if after == start + 1 else f"{start} to {after - 1}", *shares])
    if picture:
        draw_curve(curves, picture)


def draw_curve(curves: list[np.ndarray], path: Path) -> None:
    """Mistakes so far of all hands together, by how much of its drawings each has drawn."""
    from matplotlib.figure import Figure

    along = np.linspace(0, 1, 101)
    at = [np.rint(along * (len(curve) - 1)).astype(int) for curve in curves]
    without, with_lessons = np.sum([curve[index] for curve, index in zip(curves, at, strict=True)], 0).T
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot(100 * along, without, color="0.6", label=f"as it is: {without[-1]:.0f}")
    label = f"taught each mistake: {with_lessons[-1]:.0f}"
    axes.plot(100 * along, with_lessons, color="#0f766e", linewidth=2, label=label)
    axes.legend(frameon=False, loc="upper left")
    axes.set(xlabel="drawings of a hand, %", ylabel="mistakes so far", xlim=(0, 100), ylim=(0, without[-1] * 1.12))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    print(path)


def print_choice(reader: Reader, hands: dict[str, Written]) -> None:
    """The constants that half of the hands would choose, and what they do to the other half."""
    print()
    shared.print_row(
        ["chosen by", "nearness, weight, weight of being", "errors of the others without", "with lessons", "ratio"]
    )
    print("|---|---|---|---|---|")
    halves = [list(hands)[::2], list(hands)[1::2]]
    shipped = {name: getattr(adder.corrections, name) for name in CHOICES}
    found = {}
    for constants in product(*CHOICES.values()):
        vars(adder.corrections).update(zip(CHOICES, constants, strict=True))
        found[constants] = [errors(reader, [hands[name] for name in half]) for half in halves]
    vars(adder.corrections).update(shipped)
    total = np.zeros(2)
    for chooser, other in ((0, 1), (1, 0)):
        best = min(found, key=lambda constants: found[constants][chooser][1])
        without, with_lessons = found[best][other]
        total += found[best][other]
        chosen = ", ".join(f"{constant:g}" for constant in best)
        shared.print_row(
            [
                f"{len(halves[chooser])} hands",
                chosen,
                f"{without:.1f}",
                f"{with_lessons:.1f}",
                f"{with_lessons / without:.2f}",
            ]
        )
    shared.print_row(["**both**", "", f"{total[0]:.1f}", f"{total[1]:.1f}", f"{total[1] / total[0]:.2f}"])


def errors(reader: Reader, hands: list[Written]) -> np.ndarray:
    """Without and with lessons, in the mean over FEW orders."""
    wrong = np.zeros(2)
    for of in hands:
        for order in range(FEW):
            rows = teach(reader, of, np.random.default_rng(order).permutation(len(of.digits)))
            wrong += [sum(not row[column] for row in rows) for column in (1, 2)]
    return wrong / FEW


def print_row(name: str, drawings: int, rows: list) -> None:
    without, with_lessons = (sum(not row[column] for row in rows) / ORDERS for column in (1, 2))
    ratio = f"{with_lessons / without:.2f}" if without else "-"
    shared.print_row([name, f"{drawings:,}", f"{without:.1f}", f"{with_lessons:.1f}", ratio])


def print_cost(reader: Reader, of: Written) -> None:
    """What MOST lessons add to a reading, by turns."""
    hand = Hand(reader)
    for index in range(MOST):
        learn(hand, of, index)
    image = np.rint(255 * of.images[0]).astype(np.uint8)
    seconds: dict[int, list[float]] = {id(each): [] for each in (None, hand)}
    for _ in range(TIMED):
        for each in (None, hand):
            start = time.perf_counter()
            reader.read(image, 5, hand=each)
            seconds[id(each)].append(time.perf_counter() - start)
    alone, taught = (1000 * float(np.median(seconds[id(each)])) for each in (None, hand))
    print(f"\nA reading, median: {alone:.2f} ms, with {MOST} lessons {taught:.2f} ms")


def main() -> None:
    parser = shared.parser(__doc__.splitlines()[0], weights=shared.WEIGHTS / "held-out" / "seed-0.safetensors")
    parser.add_argument("--strokes", type=user_path, help="a folder of KIND.jsonl, each taken for a hand too")
    parser.add_argument("--picture", type=user_path, help="a PNG of the mistakes with and without lessons")
    flags = parser.parse_args()
    torch.set_num_threads(1)
    try:
        reader = Reader.load(flags.weights, "cpu")
        people = sources.pendigits(flags.data_dir)
        hands = {
            f"writer {writer}": written(reader, [each for each in people if each.writer == writer])
            for writer in sorted({each.writer for each in people})
            if writer % splits.VALIDATION_WRITERS == 0
        }
        for file in sorted(flags.strokes.glob("*.jsonl")) if flags.strokes else ():
            hands[file.stem] = written(reader, [each for each in collection.load(file) if each.digit is not None])
    except ValueError as error:
        parser.error(str(error))
    print_hands(reader, hands, flags.picture)
    print_choice(reader, hands)
    print_cost(reader, next(iter(hands.values())))


if __name__ == "__main__":
    shared.run(main)
