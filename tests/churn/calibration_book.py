"""Decided renewals with the health that was published so many days before them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Account, User
from churn.models import RenewalCase
from health.models import HealthScore, PublishedSlice
from health.types import Grain
from tests.factories import RECORDED, AccountFactory
from tests.portal.shown_book import published_run

DUE = date(2026, 8, 15)
LEAD = timedelta(days=90)
SEEN = DUE - LEAD


def decided(state: str = "renewed", *, ends_on: date = DUE, owner: User | None = None, days: int = 365, **case: Any) -> RenewalCase:
    """A due of MRR 100 of an account of its own (or of `account`)."""
    holder = case.pop("account", None) or AccountFactory.make(owner=owner)
    kept = Decimal(100) if state == "renewed" else None
    values: dict[str, Any] = {
        "product": "default", "currency": "USD", "due_mrr": 100, "renewed_mrr": kept, "due_reporting": 100, "renewed_reporting": kept,
        "contract_state": state, **case,
    }  # fmt: skip
    return RenewalCase.objects.create(
        account=holder, ends_on=ends_on, starts_on=ends_on - timedelta(days=days), decision_on=ends_on, state=state, **values
    )


def health(account: Account, score: float | None, day: date = SEEN, **fields: Any) -> HealthScore:
    """Published health of a day; the band follows the score."""
    run = published_run()
    PublishedSlice.objects.update_or_create(grain=Grain.HEALTH, starts_on=day, defaults={"run": run})
    band = "unknown" if score is None else "red" if score < 50 else "amber" if score < 75 else "green"
    values: dict[str, Any] = {"band": band, "coverage": 1, "facets": {}, "version": 1, "machine": score, "human": score, **fields}
    return HealthScore.objects.create(run=run, account=account, day=day, score=score, **values)


def many(states: list[str], scores: list[float], *, first: date, owner: User | None = None, ahead: list[float] | None = None) -> None:
    """A renewal every day from `first` on, each with its score 90 days before; `ahead`: another one 30 days before."""
    run, known = published_run(), Account.objects.count()
    days = [first + timedelta(days=at) for at in range(len(states))]
    accounts = Account.objects.bulk_create(
        Account(external_id=f"m{known}-{at}", name=f"Many {at}", owner=owner, recorded_at=RECORDED) for at in range(len(states))
    )
    RenewalCase.objects.bulk_create(
        RenewalCase(
            account=account, product="default", ends_on=day, starts_on=day - timedelta(days=365), decision_on=day, currency="USD",
            due_mrr=100, due_reporting=100, renewed_mrr=100 if state == "renewed" else None,
            renewed_reporting=100 if state == "renewed" else None, state=state, contract_state=state,
        )
        for account, day, state in zip(accounts, days, states, strict=True)
    )  # fmt: skip
    told = [(account, day - LEAD, score) for account, day, score in zip(accounts, days, scores, strict=True)]
    if ahead:
        told += [(account, day - timedelta(days=30), score) for account, day, score in zip(accounts, days, ahead, strict=True)]
    shown = set(PublishedSlice.objects.filter(grain=Grain.HEALTH).values_list("starts_on", flat=True))
    PublishedSlice.objects.bulk_create(
        PublishedSlice(grain=Grain.HEALTH, starts_on=day, run=run) for day in {day for _account, day, _score in told} - shown
    )
    HealthScore.objects.bulk_create(
        HealthScore(
            run=run, account=account, day=day, score=score, band="red" if score < 50 else "amber" if score < 75 else "green",
            coverage=1, facets={}, version=1, machine=score, human=None,
        )
        for account, day, score in told
    )  # fmt: skip
