"""Targets of outcomes: what is read as a figure, and what is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health.value.proofs_target import LARGEST, MEASURES, Goal, goal


@pytest.mark.parametrize(
    ("target", "metric", "needed", "measure"),
    [
        ("80000", "", "80000", "count"),
        (">= 12", "", "12", "count"),
        ("≥12", "", "12", "count"),
        ("80,000 value", "", "80000", "value"),
        (" 12.5 Quantity ", "", "12.5", "quantity"),
        ("８０００", "", "8000", "count"),
        ("95 %", "activation_rate", "0.95", "count"),
        ("95％", "key_seat_share", "0.95", "count"),
        ("95", "activation_rate", "0.95", "count"),
        ("0.95", "activation_rate", "0.95", "count"),
        ("1", "activation_rate", "1", "count"),
        ("90 %", "csat", "4.5", "count"),
        ("4.5", "csat", "4.5", "count"),
        ("40", "nps", "40", "count"),
    ],
)
def test_a_target_is_a_number_with_what_it_counts(target: str, metric: str, needed: str, measure: str) -> None:
    assert goal(target, metric) == Goal(Decimal(needed), measure)


@pytest.mark.parametrize(
    ("target", "metric"),
    [
        ("", ""),
        ("many", ""),
        ("<= 5", ""),
        ("12 apples", ""),
        ("12 13", ""),
        ("-3", ""),
        ("95 %", ""),
        ("40 %", "nps"),
        ("5 value", "health"),
        ("1e9", ""),
        ("1,00", ""),
        ("9" * 16, ""),
    ],
)
def test_what_is_no_number_to_reach_is_no_goal(target: str, metric: str) -> None:
    assert goal(target, metric) is None


@given(st.decimals(0, LARGEST - 1, places=6), st.sampled_from(["", ">= ", "≥"]), st.sampled_from(["", *MEASURES]))
def test_every_number_comes_back_as_it_was_written(number: Decimal, sign: str, measure: str) -> None:
    assert goal(f"{sign}{number:f} {measure}") == Goal(number, measure or "count")


@given(st.text(max_size=20), st.text(max_size=10))
def test_any_text_is_read_or_refused(target: str, metric: str) -> None:
    found = goal(target, metric)
    assert found is None or 0 <= found.needed <= LARGEST
