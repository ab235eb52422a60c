"""Takes the README's pictures of the page: `python -m bench.screenshots`, light, dark, on a phone, and the lesson.

Starts the page with the shipped weights, and draws a digit that a person drew, by mouse, in Chromium.
"""

import argparse
import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from adder.page import component, serving
from adder.reader import Reader

ROOT = Path(__file__).parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PICTURES = {  # name -> digit, number, and what the browser is
    "page-light": (7, 5, {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"}),
    "page-dark": (2, 6, {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}),
    "page-phone": (4, 8, {"viewport": {"width": 375, "height": 667}, "is_mobile": True, "device_scale_factor": 2}),
}


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium or Chrome, or else the one that Playwright installed."""
    browser = playwright.chromium.launch(executable_path=next(filter(None, map(shutil.which, BROWSERS)), None))
    yield browser
    browser.close()


def draw(page: Page, strokes: list) -> None:
    box = page.locator("#pad canvas").bounding_box()
    for stroke in strokes:
        points = [(box["x"] + x / 10_000 * box["width"], box["y"] + y / 10_000 * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()


def take_lesson(browser: Browser, url: str, strokes: list, path: Path) -> None:
    """The panel 'How it works', on a drawing."""
    page = browser.new_page(reduced_motion="reduce", viewport={"width": 1280, "height": 800})
    page.goto(url)
    page.wait_for_selector("#pad canvas")
    draw(page, strokes)
    expect(page.locator("#reading")).to_have_attribute("data-digit", "2")
    page.get_by_text("How it works").click()
    page.get_by_role("button", name="Show the ink that mattered").click()
    expect(page.locator(".why p")).to_contain_text("What made it a 2")
    page.locator(".how").screenshot(path=path)
    print(path)


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("--weights", type=Path, default=ROOT / "weights" / "adder.safetensors")
    flags.add_argument("--out", type=Path, default=ROOT / "docs", help="folder for the pictures (%(default)s)")
    args = flags.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    examples = json.loads((ROOT / "adder/page/web/examples.json").read_text())["drawings"]
    drawn = {example["digit"]: example["strokes"] for example in examples}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served = component.build(Reader.load(args.weights, device="cpu"))
    serving.launch(served, host="127.0.0.1", port=port)

    with sync_playwright() as playwright, chromium(playwright) as browser:
        for name, (digit, number, options) in PICTURES.items():
            page = browser.new_page(reduced_motion="reduce", **options)
            page.goto(served.local_url)
            page.wait_for_selector("#pad canvas")
            page.keyboard.press(str(number))
            draw(page, drawn[digit])
            expect(page.locator("#reading")).to_have_attribute("data-sum", str(digit + number))
            page.mouse.move(0, 0)
            page.screenshot(path=args.out / f"{name}.png")
            print(args.out / f"{name}.png")
        take_lesson(browser, served.local_url, drawn[2], args.out / "page-lesson.png")
    served.close()


if __name__ == "__main__":
    main()
