"""Since your last visit: notes that name the reader, and reviews that lead to their own page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache

from accounts.models import Account, User, Visit
from accounts.touch import add_note
from accounts.types import Role
from csm_portal.portal.today.changes import Change
from csm_portal.portal.today.words import line
from tests.portal.shown_book import person
from tests.portal.today.test_changes import TODAY, WEEK, found, quiet, review

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 15, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def bea() -> User:
    return person(role=Role.ADMIN, email="bea@example.com", name="Bea")


@pytest.fixture
def account() -> Account:
    return quiet(person(email="anna@example.com", name="Anna"), "acme")


def mentioned(user: User) -> list[Change]:
    cache.clear()  # news are remembered for a minute
    return found(user, "mentioned")


def test_who_is_named_is_told_with_the_note_and_its_author_alone_is_not(bea: User, account: Account) -> None:
    assert account.owner is not None
    add_note(account.owner, account, "@Bea please call them", AT)
    [item] = mentioned(bea)
    told = line(item, TODAY)
    assert (told.name, told.what, told.more, told.href) == ("acme", "Anna: @Bea please call them", "", "/accounts/acme/")
    assert mentioned(account.owner) == []
    add_note(bea, account, "@bea and @anna, done", AT)
    assert [item.facts["by"] for item in mentioned(account.owner)] == ["Bea"]


def test_several_notes_on_one_account_are_one_line(bea: User, account: Account) -> None:
    assert account.owner is not None
    add_note(account.owner, account, "@bea first", AT)
    add_note(account.owner, account, "@bea second", AT + HOUR)
    [item] = mentioned(bea)
    told = line(item, TODAY)
    assert (told.what, told.more) == ("Anna: @bea second", "and 1 more note")


def test_what_was_written_before_the_last_visit_is_told_no_more(bea: User, account: Account) -> None:
    assert account.owner is not None
    Visit.objects.create(user=bea, day=WEEK.day, first_at=AT - HOUR, last_at=AT)
    add_note(account.owner, account, "@bea before", AT - HOUR)
    assert mentioned(bea) == []
    add_note(account.owner, account, "@bea after", AT + HOUR)
    assert [item.facts["notes"] for item in mentioned(bea)] == [1]


def test_a_note_on_an_account_that_left_the_book_is_not_told(account: Account) -> None:
    anna, other = account.owner, person(email="co@example.com", name="Co")
    assert anna is not None
    Account.objects.filter(pk=account.pk).update(co_owner=other)
    account.refresh_from_db()
    add_note(anna, account, "@co look", AT)
    Account.objects.filter(pk=account.pk).update(co_owner=None)
    assert mentioned(other) == []


def test_a_review_that_is_due_leads_to_its_own_page(account: Account) -> None:
    assert account.owner is not None
    review(account, TODAY + timedelta(days=3))
    [item] = found(account.owner, "review_due", new=None)
    assert item.href == "/qbr/acme/"


def test_a_missed_review_is_history_once_one_was_held_or_is_planned() -> None:
    user = person()
    missed = TODAY - timedelta(days=30)
    for name, kind, more in (
        ("missed", "ebr", {}),
        ("another kind held", "ebr", {"planned": date(2026, 11, 1), "held_on": date(2026, 11, 1)}),
        ("planned anew", "ebr", {"planned": TODAY + timedelta(days=60)}),
    ):
        account = quiet(user, name)
        review(account, missed, kind=kind)
        if more:
            review(account, more.pop("planned"), kind="qbr", **more)
    assert {item.name for item in found(user, "review_due", new=None)} == {"missed"}
