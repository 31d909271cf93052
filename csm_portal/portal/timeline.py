"""What happened at an account and what is due there, from every table that dates something of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from accounts.models import Contract, Interaction, Invoice, QuietPeriod, SurveyResponse, Ticket
from churn.models import ChurnRecord
from csm_portal.web import zone
from health.models import Milestone, Outcome, Override, Rating, Review

if TYPE_CHECKING:
    from accounts.models import Account, User


@dataclass(frozen=True, slots=True)
class Entry:
    """One dated fact. `kind` is a word of `KINDS`, `text` what the row itself says, in the words it was loaded with."""

    day: date
    kind: str
    text: str
    external_id: str | None = None


Source = tuple[str, Any, str, Callable[[Any], str]]


def _term(row: Contract) -> str:
    return " · ".join(part for part in (row.product, row.plan, f"{row.mrr} {row.currency}") if part)


def _answer(row: SurveyResponse) -> str:
    said = f"{row.kind} {row.score.normalize():f}/{row.scale.normalize():f}"
    return f"{said}: {row.comment}" if row.comment else said


# Kind, model, the column that dates it, and its text. Due and planned days may lie ahead.
SOURCES: tuple[Source, ...] = (
    ("contract_started", Contract, "starts_on", _term),
    ("contract_ended", Contract, "ends_on", _term),
    ("ticket_opened", Ticket, "opened_at", lambda row: row.subject or row.kind),
    ("ticket_closed", Ticket, "closed_at", lambda row: row.subject or row.kind),
    ("survey_answered", SurveyResponse, "responded_at", _answer),
    ("interaction", Interaction, "happened_at", lambda row: f"{row.kind}: {row.note}" if row.note else row.kind),
    ("invoice_issued", Invoice, "issued_on", lambda row: f"{row.amount} {row.currency}"),
    ("invoice_paid", Invoice, "paid_on", lambda row: f"{row.amount} {row.currency}"),
    ("review_planned", Review, "planned_on", lambda row: row.kind),
    ("review_held", Review, "held_on", lambda row: row.kind),
    ("rated", Rating, "rated_on", lambda row: f"{row.question} {row.score}" + (f": {row.reason}" if row.reason else "")),
    ("override_started", Override, "starts_on", lambda row: f"{row.band}: {row.reason}"),
    ("outcome_due", Outcome, "due_on", lambda row: row.statement),
    ("outcome_achieved", Outcome, "achieved_on", lambda row: row.statement),
    ("milestone_due", Milestone, "due_on", lambda row: row.name),
    ("milestone_done", Milestone, "done_on", lambda row: row.name),
    ("quiet_started", QuietPeriod, "starts_on", lambda row: row.reason),
    ("quiet_ended", QuietPeriod, "ends_on", lambda row: row.reason),
    ("churned", ChurnRecord, "churned_on", lambda row: " · ".join(part for part in (row.type, row.cause, row.note) if part)),
)
KINDS = tuple(kind for kind, *_rest in SOURCES)


def timeline(user: User, account: Account, first: date | None = None, last: date | None = None) -> list[Entry]:
    """Entries of `[first, last)` (either may be open) that the user may see, the latest first; instants on the account's local day."""
    entries = [entry for source in SOURCES for entry in _entries(user, account, source)]
    inside = [entry for entry in entries if (first is None or entry.day >= first) and (last is None or entry.day < last)]
    return sorted(inside, key=lambda entry: (-entry.day.toordinal(), KINDS.index(entry.kind), entry.external_id or "", entry.text))


def _entries(user: User, account: Account, source: Source) -> Iterator[Entry]:
    kind, model, column, text = source
    for row in model.objects.visible_to(user).filter(account=account, **{f"{column}__isnull": False}):
        if getattr(row, "withdrawn_at", None) is not None:
            continue
        when = getattr(row, column)
        day = when.astimezone(zone(account.timezone)).date() if isinstance(when, datetime) else when
        yield Entry(day, kind, text(row), getattr(row, "external_id", None))
