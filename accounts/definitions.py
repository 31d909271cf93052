"""Publishes definitions as versions that are never changed, only followed; `[calendar]` and `[renewals]` live in this room."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.calendar_rules import check_calendar, check_renewals
from accounts.dirty import mark_days
from accounts.loading.zones import home_zone, redo_days
from accounts.models import CalendarDefinition, RenewalDefinition, User
from accounts.models.definitions import VersionedDefinition
from csm_portal.lib.versions import version_on


@dataclass(frozen=True)
class Section:
    """One section of a definition file: its table, its check, and what stored figures it makes stale."""

    name: str
    model: type[VersionedDefinition]
    check: Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Change:
    """What publishing a checked body would do: nothing, or a new version; `keys` differ from the version now in force on that day."""

    section: Section
    body: dict[str, Any]
    effective_from: date
    version: int
    is_new: bool
    keys: tuple[str, ...] = ()


CALENDAR = Section("calendar", CalendarDefinition, check_calendar)
RENEWALS = Section("renewals", RenewalDefinition, check_renewals)


def digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def compare(section: Section, body: dict[str, Any], effective_from: date) -> Change:
    """What publishing would change. The same body from the same day as the version in force there is unchanged."""
    rows = list(section.model._default_manager.all())
    now = version_on(rows, effective_from)
    if now is not None and now.effective_from == effective_from and now.digest == digest(body):
        return Change(section, body, effective_from, now.version, is_new=False)
    before = now.body if now else {}
    keys = tuple(sorted(key for key in {*body, *before} if body.get(key) != before.get(key)))
    return Change(section, body, effective_from, max((row.version for row in rows), default=0) + 1, is_new=True, keys=keys)


@transaction.atomic
def publish(change: Change, *, at: datetime, by: User | None = None) -> VersionedDefinition | None:
    """Store the new version; None where nothing changed. Marks what it makes stale in this room."""
    if not change.is_new:
        return None
    zone = home_zone()
    row = change.section.model._default_manager.create(
        version=change.version,
        effective_from=change.effective_from,
        body=change.body,
        digest=digest(change.body),
        published_at=at,
        published_by=by,
    )
    if change.section is CALENDAR:
        if home_zone() != zone:
            redo_days(None)
        # Working days, and with them weeks and months, may differ on every day from then on.
        mark_days(None, change.effective_from, None)
    return row
