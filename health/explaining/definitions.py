"""The published definitions that an explanation names: one statement reads them all, and they are remembered for a minute."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.calendar_rules import CalendarRules, RenewalRules, parse_calendar, parse_renewals
from csm_portal.web import remembered
from health.definitions import ActivityRules, parse_activity, parse_health, parse_questions
from health.definitions.activity import ActivityVersion
from health.model_types import HealthRules, HealthVersion, QuestionVersion

QUERY = """
SELECT 'activity', version, effective_from, body FROM health_activitydefinition
UNION ALL SELECT 'health', version, effective_from, body FROM health_healthmodel
UNION ALL SELECT 'ratings', version, effective_from, body FROM health_questionset
UNION ALL SELECT 'renewals', version, effective_from, body FROM accounts_renewaldefinition
UNION ALL SELECT 'calendar', version, effective_from, body FROM accounts_calendardefinition
ORDER BY 1, 2
"""
Read = tuple[int, date, Any]


@dataclass(frozen=True)
class Definitions:
    """Every version of each section, in order."""

    activity: tuple[ActivityVersion, ...]
    health: tuple[HealthVersion, ...]
    questions: tuple[QuestionVersion, ...]
    renewals: tuple[tuple[date, RenewalRules], ...]
    calendars: tuple[tuple[date, CalendarRules], ...]

    def health_rules(self, version: int, profile: int) -> HealthRules | None:
        """The parameter set that graded a score; None: not on file."""
        return next((one.rules[profile] for one in self.health if one.version == version and profile < len(one.rules)), None)

    def activity_rules(self, version: int, profile: int) -> ActivityRules | None:
        """The parameter set that graded a day; None: not on file."""
        return next((one.rules[profile] for one in self.activity if one.version == version and profile < len(one.rules)), None)

    def questions_on(self, day: date) -> QuestionVersion | None:
        """The question set in force; None: none was yet."""
        return next((one for one in reversed(self.questions) if one.effective_from <= day), None)

    def grace_days(self, day: date) -> int:
        """Days after its end in which a due may still be renewed."""
        found = next((rules for effective_from, rules in reversed(self.renewals) if effective_from <= day), RenewalRules())
        return found.renewal_grace_days

    def zone_on(self, day: date) -> str:
        """The zone of accounts that have none."""
        found = next((rules for effective_from, rules in reversed(self.calendars) if effective_from <= day), None)
        return str((found.default_timezone if found else "") or settings.TIME_ZONE)


def definitions(health_version: int | None = None, activity_version: int | None = None) -> Definitions:
    """The definitions as remembered; read anew where a version is asked for that was published since."""
    kept: Definitions = remembered("explain-definitions", _read)
    known_health, known_activity = {one.version for one in kept.health}, {one.version for one in kept.activity}
    missing = health_version not in {None, *known_health} or activity_version not in {None, *known_activity}
    return _read() if missing else kept


def _read() -> Definitions:
    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        rows = cursor.fetchall()

    def of(section: str) -> Iterator[Read]:
        return ((version, since, json.loads(body)) for name, version, since, body in rows if name == section)

    return Definitions(
        activity=tuple(parse_activity(body, version=version, effective_from=since) for version, since, body in of("activity")),
        health=tuple(parse_health(body, version=version, effective_from=since) for version, since, body in of("health")),
        questions=tuple(parse_questions(body, version=version, effective_from=since) for version, since, body in of("ratings")),
        renewals=tuple((since, parse_renewals(body)) for _version, since, body in of("renewals")),
        calendars=tuple((since, parse_calendar(body)) for _version, since, body in of("calendar")),
    )
