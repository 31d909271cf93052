"""What happened at an account and what is due there: the one list of every dated fact, which the page, REST and CSV all read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, overload

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.models import AccountEdit, Contact, Contract, Interaction, Invoice, Mention, Note, QuietPeriod, SurveyResponse, Ticket
from churn.models import (
    CaseOutcome,
    ChurnRecord,
    ExitInterview,
    Forecast,
    Intervention,
    ItemStep,
    PaymentReminder,
    PlayRun,
    RenewalCase,
    Task,
    UsageSheet,
)
from csm_portal.portal.account.dated import Branch, Dated, Found, Source, Wanted, branch, count, person, read
from csm_portal.portal.timeline_figures import figure_branches
from health.models import (
    AccountState,
    FeedbackCare,
    Milestone,
    Outcome,
    OutcomeProof,
    Override,
    Rating,
    Review,
    ScenarioAgreement,
    ScenarioStep,
)

if TYPE_CHECKING:
    from accounts.models import Account

MONEY = {"amount": "amount", "currency": "currency"}
TERM = {"product": "product", "plan": "plan", "mrr": "mrr", "currency": "currency"}
DUE = {"product": "product", "ends_on": "ends_on", "currency": "currency"}
TICKET = {"subject": "subject", "ticket": "kind", "priority": "priority", "escalated": "escalated"}
EDIT = {"field": "field", "old": "old", "new": "new", "undone": "undone_at"}
SHEET = {"product": "product", "ends_on": "ends_on", "as_of": "as_of"}
FORECAST = {**DUE, "amount": "amount", "expansion": "expansion", "probability": "probability", "category": "category", "text": "reason"}
HELD = {
    "review": "kind",
    "executive": "executive_attended",
    "landed": "landed",
    "fell_flat": "fell_flat",
    "feedback": "feedback",
    "next_on": "next_on",
}
PROVEN = {"text": "outcome__statement", "action": "outcome__action", "metric": "outcome__metric", "reached": "reached", "needed": "needed"}
MENTIONED = ArraySubquery(Mention.objects.filter(note=OuterRef("pk")).order_by("pk").values_list(person("user")))
MOVED = {"review": "old__kind", "before": "old__planned_on", "now": "new__planned_on"}
# Changes of a planned review in the log: a row before, another day or none after.
REVIEWED = Q(field__startswith="review:", undone_at__isnull=True, old__planned_on__isnull=False, old__held_on=None)
ANOTHER_DAY = Q(new__planned_on__isnull=False) & ~Q(old__planned_on=F("new__planned_on"))
ITEM = {"rule": "item__rule", "text": "reason"}
IN_FORCE = Q(withdrawn_at__isnull=True)
WANTED = Q(withdrawn_on__isnull=True)
SOURCES: dict[str, tuple[Source, ...]] = {
    "judged": (
        Source("rated", Rating, "rated_on", {"question": "question", "score": "score", "text": "reason"}, author="rated_by"),
        Source("override_started", Override, "starts_on", {"band": "band", "text": "reason", "until": "ends_on"}, IN_FORCE, "author"),
        Source("override_ended", Override, "ends_on", {"band": "band"}, IN_FORCE),
    ),
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
        Source("reminded", PaymentReminder, "sent_at", {"contact": "contact__name", "text": "subject"}, author="approved_by"),
    ),
    "renewals": (
        Source("renewal_due", RenewalCase, "ends_on", {**DUE, "amount": "due_mrr"}, Q(state="open")),
        Source("renewal_decided", RenewalCase, "resolved_on", {**DUE, "state": "state", "due": "due_mrr", "amount": "renewed_mrr"}),
        Source("forecast", Forecast, "entered_at", FORECAST, IN_FORCE, "author"),
        Source(
            "renewal_entered",
            CaseOutcome,
            "entered_at",
            {**DUE, "state": "state", "amount": "renewed_mrr", "text": "note"},
            IN_FORCE,
            "author",
        ),
        Source("sheet_shared", UsageSheet, "shared_at", SHEET, IN_FORCE, "author"),
        Source("churned", ChurnRecord, "churned_on", {"type": "type", "cause": "cause", "text": "note"}, IN_FORCE, "entered_by"),
        Source("exit_interview", ExitInterview, "held_on", {"text": "why", "changed_mind": "changed_mind"}, IN_FORCE, "author"),
    ),
    "goals": (
        Source("outcome_achieved", Outcome, "achieved_on", {"text": "statement"}),
        Source("outcome_due", Outcome, "due_on", {"text": "statement", "status": "status"}, WANTED & ~Q(status="achieved")),
        Source("outcome_proven", OutcomeProof, "proven_on", PROVEN, account="outcome__account"),
        Source("north_star", AccountState, "north_star_crossed_on", {"reached": "north_star"}),
        Source("scenario_step", ScenarioStep, "taken_on", {"scenario": "scenario", "step": "kind", "text": "note"}, IN_FORCE, "author"),
        Source(
            "scenario_agreed",
            ScenarioAgreement,
            "starts_on",
            {"scenario": "scenario", "days": "days_per_month", "share": "seat_share", "text": "reason"},
        ),
        Source("milestone_done", Milestone, "done_on", {"text": "name"}),
        Source("milestone_due", Milestone, "due_on", {"text": "name"}, Q(done_on__isnull=True)),
        Source("quiet_started", QuietPeriod, "starts_on", {"text": "reason", "until": "ends_on"}),
        Source("quiet_ended", QuietPeriod, "ends_on", {"text": "reason"}),
    ),
    "reviews": (
        Source("review_planned", Review, "planned_on", {"review": "kind"}, Q(held_on__isnull=True), "entered_by"),
        Source("review_held", Review, "held_on", HELD, author="entered_by"),
        Source("review_moved", AccountEdit, "edited_at", MOVED, REVIEWED & ANOTHER_DAY, "author"),
        Source("review_cancelled", AccountEdit, "edited_at", MOVED, REVIEWED & Q(new__isnull=True), "author"),
        Source(
            "feedback_answered",
            FeedbackCare,
            "answered_on",
            {"text": "answer", "feedback": "review__feedback"},
            author="answered_by",
            account="review__account",
        ),
    ),
    "acting": (
        Source("item_done", ItemStep, "taken_at", ITEM, Q(kind="done", undone_at__isnull=True), "author", "item__account"),
        Source("item_dismissed", ItemStep, "taken_at", ITEM, Q(kind="dismissed", undone_at__isnull=True), "author", "item__account"),
        Source("task_done", Task, "done_at", {"text": "title"}, IN_FORCE & Q(done_at__isnull=False), "done_by"),
        Source("play_begun", PlayRun, "begun_at", {"text": "play__name", "zh": "play__name_zh"}, IN_FORCE, "begun_by"),
        Source("intervention", Intervention, "began_on", {"intervention": "kind", "text": "note"}, IN_FORCE, "author"),
    ),
    "touch": (
        Source("interaction", Interaction, "happened_at", {"touch": "kind", "text": "note", "contact": "contact__name"}, author="by"),
        Source("note", Note, "written_at", {"text": "text", "mentions": MENTIONED}, author="author"),
        Source(
            "survey_answered",
            SurveyResponse,
            "responded_at",
            {"survey": "kind", "score": "score", "scale": "scale", "text": "comment"},
        ),
        Source("contact_left", Contact, "left_on", {"text": "name", "role": "role"}),
    ),
    # Answers are in the log too, for their undo; they are told as ratings.
    "edits": (Source("edited", AccountEdit, "edited_at", EDIT, ~Q(field__contains=":"), "author"),),
}  # fmt: skip
FIGURES = {
    "figures": ("redone_days", "band", "level", "week", "month", "likelihood", "definition_activity", "definition_health"),
    "steps": ("level_step", "redone"),
    "goals": ("outcome_defined", "outcome_changed", "outcome_withdrawn"),
}
GROUPS: dict[str, str | Promise] = {
    "figures": gettext_lazy("levels and bands"),
    "steps": gettext_lazy("every change of level"),
    "judged": gettext_lazy("ratings and corrections"),
    "tickets": gettext_lazy("tickets"),
    "money": gettext_lazy("contracts and invoices"),
    "renewals": gettext_lazy("renewals"),
    "goals": gettext_lazy("outcomes and usage"),
    "reviews": gettext_lazy("reviews and feedback"),
    "acting": gettext_lazy("reasons, tasks and plays"),
    "touch": gettext_lazy("contact and notes"),
    "edits": gettext_lazy("edits"),
}
# Asked for by name only: a change of one step between two days is no news, and one night may compute a hundred days again.
QUIET = "steps"
KINDS: dict[str, str] = {
    **{kind: group for group, kinds in FIGURES.items() for kind in kinds},
    **{source.kind: group for group, sources in SOURCES.items() for source in sources},
}


def kinds_of(asked: Iterable[str], *, quiet: bool = True) -> frozenset[str]:
    """Kinds of the groups and kinds asked for; unknown words are passed over. Nothing known asked: all, without the quiet group unless
    it is let in."""
    wanted = set(asked)
    found = frozenset(kind for kind, group in KINDS.items() if kind in wanted or group in wanted)
    return found or frozenset(kind for kind, group in KINDS.items() if quiet or group != QUIET)


def happened(account: Account, wanted: Wanted, *, start: int = 0, n: int | None = None) -> Found:
    """Rows `start … start + n` of what is wanted, the latest first. One statement; the account comes from `visible_to`."""
    return read(_branches(), account, wanted, start=start, n=n)


class Timeline(Sequence[Dated]):
    """All that is wanted of an account, read page by page: its length and every slice are one statement each."""

    def __init__(self, account: Account, wanted: Wanted) -> None:
        self.account, self.wanted = account, wanted

    def __len__(self) -> int:
        return count(_branches(), self.account, self.wanted)

    @overload
    def __getitem__(self, at: int) -> Dated: ...

    @overload
    def __getitem__(self, at: slice) -> list[Dated]: ...

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            start = at.start or 0
            return happened(self.account, self.wanted, start=start, n=None if at.stop is None else max(0, at.stop - start)).rows
        return happened(self.account, self.wanted, start=at, n=1).rows[0]


@cache
def _branches() -> tuple[Branch, ...]:
    return (*(branch(source) for group in SOURCES.values() for source in group), *figure_branches())
