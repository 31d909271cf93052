"""MRR movements over gaps that are bridged and over currencies."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import override_settings

from accounts.models import User
from tests.churn.books import book, define_renewals, pays, rate
from tests.churn.months_book import month, months, moved

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return book()


def test_a_gap_is_churn_and_then_reactivation(admin: User) -> None:
    pays("late", "2025-02-01", "2026-02-01", 100)
    pays("late", "2026-03-03", None, 100)
    february, march = months(admin, "2026-02-01", "2026-03-02")
    assert (moved(february), moved(march)) == ({"churn": 100}, {"reactivation": 100})


@pytest.mark.parametrize(("days", "bridged"), [(30, True), (29, False)])
def test_a_gap_of_no_more_than_the_days_to_bridge_is_a_late_renewal(admin: User, days: int, bridged: bool) -> None:
    define_renewals(bridge=days)
    pays("late", "2025-02-01", "2026-02-01", 100)
    pays("late", "2026-03-03", None, 120)  # thirty days later
    february, march = months(admin, "2026-02-01", "2026-03-02")
    assert moved(february) == ({} if bridged else {"churn": 100})
    assert moved(march) == ({"expansion": 20} if bridged else {"reactivation": 120})
    assert february.version == 1


def test_a_gap_is_bridged_only_once_its_end_is_known() -> None:
    admin = book(date(2026, 2, 10))
    define_renewals(bridge=30)
    pays("late", "2025-02-01", "2026-02-01", 100)
    pays("late", "2026-02-15", None, 100)
    assert moved(month(admin, "2026-02-01")) == {}, "the new contract is signed"
    pays("hoped", "2025-02-01", "2026-02-01", 50)
    after = datetime(2026, 2, 11, tzinfo=UTC)
    pays("hoped", "2026-02-15", None, 50, recorded_at=after)
    assert moved(month(admin, "2026-02-01")) == {"churn": 50}, "nobody knew of it that day"


def test_a_bridge_does_not_prolong_a_product_while_another_still_pays(admin: User) -> None:
    define_renewals(bridge=30)
    pays("two", "2026-01-01", "2026-02-10", 30, product="a")
    pays("two", "2026-01-01", None, 70, product="b")
    pays("two", "2026-03-05", None, 30, product="a")
    february, march = months(admin, "2026-02-01", "2026-03-02")
    assert (moved(february), moved(march)) == ({"contraction": 30}, {"expansion": 30})


@override_settings(REPORTING_CURRENCY="USD")
def test_currency_drift_alone_is_fx_and_no_movement(admin: User) -> None:
    rate("EUR", "2025-01-01", "1.10")
    rate("EUR", "2026-03-20", "1.20")
    pays("steady", "2026-01-01", None, 100, currency="EUR")
    march, april = months(admin, "2026-03-01", "2026-04-02")
    assert (moved(march), march.start, march.end, march.fx) == ({}, 110, 110, 10)
    assert (moved(april), april.start, april.end, april.fx) == ({}, 120, 120, 0)
    assert march.end + march.fx == april.start


@override_settings(REPORTING_CURRENCY="USD")
def test_both_sides_take_the_rate_of_the_first_day(admin: User) -> None:
    rate("EUR", "2026-03-01", "1.10")
    rate("EUR", "2026-03-02", "9")
    pays("grown", "2026-01-01", "2026-03-15", 100, currency="EUR")
    pays("grown", "2026-03-15", None, 150, currency="EUR")
    row = month(admin, "2026-03-01")
    assert (row.start, moved(row), row.end) == (110, {"expansion": 55}, 165)


@override_settings(REPORTING_CURRENCY="USD")
def test_a_rate_of_a_day_after_the_as_of_day_is_not_known_yet(admin: User) -> None:
    rate("EUR", "2026-01-01", "1.10")
    rate("EUR", "2026-07-01", "2")
    pays("steady", "2026-01-01", None, 100, currency="EUR")
    assert month(admin, "2026-06-01").fx == 0


@override_settings(REPORTING_CURRENCY="USD")
def test_accounts_without_a_rate_are_left_out_and_counted(admin: User) -> None:
    pays("lira", "2026-01-01", None, 100, currency="TRY")
    pays("both", "2026-01-01", None, 100, currency="TRY")
    pays("both", "2026-01-01", None, 5, currency="USD")
    pays("dollar", "2026-01-01", None, 10)
    rate("TRY", "2026-04-01", "0.5")
    march, april = months(admin, "2026-03-01", "2026-04-02", detail=True)
    assert (march.start, march.end, march.accounts, march.without_rate) == (10, 10, 1, 2)
    assert march.ids["without_rate"] == ["both", "lira"]
    assert march.end + march.fx == april.start == 115
    assert april.without_rate == 0


@override_settings(REPORTING_CURRENCY="USD")
def test_another_currency_is_told_at_the_rates_of_the_first_day_and_its_own_contracts_do_not_drift(admin: User) -> None:
    rate("CNY", "2026-01-01", "0.14")
    rate("CNY", "2026-03-01", "0.125")
    pays("own", "2026-01-01", None, 800, currency="CNY")
    pays("other", "2026-01-01", None, 70, currency="USD")
    february, march = months(admin, "2026-02-01", "2026-03-02", currency="CNY")
    assert (february.start, february.end, february.fx) == (1300, 1300, 60)
    assert (march.start, march.fx) == (1360, 0)


@override_settings(REPORTING_CURRENCY="USD")
def test_amounts_all_in_the_told_currency_need_no_rate(admin: User) -> None:
    pays("own", "2026-01-01", None, 800, currency="CNY")
    pays("other", "2026-01-01", None, 70, currency="USD")
    row = month(admin, "2026-03-01", currency="CNY")
    assert (row.start, row.without_rate) == (800, 1)


@override_settings(REPORTING_CURRENCY="USD")
def test_each_account_is_rounded_half_even_to_the_cent(admin: User) -> None:
    rate("EUR", "2026-01-01", "1.125")
    pays("a", "2026-01-01", None, 1, currency="EUR")
    pays("b", "2026-01-01", None, 3, currency="EUR")
    assert month(admin, "2026-03-01").start == Decimal("1.12") + Decimal("3.38")
