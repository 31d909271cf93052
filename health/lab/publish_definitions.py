"""Publishes a definition file: every section checked first, then all of them at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.definitions import CALENDAR, RENEWALS, Change, Section, compare, publish
from accounts.dirty import mark_days, mark_event_days
from accounts.models import User
from csm_portal.lib.checked import Checker, DefinitionError, Problem, day_of
from health.definitions import check_activity, check_health, check_north_star, check_questions, check_states, is_logins_only
from health.lab.definition_lint import Redone, redone_days, warnings_of
from health.models import ActivityDefinition, HealthModel, NorthStarDefinition, QuestionSet, StateDefinition

ACTIVITY = Section("activity", ActivityDefinition, check_activity)
NORTH_STAR = Section("north_star", NorthStarDefinition, check_north_star)
HEALTH = Section("health", HealthModel, check_health)
RATINGS = Section("ratings", QuestionSet, check_questions)
STATES = Section("states", StateDefinition, check_states)
SECTIONS = {section.name: section for section in (CALENDAR, RENEWALS, ACTIVITY, NORTH_STAR, HEALTH, RATINGS, STATES)}
# Weighed afresh: their figures are sums over events.
OVER_EVENTS = (ACTIVITY, NORTH_STAR)
# From when a section without a date holds, in a file without an activity section.
SINCE_EVER = date(2000, 1, 1)
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Draft:
    """A checked file: what publishing it would change, and what the lint says about it."""

    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    logins_only: bool

    @property
    def new(self) -> tuple[Change, ...]:
        """Sections that get a new version."""
        return tuple(change for change in self.changes if change.is_new)

    @property
    def redone(self) -> Redone | None:
        """Days already published that the next night redoes because of it; None: none."""
        starts = [change.effective_from for change in self.new if change.section in (*OVER_EVENTS, CALENDAR)]
        return redone_days(min(starts)) if starts else None


def read_draft(text: str) -> Draft:
    """Check a definition file. Raises DefinitionError with the problems of all sections."""
    try:
        sections = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError([Problem("file", "", f"is not TOML: {error}")]) from None
    return check_draft(sections)


def check_draft(sections: Mapping[str, Any]) -> Draft:
    """Check sections by name, as a file holds them. Raises DefinitionError with the problems of all of them."""
    checker = Checker()
    if not sections:
        checker.fault("file", None, f"holds no section; known are {', '.join(SECTIONS)}")
    common = _effective_from(checker, sections.get("activity"), "activity") or SINCE_EVER
    changes = [_checked(checker, name, section, common) for name, section in sections.items()]
    checker.done()
    found = [change for change in changes if change is not None]
    bodies = {change.section.name: change.body for change in found}
    logins_only = "activity" in bodies and is_logins_only(bodies["activity"])
    starts = {change.section.name: change.effective_from for change in found}
    return Draft(tuple(found), warnings_of(bodies, starts, logins_only=logins_only), logins_only)


@transaction.atomic
def publish_draft(draft: Draft, *, at: datetime, by: User | None = None) -> tuple[Change, ...]:
    """Publish every changed section and mark the days whose figures no longer stand; returns what got a new version."""
    order = list(SECTIONS)
    for change in sorted(draft.new, key=lambda one: order.index(one.section.name)):
        publish(change, at=at, by=by)
        if change.section in OVER_EVENTS:
            mark_event_days(None, change.effective_from)
            mark_days(None, change.effective_from, None)
    return draft.new


def checked_body(section: Section, body: Mapping[str, Any]) -> dict[str, Any]:
    """One section as canonical JSON that a database can hold. Raises DefinitionError."""
    found = section.check(body)
    checker = Checker()
    _look_through(checker, found, section.name)
    checker.done()
    return found


def _look_through(checker: Checker, value: Any, path: str) -> None:
    """Note texts that cannot be stored: a NUL, or half a character."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            _look_through(checker, str(key), path)
            _look_through(checker, item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            _look_through(checker, item, path)
    elif isinstance(value, str) and UNSTORABLE.search(value):
        checker.fault(path, value, "holds a character that cannot be stored")


def _checked(checker: Checker, name: str, section: Any, common: date) -> Change | None:
    known = SECTIONS.get(name)
    if known is None:
        checker.fault(name, None, f"unknown section; known are {', '.join(SECTIONS)}")
        return None
    if not isinstance(section, Mapping):
        checker.fault(name, section, "must be a table")
        return None
    # The activity section's date is checked once, before the others take it.
    start = (common if name == "activity" else _effective_from(checker, section, name)) or common
    try:
        body = checked_body(known, {key: value for key, value in section.items() if key != "effective_from"})
    except DefinitionError as error:
        checker.problems.extend(error.problems)
        return None
    return compare(known, body, start)


def _effective_from(checker: Checker, section: Any, name: str) -> date | None:
    if not isinstance(section, Mapping) or "effective_from" not in section:
        return None
    day: date | None = day_of(checker, section["effective_from"], f"{name}.effective_from")
    return day
