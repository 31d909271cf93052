"""The pages in Chromium: signing in, both themes, both languages, phone width, keyboard, and axe on every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts.models import User
from accounts.types import Role
from tests.portal.shown_book import person, shown, with_history

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse battery"
ACCOUNT = "acme/north 海底捞"
PAGES = ("/", "/accounts/", f"/accounts/{ACCOUNT}/", "/data/", "/settings/", "/accounts/nowhere/", "/auth/password/change/")


@dataclass(frozen=True)
class Portal:
    """A running portal with a small book."""

    url: str
    user: User


@pytest.fixture
def portal(live_server: Any, settings: Settings) -> Portal:
    settings.PORTAL_AS_OF = date(2026, 11, 20)
    user = person(Role.ADMIN, email="ada@example.com", name="Ada")
    user.set_password(PASSWORD)
    user.save()
    with_history(shown(user, ACCOUNT, account_name="Acme North", outcome_status="behind", flags=1))
    states = [("zero", 0, "red", 20), ("high", 3, "green", 90), ("unknown", -1, "unknown", None)]
    for name, level, band, score in states:
        shown(user, name, level=level, band=band, score=score, month_active=level == 3 if score else None, score_change_30d=None)
    return Portal(live_server.url, user)


def sign_in(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/")
    page.get_by_label("Email").fill(portal.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{portal.url}/")


def serious(page: Page) -> list[str]:
    """Axe's findings from moderate up, each in a line."""
    found = Axe().run(page).response["violations"]
    return [f"{page.url} {one['impact']} {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] != "minor"]


def overflow(page: Page) -> int:
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


def choose_theme(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)


def test_a_csm_signs_in_finds_an_account_and_sees_why(page: Page, portal: Portal, faults: list[str]) -> None:
    sign_in(page, portal)
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    page.get_by_label("Search accounts").fill("acme")
    page.get_by_role("button", name="Search").click()
    rows = page.locator("table.data-book tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link", name="Acme North").click()
    expect(page.get_by_role("heading", name="Acme North", level=1)).to_be_visible()
    expect(page.get_by_text("15 active of 20 open days in the last 28")).to_be_visible()
    expect(page.locator("#main .js-plotly-plot, #main [data-chart] .main-svg").first).to_be_visible()
    page.get_by_text("The scores as a table").click()
    expect(page.get_by_role("cell", name="19 Nov 2026").first).to_be_visible()
    assert faults == []


def test_headings_sort_the_book_and_the_address_keeps_it(page: Page, portal: Portal, faults: list[str]) -> None:
    sign_in(page, portal)
    page.get_by_role("columnheader", name="Health").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Health")).to_have_attribute("aria-sort", "ascending")
    assert page.url.endswith("?sort=health")
    assert page.locator("table.data-book tbody th").first.inner_text().startswith("zero")
    page.get_by_role("columnheader", name="Health").get_by_role("link").click()
    assert page.locator("table.data-book tbody th").first.inner_text().startswith("high")
    assert faults == []


def test_filters_apply_at_once_and_leave_a_short_address(page: Page, portal: Portal, faults: list[str]) -> None:
    sign_in(page, portal)
    page.goto(f"{portal.url}/accounts/")
    rows = page.locator("table.data-book tbody tr")
    page.get_by_label("Health").select_option("red")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(f"{portal.url}/accounts/?band=red")
    page.get_by_label("Health").select_option("")
    page.get_by_label("Search").press_sequentially("HIG")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(f"{portal.url}/accounts/?q=HIG")
    page.reload()
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="Clear filters").click()
    expect(rows).to_have_count(4)
    assert faults == []


def test_the_theme_follows_the_system_until_it_is_chosen(page: Page, portal: Portal, faults: list[str]) -> None:
    sign_in(page, portal)
    page.goto(f"{portal.url}/accounts/{ACCOUNT}/")
    choose_theme(page, "dark")
    ink = page.locator("[data-chart=figure-health] text").first.evaluate("node => getComputedStyle(node).fill")
    page.get_by_role("button", name="Light theme").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.wait_for_selector("[data-chart=figure-health] .main-svg")
    assert page.locator("[data-chart=figure-health] text").first.evaluate("node => getComputedStyle(node).fill") != ink
    assert faults == []


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
    page.locator(".stat .def-button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".def-text").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".def-text").first).to_be_hidden()


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "zh-hans")])
def test_every_page_is_clean_for_axe_and_fits_a_phone(page: Page, portal: Portal, theme: str, language: str) -> None:
    sign_in(page, portal)
    portal.user.language = language
    portal.user.save(update_fields=["language"])
    choose_theme(page, theme)
    found: list[str] = []
    for path in PAGES:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(portal.url + path)
        found += serious(page)
        page.set_viewport_size({"width": 390, "height": 844})
        if wide := overflow(page):
            found.append(f"{path} is {wide}px too wide on a phone")
    assert found == []


def test_the_sign_in_page_is_clean_too_and_refuses_a_wrong_password(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/auth/login/")
    assert serious(page) == []
    page.get_by_label("Email").fill(portal.user.email)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".errorlist")).to_be_visible()
    assert serious(page) == []
