"""One account in its renewal talk: a year of use by seats, scenarios, goals, tickets and the north star."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import Account, Contact, Ticket, User
from churn.models import RenewalCase
from health.models import AccountDay, Outcome, PublishedSlice, ScenarioPeriod
from tests.factories import RECORDED, ContractFactory, SeatFactory, SourceFactory, define_north_star
from tests.portal.shown_book import published_run, shown

DECEMBER, OCTOBER = date(2025, 12, 1), date(2026, 10, 1)
ENDS = date(2027, 1, 18)


def talk(owner: User | None, external_id: str = "acme", **state: Any) -> RenewalCase:
    """An open due of an account with 100 seats bought, 80 opened, one more in use each month from December 2025 on."""
    account = shown(owner, external_id, north_star=Decimal(62_000), outcome_status="behind", **state)
    if not PublishedSlice.objects.filter(grain="month", starts_on=date(2025, 11, 1)).exists():
        run = published_run()
        PublishedSlice.objects.create(grain="month", starts_on=date(2025, 11, 1), run=run)
    define_north_star(action="create_order", measure="value", threshold="80000")
    _use(account)
    _scenarios(account)
    _goals(account)
    for number, (subject, escalated) in enumerate([("Export is slow", False), ("Login fails in Bern", True)]):
        Ticket.objects.create(
            account=account, source=SourceFactory.make(), external_id=f"t{number} {external_id}", subject=subject, kind="bug",
            opened_at=datetime(2026, 11, 1 + number, tzinfo=UTC), escalated=escalated, recorded_at=RECORDED,
        )  # fmt: skip
    ContractFactory.make(account=account, starts_on=date(2026, 1, 18), ends_on=ENDS, seats=100, notice_days=30, mrr=Decimal(1000))
    return RenewalCase.objects.create(
        account=account, product="default", ends_on=ENDS, starts_on=date(2026, 1, 18), decision_on=ENDS - timedelta(days=30),
        currency="USD", due_mrr=1000, due_reporting=1000, state="open",
    )  # fmt: skip


def speaks(account: Account, language: str, role: str = "sponsor") -> Contact:
    """A contact with a language."""
    made = {"source": SourceFactory.make(), "external_id": f"c{Contact.objects.count()}", "recorded_at": RECORDED}
    return Contact.objects.create(account=account, name="Cleo", role=role, language=language, **made)


def seat_day(account: Account, day: date, seat: int, key_actions: int = 1) -> None:
    """What one seat did on one day."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_month('seat_day', %s)", [day])
        cursor.execute(
            "INSERT INTO seat_day (account_id, day, seat_id, events, key_actions, logged_in, scenarios, north_star, version)"
            " VALUES (%s, %s, %s, 1, %s, true, 0, 0, 1)",
            [account.pk, day, seat, key_actions],
        )


def _use(account: Account) -> None:
    """Two published days in each month, on which as many seats did a key action as months have gone by since November."""
    seats = [SeatFactory.make(account=account, external_id=f"{account.external_id} {n}") for n in range(12)]
    month = DECEMBER
    for place in range(11):
        for day in (month, month + timedelta(days=9)):
            AccountDay.objects.create(
                run=published_run(), account=account, day=day, level=2, key_actions=Decimal(30), active_seats=3, seats=80, activated=80,
                purchased=100, paying=True, active=True, working=True, version=1,
            )  # fmt: skip
            for seat in seats[: place + 1]:
                seat_day(account, day, seat.pk)
            # No key action, and no seat: neither is a seat in use.
            seat_day(account, day, seats[11].pk, 0)
            seat_day(account, day, 0, 5)
        month = (month + timedelta(days=31)).replace(day=1)


def _scenarios(account: Account) -> None:
    for month, days in ((date(2026, 8, 1), 12), (date(2026, 9, 1), 5), (OCTOBER, 14)):
        for name, expected, share in (("Orders", 12, "0.3"), ("Stock", 20, "0.5")):
            ScenarioPeriod.objects.create(
                run=published_run(), account=account, starts_on=month, scenario=name, days=days, expected_days=expected, seats=8,
                seat_share=Decimal("0.4"), expected_seat_share=Decimal(share), met=days >= expected and share == "0.3", version=1,
            )  # fmt: skip


def _goals(account: Account) -> None:
    goals = [
        ("Orders of all stores in one place", "achieved", date(2026, 3, 1), date(2026, 2, 20)),
        ("Stock differences halved", "behind", date(2026, 12, 1), None),
    ]
    for number, (statement, status, due_on, achieved_on) in enumerate(goals):
        Outcome.objects.create(
            account=account, source=SourceFactory.make(), external_id=f"o{number} {account.external_id}", statement=statement,
            status=status, due_on=due_on, achieved_on=achieved_on, target="50%", recorded_at=RECORDED,
        )  # fmt: skip
