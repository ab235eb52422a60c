"""Pictures that are pasted, dropped anywhere or taken by a phone, in Chromium; one that fails leaves nothing stale."""

import numpy as np
import pytest
from playwright.sync_api import expect

from bench import synthetic_pictures
from tests.browser.pad import DESKTOP, DRAWN, PHONE, example, expect_empty, expect_reading, hold, opacity
from tests.photos import photographed, saved

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


def test_a_picture_is_dropped_anywhere(visit, photo):
    page = visit(**DESKTOP)
    for where in ("#pad", "h1", ".how", "body"):
        drop(page, photo, where)
        page.keyboard.press("Escape")
        expect_empty(page)


def drop(page, photo, where):
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
    expect(page.locator(".words")).to_have_text("That was no picture file. Save the picture, and drop its file here.")
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


def seven_and_two(size=(360, 720)):
    """A picture of a 2 on the left and a 7 on the right."""
    drawings = [[np.array(stroke) * 1000 for stroke in DRAWN[digit]] for digit in (2, 7)]
    return synthetic_pictures.encode(synthetic_pictures.several(np.random.default_rng(0), drawings), "jpg")


def test_the_picture_is_shown_with_a_frame_round_what_was_read(visit, rng):
    page = visit(**DESKTOP)
    paste(
        page,
        transfer(page, synthetic_pictures.encode(synthetic_pictures.ruled(rng, [s * 1000 for s in DRAWN[7]]), "jpg")),
    )
    expect_reading(page, 7, 5)
    taken = page.get_by_role("button", name="Your picture, with a frame round the digit")
    expect(taken).to_be_visible()
    frame, stage = (page.locator(f".picture-small {each}").bounding_box() for each in (".drawn", ".stage"))
    assert 0.2 < frame["height"] / stage["height"] < 0.9
    assert abs(frame["x"] + frame["width"] / 2 - stage["x"] - stage["width"] / 2) < 0.1 * stage["width"]
    page.get_by_text("How it works").click()
    expect(page.locator(".source")).to_have_text("your picture")
    cut = [float(each) for each in page.locator(".crop").get_attribute("viewBox").split()]
    assert abs(cut[3] / 7500 - frame["height"] / stage["height"]) < 0.02, "the picture is 4 to 3"
    assert page.locator(".whole image").get_attribute("href").startswith("blob:")
    example(page, 4)
    expect(taken).to_be_hidden()
    expect(page.locator(".source")).to_have_text("your drawing")
    assert page.locator(".whole image").get_attribute("href") is None


@pytest.mark.parametrize("way", ["tapped", "by keys"])
def test_of_several_one_is_chosen(visit, way):
    page = visit(**DESKTOP)
    paste(page, transfer(page, seven_and_two()))
    expect(page.locator(".words")).to_have_text("I see 2 pieces that look like digits. Which one?")
    expect(page.get_by_role("img", name="Your picture")).to_be_visible()
    pieces = page.get_by_role("button", name="Piece")
    assert pieces.count() == 2
    if way == "tapped":
        pieces.nth(1).click()
    else:
        pieces.nth(1).focus()
        page.keyboard.press("Enter")
    expect_reading(page, 7, 5)
    expect(page.locator(".picture-large")).to_be_hidden()


def test_a_frame_is_drawn_by_hand(visit):
    page = visit(**DESKTOP)
    paste(page, transfer(page, seven_and_two()))
    expect(page.get_by_role("button", name="Piece")).to_have_count(2)
    page.get_by_role("button", name="Piece").nth(1).click()
    expect_reading(page, 7, 5)
    page.locator(".picture-small").click()
    expect(page.locator(".words")).to_have_text("Draw a frame round the digit.")
    stage = page.locator(".picture-large .stage").bounding_box()
    page.mouse.move(stage["x"] + 0.02 * stage["width"], stage["y"] + 0.02 * stage["height"])
    page.mouse.down()
    page.mouse.move(stage["x"] + 0.37 * stage["width"], stage["y"] + 0.98 * stage["height"], steps=4)
    expect(page.locator(".picture-large .drawn")).to_be_visible()
    page.mouse.up()
    expect_reading(page, 2, 5)


def test_a_picture_over_the_pad_is_left_by_escape(visit):
    page = visit(**DESKTOP)
    example(page, 4)
    expect_reading(page, 4, 5)
    paste(page, transfer(page, seven_and_two()))
    expect(page.locator(".picture-large")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".picture-large")).to_be_hidden()
    expect_reading(page, 4, 5)
    assert opacity(page, ".equation") == 1


def test_light_ink_on_a_clear_ground_reaches_the_server(visit):
    alpha = np.zeros((300, 300), np.uint8)
    alpha[60:80, 60:240] = alpha[60:240, 220:240] = 255
    page = visit(**DESKTOP)
    picture = {"name": "7.png", "mimeType": "image/png", "buffer": saved(np.dstack([alpha | 255, alpha]), "PNG")}
    page.locator("[type=file]").set_input_files(picture)
    expect_reading(page, 7, 5)


def test_a_picture_of_no_digit_is_refused_and_can_be_framed(visit, rng):
    spiral = [np.array([(50 + r * np.cos(r / 3), 50 + r * np.sin(r / 3)) for r in np.arange(4, 45, 0.5)])]
    page = visit(**DESKTOP)
    paste(
        page,
        transfer(
            page, synthetic_pictures.encode(synthetic_pictures.grey(synthetic_pictures.photo(rng, spiral)), "jpg")
        ),
    )
    expect(page.locator(".words")).to_have_text("That does not look like a digit. Draw a frame round it.")
    expect(page.get_by_role("img", name="Your picture")).to_be_visible()
    expect_empty(page)


def test_without_offscreen_canvases_pictures_are_read_too(visit, photo):
    page = visit(**DESKTOP)
    page.evaluate("delete window.OffscreenCanvas")
    paste(page, transfer(page, photo))
    expect_reading(page, 7, 5)


def test_what_the_browser_cannot_open_is_named(visit):
    page = visit(**DESKTOP)
    for content, name in ((b"%PDF-1.7", "PDF"), (b"\0\0\0\x18ftypheic", "HEIC")):
        paste(page, transfer(page, content + bytes(100)))
        expect(page.locator(".words")).to_contain_text(name)
        expect(page.locator(".words")).to_contain_text("Save it as JPEG or PNG.")
        expect(page.locator(".picture-large")).to_be_hidden()


def test_a_browser_that_hides_pixels_sends_the_file_as_it_is(visit, photo):
    page = visit(**DESKTOP)
    page.evaluate(
        "() => { const real = CanvasRenderingContext2D.prototype.getImageData;"
        "CanvasRenderingContext2D.prototype.getImageData = function (...place) {"
        "const image = real.apply(this, place); image.data.fill(77); return image; };"
        "HTMLCanvasElement.prototype.toBlob = (made) => made(null); }"
    )
    paste(page, transfer(page, photo))
    expect_reading(page, 7, 5)
