"""Attrition of logos and revenue, and the three side by side."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from accounts.models import User
from churn.attrition import attrition, side_by_side
from csm_portal.lib.estimates import share, weighted_interval
from tests import factories as make
from tests.churn.books import AS_OF, account, book, define_renewals, pays

pytestmark = pytest.mark.django_db

# 17,000 accounts: the first 10,000 pay from January, 2,000 of them to 19 March; the other 7,000 join on 15 March.
THOUSANDS = """
INSERT INTO accounts_account (external_id, name, recorded_at, industry, region, country, plan, tier, timezone, work_week, lifecycle_stage,
    fit, need, domain, currency, tags, next_step)
SELECT 'a' || i, 'a' || i, %(at)s, '', '', '', '', '', '', '5', '', 'unknown', '', '', '', '{}', '' FROM generate_series(1, 17000) i;
INSERT INTO accounts_contract (source_id, account_id, external_id, product, plan, features, starts_on, ends_on, currency, mrr, auto_renew,
    notice_days, recorded_at)
SELECT %(source)s, id, external_id, 'default', '', '{}',
       CASE WHEN substr(external_id, 2)::integer <= 10000 THEN '2026-01-01'::date ELSE '2026-03-15' END,
       CASE WHEN substr(external_id, 2)::integer <= 2000 THEN '2026-03-20'::date END, 'USD', 10, false, 0, %(at)s
FROM accounts_account
"""


@pytest.fixture
def admin() -> User:
    return book()


def logos(user: User, first: str = "2026-03-01", after: str = "2026-03-02", grain: str = "month", **options: Any) -> list[Any]:
    return list(attrition(user, "logo", grain, date.fromisoformat(first), date.fromisoformat(after), **options))


def revenue(user: User, first: date = date(2026, 3, 1), **options: Any) -> list[Any]:
    return list(attrition(user, "revenue", "month", first, first + timedelta(days=1), **options))


def test_ten_thousand_at_the_start_seven_thousand_join_two_thousand_leave_is_a_fifth(admin: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(THOUSANDS, {"source": make.SourceFactory.make().pk, "at": make.RECORDED})
        cursor.execute("ANALYZE accounts_account, accounts_contract")
    (row,) = logos(admin)
    assert (row.start, row.joined, row.lost, row.remaining, row.rate) == (10_000, 7_000, 2_000, 8_000, Decimal("0.2"))
    (money,) = revenue(admin)
    assert (money.start, money.joined, money.lost, money.rate) == (100_000, 70_000, 20_000, Decimal("0.2"))


def test_who_joined_inside_never_enters_the_rate(admin: User) -> None:
    pays("stays", "2026-01-01", None)
    pays("goes", "2026-01-01", "2026-03-10")
    pays("joins", "2026-03-05", None)
    pays("joins and goes", "2026-03-05", "2026-03-25")
    (row,) = logos(admin, detail=True)
    assert (row.start, row.lost, row.joined, row.remaining, row.rate) == (2, 1, 1, 1, Decimal("0.5"))
    assert row.ids == {"start": ["goes", "stays"], "lost": ["goes"], "joined": ["joins"], "remaining": ["stays"]}


def test_the_interval_is_wilson_s(admin: User) -> None:
    for number in range(10):
        pays(f"a{number}", "2026-01-01", None if number else "2026-03-10")
    (row,) = logos(admin)
    estimate = share(1, 10)
    assert (row.rate, row.low, row.high) == (Decimal("0.1"), Decimal(str(estimate.low)), Decimal(str(estimate.high)))


def test_equal_customers_give_revenue_the_interval_of_logos(admin: User) -> None:
    for number in range(10):
        pays(f"a{number}", "2026-01-01", None if number else "2026-03-10", 70)
    (row,), (money,) = logos(admin), revenue(admin)
    assert money.counted == pytest.approx(10)
    assert (float(money.low), float(money.high)) == pytest.approx((float(row.low), float(row.high)))


def test_one_large_customer_makes_the_interval_of_revenue_wide(admin: User) -> None:
    for number in range(5):
        pays(f"a{number}", "2026-01-01", "2026-03-10" if number == 1 else None, 100 if number else 600)
    (money,) = revenue(admin)
    assert (money.counted, money.losers) == (pytest.approx(2.5), 1)
    assert (round(float(money.low), 3), round(float(money.high), 3)) == (0.006, 0.679)


def test_revenue_of_nobody_has_no_interval(admin: User) -> None:
    pays("new", "2026-03-10", None)
    (money,) = revenue(admin)
    assert (money.rate, money.low, money.high, money.counted) == (None, None, None, None)


def test_an_empty_start_is_undefined_and_a_month_without_loss_is_zero(admin: User) -> None:
    pays("new", "2026-03-10", None)
    march, april = logos(admin, after="2026-04-02")
    assert (march.start, march.joined, march.rate, march.low, march.high) == (0, 1, None, None, None)
    assert (april.start, april.lost, april.rate) == (1, 0, 0)


def test_a_gap_across_the_end_is_a_loss_and_then_one_who_joins(admin: User) -> None:
    pays("late", "2025-02-01", "2026-02-01")
    pays("late", "2026-03-03", None)
    february, march = logos(admin, "2026-02-01")
    assert (february.lost, march.start, march.joined) == (1, 0, 1)


def test_bridged_gaps_are_for_mrr_only(admin: User) -> None:
    define_renewals(bridge=60)
    pays("late", "2025-02-01", "2026-02-01")
    pays("late", "2026-03-03", None)
    (row,) = logos(admin, "2026-02-01", "2026-02-02")
    (money,) = revenue(admin, date(2026, 2, 1))
    assert (row.lost, money.lost) == (1, 0)


@override_settings(REPORTING_CURRENCY="USD")
def test_logos_need_no_exchange_rate(admin: User) -> None:
    pays("lira", "2026-01-01", "2026-03-10", currency="TRY")
    (row,) = logos(admin)
    (money,) = revenue(admin)
    assert (row.start, row.lost, row.without_rate) == (1, 1, 0)
    assert (money.start, money.rate, money.without_rate) == (0, None, 1)


def test_the_end_of_a_trial_is_no_loss(admin: User) -> None:
    pays("trial", "2026-01-01", "2026-03-10", 0)
    (row,) = logos(admin)
    assert (row.start, row.rate) == (0, None)


def test_revenue_attrition_is_one_less_grr_and_growth_does_not_hide_a_loss(admin: User) -> None:
    pays("grown", "2026-01-01", "2026-03-10", 100)
    pays("grown", "2026-03-10", None, 500)
    pays("shrunk", "2026-01-01", "2026-03-10", 100)
    pays("shrunk", "2026-03-10", None, 60)
    (row,) = revenue(admin, detail=True)
    assert (row.start, row.lost, row.remaining, row.rate) == (200, 40, 160, Decimal("0.2"))
    assert row.ids == {"start": ["grown", "shrunk"], "lost": ["shrunk"], "joined": [], "without_rate": []}
    # Two accounts of equal size of which one lost 40%: the losses tell no more than the sizes, two accounts.
    assert (row.counted, row.losers) == (2.0, 1)
    assert (row.low, row.high) == tuple(Decimal(str(end)) for end in weighted_interval(0.2, 2.0))


def test_an_account_with_two_products_stands_in_each(admin: User) -> None:
    pays("two", "2026-01-01", "2026-03-10", 30, product="a")
    pays("two", "2026-01-01", None, 70, product="b")
    a, b = logos(admin, by="product")
    assert [(row.group, row.start, row.lost) for row in (a, b)] == [("a", 1, 1), ("b", 1, 0)]
    assert [row.lost for row in logos(admin)] == [0]


def test_an_account_stands_in_each_feature_it_had(admin: User) -> None:
    pays("gone", "2026-01-01", "2026-03-10", features=["api", "stock"])
    pays("stays", "2026-01-01", None, features=["api"])
    api, stock = logos(admin, by="feature")
    assert [(row.group, row.start, row.lost) for row in (api, stock)] == [("api", 2, 1), ("stock", 1, 1)]


def test_weeks_are_for_seats_only(admin: User) -> None:
    for measure in ("logo", "revenue"):
        with pytest.raises(ValueError, match="week"):
            attrition(admin, measure, "week", date(2026, 3, 2), date(2026, 3, 9))
    assert [row.period for row in attrition(admin, "seat", "week", date(2026, 3, 2), date(2026, 3, 9))] == ["2026-W10"]
    with pytest.raises(ValueError, match="unknown measure"):
        attrition(admin, "people", "month", date(2026, 3, 2), date(2026, 3, 9))


def test_the_three_stand_side_by_side_in_two_queries(admin: User, django_assert_num_queries: Any) -> None:
    who = account("gone", industry="food")
    pays(who, "2026-01-01", "2026-05-10", 100, seats=10)
    pays(account("stays", industry="care"), "2026-01-01", None, 300, seats=5)
    seat = make.SeatFactory.make(account=who)
    for day in (date(2026, 3, 20), date(2026, 4, 20)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT ensure_month('seat_day', %s)", [day])
            cursor.execute(
                "INSERT INTO seat_day (account_id, day, seat_id, events, key_actions, logged_in, version)"
                " VALUES (%s, %s, %s, 1, 1, true, 1)",
                [who.pk, day, seat.pk],
            )
    with django_assert_num_queries(3):
        found = side_by_side(admin, "month", date(2026, 4, 1), date(2026, 6, 1), "industry")
    assert [(one.logo.period, one.logo.group) for one in found] == [
        ("2026-04", "care"),
        ("2026-04", "food"),
        ("2026-05", "care"),
        ("2026-05", "food"),
    ]
    april: Any
    may: Any
    april, may = found[1], found[3]
    assert (april.seat.start, april.seat.lost, april.logo.lost, april.revenue.lost) == (1, 0, 0, 0)
    assert (may.seat.start, may.seat.lost, may.seat.purchased_start, may.seat.purchased_lost) == (1, 1, 10, 10)
    assert (may.logo.lost, may.revenue.lost, may.movement.churn) == (1, 100, 100)
    assert found[2].seat is not None
    assert (found[2].seat.start, found[2].seat.rate, found[2].seat.purchased_start) == (0, None, 5)


def test_nothing_published_gives_no_rows() -> None:
    user = make.UserFactory.make()
    assert attrition(user, "logo", "month", AS_OF, AS_OF) == []
    assert attrition(user, "seat", "month", AS_OF, AS_OF) == []
    assert side_by_side(user, "month", AS_OF, AS_OF) == []
