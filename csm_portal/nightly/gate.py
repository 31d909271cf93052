"""The last look before a night is published: a book does not change by a third in a day, a broken import does.

A run that moves too many scores waits (`held`) until a person publishes it or gives it up; the next night replaces it. Compared are the
scores of each new day with those of the day before it, from the last published day on. A score moved when it changed by more than
`POINTS`, changed its band, or went missing on an account that is still scored.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from accounts.models import CalendarDefinition, RenewalDefinition, User
from csm_portal.nightly import faults
from csm_portal.nightly.claiming import SMALL, figures, task_of
from csm_portal.nightly.ledger import drop_rows, only_builder
from csm_portal.nightly.publish import publish
from health.models import ActivityDefinition, HealthModel, NorthStarDefinition, QuestionSet, Run
from health.types import RunState

POINTS = 10
# A share of fewer accounts says nothing.
LEAST = 20
N_EXAMPLES = 5
_DEFINITIONS = (ActivityDefinition, HealthModel, NorthStarDefinition, QuestionSet, CalendarDefinition, RenewalDefinition)

# Each account's score on a day and the one before it: what readers see of the last published day, then what the run built.
_PAIRS = f"""
WITH shown AS (
    SELECT h.account_id, h.day, h.score, h.band, h.version FROM health_healthscore h
    JOIN health_publishedslice s ON s.grain = 'health' AND s.starts_on = h.day AND s.run_id = h.run_id
    WHERE h.day = %(last)s
), built AS (
    SELECT account_id, day, score, band, version FROM health_healthscore
    WHERE run_id = %(run)s AND day BETWEEN %(last)s AND %(as_of)s AND account_id <> ALL (%(faulty)s)
), pair AS (
    SELECT n.account_id, n.day, o.score AS before, n.score AS after, o.band AS band_before, n.band AS band_after,
           n.score IS NULL OR abs(n.score - o.score) > {POINTS} OR n.band <> o.band AS moved
    FROM built n
    JOIN (SELECT * FROM shown UNION ALL SELECT * FROM built WHERE day > %(last)s) o
      ON o.account_id = n.account_id AND o.day = n.day - %(step)s AND o.version = n.version
    WHERE o.score IS NOT NULL
    UNION ALL
    -- Whom a small run is not about keeps the score that is shown.
    SELECT account_id, day, score, score, band, band, false FROM shown
    WHERE score IS NOT NULL AND %(small)s AND account_id <> ALL (%(about)s)
)
"""  # noqa: S608 - only a constant enters
_WORST = (
    _PAIRS
    + """
SELECT day, count(*) FILTER (WHERE moved), count(*) FROM pair GROUP BY day
HAVING count(*) >= %(least)s AND count(*) FILTER (WHERE moved) > %(share)s::float8 * count(*)
ORDER BY count(*) FILTER (WHERE moved)::numeric / count(*) DESC, day LIMIT 1
"""
)
_EXAMPLES = (
    _PAIRS
    + """
SELECT account_id, round(before, 1)::float, round(after, 1)::float, band_before, band_after FROM pair
WHERE moved AND day = %(day)s ORDER BY abs(coalesce(after, 0) - before) DESC, account_id LIMIT %(examples)s
"""
)


class HeldError(RuntimeError):
    """The run waits for a person. The message says what moved and how to go on."""

    def __init__(self, run: Run) -> None:
        super().__init__(text_of(run))
        self.run = run


class NotHeldError(RuntimeError):
    """No run waits for a person, or this one no longer does."""


def text_of(run: Run) -> str:
    """What is odd about a held run, in words."""
    held = run.held or {}
    return (
        f"Held, not published: {held['moved']:,} of {held['of']:,} scores moved by more than {POINTS} points, changed their band"
        f" or went missing from one day to the next ({held['day']}). Look at what was loaded last."
        " Then: manage.py nightly --publish-held, or --give-up-held; the next night replaces it."
    )


def judge(run: Run, newest: Run | None) -> dict[str, Any] | None:
    """Why the run should wait: {moved, of, share, day, examples}; None when nothing is odd or there is nothing to compare with.

    `newest`: the run readers see. A definition that was published, or came into force, since then moves scores on purpose.
    """
    if newest is None or newest.as_of > run.as_of or settings.NIGHT_HOLD_SHARE >= 1 or definitions_changed(newest, run.as_of):
        return None
    values: dict[str, Any] = {
        "run": run.pk,
        "last": newest.as_of,
        "as_of": run.as_of,
        # The same day built again is compared with itself.
        "step": 0 if newest.as_of == run.as_of else 1,
        "faulty": sorted(faults.faulty(run)),
        "least": LEAST,
        "share": settings.NIGHT_HOLD_SHARE,
        "examples": N_EXAMPLES,
        "small": run.counts.get(SMALL) is not None,
        "about": run.counts.get(SMALL) or [],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WORST, values)
        worst: tuple[date, int, int] | None = cursor.fetchone()
        if worst is None:
            return None
        day, moved, of = worst
        cursor.execute(_EXAMPLES, values | {"day": day})
        names = ("account", "before", "after", "band_before", "band_after")
        examples = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {"moved": moved, "of": of, "share": round(moved / of, 4), "day": day.isoformat(), "examples": examples}


def definitions_changed(newest: Run, as_of: date) -> bool:
    """Whether anything that says what counts is another one than when the newest run was made."""
    since = Q(effective_from__gt=newest.as_of, effective_from__lte=as_of) | Q(published_at__gt=newest.started_at)
    return any(model.objects.filter(since).exists() for model in _DEFINITIONS)


def held_run() -> Run | None:
    """The run that waits for a person; there is one at most, for the next build replaces it."""
    return Run.objects.filter(state=RunState.HELD).order_by("-pk").first()


def publish_held(run_id: int, user: User | None, clock: Callable[[], datetime]) -> Run:
    """Publish a held run as it was built. Raises `NotHeldError` when it no longer waits, `NightBusyError` when another is being built."""
    with only_builder():
        run = Run.objects.filter(pk=run_id, state=RunState.HELD).first()
        if run is None:
            raise NotHeldError("This night no longer waits: it was published, given up or replaced.")
        Run.objects.filter(pk=run.pk).update(decided_by=user)
        task = task_of(run)
        publish(run, task.plan, figures(run.counts), clock(), task.accounts)
        run.refresh_from_db()
        return run


def give_up_held(run_id: int, user: User | None, clock: Callable[[], datetime]) -> Run:
    """Drop what a held run built; readers keep the last night, and what it would have redone is owed again. There is no way back.

    Raises `NotHeldError` when it no longer waits, `NightBusyError` when another is being built.
    """
    with only_builder(), transaction.atomic():
        who = str(user) if user else "the command"
        given_up = Run.objects.filter(pk=run_id, state=RunState.HELD).update(
            state=RunState.FAILED, decided_by=user, finished_at=clock(), error=f"Given up by {who}."
        )
        if not given_up:
            raise NotHeldError("This night no longer waits: it was published, given up or replaced.")
        drop_rows([run_id])
        return Run.objects.get(pk=run_id)
