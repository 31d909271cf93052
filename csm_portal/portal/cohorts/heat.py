"""The triangle as a shaded table: cells in words, with the step of their shade."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn.cohorts import Cell, recent, triangle
from csm_portal.lib.periods import ONE_DAY, period_of
from csm_portal.portal import words
from csm_portal.portal.churn.notes import ChartNote, notes_between
from csm_portal.web import reader, remembered

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis
    from csm_portal.portal.cohorts.asked import Asked

# Shades from 0 to 100% and more.
STEPS = 10
ALL_COHORTS = None


@dataclass(frozen=True, slots=True)
class Shade:
    """One cell: its share in words, the step of its shade, the numbers behind it, and where they are listed."""

    text: str
    css: str
    says: str
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """One cohort, or all of them together (`first` None); None in place of a cell that is not finished."""

    name: str
    size: str
    shades: list[Shade | None]
    first: date | None
    notes: list[ChartNote]


@dataclass(frozen=True, slots=True)
class Heat:
    """The table with its one title; `is_empty`: no cohort began."""

    title: str
    size_head: str
    offset_head: str
    offsets: range
    rows: list[Row]
    whole: Row | None
    notes: list[ChartNote]
    version: int | None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.rows


def cells_of(user: User, asked: Asked, basis: Basis) -> list[Cell]:
    """The cells of the last cohorts asked for, remembered for a minute."""
    first = recent(asked.grain, asked.n, basis.as_of, basis.week_starts)
    return remembered(
        f"cohort-cells:{reader(user)}:{basis.as_of}:{basis.version}:{asked.query()}",
        lambda: triangle(user, asked.measure, asked.grain, first, basis.as_of + ONE_DAY, filters=asked.by_cut),
    )


def heat(user: User, asked: Asked, basis: Basis) -> Heat:
    """The table of the address. Three queries."""
    cells = cells_of(user, asked, basis)
    by_cohort: dict[date, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_cohort[cell.first].append(cell)
    n = max((cell.offset for cell in cells), default=-1) + 1
    starts = sorted(by_cohort)
    notes = notes_between(user, starts[0], basis.as_of + ONE_DAY) if starts else []
    periods = [period_of(asked.grain, first, week_starts=basis.week_starts) for first in starts]
    rows = [_row(asked, one.first, by_cohort[one.first], n, [note for note in notes if note.day in one]) for one in periods]
    return Heat(
        title=title(asked),
        size_head={"logo": _("Accounts"), "seat": _("Seats"), "revenue": _("MRR")}[asked.measure],
        offset_head=_("Months since") if asked.grain == "month" else _("Weeks since"),
        offsets=range(n),
        rows=rows,
        whole=_whole(asked, cells, n) if len(rows) > 1 else None,
        notes=notes,
        version=cells[0].version if cells else None,
    )


def title(asked: Asked) -> str:
    """What the table shows."""
    if asked.grain == "month":
        return {
            "logo": _("Share of accounts still paying, by month of onboarding"),
            "seat": _("Share of seats with a key action in the month, by month of activation"),
            "revenue": _("Monthly revenue kept, expansion included, by month of onboarding"),
        }[asked.measure]
    return {
        "logo": _("Share of accounts still paying, by week of onboarding"),
        "seat": _("Share of seats with a key action in the week, by week of activation"),
        "revenue": _("Monthly revenue kept, expansion included, by week of onboarding"),
    }[asked.measure]


def cohort_name(grain: str, first: date) -> str:
    """A cohort as people call it."""
    return words.month(first) if grain == "month" else words.week(first)


def _row(asked: Asked, first: date, cells: Sequence[Cell], n: int, notes: list[ChartNote]) -> Row:
    shades: list[Shade | None] = [None] * n
    for cell in cells:
        href = asked.query(("cohort", first.isoformat()), ("offset", str(cell.offset)), without=("attribute", "action", "n"))
        shades[cell.offset] = _shade(asked, cell.remaining, cell.size, cell.offset, href)
    return Row(cohort_name(asked.grain, first), told(asked, cells[0].size), shades, first, notes)


def _whole(asked: Asked, cells: Sequence[Cell], n: int) -> Row:
    """All cohorts together: of each offset those that have reached it."""
    size: dict[int, int | Decimal] = defaultdict(int)
    remaining: dict[int, int | Decimal] = defaultdict(int)
    for cell in cells:
        size[cell.offset] += cell.size
        remaining[cell.offset] += cell.remaining
    shades: list[Shade | None] = [_shade(asked, remaining[k], size[k], k, "") if k in size else None for k in range(n)]
    # Cohorts of which nothing was graded at first have no cell at offset 0, but a size all the same.
    whole = sum({cell.first: cell.size for cell in cells}.values())
    return Row(_("All cohorts"), told(asked, whole), shades, ALL_COHORTS, [])


def _shade(asked: Asked, remaining: int | Decimal, size: int | Decimal, offset: int, href: str) -> Shade:
    share = Decimal(remaining) / Decimal(size) if size else None
    step = "none" if share is None else str(min(STEPS, int(share * STEPS)))
    facts = {"remaining": told(asked, remaining), "size": told(asked, size), "later": later(asked.grain, offset)}
    return Shade(words.percent(share), f"heat-{step}", _("%(remaining)s of %(size)s, %(later)s") % facts, href)


def later(grain: str, offset: int) -> str:
    """How long after the beginning."""
    if offset == 0:
        return _("in the first month") if grain == "month" else _("in the first week")
    if grain == "month":
        return ngettext("%(n)d month later", "%(n)d months later", offset) % {"n": offset}
    return ngettext("%(n)d week later", "%(n)d weeks later", offset) % {"n": offset}


def told(asked: Asked, value: int | Decimal, places: int = 0) -> str:
    """A number of members, or an amount."""
    return words.money(Decimal(value), settings.REPORTING_CURRENCY, places) if asked.measure == "revenue" else words.number(value)
