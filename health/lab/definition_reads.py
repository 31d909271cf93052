"""Published versions of every section, read at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Value

from accounts.models import User
from csm_portal.lib.versions import version_on
from health.lab.publish_definitions import SECTIONS


@dataclass(frozen=True, slots=True)
class Published:
    """One published version of one section; `by` is empty where a command published it."""

    section: str
    version: int
    effective_from: date
    body: dict[str, Any]
    published_at: datetime
    by: str


def published_versions(user: User, sections: Iterable[str] = SECTIONS) -> dict[str, list[Published]]:
    """Every version that the user may read, by section in the order of a file, oldest first; one query."""
    wanted = list(sections)
    found: dict[str, list[Published]] = {name: [] for name in wanted}
    columns = ("version", "effective_from", "body", "published_at", "published_by__name", "published_by__email")
    parts = []
    for name in wanted:
        model: Any = SECTIONS[name].model
        parts.append(model.objects.visible_to(user).order_by().annotate(section=Value(name)).values_list("section", *columns))
    if not parts:
        return found
    first, *rest = parts
    for section, version, start, body, at, by, email in first.union(*rest, all=True) if rest else first:
        found[section].append(Published(section, version, start, body, at, by or email or ""))
    for rows in found.values():
        rows.sort(key=lambda row: row.version)
    return found


def in_force(versions: dict[str, list[Published]], day: date) -> dict[str, Published]:
    """The version of each section that holds on a day; sections without one are left out."""
    found = {name: version_on(rows, day) for name, rows in versions.items()}
    return {name: row for name, row in found.items() if row is not None}
