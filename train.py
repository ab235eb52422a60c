"""Trains a network, evaluates it on the validation split, saves its weights and a record: python train.py --help."""

import _thread
import argparse
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

from adder.import_errors import cannot_import

try:
    import torch

    from adder.data import splits
    from adder.data.mnist import DataError
    from adder.files import user_path
    from adder.reader import Reader
    from adder.training import distributed, loop, report
    from adder.training.recipes import RECIPES
    from adder.training.run import STATE, Run, Settings
except (ImportError, OSError) as error:  # OSError: a DLL that Windows cannot load
    sys.exit(f"train.py: {cannot_import(error)}")

HERE = Path(__file__).resolve().parent
OUT_OF_MEMORY = re.compile("out of memory|ALLOC_FAILED|allocate memory")  # in torch's plain RuntimeErrors
MAX_SEED = 2**32 - 1
DRY_RUN = {"epochs": 2, "batch_size": 64, "limit": 500}
FIXED_BY_THE_RUN = (
    "recipe",
    "epochs",
    "batch_size",
    "lr",
    "seed",
    "supervision",
    "extra",
    "snapshots",
    "out",
    "dry_run",
)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Trains the two-headed network and saves its weights, with a record of the run.",
        epilog="A run leaves in its folder: adder.safetensors (the weights, for demo.py --weights), metrics.json, "
        "log.csv, curves.png, confusion.png, mistakes.png, and checkpoint.safetensors to resume from. "
        "Ctrl-C or a crash loses at most the current epoch.",
    )
    parser.add_argument("--recipe", choices=RECIPES, help="name in adder/training/recipes.py (default: 'default')")
    parser.add_argument("--list", action="store_true", help="describe each recipe in one line, and exit")
    parser.add_argument(
        "--device",
        default="auto",
        choices=("auto", "cpu", "cuda", "mps"),
        help="where to train (default: a GPU if there is one, otherwise the CPU)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        choices=range(65),
        metavar="N",
        help="data-loader workers: processes that render the next epoch, about 300 MB each (default: one for each idle "
        f"core, at most {distributed.MAX_WORKERS}); the images do not depend on their number",
    )
    parser.add_argument("--epochs", type=whole_number, help="passes over the training data (default: the recipe's)")
    parser.add_argument("--batch-size", type=whole_number, help="images per step (default: the recipe's)")
    parser.add_argument("--lr", type=positive_number, help="the peak learning rate (default: the recipe's)")
    parser.add_argument("--seed", type=seed_number, help=f"seed of all random numbers, 0 to {MAX_SEED} (default: 0)")
    parser.add_argument(
        "--supervision", choices=("both", "sum"), help="learn from digits and sums, or from sums alone (default: both)"
    )
    parser.add_argument(
        "--data-dir",
        type=as_path,
        help="folder of MNIST, which is downloaded if missing (default: $ADDER_DATA, or data beside train.py)",
    )
    parser.add_argument("--out", type=as_path, help="folder for the run (default: runs/RECIPE-DATE beside train.py)")
    parser.add_argument(
        "--resume", type=as_path, metavar="RUN", help="continue the run in this folder, with its own settings"
    )
    parser.add_argument(
        "--extra",
        action="append",
        type=as_path,
        metavar="FILE",
        help="train on your own digits too: the file of demo.py --collect, a folder of pictures by label (7/*.png, "
        "none/*.png), or a .csv in Kaggle's form (can be repeated)",
    )
    parser.add_argument(
        "--snapshots",
        action="store_true",
        help="write the network at several steps, from 0 to the end, to RUN/snapshots",
    )
    parser.add_argument("--dry-run", action="store_true", help="a whole run on little data, in under a minute")
    flags = parser.parse_args(arguments)
    given = [name for name in FIXED_BY_THE_RUN if getattr(flags, name) != parser.get_default(name)]
    if flags.resume and given:
        longer = "; to train longer, start a new run with more --epochs" if "epochs" in given else ""
        parser.error(
            f"--resume continues with the settings of the run; leave out --{given[0].replace('_', '-')}{longer}"
        )
    return flags


def as_path(text: str) -> Path:
    return user_path(text).absolute()


def resume_command(folder: Path) -> str:
    """The command that resumes a run from any folder."""
    words = [sys.executable, str(HERE / "train.py"), "--resume", str(folder)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def seed_number(text: str) -> int:
    value = int(text)
    if not 0 <= value <= MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text} must be between 0 and {MAX_SEED}")
    return value


def whole_number(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} must be at least 1")
    return value


def positive_number(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} must be above 0")
    return value


def settings(flags: argparse.Namespace) -> Settings:
    name = flags.recipe or "default"
    recipe = RECIPES[name]
    defaults: dict = {"epochs": recipe.epochs, "batch_size": recipe.batch_size, "limit": None}
    defaults |= DRY_RUN if flags.dry_run else {}
    return Settings(
        recipe=name,
        epochs=flags.epochs or defaults["epochs"],
        batch_size=flags.batch_size or defaults["batch_size"],
        lr=flags.lr or recipe.lr,
        seed=flags.seed or 0,
        limit=defaults["limit"],
        supervision=flags.supervision or "both",
        extra=tuple(map(str, flags.extra or ())),
        snapshots=flags.snapshots,
    )


@cache
def shipped() -> Reader:
    return Reader.load(device="cpu")


def interrupt_again(unraisable: "sys.UnraisableHookArgs") -> None:
    """Sends a Ctrl-C again if it came during a destructor, where Python ignores exceptions."""
    if unraisable.exc_type is KeyboardInterrupt:
        threading.Timer(0.01, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(unraisable)


def main(arguments: list[str] | None = None) -> int:
    flags = parse(arguments)
    if flags.list:
        width = max(map(len, RECIPES))
        for name, recipe in RECIPES.items():
            print(f"{name:{width}} {recipe.summary}{recipe.reported and f' (reported: {recipe.reported})'}")
        return 0
    command = shlex.join(["python", "train.py", *(sys.argv[1:] if arguments is None else arguments)])
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs ignore SIGINT
        signal.signal(number, signal.default_int_handler)
    folder = flags.resume or flags.out
    try:
        device = distributed.init_process_group(flags.device)
        if flags.resume:
            run = Run.load(folder, device)
            if report.commit() not in (run.provenance["commit"], *run.provenance.get("resumed_at", ())):
                run.provenance.setdefault("resumed_at", []).append(report.commit())
        else:
            chosen = settings(flags)
            if chosen.batch_size % distributed.world_size():
                raise ValueError(
                    f"{distributed.world_size()} processes cannot share a batch of {chosen.batch_size} equally; "
                    "choose another --batch-size"
                )
            run = Run(chosen, device, {"command": command, "commit": report.commit()})
            folder = folder or HERE / "runs" / f"{run.settings.recipe}-{time.strftime('%Y%m%d-%H%M%S')}"
            parent = next(path for path in (folder, *folder.parents) if path.exists())
            if not (parent.is_dir() and os.access(parent, os.W_OK)):
                raise ValueError(f"--out {folder}: {parent} is not a folder that you can write to; name another")
            if (folder / STATE).exists():
                raise ValueError(
                    f"{folder} holds a run; name another folder with --out, or continue it: {resume_command(folder)}"
                )
        default_dir = run.settings.data_dir or os.environ.get("ADDER_DATA") or str(HERE / "data")
        data_dir = flags.data_dir or as_path(default_dir)
        run.settings = replace(run.settings, data_dir=str(data_dir))
        with distributed.local_rank_zero_first():
            sets = splits.load(
                data_dir,
                run.recipe.drawings,
                run.network.refusal is not None,
                limit=run.settings.limit,
                extra=run.settings.extra,
                image_of=lambda picture: shipped().read_picture(picture, 0).image,
            )
        for name in run.changed_extra():
            if distributed.rank() == 0:
                print(
                    f"{name} has changed since the run last trained; it continues with the new content", file=sys.stderr
                )
        workers = distributed.spare_cores(device) if flags.workers is None else flags.workers
        metrics = loop.train(run, sets, folder, workers=workers)
    except KeyboardInterrupt:
        if distributed.rank():
            return 130
        saved = folder and (folder / STATE).exists()
        advice = f"continue with: {resume_command(folder)}" if saved else "no epoch is finished, nothing is saved"
        print(f"stopped; {advice}", file=sys.stderr)
        return 130
    except FloatingPointError as error:
        saved = (folder / STATE).exists()
        return complain(f"{error}; " + (f"{folder} keeps the epochs before" if saved else "nothing is saved"))
    except (DataError, ValueError, OSError) as error:
        return complain(str(error))
    except (RuntimeError, MemoryError) as error:
        reason = str(error).partition("\n")[0][:200]
        if isinstance(error, (torch.OutOfMemoryError, MemoryError)) or OUT_OF_MEMORY.search(str(error)):
            return complain(f"out of memory ({reason}); use a lower --batch-size, or another --device")
        if distributed.world_size() == 1:
            raise
        return complain(f"another process ended; see its error above ({reason})")
    finally:
        distributed.destroy_process_group()
    if metrics is None:
        return 0
    for name, scores in metrics["validation"].items():
        right = [f"{of} {scores[f'{of}_accuracy']:.2%}" for of in ("digit", "sum") if f"{of}_accuracy" in scores]
        refused = [f"refused {scores['refused']:.2%}"] if "refused" in scores else []
        print(f"validation, {name} ({scores['images']:,}): {', '.join(right + refused)}")
    print(f"weights and record: {folder}")
    return 0


def complain(reason: str) -> int:
    who = f"process {distributed.rank()} of {distributed.world_size()}: " if distributed.world_size() > 1 else ""
    print(f"train.py: {who}{reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.unraisablehook = interrupt_again
    sys.exit(main())
