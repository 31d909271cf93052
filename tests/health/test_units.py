"""Units: own level, active days and seats, by the account's rules; fast for a chain."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account
from health.types import Level
from health.units import UnitLine, account_units
from tests import factories as make
from tests.health.march import published

pytestmark = pytest.mark.django_db
AS_OF = date(2026, 3, 31)
LAST_DAYS = [date(2026, 3, day) for day in (28, 29, 30, 31)]


def paying(**fields: object) -> Account:
    account = make.AccountFactory.make(**fields)
    make.ContractFactory.make(account=account)
    return account


def by_name(account: Account, as_of: date = AS_OF) -> dict[tuple[str | None, str | None], UnitLine]:
    return {(line.store, line.unit): line for line in account_units(account, as_of)}


def test_a_unit_has_a_level_of_its_own_by_its_own_seats() -> None:
    make.define_activity()
    account = paying()
    busy, idle = (make.UnitFactory.make(account=account, name=name) for name in ("Busy", "Idle"))
    seats = [make.SeatFactory.make(account=account, unit=busy) for _ in range(2)]
    make.SeatFactory.make(account=account, unit=idle)
    for day in LAST_DAYS:
        for seat in seats:
            make.event(account, day, seat=seat, times=3)
    published()
    lines = by_name(account)
    assert list(lines) == [(None, "Busy"), (None, "Idle")]
    one, other = lines[None, "Busy"], lines[None, "Idle"]
    assert (one.level, one.seats, one.active_days, one.known_days, one.key_actions, one.key_seats, one.logged_in) == (
        *(Level.HIGH, 2, 4, 28),
        *(Decimal(24), 2, 2),
    )
    assert (one.strip, one.version, one.as_of) == ("Z" * 24 + "HHHH", 1, AS_OF)
    assert (other.level, other.active_days, other.strip) == (Level.ZERO, 0, "Z" * 28)


def test_concentrated_use_of_one_seat_is_no_high_level_of_its_unit() -> None:
    make.define_activity()
    account = paying()
    unit = make.UnitFactory.make(account=account)
    seats = [make.SeatFactory.make(account=account, unit=unit) for _ in range(3)]
    make.event(account, AS_OF, seat=seats[0], times=50)
    published()
    (line,) = account_units(account, AS_OF)
    assert (line.level, line.key_seats, line.logged_in) == (Level.MEDIUM, 1, 1)


def test_counted_stores_and_what_names_no_seat_are_told_apart() -> None:
    make.define_activity()
    brand = paying()
    store = make.AccountFactory.make(external_id="s/1", name="Store", parent=brand, counts_for=brand)
    kitchen = make.UnitFactory.make(account=brand, name="Kitchen")
    for account, unit, times in ((brand, kitchen, 2), (store, None, 3)):
        seat = make.SeatFactory.make(account=account, unit=unit)
        make.event(account, AS_OF, seat=seat, times=times)
    make.event(brand, date(2026, 3, 30))
    published()
    lines = account_units(brand, AS_OF)
    assert [(line.store_id, line.store, line.unit, int(line.key_actions), line.seats, line.level) for line in lines] == [
        (None, None, "Kitchen", 2, 1, Level.MEDIUM),
        (None, None, None, 1, 0, Level.UNKNOWN),
        ("s/1", "Store", None, 3, 1, Level.HIGH),
    ]


def test_seats_count_while_activated_and_neither_bots_nor_excluded_ones_do() -> None:
    make.define_activity(excluded_personas=["admin"], excluded_email_domains=["vendor.example"])
    account = paying()
    unit = make.UnitFactory.make(account=account)
    make.SeatFactory.make(account=account, unit=unit, activated_on=date(2026, 3, 20))
    make.SeatFactory.make(account=account, unit=unit, deactivated_on=AS_OF)
    for fields in ({"kind": "bot"}, {"persona": "admin"}, {"email": "x@Vendor.example"}, {"activated_on": None}):
        make.SeatFactory.make(account=account, unit=unit, **fields)
    published()
    assert [line.seats for line in account_units(account, AS_OF)] == [1]
    assert [line.seats for line in account_units(account, date(2026, 3, 30))] == [2]
    assert [line.seats for line in account_units(account, date(2026, 3, 19))] == [1]


def test_each_day_goes_by_the_rules_of_its_day_and_profile() -> None:
    make.define_activity(active_from="medium", profiles=[{"when": {"tier": ["gold"]}, "active_from": "low"}])
    make.define_activity(date(2026, 3, 30), active_from="high", profiles=[])
    plain, gold = paying(), paying(tier="gold")
    for account in (plain, gold):
        seat = make.SeatFactory.make(account=account, unit=make.UnitFactory.make(account=account))
        for day in LAST_DAYS:
            make.event(account, day, seat=seat)
    published()
    found = [(line.active_days, line.level, line.version) for account in (plain, gold) for line in account_units(account, AS_OF)]
    assert found == [(0, Level.LOW, 2), (2, Level.LOW, 2)]


def test_who_does_not_pay_is_unknown_and_who_has_no_days_has_no_units() -> None:
    make.define_activity()
    trial = make.AccountFactory.make()
    make.ContractFactory.make(account=trial, mrr=0)
    make.SeatFactory.make(account=trial, unit=make.UnitFactory.make(account=trial))
    nothing = make.AccountFactory.make()
    make.SeatFactory.make(account=nothing, unit=make.UnitFactory.make(account=nothing))
    published()
    assert [(line.level, line.known_days, line.strip) for line in account_units(trial, AS_OF)] == [(Level.UNKNOWN, 0, "U" * 28)]
    assert account_units(nothing, AS_OF) == []


def test_a_run_under_construction_is_not_seen() -> None:
    make.define_activity()
    account = paying()
    make.SeatFactory.make(account=account, unit=make.UnitFactory.make(account=account))
    published(date(2026, 3, 10))
    assert account_units(account, AS_OF)[0].known_days == 7
    assert account_units(account, AS_OF)[0].version is None


def test_a_hundred_units_of_five_seats_take_two_queries_and_no_time(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make.define_activity()
    account = paying()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO accounts_unit (account_id, name) SELECT %s, 'Unit ' || n FROM generate_series(1, 100) n", [account.pk])
        cursor.execute(
            "INSERT INTO accounts_seat"
            " (account_id, external_id, email, name, persona, kind, is_executive, unit_id, activated_on, recorded_at)"
            " SELECT account_id, u.id || '-' || n, '', '', '', 'human', false, u.id, '2020-01-01', now()"
            " FROM accounts_unit u, generate_series(1, 5) n WHERE account_id = %s",
            [account.pk],
        )
        cursor.execute("SELECT ensure_month('event', %s)", [AS_OF])
        cursor.execute(
            "INSERT INTO event (source_id, message_id, account_id, seat_id, action_id, occurred_at, recorded_at, day, quantity)"
            " SELECT %s, s.id || '-' || d, s.account_id, s.id, %s, d, d, d::date, 1 FROM accounts_seat s,"
            " generate_series('2026-03-01 12:00Z'::timestamptz, '2026-03-31 12:00Z', '1 day') d WHERE s.account_id = %s",
            [make.SourceFactory.make().pk, make.action("work").pk, account.pk],
        )
        for day in range(1, 32):
            make.mark(account, date(2026, 3, day))
        published()
        cursor.execute("ANALYZE seat_day; ANALYZE accounts_seat; ANALYZE health_accountday")
    with django_assert_num_queries(2):
        lines = account_units(account, AS_OF)
    assert len(lines) == 100
    assert {(line.seats, line.active_days, line.key_actions) for line in lines} == {(5, 28, Decimal(140))}
