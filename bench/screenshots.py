"""Takes the pictures of the page: `python -m bench.screenshots`, light, dark, on a phone, a picture read, two lessons.

Starts the page with the shipped weights, and draws a digit that a person drew, by mouse, in Chromium.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from adder.files import user_path
from bench import made_pictures, shared
from bench.shared import Strokes, chromium, draw, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES: dict[str, tuple[int, int, dict]] = {  # name -> digit, number, and what the browser is
    "page-light": (7, 5, {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"}),
    "page-dark": (2, 6, {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}),
    "page-phone": (4, 8, {"viewport": {"width": 375, "height": 667}, "is_mobile": True, "device_scale_factor": 2}),
}


def take_picture(browser: "Browser", url: str, strokes: Strokes, path: Path) -> None:
    """A photo of ruled paper, and the frame round the digit that was found on it."""
    drawing = [np.array(stroke, float) for stroke in strokes]
    photo = made_pictures.saved(made_pictures.ruled(np.random.default_rng(1), drawing), "jpg")
    page = browser.new_page(reduced_motion="reduce", viewport={"width": 1280, "height": 800})
    page.goto(url)
    page.wait_for_selector(shared.READY)
    page.set_input_files("[type=file]", {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo})
    page.wait_for_selector("#reading[data-digit='5']")
    page.mouse.move(0, 0)
    page.screenshot(path=path)
    print(path)


def take_lesson(browser: "Browser", url: str, strokes: Strokes, lesson: str, at: float, path: Path) -> None:
    """A question of 'How it works', open on a drawing, its slider, if it has one, `at` this share."""
    page = browser.new_page(reduced_motion="reduce", viewport={"width": 1280, "height": 1100})
    page.goto(url)
    page.wait_for_selector(shared.READY)
    draw(page, strokes)
    page.wait_for_selector("#reading[data-digit='2']")
    page.get_by_text("How it works").click()
    page.locator(f".how .{lesson} summary").click()
    item = page.locator(f".how .{lesson}")
    item.locator("[role=status]:not(:empty)").wait_for()
    for slider in item.get_by_role("slider").all():
        slider.fill(str(round(at * int(slider.get_attribute("max") or 0))))
    item.screenshot(path=path)
    print(path)


def main() -> None:
    parser = shared.parser("Takes the pictures of the page.", data=False)
    out = shared.ROOT / "docs"
    parser.add_argument("--out", type=user_path, default=out, help="folder for the pictures (%(default)s)")
    preview = shared.ROOT / "adder/page/web/preview.png"
    parser.add_argument("--preview", type=user_path, default=preview, help="what links to the page show (%(default)s)")
    flags = parser.parse_args()
    flags.out.mkdir(parents=True, exist_ok=True)

    drawn = {example["digit"]: example["strokes"] for example in shared.page_examples()}
    with chromium() as browser, serving(flags.weights) as server:
        url = f"http://127.0.0.1:{server.port}"
        for name, (digit, number, options) in PICTURES.items():
            page = browser.new_page(reduced_motion="reduce", **options)
            page.goto(url)
            page.wait_for_selector(shared.READY)
            page.keyboard.press(str(number))
            draw(page, drawn[digit])
            page.wait_for_selector(f"#reading[data-sum='{digit + number}']")
            page.mouse.move(0, 0)
            page.screenshot(path=flags.out / f"{name}.png")
            print(flags.out / f"{name}.png")
        page = browser.new_page(reduced_motion="reduce", viewport={"width": 1200, "height": 630})
        page.goto(url)
        page.wait_for_selector(shared.READY)
        draw(page, drawn[7])
        page.wait_for_selector("#reading[data-digit='7']")
        page.screenshot(path=flags.preview)
        print(flags.preview)
        take_picture(browser, url, drawn[5], flags.out / "page-picture.png")
        take_lesson(browser, url, drawn[2], "thinking", 0, flags.out / "think.png")
        take_lesson(browser, url, drawn[2], "growing", 0.2, flags.out / "grow.png")


if __name__ == "__main__":
    shared.run(main)
