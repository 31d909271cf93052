"""What happened at an account: one stream of every dated fact, filtered and paged by the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import AccountEdit, Contract, Interaction, Invoice, Note, QuietPeriod, SurveyResponse, Ticket, Visit
from churn.models import ChurnRecord
from csm_portal.portal import words
from csm_portal.portal.account import told
from csm_portal.portal.account.dated import ACCOUNT, Dated, Source, Statement, branch, person, read, shaped, statement, within
from health.models import AccountDay, AccountPeriod, HealthScore, LevelChange, Milestone, Outcome, Override, Rating, Review
from health.types import Grain, Level

if TYPE_CHECKING:
    from accounts.models import Account, User
    from csm_portal.web import Request

PAGE = 20
DAYS = 30
# A level that moves one step from day to day is weather; two steps between two working days are news.
LEVEL_STEPS = 2
MONEY = {"amount": "amount", "currency": "currency"}
TERM = {"product": "product", "plan": "plan", "mrr": "mrr", "currency": "currency"}
TICKET = {"subject": "subject", "ticket": "kind", "priority": "priority", "escalated": "escalated"}
TOUCH = {"touch": "kind", "text": "note", "by": person("by"), "contact": "contact__name"}
EDIT = {"field": "field", "old": "old", "new": "new", "by": person("author"), "undone": "undone_at"}
SOURCES: dict[str, tuple[Source, ...]] = {
    "tickets": (
        Source("ticket_opened", Ticket, "opened_at", TICKET),
        Source("ticket_closed", Ticket, "closed_at", {**TICKET, "satisfaction": "satisfaction", "scale": "scale"}),
    ),
    "money": (
        Source("contract_started", Contract, "starts_on", TERM),
        Source("contract_ended", Contract, "ends_on", TERM),
        Source("invoice_issued", Invoice, "issued_on", MONEY),
        Source("invoice_overdue", Invoice, "due_on", MONEY, Q(paid_on__isnull=True) & ~Q(status__in=("paid", "void"))),
        Source("invoice_paid", Invoice, "paid_on", {**MONEY, "due_on": "due_on"}),
        Source("churned", ChurnRecord, "churned_on", {"type": "type", "note": "note"}, Q(withdrawn_at__isnull=True)),
    ),
    "touch": (
        Source("interaction", Interaction, "happened_at", TOUCH),
        Source("note", Note, "written_at", {"text": "text", "by": person("author")}),
        Source("review_held", Review, "held_on", {"review": "kind", "executive": "executive_attended", "landed": "landed"}),
        Source("survey", SurveyResponse, "responded_at", {"survey": "kind", "score": "score", "scale": "scale", "text": "comment"}),
    ),
    "judged": (
        Source("rated", Rating, "rated_on", {"question": "question", "score": "score", "text": "reason", "by": person("rated_by")}),
        Source("override", Override, "starts_on", {"band": "band", "text": "reason", "by": person("author"), "until": "ends_on"}),
        # Answers are in the log too, for their undo; they are told as ratings.
        Source("edited", AccountEdit, "edited_at", EDIT, ~Q(field__startswith="rating:")),
    ),
    "goals": (
        Source("outcome_achieved", Outcome, "achieved_on", {"text": "statement"}),
        Source("outcome_due", Outcome, "due_on", {"text": "statement", "status": "status"}, ~Q(status="achieved")),
        Source("milestone_done", Milestone, "done_on", {"text": "name"}),
        Source("milestone_due", Milestone, "due_on", {"text": "name"}, Q(done_on__isnull=True)),
        Source("quiet_started", QuietPeriod, "starts_on", {"text": "reason", "until": "ends_on"}),
    ),
}  # fmt: skip
KINDS = {
    "": gettext_lazy("everything"),
    "figures": gettext_lazy("levels and bands"),
    "tickets": gettext_lazy("tickets"),
    "money": gettext_lazy("contracts and invoices"),
    "touch": gettext_lazy("contact and answers"),
    "judged": gettext_lazy("ratings and edits"),
    "goals": gettext_lazy("outcomes and milestones"),
}
SPANS = {
    "30": gettext_lazy("30 days"),
    "visit": gettext_lazy("since your last visit"),
    "90": gettext_lazy("90 days"),
    "all": pgettext_lazy("span of a stream", "all"),
}


@dataclass(frozen=True)
class Choice:
    """One filter: its value in the address, its words, whether it is on."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Stream:
    """A page of the stream with its filters. `first` is the first day looked at, None: no limit."""

    lines: list[told.Line]
    kinds: list[Choice]
    spans: list[Choice]
    kind: str
    span: str
    first: date | None
    number: int
    more: bool

    @property
    def next(self) -> int:
        """Number of the page after this one."""
        return self.number + 1

    @property
    def first_day(self) -> str:
        """The first day looked at, in words."""
        return words.day(self.first)


def stream(request: Request, account: Account, today: date) -> Stream:
    """What the address asks for: `kind`, `span` and `page`; anything else counts as the default."""
    asked = request.GET
    kind = asked.get("kind", "") if asked.get("kind", "") in KINDS else ""
    span = asked.get("span", "") if asked.get("span", "") in SPANS else "30"
    page = asked.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 10_000 else 1
    first = first_day(request.user, span, today)
    found = happened(account, kind, first, today, start=(number - 1) * PAGE, n=PAGE + 1)
    return Stream(
        lines=[told.line(row, today) for row in found[:PAGE]],
        kinds=[Choice(value, str(label), value == kind) for value, label in KINDS.items()],
        spans=[Choice(value, str(label), value == span) for value, label in SPANS.items()],
        kind=kind,
        span=span,
        first=first,
        number=number,
        more=len(found) > PAGE,
    )


def first_day(user: User, span: str, today: date) -> date | None:
    """First day of a span. Who comes for the first time sees the last 30 days."""
    if span == "all":
        return None
    if span == "visit":
        last = Visit.objects.visible_to(user).filter(day__lt=today).order_by("-day").values_list("day", flat=True).first()
        return last or today - timedelta(days=DAYS)
    return today - timedelta(days=int(span))


def happened(account: Account, kind: str, first: date | None, today: date, *, start: int = 0, n: int = PAGE) -> list[Dated]:
    """Facts of `[first, today]` of one group (empty: of all), the latest first. One statement; the account comes from `visible_to`."""
    return read(_prepared(kind), account, first=first or date.min, last=today, start=start, n=n)


@cache
def _prepared(kind: str) -> Statement:
    branches = [branch(source) for key, group in SOURCES.items() if kind in ("", key) for source in group]
    if kind in ("", "figures"):
        branches += figures()
    return statement([within(rows) for rows in branches])


def figures() -> list[QuerySet[Any]]:
    """Changes of the published figures: the band, the level by two steps or more, whether a week was active; and days redone later."""
    scores = HealthScore.objects.published().filter(account=ACCOUNT)
    bands = scores.annotate(before=_earlier(HealthScore, "band")).exclude(before=F("band")).filter(before__isnull=False)
    facts = {"band": "band", "before": "before", "score": "score"}
    known = Q(working=True, level__gte=Level.ZERO)
    days = AccountDay.objects.published().filter(known, account=ACCOUNT).annotate(before=_earlier(AccountDay, "level", known))
    jumps = days.filter(Q(before__gte=F("level") + LEVEL_STEPS) | Q(before__lte=F("level") - LEVEL_STEPS))
    weeks = AccountPeriod.objects.published().filter(account=ACCOUNT, grain=Grain.WEEK, provisional=False, active__isnull=False)
    earlier = AccountPeriod.objects.published().filter(account=ACCOUNT, grain=Grain.WEEK, starts_on__lt=OuterRef("starts_on"))
    turned = weeks.annotate(before=Subquery(earlier.order_by("-starts_on").values("active")[:1])).filter(before__isnull=False)
    week = {"active": "active", "days": "active_days", "bar": "bar"}
    redone = {"day": "day", "before": "level_before", "level": "level_after"}
    return [
        shaped(bands, Source("band", HealthScore, "day", facts)),
        shaped(jumps, Source("level", AccountDay, "day", {"level": "level", "before": "before"})),
        shaped(turned.exclude(before=F("active")), Source("week", AccountPeriod, "ends_on", week)),
        branch(Source("redone", LevelChange, "run__as_of", redone)),
    ]


def _earlier(model: Any, column: str, where: Q | None = None) -> Subquery:
    rows = model.objects.published().filter(where or Q(), account=ACCOUNT, day__lt=OuterRef("day"))
    return Subquery(rows.order_by("-day").values(column)[:1])
