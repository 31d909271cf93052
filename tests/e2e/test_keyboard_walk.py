"""A morning without a mouse: from Today to an account, rated and written to, and back; focus is always seen and never caught."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account, Note
from health.models import QuestionSet, Rating
from tests.e2e.conftest import Portal
from tests.portal.shown_book import person

pytestmark = [pytest.mark.browser, pytest.mark.wide, pytest.mark.django_db(transaction=True)]

# The focused element is drawn: it has an outline or a shadow, or a label or link around it has.
SEEN = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return "";
  const drawn = [one, one.parentElement, one.closest("label")].some((part) => {
    if (!part) return false;
    const style = getComputedStyle(part);
    return (style.outlineStyle !== "none" && style.outlineWidth !== "0px") || style.boxShadow !== "none";
  });
  return drawn ? "seen" : one.outerHTML.slice(0, 120);
}"""


@pytest.fixture
def questions(portal: Portal) -> None:
    """Three questions to answer."""
    texts = {"en": ["one", "two", "three", "four", "five"]}
    body = {"questions": [{"key": key, "text": {"en": f"About {key}?"}, "anchors": texts} for key in ("value", "sponsor", "fit")]}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    QuestionSet.objects.create(version=1, effective_from=date(2020, 1, 1), body=body, digest="1", published_at=at)


@pytest.mark.usefixtures("questions")
def test_a_morning_by_keyboard_alone(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/**")
    opened = page.url
    page.keyboard.press("r")
    expect(page.locator("[data-rating] input[type=radio]").first).to_be_focused()
    for _question in range(3):
        page.keyboard.press("4")
    expect(page.locator("[data-rating] [type=submit]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_hidden()
    page.keyboard.press("n")
    expect(page.locator("#touch-text")).to_be_focused()
    page.keyboard.type("Called the buyer")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#said")).to_contain_text("Called the buyer")
    assert page.url.split("#")[0] == opened.split("#")[0]
    assert (Rating.objects.filter(score=4).count(), Note.objects.count()) == (3, 1)
    page.go_back()  # a headless browser has no keys of its own
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()
    assert faults == []


def tab_to(page: Page, words: str, most: int = 60) -> None:
    """Tab on until the focused control has these words; every stop on the way is seen."""
    for _step in range(most):
        page.keyboard.press("Tab")
        assert page.evaluate(SEEN) in ("seen", "")
        if page.evaluate("document.activeElement.textContent.trim()") == words:
            return
    pytest.fail(f"no Tab leads to “{words}”")


def test_several_accounts_are_given_to_a_colleague_by_keyboard_alone(page: Page, portal: Portal, faults: list[str]) -> None:
    colleague = person(name="Zoe", email="zoe@example.com")
    portal.open(page, "/accounts/")
    for _row in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator("[data-selection-count]")).to_have_text("2")
    tab_to(page, "Assign")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog #edit-value")).to_be_focused()
    page.keyboard.type("Zoe")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("2 accounts")
    assert Account.objects.filter(owner=colleague).count() == 2
    assert faults == []


def test_what_is_seen_becomes_a_file_by_keyboard_alone(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, "/accounts/?band=red")
    tab_to(page, "Export")
    page.keyboard.press("Enter")
    tab_to(page, "CSV of what is seen")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    lines = waiting.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "zero" in lines[1]
    assert faults == []


@pytest.mark.parametrize("path", ["/", "/accounts/", "/team/"])
def test_tab_walks_on_and_shows_where_it_is(page: Page, portal: Portal, path: str) -> None:
    portal.open(page, path)
    places = []
    for _step in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(SEEN) in ("seen", "")
        places.append(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
    assert len(set(places)) > 20
