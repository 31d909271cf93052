"""What day it is, for commands and tasks; nothing below them reads the clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def local_today(now: datetime, *, zone: str, pinned: date | None) -> date:
    """The portal's "today": the pinned day (`PORTAL_AS_OF`) where there is one, else the local date of `now` in the installation's zone."""
    return pinned or now.astimezone(ZoneInfo(zone)).date()


def last_closed_day(now: datetime, *, zone: str, pinned: date | None) -> date:
    """Yesterday: the last day that is over, which the night computes."""
    return local_today(now, zone=zone, pinned=pinned) - timedelta(days=1)


def night_is_due(now: datetime, *, zone: str, pinned: date | None, at: str) -> bool:
    """Whether the local time has passed `at` ("HH:MM"). A local time skipped by a clock change is passed all the same.

    With a pinned day there is no clock to wait for.
    """
    if pinned is not None:
        return True
    hour, minute = (int(part) for part in at.split(":"))
    local = now.astimezone(ZoneInfo(zone))
    return (local.hour, local.minute) >= (hour, minute)
