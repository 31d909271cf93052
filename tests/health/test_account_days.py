"""Account-days in PostgreSQL: the same grades as the pure table, on the right base."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Seat
from health.account_days import build_account_days
from health.definitions import ActivityRules, parse_activity
from health.levels import DayFacts, day_level, is_active_day
from health.models import AccountDay
from health.rollup.run import roll_up
from health.types import DayFlag, Level
from tests import factories as make
from tests.health.test_levels import WORKED

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 5)


def built(*days: date) -> dict[tuple[int, date], AccountDay]:
    """Roll up and grade the days."""
    days = days or (DAY,)
    run = make.open_run(max(days))
    make.claim(run)
    for day in days:
        roll_up(run.pk, day, day)
    build_account_days(run.pk, days)
    return {(row.account_id, row.day): row for row in AccountDay.objects.filter(run=run)}


def paying(n: int | None = 100, **fields: Any) -> Account:
    """An account that pays for `n` seats."""
    account = make.AccountFactory.make(**fields)
    make.ContractFactory.make(account=account, seats=n)
    return account


def seat_day(account: Account, seat_id: int, key_actions: Decimal | int | str, *, logged_in: bool = True) -> None:
    """A rolled-up row, written directly."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_month('seat_day', %s)", [DAY])
        cursor.execute(
            "INSERT INTO seat_day (account_id, day, seat_id, events, key_actions, logged_in, version) VALUES (%s, %s, %s, 1, %s, %s, 1)",
            [account.pk, DAY, seat_id, key_actions, logged_in],
        )


@pytest.mark.parametrize(("key_actions", "logged_in", "level", "flags"), WORKED)
def test_the_worked_table_of_a_hundred_seats(key_actions: int | str, logged_in: int, level: Level, flags: int) -> None:
    make.define_activity(seat_base="purchased")
    make.define_calendar("US")
    account = paying(country="US")
    seat_day(account, 0, key_actions)
    for number in range(1, logged_in + 1):
        seat_day(account, number, 0)
    seat_day(account, 9_999, 0, logged_in=False)
    row = built()[account.pk, DAY]
    assert (row.level, row.flags, row.active_seats, row.seats) == (level, flags, logged_in, 100)
    assert row.active == (level >= Level.LOW)


CASE = st.fixed_dictionaries(
    {
        "seats": st.integers(0, 40),
        "key_actions": st.integers(0, 110_000_000).map(lambda n: Decimal(n) / 1_000_000) | st.integers(0, 200).map(Decimal),
        "logged_in": st.integers(0, 8),
        "named": st.booleans(),
        "paying": st.booleans(),
        "activated": st.none() | st.integers(0, 6),
        "border": st.none() | st.sampled_from(["low", "high"]),
        "step": st.sampled_from([-1, 0, 1]),
    }
)
THRESHOLDS = st.fixed_dictionaries(
    {
        "share": st.sampled_from(["0.6", "3/5", "1/3", "0.61", "1"]),
        "low_multiple": st.sampled_from([1, 2, "1.5", "2.25"]),
        "high_multiple": st.sampled_from([4, "2.5", "10/3"]),
        "login_share": st.sampled_from(["0.6", "1/3", 0, 1]),
        "min_activation_rate": st.sampled_from(["0", "0.1", "1/3"]),
        "active_from": st.sampled_from(["low", "medium", "high"]),
    }
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(thresholds=THRESHOLDS, cases=st.lists(CASE, min_size=8, max_size=25))
def test_postgresql_grades_as_the_pure_table_does(thresholds: dict[str, Any], cases: list[dict[str, Any]]) -> None:
    section = {"key_actions": {"work": 1}, "seat_base": "purchased", **thresholds}
    rules = parse_activity(section).rules[0]
    with transaction.atomic():
        make.define_activity(**section)
        make.define_calendar("US")
        expected = dict(_stored(case, rules) for case in cases)
        found = {account_id: row for (account_id, _), row in built().items()}
        for account_id, facts in expected.items():
            grade, row = day_level(facts, rules), found.get(account_id)
            if row is None:
                assert facts.key_actions == 0
                assert not facts.paying
                continue
            assert (Level(row.level), DayFlag(row.flags)) == (grade.level, grade.flags)
            assert row.active == is_active_day(grade.level, rules)
        transaction.set_rollback(True)


def _stored(case: dict[str, Any], rules: ActivityRules) -> tuple[int, DayFacts]:
    """Store one case; returns the account and the facts the pure table grades it by."""
    n, a = case["seats"], case["key_actions"]
    if case["border"]:
        bar = n * (rules.low_bar if case["border"] == "low" else rules.high_bar)
        a = max(Decimal(0), Decimal(int(bar * 1_000_000) + case["step"]) / 1_000_000)
    account = make.AccountFactory.make(country="US")
    make.ContractFactory.make(account=account, seats=n, mrr=1 if case["paying"] else 0)
    named = case["named"] or case["logged_in"] > 0
    if a > 0:
        seat_day(account, 0, a)
    for number in range(1, case["logged_in"] + 1):
        seat_day(account, number, 0)
    if case["named"]:
        seat_day(account, 9_999, 0, logged_in=False)
    rate = None
    if case["activated"]:
        Seat.objects.bulk_create(
            Seat(account=account, external_id=str(i), activated_on=DAY, recorded_at=make.RECORDED) for i in range(case["activated"])
        )
        rate = Fraction(case["activated"], n) if n else None
    return account.pk, DayFacts(a, n, case["logged_in"], names_a_seat=named, paying=case["paying"], activation_rate=rate)


def test_the_base_is_the_seats_activated_that_day_and_logins_are_counted_in_it() -> None:
    make.define_activity()
    account = paying(50)
    begun = make.SeatFactory.make(account=account, activated_on=DAY)
    gone = make.SeatFactory.make(account=account, activated_on=DAY - timedelta(days=9), deactivated_on=DAY)
    later = make.SeatFactory.make(account=account, activated_on=DAY + timedelta(days=1))
    by_event = make.SeatFactory.make(account=account, activated_on=None)
    make.SeatFactory.make(account=account, activated_on=None)
    make.SeatFactory.make(account=account, kind="bot")
    for seat in (begun, gone, later, by_event):
        make.event(account, DAY, seat=seat)
    row = built()[account.pk, DAY]
    assert (row.seats, row.activated, row.purchased) == (2, 2, 50)
    assert (row.key_actions, row.active_seats, row.key_seats) == (Decimal(4), 2, 2)


def test_activated_seats_change_within_a_month_day_by_day() -> None:
    make.define_activity(profiles=[{"when": {"tier": "gold"}, "excluded_personas": ["basic"]}])
    plain, gold = paying(), paying(tier="gold")
    for account in (plain, gold):
        make.SeatFactory.make(account=account, activated_on=date(2026, 2, 1), deactivated_on=date(2026, 3, 4), persona="basic")
        make.SeatFactory.make(account=account, activated_on=date(2026, 3, 2))
        make.SeatFactory.make(account=account, activated_on=date(2026, 3, 3), deactivated_on=date(2026, 3, 3))
        make.SeatFactory.make(account=account, activated_on=date(2026, 3, 5), persona="basic")
    days = [date(2026, 3, number) for number in range(1, 7)]
    rows = built(*days)
    assert [rows[plain.pk, day].seats for day in days] == [1, 2, 2, 1, 2, 2]
    assert [rows[gold.pk, day].seats for day in days] == [0, 1, 1, 1, 1, 1]


def test_without_loaded_seats_the_base_is_what_was_purchased_that_day() -> None:
    make.define_activity()
    account = make.AccountFactory.make()
    make.ContractFactory.make(account=account, seats=10, ends_on=DAY)
    make.ContractFactory.make(account=account, seats=30, starts_on=DAY)
    make.ContractFactory.make(account=account, seats=5, mrr=0, product="trial")
    make.usage(account, DAY, quantity=100, distinct=21)
    row = built()[account.pk, DAY]
    assert (row.seats, row.purchased, row.active_seats, row.level) == (35, 35, 21, Level.HIGH)


def test_counted_stores_bring_their_seats_and_activity_to_the_brand() -> None:
    make.define_activity()
    brand = paying(10)
    for _ in range(2):
        store = make.AccountFactory.make(parent=brand, counts_for=brand)
        make.event(store, DAY, seat=make.SeatFactory.make(account=store), times=3)
    rows = built()
    assert [account_id for account_id, _ in rows] == [brand.pk]
    assert (rows[brand.pk, DAY].seats, rows[brand.pk, DAY].key_actions, rows[brand.pk, DAY].active_seats) == (2, Decimal(6), 2)


def test_a_trial_at_zero_pays_nothing_so_the_day_is_unknown() -> None:
    make.define_activity()
    account = make.AccountFactory.make()
    make.ContractFactory.make(account=account, seats=5, mrr=0)
    make.event(account, DAY, times=9)
    row = built()[account.pk, DAY]
    assert (row.level, row.paying, row.active, row.seats) == (Level.UNKNOWN, False, False, 5)


def test_a_contract_covers_its_first_day_and_not_its_end() -> None:
    make.define_activity()
    account = make.AccountFactory.make()
    make.ContractFactory.make(account=account, seats=5, starts_on=DAY, ends_on=DAY + timedelta(days=2))
    days = [DAY + timedelta(days=i) for i in range(-1, 3)]
    assert sorted(day for _, day in built(*days)) == [DAY, DAY + timedelta(days=1)]


def test_working_days_follow_country_work_week_and_quiet_periods_and_the_default_is_flagged() -> None:
    make.define_activity()
    make.define_calendar("CN")
    china, germany, unknown = paying(country="CN"), paying(country="DE"), paying()
    six = paying(country="DE", work_week="6")
    make.QuietPeriodFactory.make(account=germany, starts_on=date(2026, 2, 12), ends_on=date(2026, 2, 13))
    days = [date(2026, 2, number) for number in range(12, 17)]
    rows = built(*days)
    worked = {account.pk: [rows[account.pk, day].working for day in days] for account in (china, germany, unknown, six)}
    assert worked[china.pk] == worked[unknown.pk] == [True, True, True, False, False]
    assert worked[germany.pk] == [False, True, False, False, True]
    assert worked[six.pk] == [True, True, True, False, True]
    assert rows[unknown.pk, DAY.replace(month=2, day=12)].flags == DayFlag.DEFAULT_CALENDAR
    assert rows[china.pk, DAY.replace(month=2, day=12)].flags == 0


def test_before_the_first_version_there_is_nothing() -> None:
    make.define_activity(DAY)
    account = paying()
    assert list(built(DAY - timedelta(days=1), DAY)) == [(account.pk, DAY)]


def test_twice_the_same_days_gives_the_same_rows() -> None:
    make.define_activity()
    account = paying()
    make.event(account, DAY, times=130)
    built()
    before = list(AccountDay.objects.values())
    built()
    assert list(AccountDay.objects.values()) == before
