"""Small books of contracts for tests of money: terms, a published day, a user who sees everything."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import Account, Contract, ExchangeRate, RenewalDefinition, User
from accounts.types import Role
from tests import factories as make
from tests.rest import published_run

AS_OF = date(2026, 6, 30)


def book(as_of: date = AS_OF) -> User:
    """A published day, and an admin, who sees every account."""
    published_run(as_of)
    return make.UserFactory.make(email="admin@example.com", role=Role.ADMIN)


def account(external_id: str, **fields: Any) -> Account:
    """An account without contract."""
    return make.AccountFactory.make(external_id=external_id, **fields)


def pays(who: Account | str, starts_on: str, ends_on: str | None, mrr: Decimal | int | str = 100, **fields: Any) -> Contract:
    """A term `[starts_on, ends_on)`; an account named by its id is made when it is new."""
    owner = who if isinstance(who, Account) else Account.objects.filter(external_id=who).first() or account(who)
    return make.ContractFactory.make(
        account=owner,
        starts_on=date.fromisoformat(starts_on),
        ends_on=date.fromisoformat(ends_on) if ends_on else None,
        mrr=Decimal(mrr),
        **fields,
    )


def rate(currency: str, day: str, value: str) -> None:
    """An exchange rate from that day on."""
    ExchangeRate.objects.create(currency=currency, day=date.fromisoformat(day), rate=Decimal(value))


def define_renewals(*, bridge: int, grace: int = 30) -> None:
    """Publish the next `[renewals]`."""
    RenewalDefinition.objects.create(
        version=RenewalDefinition.objects.count() + 1,
        effective_from=date(2000, 1, 1),
        body={"renewal_grace_days": grace, "bridge_gap_days": bridge},
        digest=str(RenewalDefinition.objects.count()),
        published_at=make.RECORDED,
    )
