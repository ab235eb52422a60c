"""Pictures that are pasted, dropped anywhere or taken by a phone, in Chromium; one that fails leaves nothing stale."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.test_every_hand import example
from tests.test_fresh import hold, opacity
from tests.test_page import DESKTOP, DRAWN, PHONE, expect_empty, expect_reading
from tests.test_picture import photographed, saved

BLANK = saved(np.full((300, 300), 240, np.uint8))


@pytest.fixture
def photo(rng):
    return saved(photographed([stroke * 1000 for stroke in DRAWN[7]], rng))


def transfer(page, content=None, **texts):
    """What a browser hands over with a paste or a drop: a file, or text of some kinds."""
    return page.evaluate_handle(
        """([bytes, texts]) => {
          const held = new DataTransfer();
          if (bytes) held.items.add(new File([new Uint8Array(bytes)], 'a.jpg', { type: 'image/jpeg' }));
          for (const [type, text] of Object.entries(texts)) held.setData(type, text);
          return held;
        }""",
        [content and list(content), texts],
    )


def paste(page, held, where="body"):
    page.locator(where).evaluate(
        "(e, clipboardData) => e.dispatchEvent("
        "new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))",
        held,
    )


def test_a_screenshot_is_pasted(visit, photo):
    page = visit(**DESKTOP)
    paste(page, transfer(page, photo))
    expect_reading(page, 7, 5)
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('.adder').insertAdjacentHTML('beforeend', '<input id=typed>')")
    paste(page, transfer(page, photo), "#typed")  # a text is being typed
    paste(page, transfer(page, **{"text/plain": "7"}))
    expect_empty(page)


@pytest.mark.parametrize("where", ["#pad", "h1", ".how", "body"])
def test_a_picture_is_dropped_anywhere(visit, photo, where):
    page = visit(**DESKTOP)
    held = transfer(page, photo)
    page.dispatch_event("#pad", "dragenter", {"dataTransfer": held})
    page.dispatch_event(where, "dragenter", {"dataTransfer": held})
    marked = "e => getComputedStyle(e).outlineStyle"
    assert page.locator("#pad").evaluate(marked) == "dashed"
    page.dispatch_event("#pad", "dragleave", {"dataTransfer": held})
    assert page.locator("#pad").evaluate(marked) == "dashed", "it is still over the page"
    left_to_the_browser = page.locator(where).evaluate(
        "(e, dataTransfer) => e.dispatchEvent("
        "new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))",
        held,
    )
    assert not left_to_the_browser, "which would leave the page for the file"
    expect_reading(page, 7, 5)
    assert page.locator("#pad").evaluate(marked) == "none"


def test_of_a_dragged_address_nothing_is_fetched(visit):
    page = visit(**DESKTOP)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    held = transfer(
        page, **{"text/uri-list": "http://127.0.0.1:9/7.png", "text/html": "<img src='http://127.0.0.1:9/7.png'>"}
    )
    page.dispatch_event("#pad", "drop", {"dataTransfer": held})
    expect(page.locator(".words")).to_have_text("No picture came along. Save it, and drop its file.")
    assert asked == []


def test_a_phone_has_a_button_for_its_camera(visit, photo):
    expect(visit(**DESKTOP).get_by_role("button", name="Take a photo")).to_be_hidden()
    page = visit(**PHONE)
    page.evaluate(
        "() => { HTMLInputElement.prototype.click = function () {"
        " window.asked = [this.type, this.getAttribute('capture')] } }"
    )
    page.get_by_role("button", name="Take a photo").tap()
    assert page.evaluate("asked") == ["file", "environment"]
    picker = page.locator("[type=file]")
    assert picker.get_attribute("capture") is None, "'Read a photo' lets choose"
    picker.set_input_files({"name": "7.jpg", "mimeType": "image/jpeg", "buffer": photo})
    expect_reading(page, 7, 5)


def test_a_picture_that_fails_leaves_no_stale_answer(visit, photo):
    page = visit(**DESKTOP)
    example(page, 2)
    expect_reading(page, 2, 5)
    places = (
        "() => ['.equation', '.words', '.chart', '.seen'].map(p => document.querySelector(p).getBoundingClientRect().y)"
    )
    before = page.evaluate(places)
    _, release = hold(page)
    paste(page, transfer(page, BLANK))
    expect(page.locator(".words")).to_have_text("Looking for the digit…")
    assert opacity(page, ".equation") < 0.5
    release()
    expect(page.locator(".words")).to_contain_text("No ink was found.")
    assert opacity(page, ".equation") < 0.5 and page.evaluate(places) == before
    page.keyboard.press("3")
    expect(page.locator(".words")).to_contain_text("No ink was found.")
    example(page, 7)
    expect_reading(page, 7, 3)
    assert opacity(page, ".equation") == 1


def test_ink_that_is_drawn_meanwhile_is_not_replaced(visit, photo):
    page = visit(**DESKTOP)
    _, release = hold(page)
    paste(page, transfer(page, photo))
    expect(page.locator(".words")).to_have_text("Looking for the digit…")
    example(page, 4)
    release()
    expect_reading(page, 4, 5)
    page.wait_for_timeout(300)
    expect_reading(page, 4, 5)
