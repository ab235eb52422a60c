"""The pad in Chromium: what is drawn on it, and what the page says to it."""

import json
import re

import numpy as np
from playwright.sync_api import expect

from bench.browser import READY
from tests.machine import ROOT

DRAWN = {  # five digits that people drew with a pen, as strokes in a square of side 1
    drawing["digit"]: [np.array(stroke) / 10_000 for stroke in drawing["strokes"]]
    for drawing in json.loads((ROOT / "adder/page/web/examples.json").read_text(encoding="utf-8"))["drawings"]
}
NO_DIGITS = {
    "two digits": [stroke * 0.4 + (0, 0.3) for stroke in DRAWN[2]] + [stroke * 0.4 + (0.5, 0.3) for stroke in DRAWN[7]],
    "scribble": [np.column_stack((np.linspace(0.2, 0.8, 15), 0.3 + 0.4 * (np.arange(15) % 2)))],
    "line": [np.column_stack((np.linspace(0.2, 0.8, 9), np.full(9, 0.5)))],
}
COLLECT = "Not what I drew?"
COMPARE = "Compare with five other networks"
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 375, "height": 667}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


def expect_rendered(chromium, server, by_the_server=True):
    """Without scripts the page's foot is there where Gradio's SSR mode is on, and nowhere else."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.url)
    expect(page.get_by_role("button", name="Use via API")).to_be_visible(visible=by_the_server)
    context.close()


def on_pad(page, strokes):
    expect_ready(page)
    box = page.locator("#pad canvas").bounding_box()
    return [[(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke] for stroke in strokes]


def draw(page, strokes, lift=True):
    for stroke in on_pad(page, strokes):
        page.mouse.move(*stroke[0])
        page.mouse.down()
        for x, y in stroke[1:]:
            page.mouse.move(x, y)
        if lift:
            page.mouse.up()


def expect_reading(page, digit, number):
    reading = page.locator("#reading")
    expect(reading).to_have_attribute("data-sum", str(digit + number))
    expect(reading).to_have_attribute("data-digit", str(digit))
    expect(reading).to_have_attribute("data-state", "digit")
    expect(page.locator(".equation .terms")).to_have_text(f"{digit} + {number} = {digit + number}")


def expect_empty(page):
    for name, value in {"data-state": "empty", "data-digit": "", "data-sum": ""}.items():
        expect(page.locator("#reading")).to_have_attribute(name, value)


def expect_refused(page):
    for name, value in {"data-state": "refused", "data-digit": "", "data-sum": ""}.items():
        expect(page.locator("#reading")).to_have_attribute(name, value)
    expect(page.locator("#reading")).not_to_have_attribute("data-unsure", re.compile(""))
    expect(page.get_by_text("That does not look like a digit", exact=True)).to_be_visible()
    expect(page.locator(".terms")).to_be_hidden()


def expect_rows(page, digit, number):
    """The page's own row has this digit and sum, and each row's mark agrees with the figures beside it."""
    table = page.locator(".others table")
    expect(table.locator("tbody .right").first).to_have_text(f"✓ {digit} + {number} = {digit + number}")
    expect(table).to_have_attribute("aria-busy", "false")
    rows = [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()]
    for _, digit_cell, sum_cell, verdict in rows:
        read, added = (int(cell.split()[0]) for cell in (digit_cell, sum_cell))
        right = read + number == added
        assert verdict.strip() == (f"✓ {read} + {number} = {added}" if right else f"✗ {read} + {number} is not {added}")
        assert digit_cell.endswith("%") and sum_cell.endswith("%")
    return [row[0].strip() for row in rows]


def expect_ready(page) -> None:
    """The page, or a frame, listens to its pad, which stands a moment earlier, and Gradio's 'Loading...' is gone."""
    expect(page.locator("#pad canvas")).to_be_visible()
    expect(page.locator(READY)).to_be_attached()
    expect(page.locator("p.loading")).to_have_count(0)


EXAMPLE = "Example: a drawn {}"


# The ink as one number for each of 50 x 50 parts of the pad: how much of it is covered.
INK = """canvas => {
  const small = new OffscreenCanvas(50, 50), ink = small.getContext('2d');
  ink.drawImage(canvas, 0, 0, 50, 50);
  return [...ink.getImageData(0, 0, 50, 50).data].filter((_, i) => i % 4 === 3);
}"""


def ink(page):
    """(50, 50): the pad, top to bottom, once what was drawn is painted."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return np.array(page.locator("#pad canvas").evaluate(INK)).reshape(50, 50)


def example(page, digit):
    page.get_by_role("button", name=EXAMPLE.format(digit)).click()


def hold(page, requests="**/component_server/"):
    """The pad's requests, or others, wait until `release`."""
    held, released = [], []
    page.route(requests, lambda route: route.continue_() if released else held.append(route))

    def release():
        released.append(True)
        for route in held:
            route.continue_()

    return held, release


def opacity(page, part):
    return float(page.locator(part).evaluate("e => getComputedStyle(e).opacity"))
