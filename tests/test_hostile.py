"""A live server under hostile requests: nothing but 4xx and clear words, no growth, and a right answer afterwards."""

import http.client
import json
import math
import re
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from adder.page import gate
from adder.page.payload import MAX_POINTS, MAX_STROKES, SCALE
from tests.test_page import Server

FUNCTIONS = ("read_pad", "compare_pad", "explain_pad")
SEVEN = [[[2000, 1000], [8000, 1000], [4000, 9000]]]
LIVE, JOIN, DATA = (f"/gradio_api/{path}" for path in ("component_server/", "queue/join", "queue/data"))
GROWTH = 20_000_000  # bytes


class Visitor:
    """One keep-alive connection."""

    def __init__(self, server: Server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        config = json.loads(self.ask("GET", "/config")[1])
        [self.pad] = [each["id"] for each in config["components"] if each["type"] == "html"]
        [self.read] = [each["id"] for each in config["dependencies"] if each["api_name"] == "read"]

    def ask(self, method: str, path: str, body=None, **headers) -> tuple[int, str]:
        """(status, text) of the answer; `body` is sent as JSON unless it is bytes."""
        if body is not None:
            headers = {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def live(self, data, function="read_pad", **envelope):
        asked = {"data": data, "component_id": self.pad, "fn_name": function, "session_hash": "visitor"} | envelope
        return self.ask("POST", LIVE, asked)

    def join(self, arguments, session="visitor", **envelope):
        return self.ask("POST", JOIN, {"data": arguments, "fn_index": self.read, "session_hash": session} | envelope)

    def fetch(self, session="visitor") -> dict:
        """The queue's last word on what the session asked."""
        status, events = self.ask("GET", f"{DATA}?session_hash={session}")
        assert status == 200
        assert "Traceback" not in events and ".py" not in events
        messages = [json.loads(line.removeprefix("data: ")) for line in events.splitlines() if line]
        return next(message for message in messages if message["msg"] == "process_completed")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def server(weights, cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(cache))
        running = Server(weights)
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
    return 1024 * int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1]) if status.exists() else 0


def expect_right_answers(visitor: Visitor) -> None:
    status, answer = visitor.live({"strokes": SEVEN, "number": 5})
    assert status == 200 and (json.loads(answer)["digit"], json.loads(answer)["sum"]) == (7, 12)
    assert visitor.join([SEVEN, 4], "afterwards")[0] == 200
    done = visitor.fetch("afterwards")
    assert done["success"] and done["output"]["data"][0]["sum"] == 11


# --- what hypothesis makes: from anything at all to what is nearly right ---

scalars = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(),
    some.floats(),
    some.text(max_size=20),
    some.sampled_from([10**400, -1, 10, SCALE + 1, math.nan, math.inf, "5", "\ud800", "x" * 5000]),
)
anything = some.recursive(
    scalars,
    lambda inner: some.lists(inner, max_size=6) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
coordinates = some.integers(0, SCALE)
points = some.lists(coordinates, min_size=2, max_size=2)
strokes = some.lists(some.lists(points, min_size=1, max_size=8), max_size=4)
crowds = some.builds(
    lambda strokes, points, point: [[point] * points] * strokes,
    some.sampled_from([1, MAX_STROKES, MAX_STROKES + 1, 2000]),
    some.sampled_from([1, 64, MAX_POINTS + 1]),
    points,
).filter(lambda many: len(many) * len(many[0]) < 100_000)
towers = some.builds(
    lambda depth, wrap: reduce(lambda inner, _: wrap(inner), range(depth), 1),
    some.sampled_from([4, gate.MAX_DEPTH, 100, 400]),
    some.sampled_from([lambda inner: [inner], lambda inner: {"a": inner}]),
)
inks = some.builds(
    lambda rows, width, pixel: [[pixel] * width] * rows,
    some.sampled_from([1, 28, 513]),
    some.sampled_from([0, 1, 28, 513]),
    scalars,
)
drawings = some.one_of(
    strokes,
    crowds,
    inks,
    towers,
    anything,
    some.lists(some.lists(some.lists(scalars, max_size=3), max_size=3), max_size=3),
)
numbers = some.integers(0, 9) | scalars | anything
pads = some.fixed_dictionaries({}, optional={"strokes": drawings, "number": numbers, "more": anything}) | anything


@some.composite
def hostile(draw):
    """(path, headers, body), the body as JSON values or as bytes."""
    kind = draw(some.sampled_from(["live", "live", "live", "join", "join", "envelope", "bytes", "cut", "headers"]))
    live = {"data": draw(pads), "component_id": 1, "fn_name": draw(some.sampled_from(FUNCTIONS)), "session_hash": "s"}
    join = {"data": [draw(drawings), draw(numbers)], "fn_index": 0, "session_hash": "hostile"}
    path, envelope = draw(some.sampled_from([(LIVE, live), (JOIN, join)]))
    if kind == "live":
        return LIVE, {}, live
    if kind == "join":
        return JOIN, {}, join
    if kind == "envelope":
        spoilt = draw(
            some.sampled_from([*envelope, "event_data", "batched", "event_id", "trigger_id", "simple_format"])
        )
        return path, {}, envelope | {spoilt: draw(anything | towers)}
    if kind == "bytes":
        return path, {}, draw(some.binary(max_size=300) | some.sampled_from([b"[" * 100_000, b"1" * 5000, b"NaN", b""]))
    body = json.dumps(envelope).encode()
    if kind == "cut":
        return path, {}, body[: draw(some.integers(0, len(body)))]
    return (
        path,
        {"Content-Type": draw(some.sampled_from(["text/plain", "multipart/form-data; boundary=x", "x" * 300]))},
        body,
    )


def bombard(visitor: Visitor, count: int) -> dict[int, int]:
    """Sends `count` generated requests; returns how often each status was answered."""
    statuses: dict[int, int] = {}

    @settings(
        max_examples=count, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(hostile())
    def send(request):
        path, headers, body = request
        status, text = visitor.ask("POST", path, body, **headers)
        statuses[status] = statuses.get(status, 0) + 1
        assert 200 <= status < 500 and "Traceback" not in text and ".py" not in text
        told = json.loads(text)
        if status >= 400:
            assert isinstance(told["detail"], str) and told["detail"]
        elif path == LIVE:
            assert told.get("state") in ("empty", "digit", "refused") or "rows" in told or "expected" in told["error"]
        else:
            session = body["session_hash"]
            done = visitor.fetch(session)
            assert done["success"] or "expected" in done["output"]["error"]

    send()
    return statuses


def test_two_thousand_hostile_payloads(server, visitor, cache):
    bombard(visitor, 200)  # imports, caches, threads
    expect_right_answers(visitor)
    before = resident(server)
    statuses = bombard(visitor, 2000)
    assert sum(statuses.values()) >= 2000 and {200, 400, 404, 415} <= set(statuses), statuses
    expect_right_answers(visitor)
    assert resident(server) - before < GROWTH
    assert [path for path in cache.rglob("*") if path.is_file()] == []
