"""The address of the accounts behind a number: `/accounts/` narrowed to the line and to what the number counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from csm_portal.lib.periods import Period
from csm_portal.portal.book.conditions import MOST_VALUES, in_address
from csm_portal.portal.team.tree import Kind, Line

NOBODY = "-"
PAYING = {"paying": "yes"}


class Drill:
    """Links of one table: knows which teams lie below which, so that accounts of exactly one team can be asked for."""

    def __init__(self, top: Line) -> None:
        lines = list(top.lines())
        # A team brings those below it, so the highest ones name them all.
        roots = [line for line in (top, *top.children) if line.path and line.kind in (Kind.TEAM, Kind.TOTAL)]
        self.teams = [top.path] if top.path else sorted(line.path for line in roots)
        self.unowned = sorted({line.path for line in lines if line.kind == Kind.NOBODY and line.path})
        self.list = reverse("portal:accounts")

    def __call__(self, line: Line, *conditions: str, **filters: str) -> str:
        """The list of the line's accounts that meet every condition and filter; empty where it would name too many people."""
        if line.kind == Kind.OTHERS and len(line.children) >= MOST_VALUES:
            return ""
        quick, own = self._base(line)
        pairs = [*quick.items(), *filters.items(), *(("f", condition) for condition in (*own, *conditions))]
        return f"{self.list}?{urlencode(pairs)}" if pairs else self.list

    def _base(self, line: Line) -> tuple[Mapping[str, str], list[str]]:
        if line.kind == Kind.PERSON:
            return {"owner": line.email}, []
        if line.kind == Kind.NOBODY:
            if not line.path:
                return {"owner": NOBODY}, [self._outside(line)]
            below = [path for path in self.unowned if path != line.path and path.startswith(line.path)]
            return {"owner": NOBODY, "team": line.path}, [not_("team", *below)] if below else []
        if line.kind == Kind.OTHERS:
            return {}, self._others(line)
        return ({"team": line.path} if line.path else {}), []

    def _outside(self, line: Line) -> str:
        """Accounts of no team, or of a team that the viewer does not see."""
        return is_("team", NOBODY) if line.id is None else not_("team", *self.teams, NOBODY)

    def _others(self, line: Line) -> list[str]:
        emails = [child.email for child in line.children if child.kind == Kind.PERSON]
        unowned = [self._outside(child) for child in line.children if child.kind == Kind.NOBODY]
        if not unowned:
            return [is_("owner", *emails)]
        return [is_("owner", *emails, NOBODY), "|".join([*([is_("owner", *emails)] if emails else []), *unowned[:1]])]


def is_(field: str, *values: str) -> str:
    """A condition: the field is one of the values."""
    return in_address(field, "is", values)


def not_(field: str, *values: str) -> str:
    """A condition: the field is none of the values."""
    return in_address(field, "not", values)


def due(state: str, period: Period) -> str:
    """A condition: something falls due in the period and stands so (`any`, `open`, `renewed` or `lost`)."""
    days: tuple[date, date] = (period.first, period.last)
    return in_address("due", state, [day.isoformat() for day in days])
