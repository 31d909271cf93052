"""Everything that the address of the renewals page asks for: search, cuts, stage, category, what is missing, state, dates, order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from churn import cases
from churn.types import Stage
from csm_portal.portal.renewals import said
from csm_portal.portal.renewals.policy import LONGEST_SEARCH

# Cuts that can be filtered by here: not the scenario, which is of a month and not of a due.
BY = ("csm", "team", "product", "plan", "tier", "industry", "region", "size", "stage")
# Those that stand in line; the others are under “More”.
IN_LINE = ("csm", "team", "product", "plan")
# Fields of one value each, in the order their chips stand.
FIELDS = ("q", "account", "when", "needs", "category", "band", *BY, "state", "from", "to", "on")
KEPT = (*FIELDS, "sort", "view")
STATES = ("open", "renewed", "lost", "decided", "all")
# What is missing of a due; `owner`: nobody works on it.
OWNER = "owner"
NEEDS = (*cases.NEEDS, OWNER)
NO_FORECAST = "none"
SORTS = ("decision", "account", "due", "health", "chance")
DATES = ("from", "to")
LINKED = frozenset({"account", "on"})


@dataclass(frozen=True)
class Chip:
    """One active filter in words, and the query that lets it go. `problem`: what would be right, where it makes no sense."""

    text: str
    without: str
    problem: str = ""


class Asked:
    """What a query asks for; a value that makes no sense is named and left out."""

    def __init__(self, query: QueryDict) -> None:
        self.query = kept(query)
        self.problems: dict[str, str] = {}
        self.values = {name: value for name in FIELDS if (value := self.query.get(name, "")) and self._fits(name, value)}

    def _fits(self, name: str, value: str) -> bool:
        known = self.known().get(name)
        if known is not None and value not in known:
            self.problems[name] = _("Known: %(known)s.") % {"known": ", ".join(known)}
        elif name in (*DATES, "on") and _day(value) is None:
            self.problems[name] = _("A day is written 2026-12-31.")
        elif name == "q" and len(value) > LONGEST_SEARCH:
            self.problems[name] = _("Too long, or not a text.")
        return name not in self.problems

    @staticmethod
    def known() -> dict[str, tuple[str, ...]]:
        """The values of those fields that have a fixed set."""
        return {
            "when": tuple(stage.value for stage in Stage),
            "needs": NEEDS,
            "category": (*said.CATEGORIES, NO_FORECAST),
            "band": tuple(said.BANDS),
            "state": STATES,
        }

    @property
    def state(self) -> str:
        """Which dues: `open` unless another is asked for."""
        return self.values.get("state", STATES[0])

    @property
    def states(self) -> tuple[str, ...] | None:
        """Stored states; None: every one."""
        return {"decided": ("renewed", "lost"), "all": None}.get(self.state, (self.state,))

    @property
    def stage(self) -> Stage | None:
        """The stage asked for."""
        return Stage(self.values["when"]) if "when" in self.values else None

    @cached_property
    def between(self) -> tuple[date | None, date | None]:
        """Ends of the terms asked for, `[from, to)`; None: no border."""
        first, after = (_day(self.values.get(name, "")) for name in DATES)
        return first, after

    @property
    def on(self) -> date | None:
        """The day that owner, team and plan are meant of; None: today."""
        return _day(self.values.get("on", ""))

    @property
    def cuts(self) -> Mapping[str, Sequence[str]]:
        """Values by cut, as every figure takes them."""
        return {name: (self.values[name],) for name in BY if name in self.values}

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.values)

    @property
    def drilled(self) -> bool:
        """Whether it is the list behind one account, or behind a figure of another day: only links ask for that."""
        return bool(LINKED & set(self.query))

    def search(self) -> Q:
        """Part of the account's name, or of its id."""
        text = self.values.get("q", "").replace("\x00", "")
        return Q(account__name__icontains=text) | Q(account__external_id__icontains=text) if text else Q()

    @property
    def sort(self) -> str:
        """Order in force; empty: by stage, then decision date."""
        asked = self.query.get("sort", "")
        return asked if asked.removeprefix("-") in SORTS else ""

    def chips(self, labels: Mapping[tuple[str, str], str]) -> list[Chip]:
        """Active filters in words, the unreadable ones with what would be right."""
        made = []
        for name in FIELDS:
            value = self.query.get(name)
            if value:
                made.append(Chip(said.chip(name, value, labels.get((name, value), "")), self.without(name), self.problems.get(name, "")))
        if self.query.get("sort") and not self.sort:
            known = _("Known: %(known)s.") % {"known": ", ".join(SORTS)}
            made.append(Chip(f"sort={self.query['sort'][:60]}", self.without("sort"), known))
        return made

    def without(self, *names: str) -> str:
        """The query less these parts."""
        copy = self.query.copy()
        for name in names:
            copy.pop(name, None)
        return str(copy.urlencode())

    def having(self, **changed: str) -> str:
        """The query with other values; an empty one lets the part go."""
        copy = self.query.copy()
        for name, value in changed.items():
            copy[name] = value
        return str(kept(copy).urlencode())

    def narrowed_without(self, *names: str) -> Asked:
        """The same question less these parts."""
        return Asked(QueryDict(self.without(*names)))

    @property
    def text(self) -> str:
        """The whole query, as it is saved."""
        return str(self.query.urlencode())


def kept(query: QueryDict) -> QueryDict:
    """Those parts of a query that make up the state of the page, without empty ones."""
    copy = QueryDict(mutable=True)
    for name in KEPT:
        value: Any = query.get(name, "").replace("\x00", "").strip()
        if value:
            copy[name] = value
    return copy


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
