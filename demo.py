"""Opens the page: run `python demo.py`, then draw a digit in the browser."""

import argparse
import os
import re
import signal
import sys
import time
import webbrowser
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from adder.files import user_path
from adder.import_errors import cannot_import
from adder.page.server import listening

WEIGHTS = Path(__file__).resolve().parent / "weights"
SHIPPED = WEIGHTS / "adder.safetensors"


def port_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and 65535")
    return int(text)


def host_name(text: str) -> str:
    host = text.strip("[]")
    try:
        if not host or "%" in host:
            raise UnicodeError
        host.encode("idna")
    except UnicodeError:
        raise argparse.ArgumentTypeError(f"{text} is not an address; give one such as 127.0.0.1 or ::1") from None
    return host


def root_path(text: str) -> str:
    path = text.rstrip("/")
    if path and not re.fullmatch(r"(https?://[\w.:-]+)?(/[\w.~-]+)*", path):
        raise argparse.ArgumentTypeError(f"{text} is not a path; give one such as /digit")
    return path


def parser() -> argparse.ArgumentParser:
    # A Hugging Face Space may set Gradio's variables, and needs 0.0.0.0.
    host = os.environ.get("GRADIO_SERVER_NAME") or ("0.0.0.0" if os.environ.get("SPACE_ID") else "127.0.0.1")
    port = os.environ.get("GRADIO_SERVER_PORT") or "7860"
    flags = argparse.ArgumentParser(
        description="Opens a web page: draw a digit, pick a number, and a network answers with the digit and the sum."
    )
    flags.add_argument(
        "--weights",
        default=SHIPPED,
        type=user_path,
        help="a file that train.py saved (default: the shipped weights)",
    )
    flags.add_argument(
        "--device",
        default="auto",
        choices=["auto", "cpu", "cuda", "mps"],
        help="where the network runs; auto uses a GPU if there is one (default: %(default)s)",
    )
    flags.add_argument(
        "--host",
        default=host,
        type=host_name,
        help="address to listen on; 0.0.0.0, or :: with IPv6, lets other machines in (default: %(default)s)",
    )
    flags.add_argument("--port", default=port, type=port_number, help="port to listen on (default: %(default)s)")
    flags.add_argument(
        "--collect",
        default=os.environ.get("ADDER_COLLECT") or None,
        metavar="DIR",
        type=user_path,
        help="ask visitors on the page whether you may keep their misread drawings, and append these to "
        "DIR/drawings.jsonl, for train.py --extra and bench.drawn --strokes (default: $ADDER_COLLECT, else off)",
    )
    flags.add_argument(
        "--root-path",
        default=os.environ.get("GRADIO_ROOT_PATH", ""),
        type=root_path,
        metavar="/PATH",
        help="the path at which a proxy shows the page, such as /digit (default: $GRADIO_ROOT_PATH, else the top)",
    )
    flags.add_argument("--open", action="store_true", help="open the page in your browser")
    flags.add_argument("--share", action="store_true", help="make a public link for a week, through gradio.live")
    flags.add_argument(
        "--mcp", action="store_true", help="let language models call /read, through MCP; needs gradio[mcp]"
    )
    return flags


def main(arguments: list[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    if args.mcp and not find_spec("mcp"):
        return fail('--mcp needs a package that is not installed; run: pip install "gradio[mcp]"')
    try:
        return run(args)
    except OSError as error:
        return fail(listening.describe_failure(error, args.host, args.port))


def run(args: argparse.Namespace) -> int:
    print("Loading the network and the page, some seconds ...", flush=True)
    listening.bypass_proxies(args.host)
    os.environ.pop("SYSTEM", None)  # with "spaces", Gradio would watch the files, and the page would call other hosts
    try:  # here, and not at the top, since torch and gradio take seconds, and --help should not
        import torch

        from adder.drawing import collection
        from adder.network.model import choose_device
        from adder.page.server.app import build
        from adder.reader import Reader
    except (ImportError, OSError) as error:
        if getattr(error, "errno", None) in listening.TOO_MANY_FILES:
            raise
        return fail(cannot_import(error))

    torch.set_num_threads(1)  # one drawing is too little work to share, and many visitors share the cores
    try:
        device = choose_device(args.device).type  # once, so that its warnings appear once
        reader = Reader.load(args.weights, device)
    except ValueError as error:
        return fail(str(error))
    others = [path for path in sorted(WEIGHTS.glob("*.safetensors")) if not is_same(path, args.weights)]
    store = None
    if args.collect:
        try:
            args.collect.mkdir(parents=True, exist_ok=True)
            (args.collect / collection.FILE_NAME).open("ab").close()
        except OSError as error:
            return fail(f"--collect {args.collect}: cannot be written to ({error.strerror}); name another folder")
        store = partial(collection.append, args.collect)
    is_shipped = is_same(args.weights, SHIPPED)  # the snapshots and records in weights/ are of these weights
    page = build(
        reader,
        partial(load_all, others, device) if others else None,
        store,
        load_snapshots=snapshots_of(WEIGHTS / "snapshots", device) if is_shipped else None,
        records=records_of(WEIGHTS) if is_shipped else {},
    )
    keep_open(page, args)
    return 0


def keep_open(page, args: argparse.Namespace) -> None:
    """Serves the `gradio.Blocks` until Ctrl+C or SIGTERM."""
    from adder.page.server import launch

    handlers = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        launch.launch(page, host=args.host, port=args.port, share=args.share, mcp=args.mcp, root_path=args.root_path)
        print(f"The page is at {page.local_url} (Ctrl+C ends it)", flush=True)
        others = page.share_url or listening.others_url(args.host, args.port)
        if others and "SPACE_ID" not in os.environ:
            listening.print_join_address(others)
        if args.open and not webbrowser.open(page.local_url or ""):
            print("demo.py: --open found no browser; open that address yourself", file=sys.stderr)
        while True:
            time.sleep(60)
    except KeyboardInterrupt:
        launch.close(page)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def is_same(path: Path, other: Path) -> bool:
    """Whether both are the same file, also through links."""
    return path.exists() and other.exists() and path.samefile(other)


def snapshots_of(folder: Path, device: str) -> Callable[[], list] | None:
    """A function that loads the snapshots, or None if there are none.

    If one is damaged, it returns [] and says why on stderr.
    """
    from adder.page.explain import training_history
    from adder.reader import Reader

    def load() -> list:
        try:
            return training_history.load(folder, lambda path: Reader.load(path, device))
        except ValueError as error:
            print(f"demo.py: without the lesson on how it learned, since {error}", file=sys.stderr)
            return []

    return load if any(folder.glob("*.safetensors")) or load() else None


def records_of(folder: Path) -> dict:
    """The curves and the reliability in `folder`, for the lessons. A damaged file is named on stderr and left out."""
    from adder.page.explain import training_history

    found = {}
    for name, read in (("other_networks", training_history.curves), ("reliability", training_history.reliability)):
        try:
            found[name] = read(folder)
        except ValueError as error:
            print(f"demo.py: without a lesson, since {error}", file=sys.stderr)
    return {name: record for name, record in found.items() if record}


def load_all(paths: list[Path], device: str) -> list:
    """A Reader for each file. A damaged file is named on stderr and left out."""
    from adder.reader import Reader

    readers = []
    for path in paths:
        try:
            readers.append(Reader.load(path, device))
        except ValueError as error:
            print(f"demo.py: {error}", file=sys.stderr)
    return readers


def fail(reason: str) -> int:
    """Prints the reason, and returns the exit code."""
    print(f"demo.py: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    is_at_prompt = hasattr(sys, "ps1")  # with %run in IPython, which goes on afterwards
    if not is_at_prompt:
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # an exception in an import would print a traceback
    try:
        code = main()
    except KeyboardInterrupt:
        code = 130
    sys.stdout.flush()
    if not is_at_prompt:
        os._exit(code)  # nothing is left to close, and the normal exit takes torch a second
