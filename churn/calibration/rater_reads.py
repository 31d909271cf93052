"""The records of raters from what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from churn.calibration.observations import LEAD_DAYS, Observation, foreseeable, read_observations
from churn.calibration.reads import DUES, is_closed

if TYPE_CHECKING:
    from churn.as_of import Basis
    from churn.calibration.raters import Record

# Who gave the latest answer that was known at the close of a day: a place in the two lists, and the person.
LATEST = """
SELECT DISTINCT ON (w.place) w.place - 1, r.rated_by_id
FROM unnest(%(accounts)s::bigint[], %(days)s::date[]) WITH ORDINALITY AS w (account_id, day, place)
JOIN accounts_account a ON a.id = w.account_id
JOIN health_rating r ON r.account_id = w.account_id AND r.rated_on <= w.day
 AND (r.recorded_at AT TIME ZONE coalesce(nullif(a.timezone, ''), %(zone)s))::date <= w.day
ORDER BY w.place, r.rated_on DESC, r.recorded_at DESC, r.id DESC
"""


def rater_records(basis: Basis, lead: int = LEAD_DAYS) -> list[Record]:
    """The house first, then every rater by id, over all accounts. Two statements.

    Whoever shows them shows a person's record only to those who may see it.
    """
    from churn.calibration.raters import Rated, records

    grace = timedelta(days=basis.renewals.renewal_grace_days)
    every = foreseeable(read_observations(basis.as_of, lead=lead, facts=False, snapshots=False))
    rows = [one for one in every if one.kind == DUES and is_closed(one, basis.as_of - grace)]
    rows = [one for one in rows if one.machine is not None and one.human is not None]
    raters = latest_raters(rows)
    rated = [
        Rated(one.account_id, raters[at], one.ends_on, one.ends_on + grace, bool(one.renewed), one.machine or 0.0, one.human or 0.0)
        for at, one in enumerate(rows)
        if at in raters
    ]
    return records(rated, lead)


def latest_raters(rows: Sequence[Observation]) -> dict[int, int]:
    """Of each observation (by its place) whose answer was the latest known on the day it was seen; one statement."""
    asked: dict[str, Any] = {
        "accounts": [one.account_id for one in rows],
        "days": [one.seen_on for one in rows],
        "zone": settings.TIME_ZONE,
    }
    with connection.cursor() as cursor:
        cursor.execute(LATEST, asked)
        return dict(cursor.fetchall())
