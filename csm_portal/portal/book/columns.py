"""The columns of the book, as data: heading, part of the template, what it sorts by, and what a file writes for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, OrderBy, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from csm_portal.portal.book.fields import EXPRESSIONS, Words


@dataclass(frozen=True)
class Written:
    """One column of a file: heading and lookup on the state row, or the name of one of `fields.EXPRESSIONS`."""

    label: Words
    path: str


@dataclass(frozen=True)
class Column:
    """One column of the book. `sort` None: it has no order; `largest` puts the largest first on the first click."""

    key: str
    label: Words
    sort: Any = None
    note: Words = ""
    cell: str = "text"
    numeric: bool = False
    largest: bool = False
    shown: bool = False
    edits: str = ""
    written: tuple[Written, ...] = field(default=())

    @property
    def css(self) -> str:
        """Classes of its cells."""
        return f"col-{self.key} num" if self.numeric else f"col-{self.key}"

    @property
    def template(self) -> str:
        """The part that places a cell; one that can be changed in place brings its form."""
        return f"portal/_book_cell_{'edit' if self.edits else self.cell}.html"


OWNER = Coalesce(NullIf("account__owner__name", Value("")), "account__owner__email", output_field=TextField())

COLUMNS: dict[str, Column] = {
    column.key: column
    for column in (
        Column(
            "account",
            _("Account"),
            F("account__name"),
            cell="account",
            shown=True,
            written=(
                Written(_("Account id"), "account__external_id"),
                Written(_("Account"), "account__name"),
                Written(_("Paying"), "paying"),
            ),
        ),
        Column(
            "level",
            _("Activity"),
            F("level"),
            _("28 days"),
            cell="level",
            largest=True,
            shown=True,
            written=(Written(_("Activity level"), "level"), Written(_("Levels of 28 days"), "strip")),
        ),
        Column(
            "active",
            _("Active"),
            F("month_days"),
            _("days / bar"),
            cell="active",
            largest=True,
            shown=True,
            written=(
                Written(_("Active days this week"), "week_days"),
                Written(_("Weekly bar"), "week_bar"),
                Written(_("Weekly active"), "week_active"),
                Written(_("Active days this month"), "month_days"),
                Written(_("Monthly bar"), "month_bar"),
                Written(_("Monthly active"), "month_active"),
            ),
        ),
        Column(
            "health",
            _("Health"),
            F("score"),
            _("system · CSM"),
            cell="health",
            shown=True,
            written=(
                Written(_("Health"), "score"),
                Written(_("Health band"), "band"),
                Written(_("System score"), "machine"),
                Written(_("CSM rating"), "human"),
                Written(_("Data coverage"), "coverage"),
                Written(_("Health change in 30 days"), "score_change_30d"),
            ),
        ),
        Column(
            "change",
            _("Change"),
            F("score_change_30d"),
            _("30 days"),
            cell="change",
            numeric=True,
            written=(Written(_("Health change in 30 days"), "score_change_30d"),),
        ),
        Column(
            "likelihood",
            _("Renewal likelihood"),
            F("likelihood"),
            _("95% interval"),
            cell="likelihood",
            numeric=True,
            written=(
                Written(_("Renewal likelihood"), "likelihood"),
                Written(_("Likelihood, low end"), "likelihood_low"),
                Written(_("Likelihood, high end"), "likelihood_high"),
                Written(_("Likelihood rests on"), "likelihood_basis"),
            ),
        ),
        Column("reason", _("Top reason"), cell="reason", shown=True, written=(Written(_("Top reason"), "top_reason"),)),
        Column(
            "outcome",
            _("Outcome"),
            F("outcome_status"),
            cell="outcome",
            shown=True,
            written=(Written(_("Outcome"), "outcome_status"),),
        ),
        Column(
            "star",
            _("North star"),
            F("north_star"),
            _("of the threshold"),
            cell="star",
            largest=True,
            written=(
                Written(_("North star"), "north_star"),
                Written(_("North star progress in percent"), "star_pct"),
                Written(_("North star crossed on"), "north_star_crossed_on"),
            ),
        ),
        Column("state", _("Named state"), cell="state", written=(Written(_("Named states"), "named_states"),)),
        Column(
            "mrr",
            _("MRR"),
            F("mrr_reporting"),
            numeric=True,
            largest=True,
            shown=True,
            written=(
                Written(_("MRR"), "mrr"),
                Written(_("Currency"), "currency"),
                Written(_("MRR in reporting currency"), "mrr_reporting"),
            ),
        ),
        Column(
            "seats",
            _("Seats"),
            F("seats_purchased"),
            _("active / activated / purchased"),
            cell="seats",
            numeric=True,
            largest=True,
            shown=True,
            written=(
                Written(_("Active seats"), "seats_active_known"),
                Written(_("Activated seats"), "seats_activated"),
                Written(_("Purchased seats"), "seats_purchased"),
            ),
        ),
        Column(
            "seat_quality",
            _("Seat quality"),
            cell="seat_quality",
            written=(
                Written(_("Champion left"), "champion_left"),
                Written(_("Boss silent"), "boss_silent"),
                Written(_("Seats never activated"), "never_activated"),
            ),
        ),
        Column(
            "renewal",
            _("Renewal"),
            F("renewal_on"),
            cell="renewal",
            shown=True,
            written=(Written(_("Renewal"), "renewal_on"), Written(_("Decision date"), "decision_on")),
        ),
        Column("decision", _("Decision date"), F("decision_on"), cell="dated", written=(Written(_("Decision date"), "decision_on"),)),
        Column("rating", _("Last rated"), F("rated_on"), cell="rating", shown=True, written=(Written(_("Last rated"), "rated_on"),)),
        Column(
            "contact",
            _("Last contact"),
            F("last_contact_on"),
            cell="contact",
            largest=True,
            shown=True,
            written=(Written(_("Last contact"), "last_contact_on"),),
        ),
        Column(
            "tickets",
            _("Tickets"),
            F("open_tickets"),
            _("open"),
            numeric=True,
            largest=True,
            shown=True,
            written=(Written(_("Open tickets"), "open_tickets"),),
        ),
        Column(
            "owner",
            _("Owner"),
            OWNER,
            edits="owner",
            shown=True,
            written=(Written(_("Owner"), "account__owner__name"), Written(_("Owner's e-mail"), "account__owner__email")),
        ),
        Column("plan", _("Plan"), F("plan"), written=(Written(_("Plan"), "plan"),)),
        Column("tier", _("Tier"), F("account__tier"), edits="tier", written=(Written(_("Tier"), "account__tier"),)),
        Column("industry", _("Industry"), F("account__industry"), written=(Written(_("Industry"), "account__industry"),)),
        Column(
            "region",
            _("Region"),
            F("account__region"),
            written=(Written(_("Region"), "account__region"), Written(_("Country"), "account__country")),
        ),
        Column("size", _("Size"), F("account__employees"), written=(Written(_("Employees"), "account__employees"),)),
        Column(
            "stage",
            _("Stage"),
            F("account__lifecycle_stage"),
            edits="stage",
            written=(Written(_("Stage"), "account__lifecycle_stage"),),
        ),
        Column("tags", _("Tags"), edits="tags", written=(Written(_("Tags"), "account__tags"),)),
        Column("next_step", _("Next step"), edits="next_step", written=(Written(_("Next step"), "account__next_step"),)),
    )
}
DEFAULT = tuple(column.key for column in COLUMNS.values() if column.shown)
SORTS: dict[str, Any] = {column.key: column.sort for column in COLUMNS.values() if column.sort is not None}
FIRST = "account"


@dataclass(frozen=True)
class Heading:
    """One heading of the book: what it sorts by next, and how it sorts now (`ascending`, `descending` or empty)."""

    key: str
    label: Words
    numeric: bool = False
    note: Words = ""
    next: str = ""
    now: str = ""


def headings(columns: Sequence[Column], sort: str) -> list[Heading]:
    """Headings of these columns, under the order in force."""
    made = []
    for column in columns:
        now = {column.key: "ascending", f"-{column.key}": "descending"}.get(sort, "")
        first = f"-{column.key}" if column.largest else column.key
        following = {"ascending": f"-{column.key}", "descending": column.key}.get(now, first)
        made.append(Heading(column.key, column.label, column.numeric, column.note, following if column.sort is not None else "", now))
    return made


def chosen(asked: str) -> tuple[list[Column], list[str]]:
    """The columns named, with the account always first, and the names that are none."""
    names = list(dict.fromkeys(name for name in asked.split(",") if name))
    known = [name for name in names if name in COLUMNS and name != FIRST]
    return [COLUMNS[name] for name in (FIRST, *known)], [name for name in names if name not in COLUMNS]


def order(sort: str) -> tuple[Any, ...]:
    """What the rows are ordered by. By default the most money at risk first, then the nearest renewal; unknown comes last."""
    key = sort.removeprefix("-")
    if key in SORTS:
        return (OrderBy(SORTS[key], descending=sort.startswith("-"), nulls_last=True), "account_id")
    return (OrderBy(money_at_risk(), descending=True, nulls_last=True), F("renewal_on").asc(nulls_last=True), "account_id")


def money_at_risk() -> Any:
    """MRR (reporting currency) x (100 - score), in hundredths; an unknown score counts as 50, unknown money sorts last."""
    return F("mrr_reporting") * (100 - Coalesce(F("score"), 50))


def computed(paths: Sequence[str]) -> dict[str, Any]:
    """Annotations for those of the paths that no column of the table holds."""
    return {path: EXPRESSIONS[path]() for path in paths if path in EXPRESSIONS}
