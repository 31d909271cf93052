"""Closed renewals with tickets and plans in the database, of which those with many tickets on a basic plan were mostly lost."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from accounts.models import Account, Contract, Source, Ticket
from churn.models import RenewalCase
from tests.factories import RECORDED, SourceFactory

AS_OF = date(2026, 11, 19)
FIRST_DUE = date(2025, 6, 1)
SPAN = 480
TICKETS = 6


def closed_renewals(n: int = 400, *, seed: int = 3, lost: bool = True, prefix: str = "past") -> list[RenewalCase]:
    """So many accounts with a year's term that ended, seen 90 days ahead with tickets or without; `lost=False`: all renewed."""
    draw, source = random.Random(seed), SourceFactory.make()
    accounts = Account.objects.bulk_create(
        Account(external_id=f"{prefix}-{i}", name=f"{prefix} {i}", recorded_at=RECORDED) for i in range(n)
    )  # fmt: skip
    cases, contracts, tickets = [], [], []
    for place, account in enumerate(accounts):
        ends_on = FIRST_DUE + timedelta(days=place * SPAN // n)
        troubled, basic = draw.random() < 0.35, draw.random() < 0.5
        gone = lost and draw.random() < (0.85 if troubled and basic else 0.08)
        contracts.append(term(source, account, ends_on - timedelta(days=365), ends_on, "basic" if basic else "pro"))
        if not gone:
            contracts.append(term(source, account, ends_on, ends_on + timedelta(days=365), "basic" if basic else "pro"))
        if troubled:
            tickets += some_tickets(source, account, ends_on - timedelta(days=95))
        cases.append(case(account, ends_on, state="lost" if gone else "renewed"))
    Contract.objects.bulk_create(contracts)
    Ticket.objects.bulk_create([*tickets, *some_tickets(source, accounts[0], FIRST_DUE - timedelta(days=200), n=1)])
    return RenewalCase.objects.bulk_create(cases)


def term(source: Source, account: Account, starts_on: date, ends_on: date, plan: str) -> Contract:
    """A signed term, recorded on the day it began."""
    recorded = datetime.combine(min(starts_on, AS_OF), time(), UTC)
    return Contract(
        source=source,
        account=account,
        external_id=f"{account.external_id} {starts_on}",
        starts_on=starts_on,
        ends_on=ends_on,
        plan=plan,
        currency="USD",
        mrr=Decimal(100),
        recorded_at=recorded,
    )


def some_tickets(source: Source, account: Account, day: date, *, n: int = TICKETS, recorded_on: date | None = None) -> list[Ticket]:
    """Tickets of one day, recorded that day or another one."""
    opened = datetime.combine(day, time(9), UTC)
    recorded = opened if recorded_on is None else datetime.combine(recorded_on, time(9), UTC)
    return [
        Ticket(source=source, account=account, external_id=f"{account.external_id} {day} {i}", opened_at=opened, recorded_at=recorded)
        for i in range(n)
    ]


def case(account: Account, ends_on: date, state: str) -> RenewalCase:
    """A due of a year's term, known on the day it ended."""
    return RenewalCase(
        account=account,
        product="default",
        ends_on=ends_on,
        starts_on=ends_on - timedelta(days=365),
        decision_on=ends_on,
        currency="USD",
        due_mrr=Decimal(100),
        due_reporting=Decimal(100),
        renewed_reporting=Decimal(100) if state == "renewed" else None,
        state=state,
        contract_state=state,
        resolved_on=ends_on,
    )
