"""Two thousand connections that never say what they want lock nobody out."""

import contextlib
import http.client
import json
import socket
import sys

import pytest

from adder.page.server.connections import raise_file_limit
from tests.nginx import lines_of, nginx, nginx_program
from tests.servers import Server, ask_as_pad

HELD = 2000
SEVEN = [[[20, 10], [80, 10], [40, 90]]]
DRAWING = {"strokes": [[[2000, 1000], [8000, 1000], [4000, 9000]]], "number": 5}


HALVES = {
    "header": b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ",
    "body": b"POST /gradio_api/component_server/ HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
}


@pytest.fixture(scope="module")
def server_of_few_files(weights):
    """Started with the usual limit of 1,024 open files; the test may open as many as the system allows."""
    resource = pytest.importorskip("resource", reason="no such limit on this system")
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < 2 * HELD:
        pytest.skip(f"this system allows a process {most} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, most), most))
    server = Server(weights)
    raise_file_limit()
    yield server
    server.stop()
    resource.setrlimit(resource.RLIMIT_NOFILE, (usual, most))


def half_asked(port, half, address="127.0.0.1") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=120, source_address=(address, 0))
    connection.sendall(HALVES[half])
    return connection


@pytest.mark.parametrize("half", HALVES)
def test_a_reading_comes_while_thousands_hold_half_a_request(server_of_few_files, half):
    server = server_of_few_files
    with contextlib.ExitStack() as stack:
        first = [stack.enter_context(half_asked(server.port, half)) for _ in range(HELD)]
        assert ask_as_pad(server, "read_pad", DRAWING)["sum"] == 12
        for _ in range(100):  # and new ones come
            stack.enter_context(half_asked(server.port, half))
        assert ask_as_pad(server, "read_pad", DRAWING)["sum"] == 12
        for connection in first if half == "header" else ():  # closed sooner or later: only a hang takes two minutes
            assert connection.recv(1) == b""


def test_the_file_limit_of_a_mac(monkeypatch):
    resource = pytest.importorskip("resource", reason="no such limit on this system")
    limits = [256, 2**63 - 1]

    def setrlimit(_, wanted):
        if wanted[0] > 10_240:
            raise ValueError("Invalid argument")
        limits[0] = wanted[0]

    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(limits))
    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    raise_file_limit()
    assert limits[0] == 10_240


def test_a_header_in_single_bytes_is_heard(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        for byte in b"GET /config HTTP/1.1\r\nHost: x\r\n\r\n":
            connection.sendall(bytes([byte]))
        assert connection.recv(12) == b"HTTP/1.1 200"


@pytest.mark.skipif(sys.platform != "linux", reason="two addresses of one machine")
def test_a_proxy_holds_back_one_address_and_no_other(server, tmp_path):
    nginx_program()
    rate, lines = "rate=200r/s", lines_of("SECURITY.md", "limit_conn_zone")
    assert rate in lines and "7860" in lines
    lines = lines.replace(rate, "rate=1r/m").replace("7860", str(server.port))  # or a slow machine never asks too often

    def ask(address, method="GET", path="/robots.txt", **asked) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120, source_address=(address, 0))
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(asked), {"Content-Type": "application/json"})
            return connection.getresponse().status

    def others_read() -> bool:
        return ask("127.0.0.3", "POST", "/gradio_api/call/v2/read", drawing=SEVEN, number=5) == 200

    with nginx(tmp_path, lines) as port, contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(half_asked(port, "body"))
        assert any(ask("127.0.0.1") == 429 for _ in range(250)), "of 400: too few to be asking too often"
        assert others_read()
        statuses = [ask("127.0.0.2") for _ in range(500)]
        assert statuses[0] == 200 and statuses[-1] == 429
        assert others_read()
