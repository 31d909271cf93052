"""The set cut into groups: where the most could be kept, who stays longest, and whether a group differs beyond noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from churn.attrition import Attrition, Three
from csm_portal.lib.estimates import difference_p
from csm_portal.lib.money import to_cents
from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.portal.churn.asked import ALL_CUTS
from csm_portal.portal.churn.cards import interval
from csm_portal.portal.churn.filters import cut_names, people_named, value_name
from csm_portal.portal.churn.links import group_pairs, list_address
from csm_portal.portal.churn.money import Told, told_in
from csm_portal.portal.churn.reads import group_rows, trend_rows, whole_row

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis
    from churn.revenue import Movement
    from csm_portal.portal.churn.asked import Asked

# Below so many customers at the start a group is shown, but never ranked.
FEWEST = 10
RANKED = 5
ZERO = Decimal(0)
# In these an account may stand in several groups, or in none.
OVERLAPPING = ("product", "scenario", "feature")
# One of twenty cuts without any difference may be called one; a cut is one question, however many groups it has.
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Group:
    """One group with its three attritions. `recoverable`: MRR lost above what the others lost of theirs; None: too few, or no others."""

    value: str | None
    name: str
    three: Three
    recoverable: Decimal | None
    ranked: bool
    differs: bool

    @property
    def kept_at_least(self) -> float:
        """The lower end of the interval of the customers kept: what the best are ranked by."""
        return 1 - float(self.three.logo.high if self.three.logo.high is not None else 1)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One line of the table. Each text with the list behind it; `set_href` narrows the page to the group."""

    name: str
    set_href: str
    cells: list[tuple[str, str, str]]
    ranked: bool
    differs: bool


@dataclass(frozen=True, slots=True)
class Best:
    """One line of the two short lists."""

    name: str
    href: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Groups:
    """One cut of the period as the page shows it."""

    by: str
    by_name: str
    cuts: list[tuple[str, str, str, bool]]
    rows: list[GroupRow]
    whole: GroupRow | None
    worst: list[Best]
    best: list[Best]
    unranked: int
    gap: str
    adds_up: bool | None
    fewest: int
    told: Told


def read_groups(user: User, asked: Asked, basis: Basis, currency: str) -> tuple[list[Group], Three | None]:
    """The groups of the cut, the one with the most to recover first, and the whole set. Five queries."""
    cut = group_rows(user, asked, basis, currency)
    whole = whole_row(trend_rows(user, asked, basis, currency), asked)
    if whole is None:
        return [], None
    rows = [row for row in cut if row.movement.start or row.logo.start or (row.seat and row.seat.start) or row.movement.end]
    people = people_named(user, [row.logo.group for row in rows]) if asked.by == "csm" else {}
    groups = [_group(row, rows, whole, asked.by, people) for row in rows]
    groups.sort(key=lambda one: (not one.ranked, -(one.recoverable or ZERO), -one.three.movement.start, one.name))
    return groups, whole


def _group(row: Three, rows: Sequence[Three], whole: Three, by: str, people: Mapping[str, str]) -> Group:
    name = row.logo.group
    # By product an account stands in several, so the others are the other products; else they are who is not in the group.
    of = _sum(rows) if by == "product" else whole.movement
    enough = int(row.logo.start) >= FEWEST
    others = int(whole.logo.start) - int(row.logo.start), int(whole.logo.lost) - int(row.logo.lost)
    p = None
    if by != "product" and 0 <= others[1] <= others[0]:
        p = difference_p(int(row.logo.lost), int(row.logo.start), others[1], others[0])
    differs = enough and p is not None and p < LEVEL / max(1, sum(1 for one in rows if int(one.logo.start) >= FEWEST))
    return Group(name, value_name(by, name, people), row, recoverable(row.movement, of) if enough else None, enough, differs)


def recoverable(group: Movement | _Sum, whole: Movement | _Sum) -> Decimal | None:
    """MRR that would not have been lost had the group lost the same share as all others, at least 0; None where there are no others."""
    lost, all_lost = group.churn + group.contraction, whole.churn + whole.contraction
    start, lost_elsewhere = whole.start - group.start, all_lost - lost
    if start <= 0 or lost_elsewhere < 0:
        return None
    return to_cents(max(ZERO, lost - group.start * lost_elsewhere / start))


@dataclass(frozen=True, slots=True)
class _Sum:
    """What the groups add up to."""

    start: Decimal
    churn: Decimal
    contraction: Decimal
    end: Decimal


def _sum(rows: Sequence[Three]) -> _Sum:
    moved = [row.movement for row in rows]
    return _Sum(*(sum((getattr(one, name) for one in moved), ZERO) for name in ("start", "churn", "contraction", "end")))


def groups(user: User, asked: Asked, basis: Basis) -> Groups:
    """The part of the page about one cut, in six queries."""
    told = told_in(user, asked.currency, basis.as_of)
    found, whole = read_groups(user, asked, basis, told.currency)
    ranked = [one for one in found if one.ranked]
    worst = [one for one in ranked if one.recoverable][:RANKED]
    best = sorted(ranked, key=lambda one: (-one.kept_at_least, one.name))[:RANKED]
    gap = _sum([one.three for one in found]).end - whole.movement.end if whole else ZERO
    names = cut_names()
    return Groups(
        by=asked.by,
        by_name=names[asked.by],
        cuts=[(cut, names[cut], asked.query(("by", cut)), cut == asked.by) for cut in ALL_CUTS],
        rows=[_row(one, asked, told) for one in found],
        whole=_whole(whole, asked, told) if whole else None,
        worst=[_best(one, asked, told(one.recoverable), _lost_note(one, told)) for one in worst],
        best=[_best(one, asked, words.percent(_kept(one.three.logo), 1), _kept_note(one)) for one in best] if len(ranked) > 1 else [],
        unranked=len(found) - len(ranked),
        gap=told(gap, 2),
        adds_up=None if asked.by in OVERLAPPING else gap == 0,
        fewest=FEWEST,
        told=told,
    )


def _kept(row: Attrition) -> Decimal | None:
    return None if row.rate is None else 1 - row.rate


def _kept_note(one: Group) -> str:
    logo = one.three.logo
    if logo.low is None or logo.high is None:
        return ""
    facts = {"interval": interval(1 - float(logo.high), 1 - float(logo.low)), "n": words.number(int(logo.start))}
    return _("%(interval)s of %(n)s") % facts


def _lost_note(one: Group, told: Told) -> str:
    moved = one.three.movement
    return _("%(lost)s lost of %(start)s") % {"lost": told(moved.churn + moved.contraction), "start": told(moved.start)}


def _best(one: Group, asked: Asked, value: str, note: str) -> Best:
    return Best(one.name, _set_href(asked, one.value), value, note)


def _set_href(asked: Asked, value: str | None) -> str:
    """The page narrowed to the group; empty where an address cannot name it."""
    nameless = asked.by in ("csm", "team")
    if value is None and not nameless:
        return ""
    return asked.query((asked.by, value or "-"), without=("by",))


def _row(one: Group, asked: Asked, told: Told) -> GroupRow:
    pairs = group_pairs(asked.by, one.value)
    return GroupRow(one.name, _set_href(asked, one.value), _cells(one.three, one.recoverable, asked, told, pairs), one.ranked, one.differs)


def _whole(three: Three, asked: Asked, told: Told) -> GroupRow:
    return GroupRow(_("Whole set"), "", _cells(three, None, asked, told, ()), ranked=True, differs=False)


def _cells(three: Three, back: Decimal | None, asked: Asked, told: Told, pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str, str]]:
    """(text, note below it, list behind it) of every column."""

    def link(measure: str, line: str) -> str:
        return list_address(asked, measure, line, *pairs)

    moved, seat = three.movement, three.seat
    return [
        (words.number(int(three.logo.start)), "", link("logo", "start")),
        (words.percent(three.logo.rate, 1), _between(three.logo), link("logo", "lost")),
        (words.percent(seat.rate, 1) if seat else words.UNKNOWN, _between(seat) if seat else "", link("seat", "lost")),
        (words.percent(three.revenue.rate, 1), _between(three.revenue), link("revenue", "lost")),
        (told(moved.start), "", link("revenue", "start")),
        (told(moved.churn + moved.contraction), "", link("revenue", "lost")),
        (words.percent(moved.grr, 1), "", ""),
        (words.percent(moved.nrr, 1), "", ""),
        (told(back), "", ""),
    ]


def _between(row: Attrition) -> str:
    return interval(float(row.low), float(row.high)) if row.low is not None and row.high is not None else ""


def file_lines(found: Sequence[Group], whole: Three | None, asked: Asked, currency: str) -> Iterator[list[Cell]]:
    """The cut as a file: shares of 0 … 1 with six places, amounts to the cent, unknown empty."""
    money, revenue = f" ({currency})", _("revenue")
    yield [
        cut_names()[asked.by],
        *(f"{name} {part}" for name in (_("logo"), _("seat")) for part in (_("start"), _("lost"), _("rate"), _("low"), _("high"))),
        *(f"{name}{money}" for name in (_("MRR at the start"), _("Lost"), _("Recoverable"))),
        _("GRR"),
        _("NRR"),
        *(f"{revenue} {part}" for part in (_("rate"), _("low"), _("high"))),
    ]
    if whole:
        yield _file_row(_("Whole set"), whole, None)
    for one in found:
        yield _file_row(one.value or one.name, one.three, one.recoverable)


def _file_row(name: str, three: Three, back: Decimal | None) -> list[Cell]:
    moved = three.movement
    shares = [round(value, 6) if value is not None else None for value in (moved.grr, moved.nrr)]
    lost = counts(three.revenue)[2:]
    return [name, *counts(three.logo), *counts(three.seat), moved.start, moved.churn + moved.contraction, back, *shares, *lost]


def counts(row: Attrition | None) -> list[Cell]:
    """Start, lost, rate and interval of one measure for a file."""
    if row is None:
        return [None] * 5
    return [row.start, row.lost, *(None if value is None else round(value, 6) for value in (row.rate, row.low, row.high))]
