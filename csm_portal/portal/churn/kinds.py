"""Losses of twelve months by type, industry and plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from churn import losses
from csm_portal.lib.periods import ONE_DAY
from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.portal.churn.filters import value_name
from csm_portal.portal.churn.links import NAMELESS, list_address
from csm_portal.portal.churn.lists import LOSS, LOSS_LINES, loss_names

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis
    from churn.losses import Loss
    from csm_portal.portal.churn.asked import Asked

KINDS = LOSS_LINES[1:]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Number:
    """One number with the list behind it; empty where there is none."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Line:
    """One industry and plan; `industry` is empty where it is that of the line above."""

    industry: str
    plan: str
    cells: list[Number]
    total: Number
    amount: str
    first: bool


@dataclass(frozen=True, slots=True)
class Kinds:
    """The table, and the days it covers."""

    heads: list[str]
    lines: list[Line]
    total: Line
    first: date
    last: date
    n: int


def read_losses(user: User, asked: Asked, basis: Basis) -> list[Loss]:
    """The losses of the twelve months that end with the period. One query."""
    return losses.listed(user, basis, first=asked.year_first, after=asked.period.after, filters=asked.by_cut).rows


def kinds(user: User, asked: Asked, basis: Basis) -> Kinds:
    """Type x industry x plan, the industry with the most losses first."""
    rows = read_losses(user, asked, basis)
    by_place: dict[tuple[str | None, str | None], list[Loss]] = defaultdict(list)
    by_industry: dict[str | None, int] = defaultdict(int)
    for row in rows:
        by_place[row.industry or None, row.plan or None].append(row)
        by_industry[row.industry or None] += 1
    order = sorted(by_place, key=lambda place: (-by_industry[place[0]], place[0] or "~", -len(by_place[place]), place[1] or "~"))
    lines, before = [], object()
    for place in order:
        lines.append(_line(place, by_place[place], asked, first=place[0] != before))
        before = place[0]
    total = _line(None, rows, asked, first=True)
    names = loss_names()
    last = min(asked.period.last, basis.as_of)
    return Kinds([names[kind] for kind in KINDS], lines, total, asked.year_first, last, len(rows))


def _line(place: tuple[str | None, str | None] | None, rows: list[Loss], asked: Asked, *, first: bool) -> Line:
    pairs = () if place is None else (("of_industry", place[0] or NAMELESS), ("of_plan", place[1] or NAMELESS))
    cells = [_cell(sum(1 for row in rows if (row.type or "none") == kind), kind, asked, pairs) for kind in KINDS]
    amount = words.money(sum((row.amount or ZERO for row in rows), ZERO), asked.reporting)
    industry, plan = ("", "") if place is None else (value_name("industry", place[0]), value_name("plan", place[1]))
    return Line(industry, plan, cells, _cell(len(rows), "all", asked, pairs), amount, first)


def _cell(n: int, kind: str, asked: Asked, pairs: tuple[tuple[str, str], ...]) -> Number:
    return Number(words.number(n) if n else "", list_address(asked, LOSS, kind, *pairs) if n else "")


def file_lines(rows: list[Loss]) -> Iterator[list[Cell]]:
    """The losses one by one, so that any table can be made of them."""
    names = loss_names()
    yield [_("Account"), _("Name"), _("Owner"), _("Lost on"), _("Type"), _("Cause"), _("Industry"), _("Plan"), _("MRR lost")]
    for row in rows:
        kind = names[row.type or "none"]
        yield [row.external_id, row.name, row.owner or "", row.lost_on, kind, row.cause or "", row.industry, row.plan or "", row.amount]


def days_said(found: Kinds) -> str:
    """The days of the table in words."""
    return f"{words.day(found.first)} – {words.day(found.last if found.last >= found.first else found.first - ONE_DAY)}"
