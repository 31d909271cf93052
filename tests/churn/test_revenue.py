"""MRR movements: every rule of the definition on a book small enough to check by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from churn.revenue import account_movements, movements
from churn.spans import spans
from tests import factories as make
from tests.churn.books import AS_OF, account, book, pays
from tests.churn.months_book import month, months, moved

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return book()


def test_each_account_makes_one_movement(admin: User) -> None:
    pays("new", "2026-03-10", None, 10)
    pays("grown", "2026-01-01", "2026-03-05", 100)
    pays("grown", "2026-03-05", None, 150)
    pays("shrunk", "2026-01-01", "2026-03-05", 100)
    pays("shrunk", "2026-03-05", None, 70)
    pays("gone", "2026-01-01", "2026-03-31", 200)
    pays("back", "2025-01-01", "2025-06-01", 40)
    pays("back", "2026-03-31", None, 45)
    pays("same", "2026-01-01", None, 1000)
    row = month(admin, "2026-03-01", detail=True)
    assert moved(row) == {"new": 10, "expansion": 50, "contraction": 30, "churn": 200, "reactivation": 45}
    assert (row.start, row.end, row.fx, row.accounts) == (1400, 1275, 0, 4)
    assert row.gross_churn == Decimal(230) / 1400
    assert row.net_churn == Decimal(230 - 95) / 1400
    assert row.grr == Decimal(1170) / 1400
    assert row.nrr == Decimal(1220) / 1400
    assert row.quick_ratio == Decimal(105) / 230
    assert row.ids == {
        "start": ["gone", "grown", "same", "shrunk"],
        "new": ["new"],
        "expansion": ["grown"],
        "contraction": ["shrunk"],
        "churn": ["gone"],
        "reactivation": ["back"],
        "fx": [],
        "end": ["back", "grown", "new", "same", "shrunk"],
        "without_rate": [],
    }


def test_a_contract_from_the_first_moves_that_month_and_one_covered_to_the_last_is_lost_on_the_next_first(admin: User) -> None:
    pays("starts", "2026-03-01", None, 10)
    pays("ends", "2025-03-01", "2026-03-01", 20)
    february, march = months(admin, "2026-02-01", "2026-03-02")
    assert moved(february) == {}
    assert moved(march) == {"new": 10, "churn": 20}


def test_ends_on_new_years_eve_and_starts_on_new_years_day_is_no_movement(admin: User) -> None:
    pays("kept", "2025-01-01", "2026-01-01", 100)
    pays("kept", "2026-01-01", "2027-01-01", 100)
    december, january = months(admin, "2025-12-01", "2026-01-02")
    assert (moved(december), moved(january)) == ({}, {})
    assert (january.start, january.end) == (100, 100)


def test_one_of_two_products_that_ends_is_contraction_and_by_product_it_is_churn(admin: User) -> None:
    pays("two", "2026-01-01", "2026-03-10", 30, product="a")
    pays("two", "2026-01-01", None, 70, product="b")
    assert moved(month(admin, "2026-03-01")) == {"contraction": 30}
    a, b = months(admin, "2026-03-01", "2026-03-02", by="product")
    assert (a.group, moved(a), a.start) == ("a", {"churn": 30}, 30)
    assert (b.group, moved(b), b.start) == ("b", {}, 70)
    assert moved(month(admin, "2026-03-01", filters={"product": ["a"]})) == {"churn": 30}


def test_an_account_that_joins_and_leaves_inside_a_month_leaves_no_trace_but_is_back_later(admin: User) -> None:
    pays("brief", "2026-03-05", "2026-03-20", 10)
    pays("brief", "2026-05-05", None, 10)
    march, april, may = months(admin, "2026-03-01", "2026-05-02")
    assert (moved(march), march.accounts, moved(april)) == ({}, 0, {})
    assert moved(may) == {"reactivation": 10}


def test_an_account_that_leaves_and_returns_inside_a_month_nets_out(admin: User) -> None:
    pays("away", "2026-01-01", "2026-03-05", 10)
    pays("away", "2026-03-25", None, 12)
    assert moved(month(admin, "2026-03-01")) == {"expansion": 2}


def test_an_account_that_joins_leaves_and_returns_inside_a_month_is_new(admin: User) -> None:
    pays("restless", "2026-03-02", "2026-03-05", 10)
    pays("restless", "2026-03-25", None, 12)
    assert moved(month(admin, "2026-03-01")) == {"new": 12}


def test_a_month_without_loss_is_a_row_of_zeros(admin: User) -> None:
    pays("same", "2026-01-01", None)
    row = month(admin, "2026-03-01")
    assert (row.churn, row.gross_churn, row.grr, row.nrr) == (0, 0, 1, 1)
    assert row.quick_ratio is None


def test_an_empty_start_has_no_rates(admin: User) -> None:
    pays("new", "2026-03-10", None)
    row = month(admin, "2026-03-01")
    assert (row.start, row.accounts) == (0, 0)
    assert (row.gross_churn, row.net_churn, row.grr, row.nrr) == (None, None, None, None)


def test_a_book_without_any_contract_has_a_row_per_month_all_the_same(admin: User) -> None:
    found = months(admin, "2026-01-01", "2026-04-01", detail=True)
    assert [(row.period, row.start, row.end, row.group) for row in found] == [(f"2026-0{n}", 0, 0, "all") for n in (1, 2, 3)]
    assert set(found[0].ids) >= {"churn", "without_rate"}


def test_a_running_month_stops_at_the_as_of_day_so_that_the_future_is_no_churn() -> None:
    admin = book(date(2026, 6, 20))
    pays("ends later", "2026-01-01", "2026-06-25", 10)
    pays("ended", "2026-01-01", "2026-06-15", 20)
    pays("starts later", "2026-06-21", None, 40)
    row = month(admin, "2026-06-01")
    assert moved(row) == {"churn": 20}
    assert (row.end, row.provisional, row.as_of) == (10, True, date(2026, 6, 20))


def test_nothing_is_known_of_months_after_the_as_of_day(admin: User) -> None:
    assert [row.period for row in months(admin, "2026-05-01", "2026-12-01")] == ["2026-05", "2026-06"]


def test_nothing_published_gives_no_rows() -> None:
    user = make.UserFactory.make()
    assert months(user, "2026-05-01", "2026-06-01") == []


def test_a_price_drop_at_a_switch_to_annual_terms_is_contraction(admin: User) -> None:
    pays("switch", "2026-01-01", "2026-03-15", 100)
    pays("switch", "2026-03-15", "2027-03-15", "83.33", amount=1000)
    assert moved(month(admin, "2026-03-01")) == {"contraction": Decimal("16.67")}


def test_overlapping_contracts_add_up(admin: User) -> None:
    pays("overlap", "2026-01-01", "2026-04-10", 100)
    pays("overlap", "2026-02-10", None, 60)
    january, february, march, april = months(admin, "2026-01-01", "2026-04-02")
    assert [row.end for row in (january, february, march, april)] == [100, 160, 160, 60]
    assert [moved(row) for row in (february, april)] == [{"expansion": 60}, {"contraction": 100}]


def test_a_one_day_term_pays_on_its_day_only(admin: User) -> None:
    pays("last day", "2026-03-31", "2026-04-01", 10)
    pays("inside", "2026-03-30", "2026-03-31", 20)
    march, april = months(admin, "2026-03-01", "2026-04-02")
    assert moved(march) == {"new": 10}
    assert moved(april) == {"churn": 10}


def test_a_chain_of_monthly_terms_is_one_customer(admin: User) -> None:
    for number in range(1, 6):
        pays("chain", f"2026-0{number}-01", f"2026-0{number + 1}-01", 10)
    found = months(admin, "2026-01-01", "2026-07-01")
    assert [moved(row) for row in found] == [{"new": 10}, {}, {}, {}, {}, {"churn": 10}]


def test_a_trial_at_nothing_is_no_customer_and_paying_after_it_is_new(admin: User) -> None:
    pays("trial", "2026-01-01", "2026-03-10", 0)
    pays("trial", "2026-03-10", None, 10)
    assert moved(month(admin, "2026-02-01")) == {}
    assert moved(month(admin, "2026-03-01")) == {"new": 10}


def test_swapped_contracts_net_out(admin: User) -> None:
    pays("swap", "2026-01-01", "2026-03-10", 100, product="old")
    pays("swap", "2026-03-10", None, 100, product="new")
    assert moved(month(admin, "2026-03-01")) == {}


def test_a_quarter_compares_its_ends_and_does_not_add_months(admin: User) -> None:
    pays("away", "2025-01-01", "2026-01-20", 100)
    pays("away", "2026-03-10", None, 110)
    first, after = date(2026, 1, 1), date(2026, 4, 1)
    (quarter,) = movements(admin, "quarter", first, after)
    assert (quarter.period, moved(quarter)) == ("2026-Q1", {"expansion": 10})
    assert [moved(row) for row in months(admin, "2026-01-01", "2026-04-01")] == [{"churn": 100}, {}, {"reactivation": 110}]


def test_a_span_is_one_row_over_any_days(admin: User) -> None:
    pays("gone", "2026-01-01", "2026-02-20", 10)
    pays("new", "2026-01-20", None, 20)
    row: Any
    (row,) = movements(admin, "span", date(2026, 1, 15), date(2026, 2, 21))
    assert (row.period, row.start, moved(row)) == ("2026-01-15/2026-02-21", 10, {"new": 20, "churn": 10})


def test_weeks_are_refused(admin: User) -> None:
    with pytest.raises(ValueError, match="no MRR by 'week'"):
        movements(admin, "week", date(2026, 1, 1), AS_OF)


def test_a_group_is_that_of_the_period_s_end(admin: User) -> None:
    anna, ben = make.UserFactory.make(email="anna@example.com"), make.UserFactory.make(email="ben@example.com")
    handed = account("handed")
    make.own(handed, anna, ends_on=date(2026, 2, 15))
    make.own(handed, ben, starts_on=date(2026, 2, 15))
    pays(handed, "2025-06-01", "2026-03-10", 100)
    found = movements(admin, "quarter", date(2026, 1, 1), date(2026, 2, 1), "csm")
    assert [(row.group, moved(row)) for row in found] == [("ben@example.com", {"churn": 100})]
    by_month = months(admin, "2026-01-01", "2026-03-02", by="csm")
    assert [(row.period, row.group, row.start, row.churn) for row in by_month] == [
        ("2026-01", "anna@example.com", 100, 0),
        ("2026-01", "ben@example.com", 0, 0),
        ("2026-02", "anna@example.com", 0, 0),
        ("2026-02", "ben@example.com", 100, 0),
        ("2026-03", "anna@example.com", 0, 0),
        ("2026-03", "ben@example.com", 100, 100),
    ]


def test_a_lost_account_stays_with_the_plan_of_its_last_term(admin: User) -> None:
    gone = account("gone", plan="basic")
    pays(gone, "2026-01-01", "2026-03-10", 100, plan="pro")
    rows = {row.group: row for row in months(admin, "2026-03-01", "2026-03-02", by="plan")}
    assert set(rows) == {"pro"}
    assert rows["pro"].churn == 100
    assert month(admin, "2026-03-01", filters={"plan": ["pro"]}).churn == 100
    assert month(admin, "2026-03-01", filters={"plan": ["basic"]}).start == 0


def test_a_parent_without_contract_pays_nothing_and_its_children_stand_for_themselves(admin: User) -> None:
    brand = account("brand")
    pays(account("store 1", parent=brand), "2026-01-01", None, 10)
    pays(account("store 2", parent=brand), "2026-01-01", "2026-03-10", 20)
    row = month(admin, "2026-03-01", detail=True)
    assert row.ids["start"] == ["store 1", "store 2"]
    assert moved(row) == {"churn": 20}


def test_only_visible_accounts_count(admin: User) -> None:
    anna = make.UserFactory.make(email="anna@example.com")
    pays(account("hers", owner=anna), "2026-01-01", None, 10)
    pays("not hers", "2026-01-01", None, 20)
    assert month(anna, "2026-03-01").start == 10
    assert month(admin, "2026-03-01").start == 30
    nobody = make.UserFactory.make(email="nobody@example.com")
    assert month(nobody, "2026-03-01").start == 0


def test_the_list_behind_a_number_names_accounts_owners_and_amounts(admin: User) -> None:
    anna = make.UserFactory.make(email="anna@example.com", name="Anna")
    gone = account("gone", name="Gone Ltd")
    make.own(gone, anna)
    pays(gone, "2026-01-01", "2026-03-10", 100)
    pays("shrunk", "2026-01-01", "2026-03-10", 50)
    pays("shrunk", "2026-03-10", None, 20)
    pays("same", "2026-01-01", None, 1)
    (march,) = spans("month", date(2026, 3, 1), date(2026, 3, 2), AS_OF)
    every: list[Any] = account_movements(admin, march)
    assert [(row.external_id, row.kind, row.start, row.end, row.change) for row in every] == [
        ("gone", "churn", 100, 0, -100),
        ("shrunk", "contraction", 50, 20, -30),
        ("same", "same", 1, 1, 0),
    ]
    (one,) = account_movements(admin, march, kind="churn")
    assert (one.name, one.owner, one.paid_before, one.paid_after) == ("Gone Ltd", "Anna", True, False)
    assert [row.external_id for row in account_movements(admin, march, by="csm", group="anna@example.com")] == ["gone"]
    assert [row.external_id for row in account_movements(admin, march, by="csm", group=None)] == ["shrunk", "same"]


def test_the_list_names_who_has_no_rate(admin: User) -> None:
    pays("lira", "2026-01-01", None, 100, currency="TRY")
    (march,) = spans("month", date(2026, 3, 1), date(2026, 3, 2), AS_OF)
    (row,) = account_movements(admin, march)
    assert (row.kind, row.start, row.change) == ("without_rate", None, None)


def test_movements_take_two_queries(admin: User, django_assert_num_queries: Any) -> None:
    pays("same", "2026-01-01", None)
    with django_assert_num_queries(2):
        months(admin, "2025-07-01", "2026-07-01", by="csm", filters={"plan": ["pro"]}, detail=True)
