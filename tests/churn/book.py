"""A book whose renewals are derived by the night's own steps, for tests of what is built on them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import Account, Contract
from churn.models import RenewalCase
from churn.renewals import merge_cases, open_packs, stage_cases
from health.models import AccountState, Run
from health.states import merge_states, stage_states
from health.types import RunState
from tests import factories as make

AS_OF = date(2026, 2, 15)
TODAY = AS_OF + timedelta(days=1)
NOW = datetime(2026, 2, 16, 9, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def term(account: Account, starts_on: date, ends_on: date | None, mrr: int | str = 100, **fields: Any) -> Contract:
    """A contract known from its start unless `recorded_at` says otherwise."""
    fields.setdefault("recorded_at", datetime(starts_on.year, starts_on.month, starts_on.day, 12, tzinfo=UTC))
    contract: Contract = make.ContractFactory.make(account=account, starts_on=starts_on, ends_on=ends_on, mrr=mrr, **fields)
    return contract


def due(days: int, account: Account | None = None, mrr: int | str = 100, **fields: Any) -> Account:
    """An account whose year of contract is decided `days` after today (plus its notice)."""
    account = account or make.AccountFactory.make()
    ends_on = TODAY + timedelta(days=days + int(fields.get("notice_days", 0)))
    term(account, ends_on - timedelta(days=365), ends_on, mrr, **fields)
    return account


def night(as_of: date = AS_OF) -> int:
    """Stage, merge and publish; returns the case rows written."""
    run = make.open_run(as_of)
    with transaction.atomic():
        stage_states(run.pk, as_of)
        stage_cases(as_of)
        merge_states()
        written = merge_cases()
        open_packs(as_of)
        Run.objects.filter(pk=run.pk).update(state=RunState.PUBLISHED)
    return written


def only_case(account: Account | None = None, **fields: Any) -> Any:
    """The one case (of the account)."""
    return RenewalCase.objects.get(**({"account": account} if account else {}), **fields)


def next_renewal(account: Account) -> tuple[date | None, date | None]:
    """End and decision of the account's next renewal, as lists show it."""
    state = AccountState.objects.get(account=account)
    return state.renewal_on, state.decision_on
