"""Rows behind a facet as a table: what each is, and whether and how it counts, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from csm_portal.portal import words
from csm_portal.portal.account import kinds
from health.facets.curves import LEVEL_POINTS
from health.types import DayFlag, Level

if TYPE_CHECKING:
    from health.explaining.definitions import Definitions
    from health.explaining.reading import Rows

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """One column: its heading, what it says of a row, and whether it is a number."""

    label: Any
    say: Callable[[Row], str]
    number: bool = False


@dataclass(frozen=True)
class Cell:
    """What stands in a column; `label` is repeated on phones."""

    text: str
    label: str
    number: bool


@dataclass(frozen=True)
class Told:
    """One row. `href` leads on to the events of a day; `counts` False: shown for what it is not."""

    cells: list[Cell]
    counts: bool
    href: str = ""


def table(facet: str, rows: Rows, known: Definitions, external_id: str) -> tuple[list[Column], list[Told]]:
    """Columns and rows of a facet."""
    columns = _questions(known) if facet in ("ratings", "executive") else COLUMNS[facet]
    return columns, [_told(facet, row, columns, external_id) for row in rows.lines]


def day_address(external_id: str, day: date, **query: Any) -> str:
    """Why a day has its level, with its events."""
    return f"{reverse('portal:explain-day')}?{urlencode({'account': external_id, 'day': day, **query})}"


def _told(facet: str, row: Row, columns: Sequence[Column], external_id: str) -> Told:
    cells = [Cell(column.say(row), str(column.label), column.number) for column in columns]
    href = day_address(external_id, row["day"]) if facet == "activity" else ""
    return Told(cells, bool(row["counts"]), href)


def _on(name: str) -> Callable[[Row], str]:
    return lambda row: words.day(row[name]) if row[name] else words.UNKNOWN


def _text(name: str) -> Callable[[Row], str]:
    return lambda row: str(row[name] or "")


def _number(name: str, places: int = 0) -> Callable[[Row], str]:
    return lambda row: words.number(row[name], places)


def _stored(*names: str) -> Callable[[Row], str]:
    """Several texts of a row, those that are there, beside each other; a store's name last."""
    return lambda row: " · ".join(str(row[name]) for name in (*names, "store") if row.get(name))


def _money(row: Row, name: str = "mrr") -> str:
    return words.money(row[name], row["currency"], 2)


def _amount(row: Row) -> str:
    return _money(row, "amount")


def _level(row: Row) -> str:
    flags = "; ".join(words.flag(word) for word in DayFlag(row["flags"]).words)
    name = words.level(Level(row["level"]).word)
    return f"{name} ({flags})" if flags else name


def _points(row: Row) -> str:
    if row["counts"]:
        return words.number(LEVEL_POINTS[row["level"]], 1)
    return _("day off") if not row["working"] else _("unknown")


def _seat_state(row: Row) -> str:
    if not row["activated"]:
        return _("not activated")
    return _("activated, with a key action") if row["counts"] else _("activated, no key action in 28 days")


def _ticket_state(row: Row) -> str:
    marks = [
        _("escalated") if row["escalated"] else "",
        _("open over 7 days") if row["old"] else pgettext("ticket", "open") if row["is_open"] else pgettext("ticket", "closed"),
    ]
    return ", ".join(mark for mark in marks if mark)


def _bill_state(row: Row) -> str:
    state = pgettext("invoice", "unpaid") if row["unpaid"] else pgettext("invoice", "paid")
    failed = _("payment failed %(n)d times") % {"n": row["failed_attempts"]} if row["failed_attempts"] else ""
    return ", ".join(mark for mark in (state, failed, str(kinds.INVOICES["disputed"]) if row["disputed"] else "") if mark)


def _answer(row: Row) -> str:
    return f"{row['kind'].upper()} {words.number(row['score'], 0)}/{words.number(row['scale'], 0)}"


def _answer_state(row: Row) -> str:
    return pgettext("survey answer", "counts") if row["counts"] else _("replaced by a later answer of the seat")


def _term_state(row: Row) -> str:
    then, now = row["ran_then"], row["runs_now"]
    return _("then and now") if then and now else _("now") if now else pgettext("contract ran", "then")


def _proof(row: Row) -> str:
    return " ".join(part for part in (row["action"] or row["metric"], row["target"]) if part) or _("no proof agreed")


def _milestone_state(row: Row) -> str:
    if not row["counts"]:
        return _("not due yet")
    return _("done") if row["done"] else _("due and not done")


def _rating_state(row: Row) -> str:
    if row["state"] == "replaced":
        return _("replaced by a later answer")
    if row["state"] == "expired":
        return _("expired on %(day)s") % {"day": words.day(row["expires_on"])}
    return _("holds until %(day)s") % {"day": words.day(row["expires_on"])}


def _questions(known: Definitions) -> list[Column]:
    """Questions by the words of the latest set that asks them."""
    language = "zh-hans" if words.chinese() else "en"
    texts = {one.key: one.text.get(language) or one.text.get("en", one.key) for version in known.questions for one in version.questions}
    return [
        Column(_("Question"), lambda row: str(texts.get(row["question"], row["question"]))),
        Column(_("Score"), lambda row: _("%(score)d of 5") % {"score": row["score"]}, number=True),
        Column(_("Rated on"), _on("rated_on")),
        Column(pgettext("rating", "By"), _stored("by")),
        Column(_("Reason"), _text("reason")),
        Column(_("How it counts"), _rating_state),
    ]


TICKETS = [
    Column(gettext_lazy("Ticket"), _stored("subject", "external_id")),
    Column(pgettext_lazy("ticket", "Kind"), lambda row: str(kinds.TICKETS.get(row["kind"], row["kind"]))),
    Column(gettext_lazy("Opened on"), _on("opened_on")),
    Column(gettext_lazy("Closed on"), _on("closed_on")),
    Column(gettext_lazy("How it counts"), _ticket_state),
]
COLUMNS: Mapping[str, list[Column]] = {
    "activity": [
        Column(gettext_lazy("Day"), _on("day")),
        Column(gettext_lazy("Level"), _level),
        Column(gettext_lazy("Key actions"), _number("key_actions"), number=True),
        Column(gettext_lazy("Seats"), _number("seats"), number=True),
        Column(gettext_lazy("Seats logged in"), _number("active_seats"), number=True),
        Column(gettext_lazy("Definition"), lambda row: _("version %(n)s") % {"n": row["version"]}),
        Column(gettext_lazy("Points"), _points, number=True),
    ],
    "outcome": [
        Column(gettext_lazy("Outcome"), _stored("statement", "stage")),
        Column(gettext_lazy("Proof"), _proof),
        Column(gettext_lazy("Due on"), _on("due_on")),
        Column(gettext_lazy("Since"), _on("since")),
        Column(gettext_lazy("Status"), lambda row: words.outcome(row["status"])),
    ],
    "adoption": [
        Column(gettext_lazy("Seat"), lambda row: _stored("name")(row) or str(row["external_id"])),
        Column(gettext_lazy("Persona"), lambda row: str(kinds.PERSONAS.get(row["persona"], row["persona"]))),
        Column(gettext_lazy("Activated on"), _on("activated_on")),
        Column(gettext_lazy("Last key action"), _on("key_action_on")),
        Column(gettext_lazy("How it counts"), _seat_state),
    ],
    "support": TICKETS,
    "self_sufficiency": TICKETS,
    "invoices": [
        Column(gettext_lazy("Invoice"), _stored("external_id")),
        Column(gettext_lazy("Issued on"), _on("issued_on")),
        Column(gettext_lazy("Due on"), _on("due_on")),
        Column(gettext_lazy("Paid on"), _on("paid_on")),
        Column(gettext_lazy("Amount"), _amount, number=True),
        Column(gettext_lazy("Days overdue"), _number("overdue_days"), number=True),
        Column(gettext_lazy("How it counts"), _bill_state),
    ],
    "surveys": [
        Column(gettext_lazy("Answer"), _answer),
        Column(gettext_lazy("Of 100"), _number("value", 1), number=True),
        Column(gettext_lazy("Answered on"), _on("answered_on")),
        Column(gettext_lazy("Seat"), _stored("seat")),
        Column(gettext_lazy("Comment"), _text("comment")),
        Column(gettext_lazy("How it counts"), _answer_state),
    ],
    "growth": [
        Column(gettext_lazy("Contract"), _stored("external_id", "product")),
        Column(gettext_lazy("From"), _on("starts_on")),
        Column(pgettext_lazy("end of a term", "Until"), _on("ends_on")),
        Column(gettext_lazy("MRR"), _money, number=True),
        Column(gettext_lazy("Paid"), _term_state),
    ],
    "renewal_history": [
        Column(gettext_lazy("Product"), _text("product")),
        Column(gettext_lazy("Due on"), _on("due_on")),
        Column(gettext_lazy("Known since"), _on("settled_on")),
        Column(gettext_lazy("MRR"), _money, number=True),
        Column(
            pgettext_lazy("of a due", "Outcome"),
            lambda row: str(kinds.DUES["renewed"] if row["renewed"] else kinds.DUES["lost"]),
        ),
    ],
    "onboarding": [
        Column(gettext_lazy("Milestone"), _stored("name")),
        Column(gettext_lazy("Due on"), _on("due_on")),
        Column(gettext_lazy("Done on"), _on("done_on")),
        Column(gettext_lazy("How it counts"), _milestone_state),
    ],
    "community": [
        Column(gettext_lazy("Day"), _on("day")),
        Column(gettext_lazy("Action"), _stored("action")),
        Column(gettext_lazy("Times"), _number("times"), number=True),
        Column(gettext_lazy("Stretch of 30 days"), lambda row: str(row["stretch"]), number=True),
    ],
}
