"""Takes the pictures of the page: python -m bench.screenshots --help

In Chromium, with the shipped weights; the mouse draws digits that a person drew. The pictures show the page when dark,
on a phone, with a photo, and two lessons. In an animated one a digit is drawn, then the number changes.
"""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from adder.files import replacing, user_path
from bench import command, synthetic_pictures
from bench.browser import READY, chromium, draw
from bench.drawings import PAD, PadStrokes, page_examples
from bench.server import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

PICTURES: dict[str, tuple[int, int, dict]] = {  # name -> digit, number, options of the browser
    "page-dark": (2, 6, {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}),
    "page-phone": (4, 8, {"viewport": {"width": 375, "height": 667}, "is_mobile": True, "device_scale_factor": 2}),
}

FILM_VIEWPORT: "ViewportSize" = {"width": 1080, "height": 680}
FILM_WIDTH = 720  # px
ANSWER_MS = 100  # until the page shows the answer to the last change


def take_film(browser: "Browser", url: str, strokes: PadStrokes, path: Path) -> None:
    """An animated GIF: a digit is drawn and the bars follow, then the number slides and the sum follows."""
    page = browser.new_page(reduced_motion="reduce", viewport=FILM_VIEWPORT)
    page.goto(url)
    page.wait_for_selector(READY)
    frames: list[Image.Image] = []
    durations: list[int] = []  # ms, of each frame

    def take(duration: int) -> None:
        page.wait_for_timeout(ANSWER_MS)
        frame = Image.open(io.BytesIO(page.screenshot()))
        height = round(FILM_WIDTH * frame.height / frame.width)
        frames.append(frame.convert("RGB").resize((FILM_WIDTH, height), Image.Resampling.LANCZOS))
        durations.append(duration)

    take(600)
    box = page.locator("#pad canvas").bounding_box()
    assert box, "the pad is not shown"
    for stroke in strokes:
        for index, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x / PAD * box["width"], box["y"] + y / PAD * box["height"])
            if index == 0:
                page.mouse.down()
            if index % 2:
                take(70)
        page.mouse.up()
    page.mouse.move(0, 0)
    take(1200)
    for number in (6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2):
        page.get_by_role("slider", name="Number to add").fill(str(number))
        take(250)
    durations[-1] = 2000
    palette = frames[-1].quantize(64)
    first, *others = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    with replacing(path) as temporary:
        first.save(temporary, "GIF", save_all=True, append_images=others, duration=durations, loop=0)
    print(path)


def take_picture(browser: "Browser", url: str, strokes: PadStrokes, path: Path) -> None:
    """The page with a photo of ruled paper, and a frame round its digit, a 5."""
    drawing = [np.array(stroke, float) for stroke in strokes]
    photo = synthetic_pictures.encode(synthetic_pictures.ruled(np.random.default_rng(1), drawing), "jpg")
    page = browser.new_page(reduced_motion="reduce", viewport={"width": 1280, "height": 800})
    page.goto(url)
    page.wait_for_selector(READY)
    page.set_input_files("[type=file]", {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo})
    page.wait_for_selector("#reading[data-digit='5']")
    page.mouse.move(0, 0)
    page.screenshot(path=path)
    print(path)


def take_lesson(browser: "Browser", url: str, strokes: PadStrokes, lesson: str, at: float, path: Path) -> None:
    """A lesson of 'How it works' on a drawn 2; its slider, if it has one, is `at` this share of its way."""
    page = browser.new_page(reduced_motion="reduce", viewport={"width": 1280, "height": 1100})
    page.goto(url)
    page.wait_for_selector(READY)
    draw(page, strokes)
    page.wait_for_selector("#reading[data-digit='2']")
    page.get_by_text("How it works").click()
    page.locator(f".how [data-lesson={lesson}] summary").click()
    item = page.locator(f".how [data-lesson={lesson}]")
    item.locator("[role=status]:not(:empty)").wait_for()
    for slider in item.get_by_role("slider").all():
        slider.fill(str(round(at * int(slider.get_attribute("max") or 0))))
    item.screenshot(path=path)
    print(path)


def main() -> None:
    parser = command.parser("Takes the pictures of the page.")
    out = command.ROOT / "docs"
    parser.add_argument("--out", type=user_path, default=out, help="the folder for the pictures (%(default)s)")
    preview = command.ROOT / "adder/page/web/preview.png"
    parser.add_argument(
        "--preview", type=user_path, default=preview, help="the picture that links to the page show (%(default)s)"
    )
    flags = parser.parse_args()
    flags.out.mkdir(parents=True, exist_ok=True)

    drawn = {example["digit"]: example["strokes"] for example in page_examples()}
    with chromium() as browser, serving(flags.weights) as server:
        url = f"http://127.0.0.1:{server.port}"
        for name, (digit, number, options) in PICTURES.items():
            page = browser.new_page(reduced_motion="reduce", **options)
            page.goto(url)
            page.wait_for_selector(READY)
            page.keyboard.press(str(number))
            draw(page, drawn[digit])
            page.wait_for_selector(f"#reading[data-sum='{digit + number}']")
            page.mouse.move(0, 0)
            page.screenshot(path=flags.out / f"{name}.png")
            print(flags.out / f"{name}.png")
        page = browser.new_page(reduced_motion="reduce", viewport={"width": 1200, "height": 630})
        page.goto(url)
        page.wait_for_selector(READY)
        draw(page, drawn[7])
        page.wait_for_selector("#reading[data-digit='7']")
        page.screenshot(path=flags.preview)
        print(flags.preview)
        take_film(browser, url, drawn[2], flags.out / "page.gif")
        take_picture(browser, url, drawn[5], flags.out / "page-picture.png")
        take_lesson(browser, url, drawn[2], "filters", 0, flags.out / "think.png")
        take_lesson(browser, url, drawn[2], "training_steps", 0.2, flags.out / "grow.png")


if __name__ == "__main__":
    command.run(main)
