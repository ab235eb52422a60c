"""A live server under hostile requests: nothing but 4xx and clear words, no growth, and a right answer afterwards."""

import asyncio
import base64
import contextlib
import json
import math
import re
from collections import Counter, OrderedDict
from functools import partial, reduce
from pathlib import Path
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest
from gradio.routes import App
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from adder.page.payload import MAX_POINTS, MAX_STROKES, SCALE
from adder.page.server import app, envelope, gate
from adder.page.server.sessions import MAX_QUEUE_SESSIONS, Sessions
from bench import synthetic_pictures
from tests.readers import named
from tests.servers import DATA, JOIN, LIVE, SEVEN, Server, Visitor, ask_as_pad, expect_right_answers

FUNCTIONS = (
    "read_pad",
    "compare_pad",
    "saliency_pad",
    "find_ink",
    "store_pad",
    "correct_pad",
    "refresh_corrections",
    "lesson_pad",
)
GROWTH = 20_000_000  # bytes


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def server(weights, cache, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(cache))
        running = Server(weights, "--collect", str(tmp_path_factory.mktemp("collected")))
    yield running
    running.stop()


@pytest.fixture
def visitor(server):
    visiting = Visitor(server)
    yield visiting
    visiting.connection.close()


def resident(server: Server) -> int:
    """Bytes of memory that the server holds; 0 where the system does not tell."""
    status = Path(f"/proc/{server.process.pid}/status")
    return 1024 * int(re.search(r"VmRSS:\s+(\d+)", status.read_text(encoding="utf-8"))[1]) if status.exists() else 0


# --- requests made by chance, of a seed: from anything at all to what is nearly right ---

LESSONS = ["explanation", "pixel_editor", "similar_corrections", "training_steps", "records", "panel"]
ODD = [None, True, False, 0, -1, 10, 0.5, SCALE + 1, 10**400, math.nan, math.inf, "", "5", "\ud800", "x" * 5000]


def text(rng: Random, most: int = 20) -> str:
    return "".join(chr(rng.randrange(rng.choice((128, 0x110000)))) for _ in range(rng.randint(0, most)))


def encoded(rng: Random, most: int = 900) -> str:
    return base64.b64encode(rng.randbytes(rng.randint(0, most))).decode()


def scalar(rng: Random):
    return rng.choice([*ODD, rng.randint(-(10**6), 10**6), rng.uniform(-2, 2), 10 ** rng.uniform(0, 300), text(rng)])


def several(rng: Random, make, most: int = 6) -> list:
    return [make(rng) for _ in range(rng.randint(0, most))]


def anything(rng: Random, depth: int = 3):
    kind = rng.randrange(4) if depth else 0
    if kind < 2:
        return scalar(rng)
    inner = partial(anything, depth=depth - 1)
    return several(rng, inner) if kind == 2 else {text(rng, 8): inner(rng) for _ in range(rng.randint(0, 4))}


def strokes(rng: Random) -> list:
    return several(rng, lambda _: [[rng.randint(0, SCALE), rng.randint(0, SCALE)] for _ in range(rng.randint(1, 8))], 4)


def crowd(rng: Random) -> list:
    points = rng.choice([1, 64, MAX_POINTS + 1])
    return [[[0, SCALE]] * points] * min(rng.choice([1, MAX_STROKES, MAX_STROKES + 1, 2000]), 20_000 // points)


def tower(rng: Random):
    wrap = rng.choice([lambda inner: [inner], lambda inner: {"a": inner}])
    return reduce(lambda inner, _: wrap(inner), range(rng.choice([4, envelope.MAX_DEPTH, 100, 400])), 1)


def ink(rng: Random) -> list:
    pixel = scalar(rng)
    sides = [0, 1, 28, 513] if type(pixel) is int and abs(pixel) < 1000 else [0, 1, 3]  # few of what is long
    return [[pixel] * rng.choice(sides)] * rng.choice(sides[1:])


def drawing(rng: Random):
    triples = partial(several, make=partial(several, make=partial(several, make=scalar, most=3), most=3))
    return rng.choice([strokes, crowd, ink, tower, anything, triples])(rng)


def number(rng: Random):
    return rng.choice([lambda rng: rng.randrange(10), scalar, anything])(rng)


def corrections(rng: Random):
    one = partial(several, make=lambda rng: rng.choice([scalar, encoded])(rng))
    return rng.choice([partial(several, make=one, most=40), one, anything])(rng)


FIELDS = {  # of what a pad sends
    **{"strokes": drawing, "number": number, "ink": drawing, "label": number, "pixels": drawing, "more": anything},
    "picture": lambda rng: rng.choice([encoded, scalar])(rng),
    "frame": lambda rng: rng.choice([partial(several, make=scalar), lambda rng: [rng.uniform(0, 1)] * 4])(rng),
    "corrections": corrections,
    "lesson": lambda rng: rng.choice([*LESSONS, anything(rng)]),
}


def pad(rng: Random):
    kind = rng.randrange(8)
    if kind < 2:
        return [corrections, anything][kind](rng)
    names = rng.sample([*FIELDS], rng.randint(0, len(FIELDS)))
    near = {"strokes": strokes(rng), "number": rng.randrange(10)} if kind < 5 else {}
    return near | {name: FIELDS[name](rng) for name in names[: 2 if near else None]}


def hostile(rng: Random) -> tuple[str, dict, object]:
    """(path, headers, body), the body as JSON values or as bytes."""
    path = rng.choice([LIVE] * 5 + [JOIN])
    if path == LIVE:
        body = {"data": pad(rng), "component_id": 1, "fn_name": rng.choice(FUNCTIONS), "session_hash": "s"}
    else:
        arguments = [make(rng) for make in (drawing, number, corrections)]
        body = {"data": arguments[: rng.randint(2, 3)], "fn_index": 0, "session_hash": "hostile"}
    match rng.randrange(8):
        case 0:
            return path, {}, rng.choice([rng.randbytes(300), b"[" * 100_000, b"1" * 5000, b"NaN", b""])
        case 1:
            more = ["event_data", "batched", "event_id", "trigger_id", "simple_format"]
            return path, {}, body | {rng.choice([*body, *more]): rng.choice([anything, tower])(rng)}
        case 2:
            whole = json.dumps(body).encode()
            return path, {}, whole[: rng.randint(0, len(whole))]
        case 3:
            types = ["text/plain", "multipart/form-data; boundary=x", "x" * 300]
            return path, {"Content-Type": rng.choice(types)}, body
    return path, {}, body


def bombard(visitor: Visitor, count: int, rng: Random) -> Counter:
    """Sends so many requests; returns how often each status was answered."""
    statuses: Counter = Counter()
    for place in range(count):
        path, headers, body = hostile(rng)
        status, answer = visitor.ask("POST", path, body, **headers)
        statuses[status] += 1
        sent = f"request {place} of the seed, to {path}"
        assert 200 <= status < 500 and "Traceback" not in answer and ".py" not in answer, sent
        told = json.loads(answer)
        if status >= 400:
            assert isinstance(told["detail"], str) and told["detail"], sent
        elif path == LIVE:
            error = told.get("error", "")
            assert (
                told.get("state") in ("empty", "digit", "refused", "read")
                or told.keys() & {"rows", "kept", "correction", "corrections", "busy", "other_networks", "html"}
                or error
            ), sent
            assert not error or any(words in error for words in ("expected", "not a complete", "No ink")), (sent, error)
        else:
            done = visitor.fetch(body["session_hash"] if isinstance(body, dict) else "hostile")
            assert done["success"] or "expected" in done["output"]["error"], sent
    return statuses


def test_two_thousand_hostile_payloads(server, visitor, cache):
    rng = Random(0)
    seven = {"strokes": SEVEN, "number": 5}
    assert len(ask_as_pad(server, "compare_pad", seven)["rows"]) > 1  # loads the other networks
    assert "saliency" in ask_as_pad(server, "saliency_pad", seven)
    assert all(ask_as_pad(server, "lesson_pad", seven | {"lesson": name}) for name in LESSONS)
    bombard(visitor, 200, rng)  # imports, caches, threads, and what the allocator keeps
    expect_right_answers(visitor)
    before = resident(server)
    statuses = bombard(visitor, 2000, rng)
    assert {200, 400, 404, 415} <= set(statuses), statuses
    expect_right_answers(visitor)
    growth = resident(server) - before
    print(f"{statuses.total():,} payloads, answered {dict(statuses)}; memory {growth / 1e6:+.1f} MB")
    assert growth < GROWTH
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_a_program_sends_a_picture(visitor, rng):
    def asked(content: bytes, head="data:image/png;base64,"):
        assert visitor.join([head + base64.b64encode(content).decode(), 4], "pictures")[0] == 200
        return visitor.fetch("pictures")["output"]

    seven = [np.array(stroke) for stroke in SEVEN]
    answer = asked(synthetic_pictures.encode(synthetic_pictures.on_a_board(rng, seven), "png"))["data"][0]
    assert (answer["digit"], answer["sum"]) == (7, 11)
    two = synthetic_pictures.encode(synthetic_pictures.several(rng, [seven, seven]), "jpg")
    assert re.match(r"several: I see 2 pieces .* \[\[0\.\d+, ", asked(two)["error"])
    assert asked(b"rubbish")["error"].startswith("unreadable: ")
    assert asked(b"", "data:text/html,")["error"].startswith("drawing: expected a picture as data:")
    assert "at most 1.4 MB" in asked(bytes(1_400_003))["error"]


OPEN = {  # what answers to anybody, of all that Gradio has
    "GET": {"/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/pwa_icon", "/robots.txt"}
    | {"/gradio_api/info", "/gradio_api/startup-events"},
    "POST": {"/gradio_api/component_server", "/gradio_api/queue/join", "/gradio_api/upload"},
}
OPEN["HEAD"] = {"/"}  # of the others Gradio has none


def routes_of_gradio() -> set[str]:
    async def built():  # without a running event loop Gradio makes its own, and never closes them
        return App.create_app(app.build(named("a")), app_kwargs={"docs_url": "/docs"})

    made = asyncio.run(built())
    paths = {route.path for route in flattened(made.routes)}
    assert len(paths) > 70 and "/gradio_api/upload" in paths
    return {re.sub(r"\{.*?\}", "1", path) for path in paths}


def flattened(routes):
    for route in routes:
        inner = getattr(getattr(route, "original_router", route), "routes", None)
        yield from flattened(inner) if inner else [route]


def test_what_answers_of_all_routes_of_gradio(visitor):
    more = {
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=README.md",
        "/gradio_api/proxy=http://x.hf.space/",
        "/mcp",
    }
    answering: dict[str, set[str]] = {}
    for path in sorted(routes_of_gradio() | more):
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
            if method == "GET" and "heartbeat" in path:
                continue  # held, then refused: test_clients.py
            status, _ = visitor.ask(method, path, {} if method == "POST" else None)
            if status not in (404, 405):
                answering.setdefault(method, set()).add(path.rstrip("/") or "/")
    assert answering == OPEN


@pytest.mark.parametrize(
    "path", ["/assets/" + "a" * 5000, "/assets/%2e%2e/%2e%2e/routes.py", "/static/%00", "/assets/"]
)
def test_files_of_the_front_end_alone(visitor, path):
    assert visitor.ask("GET", "/static/img/logo.svg")[0] == 200
    assert visitor.ask("GET", path)[0] == 404


def upload(visitor: Visitor, form: bytes) -> tuple[int, str]:
    return visitor.ask("POST", "/gradio_api/upload", form, Content_Type="multipart/form-data; boundary=x")


def test_an_upload_comes_back_and_nothing_is_kept(visitor, cache):
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="<img src=x>"\r\n\r\n'
    content = b"ink\r\n\r\n\0\xff"
    [answered] = json.loads(upload(visitor, head + content + b"\r\n--x--\r\n")[1])
    assert answered == f"data:image/unknown;base64,{base64.b64encode(content).decode()}"
    assert visitor.ask("POST", "/gradio_api/upload", head + b"ink\r\n--x--\r\n")[0] == 415
    for form in (b"", b"--", b"\r\n" * 900_000, head + b"ink", head + b"ink\r\n--y--", b"ink" * 500_000):
        assert upload(visitor, form)[0] == 400
    assert upload(visitor, head + bytes(1_500_000) + b"\r\n--x--\r\n")[0] == 413
    assert list(cache.rglob("*.*")) == []
    expect_right_answers(visitor)


def test_paths_and_addresses_are_not_opened(visitor, cache):
    for path in ("/etc/passwd", f"http://127.0.0.1:{visitor.connection.port}/robots.txt", "data:text/html;base64,aW5r"):
        file = {"path": path, "url": path, "meta": {"_type": "gradio.FileData"}}
        assert visitor.join([file, 1])[0] == 200
        assert visitor.fetch()["output"]["error"].startswith("drawing: expected a picture as data:image/...;base64,")
        nested = [[file], 1], [file | {"meta": {}}, 1], [file | {"path": [path]}, 1], [{"meta": file["meta"]}, 1]
        for arguments in nested:
            assert visitor.join(arguments) == (400, '{"detail":"data: expected no objects in it"}')
    assert list(cache.rglob("*.*")) == []


def test_answers_that_nobody_fetches(server, visitor):
    statuses = [visitor.join([SEVEN, 5], "idle")[0] for _ in range(gate.MAX_BACKLOG + 1)]
    assert statuses == [200] * gate.MAX_BACKLOG + [429]
    for number in range(MAX_QUEUE_SESSIONS):
        assert visitor.join([[], 5], f"idle-{number}")[0] == 200
        assert visitor.fetch(f"idle-{number}")["success"]  # and by then "idle" has its answers
    assert visitor.ask("GET", f"{DATA}?session_hash=idle")[0] == 404  # forgotten
    assert visitor.ask("GET", f"{DATA}?session_hash=%00")[0] == 404
    expect_right_answers(visitor)


def test_what_is_under_way_is_not_forgotten():
    queue = SimpleNamespace(
        pending_messages_per_session=OrderedDict(), pending_event_ids_session={}, event_ids_to_events={}
    )
    sessions = Sessions(queue)

    def join(session):
        if not sessions.admit(session):
            return False
        queue.pending_messages_per_session.setdefault(session, "messages")
        queue.pending_event_ids_session.setdefault(session, set()).add(f"event of {session}")
        return True

    assert join("running") and join("fetched") and join("done")
    queue.event_ids_to_events["event of running"] = SimpleNamespace(session_hash="running")
    with sessions.pinned("fetched"):
        assert all(join(f"later {index}") for index in range(MAX_QUEUE_SESSIONS - 2))
        assert not sessions.knows("done") and sessions.backlog("done") == 0
        assert all(sessions.knows(session) and sessions.backlog(session) for session in ("running", "fetched"))
        for index in range(MAX_QUEUE_SESSIONS - 2):
            queue.event_ids_to_events[index] = SimpleNamespace(session_hash=f"later {index}")
        assert not join("one too many") and join("running")
    assert join("one more") and not sessions.knows("fetched")
    del queue.pending_messages_per_session["one more"]  # as Gradio does when a client leaves
    assert join("another") and sessions.backlog("one more") == 0


def test_programs_still_get_in(server, visitor):
    """curl's way, as the page's API view shows it; gradio_client's way is in test_page.py."""
    for path, body in (("v2/read", {"drawing": SEVEN, "number": 2}), ("read", {"data": [SEVEN, 2]})):
        status, answer = visitor.ask("POST", f"/gradio_api/call/{path}", body)
        assert status == 200
        _, events = visitor.ask("GET", f"/gradio_api/call/read/{json.loads(answer)['event_id']}")
        assert "event: complete" in events and '"sum": 9' in events
    assert visitor.ask("POST", "/gradio_api/call/v2/read", {"drawing": SEVEN})[0] == 400
    assert visitor.ask("POST", "/gradio_api/call/nothing", {"data": []})[0] == 404


@pytest.mark.parametrize("origin", ["https://example.org", "null"])
def test_other_sites_may_not_ask_a_server_at_home(visitor, origin):
    visitor.connection.request("OPTIONS", LIVE, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    answer = visitor.connection.getresponse()
    answer.read()
    assert answer.getheader("Access-Control-Allow-Origin") is None
    assert visitor.ask("POST", LIVE, b"{}", Content_Type="text/plain")[0] == 415  # what needs no such question


def test_nobody_names_the_server_for_others(visitor):
    for path in ("/gradio_api/info", "/config", "/"):
        visitor.ask("GET", path, Host="evil.example", X_Forwarded_Host="evil.example")
        assert "evil.example" not in visitor.ask("GET", path)[1]


def test_a_chunked_body_is_counted(visitor):
    visitor.connection.request(
        "POST", LIVE, (b"x" * 100_000 for _ in range(30)), {"Content-Type": "application/json"}, encode_chunked=True
    )
    with contextlib.suppress(BrokenPipeError):
        assert visitor.connection.getresponse().status == 413


def test_a_body_that_does_not_come(monkeypatch):
    monkeypatch.setattr(gate, "TIMEOUT", 0.01)
    closed = gate.Gate(None, max_body=9, functions={}, programs={}, sessions=None)
    scope = {"headers": [(b"content-type", b"application/json")]}
    with pytest.raises(HTTPException, match="408"):
        asyncio.run(closed.read_body(scope, asyncio.Event().wait))


def test_a_reading_is_not_passed_on():
    """Gradio, which here would be None, takes longer to pass one on than a reading takes."""

    async def read_pad(payload):
        return JSONResponse({"read": payload})

    closed = gate.Gate(None, max_body=99, functions={3: {"read_pad": read_pad}}, programs={}, sessions=None)
    body = json.dumps({"data": [1], "component_id": 3, "fn_name": "read_pad", "session_hash": "x"}).encode()
    scope = {"type": "http", "method": "POST", "path": LIVE, "query_string": b""}
    scope["headers"] = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    sent = []

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        sent.append(message)

    asyncio.run(closed(scope, receive, send))
    assert sent[0]["status"] == 200 and json.loads(sent[1]["body"]) == {"read": [1]}


def test_settings_of_the_launch(visitor):
    config = json.loads(visitor.ask("GET", "/config")[1])
    assert config["analytics_enabled"] is False and config["show_error"] is False and config["run_history"] is False
