"""'How it works' in a real browser: its pictures are of the current drawing, and its map is asked for, never pushed."""

import pytest
from playwright.sync_api import expect

from tests.test_page import DESKTOP, DRAWN, NO_DIGITS, ask_as_pad, draw, expect_reading, expect_refused

PLAIN = "Your drawing as 28 by 28 pixels"
COLOURED = "Your drawing, coloured where the ink spoke for a 7"


def opened(page):
    page.get_by_text("How it works").click()
    return page.locator(".how")


def explanations(page):
    """What the page asks to have explained from now on."""
    asked = []
    page.on("request", lambda request: "explain_pad" in (request.post_data or "") and asked.append(request))
    return asked


def inked(canvas):
    """How many of the 784 pixels are not blank."""
    return canvas.evaluate(
        "c => c.getContext('2d').getImageData(0, 0, 28, 28).data.filter((v, i) => i % 4 === 3 && v).length"
    )


def test_the_pictures_follow_the_drawing(visit):
    page = visit(**DESKTOP)
    how = opened(page)
    expect(how.get_by_text("Draw a digit, and it appears")).to_be_visible()
    expect(how.locator(".example tbody tr").first).to_contain_text("? + 5 = ?")  # its toggle was heard
    height = how.bounding_box()["height"]
    page.get_by_role("button", name="Example: a drawn 7").click()
    expect(how.locator(".example tbody tr").first).to_have_text("7 + 5 = 12over 99 %over 99 %")
    expect(how.get_by_text("Draw a digit, and it appears")).to_be_hidden()
    assert inked(how.locator(".ink canvas")) == inked(page.locator(".seen")) > 50
    x, y, width, side = map(float, how.locator(".crop").get_attribute("viewBox").split())
    points = [point * 10_000 for stroke in DRAWN[7] for point in stroke]
    assert all(x < px < x + width and y < py < y + side for px, py in points)
    page.keyboard.press("2")
    expect(how.locator(".example tbody tr").first).to_contain_text("7 + 2 = 9")
    on = "all => all.map(e => Number(e.style.getPropertyValue('--p')))"
    assert how.locator(".switches li").evaluate_all(on) == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    digits, sums = (how.locator(f".{name}-small li").evaluate_all(on) for name in ("digits", "sums"))
    assert sums[2:12] == pytest.approx(digits, abs=0.01) and len(sums) == 19
    assert how.bounding_box()["height"] == height  # nothing jumps
    page.keyboard.press("Escape")
    expect(how.locator(".example tbody tr").first).to_contain_text("? + 2 = ?")
    assert inked(how.locator(".ink canvas")) == 0


def test_what_was_drawn_before_it_opened_is_shown(visit):
    page = visit(**DESKTOP)
    asked = explanations(page)
    draw(page, DRAWN[4])
    expect_reading(page, 4, 5)
    how = page.locator(".how")
    assert inked(how.locator(".ink canvas")) == 0  # folded, it costs nothing
    opened(page)
    expect(how.locator(".example tbody tr").first).to_contain_text("4 + 5 = 9")
    assert asked == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ink_that_mattered_by_keyboard(visit, scheme):
    page = visit(**DESKTOP, color_scheme=scheme)
    asked = explanations(page)
    how = opened(page)
    button = how.get_by_role("button", name="Show the ink that mattered")
    expect(button).to_have_attribute("aria-disabled", "true")
    button.press("Enter")
    assert asked == []
    page.get_by_role("button", name="Example: a drawn 7").click()
    expect(button).to_have_attribute("aria-disabled", "false")
    button.press("Enter")
    expect(how.get_by_role("img", name=COLOURED)).to_be_visible()
    expect(how.get_by_role("status")).to_contain_text("What made it a 7")
    coloured = "c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data].some((v, i, all) => "
    assert how.locator(".why canvas").evaluate(coloured + "i % 4 === 0 && Math.abs(v - all[i + 1]) > 40)")
    page.keyboard.press("3")
    expect(how.get_by_role("img", name=PLAIN)).to_be_visible()
    assert len(asked) == 1


def test_a_map_of_another_drawing_is_dropped(visit):
    page = visit(**DESKTOP)
    how = opened(page)
    held = []
    page.route(
        "**/component_server/",
        lambda route: held.append(route) if "explain_pad" in route.request.post_data else route.continue_(),
    )
    page.get_by_role("button", name="Example: a drawn 7").click()
    with page.expect_request(lambda request: "explain_pad" in (request.post_data or "")):
        how.get_by_role("button").click()
    page.get_by_role("button", name="Example: a drawn 4").click()
    expect_reading(page, 4, 5)
    with page.expect_event("requestfinished"):
        held[0].continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    expect(how.get_by_role("img", name=PLAIN)).to_be_visible()
    expect(how.get_by_role("status")).to_have_text("")


def test_what_is_no_digit_is_not_explained(visit):
    page = visit(**DESKTOP)
    how = opened(page)
    draw(page, NO_DIGITS["scribble"])
    expect_refused(page)
    expect(how.get_by_role("button")).to_have_attribute("aria-disabled", "true")
    expect(how.get_by_role("status")).to_have_text("No digit was read, so none can be explained.")


def test_the_map_takes_nothing_that_no_pad_sends(server):
    for payload in (None, {"strokes": [[[0, 0.5]]], "number": 5}, {"strokes": [], "number": True}):
        assert "expected" in ask_as_pad(server, "explain_pad", payload)["error"]
    assert ask_as_pad(server, "explain_pad", {"strokes": [], "number": 5}) == {"state": "empty"}
    strokes = [(stroke * 10_000).astype(int).tolist() for stroke in DRAWN[7]]
    answer = ask_as_pad(server, "explain_pad", {"strokes": strokes, "number": 5})
    assert answer["digit"] == 7 and len(answer["saliency"]) == 784 and max(answer["saliency"]) == 255
