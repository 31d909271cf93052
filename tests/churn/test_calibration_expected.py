"""Chances told before each due, from nothing that closed after it."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn.calibration.expected import Told, expected, numbers, two_numbers
from churn.likelihood.shrunk import calibrate

FIRST = date(2024, 1, 10)


def history(n: int = 300, seed: int = 1, slope: float = 1.2) -> list[Told]:
    """A renewal every third day whose chance rises with its value; known 30 days after the due."""
    draw = random.Random(seed)
    rows = []
    for at in range(n):
        value = draw.uniform(0, 100)
        renewed = draw.random() < 1 / (1 + 2.718281828 ** -(0.8 + slope * (value - 50) / 25))
        day = FIRST + timedelta(days=3 * at)
        rows.append(Told(day, day + timedelta(days=30), renewed, value))
    return rows


def test_two_numbers_are_those_of_the_likelihood_without_learned_weights() -> None:
    rows = history()
    found = two_numbers([(one.value or 0.0, one.renewed) for one in rows])
    other = calibrate([one.value for one in rows], [one.renewed for one in rows])
    assert found is not None
    assert found.intercept == pytest.approx(other.intercept, abs=1e-4)
    assert found.slope == pytest.approx(other.slope, abs=1e-4)


def test_with_fewer_than_ten_lost_or_ten_renewed_nothing_is_told() -> None:
    assert two_numbers([(50.0, at >= 9) for at in range(100)]) is None
    assert two_numbers([(50.0, at < 9) for at in range(100)]) is None
    assert two_numbers([]) is None


def test_a_score_that_runs_the_wrong_way_leaves_the_base_rate() -> None:
    found = two_numbers([(100.0 - at, at >= 20) for at in range(100)])
    assert found is not None
    assert found.slope == 0
    assert found.chance(90) == pytest.approx(0.8)


def test_a_score_without_a_fault_is_held_within_borders() -> None:
    found = two_numbers([(float(at), at >= 50) for at in range(100)])
    assert found is not None
    assert 0 < found.slope <= 12


def test_of_two_signals_the_one_against_renewal_counts_nothing() -> None:
    draw = random.Random(2)
    rows = [(draw.uniform(0, 100), draw.uniform(0, 100)) for _ in range(400)]
    renewed = [draw.random() < 1 / (1 + 2.718281828 ** -((one - other) / 20)) for one, other in rows]
    found = numbers(rows, renewed)
    assert found is not None
    assert found[1] > 0.5
    assert found[2] == 0


def test_the_first_months_have_no_chance_and_later_ones_do() -> None:
    rows = history()
    chances = expected(rows, 90)
    assert chances[0] is None
    assert all(chance is not None and 0 < chance < 1 for chance in chances[-100:])
    assert expected([Told(FIRST, FIRST, renewed=True, value=None)], 90) == [None]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 299), st.integers(1, 400))
def test_no_outcome_enters_a_chance_that_was_told_before_it_closed(at: int, seed: int) -> None:
    rows = history(seed=seed)
    told = rows[at]
    turned = [Told(one.ends_on, one.closed_on, not one.renewed, one.value) if one is told else one for one in rows]
    before, after = expected(rows, 90), expected(turned, 90)
    for one, old, new in zip(rows, before, after, strict=True):
        if one.ends_on - timedelta(days=90) <= told.closed_on:
            assert old == new


def test_the_chances_come_true_out_of_time() -> None:
    rows = history(1500, seed=5)
    pairs = [(chance, one.renewed) for chance, one in zip(expected(rows, 90), rows, strict=True) if chance is not None]
    spread = sum(chance * (1 - chance) for chance, _renewed in pairs) ** 0.5
    assert len(pairs) > 1200
    assert abs(sum(chance for chance, _renewed in pairs) - sum(renewed for _chance, renewed in pairs)) < 3 * spread
