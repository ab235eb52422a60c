"""'How it works' in a real browser: each lesson's picture is of the current drawing, and what the real network says."""

import base64
import json
import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from adder.page.explain import training_history
from adder.reader import Reader
from tests.browser.faults import faults
from tests.browser.pad import DESKTOP, DRAWN, NO_DIGITS, PHONE, draw, expect_empty, expect_reading, expect_refused
from tests.machine import ROOT
from tests.servers import Server, ask_as_pad

MINUS = "\N{MINUS SIGN}"
PLAIN = "Your drawing as 28 by 28 pixels"
COLOURED = "Your drawing, coloured where the ink counted for a 7"
LESSONS = {
    "preprocessing": "What does the network see?",
    "filters": "What does it look for?",
    "votes": "How does it choose a digit?",
    "pixel_editor": "How can you change the answer?",
    "saliency": "Which ink mattered?",
    "adding": "How does it add?",
    "training_steps": "How did it learn that?",
    "other_networks": "Can every network learn to add?",
    "refusing": "Why does it say no?",
    "reliability": "What does '90 % sure' mean?",
    "similar_corrections": "How does it use your corrections?",
}
OTHER_SNAPSHOTS = """
import sys, demo
from pathlib import Path
snapshots_of = demo.snapshots_of
demo.snapshots_of = lambda _, device: snapshots_of(Path({folder!r}), device)
sys.exit(demo.main(sys.argv[1:]))
"""
SEVEN = [(stroke * 10_000).round().astype(int).tolist() for stroke in DRAWN[7]]


@pytest.fixture(scope="module")
def reader(weights):
    return Reader.load(weights, "cpu")


def opened(page, lesson):
    """The lesson, unfolded."""
    how = page.locator(".how")
    if not how.evaluate("panel => panel.open"):
        page.get_by_text("How it works").click()
    item = page.locator(f".how [data-lesson={lesson}]")
    if not item.locator("details").evaluate("panel => panel.open"):
        item.get_by_text(LESSONS[lesson]).click()
    return item


def asked_of(page, name):
    """What the page asks of a server's function, or of lesson_pad for a lesson, from now on."""
    asked = []

    def hear(request):
        sent = request.post_data_json if request.post_data else None
        if sent and name in (
            sent.get("fn_name"),
            sent["data"].get("lesson") if isinstance(sent["data"], dict) else None,
        ):
            asked.append(request)

    page.on("request", hear)
    return asked


def inked(canvas):
    """How many of the 784 pixels are not blank."""
    return canvas.evaluate(
        "c => c.getContext('2d').getImageData(0, 0, 28, 28).data.filter((v, i) => i % 4 === 3 && v).length"
    )


def shares(bars):
    return bars.evaluate_all("all => all.map(e => Number(e.style.getPropertyValue('--p')))")


def seven_drawn(page):
    page.get_by_role("button", name="Example: a drawn 7").click()
    expect_reading(page, 7, 5)


def test_folded_lessons_cost_nothing_and_one_is_open_at_a_time(visit):
    page = visit(**DESKTOP)
    asked = asked_of(page, "lesson_pad")
    draw(page, DRAWN[4])
    expect_reading(page, 4, 5)
    assert asked == [] and page.locator(".how li").count() == 0
    for name in LESSONS:
        opened(page, name)
        assert page.locator(".how li details[open]").count() == 1
    page.get_by_text("How it works").click()
    page.wait_for_load_state("networkidle")
    before = len(asked)
    page.keyboard.press("Escape")
    page.evaluate("scrollTo(0, 0)")
    draw(page, DRAWN[2])
    expect_reading(page, 2, 5)
    assert len(asked) == before, "what was closed with its panel asks no more"


def test_the_ink_follows_the_drawing(visit):
    page = visit(**DESKTOP)
    seeing = opened(page, "preprocessing")
    expect(page.get_by_text("Draw a digit, and you see it")).to_be_visible()
    seven_drawn(page)
    expect(page.get_by_text("Draw a digit, and you see it")).to_be_hidden()
    assert inked(seeing.locator("canvas")) == inked(page.locator(".seen")) > 50
    x, y, width, side = map(float, seeing.locator(".crop").get_attribute("viewBox").split())
    points = [point * 10_000 for stroke in DRAWN[7] for point in stroke]
    assert all(x < px < x + width and y < py < y + side for px, py in points)
    page.keyboard.press("Escape")
    expect_empty(page)
    assert inked(seeing.locator("canvas")) == 0


def test_the_chances_are_moved_by_the_number(visit):
    page = visit(**DESKTOP)
    adding = opened(page, "adding")
    row = adding.locator(".example tbody tr").first
    expect(row).to_contain_text("? + 5 = ?")
    height = adding.bounding_box()["height"]
    seven_drawn(page)
    expect(row).to_have_text("7 + 5 = 12over 99 %over 99 %")
    page.keyboard.press("2")
    expect(row).to_contain_text("7 + 2 = 9")
    assert shares(adding.locator(".switches li")) == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    digits, sums = (shares(adding.locator(f".{name}-small li")) for name in ("digits", "sums"))
    assert sums[2:12] == pytest.approx(digits, abs=0.01) and len(sums) == 19
    assert adding.bounding_box()["height"] == height  # nothing jumps
    page.keyboard.press("Escape")
    expect(row).to_contain_text("? + 2 = ?")


def test_the_sum_of_a_pixel_is_torchs_own(visit, reader):
    page = visit(**DESKTOP)
    thinking = opened(page, "filters")
    expect(thinking.locator(".maps")).to_be_hidden()
    seven_drawn(page)
    written, chart = thinking.get_by_role("status"), thinking.locator(".map")
    expect(written).to_contain_text("Filter 1, pixel")
    stem = reader.explain(reader.read_strokes(SEVEN, 5).image).stem
    thinking.get_by_role("button", name="Filter 3", exact=True).click()
    expect(written).to_contain_text("Filter 3, pixel")
    assert thinking.locator(".maps button").count() == len(stem)
    box = chart.bounding_box()

    def told():
        return [float(thinking.get_attribute(f"data-{name}")) for name in ("filter", "x", "y", "sum")]

    for x, y in ((0, 0), (13, 9), (27, 27)):  # the patch of a corner lies half beyond the edge
        page.mouse.move(box["x"] + (x + 0.5) / 28 * box["width"], box["y"] + (y + 0.5) / 28 * box["height"])
        expect(written).to_contain_text(f"pixel {x + 1} from the left, {y + 1} from the top")
        assert told() == pytest.approx([2, x, y, float(stem[2, y, x])], abs=2e-3)
    chart.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    assert told() == pytest.approx([2, 26, 26, float(stem[2, 26, 26])], abs=2e-3)
    shown = [float(cell.replace(MINUS, "-")) for cell in thinking.locator(".products i").all_inner_texts()]
    assert sum(shown) == pytest.approx(float(stem[2, 26, 26]), abs=25 * 0.05)
    assert re.search(rf"add up to {re.escape('+' if stem[2, 26, 26] > 0 else MINUS)}", written.inner_text())


def test_the_votes_add_up_to_the_score(visit, reader):
    page = visit(**DESKTOP)
    voting = opened(page, "votes")
    seven_drawn(page)
    together = voting.get_by_role("status")
    image = torch.from_numpy(reader.read_strokes(SEVEN, 5).image)[None, None]
    with torch.inference_mode():
        [logits], _ = reader.network.digit_logits(reader.network.features(image))
    for digit in (7, 1):
        if digit != 7:
            voting.get_by_role("button", name=str(digit), exact=True).click()
        expect(together).to_contain_text(f"points for the {digit}")
        points = [float(row.get_attribute("data-points")) for row in voting.locator(".votes li").all()]
        numbers = [
            float(text.replace(MINUS, "-")) for text in re.findall(rf"[+{MINUS}]?\d+\.\d|\b0\b", together.inner_text())
        ]
        others, start, score = numbers[:3]
        assert sum(points) + others + start == pytest.approx(score, abs=0.2)
        assert score == pytest.approx(float(logits[digit]), abs=0.06)
        assert float(voting.get_attribute("data-score")) == pytest.approx(float(logits[digit]), abs=2e-3)
        assert points == sorted(points, key=lambda value: (value < 0, -abs(value)))  # for, then against, longest first


def test_pixels_are_painted_rubbed_out_and_brought_back(visit):
    page = visit(**DESKTOP)
    painting = opened(page, "pixel_editor")
    answer, canvas = painting.get_by_role("status"), painting.locator("canvas")
    expect(answer).to_have_text("Paint something.")
    seven_drawn(page)
    expect(answer).to_have_text("7 + 5 = 12, over 99 % sure")
    before = inked(canvas)
    painting.get_by_role("button", name="Rub out").click()
    box = canvas.bounding_box()

    def at(x, y):
        return box["x"] + (x + 0.5) / 28 * box["width"], box["y"] + (y + 0.5) / 28 * box["height"]

    for y in range(28):  # everything goes, by one way to and fro
        page.mouse.move(*at(0, y))
        page.mouse.down()
        page.mouse.move(*at(27, y))
        page.mouse.up()
    expect(answer).to_have_text("Paint something.")
    assert inked(canvas) == 0 < before
    painting.get_by_role("button", name="Rub out").click()
    for x in (13, 14):  # a stroke straight down is a 1
        page.mouse.move(*at(x, 5))
        page.mouse.down()
        page.mouse.move(*at(x, 23))
        page.mouse.up()
    expect(answer).to_contain_text("1 + 5 = 6")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    assert inked(canvas) == 39
    page.keyboard.press("Backspace")  # of the pixel, not of the pad
    assert inked(canvas) == 38
    expect_reading(page, 7, 5)
    painting.get_by_role("button", name="Bring the drawing back").click()
    expect(answer).to_contain_text("7 + 5 = 12")
    assert inked(canvas) == before


def test_each_snapshot_answers_as_it_would_alone(visit):
    page = visit(**DESKTOP)
    growing = opened(page, "training_steps")
    seven_drawn(page)
    snapshots = training_history.load(ROOT / "weights" / "snapshots", Reader.load)
    slider = growing.get_by_role("slider")
    expect(slider).to_have_attribute("max", str(len(snapshots) - 1))
    image = Reader.load(device="cpu").read_strokes(SEVEN, 5).image
    for place in (0, 1, 2, len(snapshots) - 1):
        alone, told = snapshots[place]
        slider.fill(str(place))
        expect(growing.locator(".when")).to_contain_text(f"{told['step']:,}" if place else "Before the first step")
        [reading] = alone.read_images([image], [5])
        expect(growing.locator(".digits-then li")).to_have_count(10)
        page.wait_for_function("document.querySelectorAll('.digits-then li').length === 10")
        assert shares(growing.locator(".digits-then li")) == pytest.approx(reading.digit_probs, abs=1e-3)
        assert shares(growing.locator(".sums-then li")) == pytest.approx(reading.sum_probs, abs=1e-3)
        learned = sum(row[number] > 0.5 for number, row in enumerate(told["table"]))
        expect(growing.locator(".table")).to_have_attribute("aria-label", re.compile(f"{learned} of 10"))
    page.keyboard.press("Escape")
    expect_empty(page)
    expect(growing.locator(".digits-then li").first).to_have_attribute("style", "--p: 0.1;")


def test_a_damaged_snapshot_ends_its_lesson_alone(chromium, weights, tmp_path):
    (tmp_path / "snapshots").mkdir()
    for path in (ROOT / "weights" / "snapshots").iterdir():
        content = path.read_bytes()[: -1000 if path.stem == "000020" else None]
        (tmp_path / "snapshots" / path.name).write_bytes(content)
    said = tmp_path / "stderr"
    with said.open("w", encoding="utf-8") as stderr:
        server = Server(weights, script=OTHER_SNAPSHOTS.format(folder=str(tmp_path / "snapshots")), stderr=stderr)
    try:
        page = chromium.new_page(**DESKTOP)
        page.goto(server.url)
        seven_drawn(page)
        assert "demo.py:" not in said.read_text(encoding="utf-8"), "they are not looked at before the lesson is"
        growing = opened(page, "training_steps")
        expect(growing.get_by_role("status")).to_have_text("This server cannot load the networks of that time.")
        expect(growing.locator(".then")).to_have_count(0)
        page.get_by_role("button", name="Example: a drawn 2").click()
        expect_reading(page, 2, 5)
        expect(opened(page, "preprocessing").locator("canvas")).to_be_visible()
        expect(opened(page, "training_steps").get_by_role("status")).to_be_visible()
        page.close()
    finally:
        server.stop()
    [line] = [line for line in said.read_text(encoding="utf-8").splitlines() if line.startswith("demo.py:")]
    assert "000020.safetensors" in line and "without the lesson on how it learned" in line


def test_the_other_ways_and_the_trust_are_those_of_the_records(visit):
    page = visit(**DESKTOP)
    asked = asked_of(page, "records")
    ways = opened(page, "other_networks")
    expect(ways.locator("figure")).to_have_count(6)
    expect(ways.locator("figure").last).to_contain_text(re.compile(r"wide-linear.* Digit 99\.\d %, sum 71\.\d %"))
    trusting = opened(page, "reliability")
    kept = json.loads((ROOT / "weights" / "reliability.json").read_text(encoding="utf-8"))
    expect(trusting.locator("circle")).to_have_count(len(kept["bins"]))
    expect(trusting).to_contain_text(f"{sum(count for count, *_ in kept['bins']):,} drawings")
    seven_drawn(page)
    assert len(asked) == 2


def test_what_is_no_digit_falls_below_the_limit(visit, reader):
    page = visit(**DESKTOP)
    refusing = opened(page, "refusing")
    gauge = refusing.locator(".gauge")
    expect(gauge).to_have_attribute("aria-label", re.compile("Nothing drawn yet. The limit is at 19 %"))
    for name in ("A heart", "A house", "An A", "A star"):
        refusing.get_by_role("button", name=name).click()
        expect_refused(page)
        expect(gauge).to_have_attribute("aria-label", re.compile("Your drawing: under 1 % like a digit"))
    seven_drawn(page)
    expect(gauge).to_have_attribute("aria-label", re.compile("over 99 % like a digit"))
    page.keyboard.press("Backspace")
    expect_refused(page)


def test_the_most_similar_correction_comes_first(visit):
    page = visit(**DESKTOP)
    near = opened(page, "similar_corrections")
    expect(near.get_by_role("status")).to_contain_text("There are no corrections yet")
    page.locator(".teach summary").click()
    for digit, label in ((2, "3"), (7, "1")):
        page.get_by_role("button", name=f"Example: a drawn {digit}").click()
        page.locator(".teach .answers").get_by_role("button", name=label, exact=True).click()
        expect(page.locator(".teach").get_by_role("status")).to_contain_text(f"Remembered: your {label}.")
    expect(near.locator("li")).to_have_count(2)
    expect(near.locator("li").first).to_have_text("your 1, counts over 99 %")
    page.get_by_role("button", name="Example: a drawn 2").click()
    expect(near.locator("li").first).to_have_text("your 3, counts over 99 %")
    expect(near.locator("li").last).to_contain_text("your 1, counts")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ink_that_mattered_by_keyboard(visit, scheme):
    page = visit(**DESKTOP, color_scheme=scheme)
    asked = asked_of(page, "saliency_pad")
    mattering = opened(page, "saliency")
    button = mattering.get_by_role("button", name="Show the ink that mattered")
    expect(button).to_have_attribute("aria-disabled", "true")
    button.press("Enter")
    assert asked == []
    page.get_by_role("button", name="Example: a drawn 7").click()
    expect(button).to_have_attribute("aria-disabled", "false")
    button.press("Enter")
    expect(mattering.get_by_role("img", name=COLOURED)).to_be_visible()
    expect(mattering.get_by_role("status")).to_contain_text("What made it a 7")
    coloured = "c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data].some((v, i, all) => "
    assert mattering.locator("canvas").evaluate(coloured + "i % 4 === 0 && Math.abs(v - all[i + 1]) > 40)")
    page.keyboard.press("3")
    expect(mattering.get_by_role("img", name=PLAIN)).to_be_visible()
    assert len(asked) == 1


def test_a_map_of_another_drawing_is_dropped(visit):
    page = visit(**DESKTOP)
    mattering = opened(page, "saliency")
    held = []
    page.route(
        "**/component_server/",
        lambda route: held.append(route) if "saliency_pad" in route.request.post_data else route.continue_(),
    )
    page.get_by_role("button", name="Example: a drawn 7").click()
    with page.expect_request(lambda request: "saliency_pad" in (request.post_data or "")):
        mattering.get_by_role("button").click()
    page.get_by_role("button", name="Example: a drawn 4").click()
    expect_reading(page, 4, 5)
    with page.expect_event("requestfinished"):
        held[0].continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    expect(mattering.get_by_role("img", name=PLAIN)).to_be_visible()
    expect(mattering.get_by_role("status")).to_have_text("")


def test_what_is_no_digit_is_not_explained(visit):
    page = visit(**DESKTOP)
    mattering = opened(page, "saliency")
    page.evaluate("scrollTo(0, 0)")
    draw(page, NO_DIGITS["scribble"])
    expect_refused(page)
    expect(mattering.get_by_role("button")).to_have_attribute("aria-disabled", "true")
    expect(mattering.get_by_role("status")).to_have_text("The network saw no digit, so there is nothing to explain.")


@pytest.mark.parametrize("options", [DESKTOP, PHONE | {"color_scheme": "dark"}], ids=["desktop", "phone in the dark"])
def test_axe_finds_no_fault_in_the_lessons(visit, options):
    page = visit(**options, reduced_motion="reduce")
    seven_drawn(page)
    for name in LESSONS:
        item = opened(page, name)
        if name in ("filters", "votes"):
            expect(item.get_by_role("status")).not_to_be_empty()
        assert faults(page, ".how") == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_the_lessons_take_nothing_that_no_page_sends(server):
    seven = {"strokes": SEVEN, "number": 5}
    for payload in (None, {"strokes": [[[0, 0.5]]], "number": 5}, {"strokes": [], "number": True}):
        assert "expected" in ask_as_pad(server, "saliency_pad", payload)["error"]
        for lesson in ("explanation", "similar_corrections", "training_steps"):
            sent = payload and payload | {"lesson": lesson}
            assert "expected" in ask_as_pad(server, "lesson_pad", sent)["error"]
    assert ask_as_pad(server, "saliency_pad", {"strokes": [], "number": 5}) == {"state": "empty"}
    answer = ask_as_pad(server, "saliency_pad", seven)
    assert answer["digit"] == 7 and len(answer["saliency"]) == 784 and max(answer["saliency"]) == 255
    for lesson in ("explanation", "training_steps", "records", "panel"):
        assert len(json.dumps(ask_as_pad(server, "lesson_pad", seven | {"lesson": lesson}))) < 60_000, lesson
    pixels = np.rint(Reader.load(device="cpu").read_strokes(SEVEN, 5).image * 255).astype(int).ravel().tolist()
    assert ask_as_pad(server, "lesson_pad", {"lesson": "pixel_editor", "pixels": pixels, "number": 5})["sum"] == 12
    assert base64.b64decode(ask_as_pad(server, "lesson_pad", seven | {"lesson": "explanation"})["votes"])
