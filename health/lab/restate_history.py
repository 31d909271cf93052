"""Months and month ends recomputed with today's definition, kept beside the figures as they were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from csm_portal.lib.versions import version_on
from health.lab import restating_sql as sql
from health.lab.restated_scores import score_day, setting_of
from health.lab.restating import Say, published_months, restate_months, todays
from health.models import RestatedMonth, RestatedScore
from health.versions import activity_versions, health_versions

# One recomputation at a time in this database; the number only has to differ from other advisory locks.
LOCK = 0x43534D_05


@dataclass(frozen=True, slots=True)
class Restated:
    """Rows written: account-months, and scores of month ends."""

    months: int
    scores: int


def is_stale(as_of: date) -> bool:
    """Whether the recomputed figures are of an earlier month or of another definition than the day's.

    While only one version of each was ever published they are the figures as they were, and nobody needs them.
    """
    activity, health = activity_versions(), health_versions()
    if len(activity) < 2 and len(health) < 2:
        return False
    month, score = RestatedMonth.objects.order_by("-starts_on").first(), RestatedScore.objects.order_by("-day").first()
    kept = [(row.as_of.replace(day=1), row.version) if row else None for row in (month, score)]
    in_force = [version_on(activity, as_of), version_on(health, as_of)]
    return kept != [(as_of.replace(day=1), one.version) if one else None for one in in_force]


@transaction.atomic
def restate(as_of: date, say: Say) -> Restated:
    """Recompute the last 24 months and the running one, and the health of each month's last day, with the definitions of the day.

    All rows are replaced at once, and a second time gives the same. Nothing published is touched. `say` is called for each month.
    """
    definitions = todays(as_of)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    setting = setting_of(definitions, as_of) if definitions.health else None
    scores = 0
    for month, source in restate_months(definitions, published_months(as_of), as_of, say):
        if setting is not None:
            scores += score_day(min(month.last, as_of), setting, definitions.health, source)
    with connection.cursor() as cursor:
        cursor.execute(sql.FORGET)
        cursor.execute(sql.KEEP_MONTHS, {"as_of": as_of})
        months = cursor.rowcount
        cursor.execute(sql.KEEP_SCORES, {"as_of": as_of})
    return Restated(months, scores)
