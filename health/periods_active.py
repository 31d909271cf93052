"""Weekly and monthly active: how many active days are needed, and whether they are still to be had. Pure."""

from __future__ import annotations

from fractions import Fraction

from health.definitions.activity import ActivityRules
from health.types import Grain


def active_days_needed(rules: ActivityRules, grain: str, working_days: int) -> int | None:
    """Least number of active days that makes the week or month active.

    By share of working days it is the least whole number at or above the share, so that days x 5 >= working days x 3 holds exactly;
    without any working day it is undefined (None).
    """
    if grain == Grain.WEEK:
        return rules.week_days
    if rules.month_workday_share is None:
        return rules.month_days
    if working_days <= 0:
        return None
    needed = working_days * Fraction(rules.month_workday_share)
    return -(-needed.numerator // needed.denominator)


def is_active(active_days: int, known_days: int, bar: int | None) -> bool | None:
    """Whether the bar is reached; None where no day is known or there is no bar."""
    if bar is None or known_days == 0:
        return None
    return active_days >= bar


def can_reach(active_days: int, bar: int | None, working_days_left: int) -> bool:
    """Whether the bar is reached, or every working day left being active would reach it."""
    return bar is not None and active_days + working_days_left >= bar
