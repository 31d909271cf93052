"""A book of steady accounts as a night would leave it, for the tests of alarms."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts.models import Account, User
from health.models import AccountDay, AccountState, PublishedSlice, Run
from health.types import Grain
from tests.factories import AccountFactory, define_activity, open_run

AS_OF = date(2026, 10, 30)  # a Friday
NOW = datetime(2026, 10, 31, 2, tzinfo=UTC)
WEEKS = 20


def published(as_of: date = AS_OF, weeks: int = WEEKS) -> Run:
    """A published run that every day of the weeks points to."""
    define_activity()
    run = open_run(as_of)
    run.state = "published"
    run.finished_at = NOW
    run.save()
    days = [as_of - timedelta(days=back) for back in range(weeks * 7)]
    PublishedSlice.objects.bulk_create([PublishedSlice(grain=Grain.DAY, starts_on=day, run=run) for day in days])
    return run


def steady(
    run: Run, value: int = 36, *, owner: User | None = None, weeks: int = WEEKS, changed: dict[date, int] | None = None, **account: Any
) -> Account:
    """An account that does the same on every weekday, but for the days named; weekends are closed."""
    made = AccountFactory.make(owner=owner, **account)
    days = [run.as_of - timedelta(days=back) for back in range(weeks * 7)]
    AccountDay.objects.bulk_create(
        AccountDay(
            run=run, account=made, day=day, level=2, key_actions=(changed or {}).get(day, value if day.weekday() < 5 else 0),
            active_seats=3, seats=10, paying=True, active=True, working=day.weekday() < 5, version=1,
        )
        for day in days
    )  # fmt: skip
    AccountState.objects.create(account=made, run=run, as_of=run.as_of, paying=True, level=2, activity_version=1, health_version=1)
    return made


def low(*days: date, value: int = 5) -> dict[date, int]:
    """These days far under the usual."""
    return dict.fromkeys(days, value)
