"""What a night does for the Monday list: the list itself, and the letters about it."""

from __future__ import annotations

from datetime import date, datetime

from churn.monday.report import make, monday_of
from csm_portal.portal.monday import mail


def make_and_order(as_of: date, today: date, now: datetime) -> int:
    """Make the week's list and order its letters, unless that was done; rows written. Killed between the two, it orders the rest."""
    return make(as_of, now) + mail.order(monday_of(as_of), now, today)
