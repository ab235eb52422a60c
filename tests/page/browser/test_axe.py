"""axe-core finds no fault in the page: every state, light and dark, desktop and phone."""

import pytest
from playwright.sync_api import expect

from tests.browser.faults import faults
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


@pytest.mark.parametrize(
    "options", [DESKTOP | {"color_scheme": "light"}, PHONE | {"color_scheme": "dark"}], ids=["desktop", "dark phone"]
)
def test_axe_finds_no_fault(visit, options):
    page = visit(**options, reduced_motion="reduce")
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
    page.get_by_text("How it works").click()
    page.get_by_text("Which ink mattered?").click()
    page.get_by_role("button", name="Show the ink that mattered").click()
    expect(page.locator(".why p")).not_to_be_empty()
    page.get_by_text(COMPARE).click()
    expect_rows(page, 7, 5)
    assert faults(page) == [], "panels open"
