"""The definitions that a draft's sections stand for, as if they had always held: what a preview counts by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from accounts.calendar_rules import parse_calendar, parse_renewals
from accounts.definitions import Change
from csm_portal.lib.versions import version_on
from health.definitions import QuestionVersion, parse_activity, parse_health, parse_north_star, parse_questions
from health.lab.publish_definitions import check_draft
from health.lab.restating import Definitions, always, always_health, as_published

# What a preview cannot show, by the section that would change it.
NOT_SHOWN = {"states": "states_not_previewed"}
ZONE_NOT_SHOWN = "time_zone_not_previewed"


@dataclass(frozen=True, slots=True)
class Drafted:
    """Definitions by a draft as of a day.

    `versions`: by section the number in force and the draft's (None: not changed). `notes`: codes of what the figures do not show.
    """

    as_of: date
    definitions: Definitions
    versions: dict[str, dict[str, int | None]]
    notes: tuple[str, ...]


def drafted(sections: Mapping[str, Any], as_of: date) -> Drafted:
    """Read a draft over what is published. Sections it does not change stay as published, each version on its days.

    A changed section counts on every day, whatever day it is to hold from. The north star's sums begin on the day the section names, else
    where the published one's begin. Raises DefinitionError.
    """
    changes = check_draft(sections).changes
    found = as_published()
    versions: dict[str, dict[str, int | None]] = {}
    notes = []
    for change in changes:
        name = change.section.name
        now = version_on(change.section.model._default_manager.all(), as_of)
        versions[name] = {"published": now.version if now else None, "draft": change.version if change.is_new else None}
        if not change.is_new:
            continue
        found = _laid_over(found, change, as_of, dated="effective_from" in sections[name])
        if name in NOT_SHOWN:
            notes.append(NOT_SHOWN[name])
        if name == "calendar" and "default_timezone" in change.keys:
            notes.append(ZONE_NOT_SHOWN)
    return Drafted(as_of, found, versions, tuple(notes))


def _laid_over(found: Definitions, change: Change, as_of: date, *, dated: bool) -> Definitions:
    body, version = change.body, change.version
    match change.section.name:
        case "activity":
            return replace(found, activity=always(parse_activity(body, version=version)))
        case "health":
            return replace(found, health=always_health(parse_health(body, version=version)))
        case "ratings":
            questions = QuestionVersion(version, date.min, parse_questions(body, version=version).questions)
            return replace(found, questions=(*found.questions, questions))
        case "north_star":
            now = version_on(found.north_stars, as_of)
            first = change.effective_from if dated or now is None else now.effective_from
            return replace(found, north_stars=(parse_north_star(body, version=version, effective_from=first),))
        case "calendar":
            return replace(found, calendar=parse_calendar(body))
        case "renewals":
            return replace(found, grace_days=parse_renewals(body).renewal_grace_days)
    return found
