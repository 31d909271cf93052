"""What people enter about a renewal: forecast, steps, outcome. Checked, saved at once, and taken back by their author.

An outcome wins over what the contracts say, here and at every night after. Nothing is deleted: what is taken back stays as withdrawn.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.edit_values import NotSaved
from accounts.edits import UNDO_FOR
from accounts.models import Account
from accounts.terms import DueState
from accounts.types import Role
from churn.decision_values import ForecastValues, OutcomeValues
from churn.models import CaseCheck, CaseOutcome, Forecast, RenewalCase
from churn.models.decisions import OfDue
from churn.renewals import settle_one
from churn.types import CheckKind
from health.models import AccountState

if TYPE_CHECKING:
    from accounts.models import User

# A form sent twice by an impatient finger is one forecast.
SAME_FORECAST = timedelta(minutes=1)
D = TypeVar("D", bound=OfDue)


@transaction.atomic
def enter_forecast(user: User, case: RenewalCase, values: ForecastValues, at: datetime) -> Forecast:
    """Keep a forecast of an open renewal that the user sees; the latest counts, the earlier ones stay as its history. Raises NotSaved.

    The same forecast of the same person again within a minute is the same forecast.
    """
    case = _held(user, case)
    if case.state != DueState.OPEN:
        raise NotSaved({"": _("This renewal is decided already, so there is nothing to forecast.")})
    if values.amount > case.due_mrr:
        told = _("At most %(due)s can be renewed; what comes on top goes into the expansion.")
        raise NotSaved({"amount": told % {"due": f"{case.due_mrr} {case.currency}"}})
    wanted = {
        "currency": case.currency,
        "amount": values.amount,
        "expansion": values.expansion,
        "probability": values.probability,
        "category": values.category.value,
        "reason": values.reason,
    }
    latest = _of(Forecast, case).order_by("-entered_at", "-pk").first()
    if latest and latest.author_id == user.pk and latest.entered_at > at - SAME_FORECAST and _says(latest, wanted):
        return latest
    return Forecast.objects.create(**_due(case), **wanted, author=user, entered_at=at)


@transaction.atomic
def withdraw_forecast(user: User, pk: int, at: datetime) -> RenewalCase | None:
    """Take back the user's own forecast of the last day, so that the one before it counts again; None: there is no such forecast."""
    return _case(row) if (row := _withdrawn(Forecast, user, pk, at)) else None


@transaction.atomic
def tick(user: User, case: RenewalCase, kind: CheckKind, at: datetime) -> CaseCheck:
    """Tick a step of a renewal that the user sees; a step that is ticked already stays as it is."""
    case = _held(user, case)
    found = _of(CaseCheck, case).filter(kind=kind).first()
    return found or CaseCheck.objects.create(**_due(case), kind=kind.value, author=user, checked_at=at)


@transaction.atomic
def untick(user: User, pk: int, at: datetime) -> RenewalCase | None:
    """Take back a tick: its author within a day, or whoever manages the account at any time; None: there is no such tick of theirs.

    A pack that opened by itself is not closed again.
    """
    return _case(row) if (row := _withdrawn(CaseCheck, user, pk, at)) else None


@transaction.atomic
def enter_outcome(user: User, case: RenewalCase, values: OutcomeValues, at: datetime) -> CaseOutcome:
    """Keep what became of a renewal that the user sees; it takes the place of an outcome entered before. Raises NotSaved.

    The case and the account's next renewal say so at once.
    """
    case = _held(user, case)
    if values.decided_on < case.starts_on:
        told = _("%(day)s lies before the term began; right would be %(first)s or later.")
        raise NotSaved({"decided_on": told % {"day": values.decided_on, "first": case.starts_on}})
    wanted = {"state": values.state.value, "renewed_mrr": values.renewed_mrr, "decided_on": values.decided_on, "note": values.note}
    before = _of(CaseOutcome, case).first()
    if before and _says(before, wanted):
        return before
    # Outcomes are written before cases here and in the night, so that neither waits for the other for ever.
    _of(CaseOutcome, case).update(withdrawn_at=at)
    outcome = CaseOutcome.objects.create(**_due(case), **wanted, currency=case.currency, author=user, entered_at=at)
    _settle_again(case)
    return outcome


@transaction.atomic
def withdraw_outcome(user: User, pk: int, at: datetime) -> RenewalCase | None:
    """Take back an outcome: its author within a day, or whoever manages the account at any time; None: there is no such outcome of theirs.

    Within the day what it had replaced counts again; else the contracts have the word.
    """
    row = _withdrawn(CaseOutcome, user, pk, at)
    if row is None:
        return None
    if at - row.entered_at < UNDO_FOR:
        _of_key(CaseOutcome, row).filter(withdrawn_at=row.entered_at).update(withdrawn_at=None)
    case = _case(row)
    if case is not None:
        _settle_again(case)
    return case


def may_withdraw(user: User, row: Forecast | CaseCheck | CaseOutcome, at: datetime) -> bool:
    """Whether `user`, who sees the account, may take the row back now."""
    if row.author_id is None or row.withdrawn_at is not None or not user.is_active:
        return False
    entered: datetime = row.checked_at if isinstance(row, CaseCheck) else row.entered_at
    if row.author_id == user.pk and entered > at - UNDO_FOR:
        return True
    # A forecast is measured later against what happened: nobody takes it out of the record afterwards.
    return not isinstance(row, Forecast) and user.role in {Role.MANAGER, Role.ADMIN}


def _held(user: User, case: RenewalCase) -> RenewalCase:
    """The case as it is now, its account locked against a second hand. Raises RenewalCase.DoesNotExist for what is not theirs."""
    seen: RenewalCase = RenewalCase.objects.visible_to(user).get(pk=case.pk)
    Account.objects.select_for_update(no_key=True).get(pk=seen.account_id)
    seen.refresh_from_db()
    return seen


def _withdrawn(model: type[D], user: User, pk: int, at: datetime) -> D | None:
    # Its author takes back also what is no longer theirs to see.
    row: Any = model._default_manager.select_for_update().filter(pk=pk).first()
    if row is None or not may_withdraw(user, row, at):
        return None
    if row.author_id != user.pk and not Account.objects.visible_to(user).filter(pk=row.account_id).exists():
        return None
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    found: D = row
    return found


def _says(row: OfDue, wanted: dict[str, Any]) -> bool:
    return all(getattr(row, name) == value for name, value in wanted.items())


def _due(row: RenewalCase | OfDue) -> dict[str, Any]:
    return {"account_id": row.account_id, "product": row.product, "ends_on": row.ends_on}


def _of_key(model: type[D], row: RenewalCase | OfDue) -> QuerySet[D]:
    return model._default_manager.filter(**_due(row))


def _of(model: type[D], row: RenewalCase | OfDue) -> QuerySet[D]:
    return _of_key(model, row).filter(withdrawn_at__isnull=True)


def _case(row: OfDue) -> RenewalCase | None:
    """The case of the due; None where the contracts no longer have it."""
    return RenewalCase.objects.filter(**_due(row)).first()


def _settle_again(case: RenewalCase) -> None:
    """Bring the case, and the account's next renewal, to what contracts and the outcome in force say now."""
    settle_one(case)
    following = RenewalCase.objects.filter(account=case.account_id, state=DueState.OPEN).order_by("ends_on", "product")
    found: tuple[date | None, date | None] = following.values_list("ends_on", "decision_on").first() or (None, None)
    AccountState.objects.filter(account=case.account_id).update(renewal_on=found[0], decision_on=found[1])
