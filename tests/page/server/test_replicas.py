"""Two servers behind nginx, by the lines of docs/serving.md: it does not matter which of them answers."""

import contextlib
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from gradio_client import Client

from bench.server import serving
from tests.browser.pad import DRAWN, draw, expect_reading, expect_ready
from tests.nginx import lines_of, nginx, nginx_program


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
        replicas = list(pool.map(lambda _: stack.enter_context(serving(weights)), range(2)))
        lines = lines_of("docs/serving.md", "upstream")
        for written, replica in zip(("7860", "7861"), replicas, strict=True):
            assert written in lines
            lines = lines.replace(written, str(replica.port))
        port = stack.enter_context(nginx(tmp_path, lines))
        yield Balanced(port, replicas, tmp_path / "access")


def test_replicas_take_turns_and_one_may_die(balanced, pads, drawings, is_right, chromium):
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
