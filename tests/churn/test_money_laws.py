"""Laws that MRR and attrition keep on any book: they reconcile, complement each other, and the cuts add up to the whole."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Contract, RenewalDefinition, Seat, User
from churn.attrition import attrition, side_by_side
from churn.revenue import Movement, account_movements, movements
from churn.spans import spans
from tests import factories as make
from tests.churn.books import book, define_renewals, rate
from tests.churn.money_oracle import Oracle, Row

pytestmark = pytest.mark.django_db
FIRST, AFTER = date(2026, 1, 1), date(2026, 7, 1)
AS_OF = date(2026, 6, 20)
TINY = Decimal("1e-20")
NAMES = [f"account {n}" for n in range(6)]
PRODUCTS, CURRENCIES = ("a", "b"), ("USD", "EUR", "CNY")

# Each example replaces the terms of the one before, so the fixture may stay.
REWRITTEN = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

days = st.integers(-120, 200).map(lambda n: FIRST + timedelta(days=n))
amounts = st.sampled_from(["0", "0.01", "9.99", "10", "33.33", "100", "12345.67"]).map(Decimal)


@st.composite
def terms(draw: st.DrawFn) -> Row:
    starts_on = draw(days)
    length = draw(st.one_of(st.none(), st.integers(1, 150)))
    ends_on = None if length is None else starts_on + timedelta(days=length)
    return Row(draw(st.sampled_from(NAMES)), starts_on, ends_on, draw(amounts), draw(st.sampled_from(PRODUCTS)))


books = st.lists(terms(), max_size=14)


@pytest.fixture
def admin() -> User:
    admin = book(AS_OF)
    for place, name in enumerate(NAMES):
        make.AccountFactory.make(external_id=name, industry=("food", "care", "")[place % 3])
    rate("EUR", "2025-01-01", "1.1")
    rate("EUR", "2026-02-14", "1.237")
    rate("CNY", "2025-01-01", "0.14")
    rate("CNY", "2026-04-01", "0.1333333333")
    return admin


def write(rows: list[Row], currencies: tuple[str, ...] = ("USD",)) -> None:
    """These terms instead of those of the example before."""
    Contract.objects.all().delete()
    accounts = {one.external_id: one for one in Account.objects.all()}
    source = make.SourceFactory.make()
    Contract.objects.bulk_create(
        Contract(
            source=source,
            external_id=str(place),
            account=accounts[row.account],
            product=row.product,
            plan=row.product,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            mrr=row.mrr,
            currency=currencies[place % len(currencies)],
            recorded_at=make.RECORDED,
        )
        for place, row in enumerate(rows)
    )


def reconciles(row: Movement) -> bool:
    return row.start + row.new + row.expansion + row.reactivation - row.contraction - row.churn == row.end


@override_settings(REPORTING_CURRENCY="USD")
@settings(max_examples=40, suppress_health_check=REWRITTEN)
@given(rows=books, grain=st.sampled_from(["month", "quarter", "span"]))
def test_every_number_agrees_with_a_computation_day_by_day(admin: User, rows: list[Row], grain: str) -> None:
    write(rows)
    oracle = Oracle(rows)
    found = side_by_side(admin, grain, FIRST, AFTER)
    assert len(found) == {"month": 6, "quarter": 2, "span": 1}[grain]
    for span, three in zip(spans(grain, FIRST, AFTER, AS_OF), found, strict=True):
        move, expected = three.movement, oracle.period(span.first, span.close)
        told = (move.start, move.new, move.expansion, move.contraction, move.churn, move.reactivation, move.end, move.grr, move.nrr)
        counted = (three.logo.start, three.logo.lost, three.logo.joined)
        assert (*told, *counted) == (
            expected.start,
            expected.new,
            expected.expansion,
            expected.contraction,
            expected.churn,
            expected.reactivation,
            expected.end,
            expected.grr,
            expected.nrr,
            expected.logos,
            expected.logos_lost,
            expected.logos_joined,
        )


def bridged(rows: list[Row], days: int) -> list[Row]:
    """The terms that end where nobody pays, prolonged to the next paying day when it is near enough; found by walking along the days."""
    found = []
    for row in rows:
        others = [one for one in rows if one.account == row.account and one.mrr > 0]
        gap, ends_on = 0, row.ends_on
        if ends_on is not None and row.mrr > 0:
            while gap <= days and not any(runs(one, ends_on + timedelta(days=gap)) for one in others):
                gap += 1
            ends_on += timedelta(days=gap if gap <= days else 0)
        found.append(row._replace(ends_on=ends_on))
    return found


def runs(row: Row, day: date) -> bool:
    return row.starts_on <= day and (row.ends_on is None or row.ends_on > day)


@override_settings(REPORTING_CURRENCY="USD")
@settings(max_examples=40, suppress_health_check=REWRITTEN)
@given(rows=books, days=st.sampled_from([1, 7, 30, 90]))
def test_bridged_gaps_agree_with_a_walk_along_the_days(admin: User, rows: list[Row], days: int) -> None:
    write(rows)
    RenewalDefinition.objects.all().delete()
    define_renewals(bridge=days)
    oracle = Oracle(bridged(rows, days))
    logos = Oracle(rows)
    for span, three in zip(spans("month", FIRST, AFTER, AS_OF), side_by_side(admin, "month", FIRST, AFTER), strict=True):
        move, expected = three.movement, oracle.period(span.first, span.close)
        told = (move.start, move.new, move.expansion, move.contraction, move.churn, move.reactivation, move.end)
        names = ("start", "new", "expansion", "contraction", "churn", "reactivation", "end")
        assert told == tuple(getattr(expected, name) for name in names)
        assert three.logo.lost == logos.period(span.first, span.close).logos_lost


@override_settings(REPORTING_CURRENCY="USD")
@settings(max_examples=25, suppress_health_check=REWRITTEN)
@given(rows=books, into=st.sampled_from(CURRENCIES), by=st.sampled_from(["all", "product", "industry", "plan"]))
def test_movements_reconcile_to_the_cent_in_any_currency_and_cut(admin: User, rows: list[Row], into: str, by: str) -> None:
    write(rows, CURRENCIES)
    found = movements(admin, "month", FIRST, AFTER, by, currency=into)
    for row in found:
        assert reconciles(row), row
        assert row.start == row.start.quantize(Decimal("0.01"))
    if by == "all":
        for row, following in pairwise(found):
            assert row.end + row.fx == following.start
    else:
        whole = movements(admin, "month", FIRST, AFTER, currency=into)
        for one in whole:
            parts = [row for row in found if row.period == one.period]
            # By product the unit is smaller: an account's products are rounded apart.
            slack = Decimal("0.01") * len(NAMES) if by == "product" else 0
            for name in ("start", "end", "fx"):
                assert abs(sum(getattr(row, name) for row in parts) - getattr(one, name)) <= 2 * slack
            if by != "product":
                names = ("new", "expansion", "contraction", "churn", "reactivation", "kept", "accounts", "without_rate")
                assert [sum(getattr(row, name) for row in parts) for name in names] == [getattr(one, name) for name in names]


@override_settings(REPORTING_CURRENCY="USD")
@settings(max_examples=25, suppress_health_check=REWRITTEN)
@given(rows=books)
def test_attrition_and_retention_make_one_and_stay_within_bounds(admin: User, rows: list[Row]) -> None:
    write(rows)
    for measure in ("logo", "revenue"):
        for row in attrition(admin, measure, "month", FIRST, AFTER, "industry"):
            assert row.lost + row.remaining == row.start
            assert (row.rate is None) == (row.start == 0)
            if row.rate is not None:
                assert 0 <= row.rate <= 1
                assert abs(row.rate + Decimal(row.remaining) / Decimal(row.start) - 1) < TINY
            if row.rate is not None and row.low is not None and row.high is not None:
                assert row.low <= row.rate <= row.high
    for three in side_by_side(admin, "quarter", FIRST, AFTER):
        assert (three.revenue.rate is None) == (three.movement.grr is None)
        if three.revenue.rate is not None and three.movement.grr is not None:
            assert abs(three.revenue.rate + three.movement.grr - 1) < TINY


@override_settings(REPORTING_CURRENCY="USD")
@settings(max_examples=15, suppress_health_check=REWRITTEN)
@given(rows=books, by=st.sampled_from(["all", "product"]))
def test_the_lists_add_up_to_the_numbers_they_stand_behind(admin: User, rows: list[Row], by: str) -> None:
    write(rows, CURRENCIES)
    for span in spans("month", FIRST, AFTER, AS_OF)[:3]:
        listed: list[Any] = account_movements(admin, span, by=by)
        for row in movements(admin, "month", span.first, span.first + timedelta(days=1), by, detail=True):
            mine = [one for one in listed if by == "all" or one.product == row.group]
            assert sum(one.start or 0 for one in mine) == row.start
            assert sum(one.end or 0 for one in mine) == row.end
            assert sum(one.fx for one in mine) == row.fx
            for kind in ("new", "expansion", "contraction", "churn", "reactivation"):
                behind = [one for one in mine if one.kind == kind]
                assert sum(abs(one.change or 0) for one in behind) == getattr(row, kind)
                assert row.ids is not None
                assert sorted(one.external_id for one in behind) == row.ids[kind]


@settings(max_examples=25, suppress_health_check=REWRITTEN)
@given(
    acts=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 200)), max_size=60),
    grain=st.sampled_from(["week", "month", "quarter", "span"]),
)
def test_seats_agree_with_sets_of_people(admin: User, acts: list[tuple[int, int]], grain: str) -> None:
    accounts = list(Account.objects.order_by("pk")[:2])
    people = {
        n: Seat.objects.get_or_create(account=accounts[n % 2], external_id=str(n), defaults={"recorded_at": make.RECORDED})[0]
        for n in range(8)
    }
    done = {(n, FIRST + timedelta(days=day)) for n, day in acts}
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM seat_day")
        for month in range(1, 8):
            cursor.execute("SELECT ensure_month('seat_day', %s)", [date(2026, month, 1)])
        cursor.executemany(
            "INSERT INTO seat_day (account_id, day, seat_id, events, key_actions, logged_in, version) VALUES (%s, %s, %s, 1, 1, true, 1)",
            [(people[n].account_id, day, people[n].pk) for n, day in sorted(done)],
        )
    first = date(2026, 3, 2)
    found = attrition(admin, "seat", grain, first, AFTER)
    by_industry: Any = attrition(admin, "seat", grain, first, AFTER, "industry")
    previous = {"week": 7, "month": 28, "quarter": 90, "span": (AFTER - first).days}
    for span, row in zip(spans(grain, first, AFTER, AS_OF), found, strict=True):
        before = span.first - timedelta(days=previous[grain]) if grain in {"week", "span"} else _previous(grain, span.first)
        was = {n for n, day in done if before <= day < span.first}
        stays = {n for n, day in done if span.first <= day <= span.close}
        assert (row.start, row.lost, row.remaining, row.joined) == (len(was), len(was - stays), len(was & stays), len(stays - was))
        assert sum(one.lost for one in by_industry if one.period == row.period) == row.lost


def _previous(grain: str, first: date) -> date:
    """First day of the month or quarter before."""
    day = first - timedelta(days=1)
    return day.replace(day=1) if grain == "month" else date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
