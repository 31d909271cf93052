"""Changing, rating and noting by keyboard alone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounts.models import Account, Note
from health.models import QuestionSet, Rating
from tests.e2e.conftest import ACCOUNT, Portal

pytestmark = [pytest.mark.browser, pytest.mark.wide, pytest.mark.django_db(transaction=True)]

AT = datetime(2026, 1, 1, tzinfo=UTC)
ANCHORS = {"en": ["one", "two", "three", "four", "five"]}


@pytest.fixture(autouse=True)
def _questions(portal: Portal) -> None:
    body = {"questions": [{"key": key, "text": {"en": f"About {key}?"}, "anchors": ANCHORS} for key in ("value", "sponsor", "fit")]}
    QuestionSet.objects.create(version=1, effective_from=date(2020, 1, 1), body=body, digest="1", published_at=AT)


def clean(page: Page) -> list[str]:
    """What axe finds serious or critical."""
    return [one["id"] for one in Axe().run(page).response["violations"] if one["impact"] in {"serious", "critical"}]


def test_a_cell_is_changed_in_place_and_put_back(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, "/accounts/?cols=account,tier,next_step")
    row = page.locator("tr", has_text="Acme North")
    cell = row.locator("[data-edit-cell]").first
    cell.dblclick()
    field = page.locator("form[data-edit-form] input[name=value]")
    expect(field).to_be_focused()
    assert clean(page) == []
    page.keyboard.type("lost")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(row.locator("a.edit-open").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    page.keyboard.type("X" * 100)
    page.keyboard.press("Enter")
    expect(row.locator(".edit-value").first).to_have_text("X" * 100)
    expect(row.locator("a.edit-open").first).to_be_focused()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(row.locator(".edit-value").first).to_have_text("–")
    assert Account.objects.get(external_id=ACCOUNT).tier == ""
    assert faults == []


def test_a_note_takes_two_keys_and_shows_on_the_page(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, f"/accounts/{ACCOUNT}/")
    page.keyboard.press("n")
    expect(page.locator("#touch-text")).to_be_focused()
    page.keyboard.type("<b>Zoe</b> leaves in May")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("#said")).to_contain_text("<b>Zoe</b> leaves in May")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#said")).not_to_contain_text("Zoe")
    assert not Note.objects.exists()
    assert faults == []


def test_an_account_is_rated_by_number_keys(page: Page, portal: Portal, faults: list[str]) -> None:
    account = Account.objects.get(external_id=ACCOUNT)
    Rating.objects.create(account=account, question="sponsor", score=4, rated_on=date(2026, 10, 1), rated_by=portal.user, recorded_at=AT)
    portal.open(page, f"/accounts/{ACCOUNT}/")
    page.keyboard.press("r")
    expect(page.locator("[data-rating] input[type=radio]").first).to_be_focused()
    assert clean(page) == []
    page.keyboard.press("5")
    # The second answer changes: its reason is asked for before the walk goes on.
    page.keyboard.press("2")
    expect(page.locator("#rating-reason-2")).to_be_focused()
    page.keyboard.type("1 of 3 left")
    page.keyboard.press("Enter")
    page.keyboard.press("3")
    expect(page.locator("[data-rating] [type=submit]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("counts from the next night")
    found = {row.question: (row.score, row.reason) for row in Rating.objects.filter(rated_on=date(2026, 11, 20))}
    assert found == {"value": (5, ""), "sponsor": (2, "1 of 3 left"), "fit": (3, "")}
    assert faults == []


def test_selected_accounts_are_tagged_and_rated_one_after_another(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, "/accounts/")
    for box in page.locator("[data-row-select]").all()[:2]:
        box.check()
    page.locator("#selection").get_by_role("button", name="Tag", exact=True).click()
    expect(page.locator("#edit-value")).to_be_focused()
    assert clean(page) == []
    page.keyboard.type("pilot, board")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Tags changed on 2 accounts.")
    assert Account.objects.filter(tags=["pilot", "board"]).count() == 2
    if not page.locator("#selection").is_visible():
        for box in page.locator("[data-row-select]").all()[:2]:
            box.check()
    page.locator("#selection").get_by_role("button", name="Rate", exact=True).click()
    page.get_by_role("button", name="one after another").click()
    for place in ("1 of 2", "2 of 2"):
        page.wait_for_url("**/ratings/turn/*")
        expect(page.locator("main")).to_contain_text(place)
        expect(page.locator("[data-rating] input[type=radio]").first).to_be_focused()
        page.keyboard.press("4")
        page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: "/turn/" not in url)
    assert Rating.objects.filter(score=4).count() == 2
    assert faults == []
