"""Accounts that stopped paying, and what hangs on them, for tests of losses and their reasons."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from accounts.calendar_rules import RenewalRules
from accounts.models import Account, FitRecord, User
from accounts.types import Role
from churn.as_of import Basis
from churn.models import ChurnRecord
from tests.factories import RECORDED, AccountFactory, ContractFactory, SourceFactory, UserFactory

AS_OF = date(2026, 10, 31)
NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
TODAY = date(2026, 11, 1)
BASIS = Basis(AS_OF, 1, RenewalRules(30, 0))


def admin() -> User:
    """Somebody who sees everything."""
    return UserFactory.make(role=Role.ADMIN)


def left(on: date = date(2026, 3, 1), *, since: date = date(2024, 3, 1), mrr: int | str = 100, **fields: Any) -> Account:
    """An account whose only term ended on the day."""
    account = AccountFactory.make(**fields)
    term(account, since, on, mrr)
    return account


def term(account: Account, starts_on: date, ends_on: date | None, mrr: int | str = 100, **fields: Any) -> None:
    """One more term."""
    ContractFactory.make(account=account, starts_on=starts_on, ends_on=ends_on, mrr=Decimal(mrr), **fields)


def record(account: Account, churned_on: date = date(2026, 3, 1), **fields: Any) -> ChurnRecord:
    """A row of the file `churns`."""
    known = {"source": SourceFactory.make(), "external_id": f"x{ChurnRecord.objects.count()}", "recorded_at": RECORDED}
    return ChurnRecord.objects.create(account=account, churned_on=churned_on, **{**known, **fields})


def fit(account: Account, *told: tuple[str, date]) -> None:
    """The history of the account's fit, as recorded at noon of these days."""
    FitRecord.objects.filter(account=account).delete()
    for word, day in told:
        FitRecord.objects.create(account=account, fit=word, recorded_at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
