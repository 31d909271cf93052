"""March 2026, built and published from events as the night would."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Account
from csm_portal.lib.periods import days_in
from health.account_days import build_account_days
from health.account_periods import build_periods, starts_touched
from health.models import ScenarioAgreement
from health.rollup.run import roll_up
from tests import factories as make

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def published(as_of: date = APRIL - timedelta(days=1)) -> None:
    """Build and publish March up to `as_of`."""
    run = make.open_run(as_of)
    make.claim(run)
    days = [day for day in days_in(MARCH, APRIL) if day <= as_of]
    roll_up(run.pk, MARCH, days[-1])
    build_account_days(run.pk, days)
    weeks, months = (starts_touched(grain, days, as_of) for grain in ("week", "month"))
    build_periods(run.pk, "week", weeks, as_of)
    build_periods(run.pk, "month", months, as_of)
    make.publish(run, days=days, weeks=weeks, months=months)


def worked(days: int, *, mrr: int = 100, action: str = "work", **fields: Any) -> Account:
    """An account with one seat that works on the first days of March."""
    account = make.AccountFactory.make(**fields)
    make.ContractFactory.make(account=account, mrr=mrr)
    seat = make.SeatFactory.make(account=account)
    for number in range(1, days + 1):
        make.event(account, date(2026, 3, number), action, seat=seat)
    return account


def agreed(
    account: Account, days: int | None = None, share: str | None = None, *, scenario: str = "S", since: date = MARCH, reason: str = ""
) -> ScenarioAgreement:
    """What the account agreed to, from a day on."""
    return ScenarioAgreement.objects.create(
        account=account,
        scenario=scenario,
        starts_on=since,
        days_per_month=days,
        seat_share=None if share is None else Decimal(share),
        reason=reason,
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
