"""Absences in words: those that run or come, those that ended, and the form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from accounts import absences
from csm_portal.portal import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import QueryDict

    from accounts.models import Absence, User

USUAL_DAYS = 7


@dataclass(frozen=True)
class Line:
    """One absence. `left` says how far off its end is, `may_end` is for the viewer."""

    pk: int
    who: str
    cover: str
    starts_on: date
    ends_on: date
    left: str
    running: bool
    note: str
    by: str
    may_end: bool


@dataclass(frozen=True)
class Form:
    """The form; people are e-mail, name, whether chosen."""

    people: list[tuple[str, str, bool]]
    covers: list[tuple[str, str, bool]]
    starts_on: str
    ends_on: str
    note: str
    first: str
    problems: Mapping[str, str]
    most: int = absences.MAX_NOTE


def lines(user: User, today: date) -> tuple[list[Line], list[Line]]:
    """Absences that run or come, and those that ended lately. Two queries."""
    coming = [line(row, user, today) for row in absences.current(user, today)]
    return coming, [line(row, user, today) for row in absences.ended(user, today)]


def line(row: Absence, user: User, today: date) -> Line:
    """An absence in words."""
    running = row.starts_on <= today < row.ends_on
    return Line(
        pk=row.pk,
        who=row.user.get_full_name(),
        cover=row.cover.get_full_name(),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        left=words.until(row.ends_on if running else row.starts_on, today) if row.ends_on > today else words.ago(row.ends_on, today),
        running=running,
        note=row.note,
        by=row.entered_by.get_full_name(),
        may_end=row.ends_on > today and absences.may_change(user, row),
    )


def form(user: User, data: QueryDict, today: date, problems: Mapping[str, str]) -> Form:
    """The form with what was sent, else for oneself from today on. Two queries."""
    person, cover = data.get("person", user.email), data.get("cover", "")
    covers = [(one.email, one.get_full_name()) for one in absences.covers_of(user).only("email", "name")]
    return Form(
        people=[(one.email, one.get_full_name(), one.email == person) for one in absences.people_of(user).only("email", "name")],
        covers=[(email, name, email == cover) for email, name in covers],
        starts_on=data.get("starts_on", today.isoformat()).replace("\0", "")[:40],
        ends_on=data.get("ends_on", (today + timedelta(days=USUAL_DAYS)).isoformat()).replace("\0", "")[:40],
        note=data.get("note", "").replace("\0", "")[: absences.MAX_NOTE * 2],
        first=today.isoformat(),
        problems=problems,
    )
