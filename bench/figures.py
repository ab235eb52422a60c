"""Makes the figures of README.md and docs/results.md again: python -m bench.figures --help

Runs the commands that the pages name, and writes what they print to docs/figures.json. A test compares the pages with
it. bench.test does not run, since each run is a look at the test split: its figures come from docs/test_ledger.csv.
"""

import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import torch

from adder.files import replacing
from bench import command, test

FIGURES = command.ROOT / "docs" / "figures.json"
SHIPPED = command.WEIGHTS / "adder.safetensors"
NETWORK = ("adder/drawing", "adder/network", "adder/reader.py", "weights/adder.safetensors")
READING = (*NETWORK, "adder/pictures", "adder/inputs.py", "adder/data", "bench/drawings.py")
PAGE = (*NETWORK, "adder/page", "adder/corrections.py", "demo.py", "bench/drawings.py", "bench/visitors.py")
LEARNING = ("adder/drawing", "adder/network", "adder/data", "adder/training")
JUDGING = ("adder/training/evaluation.py", "adder/training/loop.py")
COMMANDS = {  # name of a bench -> the paths, besides its own, that make its figures old when they change
    "test": (*LEARNING[:3], *JUDGING),  # the ledger names the weights
    "pictures": (*READING, "bench/synthetic_pictures.py"),
    "latency": (*PAGE, "bench/browser.py"),
    "load": PAGE,
    "seeds": ("weights/metrics.json", "weights/seed-1.json", "weights/seed-2.json"),
    "drawn": (*READING, *JUDGING, "weights/bottleneck.safetensors", "bench/sweeps.py", "bench/systems.py"),
    "corrections": (*READING, *JUDGING, "adder/corrections.py"),
    "reliability": READING,
    "reproduction": ("weights/*.json", "weights/*.csv", ":!weights/reliability.json", "adder/training/recipes.py"),
    "speed": (*LEARNING, "adder/reader.py"),
    "addition": (*LEARNING, "weights/adder.safetensors", "bench/pairs.py"),
    "gpu": (*LEARNING, "adder/reader.py"),
}


def measured(name: str) -> tuple[str, ...]:
    """The paths whose code, weights and data a bench measures, as git understands them."""
    return (*COMMANDS[name], f"bench/{name}.py")


def tables_and_text(lines: Iterable[str]) -> tuple[list[dict], list[str]]:
    """The Markdown tables in these lines, {"head": cells, "rows": [cells, ...]}, and all other lines with text."""
    tables, text = [], []
    for is_table, part in groupby(lines, lambda line: line.startswith("|")):
        if is_table:
            head, _, *rows = ([cell.strip() for cell in line.strip()[1:-1].split("|")] for line in part)
            tables.append({"head": head, "rows": rows})
        else:
            text += [line.strip() for line in part if line.strip()]
    return tables, text


def machine() -> str:
    """CPU, cores and PyTorch of this machine."""
    info = Path("/proc/cpuinfo")
    named = re.search("model name\t: (.+)", info.read_text(encoding="utf-8")) if info.exists() else None
    name = named[1] if named else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, PyTorch {torch.__version__}"


def measure(name: str) -> dict:
    """Runs a bench, and shows on stderr what it prints. BenchError when it fails."""
    record = {"commit": test.commit(*measured(name)), "date": time.strftime("%Y-%m-%d", time.gmtime())}
    started, lines = time.perf_counter(), []
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    words = [sys.executable, "-m", f"bench.{name}"]
    with subprocess.Popen(
        words, cwd=command.ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        for line in process.stdout or ():
            print(line, end="", file=sys.stderr, flush=True)
            lines.append(line.replace(f"{command.ROOT}{os.sep}", ""))
    if process.returncode:
        raise command.BenchError(f"python -m bench.{name} ended with {process.returncode}; its earlier figures stay")
    tables, text = tables_and_text(lines)
    seconds = round(time.perf_counter() - started)
    return {**record, "machine": machine(), "seconds": seconds, "tables": tables, "text": text}


def load() -> dict[str, dict]:
    """command -> what it printed, and where."""
    return json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}


def store(name: str, record: dict) -> None:
    """Writes docs/figures.json with this record; a row of a table is a line of the file."""
    text = json.dumps(load() | {f"python -m bench.{name}": record}, indent=1, ensure_ascii=False, allow_nan=False)
    text = re.sub(r"\[\n([^][{}]*)\n *\]", lambda cells: f"[{re.sub(chr(10) + ' +', ' ', cells[1]).strip()}]", text)
    with replacing(FIGURES) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")


def main() -> int:
    parser = command.parser("Runs the commands behind the figures, and writes docs/figures.json.", weights=None)
    parser.add_argument("names", nargs="*", choices=COMMANDS, metavar="NAME", help=f"of {', '.join(COMMANDS)}")
    parser.add_argument("--all", action="store_true", help="all but gpu, not those of README.md alone")
    flags = parser.parse_args()
    readme = (command.ROOT / "README.md").read_text(encoding="utf-8")
    names = flags.names or [
        name for name in COMMANDS if (flags.all and name != "gpu") or f" `python -m bench.{name}` |\n" in readme
    ]
    errors = []
    for index, name in enumerate(names, 1):
        print(f"{index} of {len(names)}: python -m bench.{name}", file=sys.stderr, flush=True)
        try:
            is_test = name == "test"
            store(name, test.from_ledger(test.LEDGER, SHIPPED) if is_test else measure(name))
        except command.BenchError as error:
            errors.append(error)
    for each in errors:
        print(f"bench.figures: {each}", file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    command.run(main)
