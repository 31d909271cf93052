"""A published book whose renewals were decided by chances we know: health of 90 days before each, and health of today."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from accounts.models import Account
from churn.models import RenewalCase
from health.models import AccountDay, HealthScore, PublishedSlice
from health.types import Grain
from tests.churn.simulated_renewals import EXPERTS, hand_scores, simulate
from tests.factories import RECORDED
from tests.health.graded import define_health
from tests.portal.shown_book import AS_OF, published_run

FIRST, LAST = date(2025, 3, 1), date(2026, 10, 5)
LEAD = timedelta(days=90)


def foreseen(n: int, seed: int = 1, *, experts: str = "typical", lost: int | None = None) -> list[Account]:
    """`n` accounts with one closed renewal each, spread over 19 months, that all pay today; `lost`: just so many were lost."""
    define_health(weights=EXPERTS[experts], min_coverage="0.1")
    run, renewals = published_run(), simulate(n, seed)
    renewed = renewals.renewed if lost is None else [place * lost // n == (place + 1) * lost // n for place in range(n)]
    scores = hand_scores(renewals.rows, EXPERTS[experts])
    days = [FIRST + (LAST - FIRST) * place // n for place in range(n)]
    accounts = Account.objects.bulk_create(
        Account(external_id=f"f{place}", name=f"Foreseen {place}", recorded_at=RECORDED, onboarded_on=date(2024, 1, 1))
        for place in range(n)
    )
    told = []
    for account, row, score, day in zip(accounts, renewals.rows, scores, days, strict=True):
        facets: dict[str, Any] = {name: {"value": value, "weight": EXPERTS[experts][name], "evidence": {}} for name, value in row.items()}
        band = "red" if score < 50 else "amber" if score < 75 else "green"
        values = {
            "run": run,
            "account": account,
            "score": min(max(score, 0), 100),
            "band": band,
            "coverage": 1,
            "facets": facets,
            "version": 1,
        }
        told += [HealthScore(day=day - LEAD, **values), HealthScore(day=AS_OF, **values)]
    HealthScore.objects.bulk_create(told)
    known = set(PublishedSlice.objects.filter(grain=Grain.HEALTH).values_list("starts_on", flat=True))
    PublishedSlice.objects.bulk_create(
        PublishedSlice(grain=Grain.HEALTH, starts_on=day, run=run) for day in {day - LEAD for day in days} - known
    )
    RenewalCase.objects.bulk_create(
        RenewalCase(
            account=account, product="default", ends_on=day, starts_on=day - timedelta(days=365), decision_on=day, currency="USD",
            due_mrr=100, renewed_mrr=100 if kept else None, due_reporting=100, renewed_reporting=100 if kept else None,
            state="renewed" if kept else "lost", contract_state="renewed" if kept else "lost",
        )
        for account, day, kept in zip(accounts, days, renewed, strict=True)
    )  # fmt: skip
    AccountDay.objects.bulk_create(
        AccountDay(
            run=run, account=account, day=AS_OF, level=1, key_actions=1, active_seats=1, seats=1, events=1, paying=True, active=True,
            working=True, version=1,
        )
        for account in accounts
    )  # fmt: skip
    return accounts
