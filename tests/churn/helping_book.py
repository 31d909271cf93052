"""Decided renewals with something tried before them or not, for the tests of what helped."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from accounts.models import Account, User
from churn.helping.interventions import Tried, enter
from churn.models import ActionItem, Intervention, RenewalCase
from health.models import HealthScore
from tests.churn.k_book import DUE, due
from tests.factories import UserFactory
from tests.portal.shown_book import NOW, published_run

TODAY = date(2026, 11, 20)
FACETS = {"activity": {"value": 60, "weight": 1, "evidence": {}}}


def decided(
    owner: User | None = None, state: str = "renewed", *, lead: int = 60, score: float = 60, ends_on: date = DUE, **account: Any
) -> RenewalCase:
    """A closed renewal with the health published so many days before it."""
    case = due(owner, state, ends_on=ends_on, **{"tier": "mid", **account})
    HealthScore.objects.create(
        run=published_run(), account=case.account, day=ends_on - timedelta(days=lead), band="amber", score=score, coverage=1, facets=FACETS,
        version=1,
    )  # fmt: skip
    return case


def tried(case: RenewalCase, days_before: int = 45, kind: str = "training") -> Intervention:
    """Something tried so many days before the due."""
    told = Tried(kind, case.ends_on - timedelta(days=days_before))
    return enter(UserFactory.make(), case.account, told, NOW, TODAY)[0]


def item(account: Account, opened_on: date, rule: str = "usage_drop", **fields: Any) -> ActionItem:
    """An item of the day's list."""
    return ActionItem.objects.create(account=account, rule=rule, opened_on=opened_on, opened_at=NOW, true_on=opened_on, **fields)
