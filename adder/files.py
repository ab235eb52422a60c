"""Paths and texts as people write them, and files that are written whole or not at all. Knows not what is in them."""

import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = (0.1, 0.3, 1.0)  # s between attempts to rename


def user_path(text: str) -> Path:
    """A path in which a leading ~ means the home folder, also where no shell expanded it, as in --out=~/run."""
    return Path(os.path.expanduser(text))


def lines_in(path: Path, longest: int) -> Iterator[tuple[int, str]]:
    """(number from 1, line) of a text in UTF-8, with or without a BOM; blank lines are left out.

    What is longer than `longest` characters comes in pieces. ValueError for another encoding, OSError for no file.
    """
    with open(path, "rb") as file:
        if b"\0" in file.peek(4)[:4]:
            raise ValueError("the text is in UTF-16; save it in UTF-8")
        text = io.TextIOWrapper(file, encoding="utf-8-sig")
        try:
            for number, line in enumerate(iter(lambda: text.readline(longest), ""), 1):
                if not line.isspace():
                    yield number, line
        except UnicodeDecodeError as error:
            raise ValueError("the text is not in UTF-8; save it in UTF-8") from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; renamed to `path` when the block succeeds, else removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        move(temporary, path)
    except OSError as error:
        raise type(error)(f"{path} could not be written: {error.strerror}; what was there before is whole") from error
    finally:
        with suppress(OSError):  # a folder that turned read-only keeps it
            temporary.unlink()


def move(temporary: Path, path: Path) -> None:
    """Renames, trying again for a while: Windows refuses as long as a virus scanner, say, reads what was there."""
    for wait in PATIENCE:
        with suppress(PermissionError):
            return os.replace(temporary, path)
        time.sleep(wait)
    return os.replace(temporary, path)
