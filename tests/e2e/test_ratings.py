"""A whole book rated by keyboard alone: numbers, reasons, on and back, all as before, undo; and what was answered is never lost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account
from health.models import AccountState, Override, QuestionSet, Rating
from tests.e2e.conftest import Portal
from tests.portal.shown_book import NOW, shown

pytestmark = [pytest.mark.browser, pytest.mark.wide, pytest.mark.django_db(transaction=True)]

TODAY = date(2026, 11, 20)
BOOK = 50
QUESTIONS = {"core": "Do the main processes run in it?", "boss": "Does the boss use it?", "sponsor": "Is there a sponsor?"}


def ask() -> None:
    anchors = {"en": ["none", "few", "some", "most", "all"]}
    body = {"questions": [{"key": key, "text": {"en": text}, "anchors": anchors} for key, text in QUESTIONS.items()]}
    QuestionSet.objects.create(version=1, effective_from=date(2020, 1, 1), body=body, digest="1", published_at=NOW)


def book(portal: Portal, n: int) -> list[Account]:
    """Accounts due in the order of their names; the small book of every test leaves the queue."""
    ask()
    AccountState.objects.update(paying=False)
    came = TODAY - timedelta(days=900)
    return [shown(portal.user, f"account {i:02}", account_onboarded_on=came + timedelta(days=i)) for i in range(n)]


def rated_before(account: Account, portal: Portal, score: int, days: int = 100) -> None:
    Rating.objects.bulk_create(
        Rating(account=account, question=key, score=score, rated_on=TODAY - timedelta(days=days), rated_by=portal.user, recorded_at=NOW)
        for key in QUESTIONS
    )


def at(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("[data-question] input").first).to_be_focused()


def test_fifty_accounts_are_rated_by_keyboard_alone(page: Page, portal: Portal, faults: list[str]) -> None:
    accounts = book(portal, BOOK)
    # Every fifth is confirmed as before, every fifth changes an answer and says why; the others are answered for the first time.
    for place, account in enumerate(accounts):
        if place % 5 in (3, 4):
            rated_before(account, portal, 4)
    accounts.sort(key=lambda one: (Rating.objects.filter(account=one).exists(), one.name))
    portal.open(page, "/ratings/")
    page.keyboard.press("r")
    for account in accounts:
        at(page, account.name)
        place = int(account.name[-2:])
        if place % 5 == 3:
            page.keyboard.press("c")
        elif place % 5 == 4:
            page.keyboard.press("2")
            page.keyboard.type("the plant was closed")
            page.keyboard.press("Enter")
            for key in "44":
                page.keyboard.press(key)
            page.keyboard.press("Enter")
        else:
            for key in "543":
                page.keyboard.press(key)
            page.keyboard.press("Enter")
    page.wait_for_url(f"{portal.url}/ratings/")
    for account in accounts:
        place = int(account.name[-2:])
        wanted = {3: [4, 4, 4], 4: [2, 4, 4]}.get(place % 5, [5, 4, 3])
        today = Rating.objects.filter(account=account, rated_on=TODAY, rated_by=portal.user)
        assert [today.get(question=key).score for key in QUESTIONS] == wanted
        assert today.get(question="core").reason == ("the plant was closed" if place % 5 == 4 else "")
    expect(page.get_by_text("Nothing is due", exact=True)).to_be_visible()
    assert faults == []


def test_going_on_and_back_keeps_what_was_answered_and_u_takes_it_back(page: Page, portal: Portal, faults: list[str]) -> None:
    _first, _second, third = book(portal, 3)
    portal.open(page, "/ratings/turn/")
    at(page, "account 00")
    page.keyboard.press("n")
    at(page, "account 01")
    assert not Rating.objects.exists()
    page.keyboard.press("5")
    page.keyboard.press("p")
    at(page, "account 00")
    assert list(Rating.objects.values_list("account__name", "question", "score")) == [("account 01", "core", 5)]
    page.keyboard.press("u")
    at(page, "account 01")
    assert not Rating.objects.exists()
    page.keyboard.press("n")
    at(page, "account 02")
    page.keyboard.press("4")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"{portal.url}/ratings/")
    assert Rating.objects.get().account == third
    assert faults == []


def test_a_changed_answer_waits_for_its_reason(page: Page, portal: Portal) -> None:
    first, _second = book(portal, 2)
    rated_before(first, portal, 4, days=30)
    portal.open(page, f"/ratings/turn/?account={first.external_id.replace(' ', '%20')}")
    at(page, "account 00")
    page.keyboard.press("2")
    reason = page.get_by_label("Reason, needed when the answer changes").first
    expect(reason).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("account 00")
    assert not Rating.objects.filter(rated_on=TODAY).exists()
    page.keyboard.type("12 left")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    at(page, "account 01")
    assert Rating.objects.get(rated_on=TODAY).reason == "12 left"


def test_a_band_is_set_by_keyboard_and_shows_at_once(page: Page, portal: Portal, faults: list[str]) -> None:
    shown(portal.user, "acme", band="green", score=90)
    portal.open(page, "/accounts/acme/")
    page.keyboard.press("o")
    expect(page.locator("#dialog")).to_be_visible()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    for _part in range(4):
        page.keyboard.press("Tab")
    page.get_by_label("Reason: what the score does not know").focus()
    page.keyboard.type("the sponsor left")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".account-marks .mark-red")).to_contain_text("by hand until")
    made = Override.objects.get()
    assert (made.band, made.reason, made.ends_on) == ("red", "the sponsor left", TODAY + timedelta(days=30))
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".account-marks .mark-red")).to_have_count(0)
    assert AccountState.objects.get(account__external_id="acme").top_reason.get("code") != "override"
    assert faults == []
