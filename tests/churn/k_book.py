"""Closed renewals of accounts that were active or not three months before, for tests of k."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import Account, User
from churn.models import RenewalCase
from csm_portal.lib.periods import add_months
from health.models import AccountDay, AccountPeriod, HealthScore
from tests.factories import AccountFactory
from tests.portal.shown_book import published_run

DUE = date(2026, 8, 15)
LEAD = date(2026, 5, 1)


def began(day: date = date(2025, 12, 1), events: int = 1) -> None:
    """The first event ever, long before the months of these tests; without `events` a day that was graded though nobody looked."""
    AccountDay.objects.create(
        run=published_run(), account=AccountFactory.make(), day=day, level=events, key_actions=events, active_seats=events, seats=1,
        events=events, paying=True, active=bool(events), working=True, version=1,
    )  # fmt: skip


def month(account: Account, starts_on: date, active: bool | None, **fields: Any) -> AccountPeriod:
    """What a published month says of an account."""
    told = _month(account, starts_on, active, **fields)
    told.save()
    return told


def _month(account: Account, starts_on: date, active: bool | None, **fields: Any) -> AccountPeriod:
    values: dict[str, Any] = {"paying": True, "joined": False, "provisional": False, "can_reach": False, "levels": [0] * 5, **fields}
    return AccountPeriod(
        run=published_run(), grain="month", starts_on=starts_on, ends_on=add_months(starts_on, 1), account=account, active_days=1,
        known_days=1, working_days=20, bar=12, active=active, version=1, **values,
    )  # fmt: skip


def due(
    owner: User | None,
    state: str = "renewed",
    active: bool | None = True,
    *,
    ends_on: date = DUE,
    days: int = 365,
    mrr: int = 100,
    renewed: int | None = None,
    **account: Any,
) -> RenewalCase:
    """A due of an account of its own, with its activity in month D-3."""
    holder = AccountFactory.make(owner=owner, **account)
    month(holder, add_months(ends_on, -3), active)
    case = _case(holder, state, ends_on=ends_on, days=days, mrr=mrr, renewed=renewed)
    case.save()
    return case


def _case(holder: Account, state: str, *, ends_on: date = DUE, days: int = 365, mrr: int = 100, renewed: int | None = None) -> RenewalCase:
    kept = None if state != "renewed" else Decimal(mrr if renewed is None else renewed)
    return RenewalCase(
        account=holder, product="default", ends_on=ends_on, starts_on=date.fromordinal(ends_on.toordinal() - days), decision_on=ends_on,
        currency="USD", due_mrr=mrr, renewed_mrr=kept, due_reporting=mrr, renewed_reporting=kept, state=state, contract_state=state,
    )  # fmt: skip


def dues(
    owner: User | None, active: tuple[int, int], others: tuple[int, int], *, ends_on: date = DUE, mrr: int = 100, **account: Any
) -> None:
    """So many active accounts and of them renewed, so many others and of them renewed."""
    ends = [(was_active, number < renewed) for was_active, (n, renewed) in ((True, active), (False, others)) for number in range(n)]
    holders = Account.objects.bulk_create(AccountFactory.build_batch(len(ends), owner=owner, **account))
    told = list(zip(holders, ends, strict=True))
    AccountPeriod.objects.bulk_create(_month(holder, add_months(ends_on, -3), was_active) for holder, (was_active, _) in told)
    RenewalCase.objects.bulk_create(
        _case(holder, "renewed" if renewed else "lost", ends_on=ends_on, mrr=mrr) for holder, (_, renewed) in told
    )


def banded(case: RenewalCase, band: str) -> None:
    """The band of the case's account as it was published 90 days before the due."""
    HealthScore.objects.create(
        run=published_run(), account=case.account, day=date.fromordinal(case.ends_on.toordinal() - 90), band=band, score=50,
        coverage=1, facets={}, version=1,
    )  # fmt: skip
