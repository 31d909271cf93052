"""The accounts behind one number, with owner and amounts: as a page and as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.cuts import ALL
from churn import losses
from churn.revenue import ANY, AccountMovement
from churn.seat_attrition import AccountSeats, account_seats
from churn.spans import spans
from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.churn.asked import ALL_CUTS, Asked
from csm_portal.portal.churn.bridge import names as movement_names
from csm_portal.portal.churn.cards import names as attrition_names
from csm_portal.portal.churn.filters import people_named, value_name
from csm_portal.portal.churn.links import NAMELESS
from csm_portal.portal.churn.reads import moved_rows
from csm_portal.portal.churn.series import LOGO, REVENUE, SEAT

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis
    from churn.spans import Span

LOSS = "loss"
ZERO = Decimal(0)
Chosen = Callable[[AccountMovement], bool]
Worth = Callable[[AccountMovement], Decimal | None]


def _less(row: AccountMovement) -> Decimal:
    return min(row.start or ZERO, row.end or ZERO)


def _kinds(*kinds: str) -> Chosen:
    return lambda row: row.kind in kinds


def _change(row: AccountMovement) -> Decimal | None:
    return None if row.change is None else abs(row.change)


# Line -> which accounts stand behind it, and what each adds to it.
REVENUE_LINES: dict[str, tuple[Chosen, Worth]] = {
    "start": (lambda row: bool(row.start), lambda row: row.start),
    "end": (lambda row: bool(row.end), lambda row: row.end),
    "lost": (_kinds("churn", "contraction"), _change),
    "remaining": (lambda row: bool(_less(row)), _less),
    "joined": (_kinds("new", "reactivation"), _change),
    "without_rate": (_kinds("without_rate"), lambda _row: None),
    "fx": (lambda row: bool(row.fx), lambda row: row.fx),
    **{kind: (_kinds(kind), _change) for kind in ("new", "expansion", "reactivation", "contraction", "churn")},
}
LOGO_LINES: dict[str, Chosen] = {
    "start": lambda row: row.paid_before,
    "lost": lambda row: row.paid_before and not row.paid_after,
    "remaining": lambda row: row.paid_before and row.paid_after,
    "joined": lambda row: row.paid_after and not row.paid_before,
}
SEAT_LINES = ("start", "lost", "remaining", "joined")
LOSS_LINES = ("all", "voluntary", "satisfied", "involuntary", "unknown", "none")
LINES = {REVENUE: tuple(REVENUE_LINES), LOGO: tuple(LOGO_LINES), SEAT: SEAT_LINES, LOSS: LOSS_LINES}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which list: the measure, its line, and the group of a cut (`by` empty: the whole set)."""

    measure: str
    line: str
    by: str = ALL
    group: str | None = ANY
    industry: str | None = ANY
    plan: str | None = ANY


@dataclass(frozen=True, slots=True)
class Entry:
    """One account of a list; texts are for the page, `cells` for a file."""

    external_id: str
    name: str
    owner: str
    href: str
    texts: list[str]
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list with the heads of its numbers; `total` is the number that led here. Rows turn into words only where they are shown."""

    title: str
    heads: list[str]
    rows: Sequence[Any]
    entry: Callable[[Any], Entry]
    total: str
    total_said: str

    @property
    def n(self) -> int:
        """How many accounts (by product: account and product) stand on it."""
        return len(self.rows)

    @property
    def entries(self) -> list[Entry]:
        """All of it in words."""
        return [self.entry(row) for row in self.rows]

    @property
    def words(self) -> set[str]:
        """The heads of columns that hold words."""
        return {_("Product"), _("Movement"), _("Type"), _("Industry"), _("Plan")}


def wanted(query: QueryDict) -> Wanted | None:
    """The list that an address names; None: there is no such list."""
    measure, line = query.get("measure", REVENUE), query.get("line", "start")
    # No stored text holds a NUL: there is no such group.
    if line not in LINES.get(measure, ()) or any("\0" in query.get(name, "") for name in ("group", "of_industry", "of_plan")):
        return None
    by = query.get("by", ALL)
    by = by if by in ALL_CUTS and "group" in query else ALL
    return Wanted(
        measure,
        line,
        by,
        _group(query, "group") if by != ALL else ANY,
        _group(query, "of_industry"),
        _group(query, "of_plan"),
    )


def _group(query: QueryDict, name: str) -> str | None:
    value = query.get(name)
    return ANY if value is None else None if value == NAMELESS else value


def span_of(asked: Asked, basis: Basis) -> Span:
    """The period asked for, as far as it is known."""
    return spans(asked.grain, asked.period.first, asked.period.after, basis.as_of)[0]


def listing(user: User, asked: Asked, basis: Basis, which: Wanted, currency: str) -> Listing:
    """The accounts behind one number, in one query; in two where an owner is to be named."""
    if which.measure == LOSS:
        return _losses(user, asked, basis, which)
    said = title(which, people_named(user, [which.group]) if which.by == "csm" and which.group is not ANY else {})
    if which.measure == SEAT:
        return _seats(user, asked, basis, which, said)
    rows = moved_rows(user, asked, basis, which, currency)
    if which.measure == LOGO:
        chosen = [row for row in rows if LOGO_LINES[which.line](row)]
        return _movements(chosen, said, currency, words.number(len(chosen)))
    keep, worth = REVENUE_LINES[which.line]
    chosen = [row for row in rows if keep(row)]
    total = sum((worth(row) or ZERO for row in chosen), ZERO)
    number = words.number(len(chosen)) if which.line == "without_rate" else words.money(total, currency, 2)
    # What neither side shows has a column of its own.
    more = {"remaining": pgettext("movement", "Remaining"), "fx": _("Exchange rates until then")}.get(which.line, "")
    return _movements(chosen, said, currency, number, (more, worth) if more else None)


def title(which: Wanted, people: Mapping[str, str] | None = None) -> str:
    """What the list holds; an owner by name from `people`."""
    if which.measure == LOSS:
        line = loss_names()[which.line]
        parts = [_("Losses"), line if which.line != "all" else ""]
        groups = [("industry", which.industry), ("plan", which.plan)]
    else:
        lines = movement_names() | {
            "lost": _("lost"),
            "remaining": _("remaining"),
            "joined": _("joined"),
            "without_rate": _("left out: no exchange rate"),
            "fx": _("Exchange rates until then"),
        }
        parts = [_("MRR") if which.measure == REVENUE else attrition_names()[which.measure], lines[which.line]]
        groups = [(which.by, which.group)]
    parts += [value_name(by, group, people) for by, group in groups if group is not ANY]
    return " · ".join(part for part in parts if part)


def loss_names() -> dict[str, str]:
    """The types of losses, and those without a record."""
    return {
        "all": _("all"),
        "voluntary": pgettext("churn type", "voluntary"),
        "satisfied": pgettext("churn type", "satisfied"),
        "involuntary": pgettext("churn type", "involuntary"),
        "unknown": pgettext("churn type", "unknown"),
        "none": _("no record"),
    }


def _movements(rows: list[AccountMovement], said: str, currency: str, total: str, more: tuple[str, Worth] | None = None) -> Listing:
    """The list; `more` is one amount more of each account, with its head."""
    named = movement_names() | {"same": _("unchanged"), "without_rate": _("no exchange rate")}
    with_product = any(row.product for row in rows)
    heads = [_("Movement"), _("MRR at the start"), _("MRR at the end"), pgettext("difference", "Change"), *([more[0]] if more else [])]

    def entry(row: AccountMovement) -> Entry:
        texts = [
            named[row.kind],
            words.money(row.start, currency, 2),
            words.money(row.end, currency, 2),
            words.UNKNOWN if row.change is None else _signed(row.change),
        ]
        cells: list[Cell] = [named[row.kind], row.start, row.end, row.change]
        if more:
            amount = more[1](row)
            texts.append(words.money(amount, currency, 2))
            cells.append(amount)
        first = [row.product] if with_product else []
        return _entry(row, row.owner, [*map(words.readable, first), *texts], [*first, *cells])

    return Listing(said, [*([_("Product")] if with_product else []), *heads], rows, entry, total, _("together"))


def _entry(row: Any, owner: str, texts: list[str], cells: list[Cell]) -> Entry:
    return Entry(row.external_id, row.name, owner, account_address(row.external_id), texts, cells)


def _seats(user: User, asked: Asked, basis: Basis, which: Wanted, said: str) -> Listing:
    rows = account_seats(user, span_of(asked, basis), asked.grain, asked.by_cut, by=which.by, group=which.group, basis=basis)
    chosen = sorted((row for row in rows if getattr(row, which.line)), key=lambda row: (-getattr(row, which.line), row.external_id))
    heads = [_("Seats at the start"), _("lost"), _("remaining"), _("joined")]

    def entry(row: AccountSeats) -> Entry:
        counts = [row.start, row.lost, row.remaining, row.joined]
        return _entry(row, row.owner, [words.number(count) for count in counts], [*counts])

    total = sum(getattr(row, which.line) for row in chosen)
    return Listing(said, heads, chosen, entry, words.number(total), _("seats together"))


def _losses(user: User, asked: Asked, basis: Basis, which: Wanted) -> Listing:
    kind = "" if which.line == "all" else which.line
    found = losses.listed(user, basis, first=asked.year_first, after=asked.period.after, filters=asked.by_cut, kind=kind, order="amount")
    rows = [row for row in found.rows if _fits(row.industry, which.industry) and _fits(row.plan, which.plan)]
    named = loss_names()
    heads = [_("Lost on"), _("Type"), _("Industry"), _("Plan"), _("MRR lost")]

    def entry(row: losses.Loss) -> Entry:
        kind = named[row.type or "none"]
        amount = words.money(row.amount, asked.reporting, 2)
        texts = [words.day(row.lost_on), kind, value_name("industry", row.industry), value_name("plan", row.plan), amount]
        return _entry(row, row.owner or "", texts, [row.lost_on, kind, row.industry, row.plan or "", row.amount])

    total = sum((row.amount or ZERO for row in rows), ZERO)
    return Listing(title(which), heads, rows, entry, words.money(total, asked.reporting, 2), _("together"))


def _fits(value: str | None, asked: str | None) -> bool:
    return asked is ANY or (value or None) == asked


def _signed(value: Decimal) -> str:
    return words.signed(value, 2) if value else words.number(value, 2)


def lines(found: Listing) -> Iterator[list[Cell]]:
    """The list as a file: its head and its rows."""
    yield [_("Account"), _("Name"), _("Owner"), *found.heads]
    for entry in found.entries:
        yield [entry.external_id, entry.name, entry.owner, *entry.cells]
