"""The windows of a renewal, by days to its decision date (docs/methods/renewals.md)."""

from __future__ import annotations

from datetime import date

from csm_portal.portal.today.policy import LAST_WINDOW_DAY, WINDOWS

# Nearest first.
KEYS = tuple(key for key, _start in WINDOWS)


def window(decision_on: date, today: date) -> str | None:
    """`overdue` below 0 days, `soon` 0-29, `next` 30-59, `window` 60-90; None further off."""
    days = (decision_on - today).days
    if days > LAST_WINDOW_DAY:
        return None
    return [key for key, start in WINDOWS if start is None or days >= start][-1]


def entered(decision_on: date, then: date, today: date) -> str | None:
    """The window that the renewal has come into since `then`; None where it stands in the one it stood in."""
    now = window(decision_on, today)
    return now if now != window(decision_on, then) else None
