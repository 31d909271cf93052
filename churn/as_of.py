"""The day that every figure of this room stands on, and the rules in force on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, JSONField, OuterRef, Subquery
from django.db.models.functions import JSONObject

from accounts.calendar_rules import CalendarRules, RenewalRules, parse_calendar, parse_renewals
from accounts.models import CalendarDefinition, RenewalDefinition
from churn.models import SystemNotice
from csm_portal.lib.versions import held_since
from health.models import ActivityDefinition, Run
from health.types import RunState


@dataclass(frozen=True, slots=True)
class _Version:
    version: int
    effective_from: date


@dataclass(frozen=True, slots=True)
class Basis:
    """What a figure is computed on: the as-of day, `[renewals]` in force on it with its version (None: none published), first weekday.

    Figures of seats go by the key actions of `[activity]`, so they carry `activity_version`; `activity_changes` are the days from which
    another version of it counted, as far as the night knew them, each with that version. `run_id` is the night that published the day,
    `has_notices` whether a notice about ourselves is open, `has_held` whether a later night waits for a person (None in all: not read).
    """

    as_of: date
    version: int | None = None
    renewals: RenewalRules = field(default_factory=RenewalRules)
    week_starts: str = "monday"
    activity_version: int | None = None
    activity_changes: tuple[tuple[date, int], ...] = ()
    run_id: int | None = None
    has_notices: bool | None = None
    has_held: bool | None = None


def figures_as_of() -> date | None:
    """The latest published day; None: nothing is published yet, so there is no figure."""
    published = Run.objects.latest_published()
    return None if published is None else published.as_of


def read_basis() -> Basis | None:
    """The latest published day with the rules in force on it, in one query; None: nothing is published yet."""
    # The version of a day is the highest among those in force on it (csm_portal.lib.versions).
    renewal = RenewalDefinition.objects.filter(effective_from__lte=OuterRef("as_of")).order_by("-version")
    activity = ActivityDefinition.objects.filter(effective_from__lte=OuterRef("as_of")).order_by("-version")
    counted = activity.filter(published_at__lte=OuterRef("started_at")).order_by("version")
    calendar = CalendarDefinition.objects.filter(effective_from__lte=OuterRef("as_of")).order_by("-version")
    run = (
        Run.objects.filter(state=RunState.PUBLISHED)
        .annotate(
            renewal_version=Subquery(renewal.values("version")[:1]),
            renewal_body=Subquery(renewal.values("body")[:1], output_field=JSONField()),
            activity_version=Subquery(activity.values("version")[:1]),
            activity_counted=ArraySubquery(counted.values(told=JSONObject(version="version", effective_from="effective_from"))),
            calendar_body=Subquery(calendar.values("body")[:1], output_field=JSONField()),
            has_notices=Exists(SystemNotice.objects.filter(closed_at__isnull=True)),
            has_held=Exists(Run.objects.filter(state=RunState.HELD)),
        )
        .order_by("-as_of", "-id")
        .values_list(
            "as_of",
            "renewal_version",
            "renewal_body",
            "calendar_body",
            "activity_version",
            "activity_counted",
            "pk",
            "has_notices",
            "has_held",
        )
        .first()
    )
    if run is None:
        return None
    as_of, version, rules, weeks, activity_version, counted_by, run_id, has_notices, has_held = run
    return Basis(
        as_of,
        version,
        RenewalRules() if rules is None else parse_renewals(rules),
        (CalendarRules() if weeks is None else parse_calendar(weeks)).week_starts,
        activity_version,
        tuple(held_since(_Version(one["version"], date.fromisoformat(one["effective_from"])) for one in counted_by)[1:]),
        run_id,
        has_notices,
        has_held,
    )
