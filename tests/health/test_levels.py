"""The table of levels of domain section 1, border by border."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health.definitions import ActivityRules
from health.levels import DayFacts, Grade, day_level, is_active_day
from health.types import DayFlag, Level

RULES = ActivityRules(key_actions={"work": Decimal(1)})
WORKED = [
    (0, 0, Level.ZERO, 0),
    (1, 1, Level.LOW, 0),
    (120, 100, Level.LOW, 0),
    ("120.000001", 100, Level.MEDIUM, 0),
    (121, 0, Level.MEDIUM, 0),
    (240, 100, Level.MEDIUM, 0),
    ("240.000001", 60, Level.HIGH, 0),
    (241, 60, Level.HIGH, 0),
    (241, 59, Level.MEDIUM, DayFlag.CONCENTRATED_USE),
]


def facts(key_actions: Decimal | int | str, logged_in: int = 100, seats: int = 100) -> DayFacts:
    return DayFacts(Decimal(key_actions), seats, logged_in)


@pytest.mark.parametrize(("key_actions", "logged_in", "level", "flags"), WORKED)
def test_the_worked_table_of_a_hundred_seats(key_actions: int | str, logged_in: int, level: Level, flags: int) -> None:
    assert day_level(facts(key_actions, logged_in), RULES) == Grade(level, DayFlag(flags))


def test_no_seats_are_unknown_and_activity_on_them_is_a_defect() -> None:
    assert day_level(facts(0, seats=0), RULES) == Grade(Level.UNKNOWN)
    assert day_level(facts(5, seats=0), RULES) == Grade(Level.UNKNOWN, DayFlag.ACTIVITY_WITHOUT_SEATS)


def test_a_day_without_paying_contract_is_unknown() -> None:
    assert day_level(replace(facts(500), paying=False), RULES) == Grade(Level.UNKNOWN)


def test_activity_that_names_no_seat_is_medium_with_the_login_share_unknown() -> None:
    assert day_level(replace(facts(241, 0), names_a_seat=False), RULES) == Grade(Level.MEDIUM, DayFlag.LOGIN_SHARE_UNKNOWN)


def test_three_opened_of_a_hundred_bought_do_not_read_high() -> None:
    rules = replace(RULES, min_activation_rate=Fraction(1, 10))
    busy = DayFacts(Decimal(100), 3, 3, activation_rate=Fraction(3, 100))
    assert day_level(busy, RULES) == Grade(Level.HIGH)
    assert day_level(busy, rules) == Grade(Level.LOW, DayFlag.BELOW_MIN_ACTIVATION)
    assert day_level(replace(busy, activation_rate=Fraction(1, 10)), rules) == Grade(Level.HIGH)
    assert day_level(replace(busy, activation_rate=None), rules) == Grade(Level.HIGH)
    assert day_level(replace(busy, key_actions=Decimal(0)), rules) == Grade(Level.ZERO)


@pytest.mark.parametrize(("seats", "last_low", "last_medium"), [(7, "8.4", "16.8"), (1, "1.2", "2.4"), (333, "399.6", "799.2")])
def test_borders_are_exact_where_no_whole_number_lies_on_them(seats: int, last_low: str, last_medium: str) -> None:
    step = Decimal("0.000001")
    assert day_level(facts(last_low, seats, seats), RULES).level is Level.LOW
    assert day_level(facts(Decimal(last_low) + step, seats, seats), RULES).level is Level.MEDIUM
    assert day_level(facts(last_medium, seats, seats), RULES).level is Level.MEDIUM
    assert day_level(facts(Decimal(last_medium) + step, seats, seats), RULES).level is Level.HIGH


@given(seats=st.integers(1, 5_000), logged_in=st.integers(0, 5_000), a=st.integers(0, 20_000), b=st.integers(0, 20_000))
def test_more_key_actions_never_lower_the_level(seats: int, logged_in: int, a: int, b: int) -> None:
    less, more = sorted((a, b))
    assert day_level(facts(less, logged_in, seats), RULES).level <= day_level(facts(more, logged_in, seats), RULES).level


@given(seats=st.integers(1, 5_000), a=st.integers(0, 5_000), b=st.integers(0, 5_000), key_actions=st.integers(0, 20_000))
def test_more_logins_never_lower_the_level(seats: int, a: int, b: int, key_actions: int) -> None:
    less, more = sorted((a, b))
    assert day_level(facts(key_actions, less, seats), RULES).level <= day_level(facts(key_actions, more, seats), RULES).level


@given(seats=st.integers(0, 500), logged_in=st.integers(0, 500), key_actions=st.integers(0, 5_000))
def test_every_day_is_graded_and_zero_means_no_key_action(seats: int, logged_in: int, key_actions: int) -> None:
    level = day_level(facts(key_actions, logged_in, seats), RULES).level
    assert (level is Level.UNKNOWN) == (seats == 0)
    assert (level is Level.ZERO) == (seats > 0 and key_actions == 0)


@pytest.mark.parametrize(
    ("active_from", "active"), [(Level.LOW, [0, 0, 1, 1, 1]), (Level.MEDIUM, [0, 0, 0, 1, 1]), (Level.HIGH, [0, 0, 0, 0, 1])]
)
def test_a_day_is_active_from_the_level_the_definition_names(active_from: Level, active: list[int]) -> None:
    rules = replace(RULES, active_from=active_from)
    assert [is_active_day(level, rules) for level in Level] == [bool(one) for one in active]
