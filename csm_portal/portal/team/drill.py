"""The address of the accounts behind a number: `/accounts/` narrowed to the line and to what the number counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from urllib.parse import quote, urlencode

from django.urls import reverse

from csm_portal.lib.periods import Period
from csm_portal.portal.team.tree import Kind, Line

NOBODY = "-"
PAYING = {"paying": "yes"}


class Drill:
    """Links of one table: knows which teams lie below which, so that accounts of exactly one team can be asked for."""

    def __init__(self, top: Line) -> None:
        lines = list(top.lines())
        self.teams = sorted(line.path for line in lines if line.path and line.kind in (Kind.TEAM, Kind.TOTAL))
        self.unowned = sorted({line.path for line in lines if line.kind == Kind.NOBODY and line.path})
        self.list = reverse("portal:accounts")

    def __call__(self, line: Line, *conditions: str, **filters: str) -> str:
        """The list of the line's accounts that meet every condition and filter."""
        quick, own = self._base(line)
        pairs = [*quick.items(), *filters.items(), *(("f", condition) for condition in (*own, *conditions))]
        return f"{self.list}?{urlencode(pairs)}" if pairs else self.list

    def _base(self, line: Line) -> tuple[Mapping[str, str], list[str]]:
        if line.kind == Kind.PERSON:
            return {"owner": line.email}, []
        if line.kind == Kind.NOBODY:
            if not line.path:
                return {"owner": NOBODY}, [is_("team", NOBODY)]
            below = [path for path in self.unowned if path != line.path and path.startswith(line.path)]
            return {"owner": NOBODY, "team": line.path}, [not_("team", *below)] if below else []
        if line.kind == Kind.OTHERS:
            return {}, [is_("owner", *(child.email for child in line.children if child.kind == Kind.PERSON))]
        return ({"team": line.path} if line.path else {}), []


def is_(field: str, *values: str) -> str:
    """A condition: the field is one of the values."""
    return _part(field, "is", values)


def not_(field: str, *values: str) -> str:
    """A condition: the field is none of the values."""
    return _part(field, "not", values)


def due(state: str, period: Period) -> str:
    """A condition: something falls due in the period and stands so (`any`, `open`, `renewed` or `lost`)."""
    days: tuple[date, date] = (period.first, period.last)
    return _part("due", state, [day.isoformat() for day in days])


def _part(field: str, comparison: str, values: Iterable[str]) -> str:
    """One `field:comparison:value,value`, as the book's address has it: values are encoded once more."""
    return f"{field}:{comparison}:{','.join(quote(value, safe='') for value in values)}"
