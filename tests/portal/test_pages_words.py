"""Figures in words, and the facts behind the facets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from csm_portal.portal import evidence, words
from csm_portal.web import Page
from health.caps import FACETS

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (Decimal("0.5"), "50%"), (0, "0%"), (1.234, "123%"), (Decimal("0.005"), "0%"), (Decimal("0.015"), "2%")],
)
def test_a_share_is_a_percentage_and_unknown_is_a_dash(value: Any, text: str) -> None:
    assert words.percent(value) == text


@pytest.mark.parametrize(("value", "text"), [(4.25, "+4.2"), (-4.25, "−4.2"), (0, "±0.0"), (0.04, "±0.0"), (-0.04, "±0.0")])
def test_a_change_carries_a_sign_unless_it_rounds_to_nothing(value: float, text: str) -> None:
    assert words.signed(value) == text


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 11, 20), "today"),
        (date(2026, 11, 21), "in 1 day"),
        (date(2026, 12, 20), "in 30 days"),
        (date(2026, 11, 18), "2 days overdue"),
    ],
)
def test_days_to_a_renewal(day: date, text: str) -> None:
    assert words.until(day, TODAY) == text


def test_an_age_says_never_where_there_is_none() -> None:
    assert words.ago(None, TODAY) == "never"
    assert words.ago(date(2026, 11, 19), TODAY) == "1 day ago"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"active_days": 9, "bar": 12, "left": 5, "active": False, "can_reach": True}, "3 more active days needed, 5 left"),
        ({"active_days": 12, "bar": 12, "left": 5, "active": True, "can_reach": True}, "active"),
        ({"active_days": 2, "bar": 12, "left": 5, "active": False, "can_reach": False}, "can no longer reach 12 days"),
        ({"active_days": 0, "bar": None, "left": 0, "active": None, "can_reach": False}, "undefined: no working days"),
        ({"active_days": 0, "bar": 12, "left": 0, "active": None, "can_reach": False}, "unknown"),
    ],
)
def test_the_pace_of_a_month(arguments: dict[str, Any], text: str) -> None:
    active_days, bar, left = arguments.pop("active_days"), arguments.pop("bar"), arguments.pop("left")
    assert words.pace(active_days, bar, left, **arguments) == text


def test_every_facet_has_a_name_a_meaning_and_a_reason_for_being_unknown() -> None:
    for key in FACETS:
        assert evidence.facet_name(key) != key
        assert evidence.facet_meaning(key)
        (reason, *_rest) = evidence.facts_in_words(key, {}, known=False)
        assert reason.startswith("unknown:")


@pytest.mark.parametrize(
    ("key", "facts", "sentences"),
    [
        (
            "outcome",
            {"achieved": 1, "behind": 2, "north_star": 4000, "north_star_progress": 0.05},
            ["achieved 1, behind 2", "north star: 4,000, 5% of the threshold"],
        ),
        (
            "adoption",
            {"activated": 80, "purchased": None, "activation_rate": None, "key_seats": 8, "key_seat_share": 0.1},
            ["80 of – purchased seats activated (–)", "8 seats with a key action in 28 days (10% of the activated)"],
        ),
        ("invoices", {"invoices": 2, "overdue_days": 0}, ["2 invoices in 180 days", "none late"]),
        (
            "invoices",
            {"invoices": 1, "overdue_days": 40, "unpaid_overdue_days": 40, "failed_attempts": 1},
            ["1 invoice in 180 days", "the worst 40 days late", "one unpaid, 40 days overdue", "1 failed attempt to collect"],
        ),
        (
            "growth",
            {"mrr_now": 1200, "mrr_then": 1000, "change": 0.2, "then_on": "2025-11-19"},
            ["monthly revenue 1,200 now, 1,000 on 2025-11-19 (+20.0%)"],
        ),
        ("renewal_history", {"due": 3, "renewed": 2}, ["2 of 3 dues renewed"]),
        (
            "ratings",
            {"answers": 2, "mean": 3.5, "rated_on": "2026-10-01", "expires_on": "2026-12-30"},
            ["2 valid answers, mean 3.5 of 5", "rated on 2026-10-01, valid until 2026-12-30"],
        ),
        (
            "surveys",
            {"answers": 1, "lowest": 90, "answered_on": "2026-10-01"},
            ["1 answer", "lowest 90 of 100, last answered on 2026-10-01"],
        ),
    ],
)
def test_facts_become_sentences(key: str, facts: dict[str, Any], sentences: list[str]) -> None:
    assert evidence.facts_in_words(key, facts, known=True) == sentences


@pytest.mark.parametrize(("word", "chinese"), [("high", "高活跃"), ("zero", "零活跃")])
def test_levels_have_the_words_of_the_trade_in_chinese(word: str, chinese: str) -> None:
    with translation.override("zh-hans"):
        assert words.level(word) == chinese


@given(st.integers(0, 10_000), st.integers(1, 400), st.integers(1, 100))
def test_a_page_offers_its_neighbours_and_both_ends_in_order(total: int, number: int, size: int) -> None:
    page = Page(min(number, Page(1, total, size).n_pages), total, size)
    numbers = [near for near in page.near if near is not None]
    assert numbers == sorted(set(numbers))
    assert {1, page.number, page.n_pages} <= set(numbers)
    assert 0 <= page.first <= page.last <= total
