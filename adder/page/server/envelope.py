"""Parses and checks the envelope of a call: the JSON that Gradio wraps around the arguments.

A bad envelope raises HTTPException with 4xx. The drawing inside is checked in `payload`.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException

SESSION = re.compile(r"[\w-]{1,64}", re.ASCII)
MAX_DEPTH = 8  # of nested lists and objects; a drawing sent by MCP, the deepest, has six


class Program(NamedTuple):
    """A named endpoint, which programs call."""

    id: int  # Gradio's index of its function
    names: list[str]  # of its parameters
    optional: int = 0  # how many of the last parameters may be left out
    check: Callable[..., None] | None = None  # takes the arguments; ValueError refuses them


def parse_body(body: bytes) -> dict:
    """A JSON object of at most MAX_DEPTH levels."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "Body is not JSON") from error
    if not isinstance(request, dict):
        raise HTTPException(400, "Expected a JSON object")
    for depth, _ in enumerate(levels(request), 1):
        if depth > MAX_DEPTH:
            raise HTTPException(400, f"Nested deeper than {MAX_DEPTH}")
    return request


def levels(value: dict | list) -> Iterator[list]:
    """The lists and objects at each depth, first `value` itself."""
    level = [value]
    while level:
        yield level
        children = (child for parent in level for child in (parent.values() if isinstance(parent, dict) else parent))
        level = [child for child in children if isinstance(child, dict | list)]


def expect_keys(request: dict, needed: set[str], optional: frozenset[str] = frozenset()) -> None:
    if not needed <= request.keys() <= needed | optional:
        raise HTTPException(400, f"Expected an object with {', '.join(sorted(needed))}")


def expect_session(session: Any) -> None:
    if not isinstance(session, str) or not SESSION.fullmatch(session):
        raise HTTPException(400, "session_hash: expected 1 to 64 letters, digits or hyphens")


def expect_arguments(data: Any, program: Program) -> bool:
    """Checks the arguments in `data`, and changes them where Gradio needs it; True if it changed something.

    Each argument that was left out becomes None. A file object becomes its path. Other objects are refused, because
    Gradio would treat them as files and fetch what they name.
    """
    if not isinstance(data, list) or not 0 <= len(program.names) - len(data) <= program.optional:
        raise HTTPException(400, f"data: expected a list of {', '.join(program.names)}")
    arguments = [*map(file_path, data), *[None] * (len(program.names) - len(data))]
    if any(isinstance(value, dict) for level in levels(arguments) for value in level):
        raise HTTPException(400, "data: expected no objects in it")
    try:
        if program.check:
            program.check(*arguments)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    is_changed = arguments != data
    data[:] = arguments
    return is_changed


def file_path(argument: Any) -> Any:
    """The path in a file object of gradio_client's `handle_file`; any other argument stays as it is."""
    match argument:
        case {"path": str(path), "meta": {"_type": "gradio.FileData"}}:
            return path
    return argument


def uploaded_data_uri(form: bytes) -> str:
    """The first part of a form, which is the file that gradio_client uploads, as a data URI."""
    delimiter, _, rest = form.partition(b"\r\n")
    content, end, _ = rest.partition(b"\r\n\r\n")[2].partition(b"\r\n" + delimiter)
    if not delimiter.startswith(b"--") or not end:
        raise HTTPException(400, "Expected a form with a file")
    return f"data:image/unknown;base64,{base64.b64encode(content).decode()}"
