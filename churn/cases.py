"""Renewals that fall due, as a person sees them: with the latest forecast, the steps ticked, the outcome, and what is missing now."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import BooleanField, DateField, Exists, F, Func, IntegerField, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import ExpressionWrapper, RawSQL
from django.db.models.functions import Cast, TruncDate

from accounts.cuts import ALL
from accounts.terms import DueState
from churn import policy
from churn.cuts_sql import cut
from churn.models import CaseCheck, CaseOutcome, ChurnRecord, Forecast, RenewalCase
from churn.types import CheckKind, Stage

if TYPE_CHECKING:
    from accounts.models import User

# First day to the decision of each stage; what is earlier is overdue.
STAGES: Mapping[Stage, int] = {Stage.DAYS_0_29: 0, Stage.DAYS_30_59: 30, Stage.DAYS_60_90: 60, Stage.DAYS_91_180: 91, Stage.LATER: 181}
PACK_OPENS = 90
USAGE_SHARED_FROM = 90
FORECAST_FROM = 30
# What may be missing, in the order in which it presses.
NEEDS = ("outcome", "forecast", "usage_shared")
D = TypeVar("D", bound=Model)


def listed(
    user: User,
    day: date,
    *,
    first: date | None = None,
    after: date | None = None,
    filters: Mapping[str, Sequence[str]] | None = None,
    stages: Iterable[str] | None = None,
    states: Iterable[str] | None = None,
    categories: Iterable[str] | None = None,
    needs: Iterable[str] | None = None,
    cut_on: date | None = None,
) -> QuerySet[RenewalCase]:
    """The dues that `user` may see, as of `day`, with what `with_decisions` adds; by decision day unless ordered otherwise.

    `first` and `after` narrow by the end of the term, `[first, after)`: a due belongs to the period of its end. `filters` are cuts as
    they stand on `cut_on` (without it: on `day`, so the people who have them now). A stage is where an open renewal stands, so `stages`
    let only open ones through. `needs` are words of NEEDS. One query; nothing is left out for want of an owner, a forecast or a rate.
    """
    rows = with_decisions(RenewalCase.objects.visible_to(user), day)
    if first is not None:
        rows = rows.filter(ends_on__gte=first)
    if after is not None:
        rows = rows.filter(ends_on__lt=after)
    if states is not None:
        rows = rows.filter(state__in=list(states))
    if stages is not None:
        rows = rows.filter(_any(in_stage(Stage(stage), day) for stage in stages))
    if categories is not None:
        rows = rows.filter(Q(forecast_category__in=list(categories)))
    if needs is not None:
        rows = rows.filter(_any(_needs(need, day) for need in needs))
    rows = _cut(rows, filters or {}, cut_on or day)
    return rows.select_related("account", "account__owner", "account__team").order_by("decision_on", "ends_on", "account_id", "product")


def with_decisions(rows: QuerySet[RenewalCase], day: date) -> QuerySet[RenewalCase]:
    """Adds `days_left` (to the decision, below 0 when it is past), the latest forecast that stands (`forecast_id`, `_amount`,
    `_expansion`, `_probability`, `_category`, `_reason`, `_on`, `_author`), `pack_opened_on`, `usage_shared_on`, and the outcome entered
    (`outcome_id`, `_state`, `_mrr`, `_on`, `_note`, `_author`); None where there is none. Amounts are MRR in the due's currency.
    """
    forecasts = _of_due(Forecast).order_by("-entered_at", "-id")
    outcomes = _of_due(CaseOutcome)
    checks = _of_due(CaseCheck)
    return rows.annotate(
        days_left=_days_from(day, F("decision_on")),
        forecast_id=Subquery(forecasts.values("id")[:1]),
        forecast_amount=Subquery(forecasts.values("amount")[:1]),
        forecast_expansion=Subquery(forecasts.values("expansion")[:1]),
        forecast_probability=Subquery(forecasts.values("probability")[:1]),
        forecast_category=Subquery(forecasts.values("category")[:1]),
        forecast_reason=Subquery(forecasts.values("reason")[:1]),
        forecast_on=Subquery(forecasts.annotate(day=TruncDate("entered_at")).values("day")[:1]),
        forecast_author=Subquery(forecasts.values("author__email")[:1]),
        pack_opened_on=Subquery(checks.filter(kind=CheckKind.PACK_OPENED).annotate(day=TruncDate("checked_at")).values("day")[:1]),
        usage_shared_on=Subquery(checks.filter(kind=CheckKind.USAGE_SHARED).annotate(day=TruncDate("checked_at")).values("day")[:1]),
        outcome_id=Subquery(outcomes.values("id")[:1]),
        outcome_state=Subquery(outcomes.values("state")[:1]),
        outcome_mrr=Subquery(outcomes.values("renewed_mrr")[:1]),
        outcome_on=Subquery(outcomes.values("decided_on")[:1]),
        outcome_note=Subquery(outcomes.values("note")[:1]),
        outcome_author=Subquery(outcomes.values("author__email")[:1]),
    )


def stage_of(case: RenewalCase, day: date) -> Stage | None:
    """Where an open renewal stands on the day, by days to its decision; None: it is decided, so it stands nowhere."""
    if case.state != DueState.OPEN:
        return None
    days = (case.decision_on - day).days
    reached = [stage for stage, first in STAGES.items() if days >= first]
    return reached[-1] if reached else Stage.OVERDUE


def needs(case: RenewalCase, day: date) -> list[str]:
    """What is missing of a case of `listed` on the day, most pressing first: words of NEEDS.

    Past the decision without outcome: the outcome. In the 30 days before it: a forecast. In the 90 days before it: that usage was shared.
    """
    if case.state != DueState.OPEN:
        return []
    row: Any = case
    days = (case.decision_on - day).days
    missing = {
        "outcome": days < 0,
        "forecast": 0 <= days <= FORECAST_FROM and row.forecast_id is None,
        "usage_shared": 0 <= days <= USAGE_SHARED_FROM and row.usage_shared_on is None,
    }
    return [name for name in NEEDS if missing[name]]


def in_stage(stage: Stage, day: date) -> Q:
    """Condition on a case: open, and in the stage on the day."""
    is_open = Q(state=DueState.OPEN)
    if stage is Stage.OVERDUE:
        return is_open & Q(decision_on__lt=day)
    order = list(STAGES)
    place = order.index(stage)
    found = is_open & Q(decision_on__gte=day + timedelta(days=STAGES[stage]))
    return found if place + 1 == len(order) else found & Q(decision_on__lt=day + timedelta(days=STAGES[order[place + 1]]))


def mismatched(rows: QuerySet[RenewalCase], other_amounts: Collection[int] = ()) -> QuerySet[RenewalCase]:
    """Those of the cases where people and contracts, or the contracts themselves, say different things.

    Either an outcome was entered and the contracts, once decided, say another (`entered_otherwise`), or a contract was to renew by itself
    and lapsed, and nobody has entered what happened or why the account left (`auto_renew_lapsed`, the model's own flag), or the amount
    entered is not the contracts' (`other_amounts`: keys of such cases).
    """
    reach = timedelta(days=policy.RECORD_REACH_DAYS)
    days = (OuterRef("ends_on") - reach, OuterRef("ends_on") + reach)
    told = ChurnRecord.objects.filter(account=OuterRef("account"), withdrawn_at__isnull=True, churned_on__range=days)
    in_force = _of_due(CaseOutcome).values("state")[:1]
    found = rows.alias(entered=Subquery(in_force)).annotate(
        entered_otherwise=ExpressionWrapper(
            Q(entered__isnull=False) & ~Q(contract_state=DueState.OPEN) & ~Q(contract_state=F("entered")), output_field=BooleanField()
        )
    )
    lapsed = Q(auto_renew_lapsed=True, entered__isnull=True) & ~Q(Exists(told))
    return found.filter(Q(entered_otherwise=True) | lapsed | Q(pk__in=list(other_amounts)))


def outcomes_without_due(user: User) -> QuerySet[CaseOutcome]:
    """Outcomes in force whose due the contracts no longer have: a term was corrected after the outcome was entered."""
    case = RenewalCase.objects.filter(account=OuterRef("account"), product=OuterRef("product"), ends_on=OuterRef("ends_on"))
    rows = CaseOutcome.objects.visible_to(user).filter(withdrawn_at__isnull=True).alias(case=Subquery(case.values("pk")[:1]))
    return rows.filter(case__isnull=True).select_related("account", "author").order_by("ends_on", "pk")


def unattended(rows: QuerySet[RenewalCase]) -> QuerySet[RenewalCase]:
    """Those of the cases that nobody works on: the account has no owner, or its owner has left."""
    return rows.filter(Q(account__owner__isnull=True) | Q(account__owner__is_active=False))


def _days_from(day: date, until: F) -> Func:
    # A difference of dates is a number of days here; Django itself would make an interval of it.
    start = Cast(Value(day, output_field=DateField()), DateField())
    return Func(until, start, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())


def _of_due(model: type[D]) -> QuerySet[D]:
    """Rows of the due of the outer case that are not withdrawn."""
    return model._default_manager.filter(
        account=OuterRef("account_id"), product=OuterRef("product"), ends_on=OuterRef("ends_on"), withdrawn_at__isnull=True
    )


def _needs(need: str, day: date) -> Q:
    is_open = Q(state=DueState.OPEN)
    if need == "outcome":
        return is_open & Q(decision_on__lt=day)
    last, missing = {
        "forecast": (FORECAST_FROM, Q(forecast_id__isnull=True)),
        "usage_shared": (USAGE_SHARED_FROM, Q(usage_shared_on__isnull=True)),
    }[need]
    return is_open & Q(decision_on__gte=day, decision_on__lte=day + timedelta(days=last)) & missing


def _any(conditions: Iterable[Q]) -> Q:
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found


def _cut(rows: QuerySet[RenewalCase], filters: Mapping[str, Sequence[str]], day: date) -> QuerySet[RenewalCase]:
    """Narrow by the cuts of every figure; a product is the due's own."""
    pieces = cut(ALL, filters, day="%(cut_on)s::date")
    if pieces.products:
        rows = rows.filter(product__in=pieces.products)
    if pieces.where == "true":
        return rows
    named = f"SELECT a.id FROM accounts_account a {pieces.joins} WHERE {pieces.where}"  # noqa: S608 - pieces of ours, values apart
    values: dict[str, Any] = {**pieces.params, "cut_on": day}
    order: list[str] = re.findall(r"%\((\w+)\)s", named)
    sql = re.sub(r"%\(\w+\)s", "%s", named)
    return rows.filter(account_id__in=RawSQL(sql, [values[name] for name in order]))  # noqa: S611 - the same
