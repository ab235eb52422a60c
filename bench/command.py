"""What every bench command shares: paths, flags, and one line, not a traceback, where something is missing."""

import argparse
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from adder.files import user_path

if TYPE_CHECKING:
    import torch

ROOT = Path(__file__).parent.parent
WEIGHTS = ROOT / "weights"
HELD_OUT_WEIGHTS = WEIGHTS / "held-out" / "seed-0.safetensors"  # did not learn from the validation writers


class BenchError(Exception):
    """A bench needs something that is missing; the message says what to do."""


def run(main: Callable[[], int | None]) -> NoReturn:
    """Exits with the status of `main`; with 2 and one line on stderr where data, weights or a browser are missing."""
    try:
        status = main()
    except Exception as error:
        from adder.data.mnist import DataError  # here: they import torch, and not every bench needs it
        from adder.network.checkpoint import CheckpointError

        if not isinstance(error, BenchError | DataError | CheckpointError):
            raise
        print(f"bench.{Path(sys.argv[0]).stem}: {error}", file=sys.stderr)
        status = 2
    sys.exit(status)


def parser(
    description: str, *, weights: Path | None = WEIGHTS / "adder.safetensors", data: bool = False
) -> argparse.ArgumentParser:
    """A parser with --weights, unless `weights` is None, and with --data-dir for a bench that reads MNIST."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without ± shows ?
    flags = argparse.ArgumentParser(description=description)
    if weights:
        flags.add_argument("--weights", type=user_path, default=weights, help="weights of the network (%(default)s)")
    if data:
        folder = os.environ.get("ADDER_DATA") or str(ROOT / "data")
        flags.add_argument(
            "--data-dir",
            type=user_path,
            default=folder,
            help="folder of MNIST, downloaded if missing ($ADDER_DATA, or data)",
        )
    return flags


def as_device(name: str) -> "torch.device":
    """The value of --device. ArgumentTypeError for a device that is not there."""
    from adder.network.model import choose_device

    try:
        return choose_device(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
