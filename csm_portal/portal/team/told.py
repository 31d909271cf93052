"""What moved, in words: accounts by name, and the people whose rates changed most."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.team import moves
from csm_portal.portal.team.tree import Kind, Line

if TYPE_CHECKING:
    from csm_portal.portal.team.page import Table

PEOPLE_SHOWN = 3
POINT = 0.0005


@dataclass(frozen=True, slots=True)
class Item:
    """One name with what happened to it."""

    name: str
    href: str
    who: str
    what: str
    way: str


@dataclass(frozen=True, slots=True)
class Group:
    """All items of one kind that are shown, and how many there are in all."""

    key: str
    heading: str
    icon: str
    n: int
    items: list[Item]


def moved(shown: Table) -> list[Group]:
    """People first, then accounts; a kind without anything is left out."""
    people = _people(shown)
    groups = [Group("people", _("Weekly active rate by person"), "users", len(people), people)] if people else []
    return [*groups, *(_group(one) for one in shown.books.moved)]


def _people(shown: Table) -> list[Item]:
    weeks = shown.books.weeks
    if weeks is None:
        return []
    changed: list[tuple[float, Line, float]] = []
    for line in shown.top.lines():
        before, now = line.figures.rate_of("week", weeks[1]), line.figures.week_rate
        if line.kind == Kind.PERSON and before is not None and now is not None and abs(now - before) >= POINT:
            changed.append((now - before, line, now))
    changed.sort(key=lambda one: one[0])
    down = [one for one in changed if one[0] < 0][:PEOPLE_SHOWN]
    up = [one for one in reversed(changed) if one[0] > 0][:PEOPLE_SHOWN]
    return [
        Item(
            line.name,
            shown.setting.drill(line, paying="yes"),
            "",
            _("%(change)s pts to %(rate)s") % {"change": words.signed(Decimal(str(by * 100)), 1), "rate": words.percent(now, 1)},
            "up" if by > 0 else "down",
        )
        for by, line, now in (*down, *up)
    ]


def _group(found: moves.Moves) -> Group:
    heading, icon = {
        moves.NEWLY_RED: (_("Newly red"), "alert-triangle"),
        moves.HEALTH_DOWN: (_("Health fell most"), "arrow-down-right"),
        moves.QUIETER: (_("Activity fell most"), "arrow-down-right"),
        moves.NEWLY_ACTIVE: (_("Newly weekly active"), "circle-check"),
        moves.HEALTH_UP: (_("Health rose most"), "arrow-up-right"),
        moves.BUSIER: (_("Activity rose most"), "arrow-up-right"),
    }[found.kind]
    return Group(found.kind, heading, icon, found.n, [_item(found.kind, one) for one in found.first])


def _item(kind: str, one: moves.Move) -> Item:
    what, way = _what(kind, one)
    return Item(one.name, account_address(one.external_id), one.owner or _("no owner"), what, way)


def _what(kind: str, one: moves.Move) -> tuple[str, str]:
    if kind == moves.NEWLY_ACTIVE:
        return _("active again this week"), "up"
    if kind == moves.NEWLY_RED:
        return _("was %(band)s, now %(score)s") % {"band": words.band(one.band_before or ""), "score": words.score(one.score)}, "down"
    if kind in (moves.QUIETER, moves.BUSIER):
        text = _("%(change)s levels a day") % {"change": words.signed(Decimal(str(one.activity or 0)), 1)}
        return text, "up" if (one.activity or 0) > 0 else "down"
    text = _("%(change)s to %(score)s") % {"change": words.signed(Decimal(str(one.health or 0)), 1), "score": words.score(one.score)}
    if one.band_before and one.band_before != one.band:
        text += f" · {words.band(one.band_before)} → {words.band(one.band)}"
    return text, "up" if (one.health or 0) > 0 else "down"
