"""The page is corrected: one tap, and it reads the drawing as meant. Corrections last, go, and stay here."""

import json
import urllib.error
import urllib.request

import numpy as np
import pytest
from gradio_client import Client
from playwright.sync_api import expect

from adder.corrections import MAX_CORRECTIONS, Corrections, as_json
from adder.drawing import collection
from adder.reader import Reader
from tests.browser.faults import faults
from tests.browser.pad import COLLECT, COMPARE, DESKTOP, DRAWN, draw, expect_reading, expect_ready, expect_rows
from tests.servers import Server, ask_as_pad, post

LOOP = [np.array([(50, 10), (20, 30), (30, 60), (60, 55), (65, 15), (62, 40), (55, 95)]) / 100]  # read as a 9
ON_PAD = [[[int(10_000 * x), int(10_000 * y)] for x, y in stroke] for stroke in LOOP]
KEY = "Object.keys(localStorage).find((key) => key.startsWith('adder hand'))"
KEPT = f"JSON.parse(localStorage.getItem({KEY}) ?? '[]')"


@pytest.fixture(scope="module")
def reader(weights):
    return Reader.load(weights, "cpu")


@pytest.fixture
def corrections(reader):
    taught = Corrections(reader)
    taught.add(ON_PAD, 4)
    return taught


def panel(page):
    return page.locator(".teach")


def status(page):
    return panel(page).get_by_role("status")


def teach(page, label):
    if not panel(page).get_by_role("group", name="What I drew").is_visible():
        page.get_by_text(COLLECT).click()
    panel(page).get_by_role("button", name=label, exact=True).click()
    expect(status(page)).to_contain_text(f"Remembered: {'' if label == 'no digit' else 'your '}{label}.")


def drawn(page, strokes):
    page.keyboard.press("Escape")
    page.evaluate("scrollTo(0, 0)")
    draw(page, strokes)


def test_an_odd_four_is_corrected_drawn_again_kept_and_removed(visit):
    page = visit(**DESKTOP)
    draw(page, LOOP)
    expect_reading(page, 9, 5)
    asked = []
    page.on("request", lambda request: asked.append(request))
    teach(page, "4")
    expect_reading(page, 4, 5)
    assert [request.post_data_json["fn_name"] for request in asked] == ["correct_pad", "read_pad"]
    four = panel(page).get_by_role("button", name="4", exact=True)
    expect(four).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".count")).to_have_text("1 correction")

    drawn(page, [stroke + [[0.02, -0.01]] * (np.arange(len(stroke)) % 2)[:, None] for stroke in LOOP])  # like it
    expect_reading(page, 4, 5)
    expect(four).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("7")
    expect_reading(page, 4, 7)
    drawn(page, DRAWN[7])  # and not like it
    expect_reading(page, 7, 7)

    page.reload()
    expect_ready(page)
    drawn(page, LOOP)
    expect_reading(page, 4, 7)
    page.get_by_text(COMPARE).click()
    expect_rows(page, 9, 7)  # of the networks alone
    page.get_by_text(COLLECT).click()
    panel(page).get_by_role("button", name="Remove your 4").click()
    expect_reading(page, 9, 7)
    expect(status(page)).to_have_text("Removed: your 4.")
    expect(page.locator(".count")).to_have_text("")
    assert page.evaluate(KEPT) == []
    panel(page).get_by_role("button", name="Undo this").click()
    expect_reading(page, 4, 7)
    panel(page).get_by_role("button", name="Remove all").click()
    expect_reading(page, 9, 7)
    page.reload()
    expect_ready(page)
    expect_reading(page, 9, 7)


def test_an_answer_is_changed_or_undone(visit):
    page = visit(**DESKTOP)
    draw(page, LOOP)
    for label in ("4", "0"):  # the second word on the same drawing is the one that counts
        teach(page, label)
        expect_reading(page, int(label), 5)
    assert [correction[1] for correction in page.evaluate(KEPT)] == [0]
    panel(page).get_by_role("button", name="Undo this").click()
    expect_reading(page, 4, 5)
    teach(page, "no digit")
    expect(page.locator("#reading")).to_have_attribute("data-state", "refused")
    page.keyboard.press("Escape")
    three = panel(page).get_by_role("button", name="3", exact=True)
    expect(three).to_have_attribute("aria-disabled", "true")
    three.dispatch_event("click")
    expect(status(page)).to_have_text("Draw a digit first.")


def test_tabs_share_the_corrections(visit):
    page = visit(**DESKTOP)
    draw(page, LOOP)
    other = page.context.new_page()
    other.goto(page.url.partition("#")[0])
    expect_ready(other)
    draw(other, LOOP)
    expect_reading(other, 9, 5)
    teach(page, "4")
    expect_reading(other, 4, 5)
    expect(other.locator(".count")).to_have_text("1 correction")
    other.evaluate("localStorage.clear()")
    expect_reading(page, 9, 5)


HARMED = {
    "full": "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
    "blocked": "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'Error'); } })",
}


@pytest.mark.parametrize("harm", HARMED.values(), ids=HARMED)
def test_without_storage_corrections_last_as_long_as_the_page(visit, harm):
    page = visit(**DESKTOP)
    page.add_init_script(harm)
    page.reload()
    expect_ready(page)
    draw(page, LOOP)
    expect_reading(page, 9, 5)
    teach(page, "4")
    expect_reading(page, 4, 5)
    expect(status(page)).to_contain_text("This browser stores nothing")
    page.reload()
    expect_ready(page)
    drawn(page, LOOP)
    expect_reading(page, 9, 5)


def test_damaged_corrections_are_left_out_and_said_so(visit):
    page = visit(**DESKTOP)
    kept = json.dumps([["w", 1, 1, "AAAA", "AAAA"]])  # half an image
    page.evaluate("(kept) => localStorage.setItem(`adder hand ${location.pathname}`, kept)", kept)
    page.reload()
    expect_ready(page)
    page.get_by_text(COLLECT).click()
    expect(status(page)).to_have_text("Your earlier corrections are damaged, and not used.")
    expect(page.locator(".count")).to_have_text("no corrections")
    draw(page, LOOP)
    expect_reading(page, 9, 5)
    teach(page, "4")
    expect_reading(page, 4, 5)
    expect(page.locator(".count")).to_have_text("1 correction")


def test_corrections_of_other_weights_are_made_again_or_left_out(visit, corrections):
    page = visit(**DESKTOP)
    [correction] = map(as_json, corrections.kept)
    for feature, digit, known in ((correction[3], 4, "1 correction"), ("rubbish!", 9, "no corrections")):
        old = ["0" * 16, 4, 1.0, feature, correction[4]]
        page.evaluate("(kept) => localStorage.setItem(`adder hand ${location.pathname}`, kept)", json.dumps([old]))
        page.reload()
        expect_ready(page)
        drawn(page, LOOP)
        expect_reading(page, digit, 5)
        expect(page.locator(".count")).to_have_text(known)
        if digit == 4:
            assert page.evaluate(KEPT) == [correction]
    page.get_by_text(COLLECT).click()
    expect(page.locator(".corrections")).to_be_hidden()


def test_thirty_two_corrections_fit_in_eight_kilobytes_and_no_more_are_learned(visit, reader):
    full = Corrections(reader)
    for strokes in [ON_PAD, *(np.array(drawing) * 10_000 for drawing in ([DRAWN[7][0]], [DRAWN[8][0]]))]:
        full.add([np.array(stroke) for stroke in strokes], 4)
    page = visit(**DESKTOP)
    kept = [as_json(full.kept[index % 3]) for index in range(MAX_CORRECTIONS)]
    page.evaluate("(kept) => localStorage.setItem(`adder hand ${location.pathname}`, kept)", json.dumps(kept))
    page.reload()
    expect_ready(page)
    bodies = []
    page.on("request", lambda request: request.post_data and bodies.append(request.post_data))
    draw(page, DRAWN[2])
    expect_reading(page, 2, 5)
    assert bodies and max(map(len, bodies)) < 8000
    page.get_by_text(COLLECT).click()
    panel(page).get_by_role("button", name="4", exact=True).click()
    expect(status(page)).to_contain_text("remove a correction first")
    assert len(page.evaluate(KEPT)) == MAX_CORRECTIONS


def test_one_panel_teaches_and_with_leave_keeps(chromium, weights, tmp_path, monkeypatch):
    monkeypatch.setenv("ADDER_COLLECT", str(tmp_path))
    collecting = Server(weights)
    page = chromium.new_page(**DESKTOP)
    path = tmp_path / collection.FILE_NAME
    try:
        page.goto(collecting.url)
        draw(page, LOOP)
        teach(page, "4")
        expect_reading(page, 4, 5)
        assert path.read_text(encoding="utf-8") == ""
        leave = panel(page).get_by_role("checkbox")
        leave.check()  # after the tap: this drawing too
        expect(status(page)).to_have_text("Remembered: your 4. Kept as 4: thank you.")
        assert faults(page, ".teach") == []
        drawn(page, DRAWN[7])
        teach(page, "1")
        expect(status(page)).to_have_text("Remembered: your 1. Kept as 1: thank you.")
        first, second = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        assert set(first) == {"id", "strokes", "label", "reading", "time"} and first["id"] != second["id"]
        assert (first["label"], first["reading"]["digit"], second["label"]) == (4, 9, 1)  # read by the network alone
        for label, digits in (("7", [4, 7]), ("no digit", [4, collection.NO_DIGIT])):  # a wrong label is changed
            teach(page, label)
            expect(status(page)).to_contain_text(f"Kept as {label}: thank you.")
            assert [drawing.digit for drawing in collection.load(path)] == digits
        panel(page).get_by_role("button", name="Undo this").click()
        expect(status(page)).to_have_text("Undone. Kept as 7: thank you.")
        assert [drawing.digit for drawing in collection.load(path)] == [4, 7]
        drawn(page, DRAWN[2])
        teach(page, "3")
        expect(status(page)).to_contain_text("Kept as 3: thank you.")
        panel(page).get_by_role("button", name="Undo this").click()
        expect(status(page)).to_have_text("Undone. The server will not use it.")
        expect(panel(page).get_by_role("button", name="Undo this")).to_be_hidden()
        assert [drawing.digit for drawing in collection.load(path)] == [4, 7]
        assert len({json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()}) == 3
    finally:
        page.close()
        collecting.stop()


def test_nothing_is_offered_to_keep_unless_asked_for(visit):
    page = visit(**DESKTOP)
    page.get_by_text(COLLECT).click()
    expect(panel(page).get_by_role("group", name="What I drew")).to_be_visible()
    expect(panel(page).get_by_role("checkbox")).to_be_hidden()


# --- programs ---


def test_a_program_sends_corrections(server, corrections):
    client = Client(server.url, verbose=False)
    kept = [as_json(each) for each in corrections.kept]
    for sent, digit in (
        (None, 9),
        ([], 9),
        (kept, 4),
        ([as_json(each, image=False) for each in corrections.kept], 4),
    ):
        assert client.predict(drawing=ON_PAD, number=3, corrections=sent, api_name="/read")["sum"] == digit + 3
    assert client.predict(drawing=ON_PAD, number=3, lessons=kept, api_name="/read")["sum"] == 7  # the earlier name
    assert client.predict(drawing=ON_PAD, number=3, api_name="/read")["digit"] == 9
    for path, body in (("v2/read", {"drawing": ON_PAD, "number": 2}), ("read", {"data": [ON_PAD, 2]})):
        for more, digit in ((None, 9), (kept, 4)):
            asked = (
                body
                if more is None
                else {"data": [ON_PAD, 2, more]}
                if "data" in body
                else body | {"corrections": more}
            )
            event = post(f"{server.url}/gradio_api/call/{path}", asked)["event_id"]
            with urllib.request.urlopen(f"{server.url}/gradio_api/call/read/{event}") as answer:
                assert f'"sum": {digit + 2}' in answer.read().decode()


def test_bad_corrections_are_refused(server, corrections):
    good = as_json(corrections.kept[0], image=False)
    bad = {
        "no list": 7,
        "ten thousand": [good] * 10_000,
        "not even one": [[1]],
        "a digit": [[good[0], 12, *good[2:]]],
        "NaN": [[*good[:2], float("nan"), good[3]]],
        "another network's": [["0" * 16, *good[1:]]],
        "too short": [[*good[:3], good[3][:80]]],
        "too long": [[*good[:3], "A" * 100_000]],
        "no base64": [[*good[:3], "?" * len(good[3])]],
        "half an image": [[*good, "AAAA"]],
    }
    for name, sent in bad.items():
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(f"{server.url}/gradio_api/call/read", {"data": [ON_PAD, 2, sent]})
        with refused.value:
            told = json.load(refused.value)["detail"]
        assert 400 <= refused.value.code < 500 and "correction" in told, (name, told)
        told = ask_as_pad(server, "read_pad", {"strokes": ON_PAD, "number": 2, "corrections": sent})
        assert told["kind"] == "corrections" and "correction" in told["error"], name


def test_corrections_that_come_and_go_together(server, corrections):
    """Pads that are read in one batch keep to their own corrections."""
    sent = [as_json(each, image=False) for each in corrections.kept]
    answers = [
        ask_as_pad(server, "read_pad", {"strokes": ON_PAD, "number": 1} | ({"corrections": sent} if index % 2 else {}))
        for index in range(4)
    ]
    assert [answer["sum"] for answer in answers] == [10, 5, 10, 5]
    told = ask_as_pad(server, "correct_pad", {"strokes": ON_PAD, "number": 1, "label": 4})
    assert told["correction"] == as_json(corrections.kept[0])
    assert ask_as_pad(server, "correct_pad", {"strokes": [], "number": 1, "label": 4}) == {"state": "empty"}
    assert "expected" in ask_as_pad(server, "correct_pad", {"strokes": ON_PAD, "number": 1})["error"]
    assert ask_as_pad(server, "refresh_corrections", [["0" * 16, *told["correction"][1:]]])["corrections"] == [
        told["correction"]
    ]
