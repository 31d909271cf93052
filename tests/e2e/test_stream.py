"""The stream of an account: filters by mouse and keyboard, kept in the address; the data dictionary finds while one types."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account, Note, Ticket
from tests.e2e.conftest import ACCOUNT, Portal
from tests.factories import SourceFactory

pytestmark = [pytest.mark.browser, pytest.mark.wide, pytest.mark.django_db(transaction=True)]
AT = datetime(2026, 11, 18, 9, tzinfo=UTC)


def test_the_stream_narrows_while_one_types_and_its_address_can_be_sent_on(page: Page, portal: Portal, faults: list[str]) -> None:
    account = Account.objects.get(external_id=ACCOUNT)
    for text in ("Called the buyer", "Wrote to the boss"):
        Note.objects.create(account=account, author=portal.user, text=text, written_at=AT)
    Ticket.objects.create(
        source=SourceFactory.make(), external_id="t", account=account, opened_at=AT, recorded_at=AT, subject="Called twice, no answer"
    )
    portal.open(page, f"/accounts/{ACCOUNT}/")
    lines = page.locator(".stream-line")
    page.locator(".stream-filter input[value=touch]").focus()
    page.keyboard.press("Space")
    expect(lines).to_have_count(2)
    page.locator("#stream-q").focus()
    page.keyboard.type("called")
    expect(lines).to_have_count(1)
    expect(page.locator("#stream-q")).to_be_focused()
    expect(page.locator(".stream-count")).to_have_text("1 entry")
    page.reload()
    expect(lines).to_have_count(1)
    expect(page.locator(".stream-filter input[value=touch]")).to_be_checked()
    page.locator("#stream").get_by_role("link", name="Clear filters").click()
    expect(page.locator("#stream-q")).to_have_value("")
    expect(lines.filter(has_text="Called twice")).to_have_count(1)
    assert faults == []


def test_the_dictionary_finds_while_one_types(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, "/data/dictionary/")
    page.locator("#dictionary-q").focus()
    page.keyboard.type("notice_d")
    expect(page.locator("#dictionary code")).to_have_text(["notice_days"])
    expect(page.locator("#dictionary-q")).to_be_focused()
    assert faults == []
