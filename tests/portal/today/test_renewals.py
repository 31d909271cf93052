"""The renewals of the next 90 days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from csm_portal.portal.today.policy import MARKS, NEXT
from csm_portal.portal.today.renewals import renewals
from tests.portal.shown_book import person, published_run, shown
from tests.portal.today.test_changes import case

TODAY = date(2026, 11, 20)
pytestmark = pytest.mark.django_db


def due(user: object, name: str, ahead: int, amount: Decimal | None = Decimal(110), **state: object) -> None:
    decision = TODAY + timedelta(days=ahead)
    account = shown(user, name, decision_on=decision, renewal_on=decision + timedelta(days=30), **state)  # type: ignore[arg-type]
    case(account, decision, due_reporting=amount)


def test_windows_sum_what_falls_due_by_decision_date() -> None:
    user = person()
    for place, ahead in enumerate((-5, 0, 29, 30, 59, 60, 90, 91)):
        due(user, f"a{place}", ahead)
    strip = renewals(user, TODAY, published_run().pk)
    assert [(window.key, window.count, window.amount) for window in strip.windows] == [
        ("overdue", 1, "$110"),
        ("soon", 2, "$220"),
        ("next", 2, "$220"),
        ("window", 2, "$220"),
    ]
    assert strip.total == len(strip.dues) == 7
    assert strip.left_out == 0


def test_a_renewal_without_exchange_rate_is_counted_and_said_to_be_missing_in_the_amount() -> None:
    user = person()
    due(user, "priced", 10)
    due(user, "unpriced", 11, None)
    soon = renewals(user, TODAY, published_run().pk).windows[1]
    assert (soon.count, soon.amount) == (2, "$110")
    assert "1" in soon.unpriced


def test_a_mark_names_both_dates_the_money_and_the_band() -> None:
    user = person()
    due(user, "Bär & <Co>", 10, band="red")
    [mark] = renewals(user, TODAY, published_run().pk).dues
    assert mark.label == "Bär & <Co>: decision 30 Nov 2026, term ends 30 Dec 2026, €100 a month, health Red"
    assert mark.mark.shape == "triangle"


def test_a_strip_without_renewals_is_empty_not_broken() -> None:
    strip = renewals(person(), TODAY, published_run().pk)
    assert (strip.total, strip.dues) == (0, [])
    assert [window.href for window in strip.windows] == [""] * 4


def test_the_largest_and_the_nearest_are_drawn_and_all_are_counted() -> None:
    user = person()
    many = MARKS + NEXT + 5
    for place in range(many):
        due(user, f"a{place}", place % 90, Decimal(place + 1))
    strip = renewals(user, TODAY, published_run().pk)
    drawn = {mark.name for mark in strip.dues}
    assert (strip.total, len(strip.dues), strip.left_out) == (many, MARKS + NEXT, 5)
    assert drawn >= {f"a{place}" for place in range(many - MARKS, many)}
    # The smallest of all is the next to decide: it is named.
    assert strip.next[0].name == "a0"
    assert "a6" not in drawn


def test_the_strip_is_of_the_own_book_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    mine, theirs = person(), person()
    due(mine, "mine", 10)
    due(theirs, "theirs", 10)
    run = published_run()
    with django_assert_num_queries(1):
        strip = renewals(mine, TODAY, run.pk)
    assert [mark.name for mark in strip.dues] == ["mine"]


def test_two_products_of_one_account_are_two_dues() -> None:
    user = person()
    account = shown(user, "both")
    for product in ("orders", "insights"):
        case(account, TODAY + timedelta(days=10), product=product)
    strip = renewals(user, TODAY, published_run().pk)
    assert (strip.windows[1].count, strip.windows[1].amount) == (2, "$220")


def test_what_is_decided_leaves_the_strip_and_what_is_overdue_stands_first() -> None:
    user = person()
    for place, ahead in enumerate((20, -3, -40)):
        due(user, f"a{place}", ahead)
    case(shown(user, "renewed"), TODAY - timedelta(days=9), state="renewed")
    strip = renewals(user, TODAY, published_run().pk)
    assert [(one.name, one.late, one.note) for one in strip.next[:2]] == [("a2", True, "40 days overdue"), ("a1", True, "3 days overdue")]
    assert strip.total == 3


def test_a_window_leads_to_the_list_of_exactly_its_dues(client: Client, settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY
    user = person()
    for place, ahead in enumerate((-5, 0, 29, 30, 59, 60, 90, 91)):
        due(user, f"a{place}", ahead)
    client.force_login(user)
    strip = renewals(user, TODAY, published_run().pk)
    lists = [client.get(window.href).context["groups"] for window in strip.windows]
    listed = [sorted(row.name for group in groups for row in group.rows) for groups in lists]
    assert listed == [["a0"], ["a1", "a2"], ["a3", "a4"], ["a5", "a6"]]
