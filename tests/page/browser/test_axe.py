"""axe-core finds no fault in the page: every state, light and dark, desktop and phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

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
)
from tests.servers import Server


@pytest.fixture(scope="module")
def server(weights, tmp_path_factory):
    running = Server(weights, "--collect", str(tmp_path_factory.mktemp("collected")))
    yield running
    running.stop()


def faults(page):
    """One line for each rule and element that axe-core complains of."""
    violations = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in violations for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_fault(visit, device, scheme):
    page = visit(**device, color_scheme=scheme, reduced_motion="reduce")
    expect_empty(page)
    assert faults(page) == [], "empty"
    draw(page, NO_DIGITS["scribble"])
    expect_refused(page)
    assert faults(page) == [], "refused"
    page.get_by_role("button", name="Clear").click()
    draw(page, DRAWN[7])
    expect_reading(page, 7, 5)
    assert faults(page) == [], "a digit"
    page.get_by_text(COLLECT).click()
    page.get_by_role("checkbox").check()
    page.get_by_text("How it works").click()
    page.get_by_text("Which ink mattered?").click()
    page.get_by_role("button", name="Show the ink that mattered").click()
    expect(page.locator(".why p")).not_to_be_empty()
    page.get_by_text(COMPARE).click()
    expect_rows(page, 7, 5)
    assert faults(page) == [], "panels open"
