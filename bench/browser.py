"""Chromium, and a mouse that draws on the page's pad."""

import contextlib
import shutil
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.command import BenchError
from bench.drawings import PAD, PadStrokes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
READY = "#reading[data-shift]"  # the page sets it when it listens to the pad


@contextlib.contextmanager
def chromium() -> Iterator["Browser"]:
    """The system's Chromium or Chrome, or else the one that Playwright installed. BenchError when none starts."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ModuleNotFoundError as error:
        raise BenchError(
            "Playwright is not installed: pip install -r requirements-dev.txt -c constraints.txt"
        ) from error
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=next(filter(None, map(shutil.which, BROWSERS)), None))
        except Error as error:
            reason = error.message.splitlines()[0]
            raise BenchError(
                f"Chromium does not start ({reason}): python -m playwright install --with-deps chromium"
            ) from error
        yield browser
        browser.close()


def draw(page: "Page", strokes: PadStrokes, *, pause: float = 0.0) -> None:
    """Draws on the page's pad with the mouse, at least `pause` seconds from point to point."""
    box = page.locator("#pad canvas").bounding_box()
    assert box, "the pad is not shown"
    for stroke in strokes:
        for index, (x, y) in enumerate(stroke):
            started = time.perf_counter()
            page.mouse.move(box["x"] + x / PAD * box["width"], box["y"] + y / PAD * box["height"])
            if index == 0:
                page.mouse.down()
            time.sleep(max(0.0, pause - (time.perf_counter() - started)))
        page.mouse.up()
