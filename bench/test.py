"""How good is a network on the test split? python -m bench.test --help

This command alone sees the test split: people, words, alphabets, shapes and fonts that neither training nor validation
has, and MNIST's test images. To look often and keep what looks best would make it a second validation split. So each
run adds a line for each network to docs/test_ledger.csv, which everybody can read.
"""

import csv
import hashlib
import io
import re
import subprocess
import time
from pathlib import Path

import torch

from adder.data import mnist, pen_data, splits
from adder.files import replacing, user_path
from adder.network import checkpoint
from adder.training import loop, report
from bench import command
from bench.tables import mean_and_deviation, print_table, with_interval

LEDGER = command.ROOT / "docs" / "test_ledger.csv"
UNLIKE = re.compile(
    r" --(seed|out|workers|device|data-dir)[ =]\S+| --snapshots"
)  # flags in which equal runs may differ
ROWS = {  # name of a row -> set of splits.Judged, and measure of loop.validate
    "digits of MNIST, right": ("mnist", "digit_accuracy"),
    "sums of MNIST, right, mean over the ten numbers": ("mnist", "sum_accuracy"),
    "sum = digit + number, MNIST": ("mnist", "agreement"),
    "calibration error (ECE), MNIST": ("mnist", "ece"),
    "digits of MNIST, refused": ("mnist", "refused"),
    "digits by six people of pendigits, right": ("pendigits", "digit_accuracy"),
    "digits by six people of pendigits, refused": ("pendigits", "refused"),
    "digits by people of UNIPEN's ten sites, right": ("unipen", "digit_accuracy"),
    "digits by people of UNIPEN's ten sites, refused": ("unipen", "refused"),
    "slashed, dotted and dashed zeros (synthetic), right": ("zeros", "digit_accuracy"),
    "slashed, dotted and dashed zeros (synthetic), refused": ("zeros", "refused"),
    "printed digits of other fonts (synthetic), right": ("printed", "digit_accuracy"),
    "printed digits of other fonts (synthetic), refused": ("printed", "refused"),
    "letters and signs by people of UNIPEN, refused": ("letters", "refused"),
    "letters and signs, read as a digit with more than 90 %": ("letters", "sure"),
    "characters of an alphabet it never saw, refused": ("characters", "refused"),
    "doodles of 24 words it never saw, refused": ("words", "refused"),
    "doodles, read as a digit with more than 90 %": ("words", "sure"),
    "shapes (synthetic), refused": ("shapes", "refused"),
    "letters and signs of three fonts (synthetic), refused": ("fonts", "refused"),
    "digits with a minus or another sign (synthetic), refused": ("signs", "refused"),
    "digits with a minus or another sign (synthetic), read as a digit with more than 90 %": ("signs", "sure"),
    "blobs of noise (synthetic), refused": ("blobs", "refused"),
    "MNIST's digits but 0, 1, 8, turned by 90° or mirrored on a diagonal, read as a digit with more than 90 %": (
        "turned",
        "sure",
    ),
}


def measure(path: Path, judged: splits.Judged) -> tuple[dict[str, dict], dict]:
    """Scores of the network in a weights file by set and measure, as loop.validate gives them, and its description."""
    network, description = checkpoint.load_model(path)
    threshold = description.get("calibration", {}).get("threshold")
    return loop.validate(network, judged, torch.device("cpu"), threshold=threshold), description


def digest(path: Path) -> str:
    """The first 12 hex digits of the file's SHA-256, by which the ledger names a network."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def commit(*paths: str) -> str:
    """The commit of this code, with '-dirty' when tracked files in these paths differ; '' outside git."""
    name = report.commit() or ""
    compared = ["git", "diff", "--quiet", "HEAD", "--", *paths]
    if name.endswith("-dirty") and subprocess.run(compared, cwd=command.ROOT, capture_output=True).returncode == 0:
        return name.removesuffix("-dirty")
    return name


def append(ledger: Path, path: Path, description: dict, scores: dict[str, dict]) -> None:
    """Adds a line to the ledger: date, the commit of this code, which network, and its figures in percent."""
    line = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": commit("adder", "bench"),
        "network": path.name,
        "sha256": digest(path),
        "trained by": description.get("command", ""),
        "trained at": description.get("commit", ""),
    }
    line |= {
        f"{kind} {name}": f"{100 * scores[kind][name]:.2f}"
        for kind, name in ROWS.values()
        if name in scores.get(kind, ())
    }
    text = io.StringIO()
    lines = [*read(ledger), line]
    writer = csv.DictWriter(text, list(dict.fromkeys(name for each in lines for name in each)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    with replacing(ledger) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8", newline="\n")


def read(ledger: Path) -> list[dict[str, str]]:
    if not ledger.exists():
        return []
    with ledger.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def from_ledger(ledger: Path, weights: Path) -> dict:
    """The ledger's figures of `weights` and of runs that differ from it in their seed alone, looked at on one day.

    As bench.figures stores them. BenchError when the ledger does not have these weights.
    """
    looks: dict[tuple, dict[str, dict[str, str]]] = {}  # day and recipe -> seed -> line
    for line in read(ledger):
        recipe = (line["date"], line["trained at"], UNLIKE.sub("", line["trained by"]))
        [seed] = re.findall(r" --seed[ =](\d+)", line["trained by"])[-1:] or ["0"]
        looks.setdefault(recipe, {})[seed] = line
    sha256 = digest(weights)
    found = [list(look.values()) for look in looks.values() if sha256 in [line["sha256"] for line in look.values()]]
    if not found:
        raise command.BenchError(f"{ledger.name} has no line of {weights.name}: run python -m bench.test")
    lines = max(reversed(found), key=len)
    rows = []
    for name, (kind, measured) in ROWS.items():
        values = [line.get(f"{kind} {measured}") or "nan" for line in lines]
        rows.append([name, mean_and_deviation([float(value) for value in values]), ", ".join(values)])
    return {
        "commit": lines[-1]["commit"],
        "date": lines[-1]["date"],
        "networks": [f"{line['network']} {line['sha256']}: {line['trained by']}" for line in lines],
        "tables": [{"head": ["test split", "", "each network, %"], "rows": rows}],
        "text": [],
    }


def cell(kind: str, name: str, scores: list[dict[str, dict]]) -> str:
    """A share with its interval, of several networks their mean ± standard deviation; '-' where one has no such."""
    values = [each[kind][name] for each in scores if name in each.get(kind, ())]
    if len(values) < len(scores):
        return "-"
    if len(values) > 1 or name == "ece":
        return mean_and_deviation([100 * value for value in values])
    count = scores[0][kind]["pairs" if name in ("sum_accuracy", "agreement") else "images"]
    return with_interval(round(values[0] * count), count)


def main() -> None:
    parser = command.parser(
        "How good networks are on the test split; a line in the ledger for each.", weights=None, data=True
    )
    parser.add_argument(
        "weights",
        type=user_path,
        nargs="*",
        default=[command.WEIGHTS / "adder.safetensors"],
        help="weights files; several, of one recipe with different seeds, give mean ± standard deviation "
        "(default: the network in the repository)",
    )
    flags = parser.parse_args()
    judged = splits.judged(pen_data.TEST, mnist.load(flags.data_dir, train=False))
    scores = []
    for path in flags.weights:
        figures, description = measure(path, judged)
        append(LEDGER, path, description, figures)
        scores.append(figures)
    rows = []
    for name, (kind, measured) in ROWS.items():
        each = ", ".join(f"{100 * figures.get(kind, {}).get(measured, float('nan')):.2f}" for figures in scores)
        rows.append([name, f"{len(getattr(judged, kind).digits):,}", cell(kind, measured, scores), each])
    print_table(["test split", "images", "", "each network, %"], rows)
    print(f"\nlines added to {LEDGER.relative_to(command.ROOT)}: {len(scores)}")


if __name__ == "__main__":
    command.run(main)
