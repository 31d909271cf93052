"""The pages in Chromium: signing in, sorting and filtering the book, theme, language. Axe is in test_axe.py, the keys in test_keys.py."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD, Portal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/")
    page.get_by_label("Email").fill(portal.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{portal.url}/")


def choose_theme(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)


def test_a_csm_signs_in_finds_an_account_and_sees_why(page: Page, portal: Portal, faults: list[str]) -> None:
    sign_in(page, portal)
    expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()
    page.get_by_label("Search accounts").fill("acme")
    page.get_by_role("button", name="Search").click()
    rows = page.locator("table.data-book tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link", name="Acme North", exact=True).click()
    expect(page.get_by_role("heading", name="Acme North", level=1)).to_be_visible()
    expect(page.get_by_text("15 active of 20 open days in the last 28")).to_be_visible()
    assert faults == []


def test_headings_sort_the_book_and_the_address_keeps_it(page: Page, portal: Portal, faults: list[str]) -> None:
    sign_in(page, portal)
    page.locator("th.col-health > a[href*=sort]").click()
    expect(page.locator("th.col-health")).to_have_attribute("aria-sort", "ascending")
    assert page.url.endswith("?sort=health")
    assert page.locator("table.data-book tbody th").first.inner_text().startswith("zero")
    page.locator("th.col-health > a[href*=sort]").click()
    assert page.locator("table.data-book tbody th").first.inner_text().startswith("high")
    assert faults == []


def test_filters_apply_at_once_and_leave_a_short_address(page: Page, portal: Portal, faults: list[str]) -> None:
    sign_in(page, portal)
    page.goto(f"{portal.url}/accounts/")
    rows = page.locator("table.data-book tbody tr")
    page.locator("#id_band").select_option("red")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(f"{portal.url}/accounts/?band=red")
    page.locator("#id_band").select_option("")
    page.locator("#id_q").press_sequentially("HIG")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(f"{portal.url}/accounts/?q=HIG")
    page.reload()
    expect(rows).to_have_count(1)
    page.locator(".book-chip-x").first.click()
    expect(rows).to_have_count(4)
    assert faults == []


def test_the_theme_follows_the_system_until_it_is_chosen(page: Page, portal: Portal) -> None:
    sign_in(page, portal)
    page.goto(f"{portal.url}/styleguide/")
    choose_theme(page, "dark")
    ink = page.locator("[data-chart=figure-history] text").first.evaluate("node => getComputedStyle(node).fill")
    page.get_by_role("button", name="Light theme").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.wait_for_selector("[data-chart=figure-history] .main-svg")
    assert page.locator("[data-chart=figure-history] text").first.evaluate("node => getComputedStyle(node).fill") != ink


def test_the_language_switch_stays_with_the_person(page: Page, portal: Portal) -> None:
    sign_in(page, portal)
    page.goto(f"{portal.url}/accounts/?band=red")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="客户", level=1)).to_be_visible()
    assert page.url.endswith("/accounts/?band=red")
    portal.user.refresh_from_db()
    assert portal.user.language == "zh-hans"
    page.context.clear_cookies(name="django_language")
    page.goto(f"{portal.url}/")
    expect(page.get_by_text("月活跃率").first).to_be_visible()


def test_the_keyboard_reaches_the_content_and_opens_definitions(page: Page, portal: Portal) -> None:
    sign_in(page, portal)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.locator("#main [data-figure]").first.focus()
    expect(page.locator(".fig-text").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".fig-text").first).to_be_hidden()
