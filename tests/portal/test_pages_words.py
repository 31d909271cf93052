"""Figures in words, and the facts behind the facets."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from csm_portal.portal import evidence, words
from csm_portal.web import Page
from health.caps import FACETS
from health.facet_names import facet_name

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


FORMS = {
    "en": ["31 Oct 2026", "31 Oct", "Oct 2026", "W44 2026", "25 Oct 2026", "31 Oct 2026, 22:05"],
    "zh-hans": ["2026年10月31日", "10月31日", "2026年10月", "2026年第44周", "2026年10月25日", "2026年10月31日 22:05"],
}


@pytest.mark.parametrize("language", FORMS)
def test_days_are_written_as_the_language_does(language: str) -> None:
    on, monday, sunday = date(2026, 10, 31), date(2026, 10, 26), date(2026, 10, 25)
    with translation.override(language), timezone.override(ZoneInfo("Asia/Shanghai")):
        at = words.moment(datetime(2026, 10, 31, 14, 5, tzinfo=UTC))
        assert [words.day(on), words.short_day(on), words.month(on), words.week(monday), words.week(sunday), at] == FORMS[language]
        assert words.day(None) == words.short_day(None) == words.month(None) == words.moment(None) == words.UNKNOWN
        assert [words.iso_day(text) for text in ("2026-10-31", "soon", "")] == [FORMS[language][0], "soon", ""]


def test_a_week_at_the_turn_of_the_year_belongs_to_the_year_of_its_thursday() -> None:
    assert words.week(date(2025, 12, 29)) == "W1 2026"


@pytest.mark.parametrize(
    ("amount", "currency", "english", "chinese"),
    [
        (Decimal("1234.5"), "CNY", "CN¥1,234", "¥1,234"),
        (Decimal(-1234), "USD", "−$1,234", "−US$1,234"),
        (Decimal(0), "EUR", "€0", "€0"),
        (Decimal(99), "CHF", "CHF 99", "CHF 99"),
        (None, "EUR", "–", "–"),
    ],
)
def test_money_carries_the_sign_its_reader_knows(amount: Decimal | None, currency: str, english: str, chinese: str) -> None:
    assert words.money(amount, currency) == english
    with translation.override("zh-hans"):
        assert words.money(amount, currency) == chinese


@given(st.dates())
def test_no_two_days_read_the_same(on: date) -> None:
    for language in ("en", "zh-hans"):
        with translation.override(language):
            other = on.replace(year=on.year % 9999 + 1) if (on.month, on.day) != (2, 29) else on.replace(day=28)
            assert words.day(on) != words.day(other)


def test_a_template_keeps_the_machines_day_beside_the_readers() -> None:
    template = Template("{% load portal %}{{ on|timed }} {{ none|timed }}")
    assert template.render(Context({"on": date(2026, 1, 5), "none": None})) == '<time datetime="2026-01-05">5 Jan 2026</time> –'


def test_an_override_ends_on_a_day_in_words() -> None:
    reason = {"code": "override", "band": "red", "until": "2026-12-31"}
    assert evidence.reason_in_words(reason) == "set to red by hand until 31 Dec 2026"
    assert reason["until"] == "2026-12-31"


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
        assert facet_name(key) != key
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
        ("outcome", {"north_star": 131131, "north_star_progress": 1.0}, ["north star: 131,131, threshold reached"]),
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
            ["monthly revenue 1,200 now, 1,000 on 19 Nov 2025 (+20.0%)"],
        ),
        ("renewal_history", {"due": 3, "renewed": 2}, ["2 of 3 dues renewed"]),
        (
            "ratings",
            {"answers": 2, "mean": 3.5, "rated_on": "2026-10-01", "expires_on": "2026-12-30"},
            ["2 valid answers, mean 3.5 of 5", "rated on 1 Oct 2026, valid until 30 Dec 2026"],
        ),
        (
            "surveys",
            {"answers": 1, "lowest": 90, "answered_on": "2026-10-01"},
            ["1 answer", "lowest 90 of 100, last answered on 1 Oct 2026"],
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
