"""The page in Firefox and WebKit, by their own pointers and keys: draw, undo, slider, photo, link, a silent console."""

import time

import pytest

from tests.browser.engines import Firefox, WebKit
from tests.browser.pad import DRAWN
from tests.photos import photographed, saved

CONTROL, ESCAPE = "\ue009", "\ue00c"
SHOWN = "const { digit, sum, state } = document.querySelector('#reading')?.dataset ?? {}; return [state, digit, sum]"


@pytest.fixture(params=[Firefox, WebKit], ids=["Firefox", "WebKit"])
def browser(request, tmp_path):
    browser = request.param()
    try:
        browser.open(tmp_path)
        yield browser
    finally:
        browser.close()


def wait_for(browser, script, wanted):
    for _ in range(600):
        found = browser.run(script)
        if found == wanted:
            return
        time.sleep(0.1)
    pytest.fail(f"{found}, not {wanted}")


def expect_reading(browser, digit, number):
    wait_for(browser, SHOWN, ["digit", str(digit), str(digit + number)])


def draw(browser, strokes):
    left, top, side = browser.run(
        "const box = document.querySelector('#pad canvas').getBoundingClientRect(); return [box.x, box.y, box.width]"
    )
    actions = []
    for stroke in strokes:
        for index, (x, y) in enumerate(stroke):
            place = {"x": round(left + x * side), "y": round(top + y * side), "origin": "viewport"}
            actions.append({"type": "pointerMove", "duration": 10} | place)
            if index == 0:
                actions.append({"type": "pointerDown", "button": 0})
        actions.append({"type": "pointerUp", "button": 0})
    browser.act("pointer", actions, pointerType="mouse")


def press(browser, *keys):
    down = [{"type": "keyDown", "value": key} for key in keys]
    browser.act("key", [*down, *({"type": "keyUp", "value": key} for key in reversed(keys))])


def test_draw_undo_slide_photo_and_link(browser, server, rng):
    browser.go(server.url)
    wait_for(browser, "return Boolean(document.querySelector('#reading[data-shift]'))", True)
    draw(browser, DRAWN[7])
    expect_reading(browser, 7, 5)
    for key in ("z", "z"):
        press(browser, CONTROL, key)
    wait_for(browser, SHOWN, ["empty", "", ""])
    for key in ("y", "y"):
        press(browser, CONTROL, key)
    expect_reading(browser, 7, 5)
    browser.run(
        "const slider = document.querySelector('#number-input'); slider.value = 8;"
        " slider.dispatchEvent(new Event('input'))"
    )
    expect_reading(browser, 7, 8)
    press(browser, "3")
    expect_reading(browser, 7, 3)

    browser.run("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
    browser.run("document.querySelector('.copy').click()")
    wait_for(browser, "return location.hash.startsWith('#1.3.')", True)
    link = browser.run("return location.href")

    photo = list(saved(photographed([stroke * 1000 for stroke in DRAWN[2]], rng)))
    browser.run(
        """const held = new DataTransfer();
        held.items.add(new File([new Uint8Array(arguments[0])], 'a.jpg', { type: 'image/jpeg' }));
        const picker = document.querySelector('[type=file]');
        picker.files = held.files;
        picker.dispatchEvent(new Event('change'));""",
        photo,
    )
    expect_reading(browser, 2, 3)
    for way, data in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        press(browser, ESCAPE)
        wait_for(browser, SHOWN, ["empty", "", ""])
        browser.run(
            """const held = new DataTransfer();
            held.items.add(new File([new Uint8Array(arguments[0])], 'a.jpg', { type: 'image/jpeg' }));
            const event = new Event(arguments[1], { bubbles: true, cancelable: true });
            Object.defineProperty(event, arguments[2], { value: held });
            document.body.dispatchEvent(event);""",
            *(photo, way, data),
        )
        expect_reading(browser, 2, 3)
    assert browser.run("return document.querySelector('.picture-small').hidden") is False
    browser.go("about:blank")
    browser.go(link)
    expect_reading(browser, 7, 3)

    browser.run("document.querySelector('.teach summary').click()")
    browser.run("document.querySelectorAll('.teach .answers button')[1].click()")
    expect_reading(browser, 1, 3)
    browser.run("[...document.querySelectorAll('.teach button')].find((b) => b.innerText === 'Remove all').click()")
    expect_reading(browser, 7, 3)
    browser.run("document.querySelector('.how > summary').click()")
    wait_for(browser, "return document.querySelectorAll('.how li').length > 9", True)
    for lesson, sign in (
        ("filters", "add up to "),
        ("votes", "points for the 7"),
        ("training_steps", "Of 100 new images"),
    ):
        browser.run("document.querySelector(arguments[0]).click()", f".how [data-lesson={lesson}] summary")
        said = f"document.querySelector('.how [data-lesson={lesson}] [role=status]').textContent"
        wait_for(browser, f"return {said}.includes('{sign}')", True)
    assert browser.complaints(server.url) == []
    tag = "const tag = document.createElement('script'); tag.textContent = 'throw new Error(\"heard\")';"
    browser.run(f"{tag} document.head.append(tag)")
    assert "heard" in str(browser.complaints(server.url))
