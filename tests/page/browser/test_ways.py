"""In and out of the page besides the pen: photos, links, saved pictures, and drawings kept by leave, in Chromium."""

import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.pad import DESKTOP, DRAWN, PHONE, draw, expect_empty, expect_reading
from tests.machine import ROOT
from tests.photos import photographed, saved


def test_a_link_reopens_drawing_and_number(visit):
    page = visit(**DESKTOP)
    draw(page, DRAWN[2])
    page.keyboard.press("8")
    expect_reading(page, 2, 8)
    shared = page.get_by_role("button", name="Copy link")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shared.click()
    expect(page.locator(".words")).to_have_text("Link copied. It holds the drawing itself.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert len(link) < 2000 and "#" not in page.url
    other = visit(**PHONE)
    other.goto(link)
    other.reload()  # the same page with another fragment does not load anew
    expect_reading(other, 2, 8)
    other.get_by_role("button", name="Clear").click()
    expect_empty(other)
    other.evaluate("link => location.assign(link)", link.replace("#1.8.", "#1.3."))  # as pasted into an open page
    expect_reading(other, 2, 3)


def test_without_a_clipboard_the_link_stands_in_the_address_bar(visit):
    page = visit(**DESKTOP)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".words")).to_have_text("The link is in the address bar.")
    assert re.search(r"#1\.5\.[\w-]+$", page.url)


def test_a_damaged_link_opens_a_blank_page(visit):
    page = visit(**DESKTOP)
    for fragment in (
        *("#1.5.", "#1.12.AAAA", "#2.5.AgAA", "#1.5.<img src=x onerror=alert(1)>", "#1.5." + "A" * 30_000),
        *("#1.5.____", "#1.5.AgAAAAAA", "#1.5.AgH_" + "_" * 400, "#1.5.gICAgICAgAE"),
    ):
        page.evaluate("fragment => { location.hash = fragment }", fragment)
        expect(page.locator(".words")).to_have_text("That link holds no drawing.")
        expect_empty(page)
        page.get_by_role("button", name="Example: a drawn 7").click()
        expect_reading(page, 7, 5)
        page.keyboard.press("Escape")
        expect_empty(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_reading_is_saved_as_a_picture(visit, scheme, tmp_path):
    page = visit(**DESKTOP, color_scheme=scheme)
    page.get_by_role("button", name="Save picture").click()
    expect(page.locator(".words")).to_have_text("There is no reading to save yet.")
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").click()
    assert download.value.suggested_filename == "adder-7-plus-5.png"
    download.value.save_as(tmp_path / "saved.png")
    pixels = np.array(Image.open(tmp_path / "saved.png").convert("L"))
    assert pixels.shape == (630, 1200)
    inked = np.abs(pixels.astype(int) - pixels[2, 2]) > 100
    assert inked[100:530, 100:530].mean() > 0.02, "the drawing"
    assert inked[60:150, 640:1140].mean() > 0.02, "the equation"


def test_a_photo_is_read_and_drawn_over(visit, rng):
    page = visit(**PHONE)
    strokes = [stroke * 1000 for stroke in DRAWN[2]]
    photo = {"name": "<b>2</b>.jpg", "mimeType": "image/jpeg", "buffer": saved(photographed(strokes, rng))}
    page.locator("[type=file]").set_input_files(photo)
    expect_reading(page, 2, 5)
    page.locator("#number-input").fill("9")
    expect_reading(page, 2, 9)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".words")).to_have_text("A photo does not fit in a link.")
    page.evaluate("scrollTo(0, 0)")
    draw(page, DRAWN[7])
    expect_reading(page, 7, 9)
    page.get_by_role("button", name="Clear").click()
    page.locator("[type=file]").set_input_files(photo)
    expect_reading(page, 2, 9)
    page.get_by_role("button", name="Undo").click()
    expect_empty(page)


def test_a_photo_may_be_dropped(visit, rng):
    page = visit(**DESKTOP)
    photo = list(saved(photographed([stroke * 1000 for stroke in DRAWN[7]], rng)))
    files = page.evaluate_handle(
        "bytes => { const held = new DataTransfer(); held.items.add(new File([new Uint8Array(bytes)], 'a.jpg'));"
        " return held }",
        photo,
    )
    page.dispatch_event("#pad", "drop", {"dataTransfer": files})
    expect_reading(page, 7, 5)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg/>", "That is an SVG drawing. Save it as JPEG or PNG."),
        (saved(np.full((300, 300), 240, np.uint8)), "No ink was found."),
    ],
)
def test_what_is_no_photo_is_told(visit, content, words):
    page = visit(**DESKTOP)
    page.locator("[type=file]").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": content})
    expect(page.locator(".words")).to_contain_text(words)
    expect_empty(page)


def test_the_longest_drawing_has_a_link_that_is_read_again(visit):
    page = visit(**DESKTOP)
    page.add_script_tag(path=ROOT / "adder/page/web/share.js")
    same = """() => {
      const links = shareLink({ scale: 10000, points: 4096, strokes: 64 });
      const far = (index) => [10000 * (index % 2), 10000 * (index % 2)];
      const strokes = Array.from({ length: 64 }, () => Array.from({ length: 64 }, (_, index) => far(index)));
      const read = links.read(links.write(strokes, 7));
      return JSON.stringify(read) === JSON.stringify({ strokes, number: 7 });
    }"""
    assert page.evaluate(same)
