"""Why a day has its level: the counts, the bars that the definition makes of them, and the rule that decided. Pure, exact."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from health.definitions.activity import ActivityRules
from health.types import DayFlag, Level


class Rule(StrEnum):
    """Which line of the table of levels decided (docs/methods/activity.md)."""

    NO_SEATS = "no_seats"
    NOT_PAYING = "not_paying"
    ZERO = "zero"
    LOW = "low"
    MEDIUM = "medium"
    CONCENTRATED_USE = "concentrated_use"
    LOGIN_SHARE_UNKNOWN = "login_share_unknown"
    HIGH = "high"
    BELOW_MIN_ACTIVATION = "below_min_activation"


@dataclass(frozen=True, slots=True)
class DayCounts:
    """A graded day as stored: `a` weighed key actions, `n` seats of the base, `l` counted seats that logged in."""

    level: Level
    flags: DayFlag
    a: Decimal
    n: int
    l: int  # noqa: E741 - the letter of the methods page
    activated: int
    purchased: int
    paying: bool


@dataclass(frozen=True, slots=True)
class LevelTold:
    """The rule that decided, and the bars of this day: `low` and `high` in weighed key actions, `login` in seats."""

    rule: Rule
    low: Fraction
    high: Fraction
    login: Fraction


def tell_level(counts: DayCounts, rules: ActivityRules) -> LevelTold:
    """Bars n x share x multiple, and which rule the stored level and flags go by."""
    n = Fraction(counts.n)
    return LevelTold(_rule(counts, n * rules.low_bar, n * rules.high_bar), n * rules.low_bar, n * rules.high_bar, n * rules.login_share)


def _rule(counts: DayCounts, low: Fraction, high: Fraction) -> Rule:
    a = Fraction(counts.a)
    if counts.level is Level.UNKNOWN:
        return Rule.NO_SEATS if counts.n <= 0 else Rule.NOT_PAYING
    if counts.flags & DayFlag.BELOW_MIN_ACTIVATION:
        return Rule.BELOW_MIN_ACTIVATION
    if a == 0:
        return Rule.ZERO
    if a <= low:
        return Rule.LOW
    if a <= high:
        return Rule.MEDIUM
    if counts.flags & DayFlag.LOGIN_SHARE_UNKNOWN:
        return Rule.LOGIN_SHARE_UNKNOWN
    return Rule.CONCENTRATED_USE if counts.flags & DayFlag.CONCENTRATED_USE else Rule.HIGH
