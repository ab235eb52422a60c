"""The page in a real browser: real pen drawings go in by mouse and touch, digit and sum are read off the page."""

import contextlib
import http.client
import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from functools import partial

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import expect

from adder.network import checkpoint
from bench.drawings import validation_digits
from tests.browser.pad import (
    COLLECT,
    COMPARE,
    DESKTOP,
    DRAWN,
    NO_DIGITS,
    PHONE,
    draw,
    expect_empty,
    expect_reading,
    expect_refused,
    expect_rows,
    on_pad,
)
from tests.machine import ROOT, missing
from tests.servers import Server, ask_as_pad, post


def to_pad(strokes):
    """Strokes in any unit -> in a square of side 1, in its middle."""
    points = np.concatenate(strokes)
    middle, side = (points.min(0) + points.max(0)) / 2, np.ptp(points, axis=0).max()
    few = (np.concatenate((stroke[:-1:2], stroke[-1:])) for stroke in strokes)  # as quick strokes come
    return [0.5 + 0.6 * (stroke - middle) / side for stroke in few]


def test_ten_digits_drawn_with_the_mouse(visit):
    page = visit(**DESKTOP)
    drawings = {drawing.digit: to_pad(drawing.strokes) for drawing in validation_digits()[:200]}
    assert sorted(drawings) == list(range(10))
    for digit, strokes in sorted(drawings.items()):
        number = 9 - digit // 2
        page.keyboard.press(str(number))
        draw(page, strokes)
        expect_reading(page, digit, number)
        page.get_by_role("button", name="Clear").click()
        expect_empty(page)


def test_drawn_by_touch_on_a_phone(visit):
    page = visit(**PHONE)
    finger = page.context.new_cdp_session(page)

    def touch(kind, *points):
        touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    for stroke in on_pad(page, DRAWN[4]):
        touch("touchStart", stroke[0])
        for point in stroke[1:]:
            touch("touchMove", point)
        for shift in range(6):  # a second finger draws nothing; further, it would zoom the page from under the buttons
            touch("touchMove" if shift else "touchStart", stroke[-1], (100 + shift, 300))
        touch("touchEnd")
    expect_reading(page, 4, 5)
    assert page.evaluate("scrollY") == 0
    for part in ("#pad canvas", ".equation"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    for _ in DRAWN[4]:
        page.get_by_role("button", name="Undo").tap()
    expect_empty(page)


def test_reads_while_the_pen_is_down(visit):
    page = visit(**DESKTOP)
    draw(page, DRAWN[2], lift=False)
    expect_reading(page, 2, 5)
    page.mouse.up()
    expect_reading(page, 2, 5)


def test_one_request_at_a_time_and_no_stale_answer(visit):
    page = visit(**DESKTOP)
    draw(page, DRAWN[2], lift=False)
    expect_reading(page, 2, 5)
    held = []
    page.route("**/component_server/", lambda route: held.append(route), times=2)
    x, y = on_pad(page, [[(0.2, 0.2)]])[0][0]
    with page.expect_request("**/component_server/"):  # maybe when the last stroke's is answered
        page.mouse.move(x, y)
    for shift in (10, 20, 30):
        page.mouse.move(x + shift, y)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert len(held) == 1  # four points, one request on its way
    with page.expect_request("**/component_server/"):
        held[0].continue_()
    page.mouse.up()
    page.keyboard.press("Escape")
    with page.expect_event("requestfinished"):
        held[1].continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    expect_empty(page)


@pytest.mark.parametrize("drawing", NO_DIGITS.values(), ids=NO_DIGITS)
def test_what_is_no_digit_is_refused(visit, drawing):
    page = visit(**DESKTOP)
    draw(page, drawing)
    expect_refused(page)
    page.get_by_role("button", name="Clear").click()
    expect_empty(page)
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)


def test_the_number_re_reads_at_once(visit):
    page = visit(**DESKTOP)
    slider = page.locator("#number input")
    page.get_by_role("button", name="Example: a drawn 7").click()
    expect_reading(page, 7, 5)
    asked: list = []
    page.on("request", lambda request: "read_pad" in (request.post_data or "") and asked.append(request))
    for number in (0, 9, 3):
        slider.fill(str(number))
        expect_reading(page, 7, number)
        expect(page.locator("#number output")).to_have_text(str(number))
    slider.press("ArrowRight")
    expect_reading(page, 7, 4)
    slider.press("8")
    expect_reading(page, 7, 8)
    expect(slider).to_have_value("8")
    assert asked == [], "the first answer held the sums for all ten numbers"


def test_the_bars_of_the_sum_stand_under_those_of_the_digit(visit):
    page = visit(**DESKTOP, reduced_motion="reduce")
    page.get_by_role("button", name="Example: a drawn 5").click()
    for number in (0, 9):
        page.keyboard.press(str(number))
        expect_reading(page, 5, number)
        upper, lower = (page.locator(f".{row} .top i").bounding_box() for row in ("digits", "sums"))
        assert upper["x"] == pytest.approx(lower["x"], abs=1) and upper["width"] == pytest.approx(lower["width"], abs=1)
    assert page.locator(".seen").evaluate("seen => seen.getContext('2d').getImageData(0, 0, 28, 28).data.some(Boolean)")


def test_blank_dot_undo_and_clear(visit):
    page = visit(**DESKTOP)
    expect_empty(page)
    dot = [np.array([[0.5, 0.5], [0.51, 0.505]])]
    draw(page, dot)
    expect(page.locator(".words")).to_have_text("Only a dot so far.")
    expect_empty(page)
    page.get_by_role("button", name="Undo").click()
    draw(page, DRAWN[8][:1])
    page.keyboard.press("Escape")
    expect_empty(page)
    draw(page, DRAWN[8])
    expect_reading(page, 8, 5)
    page.keyboard.press("Control+z")
    expect_empty(page)
    page.keyboard.press("Backspace")
    expect_reading(page, 8, 5)  # what was there before Escape
    page.keyboard.press("Backspace")
    expect_empty(page)
    assert not page.locator(".seen").evaluate("e => e.getContext('2d').getImageData(0, 0, 28, 28).data.some(Boolean)")


def test_keyboard_alone(visit):
    page = visit(**DESKTOP)
    names = []
    while names[-1:] != ["How it works"]:
        page.keyboard.press("Tab")
        names.append(
            page.evaluate(
                "document.activeElement.getAttribute('aria-label') ??"
                " (document.activeElement.closest('label') ?? document.activeElement).innerText"
            )
        )
        assert len(names) < 30
    examples = [f"Example: a drawn {digit}" for digit in DRAWN]
    rows = [f"{name}: nothing drawn yet" for name in ("Digit", "Sum")]
    own = ["Undo", "Redo", "Clear", "Number to add", *rows, "Read a picture", "Copy link", "Save picture", COLLECT]
    assert names == [*own, *examples, COMPARE, "How it works"]
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect_reading(page, 5, 5)
    expect(page.locator("#reading [aria-live]")).to_have_text("5 plus 5 is 10.")


def test_a_lost_server_keeps_the_drawing(chromium, visit):
    """Its network cannot refuse, and the page says so."""
    caution = "This network cannot say no: whatever you draw, it reads a digit."
    expect(visit(**DESKTOP).get_by_text(caution)).to_be_hidden()
    own = Server(ROOT / "weights" / "bottleneck.safetensors")
    page = chromium.new_page()
    try:
        page.goto(own.url)
        expect(page.get_by_text(caution)).to_be_visible()
        draw(page, DRAWN[7])
        expect_reading(page, 7, 5)
        page.get_by_text(COMPARE).click()
        expect_rows(page, 7, 5)
        own.process.terminate()
        assert own.process.wait(120) == 0, "it does not wait for the visitor to leave"
        page.keyboard.press("2")
        expect_reading(page, 7, 2)  # that needs no server
        page.keyboard.press("Control+z")
        expect(page.locator(".words")).to_contain_text("Reconnecting")
        page.keyboard.press("Control+y")
        own.start()
        expect(page.locator("#reading")).to_have_attribute("data-sum", "9")
        expect_reading(page, 7, 2)
        expect_rows(page, 7, 2)
    finally:
        page.close()
        own.stop()


@pytest.mark.parametrize("width, scheme", [(320, "light"), (375, "dark"), (820, "light"), (3840, "dark")])
def test_nothing_sticks_out(visit, width, scheme):
    page = visit(viewport={"width": width, "height": 700}, color_scheme=scheme)
    page.get_by_role("button", name="Example: a drawn 2").click()
    expect_reading(page, 2, 5)
    page.get_by_text("How it works").click()
    page.get_by_text(COMPARE).click()
    expect(page.locator(".others td").first).to_be_visible()
    for question in [None, *page.locator(".how li summary").all()[1:]]:
        if question:
            question.click()
        beyond = page.locator(".adder *").evaluate_all(
            "all => all.filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className)"
        )
        assert beyond == []
    ink, paper = (
        page.locator(".adder").evaluate(f"e => getComputedStyle({of}).{what}")
        for of, what in (("e", "color"), ("document.body", "backgroundColor"))
    )
    bright = [sum(map(float, re.findall(r"[\d.]+", colour)[:3])) for colour in (ink, paper)]
    assert (bright[0] > bright[1]) == (scheme == "dark")


def comparisons(page):
    """What the page asks of the other networks from now on."""
    asked = []
    page.on("request", lambda request: "compare_pad" in (request.post_data or "") and asked.append(request))
    return asked


def test_compare_asks_only_while_it_is_open(visit, weights):
    page = visit(**DESKTOP)
    asked = comparisons(page)
    page.get_by_role("button", name="Example: a drawn 7").click()
    expect_reading(page, 7, 5)
    page.keyboard.press("6")
    expect_reading(page, 7, 6)
    page.wait_for_timeout(600)  # longer than it waits before it asks
    assert asked == []
    page.get_by_text(COMPARE).click()
    others = [path for path in sorted((ROOT / "weights").glob("*.safetensors")) if path != weights]
    names = []
    for path in (weights, *others):
        record = checkpoint.load(path)[1]
        shares = (f"{100 * record['validation']['mnist'][f'{of}_accuracy']:.1f} %" for of in ("digit", "sum"))
        names.append(f"{'this page' if path == weights else record['recipe']} {', '.join(shares)}")
    assert [" ".join(name.split()) for name in expect_rows(page, 7, 6)] == names
    assert len(asked) == 1
    page.keyboard.press("3")
    expect_rows(page, 7, 3)
    page.get_by_text(COMPARE).click()
    page.keyboard.press("4")
    expect_reading(page, 7, 4)
    page.wait_for_timeout(600)
    assert len(asked) == 2
    page.get_by_text(COMPARE).click()
    expect_rows(page, 7, 4)


def test_compare_waits_for_the_pen(visit):
    page = visit(**DESKTOP)
    asked = comparisons(page)
    page.get_by_text(COMPARE).click()
    line = page.get_by_text("Draw a digit first.")
    expect(line).to_be_visible()
    draw(page, DRAWN[2], lift=False)
    expect_reading(page, 2, 5)
    page.wait_for_timeout(600)
    assert asked == []
    page.mouse.up()
    expect_rows(page, 2, 5)
    expect(line).to_be_hidden()
    page.keyboard.press("Escape")
    expect(line).to_be_visible()
    expect(page.locator(".others table")).to_be_hidden()
    assert len(asked) == 1


def test_compare_drops_a_stale_answer(visit):
    page = visit(**DESKTOP)
    held = []

    def hold_the_first(route):
        is_first = "compare_pad" in route.request.post_data and not held
        held.append(route) if is_first else route.continue_()

    page.route("**/component_server/", hold_the_first)
    asked = comparisons(page)
    page.get_by_role("button", name="Example: a drawn 7").click()
    page.get_by_text(COMPARE).click()
    expect(page.get_by_text("Asking…")).to_be_visible()
    page.keyboard.press("9")
    page.wait_for_timeout(600)
    assert len(asked) == 1
    held[0].continue_()
    expect_rows(page, 7, 9)
    assert len(asked) == 2


def test_compare_marks_what_does_not_add_up(visit):
    page = visit(**DESKTOP)
    probs = {"digit_probs": [0.0] * 7 + [0.6] + [0.0] * 2, "sum_probs": [0.05] * 19}
    rows = [
        {"name": "default", "right": [], "is_digit": False, "digit": 7, "sum": 12} | probs,
        {"name": "<i>odd</i>", "right": [0.9, 0.5], "is_digit": True, "digit": 7, "sum": 13} | probs,
    ]
    page.route(
        "**/component_server/",
        lambda route: (
            route.fulfill(json={"number": 5, "rows": rows})
            if "compare_pad" in route.request.post_data
            else route.continue_()
        ),
    )
    page.get_by_role("button", name="Example: a drawn 7").click()
    page.get_by_text(COMPARE).click()
    expect(page.locator(".others tbody tr")).to_have_text(
        [
            re.compile(r"this page\s*not a digit"),
            re.compile(r"<i>odd</i> 90.0 %, 50.0 %\s*7 60 %\s*13 5 %\s*✗ 7 \+ 5 is not 13"),
        ]
    )


@pytest.fixture(scope="module")
def client(server):
    return Client(server.url, verbose=False)


def test_programs_read_strokes_and_ink(client):
    strokes = [stroke.tolist() for stroke in DRAWN[7]]
    answer = client.predict(drawing=strokes, number=6, api_name="/read")
    assert (answer["digit"], answer["sum"], answer["is_digit"]) == (7, 13, True)
    assert len(answer["digit_probs"]) == 10 and len(answer["sum_probs"]) == 19
    assert sum(answer["digit_probs"]) == pytest.approx(1, abs=0.01) and 0 < answer["digit_score"] <= 1

    ink = np.zeros((40, 30), int)
    ink[8:32, 14:17] = 255
    answer = client.predict(drawing=ink.tolist(), number=0, api_name="/read")
    assert (answer["digit"], answer["sum"]) == (1, 1)
    for blank in ([], np.zeros((28, 28), int).tolist()):
        answer = client.predict(drawing=blank, number=4, api_name="/read")
        assert (answer["digit"], answer["sum"], answer["is_digit"]) == (None, None, False)


def test_the_curl_lines_of_the_readme(server):
    if not (shutil.which("bash") and shutil.which("curl")):
        missing("no bash with curl")
    [lines] = re.findall(r"```sh\n(url=.*?)```", (ROOT / "docs/programs.md").read_text(encoding="utf-8"), re.DOTALL)
    assert "http://127.0.0.1:7860" in lines
    command = ["bash", "-c", lines.replace("http://127.0.0.1:7860", server.url)]
    said = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=60).stdout
    event, data = said.strip().split("\n")
    [answer] = json.loads(data.removeprefix("data: "))
    assert event == "event: complete" and (answer["digit"], answer["sum"]) == (7, 12)


def test_the_api_view_documents_read(server):
    for path in ("config", "gradio_api/info"):
        with urllib.request.urlopen(f"{server.url}/{path}") as answer:
            told = json.load(answer)
        assert told["footer_links"] == ["api"] if path == "config" else list(told["named_endpoints"]) == ["/read"]


def test_programs_do_not_pass_by_the_queue(server):
    with pytest.raises(urllib.error.HTTPError, match=r"404|405") as refused:
        post(f"{server.url}/gradio_api/run/read", {"data": [[], 1]})
    refused.value.close()


@pytest.mark.parametrize(
    ("drawing", "number", "complaint"),
    [
        ([[[0, 0], [1, 1]]], 10, "number"),
        ([[[0, 0], [1, 1]]], 3.0, "number"),
        ([[[0, 0], [1, 1]]], True, "number"),
        ([[[0, 0], [1, 1]]], None, "number"),
        ("7", 1, "drawing"),
        ([[[0, 0, 0]]], 1, "point"),
        ([[[0, "1"]]], 1, "point"),
        ([[[0, [1]]]], 1, "point"),
        ([[[0, 1e300]]], 1, "from -1000000 to 1000000"),
        ([[[0, 0]]] * 65, 1, "64 strokes"),
        ([[[0, 0]] * 4097], 1, "4096 points"),
        ([[]], 1, "at least one point"),
        ([[0, 256]], 1, "255"),
        ([[0, 1.5]], 1, "255"),
        ([[0, 1], [0]], 1, "same length"),
        ([[0] * 513], 1, "512"),
    ],
)
def test_programs_are_told_what_is_wrong(client, drawing, number, complaint):
    with pytest.raises(AppError, match=complaint):
        client.predict(drawing=drawing, number=number, api_name="/read")


def test_the_pad_takes_nothing_that_no_pad_sends(server):
    bad = [
        [[[0, 0.5]]],
        [[[0, 10_001]]],
        [[[0, -1]]],
        [[[True, 0]]],
        [[[float("nan"), 0]]],
        {"0": 1},
        None,
        [[[0, 0]] * 5000],
        [[[[0]]]],
    ]
    for function in ("read_pad", "compare_pad"):
        ask = partial(ask_as_pad, server, function)
        for drawing in bad:
            assert ask({"strokes": drawing, "number": 5})["error"].startswith("drawing: expected")
            assert "expected" in ask(drawing)["error"]
        for number in (-1, 10, 5.0, False, "5", None, float("nan")):
            assert ask({"strokes": [], "number": number})["error"].startswith("number: expected")


def test_a_large_body_is_refused_unread(server):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.putrequest("POST", "/gradio_api/component_server/")
        connection.putheader("Content-Length", "3000000")
        connection.endheaders()
        assert connection.getresponse().status == 413
