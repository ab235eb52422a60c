"""Every hand and key, in Chromium: undo and redo, a reload, ways beyond the pad, palm and pen, any layout."""

import base64

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.pad import (
    COMPARE,
    DESKTOP,
    DRAWN,
    INK,
    PHONE,
    draw,
    example,
    expect_empty,
    expect_reading,
    expect_ready,
    ink,
    on_pad,
)
from tests.photos import photographed, saved

LINE = base64.urlsafe_b64encode(bytes([4, *[120] * 4])).decode().rstrip("=")  # from (60, 60) to (120, 120) of 500


def test_undo_brings_back_what_was_cleared_or_replaced(visit, rng):
    page = visit(**DESKTOP)
    undo, redo = (page.get_by_role("button", name=name) for name in ("Undo", "Redo"))
    for button in (undo, redo):
        expect(button).to_have_attribute("aria-disabled", "true")
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)
    drawn = ink(page)
    photo = saved(photographed([stroke * 1000 for stroke in DRAWN[4]], rng))
    ways = {
        "Clear": lambda: page.get_by_role("button", name="Clear").click(),
        "Escape": lambda: page.keyboard.press("Escape"),
        "an example": lambda: example(page, 2),
        "a link": lambda: page.evaluate(f"location.hash = '#1.3.{LINE}'"),
        "a photo": lambda: page.locator("[type=file]").set_input_files(
            {"name": "4.jpg", "mimeType": "image/jpeg", "buffer": photo}
        ),
    }
    for way, go in ways.items():
        go()
        page.wait_for_function(
            f"ink => String(({INK})(document.querySelector('#pad canvas'))) !== ink",
            arg=",".join(map(str, drawn.ravel())),
        )
        page.keyboard.press("5")
        undo.click()
        expect_reading(page, 7, 5)
        assert np.array_equal(ink(page), drawn), way
    redo.click()
    expect_reading(page, 4, 5)


def reload(page):
    """The page, reloaded."""
    page.reload()
    expect_ready(page)


@pytest.mark.parametrize("way", ["reload", "back"])
def test_a_reload_or_back_keeps_drawing_and_number(visit, way):
    page = visit(**DESKTOP)
    draw(page, DRAWN[5])
    page.keyboard.press("8")
    expect_reading(page, 5, 8)
    drawn = ink(page)
    if way == "reload":
        reload(page)
    else:
        page.goto("about:blank")
        page.go_back()
    expect_reading(page, 5, 8)
    expect(page.locator("#number-input")).to_have_value("8")
    assert np.array_equal(ink(page), drawn)
    page.keyboard.press("Escape")
    reload(page)
    expect_empty(page)
    expect(page.locator("#number output")).to_have_text("8")
    other = page.context.new_page()  # another tab begins anew
    other.goto(page.url)
    expect_ready(other)
    expect(other.locator("#number output")).to_have_text("5")


def test_a_photo_outlives_a_reload(visit, rng):
    page = visit(**DESKTOP)
    photo = saved(photographed([stroke * 1000 for stroke in DRAWN[2]], rng))
    page.locator("[type=file]").set_input_files({"name": "2.jpg", "mimeType": "image/jpeg", "buffer": photo})
    expect_reading(page, 2, 5)
    reload(page)
    expect_reading(page, 2, 5)


def test_a_link_that_was_drawn_on_does_not_come_back(visit):
    page = visit(**DESKTOP)
    example(page, 2)
    expect_reading(page, 2, 5)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".words")).to_have_text("The link is in the address bar.")
    link = page.url
    shared = page.context.new_page()
    shared.goto(link)
    expect_reading(shared, 2, 5)
    shared.keyboard.press("Escape")
    draw(shared, DRAWN[7])
    expect_reading(shared, 7, 5)
    reload(shared)
    expect_reading(shared, 7, 5)
    assert shared.url == link
    shared.goto("about:blank")
    shared.goto(page.url.partition("#")[0])
    expect_ready(shared)
    shared.goto(link)  # opened anew, it shows what it holds
    expect_reading(shared, 2, 5)


def test_what_no_page_kept_is_left_alone(visit):
    page = visit(**DESKTOP)
    page.add_init_script("sessionStorage.setItem('adder /', window.name)")
    for kept in (
        "{", "null", "[]", '{"strokes": [[["a", 0]]], "number": 5}', '{"strokes": [[]], "number": 5}',
        '{"strokes": [[[0, 10001]]], "number": 5}', '{"strokes": [], "number": 12}',
        '{"ink": [[0], [0, 1]], "number": 1}', '{"strokes": {"every": 1}, "number": 5}',
    ):  # fmt: skip
        page.evaluate("kept => { window.name = kept }", kept)
        reload(page)
        expect_empty(page)
        example(page, 7)
        expect_reading(page, 7, 5)


@pytest.mark.parametrize("fault", ["blocked", "full"])
def test_without_storage_nothing_breaks(visit, fault):
    page = visit(**DESKTOP)
    throws = "() => { throw new DOMException('no', 'QuotaExceededError'); }"
    page.add_init_script(
        f"Object.defineProperty(window, 'sessionStorage', {{ get: {throws} }})"
        if fault == "blocked"
        else f"Storage.prototype.setItem = {throws}"
    )
    page.reload()
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)
    reload(page)
    expect_empty(page)


def test_turning_zooming_and_folding_keep_everything(visit):
    page = visit(**PHONE)
    page.evaluate("scrollTo(0, 0)")
    draw(page, DRAWN[4])
    page.keyboard.press("3")
    expect_reading(page, 4, 3)
    for size in ({"width": 667, "height": 375}, {"width": 320, "height": 256}, {"width": 375, "height": 667}):
        page.set_viewport_size(size)
        page.get_by_text("How it works").click()
        page.get_by_text(COMPARE).click()
        expect_reading(page, 4, 3)
        assert ink(page).max() > 0


HATCH = """strokes => {
  const canvas = document.querySelector("#pad canvas"), box = canvas.getBoundingClientRect();
  const send = (kind, [x, y], buttons = 1) => {
    const at = { clientX: box.left + x * box.width, clientY: box.top + y * box.height };
    const pointer = { pointerType: "mouse", pointerId: 1, isPrimary: true, button: 0, buttons };
    canvas.dispatchEvent(new PointerEvent(kind, { bubbles: true, cancelable: true, ...at, ...pointer }));
  };
  for (const [start, end] of strokes) {
    send("pointerdown", start);
    send("pointermove", end);
    send("pointerup", end, 0);
  }
}"""


def test_hatching_fills_a_block_digit(visit):
    page = visit(**DESKTOP)
    page.evaluate(HATCH, [[(0.46, y), (0.54, y - 0.01)] for y in np.linspace(0.2, 0.8, 90).tolist()])  # a thick 1
    drawn = ink(page)
    assert drawn[12:39, 24:26].min() > 200
    expect_reading(page, 1, 5)


def fingers(page):
    """Real touches: (kind, points of the pad)."""
    session = page.context.new_cdp_session(page)

    def touch(kind, *points):
        [places] = on_pad(page, [points]) if points else [[]]
        touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    return touch


def test_two_fingers_zoom_and_draw_nothing(visit):
    page = visit(**PHONE)
    touch = fingers(page)
    box = page.locator("#pad canvas").bounding_box()
    assert box["width"] > 0
    touch("touchStart", (0.45, 0.5))
    touch("touchStart", (0.45, 0.5), (0.55, 0.5))
    for step in range(1, 11):
        touch("touchMove", (0.45 - 0.03 * step, 0.5), (0.55 + 0.03 * step, 0.5))
    touch("touchEnd")
    page.wait_for_function("visualViewport.scale > 1.2")
    assert ink(page).max() == 0
    expect_empty(page)
    expect(page.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")


def test_keys_work_after_a_picker_a_checkbox_and_a_button(visit, rng):
    page = visit(**DESKTOP)
    photo = saved(photographed([stroke * 1000 for stroke in DRAWN[7]], rng))
    page.locator("[type=file]").focus()
    page.locator("[type=file]").set_input_files({"name": "7.jpg", "mimeType": "image/jpeg", "buffer": photo})
    expect_reading(page, 7, 5)
    page.keyboard.press("3")
    expect_reading(page, 7, 3)
    page.keyboard.press("Escape")
    expect_empty(page)
    page.keyboard.press("Backspace")
    expect_reading(page, 7, 3)
    page.get_by_text("Not what I drew?").click()
    page.get_by_role("button", name="no digit").focus()
    page.keyboard.press("4")
    expect_reading(page, 7, 4)
    page.get_by_role("button", name="Save picture").focus()
    page.keyboard.press("6")
    expect_reading(page, 7, 6)


def test_keys_are_left_to_a_text_that_is_typed(visit):
    page = visit(**DESKTOP)
    example(page, 7)
    expect_reading(page, 7, 5)
    page.evaluate("document.querySelector('.adder').insertAdjacentHTML('beforeend', '<input id=typed>')")
    page.locator("#typed").press_sequentially("12")
    page.locator("#typed").press("Backspace")
    page.locator("#typed").press("Control+z")
    expect_reading(page, 7, 5)


def test_a_tap_counts_after_a_quick_stroke(visit):
    page = visit(**PHONE)
    touch = fingers(page)
    for _ in range(3):
        touch("touchStart", (0.2, 0.2))
        for share in (0.5, 0.8):  # a fling, to a browser that scrolls
            touch("touchMove", (share, share))
        touch("touchEnd")
        expect(page.get_by_role("button", name="Clear")).to_have_attribute("aria-disabled", "false")
        page.get_by_role("button", name="Clear").tap()
        expect_empty(page)
    assert page.evaluate("scrollY") == 0
