"""Nothing stale, nothing silent, from the first paint on, for every reader: in Chromium, on lines of any speed."""

import gzip
import io
import re
import urllib.request

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.pad import (
    COMPARE,
    DESKTOP,
    DRAWN,
    NO_DIGITS,
    PHONE,
    draw,
    example,
    expect_empty,
    expect_reading,
    expect_ready,
    expect_refused,
    hold,
    ink,
    on_pad,
    opacity,
)

FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
TABLET = {"viewport": {"width": 820, "height": 1180}}


def listen_to_words(page):
    page.evaluate(
        """() => {
          window.said = [];
          const words = document.querySelector('.words');
          const heard = new MutationObserver(() => said.push(words.textContent));
          heard.observe(words, { childList: true, characterData: true, subtree: true });
        }"""
    )


def test_an_answer_to_ink_that_is_gone_is_pale_at_once(visit):
    page = visit(**DESKTOP)
    example(page, 2)
    expect_reading(page, 2, 5)
    assert opacity(page, ".equation") == 1
    for replace in (lambda: example(page, 7), lambda: page.keyboard.press("Control+z")):
        _, release = hold(page)
        replace()
        page.evaluate(FRAME)
        for part in (".equation", ".chart", ".seen"):
            assert opacity(page, part) < 0.5, part
        expect(page.locator(".words")).not_to_contain_text("sure")
        listen_to_words(page)
        page.get_by_role("button", name="Save picture").click()
        page.wait_for_function("said.includes('There is no reading to save yet.')")  # a slow machine's stays no longer
        release()
        expect(page.locator(".adder")).not_to_have_class(re.compile("outdated"))
        assert opacity(page, ".equation") == 1
    expect_reading(page, 2, 5)
    draw(page, NO_DIGITS["line"], lift=False)  # more ink is no other ink: the answer follows the pen
    assert opacity(page, ".equation") == 1


def test_what_was_done_is_said_and_goes(visit):
    page = visit(**DESKTOP)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    example(page, 7)
    expect_reading(page, 7, 5)
    words = page.locator(".words")
    for name, said in (("Copy link", "Link copied. It holds the drawing itself."), ("Save picture", "Picture saved.")):
        page.get_by_role("button", name=name).click()
        expect(words).to_have_text(said)
        expect(words).to_have_text("over 99 % sure")


def test_a_bar_tells_its_share(visit):
    page = visit(**PHONE)
    answer = {"state": "digit", "digit": 7, "unsure": 1, "image": [0] * 784, "digit_score": 1}
    answer["digit_probs"] = [0, 0.34, 0.05, 0, 0, 0, 0, 0.61, 0, 0]
    answer["sums"] = [[0] * number + answer["digit_probs"] + [0] * (9 - number) for number in range(10)]
    page.route("**/component_server/", lambda route: route.fulfill(json=answer))
    draw(page, DRAWN[7])
    expect(page.locator(".words")).to_have_text("7 (61 %) or 1 (34 %)?")
    expect(page.locator("#reading")).to_have_attribute("data-unsure", "1")
    expect(page.locator("#reading [aria-live]")).to_have_text("7 plus 5 is 12. The digit could also be a 1.")
    told = "e => getComputedStyle(e.querySelector('i'), '::after').content"
    digits, sums = page.locator(".digits li"), page.locator(".sums li")
    assert digits.nth(7).evaluate(told) == "none"
    digits.nth(7).hover()
    assert digits.nth(7).evaluate(told) == '"61 %"'
    page.mouse.move(0, 0)
    sums.nth(6).tap()
    assert sums.nth(6).evaluate(told) == '"34 %"' and digits.nth(7).evaluate(told) == "none"
    page.locator("#number-input").focus()
    page.keyboard.press("Tab")
    assert digits.nth(7).evaluate(told) == '"61 %"'
    page.keyboard.press("ArrowLeft")
    assert digits.nth(6).evaluate(told) == '"under 1 %"' and digits.nth(7).evaluate(told) == "none"


def test_a_refusal_names_the_closest_digit(visit):
    page = visit(viewport={"width": 320, "height": 640})
    height = page.locator(".words").bounding_box()["height"]
    draw(page, NO_DIGITS["scribble"])
    expect_refused(page)
    expect(page.locator(".words")).to_have_text(re.compile(r"^Not a digit\. The closest would be \d\.$"))
    assert page.locator(".words").bounding_box()["height"] == height  # in one line, on a small phone too


@pytest.mark.parametrize("device", [DESKTOP, PHONE, TABLET], ids=["desktop", "phone", "tablet"])
def test_the_first_paint_is_a_pad_that_draws(chromium, server, device):
    context = chromium.new_context(**device)
    page = context.new_page()
    page.add_init_script(
        "window.shifts = []; new PerformanceObserver(list => shifts.push(...list.getEntries().map(e => e.value)))"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    _, release = hold(page, "**/assets/*.js")  # Gradio's scripts
    page.goto(server.url, wait_until="commit")
    pad = page.locator(".first canvas")
    expect(pad).to_be_visible()
    page.wait_for_function("typeof handOverFirstPad === 'function'")
    expect(page.get_by_role("heading", name="Draw a digit, add a number")).to_be_visible()
    box = pad.bounding_box()
    assert box["y"] + box["height"] < page.viewport_size["height"]
    assert not page.locator("#reading").count(), "drawn on before Gradio is there"
    for stroke in DRAWN[7]:
        page.mouse.move(box["x"] + stroke[0][0] * box["width"], box["y"] + stroke[0][1] * box["height"])
        page.mouse.down()
        for x, y in stroke[1:]:
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if stroke is not DRAWN[7][-1]:
            page.mouse.up()
    release()
    expect(page.locator("#reading[data-shift]")).to_be_attached()
    assert page.locator(".first").count() == 1, "the pen is down"
    page.mouse.up()
    expect_ready(page)
    expect_reading(page, 7, 5)
    assert page.locator("#pad canvas").bounding_box() == pytest.approx(box, abs=1), "in the same place"
    assert sum(page.evaluate("shifts")) < 0.02
    assert len([url for url in asked if "component_server" not in url]) <= 37  # with the page itself
    context.close()


def test_the_page_is_small(server):
    asked = urllib.request.Request(server.url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked) as answer:
        packed = answer.read()
    assert len(packed) == int(answer.headers["Content-Length"]) < 40_000
    with urllib.request.urlopen(server.url) as answer:
        assert answer.read() == gzip.decompress(packed)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_hide_nothing(visit, scheme):
    page = visit(**DESKTOP, color_scheme=scheme, forced_colors="active", reduced_motion="reduce")
    example(page, 7)
    expect_reading(page, 7, 5)

    def colours(locator):
        """How many colours a screenshot shows, of those that cover a fiftieth of it."""
        pixels = np.array(Image.open(io.BytesIO(locator.screenshot())).convert("L"))
        _, counts = np.unique(pixels // 64, return_counts=True)
        return int((counts > pixels.size / 50).sum())

    for part in (".seen", "#pad canvas", ".digits .top i", ".sums .top i", "#number-input", ".shift"):
        assert colours(page.locator(part)) >= 2, part


def test_wide_spacing_and_a_large_zoom_cut_nothing_off(visit):
    """WCAG 1.4.12 and 1.4.10: 400 % of 1280 x 1024 are 320 x 256."""
    page = visit(viewport={"width": 320, "height": 256})
    page.add_style_tag(
        content="* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }"
        " p { margin-bottom: 2em !important; }"
    )
    example(page, 2)
    expect_reading(page, 2, 5)
    page.get_by_text("How it works").click()
    page.get_by_text(COMPARE).click()
    expect(page.locator(".others td").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    cut = page.locator(".adder :is(button, summary, .terms, .refusal, .words, label, h1, h2, h3, p)").evaluate_all(
        "all => all.filter(e => e.offsetWidth && !e.matches('.live') && (e.scrollWidth > e.clientWidth + 1"
        " && getComputedStyle(e).display !== 'inline' || e.getBoundingClientRect().right > 321))"
        ".map(e => e.className || e.innerText)"
    )
    assert cut == []


def test_from_right_to_left_it_stays_as_it_is(visit):
    page = visit(**DESKTOP, locale="ar")
    example(page, 7)
    expect_reading(page, 7, 5)
    assert page.evaluate("getComputedStyle(document.querySelector('.adder')).direction") == "ltr"
    first, last = (page.locator(f".sums li:nth-child({n})").bounding_box()["x"] for n in (1, 19))
    assert first < last


def test_what_a_screen_reader_is_told(visit):
    page = visit(**DESKTOP)
    example(page, 7)
    expect_reading(page, 7, 5)
    expect(page.locator("#reading [aria-live]")).to_have_text("7 plus 5 is 12.")
    expect(page.locator(".adder")).to_match_aria_snapshot("""
      - heading "Draw a digit, add a number" [level=1]
      - region "Drawing":
        - img "Drawing area"
        - button "Undo"
        - button "Redo" [disabled]
        - button "Clear"
        - slider "Number to add": "5"
      - region "Reading":
        - paragraph: over 99 % sure
        - 'img "Digit: 7 over 99 %"'
        - 'img "Sum: 12 over 99 %"'
        - 'figure /What the network sees/':
          - img "Your drawing as 28 by 28 pixels"
        - button "Read a picture"
        - button "Copy link"
        - button "Save picture"
        - paragraph: 7 plus 5 is 12.
      - region "Examples":
        - 'button "Example: a drawn 7"'
    """)


def test_on_a_tablet_upright_the_pad_is_large_and_the_answer_on_the_screen(visit):
    page = visit(**TABLET)
    assert page.locator("#pad").bounding_box()["width"] > 480
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)
    for part in ("#pad", ".equation", ".chart"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)


SHEET = """
  window.given = [];
  navigator.canShare = () => true;
  navigator.share = async (content) => {
    given.push({ url: content.url, files: content.files?.map(file => [file.name, file.type, file.size > 1000]) });
    if (window.closed_by_hand) throw new DOMException('', 'AbortError');
  };
"""


def test_a_phone_shares_by_its_own_sheet(visit, server):
    page = visit(**PHONE)
    page.add_init_script(SHEET)
    page.reload()
    expect_ready(page)
    example(page, 7)
    expect_reading(page, 7, 5)
    page.get_by_role("button", name="Share link").tap()
    page.get_by_role("button", name="Share picture").tap()
    page.wait_for_function("given.length === 2")
    link, picture = page.evaluate("given")
    assert re.fullmatch(re.escape(server.url) + r"/#1\.5\.[\w-]+", link["url"])
    assert picture["files"] == [["adder-7-plus-5.png", "image/png", True]]
    page.evaluate("window.closed_by_hand = true")
    page.get_by_role("button", name="Share link").tap()
    page.wait_for_function("given.length === 3")
    expect(page.locator(".words")).to_have_text("over 99 % sure")  # closing it is no failure
    assert page.url == f"{server.url}/"


def test_a_desk_keeps_its_clipboard(visit):
    page = visit(**DESKTOP)
    page.add_init_script(SHEET)
    page.reload()
    expect_ready(page)
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()


def test_one_row_of_tools_on_a_phone(visit):
    page = visit(**PHONE)
    tops = {page.locator(f".adder .{name}").bounding_box()["y"] for name in ("undo", "redo", "clear")}
    slider = page.locator("#number").bounding_box()
    assert len(tops) == 1 and slider["y"] < tops.pop() + 10
    expect_empty(page)
    assert on_pad(page, [[(0, 0)]]) and ink(page).max() == 0
