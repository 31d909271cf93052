"""The portal by keyboard alone: the jump dialog, the keys of rows and pages, the sheet that lists them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import ACCOUNT, Portal

pytestmark = [pytest.mark.browser, pytest.mark.wide, pytest.mark.django_db(transaction=True)]


def test_control_k_finds_an_account_by_name_and_enter_opens_it(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Account, page or command")).to_be_focused()
    page.keyboard.type("acme")
    expect(page.locator("#jump-list mark").first).to_have_text("Acme")
    # Typed and sent off before the answer is there: it goes to what the whole text finds.
    page.keyboard.type(" nor")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Acme North", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.locator("#jump")).to_be_hidden()
    portal.open(page)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_contain_text("Acme North")
    assert faults == []


def test_arrows_choose_and_the_input_says_which(page: Page, portal: Portal) -> None:
    portal.open(page)
    page.get_by_role("button", name="Jump to").click()
    field = page.get_by_role("combobox", name="Account, page or command")
    options = page.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", options.nth(1).get_attribute("id") or "")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Jump to")).to_be_focused()


def test_commands_act_on_the_page_that_is_open(page: Page, portal: Portal) -> None:
    portal.open(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.keyboard.press("Control+k")
    page.keyboard.type("zhongwen")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")


def test_rows_are_walked_and_opened_by_keys(page: Page, portal: Portal) -> None:
    portal.open(page, "/accounts/?sort=account")
    rows = page.locator("[data-row]")
    names = page.locator("[data-row] [data-row-open]")
    expect(rows).to_have_count(4)
    page.keyboard.press("j")
    expect(names.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(names.nth(1)).to_be_focused()
    outline = names.nth(1).evaluate("node => getComputedStyle(node).outlineStyle")
    assert outline == "solid"
    href = names.nth(1).get_attribute("href") or ""
    page.keyboard.press("Enter")
    page.wait_for_url(portal.url + href)


def test_a_row_stays_below_the_bar_when_keys_walk_to_it(page: Page, portal: Portal) -> None:
    page.set_viewport_size({"width": 1440, "height": 420})
    portal.open(page, "/accounts/")
    for key in "jjjjkkk":
        page.keyboard.press(key)
        row = page.locator("[data-row]:focus-within").bounding_box()
        bar = page.locator(".topbar").bounding_box()
        assert row is not None
        assert bar is not None
        assert row["y"] >= bar["y"] + bar["height"]
        assert row["y"] + row["height"] <= 420


def test_slash_searches_g_goes_and_typing_is_left_alone(page: Page, portal: Portal) -> None:
    portal.open(page, "/accounts/")
    page.keyboard.press("/")
    field = page.locator("#main input[type=search]").first
    expect(field).to_be_focused()
    page.keyboard.type("gt?j/")
    expect(field).to_have_value("gt?j/")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url(f"{portal.url}/")
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url(f"{portal.url}/accounts/")


def test_keys_with_a_modifier_or_while_composing_are_not_ours(page: Page, portal: Portal) -> None:
    portal.open(page, "/accounts/")
    page.keyboard.press("Alt+j")
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', isComposing: true, bubbles: true}))")
    expect(page.locator("[data-row]:focus-within")).to_have_count(0)


def test_the_sheet_lists_what_the_page_has_and_can_switch_single_keys_off(page: Page, portal: Portal) -> None:
    portal.open(page, "/accounts/")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys of this page")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_text("Next row, previous row")).to_be_visible()
    sheet.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator("[data-row]:focus-within")).to_have_count(0)
    portal.open(page, "/settings/")
    page.keyboard.press("Control+k")
    page.keyboard.type("keys of")
    page.keyboard.press("Enter")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_text("Next row, previous row")).to_be_hidden()


def test_the_open_account_can_be_rated_and_written_to(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, f"/accounts/{ACCOUNT}/")
    page.keyboard.press("Control+k")
    page.keyboard.type("note")
    expect(page.get_by_role("option", name="Add a note to Acme North")).to_be_visible()
    assert faults == []
