"""Attrition of seats: who did a key action in the period before and none in this one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from accounts.models import Account, Seat, User
from churn.attrition import Attrition, attrition
from churn.seat_attrition import account_seats
from churn.spans import spans
from health.rollup.run import roll_up
from tests import factories as make
from tests.churn.books import AS_OF, account, book, pays

pytestmark = pytest.mark.django_db
MAY, JUNE = date(2026, 5, 10), date(2026, 6, 10)


@pytest.fixture
def admin() -> User:
    return book()


def person(owner: Account, external_id: str, **fields: Any) -> Seat:
    return make.SeatFactory.make(account=owner, external_id=external_id, **fields)


def acted(seat: Seat, *days: date, key_actions: Decimal | int = 1) -> None:
    """A day on which the seat did so many key actions."""
    for day in days:
        did(seat.account, seat.pk, day, key_actions)


def did(payer: Account, seat_id: int, day: date, key_actions: Decimal | int = 1) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_month('seat_day', %s)", [day])
        cursor.execute(
            "INSERT INTO seat_day (account_id, day, seat_id, events, key_actions, logged_in, version) VALUES (%s, %s, %s, 1, %s, true, 1)",
            [payer.pk, day, seat_id, key_actions],
        )


def seats(user: User, grain: str = "month", first: date = date(2026, 6, 1), after: date = date(2026, 7, 1), **options: Any) -> Any:
    return attrition(user, "seat", grain, first, after, **options)


def counts(row: Attrition) -> tuple[Any, ...]:
    return row.start, row.lost, row.joined, row.remaining


def test_june_compares_may_with_june(admin: User) -> None:
    who = account("who")
    acted(person(who, "stays"), MAY, JUNE)
    acted(person(who, "leaves"), MAY)
    acted(person(who, "joins"), JUNE)
    acted(person(who, "left long ago"), date(2026, 4, 30))
    (row,) = seats(admin, detail=True)
    assert counts(row) == (2, 1, 1, 1)
    assert row.rate == Decimal("0.5")
    assert row.ids == {
        "start": ["who/leaves", "who/stays"],
        "lost": ["who/leaves"],
        "joined": ["who/joins"],
        "remaining": ["who/stays"],
    }
    assert (row.period, row.provisional) == ("2026-06", False)


def test_the_first_and_last_day_of_a_month_belong_to_it(admin: User) -> None:
    who = account("who")
    acted(person(who, "edges"), date(2026, 5, 1), date(2026, 6, 30))
    acted(person(who, "others"), date(2026, 5, 31), date(2026, 6, 1))
    (row,) = seats(admin)
    assert counts(row) == (2, 0, 0, 2)


def test_a_day_without_a_key_action_is_no_presence_and_what_named_no_seat_is_nobody(admin: User) -> None:
    who = account("who")
    acted(person(who, "only logs in"), MAY, JUNE, key_actions=0)
    did(who, 0, MAY)
    (row,) = seats(admin)
    assert (row.start, row.rate) == (0, None)


def test_bots_left_out_seats_and_events_without_seat_count_in_no_seat_figure(admin: User) -> None:
    make.define_activity(excluded_personas=["basic"], excluded_email_domains=["us.example"])
    who = account("who")
    people = [
        person(who, "human"),
        person(who, "bot", kind="bot"),
        person(who, "tester", persona="basic"),
        person(who, "colleague", email="a@us.example"),
    ]
    for month in (MAY, JUNE):
        for seat in people:
            make.event(who, month, seat=seat)
        make.event(who, month)
    make.claim(make.open_run(AS_OF))
    run = make.open_run(AS_OF)
    for month in (MAY, JUNE):
        roll_up(run.pk, month.replace(day=1), month)
    (row,) = seats(admin, detail=True)
    assert row.ids is not None
    assert row.ids["start"] == row.ids["remaining"] == ["who/human"]


@pytest.mark.parametrize(
    ("grain", "first", "after", "before"),
    [
        ("week", date(2026, 6, 8), date(2026, 6, 15), date(2026, 6, 1)),
        ("quarter", date(2026, 4, 1), date(2026, 7, 1), date(2026, 1, 1)),
        ("span", date(2026, 6, 11), date(2026, 6, 21), date(2026, 6, 1)),
    ],
)
def test_the_period_before_has_the_same_grain_or_length(admin: User, grain: str, first: date, after: date, before: date) -> None:
    who = account("who")
    acted(person(who, "stays"), before, after - timedelta(days=1))
    acted(person(who, "leaves"), before)
    acted(person(who, "too early"), before - timedelta(days=1))
    acted(person(who, "too late"), after)
    (row,) = seats(admin, grain, first, after)
    assert counts(row) == (2, 1, 0, 1)


def test_weeks_begin_as_the_calendar_says(admin: User) -> None:
    make.define_calendar(week_starts="sunday")
    who = account("who")
    acted(person(who, "stays"), date(2026, 5, 31), date(2026, 6, 7))  # two Sundays
    found = seats(admin, "week", date(2026, 6, 1), date(2026, 6, 14))
    assert [(row.period, row.start, row.remaining) for row in found] == [("2026-06-07", 1, 1)]


def test_a_running_period_counts_up_to_the_as_of_day_and_is_provisional() -> None:
    admin = book(date(2026, 6, 20))
    who = account("who")
    acted(person(who, "not yet"), MAY, date(2026, 6, 21))
    acted(person(who, "already"), MAY, date(2026, 6, 20))
    (row,) = seats(admin)
    assert (row.start, row.remaining, row.provisional) == (2, 1, True)


def test_more_than_sixty_weeks_are_as_right_as_few(admin: User) -> None:
    who = account("who")
    first = date(2025, 1, 6)
    weekly, rare = person(who, "weekly"), person(who, "rare")
    for week in range(70):
        acted(weekly, first + timedelta(weeks=week))
        if week % 7 == 0:
            acted(rare, first + timedelta(weeks=week))
    found = seats(admin, "week", first + timedelta(weeks=1), first + timedelta(weeks=70))
    assert len(found) == 69
    for week, row in enumerate(found, start=1):
        assert counts(row) == (1 + (week % 7 == 1), int(week % 7 == 1), int(week % 7 == 0), 1), row.period


def test_the_seats_of_a_store_count_for_its_brand(admin: User) -> None:
    brand = account("brand")
    pays(brand, "2026-01-01", None)
    seat = person(account("store/1", parent=brand, counts_for=brand), "50%")
    did(brand, seat.pk, MAY)
    (row,) = seats(admin, by="csm", detail=True)
    assert row.ids is not None
    assert row.ids["lost"] == ["store%2F1/50%25"]
    (june,) = spans("month", JUNE.replace(day=1), JUNE, AS_OF)
    assert [(one.external_id, one.start, one.lost) for one in account_seats(admin, june, "month")] == [("brand", 1, 1)]


def test_purchased_seats_lost_are_what_the_contracts_no_longer_hold(admin: User) -> None:
    pays("fewer", "2026-01-01", "2026-06-10", seats=10)
    pays("fewer", "2026-06-10", None, seats=6)
    pays("more", "2026-01-01", "2026-06-10", seats=5)
    pays("more", "2026-06-10", None, seats=9)
    pays("gone", "2026-01-01", "2026-06-10", seats=3)
    pays("not told", "2026-01-01", "2026-06-10")
    pays("no longer told", "2026-01-01", "2026-06-10", seats=100)
    pays("no longer told", "2026-06-10", None)
    pays("trial", "2026-01-01", "2026-06-10", 0, seats=50)
    (row,) = seats(admin)
    assert (row.purchased_start, row.purchased_lost) == (18, 7)
    assert (row.start, row.rate) == (0, None)


def test_where_no_contract_tells_seats_the_purchased_ones_are_unknown(admin: User) -> None:
    pays("not told", "2026-01-01", None)
    (row,) = seats(admin)
    assert (row.purchased_start, row.purchased_lost) == (None, None)


def test_cuts_of_the_account_and_the_persona_of_the_seat(admin: User) -> None:
    food, care = account("food", industry="food"), account("care", industry="care")
    pays(food, "2026-01-01", None, product="a", seats=4)
    pays(food, "2026-01-01", None, product="b", seats=2)
    acted(person(food, "boss", persona="admin"), MAY)
    acted(person(food, "clerk", persona="basic"), MAY, JUNE)
    acted(person(care, "nurse"), MAY)
    by_industry = {row.group: (row.start, row.lost, row.purchased_start) for row in seats(admin, by="industry")}
    assert by_industry == {"care": (1, 1, None), "food": (2, 1, 6)}
    by_persona = {row.group: (row.start, row.lost, row.purchased_start) for row in seats(admin, by="persona")}
    assert by_persona == {"admin": (1, 1, None), "basic": (1, 0, None), None: (1, 1, None)}
    by_product = {row.group: (row.start, row.lost, row.purchased_start) for row in seats(admin, by="product")}
    assert by_product == {"a": (2, 1, 4), "b": (2, 1, 2), None: (1, 1, None)}
    assert [counts(row) for row in seats(admin, filters={"persona": ["basic"]})] == [(1, 0, 0, 1)]
    (only_a,) = seats(admin, filters={"product": ["a"]})
    assert (only_a.start, only_a.purchased_start) == (2, 4)


def test_only_visible_accounts_count(admin: User) -> None:
    anna = make.UserFactory.make(email="anna@example.com")
    hers, other = account("hers", owner=anna), account("other")
    acted(person(hers, "one"), MAY)
    acted(person(other, "two"), MAY)
    pays(other, "2026-01-01", None, seats=3)
    (row,) = seats(anna, detail=True)
    assert (row.start, row.purchased_start) == (1, None)
    assert row.ids is not None
    assert row.ids["lost"] == ["hers/one"]
    (june,) = spans("month", JUNE.replace(day=1), JUNE, AS_OF)
    assert [one.external_id for one in account_seats(anna, june, "month")] == ["hers"]
    assert [one.external_id for one in account_seats(admin, june, "month", group="anna@example.com", by="csm")] == ["hers"]


def test_rows_carry_the_version_of_the_activity_definition(admin: User) -> None:
    make.define_activity()
    make.define_activity(date(2026, 7, 1))
    (row,) = seats(admin)
    assert (row.version, row.as_of) == (1, AS_OF)
