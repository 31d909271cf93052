"""The published definitions that an explanation names, remembered for a minute: one more query than none, once a minute."""

from __future__ import annotations

from datetime import date

from accounts.calendar_rules import RenewalRules, parse_renewals
from accounts.models import RenewalDefinition
from csm_portal.lib.versions import version_on
from csm_portal.web import remembered
from health.definitions import ActivityRules
from health.definitions.activity import ActivityVersion
from health.model_types import HealthRules, HealthVersion, QuestionVersion
from health.versions import activity_versions, health_versions, question_versions


def health_version(version: int | None) -> HealthVersion | None:
    """The health model with this number; one published within the last minute is read anew. None: not on file."""
    kept: tuple[HealthVersion, ...] = remembered("explain-health", health_versions)
    found = next((one for one in kept if one.version == version), None)
    if found is None and version is not None:
        found = next((one for one in health_versions() if one.version == version), None)
    return found


def health_rules(version: int | None, profile: int) -> HealthRules | None:
    """The parameter set that graded a score; None: not on file."""
    found = health_version(version)
    return found.rules[profile] if found is not None and profile < len(found.rules) else None


def activity_version(version: int | None) -> ActivityVersion | None:
    """The activity definition with this number; one published within the last minute is read anew. None: not on file."""
    kept: tuple[ActivityVersion, ...] = remembered("explain-activity", activity_versions)
    found = next((one for one in kept if one.version == version), None)
    if found is None and version is not None:
        found = next((one for one in activity_versions() if one.version == version), None)
    return found


def activity_rules(version: int | None, profile: int) -> ActivityRules | None:
    """The parameter set that graded a day; None: not on file."""
    found = activity_version(version)
    return found.rules[profile] if found is not None and profile < len(found.rules) else None


def questions() -> tuple[QuestionVersion, ...]:
    """Every published question set, a minute old at most."""
    kept: tuple[QuestionVersion, ...] = remembered("explain-questions", question_versions)
    return kept


def grace_days(day: date) -> int:
    """Days after its end in which a due may still be renewed, by the rules in force on a day."""
    found: int = remembered(f"explain-grace-{day}", lambda: _grace_days(day))
    return found


def _grace_days(day: date) -> int:
    found = version_on(RenewalDefinition.objects.all(), day)
    return (RenewalRules() if found is None else parse_renewals(found.body)).renewal_grace_days
