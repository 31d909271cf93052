"""Which nights are owed: yesterday, and any missed one before it."""

from __future__ import annotations

from datetime import date, timedelta

from csm_portal.nightly.plan import days_between

# After a longer silence one build holds the whole gap: the figures are the same, a month of runs would only list them.
MAX_SINGLE_NIGHTS = 31


def owed_nights(last_built: date | None, yesterday: date) -> list[date]:
    """As-of days to build, oldest first. Yesterday itself always is: late data may have come since it was built."""
    if last_built is None or last_built >= yesterday or (yesterday - last_built).days > MAX_SINGLE_NIGHTS:
        return [yesterday]
    return list(days_between(last_built + timedelta(days=1), yesterday))
