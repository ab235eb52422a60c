"""Paths and texts as people write them, and files that are written whole or not at all."""

import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

RETRY_AFTER = (0.1, 0.3, 1.0)  # s, before each new attempt to rename


def user_path(text: str) -> Path:
    """A path in which a leading ~ is the home folder; shells do not expand it in --out=~/run."""
    return Path(os.path.expanduser(text))


def lines_in(path: Path, longest: int) -> Iterator[tuple[int, str]]:
    """(number from 1, line) of a text in UTF-8, with or without a BOM, without blank lines.

    A line of more than `longest` characters comes in pieces. ValueError for another encoding, OSError for no file.
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
    """A temporary path beside `path`, to write to. It is renamed to `path` if the block succeeds, or else removed.

    OSError when it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        move(temporary, path)
    except OSError as error:
        raise type(error)(f"{path} could not be written: {error.strerror}; the file before it is unchanged") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def move(temporary: Path, path: Path) -> None:
    """Renames, in several attempts: Windows refuses while another program, such as a virus scanner, reads `path`."""
    for wait in RETRY_AFTER:
        with suppress(PermissionError):
            return os.replace(temporary, path)
        time.sleep(wait)
    return os.replace(temporary, path)
