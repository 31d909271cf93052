"""Published definitions, read from their tables and parsed."""

from __future__ import annotations

from datetime import date

from accounts.calendar_rules import CalendarRules, parse_calendar
from accounts.models import CalendarDefinition
from csm_portal.lib.versions import version_on
from health.definitions import (
    ActivityVersion,
    HealthVersion,
    NorthStarVersion,
    QuestionVersion,
    StateVersion,
    parse_activity,
    parse_health,
    parse_north_star,
    parse_questions,
    parse_states,
)
from health.models import ActivityDefinition, HealthModel, NorthStarDefinition, QuestionSet, StateDefinition


def activity_versions() -> tuple[ActivityVersion, ...]:
    """Every published `[activity]`, in order of version."""
    rows = ActivityDefinition.objects.order_by("version")
    return tuple(parse_activity(row.body, version=row.version, effective_from=row.effective_from) for row in rows)


def north_star_versions() -> tuple[NorthStarVersion, ...]:
    """Every published `[north_star]`, in order of version; empty where the product has none."""
    rows = NorthStarDefinition.objects.order_by("version")
    return tuple(parse_north_star(row.body, version=row.version, effective_from=row.effective_from) for row in rows)


def health_versions() -> tuple[HealthVersion, ...]:
    """Every published `[health]`, in order of version."""
    rows = HealthModel.objects.order_by("version")
    return tuple(parse_health(row.body, version=row.version, effective_from=row.effective_from) for row in rows)


def question_versions() -> tuple[QuestionVersion, ...]:
    """Every published `[ratings]`, in order of version."""
    rows = QuestionSet.objects.order_by("version")
    return tuple(parse_questions(row.body, version=row.version, effective_from=row.effective_from) for row in rows)


def states_on(day: date) -> StateVersion:
    """The `[states]` in force on a day; the defaults before the first one."""
    row = version_on(StateDefinition.objects.all(), day)
    return parse_states({}) if row is None else parse_states(row.body, version=row.version, effective_from=row.effective_from)


def calendar_on(day: date) -> CalendarRules:
    """The `[calendar]` in force on a day; without any, weekdays of no country and weeks from Monday."""
    row = version_on(CalendarDefinition.objects.all(), day)
    return CalendarRules() if row is None else parse_calendar(row.body)
