"""How far the proof of every desired outcome is, measured each night from the day on which the outcome was first written down.

Sources: events and daily counts for an action; graded days, scores, contracts and survey answers for a metric. What cannot be measured
says why (`problem`); a figure that is not known yet is null, never 0.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from csm_portal.lib.versions import version_on
from health.built import built
from health.models import Run
from health.scope import EVERYBODY, Scope
from health.types import Grain
from health.value import proofs_sql as sql
from health.value.proofs_target import METRICS, goal
from health.versions import activity_versions, calendar_on, north_star_versions

LATE = tuple(name for name, metric in METRICS.items() if metric.late)


@transaction.atomic
def build_proofs(run_id: int, as_of: date, scope: Scope = EVERYBODY, *, after_scores: bool = False) -> int:
    """Measure the outcomes in force as of the day, of the accounts in scope; returns those settled.

    Two calls a night, for the score reads the outcomes in turn.

    Before the scores all but the metrics that are read from scores are settled; with `after_scores` those are, and the outcome facet has
    them with the next night. A night for a day before the last published one leaves the proofs of today alone.
    """
    newest = Run.objects.latest_published()
    if newest is not None and newest.as_of > as_of:
        return 0
    values = _values(run_id, as_of, after_scores=after_scores)
    with connection.cursor() as cursor:
        cursor.execute(sql.TARGETS)
        cursor.execute(scope.apply(sql.WANTED), values | _goals(cursor.fetchall()))
        cursor.execute("SELECT DISTINCT metric FROM proof_wanted WHERE problem = ''")
        wanted = {metric for (metric,) in cursor.fetchall()}
        if not after_scores:
            cursor.execute(sql.MEMBERS, values)
            cursor.execute(sql.ACTIONS, values)
        mine = [name for name, metric in METRICS.items() if name in wanted and metric.late == after_scores]
        if mine:
            table = "health_healthscore" if after_scores else "health_accountday"
            cursor.execute(sql.RUNS.format(table=table, built=built(values["grain"], "d.day")), values)
        for name in mine:
            cursor.execute(sql.METRICS[name], values)
        cursor.execute(sql.SETTLE, values)
        return int(cursor.rowcount)


def _values(run_id: int, as_of: date, *, after_scores: bool) -> dict[str, Any]:
    star = version_on(north_star_versions(), as_of)
    activity = version_on(activity_versions(), as_of)
    rules = activity.rules[0] if activity else None
    return {
        "run": run_id,
        "as_of": as_of,
        "zone": calendar_on(as_of).default_timezone or settings.TIME_ZONE,
        "star_since": star.effective_from if star else None,
        "personas": sorted(rules.excluded_personas) if rules else [],
        "domains": sorted(rules.excluded_email_domains) if rules else [],
        "grain": Grain.HEALTH if after_scores else Grain.DAY,
        "known_metrics": list(METRICS),
        "late": list(LATE),
        "after_scores": after_scores,
    }


def _goals(written: list[tuple[str, str]]) -> dict[str, list[Any]]:
    """Every distinct target as a figure, in columns."""
    read = [(metric, target, goal(target, metric)) for metric, target in written]
    return {
        "metrics": [metric for metric, _target, _goal in read],
        "targets": [target for _metric, target, _goal in read],
        "needed": [found.needed if found else None for _metric, _target, found in read],
        "measures": [found.measure if found else "" for _metric, _target, found in read],
    }
