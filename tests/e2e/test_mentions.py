"""Colleagues named in a note: offered while one types, taken by key, and said where nobody has the name."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Note
from accounts.types import Role
from tests.e2e.conftest import ACCOUNT, Portal
from tests.portal.shown_book import person

pytestmark = [pytest.mark.browser, pytest.mark.wide, pytest.mark.django_db(transaction=True)]


def test_a_colleague_is_found_and_taken_by_key(page: Page, portal: Portal, faults: list[str]) -> None:
    for name, email in (("Bo Chen", "bo@example.com"), ("Bob Ray", "bob@example.com")):
        person(Role.ADMIN, email=email, name=name)
    portal.open(page, f"/accounts/{ACCOUNT}/")
    page.keyboard.press("n")
    text = page.locator("#touch-text")
    expect(text).to_be_focused()
    page.keyboard.type("Please ask @bo")
    options = page.locator("#mention-list [role=option]")
    expect(options).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(text).to_have_value("Please ask @Bo Chen ")
    expect(page.locator("#mention-list")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#dialog")).to_be_hidden()
    assert [one.user.name for one in Note.objects.get().mentions.all()] == ["Bo Chen"]
    assert faults == []


def test_a_name_that_nobody_has_is_said(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, f"/accounts/{ACCOUNT}/")
    page.keyboard.press("n")
    expect(page.locator("#touch-text")).to_be_focused()
    page.keyboard.type("Ask @zoe")
    said = page.locator("#mention-list")
    expect(said).to_have_text("@zoe: nobody of this name may see this account.")
    page.keyboard.press("Enter")
    expect(page.locator("#touch-text")).to_have_value("Ask @zoe\n")
    expect(said).to_have_count(0)
    assert faults == []
