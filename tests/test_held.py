"""Two thousand connections that never say what they want lock nobody out."""

import contextlib
import socket

import pytest

from tests.conftest import Server
from tests.test_page import ask_as_pad

HELD = 2000
DRAWING = {"strokes": [[[2000, 1000], [8000, 1000], [4000, 9000]]], "number": 5}


@pytest.fixture
def server_of_few_files(weights):
    """Started with the usual limit of 1,024 open files; the test may open as many as the system allows."""
    resource = pytest.importorskip("resource", reason="no such limit on this system")
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < 2 * HELD:
        pytest.skip(f"this system allows a process {most} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, most), most))
    server = Server(weights)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    yield server
    server.stop()
    resource.setrlimit(resource.RLIMIT_NOFILE, (usual, most))


def half_a_header(server) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=120)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ")
    return connection


def test_a_reading_comes_while_thousands_hold_half_a_header(server_of_few_files):
    server = server_of_few_files
    with contextlib.ExitStack() as stack:
        first = [stack.enter_context(half_a_header(server)) for _ in range(HELD)]
        assert ask_as_pad(server, "read_pad", DRAWING)["sum"] == 12
        for _ in range(100):  # and new ones come
            stack.enter_context(half_a_header(server))
        assert ask_as_pad(server, "read_pad", DRAWING)["sum"] == 12
        for connection in first:  # the server closes each, sooner or later: only a hang runs into the timeout
            assert connection.recv(1) == b""


def test_a_header_in_single_bytes_is_heard(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        for byte in b"GET /config HTTP/1.1\r\nHost: x\r\n\r\n":
            connection.sendall(bytes([byte]))
        assert connection.recv(12) == b"HTTP/1.1 200"
