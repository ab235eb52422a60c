"""How networks came to know: one's snapshots on its way, read again, and the curves that each left in its log.

Knows the files in weights/, and no data sets.
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

ADDS_BY = {  # log -> how that network adds, in a few words; the log without a name is the shipped network's own
    "log": "slides its ten chances along by what it learned the number to be worth",
    "bottleneck": "two layers over ten scores for the digit and ten switches for the number",
    "lenet-sigmoid": "is told its own digit and the number as two values, and bends them through soft steps",
    "concat-mlp": "a small network of its own, over ten scores and ten switches",
    "bn-embed": "turns digit and number into twenty values each, then weighs all forty once",
    "wide-linear": "weighs ten scores and ten switches just once, straight to the sum",
}


def load(folder: Path, load_reader: Callable[[Path], Any]) -> list[tuple[Any, dict]]:
    """A Reader for each snapshot of the folder and its `milestone`, by steps. ValueError names a damaged file."""
    found = []
    for path in folder.glob("*.safetensors"):
        reader = load_reader(path)
        try:
            found.append((reader, milestone(reader)))
        except ValueError as error:
            raise ValueError(f"{path} is not a snapshot: {error}") from error
    if not found:
        raise ValueError(f"{folder} holds no snapshots")
    return sorted(found, key=lambda each: each[1]["step"])


def milestone(reader) -> dict:
    """Step, epoch, accuracies in [0, 1] on 5,000 images it never learned from, table [number, value] of P(value)."""
    table = reader.value_probs()
    try:
        held_out = reader.description["validation"]["mnist"]
        scores = {
            "step": int(reader.description["step"]),
            "epoch": float(reader.description["epoch"]),
            "digit_accuracy": float(held_out["digit_accuracy"]),
            "sum_accuracy": float(held_out["sum_accuracy"]),
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"it does not say how good it was ({error!r})") from error
    return scores | {"table": [[round(share, 3) for share in row] for row in table.tolist()]}


def reliability(folder: Path) -> dict[str, Any]:
    """What `python -m bench.reliability` wrote: {"of": text, "bins": [[count, mean confidence, share right], ...]}.

    Empty where there is none; ValueError names a damaged file.
    """
    path = folder / "held-out" / "reliability.json"
    if not path.exists():
        return {}
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {"of": str(kept["of"]), "bins": [[int(n), float(sure), float(right)] for n, sure, right in kept["bins"]]}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: no reliability: {error!r}") from error


def curves(folder: Path) -> list[dict[str, Any]]:
    """Of each log in `folder` that ADDS_BY names: digit and sum accuracy on validation images by epoch, in [0, 1].

    A log that is not there is left out; ValueError names one that is damaged.
    """
    found = []
    for name, adds_by in ADDS_BY.items():
        path = folder / f"{name}.csv"
        if not path.exists():
            continue
        try:
            with path.open(encoding="utf-8", newline="") as log:
                rows = list(csv.DictReader(log))
            digit, total = ([float(row[f"mnist_{of}_accuracy"]) for row in rows] for of in ("digit", "sum"))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: no log of a training: {error!r}") from error
        found.append({"name": "this page" if name == "log" else name, "adds_by": adds_by, "digit": digit, "sum": total})
    return found
