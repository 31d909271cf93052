"""Nights: which are owed, how many stand where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Case, Count, F, TextField, Value, When

from accounts.models import JobRun
from accounts.types import JobState
from csm_portal.lib.clock import last_closed_day, night_is_due
from csm_portal.portal.first_run.work import NIGHTLY
from health.models import Run
from health.types import PARTIAL, RunState

# Of a long silence only the last days are named.
MOST_NAMED = 7


@dataclass(frozen=True, slots=True)
class Owed:
    """A night that is due and not published, and the job that is to build it (none: the next tick of beat writes it down)."""

    day: date
    job: JobRun | None

    @property
    def failed(self) -> bool:
        """Its job has given up, so it will not come by itself."""
        return self.job is not None and self.job.state == JobState.FAILED


def owed_days(as_of: date | None, now: datetime) -> list[date]:
    """Days after the last published one that are over and whose night's hour has come; none before the first night."""
    zone, pinned = settings.TIME_ZONE, settings.PORTAL_AS_OF
    if as_of is None or not night_is_due(now, zone=zone, pinned=pinned, at=settings.PORTAL_NIGHT_AT):
        return []
    yesterday = last_closed_day(now, zone=zone, pinned=pinned)
    return [as_of + timedelta(days=n) for n in range(1, (yesterday - as_of).days + 1)]


def owed_nights(as_of: date | None, now: datetime) -> tuple[int, list[Owed]]:
    """How many nights are owed, and the latest of them with their jobs: one query, none where nothing is owed."""
    days = owed_days(as_of, now)
    named = days[-MOST_NAMED:]
    jobs = {job.period: job for job in JobRun.objects.filter(job=NIGHTLY, key="", period__in=[str(day) for day in named])} if named else {}
    return len(days), [Owed(day, jobs.get(day.isoformat())) for day in named]


def runs_by_state() -> dict[str, int]:
    """Runs kept, by state; every state is named, also with none."""
    partial = When(state=RunState.PUBLISHED, faults__gt=0, then=Value(PARTIAL))
    rows = (
        Run.objects.annotate(stands=Case(partial, default=F("state"), output_field=TextField()))
        .values_list("stands")
        .annotate(n=Count("pk"))
    )
    return {**dict.fromkeys((*RunState, PARTIAL), 0), **dict(rows)}
