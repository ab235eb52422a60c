"""Two servers behind nginx, by the lines of docs/serving.md: it does not matter which of them answers."""

import contextlib
import os
import re
import socket
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from gradio_client import Client

from bench import shared
from tests.conftest import ROOT, expect_ready, program
from tests.test_load import drawings, is_right, pads  # noqa: F401
from tests.test_page import DRAWN, draw, expect_reading

AROUND = """
daemon off;
{user}
pid {folder}/pid;
error_log {folder}/errors;
events {{}}
http {{
    log_format who "$request_uri $status $upstream_addr";
    access_log {folder}/access who;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {lines}
}}
"""


def lines_of(file: str, start: str) -> str:
    """What the file tells nginx, in the one block that starts so."""
    [lines] = re.findall(rf"```nginx\n({start}.*?)```", (ROOT / file).read_text(encoding="utf-8"), re.S)
    return lines


def nginx_program() -> str:
    return program("nginx", package="nginx, whose program is in /usr/sbin")


@contextlib.contextmanager
def nginx(folder, lines: str):
    """nginx by these lines, its `listen 80;` on a free port, which is yielded."""
    found, port = nginx_program(), shared.free_port()
    assert "listen 80;" in lines
    lines = lines.replace("listen 80;", f"listen 127.0.0.1:{port};")
    user = "user root;" if os.geteuid() == 0 else ""  # its workers write into the folder
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, lines=lines, user=user), encoding="utf-8")
    process = subprocess.Popen([found, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "errors"])
    try:
        while True:
            assert process.poll() is None, (folder / "errors").read_text(encoding="utf-8")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


class Balanced:
    """Two replicas, nginx before them on a port of its own."""

    def __init__(self, port, replicas, log):
        self.port, self.replicas, self.log = port, replicas, log
        self.url = f"http://127.0.0.1:{port}"

    def answered(self) -> Counter:
        """How many updates of the page each port answered so far, by nginx's own log."""
        updates = [
            line.split() for line in self.log.read_text(encoding="utf-8").splitlines() if "component_server" in line
        ]
        return Counter(int(line[-1].rpartition(":")[2]) for line in updates)


@pytest.fixture
def balanced(tmp_path, weights):
    nginx_program()
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        replicas = list(pool.map(lambda _: stack.enter_context(shared.serving(weights)), range(2)))
        lines = lines_of("docs/serving.md", "upstream")
        for written, replica in zip(("7860", "7861"), replicas, strict=True):
            assert written in lines
            lines = lines.replace(written, str(replica.port))
        port = stack.enter_context(nginx(tmp_path, lines))
        yield Balanced(port, replicas, tmp_path / "access")


def test_replicas_take_turns_and_one_may_die(balanced, pads, drawings, is_right, chromium):  # noqa: F811
    people = pads(balanced.port, 4)
    answers = [pad.ask(drawing, 5) for drawing in drawings[:20] for pad in people]
    assert all(is_right(answer) for answer in answers)
    while balanced.answered().total() < len(answers):  # nginx logs what it has answered
        time.sleep(0.01)
    assert set(balanced.answered().values()) == {len(answers) // 2}  # in turns, and no stickiness

    for _ in range(4):  # a program's queue is its replica's
        answer = Client(balanced.url, verbose=False).predict(drawing=drawings[0], number=5, api_name="/read")
        assert answer["sum"] == answer["digit"] + 5

    page = chromium.new_page()
    complaints = []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(balanced.url)
    expect_ready(page)
    before = balanced.answered()
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)
    assert all((balanced.answered() - before)[replica.port] for replica in balanced.replicas)
    assert complaints == []

    with ThreadPoolExecutor(len(people)) as pool:
        drawing = [pool.submit(lambda pad: [pad.ask(each, 3) for each in drawings[:60]], pad) for pad in people]
        while sum(balanced.answered().values()) < len(answers) + 60:
            time.sleep(0.01)
        balanced.replicas[0].process.kill()
        answers = [answer for each in drawing for answer in each.result()]
    lost = [answer for answer in answers if answer.body is None]
    assert len(lost) <= 1 and all(is_right(answer) for answer in answers if answer.body)

    page.keyboard.press("Escape")
    draw(page, DRAWN[2])
    expect_reading(page, 2, 5)
    assert complaints == []
    page.close()
