"""What is on file about an account: contracts, people, tickets, invoices, outcomes, the latest touchpoints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from accounts.models import Contact, Contract, Interaction, Invoice, Seat, Ticket
from accounts.types import SeatKind
from csm_portal.portal import words
from health.models import Outcome, QuestionSet, Rating

if TYPE_CHECKING:
    from accounts.models import Account, User

N_SEATS = 50
N_INVOICES = 12
N_TOUCHES = 8


@dataclass(frozen=True)
class Table:
    """A small table: headings, rows of ready cells, and what to say when there are none."""

    title: str
    headings: list[str]
    rows: list[list[str]]
    empty: str
    note: str = ""


def records(account: Account, user: User, today: date) -> list[Table]:
    """The tables of an account's page, one query each, in the order in which a call is prepared."""
    return [
        outcomes(account, user, today),
        contracts(account, user, today),
        contacts(account, user),
        tickets(account, user, today),
        invoices(account, user, today),
        touches(account, user),
        ratings(account, user, today),
        seats(account, user, today),
    ]


def outcomes(account: Account, user: User, today: date) -> Table:
    """What the customer wants to reach."""
    found = Outcome.objects.visible_to(user).filter(account=account).order_by(F("due_on").asc(nulls_last=True), "id")
    return Table(
        _("Desired outcomes"),
        [_("Outcome"), _("Status"), _("Due"), _("Proof"), _("Target")],
        [
            [
                row.statement,
                words.outcome(row.status),
                words.day(row.due_on),
                row.action or row.metric or words.UNKNOWN,
                row.target or words.UNKNOWN,
            ]
            for row in found
        ],
        _("No outcome is defined: activity alone does not say whether they succeed."),
    )


def contracts(account: Account, user: User, today: date) -> Table:
    """Signed terms, the latest first."""
    found = Contract.objects.visible_to(user).filter(account=account).order_by("-starts_on", "-id")
    return Table(
        _("Contracts"),
        [_("Product"), _("Plan"), _("From"), _("Until (not included)"), _("Seats"), _("MRR"), _("Notice"), _("State")],
        [
            [
                row.product,
                row.plan or words.UNKNOWN,
                words.day(row.starts_on),
                words.day(row.ends_on) if row.ends_on else _("open-ended"),
                words.number(row.seats),
                words.money(row.mrr, row.currency),
                _("%(n)d days") % {"n": row.notice_days} if row.notice_days else words.UNKNOWN,
                _contract_state(row, today),
            ]
            for row in found
        ],
        _("No contract is on file."),
    )


def contacts(account: Account, user: User) -> Table:
    """People to talk to; those who left come last."""
    found = Contact.objects.visible_to(user).filter(account=account).order_by(F("left_on").asc(nulls_first=True), "role", "name")
    return Table(
        _("Contacts"),
        [_("Name"), _("Role"), _("E-mail"), _("Phone"), _("Left on")],
        [[row.name, _role(row.role), row.email or words.UNKNOWN, row.phone or words.UNKNOWN, words.day(row.left_on)] for row in found],
        _("No contact is on file."),
    )


def tickets(account: Account, user: User, today: date) -> Table:
    """Tickets still open, the oldest first."""
    found = Ticket.objects.visible_to(user).filter(account=account, closed_at__isnull=True).order_by("opened_at")[:N_SEATS]
    return Table(
        _("Open tickets"),
        [_("Opened"), _("Age"), _("Priority"), _("Kind"), _("Escalated"), _("Subject")],
        [
            [
                words.day(day := timezone.localtime(row.opened_at).date()),
                words.ago(day, today),
                row.priority or words.UNKNOWN,
                _ticket_kind(row.kind),
                _("yes") if row.escalated else _("no"),
                row.subject or words.UNKNOWN,
            ]
            for row in found
        ],
        _("No ticket is open."),
    )


def invoices(account: Account, user: User, today: date) -> Table:
    """The latest invoices."""
    found = Invoice.objects.visible_to(user).filter(account=account).order_by("-issued_on", "-id")[:N_INVOICES]
    return Table(
        _("Invoices"),
        [_("Issued"), _("Due"), _("Paid"), _("Amount"), _("Status")],
        [
            [
                words.day(row.issued_on),
                words.day(row.due_on),
                words.day(row.paid_on),
                words.money(row.amount, row.currency),
                _invoice_status(row, today),
            ]
            for row in found
        ],
        _("No invoice is on file."),
        _("the latest %(n)d") % {"n": N_INVOICES},
    )


def touches(account: Account, user: User) -> Table:
    """The latest touchpoints."""
    found = (
        Interaction.objects.visible_to(user).filter(account=account).select_related("by", "contact").order_by("-happened_at")[:N_TOUCHES]
    )
    return Table(
        _("Latest touchpoints"),
        [_("Day"), _("Kind"), _("By"), _("With"), _("Note")],
        [
            [
                words.day(timezone.localtime(row.happened_at).date()),
                _touch_kind(row.kind),
                row.by.get_full_name() if row.by else words.UNKNOWN,
                row.contact.name if row.contact else words.UNKNOWN,
                row.note or words.UNKNOWN,
            ]
            for row in found
        ],
        _("No touchpoint is on file."),
    )


def ratings(account: Account, user: User, today: date) -> Table:
    """The latest answer to each question."""
    found = (
        Rating.objects.visible_to(user)
        .filter(account=account)
        .select_related("rated_by")
        .order_by("question", "-rated_on", "-id")
        .distinct("question")
    )
    texts = question_texts(user)
    return Table(
        _("CSM ratings"),
        [_("Question"), _("Score, 1 to 5"), _("Rated"), _("By"), _("Reason")],
        [
            [
                texts.get(row.question, row.question),
                str(row.score),
                words.ago(row.rated_on, today),
                row.rated_by.get_full_name(),
                row.reason or words.UNKNOWN,
            ]
            for row in found
        ],
        _("Nobody has rated this account."),
        _("the latest answer to each question"),
    )


def question_texts(user: User) -> dict[str, str]:
    """Wording of the rating questions by key, in the language in force where they have it, else in English."""
    latest = QuestionSet.objects.visible_to(user).order_by("-version").first()
    questions = latest.body.get("questions", []) if latest else []
    language = get_language() or "en"
    worded = {question["key"]: question.get("text") or {} for question in questions}
    return {key: text.get(language) or text.get("en") or key for key, text in worded.items()}


def seats(account: Account, user: User, today: date) -> Table:
    """Seats with executives and administrators first; the totals count people, not bots."""
    own = Seat.objects.visible_to(user).filter(account=account)
    started = Q(activated_on__lte=today) | Q(activated_on__isnull=True, first_event_on__lte=today)
    open_still = Q(deactivated_on__isnull=True) | Q(deactivated_on__gt=today)
    totals = own.aggregate(
        people=Count("pk", filter=Q(kind=SeatKind.HUMAN)),
        activated=Count("pk", filter=Q(kind=SeatKind.HUMAN) & started & open_still),
        bots=Count("pk", filter=Q(kind=SeatKind.BOT)),
    )
    found = own.select_related("unit").order_by("kind", "-is_executive", "persona", "name", "external_id")[:N_SEATS]
    return Table(
        _("Seats"),
        [_("Seat"), _("Persona"), _("Outlet"), _("Activated"), _("Deactivated")],
        [
            [
                _seat_name(row),
                _persona(row),
                row.unit.name if row.unit else words.UNKNOWN,
                words.day(row.activated_on or row.first_event_on),
                words.day(row.deactivated_on),
            ]
            for row in found
        ],
        _("No seat is on file."),
        _("%(activated)d activated of %(people)d people, %(bots)d bots; the first %(shown)d are listed") % {**totals, "shown": N_SEATS},
    )


def _contract_state(row: Contract, today: date) -> str:
    if row.starts_on > today:
        return pgettext("contract", "to come")
    if row.ends_on is not None and row.ends_on <= today:
        return pgettext("contract", "ended")
    return pgettext("contract", "running, renews by itself") if row.auto_renew else pgettext("contract", "running")


def _role(role: str) -> str:
    return {
        "sponsor": _("sponsor"),
        "champion": _("champion"),
        "billing": _("billing"),
        "user": pgettext("contact role", "user"),
    }.get(role, pgettext("contact role", "other"))


def _ticket_kind(kind: str) -> str:
    return {"how_to": _("how to"), "bug": _("bug"), "request": _("request"), "other": pgettext("ticket kind", "other")}.get(
        kind, words.UNKNOWN
    )


def _touch_kind(kind: str) -> str:
    return {
        "call": _("call"),
        "meeting": _("meeting"),
        "email": pgettext("touchpoint", "e-mail"),
        "visit": _("visit"),
        "training": _("training"),
        "interview": _("interview"),
    }.get(kind, kind)


def _invoice_status(row: Invoice, today: date) -> str:
    if row.status == "open" and row.due_on is not None and row.due_on < today:
        return _("open, %(age)s") % {"age": words.until(row.due_on, today)}
    return {
        "open": pgettext("invoice", "open"),
        "paid": pgettext("invoice", "paid"),
        "failed": pgettext("invoice", "payment failed"),
        "void": pgettext("invoice", "void"),
        "disputed": pgettext("invoice", "disputed"),
    }.get(row.status, row.status)


def _seat_name(row: Any) -> str:
    name = row.name or row.email or row.external_id
    if row.kind == SeatKind.BOT:
        return _("%(name)s (bot, counts in nothing)") % {"name": name}
    return _("%(name)s (executive)") % {"name": name} if row.is_executive else str(name)


def _persona(row: Any) -> str:
    return {
        "basic": pgettext("persona", "basic"),
        "advanced": pgettext("persona", "advanced"),
        "admin": pgettext("persona", "administrator"),
    }.get(row.persona, words.UNKNOWN)
