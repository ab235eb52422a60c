"""Where the page listens, who is invited, and what is said when it cannot: with real sockets and servers."""

import errno
import os
import re
import socket
import sys
import urllib.request
from contextlib import closing

import cv2
import httpx
import numpy as np
import pytest

from adder.page.server import listening
from bench.server import free_port
from tests.servers import NOWHERE, opened, started

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
BLOCKS = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


@pytest.fixture
def ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")


def reached(sockets, host: str) -> bool:
    port = sockets[0].getsockname()[1]
    try:
        socket.create_connection((host, port), timeout=60).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize(
    ("host", "reaches"),
    [("127.0.0.1", {"127.0.0.1"}), ("0.0.0.0", {"127.0.0.1"}), ("::1", {"::1"}), ("::", {"127.0.0.1", "::1"})],
)
def test_what_a_host_lets_in(ipv6, host, reaches):
    sockets = listening.listen(host, free_port())
    assert {each for each in ("127.0.0.1", "::1") if reached(sockets, each)} == reaches
    for each in sockets:
        each.close()


def test_localhost_is_each_of_its_addresses_that_are_here(monkeypatch):
    named = [(socket.AF_INET6, ("2001:db8::7", 0, 0, 0)), (socket.AF_INET, ("127.0.0.1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(family, 1, 6, "", at) for family, at in named * 2])
    [only] = listening.listen("localhost", 0)
    with closing(only):
        assert only.getsockname()[0] == "127.0.0.1"


def trouble_of(host: str, port: int) -> str:
    with pytest.raises(OSError) as caught:
        listening.listen(host, port)
    return listening.describe_failure(caught.value, host, port)


def test_a_taken_port_is_called_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = trouble_of("127.0.0.1", port)
        assert said.startswith(f"cannot listen on 127.0.0.1:{port}: another program uses this port; ")
        listening.listen("127.0.0.1", int(re.search(r"--port (\d+)$", said)[1]))[0].close()


def test_an_address_of_another_machine_is_called_so():
    said = trouble_of("198.51.100.7", 7860)
    assert said.startswith("cannot listen on 198.51.100.7:7860: this machine has no such address; try --host ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_too_many_files_are_called_so():
    import resource

    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, most))
    try:
        with pytest.raises(OSError) as caught:
            listening.listen("127.0.0.1", 0)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (usual, most))
    assert listening.describe_failure(caught.value, "127.0.0.1", 0).startswith("too many files are open; allow more")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), r":80: no permission for this port; .* --port 10\d\d"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), r"\[::1\]:80: this machine has no such"),
        (PermissionError(errno.EACCES, "Permission denied", "/no/cache"), "^/no/cache: Permission denied$"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "^Broken pipe$"),
    ],
)  # fmt: skip
def test_other_troubles_are_called_what_they_are(ipv6, error, said):
    assert re.search(said, listening.describe_failure(error, "::1", 80))


def decoded(drawn: str) -> str:
    """What a camera reads of a QR code in a terminal."""
    lines = [re.fullmatch(r"\033\[97;40m(.+)\033\[0m", line)[1] for line in drawn.splitlines()]
    rows = [[BLOCKS[block][half] for block in line] for line in lines for half in (0, 1)]
    return cv2.QRCodeDetector().detectAndDecode(np.kron(np.array(rows, np.uint8) * 255, np.ones((8, 8), np.uint8)))[0]


@pytest.mark.parametrize("url", ["http://192.168.100.200:7860/", "http://[fd00:1234:5678::1:2]:65535/"])
def test_a_terminal_shows_a_code_that_a_camera_reads(url, capsys, monkeypatch):
    listening.print_join_address(url)
    assert capsys.readouterr().out == f"Others open {url}\n", "no terminal"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    listening.print_join_address(url)
    said, drawn = capsys.readouterr().out.split("\n", 1)
    assert said == f"Others open {url}" and decoded(drawn.strip()) == url


def test_nobody_is_invited_where_there_is_no_network(monkeypatch):
    assert listening.others_url("127.0.0.1", 7860) is None and listening.others_url("::1", 7860) is None

    def unreachable(*_):
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    assert listening.others_url("0.0.0.0", 7860) is None and listening.others_url("::", 7860) is None


def test_no_exception_to_the_proxy_stops_gradio(restored, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", NOWHERE)
    monkeypatch.setenv("NO_PROXY", "[::1], fd00::/8,fd00::3,example.org:80,.corp,10.0.0.0/8,stra\u00dfe.de,a:b")
    monkeypatch.delenv("no_proxy", raising=False)
    listening.bypass_proxies("fd00::2")
    httpx.Client().close()
    ours = "fd00::3,example.org:80,.corp,10.0.0.0/8,localhost,127.0.0.1,::1,fd00::2"
    assert os.environ["NO_PROXY"] == ours


def test_the_body_of_an_answer_does_not_wait_for_its_head_to_be_acknowledged():
    [heard] = listening.listen("127.0.0.1", 0)
    with heard, socket.create_connection(heard.getsockname()):
        connection, _ = heard.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_page_is_served_by_ipv6(ipv6):
    with started("--host", "::", HTTP_PROXY=NOWHERE, NO_PROXY="[::1],fd00::/8") as process:
        said, address = opened(process)
        assert re.fullmatch(r"http://\[::1\]:\d+/", address) and "demo.py" not in said
        others = listening.others_url("::", int(address.split(":")[-1].strip("/")))
        if others:
            assert process.stdout.readline() == f"Others open {others}\n"
        for url in filter(None, (address, others)):
            foreign = urllib.request.Request(url, headers={"Origin": "http://elsewhere.example"})
            with DIRECT.open(foreign, timeout=60) as answer:
                assert b"Draw a digit" in answer.read()
                assert "[" not in url or "Access-Control-Allow-Origin" not in answer.headers, "no other site may read"
