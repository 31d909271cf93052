"""MRR movements of a month, as the tests read them."""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts.models import User
from churn.revenue import movements

MOVES = ("new", "expansion", "contraction", "churn", "reactivation")


def months(user: User, first: str, after: str, **options: Any) -> list[Any]:
    return list(movements(user, "month", date.fromisoformat(first), date.fromisoformat(after), **options))


def month(user: User, first: str, **options: Any) -> Any:
    """The one row of the month that begins that day."""
    (found,) = [row for row in months(user, first, first[:8] + "02", **options) if row.group == "all"]
    return found


def moved(row: Any) -> dict[str, Any]:
    """The movements that are not 0."""
    return {name: getattr(row, name) for name in MOVES if getattr(row, name)}
