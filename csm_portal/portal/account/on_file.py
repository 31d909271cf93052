"""What is open at an account, and what was said there: tickets, invoices, milestones, reviews; notes and touchpoints. One statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.mentions import Part, parts
from accounts.models import Interaction, Invoice, Mention, Note, Ticket
from csm_portal.portal import words
from csm_portal.portal.account import kinds
from csm_portal.portal.account.dated import Branch, Dated, Source, Wanted, firsts, person, read
from csm_portal.portal.qbr.addresses import plan_address, qbr_address
from health.models import Milestone, Review

if TYPE_CHECKING:
    from accounts.models import Account

SHOWN = 10
SAID_SHOWN = 6
OLD_TICKET_DAYS = 7
TICKETS = Source(
    "ticket",
    Ticket,
    "opened_at",
    {"subject": "subject", "ticket": "kind", "priority": "priority", "escalated": "escalated"},
    Q(closed_at__isnull=True),
)
INVOICES = Source(
    "invoice",
    Invoice,
    "issued_on",
    {"amount": "amount", "currency": "currency", "due_on": "due_on", "status": "status", "failed": "failed_attempts"},
    Q(paid_on__isnull=True) & ~Q(status__in=("paid", "void")),
)
MILESTONES = Source("milestone", Milestone, "due_on", {"name": "name"}, Q(done_on__isnull=True))
# A plan is settled once a review is held on that day or later.
SETTLED = Exists(Review.objects.filter(account=OuterRef("account"), held_on__gte=OuterRef("planned_on")))
REVIEWS = Source("review", Review, "planned_on", {"review": "kind"}, Q(held_on__isnull=True, planned_on__isnull=False) & ~Q(SETTLED))
NAMED = ArraySubquery(
    Mention.objects.filter(note=OuterRef("pk")).order_by("pk").values(row=JSONObject(name="user__name", email="user__email"))
)
NOTES = Source("note", Note, "written_at", {"text": "text", "by": person("author"), "named": NAMED})
TOUCHES = Source(
    "touch",
    Interaction,
    "happened_at",
    {"text": "note", "touch": "kind", "by": person("by"), "contact": "contact__name", "role": "contact__role"},
)
# Which rows come first where there are more than a page shows.
ORDERS = {"ticket": ("-escalated", "opened_at"), "invoice": ("due_on", "issued_on"), "milestone": ("due_on",)}


@dataclass(frozen=True)
class OpenItem:
    """One thing not yet done: what, since or until when in words, its marks, and whether it presses."""

    what: str
    detail: str
    on: date | None
    day: str
    note: str
    late: bool
    mark: str = ""


@dataclass(frozen=True)
class OpenGroup:
    """Open things of one kind; `more`: there are others beyond those listed. `empty` says what to write when there are none.

    `href` leads to their own page, `act` to the form that makes one; empty: there is none.
    """

    key: str
    title: str
    icon: str
    items: list[OpenItem]
    more: bool
    empty: str
    href: str = ""
    act: str = ""


@dataclass(frozen=True)
class Said:
    """A note or a touchpoint; `parts` are its text, with the colleagues that it names."""

    kind: str
    icon: str
    text: str
    parts: list[Part]
    by: str
    contact: str
    on: date | None
    day: str
    ago: str


@dataclass(frozen=True)
class OnFile:
    """What is open, in groups, and what was said, the latest first."""

    groups: list[OpenGroup]
    said: list[Said]
    more_said: bool

    @property
    def n_open(self) -> int:
        """Open things listed."""
        return sum(len(group.items) for group in self.groups)

    @property
    def n_late(self) -> int:
        """Those of them that press."""
        return sum(item.late for group in self.groups for item in group.items)


def on_file(account: Account, today: date) -> OnFile:
    """Open things and the latest words. The account comes from `visible_to`."""
    rows: dict[str, list[Dated]] = {}
    for row in read(_prepared(), account, Wanted()).rows:
        rows.setdefault(row.kind, []).append(row)
    said = sorted([*rows.get("note", []), *rows.get("touch", [])], key=lambda row: row.on or date.min, reverse=True)
    return OnFile(
        groups=[
            _group(
                "tickets", _("Open tickets"), "ticket", [_ticket(row, today) for row in rows.get("ticket", [])], _("No ticket is open.")
            ),
            _group(
                "invoices",
                _("Unpaid invoices"),
                "receipt",
                [_invoice(row, today) for row in rows.get("invoice", [])],
                _("Nothing is unpaid."),
            ),
            _group(
                "milestones",
                _("Onboarding milestones"),
                "flag",
                [_milestone(row, today) for row in rows.get("milestone", [])],
                _("No milestone is open."),
            ),
            _group(
                "reviews",
                _("Planned reviews"),
                "calendar",
                _reviews(rows.get("review", []), today),
                _("No review is planned: plan the next QBR with their executives."),
                href=qbr_address(account.external_id),
                act=plan_address(account.external_id),
            ),
        ],
        said=[_said(row, today) for row in said[:SAID_SHOWN]],
        more_said=len(said) > SAID_SHOWN,
    )


@cache
def _prepared() -> tuple[Branch, ...]:
    sources = (TICKETS, INVOICES, MILESTONES, REVIEWS, NOTES, TOUCHES)
    return tuple(firsts(one, (*ORDERS.get(one.kind, (f"-{one.column}",)), "pk"), SHOWN + 1) for one in sources)


def _group(key: str, title: str, icon: str, items: list[OpenItem], empty: str, *, href: str = "", act: str = "") -> OpenGroup:
    ordered = sorted(items, key=lambda item: (not item.mark, item.on or date.max))
    return OpenGroup(key, title, icon, ordered[:SHOWN], len(items) > SHOWN, empty, href, act)


def _ticket(row: Dated, today: date) -> OpenItem:
    days = (today - row.on).days if row.on else 0
    return OpenItem(
        what=row.facts["subject"] or kinds.ticket(row.facts["ticket"]),
        detail=" · ".join(part for part in (words.readable(row.facts["priority"] or ""), kinds.ticket(row.facts["ticket"])) if part),
        on=row.on,
        day=words.day(row.on),
        note=ngettext("open for %(days)d day", "open for %(days)d days", days) % {"days": max(0, days)},
        late=days > OLD_TICKET_DAYS or row.facts["escalated"],
        mark=_("escalated") if row.facts["escalated"] else "",
    )


def _invoice(row: Dated, today: date) -> OpenItem:
    facts = row.facts
    due = date.fromisoformat(facts["due_on"]) if facts["due_on"] else None
    failed = int(facts["failed"])
    marks = [str(kinds.INVOICES[facts["status"]])] if facts["status"] in ("failed", "disputed") else []
    if failed:
        marks.append(ngettext("%(n)d failed attempt", "%(n)d failed attempts", failed) % {"n": failed})
    return OpenItem(
        what=words.money(Decimal(str(facts["amount"])), facts["currency"]),
        detail=_("issued %(day)s") % {"day": words.day(row.on)},
        on=due,
        day=words.day(due),
        note=_("no due date") if due is None else words.until(due, today),
        late=(due is not None and due < today) or bool(marks),
        mark=", ".join(marks),
    )


def _milestone(row: Dated, today: date) -> OpenItem:
    note = _("no due date") if row.on is None else words.until(row.on, today)
    return OpenItem(row.facts["name"], "", row.on, words.day(row.on), note, row.on is not None and row.on < today)


def _reviews(rows: list[Dated], today: date) -> list[OpenItem]:
    """Those to come; where none is, the latest that was planned and not held: others are history, as on the QBR page."""
    coming = [row for row in rows if row.on is not None and row.on >= today]
    missed = [] if coming else [row for row in rows if row.on is not None and row.on < today][:1]
    return [
        *(_review(row, words.until(row.on, today), late=False) for row in coming if row.on),
        *(_review(row, _missed(row, today), late=True) for row in missed),
    ]


def _review(row: Dated, note: str, *, late: bool) -> OpenItem:
    name = kinds.review(row.facts["review"])
    return OpenItem(name[:1].upper() + name[1:], "", row.on, words.day(row.on), note, late)


def _missed(row: Dated, today: date) -> str:
    return _("planned %(ago)s, not held") % {"ago": words.ago(row.on, today)}


def _said(row: Dated, today: date) -> Said:
    note = row.kind == "note"
    role = row.facts.get("role")
    contact = row.facts.get("contact") or ""
    return Said(
        kind=_("Note") if note else kinds.touch(row.facts["touch"]).capitalize(),
        icon="table" if note else {"email": "mail", "call": "phone"}.get(row.facts["touch"], "users"),
        text=row.facts["text"],
        parts=parts(row.facts["text"], [(one["name"], one["email"]) for one in row.facts.get("named") or []]),
        by=row.facts["by"] or _("unknown"),
        contact=f"{contact} ({kinds.role(role)})" if contact and role else contact,
        on=row.on,
        day=words.day(row.on),
        ago=words.ago(row.on, today),
    )
