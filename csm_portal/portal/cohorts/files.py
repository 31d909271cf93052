"""Every table of the page as a file; the last line says what it covers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from csm_portal.lib.sheets import Cell
from csm_portal.portal.cohorts import actions, curves, heat, members
from csm_portal.portal.cohorts.asked import Asked, CellAsked

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis

TRIANGLE, BEHAVIOURS, SURVIVAL, MEMBERS = "triangle", "behaviours", "survival", "members"
PARTS = (TRIANGLE, BEHAVIOURS, SURVIVAL, MEMBERS)
PLACES = 6


def name(asked: Asked, part: str, basis: Basis) -> str:
    """The file's name without its ending."""
    what = {TRIANGLE: f"{asked.measure}-{asked.grain}", SURVIVAL: asked.attribute, MEMBERS: asked.measure, BEHAVIOURS: "actions"}[part]
    return f"cohorts-{part}-{what}-{basis.as_of.isoformat()}"


def table(user: User, asked: Asked, basis: Basis, part: str, cell: CellAsked | None) -> Iterator[list[Cell]]:
    """The lines of one table. `cell` is needed for its members."""
    if part == TRIANGLE:
        yield from _triangle(user, asked, basis)
    elif part == BEHAVIOURS:
        yield from _behaviours(user, basis)
    elif part == SURVIVAL:
        yield from _survival(user, asked, basis)
    elif cell is not None:
        yield from _members(user, asked, cell)
    facts = {"day": basis.as_of.isoformat(), "version": basis.version or "-", "activity": basis.activity_version or "-"}
    told = _("as of %(day)s, definition version %(version)s, activity definition version %(activity)s") % facts
    chosen = "; ".join(f"{cut}: {', '.join(values)}" for cut, values in asked.filters)
    yield [f"{told}; {chosen}" if chosen and part != BEHAVIOURS else told]


def _triangle(user: User, asked: Asked, basis: Basis) -> Iterator[list[Cell]]:
    currency = [settings.REPORTING_CURRENCY] if asked.measure == "revenue" else []
    yield ["cohort", "offset", "size", "remaining", "share", *(["currency"] if currency else [])]
    for cell in heat.cells_of(user, asked, basis):
        yield [cell.cohort, cell.offset, cell.size, cell.remaining, _short(cell.share), *currency]


def _behaviours(user: User, basis: Basis) -> Iterator[list[Cell]]:
    yield ["action", "verdict", "z", "p", "q", "group", "least_uses", "most_uses", "seats", "lost", "rate", "low", "high"]
    for one in actions.read(user, basis).actions:
        for group in one.groups:
            lost = group.lost
            tests = [_short(value) for value in (one.z, one.p, one.q)]
            rates = [_short(value) for value in (lost.value, lost.low, lost.high)]
            yield [one.action, one.verdict.value, *tests, group.use.value, group.least, group.most, lost.n, lost.hits, *rates]


def _survival(user: User, asked: Asked, basis: Basis) -> Iterator[list[Cell]]:
    yield [asked.attribute, "accounts", "lost", "day", "at_risk", "kept", "low", "high"]
    for one in curves.read(user, asked, basis):
        group = curves.group_name(asked, one.group)
        if not one.points:
            yield [group, one.accounts, one.lost, None, None, None, None, None]
        for point in one.points:
            yield [group, one.accounts, one.lost, point.day, point.at_risk, _short(point.kept), _short(point.low), _short(point.high)]


def _members(user: User, asked: Asked, cell: CellAsked) -> Iterator[list[Cell]]:
    found = members.cell_of(user, asked, cell)
    more = {"seat": [_("Seat")], "revenue": [_("MRR at the start"), _("MRR at the end"), _("Currency")]}.get(asked.measure, [])
    yield [_("Account"), _("Name"), _("Owner"), *more]
    for one in members.members(user, found, remaining=cell.remaining) if found else []:
        cells: dict[str, list[Cell]] = {"seat": [one.seat], "revenue": [one.paid, one.pays, settings.REPORTING_CURRENCY]}
        yield [one.account, one.name, one.owner, *cells.get(asked.measure, [])]


def _short(value: Decimal | float | None) -> float | None:
    return None if value is None else round(float(value), PLACES)
