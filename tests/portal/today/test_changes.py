"""Since your last visit: which news there are, whose, and which stand at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Invoice, Ticket, User
from accounts.types import Role
from churn.models import RenewalCase
from csm_portal.portal.today.changes import Change, Group, News, arrange, changes
from csm_portal.portal.today.changes_sql import KINDS
from csm_portal.portal.today.policy import SHOWN
from csm_portal.portal.today.visits import Since
from csm_portal.portal.today.windows import KEYS, entered
from csm_portal.portal.today.words import line
from health.judging.rating_queue import due_accounts
from health.models import AccountDay, HealthScore, Rating, Review
from tests.factories import AccountFactory, SourceFactory
from tests.health.rating_book import ask
from tests.portal.shown_book import AS_OF, NOW, person, published_run, shown

TODAY = date(2026, 11, 20)
YESTERDAY = Since(date(2026, 11, 19), date(2026, 11, 18))
WEEK = Since(date(2026, 11, 13), date(2026, 11, 12))


def news(user: User, since: Since = WEEK) -> News:
    return changes(user, since, TODAY, AS_OF, published_run().pk)


def found(user: User, kind: str, since: Since = WEEK, *, new: bool | None = True) -> list[Change]:
    """Items of a kind, shown or folded; `new` None takes both."""
    everything = news(user, since)
    groups = [*everything.shown, *everything.waiting, *everything.folded]
    return [item for group in groups if group.kind == kind for item in group.items if new is None or item.is_new is new]


def quiet(user: User, name: str = "one", **state: Any) -> Account:
    """An account without any news: rated, and no renewal near."""
    rested = {"rated_on": TODAY - timedelta(days=5), "renewal_on": None, "decision_on": None}
    return shown(user, name, **{**rested, **state})


def graded(account: Account, levels: dict[date, int], *, closed: Sequence[date] = ()) -> None:
    AccountDay.objects.bulk_create(
        AccountDay(
            run=published_run(),
            account=account,
            day=day,
            level=level,
            key_actions=1,
            active_seats=1,
            seats=1,
            paying=True,
            active=True,
            working=day.weekday() < 5 and day not in closed,
            version=1,
        )
        for day, level in levels.items()
    )


def days(first: date, last: date, level: int) -> dict[date, int]:
    return {first + timedelta(days=place): level for place in range((last - first).days + 1)}


def scored(account: Account, day: date, band: str) -> None:
    HealthScore.objects.create(run=published_run(), account=account, day=day, band=band, coverage=1, facets={}, version=1)


def ticket(account: Account, day: date, number: int) -> None:
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    Ticket.objects.create(source=SourceFactory.make(), external_id=f"{account.pk}-{number}", account=account, opened_at=at, recorded_at=at)


def bill(account: Account, due: date, **fields: Any) -> Invoice:
    values: dict[str, Any] = {
        "status": "open",
        "amount": Decimal(300),
        "currency": "EUR",
        "recorded_at": NOW - timedelta(days=60),
        **fields,
    }
    number = f"{account.pk}-{Invoice.objects.count()}"
    return Invoice.objects.create(
        source=SourceFactory.make(), external_id=number, account=account, issued_on=due - timedelta(days=30), due_on=due, **values
    )


def review(account: Account, planned: date, **fields: Any) -> None:
    values: dict[str, Any] = {"kind": "qbr", "recorded_at": NOW, **fields}
    number = f"{account.pk}-{Review.objects.count()}"
    Review.objects.create(source=SourceFactory.make(), external_id=number, account=account, planned_on=planned, **values)


def case(account: Account, decision: date, **fields: Any) -> None:
    values: dict[str, Any] = {"state": "open", "due_mrr": 100, "due_reporting": 110, "currency": "EUR", "product": "default", **fields}
    RenewalCase.objects.create(
        account=account, ends_on=decision + timedelta(days=30), starts_on=decision - timedelta(days=335), decision_on=decision, **values
    )


pytestmark = pytest.mark.django_db


def test_a_book_where_nothing_happened_has_no_news() -> None:
    user = person()
    account = quiet(user)
    graded(account, days(date(2026, 10, 20), AS_OF, 2))
    scored(account, date(2026, 11, 12), "amber")
    everything = news(user)
    assert (everything.n_new, everything.n_before, everything.shown, everything.waiting) == (0, 0, [], [])


def test_before_the_first_night_there_is_nothing_to_compare() -> None:
    assert changes(person(), WEEK, TODAY, None, None).n_new == 0


# --- level ---


def test_a_level_fell_when_the_usual_day_is_lower_than_at_the_last_visit() -> None:
    user = person()
    account = quiet(user)
    graded(account, days(date(2026, 10, 20), date(2026, 11, 12), 3) | days(date(2026, 11, 13), AS_OF, 1))
    [item] = found(user, "level_fell")
    assert (item.facts["from"], item.facts["to"], item.day) == (3, 1, AS_OF)
    assert "High" in line(item, TODAY).what
    assert found(user, "level_fell", YESTERDAY) == []  # it had fallen before


def test_one_bad_day_is_no_news() -> None:
    user = person()
    graded(quiet(user), days(date(2026, 10, 20), date(2026, 11, 18), 3) | {AS_OF: 0})
    assert found(user, "level_fell") == []


def test_days_off_say_nothing_about_the_level() -> None:
    user = person()
    closed = [date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18), AS_OF]
    levels = days(date(2026, 10, 20), date(2026, 11, 13), 3) | days(date(2026, 11, 14), AS_OF, 0)
    graded(quiet(user), levels, closed=closed)
    assert found(user, "level_fell") == []


def test_unknown_days_are_no_fall() -> None:
    user = person()
    graded(quiet(user), days(date(2026, 10, 20), date(2026, 11, 12), 3) | days(date(2026, 11, 13), AS_OF, -1))
    assert found(user, "level_fell") == []


# --- band ---


def test_a_changed_band_says_from_where_to_where_since_when_and_why() -> None:
    user = person()
    account = quiet(user, band="red", top_reason={"code": "ratings", "mean": 2, "points": 10})
    for day, band in ((12, "amber"), (13, "amber"), (16, "amber"), (17, "red"), (18, "red"), (19, "red")):
        scored(account, date(2026, 11, day), band)
    [item] = found(user, "band_changed")
    assert (item.facts, item.day, item.good) == ({"from": "amber", "to": "red"}, date(2026, 11, 17), False)
    assert item.reason
    assert found(user, "band_changed", YESTERDAY) == []


def test_a_better_band_is_news_that_waits_behind_the_worse() -> None:
    user = person()
    scored(quiet(user, "up", band="green", mrr_reporting=Decimal(9000)), date(2026, 11, 12), "amber")
    scored(quiet(user, "down", band="red", mrr_reporting=Decimal(10)), date(2026, 11, 12), "amber")
    assert [(item.name, item.good) for item in found(user, "band_changed")] == [("down", False), ("up", True)]


# --- ratings ---


def rated(user: User, name: str, *days_ago: int, questions: str = "fit") -> Account:
    """An account with answers to the one question asked."""
    account = quiet(user, name)
    for days_before in days_ago:
        day = TODAY - timedelta(days=days_before)
        Rating.objects.create(account=account, question=questions, score=3, rated_on=day, rated_by=user, recorded_at=NOW)
    return account


def test_a_rating_is_due_on_the_day_it_expires() -> None:
    ask("fit")
    user = person()
    rated(user, "expired in the week", 92)
    rated(user, "expired today", 90)
    rated(user, "expired long ago", 200)
    rated(user, "holds one day more", 89)
    rated(user, "never")
    assert {item.name for item in found(user, "rating_due")} == {"expired in the week", "expired today"}
    assert {item.name for item in found(user, "rating_due", YESTERDAY)} == {"expired today"}
    assert {item.name for item in found(user, "rating_due", new=False)} == {"expired long ago", "never"}
    assert {line(item, TODAY).what for item in found(user, "rating_due", new=None)} == {"expired", "never rated"}


def test_a_rating_is_due_fourteen_days_before_the_planned_qbr() -> None:
    ask("fit")
    user = person()
    review(rated(user, "due", 30), TODAY + timedelta(days=12))
    review(rated(user, "fresh", 1), TODAY + timedelta(days=12))
    review(rated(user, "far", 30), TODAY + timedelta(days=40))
    (item,) = found(user, "rating_due")
    assert (item.name, line(item, TODAY).what) == ("due", "to be renewed before the QBR on 2 Dec 2026")


def test_what_is_due_is_what_the_queue_lists() -> None:
    ask("fit", "boss")
    user = person()
    for name, days_ago in (("one", 10), ("two", 100), ("three", 95)):
        rated(user, name, days_ago)
    listed, n = due_accounts(user, TODAY)
    assert sorted(item.name for item in found(user, "rating_due", new=None)) == sorted(one.name for one in listed)
    assert n == 3
    assert {line(item, TODAY).what for item in found(user, "rating_due", new=None)} == {"expired", "1 question not answered yet"}


def test_a_rating_given_this_morning_settles_it() -> None:
    ask("fit")
    user = person()
    rated(user, "one", 91, 0)
    assert found(user, "rating_due", new=None) == []


# --- tickets ---


@pytest.mark.parametrize(
    ("opened", "expected"), [([17, 17, 18, 18, 19], 1), ([15, 16, 17, 18, 19], 0), ([17, 18, 19, 19], 0), ([10] * 5, 0)]
)
def test_five_tickets_in_three_days_are_a_burst(opened: list[int], expected: int) -> None:
    user = person()
    account = quiet(user)
    for number, day in enumerate(opened):
        ticket(account, date(2026, 11, day), number)
    assert len(found(user, "ticket_burst")) == expected


def test_a_stores_tickets_count_for_its_brand() -> None:
    user = person()
    brand = quiet(user, "brand")
    store = AccountFactory.make(external_id="store", counts_for=brand, parent=brand)
    for number in range(5):
        ticket(store, date(2026, 11, 19), number)
    assert [item.name for item in found(user, "ticket_burst")] == ["brand"]


# --- invoices ---


def test_an_invoice_is_overdue_from_the_day_after_it_was_due() -> None:
    user = person()
    for name, back in (("due today", 0), ("due yesterday", 1), ("in the week", 5), ("long ago", 50)):
        bill(quiet(user, name), TODAY - timedelta(days=back))
    bill(quiet(user, "paid"), TODAY - timedelta(days=5), paid_on=TODAY, status="paid")
    bill(quiet(user, "void"), TODAY - timedelta(days=5), status="void")
    assert {item.name for item in found(user, "invoice_late")} == {"due yesterday", "in the week"}
    assert {item.name for item in found(user, "invoice_late", YESTERDAY)} == {"due yesterday"}
    assert {item.name for item in found(user, "invoice_late", new=False)} == {"long ago"}


def test_a_failed_payment_is_news_from_the_day_it_was_recorded() -> None:
    user = person()
    bill(quiet(user), TODAY - timedelta(days=20), status="failed", failed_attempts=2, recorded_at=datetime(2026, 11, 18, 9, tzinfo=UTC))
    [item] = found(user, "invoice_late")
    assert item.day == date(2026, 11, 18)
    assert "failed 2 times" in line(item, TODAY).what


def test_several_bills_of_one_account_are_one_line() -> None:
    user = person()
    account = quiet(user)
    bill(account, TODAY - timedelta(days=3), amount=Decimal(20))
    bill(account, TODAY - timedelta(days=4), amount=Decimal(900))
    [item] = found(user, "invoice_late")
    assert (item.facts["amount"], item.facts["bills"]) == ("900.00", 2)


# --- reviews ---


def test_a_qbr_is_due_fourteen_days_ahead_and_again_when_it_was_not_held() -> None:
    user = person()
    for name, ahead in (("in 14", 14), ("in 5", 5), ("in 15", 15), ("two days ago", -2), ("long ago", -60)):
        review(quiet(user, name, rated_on=TODAY), TODAY + timedelta(days=ahead))
    review(quiet(user, "held"), TODAY - timedelta(days=2), held_on=TODAY - timedelta(days=2))
    assert {item.name for item in found(user, "review_due")} == {"in 14", "two days ago"}
    assert {item.name for item in found(user, "review_due", new=False)} == {"in 5", "long ago"}


# --- renewals ---


@pytest.mark.parametrize("since", [YESTERDAY, Since(date(2026, 11, 16), date(2026, 11, 15))])
def test_a_renewal_is_news_exactly_when_it_came_into_a_window(since: Since) -> None:
    user = person()
    for ahead in range(-3, 95):
        case(quiet(user, f"in {ahead}"), TODAY + timedelta(days=ahead))
    expected = {
        f"in {ahead}": key for ahead in range(-3, 95) if (key := entered(TODAY + timedelta(days=ahead), since.day, TODAY)) is not None
    }
    assert {item.name: KEYS[item.facts["window"]] for item in found(user, "renewal_window", since)} == expected


def test_a_renewed_case_is_no_news() -> None:
    user = person()
    case(quiet(user), TODAY - timedelta(days=1), state="renewed")
    assert found(user, "renewal_window", new=None) == []


# --- whose ---


@pytest.mark.parametrize("role", [Role.CSM, Role.ADMIN])
def test_news_are_of_the_visible_book_alone_in_two_queries(role: Role, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    reader, other = person(role), person()
    for owner in (reader, other):
        account = quiet(owner, f"of {owner.email}")
        bill(account, TODAY - timedelta(days=2))
    run = published_run()
    with django_assert_num_queries(2):
        everything = changes(reader, WEEK, TODAY, AS_OF, run.pk)
    names = {item.name for group in everything.shown for item in group.items}
    assert names == ({f"of {reader.email}", f"of {other.email}"} if role == Role.ADMIN else {f"of {reader.email}"})


def test_hostile_names_come_through_unbent() -> None:
    user = person()
    name = "<script>alert(1)</script> \"'& %s {x}"
    bill(quiet(user, "x", account_name=name), TODAY - timedelta(days=2))
    [item] = found(user, "invoice_late")
    assert item.name == name


# --- what stands at once ---


def _item(kind: str, weight: int, *, is_new: bool, good: bool = False) -> Change:
    return Change(kind, "", "", None, {}, "", is_new, good, Decimal(weight), None, "", None, None)


ITEMS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 9), st.booleans(), st.booleans()), max_size=60)


@given(rows=ITEMS, room=st.integers(1, 15))
def test_nothing_is_lost_between_what_is_shown_and_what_is_folded(rows: list[tuple[str, int, bool, bool]], room: int) -> None:
    by_kind: dict[str, list[Change]] = {}
    for kind, weight, is_new, good in rows:
        by_kind.setdefault(kind, []).append(_item(kind, weight, is_new=is_new, good=good))
    groups = [Group(kind, sum(item.is_new for item in items), len(items), items) for kind, items in by_kind.items()]
    everything = arrange(groups, room)
    parts = [[item for group in part for item in group.items] for part in (everything.shown, everything.waiting, everything.folded)]
    assert sorted(id(item) for part in parts for item in part) == sorted(id(item) for group in groups for item in group.items)
    at_once = [*parts[0], *parts[1]]
    assert len(at_once) == min(room, len(rows))
    assert all(item.is_new for item in parts[0])
    if parts[1]:  # old things only fill what the news leave
        assert not any(item.is_new for item in parts[2])
    assert everything.n_folded == len(parts[2])
    if len(by_kind) <= room:
        assert {item.kind for item in parts[0]} == {item.kind for group in groups for item in group.items if item.is_new}


def test_at_most_ten_lines_stand_at_once_and_the_worst_money_is_first() -> None:
    user = person()
    for place in range(15):
        bill(quiet(user, f"a{place}", mrr_reporting=Decimal(100 + place)), TODAY - timedelta(days=2))
    everything = news(user)
    [group] = everything.shown
    assert [item.name for item in group.items] == [f"a{place}" for place in range(14, 14 - SHOWN, -1)]
    assert (everything.n_new, everything.n_folded) == (15, 5)
