"""The usage sheet in Chromium: one A4 page in both languages, in any theme, however full it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account, Ticket, User
from churn.models import RenewalCase
from csm_portal.portal.sheets import body
from health.models import Outcome, ScenarioPeriod
from tests.churn.sheet_book import OCTOBER, talk
from tests.e2e.conftest import Portal
from tests.factories import RECORDED, SourceFactory
from tests.portal.shown_book import published_run

pytestmark = [pytest.mark.browser, pytest.mark.wide, pytest.mark.django_db(transaction=True)]
LONG = {"en": "A long text of many words that somebody wrote into a field, ", "zh-hans": "有人在字段里写了很长的一段文字，"}


def full(user: User, text: str) -> RenewalCase:
    """A due of an account of which everything is known, in texts as long as they come."""
    case = talk(user)
    account: Account = case.account
    many = {"account": account, "source": SourceFactory.make(), "recorded_at": RECORDED}
    for number in range(8):
        Outcome.objects.create(**many, external_id=f"goal {number}", statement=text * 5, target=text * 3, status="behind")
        opened = datetime(2026, 11, 1, tzinfo=UTC)
        Ticket.objects.create(**many, external_id=f"case {number}", subject=text * 5, kind="bug", opened_at=opened)
        ScenarioPeriod.objects.create(
            run=published_run(), account=account, starts_on=OCTOBER, scenario=f"{number} {text}", days=3, expected_days=20, seats=8,
            seat_share=Decimal("0.4"), expected_seat_share=Decimal("0.5"), met=False, version=1,
        )  # fmt: skip
    account.name = text * 3
    account.save()
    User.objects.filter(pk=user.pk).update(name=text)
    return case


def pages(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True, print_background=True)))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_full_sheet_prints_on_one_page(page: Page, portal: Portal, faults: list[str], language: str) -> None:
    case = full(portal.user, LONG[language])
    page.emulate_media(color_scheme="dark")
    portal.open(page, f"/renewals/{case.pk}/sheet/?lang={language}")
    page.get_by_label("For the talk").fill((LONG[language] * 40)[: body.LONGEST_NOTE])
    assert pages(page) == 1
    page.get_by_role("button", name="Freeze and share").click()
    expect(page.get_by_role("button", name="Print or save as PDF")).to_be_visible()
    expect(page.locator(".sheet-note")).to_be_visible()
    assert pages(page) == 1
    page.emulate_media(media="print")
    expect(page.locator(".topbar")).to_be_hidden()
    expect(page.locator(".sheet-tools")).to_be_hidden()
    assert faults == []


def test_the_button_opens_the_print_window(page: Page, portal: Portal) -> None:
    case = talk(portal.user)
    portal.open(page, f"/renewals/{case.pk}/sheet/")
    page.get_by_role("button", name="Freeze and share").click()
    page.evaluate("window.print = () => { document.title = 'printed' }")
    page.get_by_role("button", name="Print or save as PDF").click()
    expect(page).to_have_title("printed")
