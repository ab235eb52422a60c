"""How networks learned, from the files in weights/: snapshots of one while it trained, and the logs of several."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

ADDS_BY = {  # name of a log -> how its network adds, in words for the page; "log" is that of the shipped network
    "log": "shifts its ten probabilities by the value that it learned for the number",
    "bottleneck": "two layers over ten scores for the digit and ten switches for the number",
    "lenet-sigmoid": "two layers of soft steps over two values, the digit that it read and the number",
    "concat-mlp": "a small network of its own, over ten scores and ten switches",
    "bn-embed": "turns digit and number into twenty values each, then weighs all forty once",
    "wide-linear": "weighs ten scores and ten switches just once, straight to the sum",
}


def load(folder: Path, load_reader: Callable[[Path], Any]) -> list[tuple[Any, dict]]:
    """Each snapshot in the folder, as a Reader with its `milestone`, first to last. ValueError names a damaged file."""
    found = []
    for path in folder.glob("*.safetensors"):
        reader = load_reader(path)
        try:
            found.append((reader, milestone(reader)))
        except ValueError as error:
            raise ValueError(f"{path} is not a snapshot: {error}") from error
    if not found:
        raise ValueError(f"{folder} holds no snapshots")
    return sorted(found, key=lambda pair: pair[1]["step"])


def milestone(reader) -> dict:
    """A snapshot's step, epoch, accuracies in [0, 1] on validation images, and its table of P(value | number)."""
    table = reader.value_probs()
    try:
        validation = reader.description["validation"]["mnist"]
        scores = {
            "step": int(reader.description["step"]),
            "epoch": float(reader.description["epoch"]),
            "digit_accuracy": float(validation["digit_accuracy"]),
            "sum_accuracy": float(validation["sum_accuracy"]),
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"its header has no step, epoch and accuracies ({error!r})") from error
    return scores | {"table": [[round(prob, 3) for prob in row] for row in table.tolist()]}


def reliability(folder: Path) -> dict[str, Any]:
    """The file of `python -m bench.reliability`: {"of": text, "bins": [[count, mean confidence, share right], ...]}.

    {} if there is no such file; ValueError names a damaged one.
    """
    path = folder / "reliability.json"
    if not path.exists():
        return {}
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        bins = [[int(count), float(confidence), float(right)] for count, confidence, right in kept["bins"]]
        return {"of": str(kept["of"]), "bins": bins}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error!r}); run python -m bench.reliability again") from error


def curves(folder: Path) -> list[dict[str, Any]]:
    """For each log that ADDS_BY names: digit and sum accuracy in [0, 1] on validation images, a value an epoch.

    It skips logs that are missing; ValueError names a damaged one.
    """
    found = []
    for name, adds_by in ADDS_BY.items():
        path = folder / f"{name}.csv"
        if not path.exists():
            continue
        try:
            with path.open(encoding="utf-8", newline="") as log:
                rows = list(csv.DictReader(log))
            digits, sums = ([float(row[f"mnist_{task}_accuracy"]) for row in rows] for task in ("digit", "sum"))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is not a log of train.py ({error!r}); copy it from its run again") from error
        found.append({"name": "this page" if name == "log" else name, "adds_by": adds_by, "digit": digits, "sum": sums})
    return found
