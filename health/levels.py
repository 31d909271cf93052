"""The level of one account-day, exact at the borders. Pure; the nightly SQL grades by the same table (docs/methods/activity.md)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from health.definitions.activity import ActivityRules
from health.types import DayFlag, Level

NO_FLAGS = DayFlag(0)


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What a day is graded by. Counts are >= 0; `key_actions` is the weighed sum; None means unknown, never 0."""

    key_actions: Decimal
    seats: int
    logged_in: int
    names_a_seat: bool = True
    paying: bool = True
    activation_rate: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """A level with what else is to be said of it."""

    level: Level
    flags: DayFlag = NO_FLAGS


def day_level(facts: DayFacts, rules: ActivityRules) -> Grade:
    """Grade one account-day (domain section 1, table of levels).

    A border belongs to the lower level and is exact: 120 of 100 seats is LOW, 121 MEDIUM. No seats, or no paying contract, gives UNKNOWN,
    not ZERO: missing data is not bad news.
    """
    a, n = Fraction(facts.key_actions), facts.seats
    if n <= 0:
        return Grade(Level.UNKNOWN, DayFlag.ACTIVITY_WITHOUT_SEATS if a > 0 else NO_FLAGS)
    if not facts.paying:
        return Grade(Level.UNKNOWN)
    if a == 0:
        return Grade(Level.ZERO)
    if a <= n * rules.low_bar:
        return Grade(Level.LOW)
    grade = Grade(Level.MEDIUM) if a <= n * rules.high_bar else _above_high_bar(facts, rules)
    return _held_down(grade, facts, rules)


def _above_high_bar(facts: DayFacts, rules: ActivityRules) -> Grade:
    """HIGH needs breadth: many actions of few seats are concentrated use, and unnamed seats prove no breadth at all."""
    if not facts.names_a_seat:
        return Grade(Level.MEDIUM, DayFlag.LOGIN_SHARE_UNKNOWN)
    if facts.logged_in < facts.seats * rules.login_share:
        return Grade(Level.MEDIUM, DayFlag.CONCENTRATED_USE)
    return Grade(Level.HIGH)


def _held_down(grade: Grade, facts: DayFacts, rules: ActivityRules) -> Grade:
    """At most LOW below the least activation rate; an unknown rate holds nothing down."""
    if facts.activation_rate is None or facts.activation_rate >= rules.min_activation_rate:
        return grade
    return Grade(Level.LOW, grade.flags | DayFlag.BELOW_MIN_ACTIVATION)


def is_active_day(level: Level, rules: ActivityRules) -> bool:
    """Whether a day of this level is an active day; UNKNOWN is none."""
    return level is not Level.UNKNOWN and level >= rules.active_from
