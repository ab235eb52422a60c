"""Gradio's SSR mode: the page would work with it. test_space.py asks for it, and the page does without."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.pad import DESKTOP, DRAWN, draw, expect_empty, expect_reading, expect_rendered
from tests.machine import node
from tests.servers import Server

WITH_SSR = """
import sys, demo, gradio
launch = gradio.Blocks.launch
gradio.Blocks.launch = lambda page, **options: launch(page, **options | {"ssr_mode": True})
sys.exit(demo.main(sys.argv[1:]))
"""


class Rendered(Server):
    """demo.py behind the Node server that renders pages in SSR mode."""

    def __init__(self, weights: Path):
        super().__init__(weights, script=WITH_SSR)

    def stop(self) -> None:
        self.process.terminate()  # it ends Node
        self.process.wait(120)


@pytest.fixture
def server(weights, monkeypatch):
    monkeypatch.setenv("GRADIO_NODE_PATH", str(node()))
    running = Rendered(weights)
    yield running
    running.stop()


def test_the_page_works_with_it(visit, chromium, server):
    expect_rendered(chromium, server)
    page = visit(**DESKTOP)
    expect_empty(page)
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)
    page.keyboard.press("9")
    expect_reading(page, 7, 9)
    page.get_by_text("How it works").click()
    page.get_by_text("How does it add?").click()
    expect(page.locator(".example tbody tr").first).to_contain_text("7 + 9 = 16")
