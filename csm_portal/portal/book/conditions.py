"""Filters as they stand in the address: groups are ANDed, the parts of a group ORed.

`f=health:below:50|change:below:-5` is one group of two parts `field:comparison:values`; several values are parted by commas, each
percent-encoded once more, so that any character may stand in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from urllib.parse import quote, unquote

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csm_portal.portal.book.beyond import due_between
from csm_portal.portal.book.fields import FIELDS, NOBODY, READABLE, Field, Kind, Words, one_of, since
from csm_portal.portal.words import iso_day, readable

# More than anybody sets by hand; an address made to be costly is refused.
MOST_GROUPS, MOST_PARTS, MOST_VALUES, MOST_DIGITS = 20, 20, 60, 18
Build = Callable[[Field, tuple[str, ...], date], Q]


@dataclass(frozen=True)
class Comparison:
    """One way to compare: its name in a list, how a chip says it, and what it takes: number, days, date, span, text, values or nothing."""

    key: str
    label: Words
    phrase: Words
    takes: str
    build: Build


@dataclass(frozen=True)
class Condition:
    """One part of a group. With a `problem` it is shown in the bar, and left out of the query."""

    field: Field | None
    comparison: Comparison | None
    values: tuple[str, ...]
    text: str
    problem: str = ""

    def q(self, day: date) -> Q:
        """The condition on a state row, relative dates counted from `day`."""
        if self.field is None or self.comparison is None or self.problem:
            raise ValueError(self.text)
        return self.comparison.build(self.field, self.values, day)


Group = tuple[Condition, ...]


def _number(lookup: str) -> Build:
    return lambda field, values, _day: Q(**{f"{field.path}__{lookup}": Decimal(values[0])})


def _date(lookup: str) -> Build:
    return lambda field, values, day: Q(**{f"{field.path}__{lookup}": read_date(values[0], day)})


def _within(field: Field, values: tuple[str, ...], day: date) -> Q:
    return Q(**{f"{field.path}__gte": day, f"{field.path}__lte": since(day, int(values[0]))})


def _older(field: Field, values: tuple[str, ...], day: date) -> Q:
    return Q(**{f"{field.path}__lt": since(day, -int(values[0]))}) | Q(**{f"{field.path}__isnull": True})


def _newer(field: Field, values: tuple[str, ...], day: date) -> Q:
    return Q(**{f"{field.path}__gte": since(day, -int(values[0]))})


def _null(empty: bool) -> Build:
    return lambda field, _values, _day: Q(**{f"{field.path}__isnull": empty})


def _blank(field: Field, _values: tuple[str, ...], _day: date) -> Q:
    return Q(**{field.path: [] if field.kind == Kind.TAGS else ""})


def _due(state: str) -> Build:
    def build(_field: Field, values: tuple[str, ...], day: date) -> Q:
        first, last = (read_date(value, day) or day for value in values)
        return due_between(first, last, state)

    return build


def _tagged(field: Field, values: tuple[str, ...], _day: date) -> Q:
    return Q(**{f"{field.path}__overlap": list(values)})


_UNKNOWN = Comparison("unknown", gettext_lazy("is unknown"), gettext_lazy("%(field)s is unknown"), "", _null(True))
_KNOWN = Comparison("known", gettext_lazy("is known"), gettext_lazy("%(field)s is known"), "", _null(False))
_BEFORE = Comparison("before", gettext_lazy("before"), gettext_lazy("%(field)s before %(value)s"), "date", _date("lt"))
_AFTER = Comparison("after", gettext_lazy("after"), gettext_lazy("%(field)s after %(value)s"), "date", _date("gt"))
_EMPTY = Comparison("empty", gettext_lazy("is empty"), gettext_lazy("%(field)s is empty"), "", _blank)
_FILLED = Comparison("filled", gettext_lazy("is set"), gettext_lazy("%(field)s is set"), "", lambda *given: ~_blank(*given))

COMPARISONS: dict[Kind, dict[str, Comparison]] = {
    kind: {one.key: one for one in known}
    for kind, known in {
        Kind.NUMBER: (
            Comparison("below", gettext_lazy("below"), gettext_lazy("%(field)s below %(value)s"), "number", _number("lt")),
            Comparison("min", gettext_lazy("at least"), gettext_lazy("%(field)s at least %(value)s"), "number", _number("gte")),
            Comparison("max", gettext_lazy("at most"), gettext_lazy("%(field)s at most %(value)s"), "number", _number("lte")),
            Comparison("above", gettext_lazy("above"), gettext_lazy("%(field)s above %(value)s"), "number", _number("gt")),
            _UNKNOWN,
            _KNOWN,
        ),
        Kind.AHEAD: (
            Comparison("within", gettext_lazy("within days"), gettext_lazy("%(field)s within %(value)s days"), "days", _within),
            Comparison(
                "overdue",
                gettext_lazy("is overdue"),
                gettext_lazy("%(field)s is overdue"),
                "",
                lambda field, _v, day: Q(**{f"{field.path}__lt": day}),
            ),
            _BEFORE,
            _AFTER,
            _UNKNOWN,
            _KNOWN,
        ),
        Kind.BACK: (
            Comparison(
                "older", gettext_lazy("more days ago, or never"), gettext_lazy("%(field)s over %(value)s days ago or never"), "days", _older
            ),
            Comparison("newer", gettext_lazy("in the last days"), gettext_lazy("%(field)s in the last %(value)s days"), "days", _newer),
            _BEFORE,
            _AFTER,
            Comparison("never", gettext_lazy("never"), gettext_lazy("%(field)s: never"), "", _null(True)),
        ),
        Kind.TEXT: (
            Comparison(
                "has",
                gettext_lazy("contains"),
                gettext_lazy("%(field)s contains “%(value)s”"),
                "text",
                lambda field, v, _d: Q(**{f"{field.path}__icontains": v[0]}),
            ),
            Comparison(
                "hasnot",
                gettext_lazy("does not contain"),
                gettext_lazy("%(field)s does not contain “%(value)s”"),
                "text",
                lambda field, v, _d: ~Q(**{f"{field.path}__icontains": v[0]}),
            ),
            _EMPTY,
            _FILLED,
        ),
        Kind.CHOICE: (
            Comparison("is", gettext_lazy("is"), gettext_lazy("%(field)s: %(value)s"), "values", lambda f, v, _d: one_of(f, v)),
            Comparison("not", gettext_lazy("is not"), gettext_lazy("%(field)s not %(value)s"), "values", lambda f, v, _d: ~one_of(f, v)),
        ),
        Kind.DUE: (
            Comparison("any", gettext_lazy("from, to"), gettext_lazy("%(field)s %(value)s"), "span", _due("")),
            Comparison("open", gettext_lazy("from, to; still open"), gettext_lazy("%(field)s %(value)s, still open"), "span", _due("open")),
            Comparison("renewed", gettext_lazy("from, to; renewed"), gettext_lazy("%(field)s %(value)s, renewed"), "span", _due("renewed")),
            Comparison("lost", gettext_lazy("from, to; lost"), gettext_lazy("%(field)s %(value)s, lost"), "span", _due("lost")),
        ),
        Kind.TAGS: (
            Comparison("has", gettext_lazy("contains"), gettext_lazy("%(field)s contains %(value)s"), "values", _tagged),
            Comparison(
                "hasnot",
                gettext_lazy("does not contain"),
                gettext_lazy("%(field)s does not contain %(value)s"),
                "values",
                lambda *given: ~_tagged(*given),
            ),
            _EMPTY,
            _FILLED,
        ),
    }.items()
}


def parse_group(text: str) -> Group:
    """The parts of one group; what cannot be read keeps its text and says what is wrong."""
    parts = text.split("|")
    read = tuple(parse_condition(part) for part in parts[:MOST_PARTS])
    return tuple(replace(part, problem=part.problem or _("too many parts")) for part in read) if len(parts) > MOST_PARTS else read


def parse_condition(text: str) -> Condition:
    """One `field:comparison:values`."""
    key, _first, rest = text.partition(":")
    named, _second, tail = rest.partition(":")
    values = tuple(unquote(value) for value in tail.split(",") if value)
    field = FIELDS.get(key)
    if field is None:
        return Condition(None, None, values, text, _("“%(key)s” is no field. Choose one from “Add filter”.") % {"key": key[:60]})
    known = COMPARISONS[field.kind]
    comparison = known.get(named)
    if comparison is None:
        told = {"name": named[:60], "known": ", ".join(known)}
        return Condition(field, None, values, text, _("“%(name)s” is no comparison here. Known: %(known)s.") % told)
    return Condition(field, comparison, values, text, problem_of(field, comparison, values))


def problem_of(field: Field, comparison: Comparison, values: tuple[str, ...]) -> str:
    """What is wrong with the values, and what would be right; empty where nothing is."""
    shown = {"value": ", ".join(values)[:60]}
    if any("\x00" in value for value in values):
        return _("the value holds a character that no text may hold")
    if not comparison.takes or comparison.takes == "span":
        return _problem_of_span(values) if comparison.takes else ""
    if not values:
        return _("a value is missing")
    if len(values) > (MOST_VALUES if comparison.takes == "values" else 1):
        return _("too many values")
    if comparison.takes == "values" and field.choices is not None and (odd := [value for value in values if value not in field.choices]):
        return _("“%(value)s” is none of: %(known)s.") % {"value": odd[0][:60], "known": ", ".join(field.choices)}
    if comparison.takes == "number" and not _in_bounds(field, values[0]):
        if field.high >= 10**12:
            return _("“%(value)s” is no number of 0 or more, such as 2500.") % shown
        return _("“%(value)s” is no number from %(low)d to %(high)d.") % {**shown, "low": field.low, "high": field.high}
    if comparison.takes == "days" and not (values[0].isascii() and values[0].isdigit() and int(values[0][:6]) <= 36_500):
        return _("“%(value)s” is no number of days, such as 90.") % shown
    if comparison.takes == "date" and read_date(values[0], date(2000, 1, 1)) is None:
        return _("“%(value)s” is no day: write 2026-12-31, or +30d and -30d counted from today.") % shown
    return ""


def _problem_of_span(values: tuple[str, ...]) -> str:
    days = [read_date(value, date(2000, 1, 1)) for value in values]
    if len(days) == 2 and days[0] and days[1] and days[0] <= days[1]:
        return ""
    return _("“%(value)s” is no period: write its first and last day, 2026-10-01,2026-12-31.") % {"value": ", ".join(values)[:60]}


def read_date(text: str, day: date) -> date | None:
    """A day as written, `2026-12-31`, or counted from `day`: `+30d`, `-30d`. None where it is neither."""
    if counted := re.fullmatch(r"([-+ ]?)([0-9]{1,5})d", text, re.ASCII):  # a plus typed into an address arrives as a space
        return since(day, -int(counted[2]) if counted[1] == "-" else int(counted[2]))
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def in_address(field: str, comparison: str, values: Sequence[str]) -> str:
    """The part as it stands in the address."""
    return f"{field}:{comparison}:{','.join(quote(value, safe='') for value in values)}"


def group_q(group: Group, day: date) -> Q | None:
    """Any of the group's readable parts; None where none can be read."""
    found: Q | None = None
    for condition in group:
        if not condition.problem:
            found = condition.q(day) if found is None else found | condition.q(day)
    return found


def _in_bounds(field: Field, text: str) -> bool:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and len(text) <= MOST_DIGITS and field.low <= value <= field.high


def in_words(condition: Condition, labels: dict[tuple[str, str], str]) -> str:
    """What the chip says; `labels` names values that only the book knows, an owner's name for an address."""
    if condition.field is None:
        return condition.text[:80]
    if condition.comparison is None or condition.problem:
        return f"{condition.field.label}: {condition.text.partition(':')[2][:80]}"
    field = condition.field
    named = [_value_in_words(field, value, labels) for value in condition.values]
    if condition.comparison.takes == "span":
        value = " – ".join(iso_day(one) for one in condition.values)
    else:
        value = (" " + _("or") + " ").join(named) + (field.unit if condition.comparison.takes == "number" else "")
    return str(condition.comparison.phrase) % {"field": field.label, "value": value}


def _value_in_words(field: Field, value: str, labels: dict[tuple[str, str], str]) -> str:
    if field.choices is not None:
        return str(field.choices.get(value, value))
    if value == NOBODY and field.kind == Kind.CHOICE:
        return _("nobody") if field.key == "owner" else _("none")
    if field.key in READABLE:
        return readable(value)
    return labels.get((field.key, value), value.rstrip("/") if field.key == "team" else value)
