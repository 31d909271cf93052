"""A book in which every rule of counting meets something to count, built and published for February and March 2026."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from accounts.models import Account, DirtyDay
from csm_portal.lib.periods import days_in
from health.account_days import build_account_days
from health.account_periods import build_periods
from health.models import ActivityDefinition, Run
from health.rollup.run import roll_up
from health.types import Grain, RunState
from tests import factories as make

FIRST, AS_OF = date(2026, 2, 1), date(2026, 3, 20)
DAYS = list(days_in(FIRST, AS_OF + timedelta(days=1)))
FEBRUARY, MARCH = [day for day in DAYS if day.month == 2], [day for day in DAYS if day.month == 3]


def restated_book() -> dict[str, Account]:
    """Accounts by what is special about them; version 1 of the activity definition holds."""
    make.define_activity(
        key_actions={"work": 1, "watch": 2},
        conditions={"watch": {"min_quantity": 60}},
        passive_actions=["mail"],
        excluded_email_domains=["vendor.example"],
        profiles=[{"when": {"plan": "pro"}, "low_multiple": 1}],
    )
    make.define_north_star(action="work", measure="count", threshold=10)
    found = {name: make.AccountFactory.make(tier="enterprise" if name == "busy" else "") for name in ("busy", "brand", "light", "trial")}
    store = make.AccountFactory.make(counts_for=found["brand"], parent=found["brand"])
    for account in (found["busy"], found["brand"]):
        make.ContractFactory.make(account=account, seats=4)
    # The plan changes in the middle of a month, and with it the profile.
    make.ContractFactory.make(account=found["light"], seats=3, plan="basic", ends_on=date(2026, 3, 10))
    make.ContractFactory.make(account=found["light"], seats=3, plan="pro", starts_on=date(2026, 3, 10))
    make.ContractFactory.make(account=found["trial"], seats=5, mrr=0)
    make.QuietPeriodFactory.make(account=found["busy"], starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 9))
    for place, account in enumerate([*found.values(), store]):
        _work(account, place)
    build(open_anew())
    return found


def _work(account: Account, place: int) -> None:
    """Seats of every kind, on days that differ by account: people, a bot, a colleague, a basic one, nobody named, a daily count."""
    seats = [
        make.SeatFactory.make(account=account, persona="advanced", activated_on=FIRST),
        make.SeatFactory.make(account=account, persona="basic", activated_on=date(2026, 2, 20)),
        make.SeatFactory.make(account=account, email="x@vendor.example", activated_on=FIRST),
        make.SeatFactory.make(account=account, kind="bot", activated_on=FIRST),
    ]
    for number, day in enumerate(DAYS):
        if (number + place) % 3 == 0:
            make.event(account, day, "work", seat=seats[number % 4], times=1 + number % 6)
        if (number + place) % 5 == 0:
            make.event(account, day, "watch", seat=seats[number % 2], quantity=30 + 10 * (number % 7))
        if (number + place) % 7 == 0:
            make.event(account, day, "mail", seat=seats[1])
            make.event(account, day, "work", times=2)
        if (number + place) % 13 == 0:
            # Six decimals by a weight of six: a seat's day keeps no more than six of the twelve.
            make.event(account, day, "work", seat=seats[number % 2], quantity="7.500001")
        if (number + place) % 11 == 0:
            make.usage(account, day, "work", quantity=5, distinct=2)


def open_anew() -> Run:
    """A new run as of the last day, that no other is in the way of."""
    Run.objects.filter(state=RunState.BUILDING).update(state=RunState.FAILED)
    return make.open_run(AS_OF)


def build(run: Run) -> None:
    """Roll up, grade and sum up all days by the definitions that are published, and point readers at them."""
    for row in Account.objects.filter(counts_for__isnull=True):
        for day in DAYS:
            DirtyDay.objects.update_or_create(account=row, day=day, defaults={"events": True, "marked_at": make.RECORDED})
    make.claim(run)
    for days in (FEBRUARY, MARCH):
        roll_up(run.pk, days[0], days[-1])
    build_account_days(run.pk, DAYS)
    build_periods(run.pk, Grain.MONTH, [FEBRUARY[0], MARCH[0]], AS_OF)
    make.publish(run, days=DAYS, months=[FEBRUARY[0], MARCH[0]])
    Run.objects.filter(pk=run.pk).update(state=RunState.PUBLISHED)


def rebuild_by(**section: Any) -> Run:
    """The independent way: the definition alone from the beginning, and everything built again from the events."""
    ActivityDefinition.objects.all().delete()
    make.define_activity(**section)
    run = open_anew()
    build(run)
    return run
