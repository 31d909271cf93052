"""The rule behind a day's level, with the worked numbers of the definition."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health.definitions.activity import ActivityRules
from health.explaining.day_levels import DayCounts, Rule, tell_level
from health.explaining.level_words import level_sentence
from health.levels import DayFacts, day_level
from health.types import DayFlag, Level

RULES = ActivityRules(key_actions={"order": Decimal(1)})


def counts(a: int, n: int = 100, l: int = 80, **fields: object) -> DayCounts:  # noqa: E741
    grade = day_level(DayFacts(Decimal(a), n, l), RULES)
    values: dict[str, object] = {"level": grade.level, "flags": grade.flags, "activated": n, "purchased": n, "paying": True, **fields}
    return DayCounts(a=Decimal(a), n=n, l=l, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "rule"),
    [
        (counts(0), Rule.ZERO),
        (counts(1), Rule.LOW),
        (counts(120), Rule.LOW),
        (counts(121), Rule.MEDIUM),
        (counts(240), Rule.MEDIUM),
        (counts(241, l=60), Rule.HIGH),
        (counts(241, l=59), Rule.CONCENTRATED_USE),
        (counts(241, level=Level.MEDIUM, flags=DayFlag.LOGIN_SHARE_UNKNOWN), Rule.LOGIN_SHARE_UNKNOWN),
        (counts(241, level=Level.LOW, flags=DayFlag.BELOW_MIN_ACTIVATION), Rule.BELOW_MIN_ACTIVATION),
        (counts(5, n=0), Rule.NO_SEATS),
        (counts(5, level=Level.UNKNOWN), Rule.NOT_PAYING),
    ],
)
def test_the_rule_that_decided_is_named_with_its_numbers(day: DayCounts, rule: Rule) -> None:
    told = tell_level(day, RULES)
    assert told.rule is rule
    said = level_sentence(day, told, RULES)
    assert said
    assert "%(" not in said


def test_the_sentence_shows_the_bars() -> None:
    day = counts(14, n=10, l=6)
    said = level_sentence(day, tell_level(day, RULES), RULES)
    assert said == "10 × 60% × 2 = 12; 10 × 60% × 4 = 24; 14 key actions lie above the first and not above the second: MEDIUM"


@given(st.integers(0, 400), st.integers(0, 100), st.integers(0, 100))
def test_the_rule_always_gives_the_stored_level(a: int, n: int, l: int) -> None:  # noqa: E741
    day = counts(a, n=n, l=l)
    told = tell_level(day, RULES)
    levels = {
        Rule.NO_SEATS: Level.UNKNOWN, Rule.ZERO: Level.ZERO, Rule.LOW: Level.LOW, Rule.MEDIUM: Level.MEDIUM, Rule.HIGH: Level.HIGH,
        Rule.CONCENTRATED_USE: Level.MEDIUM,
    }  # fmt: skip
    assert levels[told.rule] == day.level
    assert (told.low, told.high, told.login) == (Fraction(n * 6, 5), Fraction(n * 12, 5), Fraction(n * 3, 5))
