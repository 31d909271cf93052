"""The lists and sums of the QBR page: who is covered, missed, to plan; feedback and themes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Account, User
from accounts.types import Role
from csm_portal.portal.qbr.asked import Asked, asked
from csm_portal.portal.qbr.desks import Count, by_team, desks, total, within
from csm_portal.portal.qbr.lists import listed
from csm_portal.portal.team import now
from health.judging.feedback import Care, take_care
from health.models import Review
from tests.factories import SourceFactory, TeamFactory, UserFactory
from tests.portal.shown_book import AS_OF, shown

TODAY = AS_OF + timedelta(days=1)
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def review(account: Account, **columns: Any) -> Review:
    number = str(Review.objects.count())
    known = {"kind": "qbr", "source": SourceFactory.make(), "external_id": number, "recorded_at": AT}
    return Review.objects.create(account=account, **{**known, **columns})


def count(user: User, **chosen: str) -> Count:
    return total(within(desks(user, AS_OF, TODAY), Asked(**chosen)))  # type: ignore[arg-type]


def names(user: User, tab: str, **chosen: Any) -> list[str]:
    return [row["name"] for row in listed(user, Asked(tab=tab, **chosen), TODAY).rows]


@pytest.fixture
def anna(db: None) -> User:
    return UserFactory.make(email="anna@example.com", name="Anna", team=TeamFactory.make(name="DACH", path="EMEA/DACH/"))


@pytest.fixture
def book(anna: User) -> User:
    """One account for each way to stand, owned by Anna; an admin who sees them all."""
    review(shown(anna, "covered"), held_on=ago(89), executive_attended=True)
    review(shown(anna, "too long ago"), held_on=ago(91), executive_attended=True)
    review(shown(anna, "no boss"), held_on=ago(5))
    review(shown(anna, "executive review"), kind="ebr", held_on=ago(5), executive_attended=True)
    review(shown(anna, "held today"), held_on=TODAY, executive_attended=True)
    review(shown(anna, "planned"), planned_on=TODAY)
    review(shown(anna, "far"), kind="ebr", planned_on=ago(-40))
    missed = shown(anna, "missed")
    review(missed, planned_on=ago(30))
    review(missed, kind="ebr", planned_on=ago(2))
    settled = shown(anna, "settled")
    review(settled, planned_on=ago(20))
    review(settled, held_on=ago(10))
    review(shown(anna, "onboarding"), kind="onboarding", planned_on=ago(-3))
    shown(anna, "nothing")
    review(shown(anna, "left", paying=False), planned_on=ago(9))
    return UserFactory.make(role=Role.ADMIN)


def test_the_sums_are_the_lengths_of_the_lists(book: User) -> None:
    found = count(book)
    assert (found.paying, found.covered, found.fresh) == (11, 1, 1)
    assert (found.planned, found.soon, found.missed) == (2, 1, 1)
    assert names(book, "planned") == ["missed", "planned", "onboarding", "far"]
    assert len(names(book, "planned")) == found.coming + found.missed
    assert sorted(names(book, "to-plan")) == ["executive review", "no boss", "nothing", "onboarding", "settled", "too long ago"]
    assert len(names(book, "to-plan")) == found.to_plan


def test_coverage_is_the_figure_of_the_team_page(book: User) -> None:
    figures = now.books(book, AS_OF).values()
    assert sum(one.reviewed for one in figures) == count(book).covered
    assert sum(one.paying for one in figures) == count(book).paying
    assert count(book).coverage == pytest.approx(1 / 11)
    assert Count().coverage is None


def test_only_the_latest_missed_plan_is_listed_with_what_was_held_last(book: User) -> None:
    missed = listed(book, Asked(), TODAY).rows[0]
    assert (missed["name"], missed["kind"], missed["planned_on"], missed["last_on"]) == ("missed", "ebr", ago(2), None)
    rows = {row["name"]: row for row in listed(book, Asked(tab="to-plan"), TODAY).rows}
    assert (rows["too long ago"]["last_on"], rows["too long ago"]["last_executive"]) == (ago(91), True)


def test_everybody_counts_the_own_book_and_filters_narrow_it(book: User, anna: User) -> None:
    other = UserFactory.make(email="bo@example.com")
    shown(other, "hers")
    assert names(other, "to-plan") == ["hers"]
    assert count(other).paying == 1
    assert (count(book).paying, count(book, csm="anna@example.com").paying, count(book, csm="bo@example.com").paying) == (12, 11, 1)
    assert (count(book, team="EMEA/").paying, count(book, csm="-").paying) == (11, 0)
    assert names(book, "to-plan", csm="bo@example.com") == ["hers"]
    assert "hers" not in names(book, "to-plan", team="EMEA/DACH/")
    assert [(group.team, group.count.paying) for group in by_team(desks(book, AS_OF, TODAY))] == [("", 1), ("EMEA/DACH/", 11)]


def test_accounts_without_an_owner_stand_with_their_team(book: User) -> None:
    shown(None, "orphan", account_team=TeamFactory.make(name="APAC", path="APAC/"))
    assert count(book, csm="-", team="APAC/").paying == 1
    assert names(book, "to-plan", csm="-") == ["orphan"]


def test_held_reviews_go_back_as_far_as_asked(book: User) -> None:
    assert names(book, "held", span="90") == ["held today", "executive review", "no boss", "settled", "covered"]
    assert len(names(book, "held", span="all")) == 6


@pytest.fixture
def voices(anna: User) -> User:
    admin: User = UserFactory.make(role=Role.ADMIN)
    for name, back, themes, owner, answer in (
        ("old", 400, ("slow",), "", "fixed"),
        ("waits", 10, ("slow", "own word"), "anna@example.com", ""),
        ("nobody", 5, (), "", ""),
        ("twice", 3, ("slow",), "", ""),
    ):
        said = review(shown(anna, name, mrr_reporting=100), held_on=ago(back), feedback=f"said by {name}")
        if themes or owner or answer:
            take_care(admin, said.pk, Care(owner, answer, themes), AT, TODAY)
    review(shown(anna, "silent"), held_on=ago(1))
    return admin


def test_feedback_is_listed_by_what_became_of_it(voices: User) -> None:
    assert names(voices, "feedback") == ["twice", "nobody", "waits"]
    assert names(voices, "feedback", state="nobody") == ["twice", "nobody"]
    assert names(voices, "feedback", state="answered") == ["old"]
    assert names(voices, "feedback", state="all", span="365") == ["twice", "nobody", "waits"]
    assert names(voices, "feedback", state="all", theme="slow") == ["twice", "waits", "old"]
    assert names(voices, "feedback", state="all", theme="-") == ["nobody"]
    assert (count(voices).open, count(voices).nobody) == (3, 2)


def test_themes_are_counted_with_accounts_money_and_quotes(voices: User, anna: User) -> None:
    again = Account.objects.get(name="twice")
    said = review(again, held_on=ago(2), feedback="once more")
    take_care(voices, said.pk, Care("", "", ("slow",)), AT, TODAY)
    rows = listed(voices, Asked(tab="themes", span="365"), TODAY).rows
    assert [(row["theme"], row["n"], row["open"], row["accounts"], row["mrr_reporting"]) for row in rows] == [
        ("slow", 3, 3, 2, 200), ("own word", 1, 1, 1, 100), ("-", 1, 1, 1, 100),
    ]  # fmt: skip
    assert [quote[0] for quote in rows[0]["quotes"]] == ["once more", "said by twice", "said by waits"]


@given(st.dictionaries(st.sampled_from(["tab", "csm", "team", "span", "state", "theme", "page"]), st.text(max_size=20)))
def test_any_address_is_a_question_and_its_link_asks_the_same(query: dict[str, str]) -> None:
    data = QueryDict(mutable=True)
    data.update(query)
    question = asked(data)
    assert "\0" not in question.csm + question.team + question.theme
    again = asked(QueryDict(question.query(page=question.page)))
    assert again.query(page=again.page) == question.query(page=question.page)
