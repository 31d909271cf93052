"""Everything that the address of the book asks for: search, filters, columns, order; and addresses that ask for something else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from csm_portal.portal.book import columns
from csm_portal.portal.book.conditions import MOST_GROUPS, Condition, Group, group_q, in_address, in_words, parse_group
from csm_portal.portal.book.fields import EXPRESSIONS, FIELDS, Kind
from csm_portal.portal.book.quick import QUICK, BookForm

DENSITIES = ("comfortable", "compact")
# What makes up the state of a table: it is remembered, saved as a view, and carried from link to link.
KEPT = ("q", *QUICK, "f", "sort", "cols", "density", "view")


@dataclass(frozen=True)
class Chip:
    """One active filter in words. `without` is the query that lets it go; `joint` says that it is ORed to the chip before it."""

    text: str
    without: str
    problem: str = ""
    joint: bool = False
    group: int = -1


class Asked:
    """What a query asks of the book. `preferences` hold the reader's own columns and density, used where the address names none."""

    def __init__(self, query: QueryDict, preferences: Mapping[str, Any] | None = None) -> None:
        self.query = kept(query)
        self.form = BookForm(self.query)
        texts = [text for text in self.query.getlist("f") if text]
        self.groups: list[Group] = [parse_group(text) for text in texts[:MOST_GROUPS]]
        self.dropped = max(0, len(texts) - MOST_GROUPS)
        own = preferences if isinstance(preferences, Mapping) else {}
        named = self.query.get("cols") or ",".join(str(name) for name in _list(own.get("columns")))
        self.columns, self.odd_columns = columns.chosen(named) if named else columns.chosen(",".join(columns.DEFAULT))
        density = self.query.get("density") or own.get("density")
        self.density = density if density in DENSITIES else DENSITIES[0]

    @property
    def sort(self) -> str:
        """Order in force; empty: the book's own."""
        asked = self.query.get("sort", "")
        return asked if asked.removeprefix("-") in columns.SORTS else ""

    @cached_property
    def filtered(self) -> bool:
        """Whether anything narrows the book."""
        return bool(self.form.asked()) or any(not condition.problem for group in self.groups for condition in group)

    def conditions(self, day: date, *, quick: Iterable[str] = QUICK) -> Q:
        """All that must hold, with these of the quick filters."""
        asked = self.form.asked()
        found = self.form.search()
        for name in quick:
            if name in asked:
                found &= self.form.condition(name)
        for group in self.groups:
            if (narrowed := group_q(group, day)) is not None:
                found &= narrowed
        return found

    def narrow(self, states: QuerySet[Any], day: date, *, quick: Iterable[str] = QUICK) -> QuerySet[Any]:
        """The states that meet every filter."""
        return self.prepare(states).filter(self.conditions(day, quick=quick))

    def prepare(self, states: QuerySet[Any]) -> QuerySet[Any]:
        """With the figures that filters compare but no column of the table holds."""
        paths = [condition.field.path for group in self.groups for condition in group if condition.field is not None]
        return states.alias(**columns.computed(paths)) if any(path in EXPRESSIONS for path in paths) else states

    def in_order(self, states: QuerySet[Any]) -> QuerySet[Any]:
        """In the order asked for."""
        figures = columns.computed((self.sort.removeprefix("-"),))
        return (states.alias(**figures) if figures else states).order_by(*columns.order(self.sort))

    def chips(self, labels: dict[tuple[str, str], str]) -> list[Chip]:
        """Active filters in words, the unreadable ones with what would be right."""
        problems = self.form.problems()
        made = []
        for name in ("q", *QUICK):
            value = self.query.get(name)
            if not value:
                continue
            if name in problems:
                made.append(Chip(f"{self.form.fields[name].label}: {value[:60]}", self.without(name), problems[name]))
            elif name == "q":
                made.append(Chip(_("Search: “%(text)s”") % {"text": value}, self.without(name)))
            else:
                condition = parse_group(in_address(name, "is", [value]))[0]
                made.append(Chip(in_words(condition, labels), self.without(name)))
        for place, group in enumerate(self.groups):
            for part, condition in enumerate(group):
                made.append(Chip(in_words(condition, labels), self.without_part(place, part), condition.problem, part > 0, place))
        return [*made, *self._other_problems()]

    def _other_problems(self) -> list[Chip]:
        made = []
        sort = self.query.get("sort", "")
        if sort and not self.sort:
            known = _("no column of that name has an order. Known: %(known)s.") % {"known": ", ".join(columns.SORTS)}
            made.append(Chip(f"sort={sort[:60]}", self.without("sort"), known))
        if self.odd_columns and self.query.get("cols"):
            known = _("no such column. Known: %(known)s.") % {"known": ", ".join(columns.COLUMNS)}
            without = self.having(cols=",".join(column.key for column in self.columns))
            made.append(Chip(f"cols={','.join(self.odd_columns)[:60]}", without, known))
        density = self.query.get("density", "")
        if density and density not in DENSITIES:
            known = _("Known: %(known)s.") % {"known": ", ".join(DENSITIES)}
            made.append(Chip(f"density={density[:60]}", self.without("density"), known))
        if self.dropped:
            told = _("at most %(most)d groups of filters are read") % {"most": MOST_GROUPS}
            made.append(Chip(_("more filters"), self.with_groups(self.query.getlist("f")[:MOST_GROUPS]), told))
        return made

    def without(self, *names: str) -> str:
        """The query less these parts."""
        copy = self.query.copy()
        for name in names:
            copy.pop(name, None)
        return copy.urlencode()

    def having(self, **changed: str) -> str:
        """The query with other values."""
        copy = self.query.copy()
        for name, value in changed.items():
            copy[name] = value
        return kept(copy).urlencode()

    def with_groups(self, texts: Sequence[str]) -> str:
        """The query with these groups of filters."""
        copy = self.query.copy()
        copy.setlist("f", [text for text in texts if text])
        return kept(copy).urlencode()

    def without_part(self, place: int, part: int) -> str:
        """The query less one part of one group."""
        texts = [text for text in self.query.getlist("f") if text]
        parts = texts[place].split("|")
        texts[place] = "|".join(parts[:part] + parts[part + 1 :])
        return self.with_groups(texts)

    def with_part(self, part: str, place: int | None) -> str:
        """The query with one condition more: ORed into the group at `place`, or a group of its own."""
        texts = [text for text in self.query.getlist("f") if text]
        if place is not None and 0 <= place < len(texts):
            texts[place] = f"{texts[place]}|{part}"
        else:
            texts.append(part)
        return self.with_groups(texts)

    @property
    def state(self) -> str:
        """The whole query, as it is remembered and saved."""
        return self.query.urlencode()


def kept(query: QueryDict) -> QueryDict:
    """Those parts of a query that make up the state of a table, without empty ones."""
    copy = QueryDict(mutable=True)
    for name in KEPT:
        values = [value.replace("\x00", "") if name != "f" else value for value in query.getlist(name) if value]
        if values:
            copy.setlist(name, values if name == "f" else values[-1:])
    for state in query.getlist("state"):
        # A link may name the state alone; it stands among the filters from then on.
        part = in_address("state", "is", [state])
        if state and part not in copy.getlist("f"):
            copy.appendlist("f", part)
    return copy


def part_asked(query: QueryDict) -> tuple[str, Condition] | None:
    """The condition that the form for one more filter sends (`add`, `op`, `value`), as it stands in the address; None without one."""
    field = FIELDS.get(query.get("add", ""))
    if field is None or "op" not in query:
        return None
    values = [value for value in query.getlist("value") if value]
    if field.kind in (Kind.TAGS, Kind.DUE):
        values = [tag.strip() for value in values for tag in value.split(",") if tag.strip()]
    text = in_address(field.key, query.get("op", ""), values)
    return text, parse_group(text)[0]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
