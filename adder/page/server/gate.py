"""An ASGI middleware before Gradio: admits the requests that the page and programs need, and refuses all others.

Gradio has some eighty routes, reads bodies of any size and depth, and answers many malformed requests with a bare 500.
The gate has a list of allowed routes, and bounds and parses each body before Gradio does.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from inspect import iscoroutinefunction

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from adder.page.server.envelope import (
    Program,
    expect_arguments,
    expect_keys,
    expect_session,
    parse_body,
    uploaded_data_uri,
)
from adder.page.server.sessions import Sessions

API = "/gradio_api"
MCP = f"{API}/mcp"
COMPONENT = f"{API}/component_server"
UPLOAD = f"{API}/upload"
PAGES = {"/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/pwa_icon", "/robots.txt"}
GET_PATHS = PAGES | {f"{API}/info", f"{API}/startup-events"}
FRONT_END = re.compile(r"/(assets|static)(/[\w-][\w.-]*){1,6}", re.ASCII)  # Gradio's JavaScript, styles and fonts
RESULT = re.compile(rf"{API}/(?:queue/data\?session_hash=|call/\w+/)([\w-]{{1,64}})", re.ASCII)
CALL = re.compile(rf"{API}/call/(v2/)?(\w+)", re.ASCII)
HEARTBEAT = re.compile(rf"{API}/heartbeat/[\w-]{{1,64}}", re.ASCII)
CLIENT_KEYS = frozenset({"trigger_id", "event_data"})  # the JavaScript client sends them as null
MAX_PATH = 256
MAX_BACKLOG = 32  # requests of one session whose answers it has not fetched
TIMEOUT = 30.0  # s; a body must arrive within it, and a heartbeat is refused after it


class Gate:
    """Refuses requests with 4xx and {"detail": text}.

    `functions` are the page's server functions, by component id and name. The gate calls the async ones itself, since
    Gradio would take longer to pass a call on than a reading takes; they return a Response. `programs` are the named
    endpoints; their calls go through Gradio's queue and its `sessions`. With `mcp`, Gradio's MCP server gets requests
    too, with bounded bodies.
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
            session = session_of_result(scope)
            try:
                app, scope, receive = await self.admitted(scope, receive, session)
            except HTTPException as refusal:
                await JSONResponse({"detail": refusal.detail}, refusal.status_code)(scope, receive, send)
                return
        with self.sessions.pinned(session) if session else nullcontext():
            await app(scope, receive, send)

    async def admitted(self, scope, receive, session: str | None):
        """The ASGI app that answers, Gradio or a finished Response, with the scope and receive to call it with.

        HTTPException for a request that is refused.
        """
        path = scope["path"] if scope["path"] == "/" else scope["path"].removesuffix("/")
        if self.mcp and path == MCP and scope["method"] in ("GET", "POST", "DELETE"):
            if scope["method"] != "POST":
                return self.app, scope, receive
            body = await self.read_body(scope, receive)
            parse_body(body)
            return self.app, scope, replay(body, receive)
        if scope["method"] == "POST" and path == UPLOAD:
            file = uploaded_data_uri(await self.read_body(scope, receive, b"multipart/form-data"))
            if len(file) > self.max_body:
                raise HTTPException(413, f"File above {self.max_body} bytes in base64")
            return JSONResponse([file]), scope, receive
        if scope["method"] == "POST":
            body = await self.read_body(scope, receive)
            request = parse_body(body)
            if self.check_call(path, request):
                body = json.dumps(request).encode()
            function = self.functions[request["component_id"]][request["fn_name"]] if path == COMPONENT else None
            if iscoroutinefunction(function):
                return await function(request["data"]), scope, receive
            return self.app, scope, replay(body, receive)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, "Only GET, HEAD and POST")
        if session:
            if not self.sessions.knows(session):
                raise HTTPException(404, "No such session")
            return self.app, scope, receive
        if scope["method"] == "GET" and HEARTBEAT.fullmatch(path):
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(until_disconnect(receive), TIMEOUT)
        if len(path) > MAX_PATH or not (path in GET_PATHS or FRONT_END.fullmatch(path)):
            raise HTTPException(404, "Not found")
        # Without its query, since `?deep_link=` reads from the disk. Without `page=`, Gradio would cache /info with the
        # first visitor's Host for everyone.
        return self.app, scope | {"query_string": b"page=" if path == f"{API}/info" else b""}, receive

    async def read_body(self, scope, receive, content_type: bytes = b"application/json") -> bytes:
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.max_body:
            raise HTTPException(413, f"Body above {self.max_body} bytes")
        try:
            body = await asyncio.wait_for(self.receive_body(receive), TIMEOUT)
        except asyncio.TimeoutError as error:
            raise HTTPException(408, f"Body not here after {TIMEOUT:.0f} seconds") from error
        # Checked after the body: a client that is still sending may never see the answer.
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != content_type:
            # A form on any other site could post another type.
            raise HTTPException(415, f"Expected Content-Type: {content_type.decode()}")
        return body

    async def receive_body(self, receive) -> bytes:
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

    def check_call(self, path: str, request: dict) -> bool:
        """Checks that Gradio can handle `request` at `path`. True if `expect_arguments` changed it."""
        call = CALL.fullmatch(path)
        if path == COMPONENT:
            self.check_component(request)
            return False
        if path == f"{API}/queue/join":
            return self.check_join(request)
        if call and call[2] in self.programs:
            program = self.programs[call[2]]
            is_changed = check_named(request, program) if call[1] else check_data(request, program)
            self.expect_room()
            return is_changed
        raise HTTPException(404, "Not found")

    def check_component(self, request: dict) -> None:
        expect_keys(request, {"data", "component_id", "fn_name", "session_hash"})
        expect_session(request["session_hash"])
        component, name = request["component_id"], request["fn_name"]
        if type(component) is not int or type(name) is not str or name not in self.functions.get(component, ()):
            raise HTTPException(404, "No such function")

    def check_join(self, request: dict) -> bool:
        expect_keys(request, {"data", "fn_index", "session_hash"}, CLIENT_KEYS)
        expect_session(request["session_hash"])
        if request.get("trigger_id") is not None or request.get("event_data") is not None:
            raise HTTPException(400, "trigger_id, event_data: expected null")
        program = next((program for program in self.programs.values() if program.id == request["fn_index"]), None)
        if type(request["fn_index"]) is not int or program is None:
            raise HTTPException(404, "No such function")
        is_changed = expect_arguments(request["data"], program)
        if self.sessions.backlog(request["session_hash"]) >= MAX_BACKLOG:
            raise HTTPException(429, f"{MAX_BACKLOG} answers wait for this session: fetch them first")
        self.expect_room(request["session_hash"])
        return is_changed

    def expect_room(self, session: str | None = None) -> None:
        if not self.sessions.admit(session):
            raise HTTPException(429, "Too many programs ask at once: try again")


def check_data(request: dict, program: Program) -> bool:
    """Of /call/NAME: {"data": [arguments]}."""
    expect_keys(request, {"data"})
    return expect_arguments(request["data"], program)


def check_named(request: dict, program: Program) -> bool:
    """Of /call/v2/NAME: {parameter: argument, ...}."""
    needed = len(program.names) - program.optional
    expect_keys(request, set(program.names[:needed]), frozenset(program.names[needed:]))
    arguments = [request.get(name) for name in program.names]
    is_changed = expect_arguments(arguments, program)
    request |= {name: value for name, value in zip(program.names, arguments, strict=True) if name in request}
    return is_changed


def session_of_result(scope) -> str | None:
    """The session of a request that fetches results; None for another request."""
    if scope["method"] not in ("GET", "HEAD"):
        return None
    path, query = scope["path"].removesuffix("/"), scope["query_string"].decode("latin-1")
    result = RESULT.fullmatch(f"{path}?{query}" if query else path)
    return result and result[1]


async def until_disconnect(receive) -> None:
    """Waits until the client disconnects.

    gradio_client 1 gives up a heartbeat that stays silent for 20 seconds. If it were refused at once, the client would
    try again for ever.
    """
    while (await receive())["type"] != "http.disconnect":
        pass


def replay(body: bytes, receive):
    """A `receive` that gives the whole body first."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def replayed():
        return next(messages, None) or await receive()

    return replayed
