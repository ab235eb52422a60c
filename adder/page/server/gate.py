"""An ASGI middleware before Gradio: lets in what the page and programs need, and answers everything else itself.

Gradio opens some eighty routes, reads bodies of any size and depth, and answers many a wrong one with a bare 500. Here
routes are an allow-list, and a body is bounded, and parsed once, before Gradio parses it. Knows Gradio's routes and
envelopes, not what a drawing is.
"""

import asyncio
import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from inspect import iscoroutinefunction
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from adder.page.server.sessions import Sessions

API = "/gradio_api"
MCP = f"{API}/mcp"
COMPONENT = f"{API}/component_server"
UPLOAD = f"{API}/upload"
PAGES = {"/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/pwa_icon", "/robots.txt"}
GET = PAGES | {f"{API}/info", f"{API}/startup-events"}
FILES = re.compile(r"/(assets|static)(/[\w-][\w.-]*){1,6}", re.ASCII)  # of Gradio's front end
RESULT = re.compile(rf"{API}/(?:queue/data\?session_hash=|call/\w+/)([\w-]{{1,64}})", re.ASCII)
CALL = re.compile(rf"{API}/call/(v2/)?(\w+)", re.ASCII)
HEARTBEAT = re.compile(rf"{API}/heartbeat/[\w-]{{1,64}}", re.ASCII)
SESSION = re.compile(r"[\w-]{1,64}", re.ASCII)
OPTIONAL = frozenset({"trigger_id", "event_data"})  # what the JavaScript client sends as null
MAX_PATH = 256
MAX_DEPTH = 8  # of lists and objects in each other; a drawing through MCP, the deepest, needs six
MAX_BACKLOG = 32  # requests of one session, their answers not fetched
PATIENCE = 30.0  # seconds for a body to arrive, or until a heartbeat is refused


class Program(NamedTuple):
    """A named endpoint: its place among Gradio's functions, its parameters, and how many may be left out."""

    id: int
    names: list[str]
    optional: int = 0
    check: Callable[..., None] | None = None  # of the arguments; ValueError refuses them


class Gate:
    """Refuses with 4xx and {"detail": text}.

    `functions` are the page's, by component id and name. One that is to be awaited makes a Response, and Gradio never
    hears of it: it would take longer to pass it on than a reading takes. `programs` are the named endpoints, which are
    asked through Gradio's queue and its `sessions`. With `mcp`, Gradio's MCP server is let through too, its bodies
    bounded.
    """

    def __init__(
        self,
        app,
        *,
        max_body: int,
        functions: Mapping[int, Mapping[str, Callable]],
        programs: Mapping[str, Program],
        sessions: Sessions,
        mcp: bool = False,
    ):
        self.app = app
        self.max_body = max_body
        self.functions = functions
        self.programs = programs
        self.sessions = sessions
        self.mcp = mcp

    async def __call__(self, scope, receive, send) -> None:
        session, app = None, self.app
        if scope["type"] == "http":
            session = fetched_session(scope)
            try:
                app, scope, receive = await self.admitted(scope, receive, session)
            except HTTPException as refused:
                await JSONResponse({"detail": refused.detail}, refused.status_code)(scope, receive, send)
                return
        with self.sessions.fetched(session) if session else nullcontext():
            await app(scope, receive, send)

    async def admitted(self, scope, receive, session: str | None):
        """What answers, Gradio or a Response, and the request as it may see it. HTTPException when it may not."""
        path = scope["path"] if scope["path"] == "/" else scope["path"].removesuffix("/")
        if self.mcp and path == MCP and scope["method"] in ("GET", "POST", "DELETE"):
            if scope["method"] != "POST":
                return self.app, scope, receive
            body = await self.read(scope, receive)
            parsed(body)
            return self.app, scope, replay(body, receive)
        if scope["method"] == "POST" and path == UPLOAD:
            file = data_uri(await self.read(scope, receive, b"multipart/form-data"))
            if len(file) > self.max_body:
                raise HTTPException(413, f"File above {self.max_body} bytes in base64")
            return JSONResponse([file]), scope, receive
        if scope["method"] == "POST":
            body = await self.read(scope, receive)
            asked = parsed(body)
            if self.check(path, asked):
                body = json.dumps(asked).encode()
            function = self.functions[asked["component_id"]][asked["fn_name"]] if path == COMPONENT else None
            if iscoroutinefunction(function):
                return await function(asked["data"]), scope, receive
            return self.app, scope, replay(body, receive)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, "Only GET, HEAD and POST")
        if session:
            if not self.sessions.knows(session):
                raise HTTPException(404, "No such session")
            return self.app, scope, receive
        if scope["method"] == "GET" and HEARTBEAT.fullmatch(path):
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(gone(receive), PATIENCE)
        if len(path) > MAX_PATH or not (path in GET or FILES.fullmatch(path)):
            raise HTTPException(404, "Not found")
        # No query: `?deep_link=` reads from the disk. But /info of no page keeps the first asker's Host for all others.
        return self.app, scope | {"query_string": b"page=" if path == f"{API}/info" else b""}, receive

    async def read(self, scope, receive, kind: bytes = b"application/json") -> bytes:
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.max_body:
            raise HTTPException(413, f"Body above {self.max_body} bytes")
        try:
            body = await asyncio.wait_for(self.collect(receive), PATIENCE)
        except asyncio.TimeoutError as error:
            raise HTTPException(408, f"Body not here after {PATIENCE:.0f} seconds") from error
        # After the body: a client that is refused while it sends may never see the answer.
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != kind:
            raise HTTPException(415, f"Expected Content-Type: {kind.decode()}")  # else any site's form could post
        return body

    async def collect(self, receive) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise HTTPException(400, "Disconnected")
            body += message.get("body", b"")
            if len(body) > self.max_body:  # a chunked body declares no length
                raise HTTPException(413, f"Body above {self.max_body} bytes")
            if not message.get("more_body"):
                return bytes(body)

    def check(self, path: str, asked: dict) -> bool:
        """Whether `asked` is the envelope that Gradio expects at `path`; what is in it is for others to check.

        True when the arguments in it had to be changed, see `expect_arguments`.
        """
        call = CALL.fullmatch(path)
        if path == COMPONENT:
            expect_keys(asked, {"data", "component_id", "fn_name", "session_hash"})
            expect_session(asked["session_hash"])
            component, name = asked["component_id"], asked["fn_name"]
            if type(component) is not int or type(name) is not str or name not in self.functions.get(component, ()):
                raise HTTPException(404, "No such function")
        elif path == f"{API}/queue/join":
            expect_keys(asked, {"data", "fn_index", "session_hash"}, OPTIONAL)
            expect_session(asked["session_hash"])
            if asked.get("trigger_id") is not None or asked.get("event_data") is not None:
                raise HTTPException(400, "trigger_id, event_data: expected null")
            program = next((each for each in self.programs.values() if each.id == asked["fn_index"]), None)
            if type(asked["fn_index"]) is not int or program is None:
                raise HTTPException(404, "No such function")
            is_changed = expect_arguments(asked["data"], program)
            if self.sessions.backlog(asked["session_hash"]) >= MAX_BACKLOG:
                raise HTTPException(429, f"{MAX_BACKLOG} answers wait for this session: fetch them first")
            self.expect_room(asked["session_hash"])
            return is_changed
        elif call and call[2] in self.programs:
            program = self.programs[call[2]]
            needed = len(program.names) - program.optional
            if call[1]:
                expect_keys(asked, set(program.names[:needed]), frozenset(program.names[needed:]))
                arguments = [asked.get(name) for name in program.names]
                is_changed = expect_arguments(arguments, program)
                asked |= {name: value for name, value in zip(program.names, arguments, strict=True) if name in asked}
            else:
                expect_keys(asked, {"data"})
                is_changed = expect_arguments(asked["data"], program)
            self.expect_room()
            return is_changed
        else:
            raise HTTPException(404, "Not found")
        return False

    def expect_room(self, session: str | None = None) -> None:
        if not self.sessions.admit(session):
            raise HTTPException(429, "Too many programs ask at once: try again")


def fetched_session(scope) -> str | None:
    """Whose answers are asked for; None when something else is."""
    if scope["method"] not in ("GET", "HEAD"):
        return None
    path, query = scope["path"].removesuffix("/"), scope["query_string"].decode("latin-1")
    result = RESULT.fullmatch(f"{path}?{query}" if query else path)
    return result and result[1]


async def gone(receive) -> None:
    """Until the client goes: gradio_client 1 asks for a heartbeat that was refused again at once, for ever, but leaves
    it after 20 silent seconds.
    """
    while (await receive())["type"] != "http.disconnect":
        pass


def parsed(body: bytes) -> dict:
    """A JSON object of bounded depth. HTTPException otherwise."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "Body is not JSON") from error
    if not isinstance(asked, dict):
        raise HTTPException(400, "Expected a JSON object")
    for depth, _ in enumerate(levels(asked), 1):
        if depth > MAX_DEPTH:
            raise HTTPException(400, f"Nested deeper than {MAX_DEPTH}")
    return asked


def levels(value: dict | list) -> Iterator[list]:
    """The lists and objects at each depth, `value` first."""
    level = [value]
    while level:
        yield level
        inner = (child for each in level for child in (each.values() if isinstance(each, dict) else each))
        level = [child for child in inner if isinstance(child, dict | list)]


def expect_keys(asked: dict, needed: set[str], allowed: frozenset[str] = frozenset()) -> None:
    if not needed <= asked.keys() <= needed | allowed:
        raise HTTPException(400, f"Expected an object with {', '.join(sorted(needed))}")


def expect_session(session: Any) -> None:
    if not isinstance(session, str) or not SESSION.fullmatch(session):
        raise HTTPException(400, "session_hash: expected 1 to 64 letters, digits or hyphens")


def expect_arguments(data: Any, program: Program) -> bool:
    """Fills in what is left out, since Gradio wants each argument, and the path of each file; whether it had to.

    Gradio takes any object among them for a file, and would fetch what it names.
    """
    if not isinstance(data, list) or not 0 <= len(program.names) - len(data) <= program.optional:
        raise HTTPException(400, f"data: expected a list of {', '.join(program.names)}")
    given = [*map(path_of, data), *[None] * (len(program.names) - len(data))]
    if any(isinstance(each, dict) for level in levels(given) for each in level):
        raise HTTPException(400, "data: expected no objects in it")
    try:
        if program.check:
            program.check(*given)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    is_changed = given != data
    data[:] = given
    return is_changed


def path_of(argument: Any) -> Any:
    """Of a file, as gradio_client's handle_file names it, its path: what was answered to its upload, or an address."""
    match argument:
        case {"path": str(path), "meta": {"_type": "gradio.FileData"}}:
            return path
    return argument


def data_uri(form: bytes) -> str:
    """The first part of a form, which is the file that gradio_client uploads, as a data URI: nothing is kept here."""
    delimiter, _, rest = form.partition(b"\r\n")
    content, end, _ = rest.partition(b"\r\n\r\n")[2].partition(b"\r\n" + delimiter)
    if not delimiter.startswith(b"--") or not end:
        raise HTTPException(400, "Expected a form with a file")
    return f"data:image/unknown;base64,{base64.b64encode(content).decode()}"


def replay(body: bytes, receive):
    """A `receive` that hands out the whole body first."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def replayed():
        return next(messages, None) or await receive()

    return replayed
