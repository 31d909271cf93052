"""A small published book for the tests of pages: states, days, periods and scores as a night would leave them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import Account, Contract, User
from accounts.types import Role
from health.models import AccountDay, AccountPeriod, AccountState, HealthModel, HealthScore, Run
from health.types import Grain, RunState
from tests.factories import AccountFactory, SourceFactory, UserFactory

AS_OF = date(2026, 11, 19)
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
FACETS = {
    "activity": {"value": 61.9, "weight": 40, "evidence": {"open_days": 20, "active_days": 15, "high": 5, "zero": 5}},
    "ratings": {"value": None, "weight": 25, "evidence": {"answers": 0, "expires_on": "2026-10-01"}},
    "support": {"value": 85, "weight": 10, "evidence": {"tickets": 4, "open": 2, "old": 1, "escalated": 1, "excess": 0}},
}
# A pointer for each day, and for each month and week that begins in them: in one statement, because hundreds of tests need them.
_SLICES = """
    INSERT INTO health_publishedslice (grain, starts_on, run_id)
    SELECT grain, day, %s FROM generate_series(%s::date, %s::date, '1 day') AS day, unnest(ARRAY['day', 'health', 'month', 'week']) AS grain
    WHERE CASE grain WHEN 'month' THEN EXTRACT(DAY FROM day) = 1 WHEN 'week' THEN EXTRACT(ISODOW FROM day) = 1 ELSE true END
"""


# The run of AS_OF while a test goes on (conftest.py forgets it): a book of hundreds of rows asks for it with each.
KNOWN: dict[date, Run] = {}


def published_run() -> Run:
    """The run of AS_OF, with pointers for every day and period of the year before it."""
    if AS_OF not in KNOWN:
        KNOWN[AS_OF] = _made_run()
    return KNOWN[AS_OF]


def _made_run() -> Run:
    run, made = Run.objects.get_or_create(
        as_of=AS_OF, state=RunState.PUBLISHED, defaults={"first_day": AS_OF - timedelta(days=400), "started_at": NOW, "finished_at": NOW}
    )
    if made:
        with connection.cursor() as cursor:
            cursor.execute(_SLICES, [run.pk, AS_OF - timedelta(days=379), AS_OF])
    return run


def person(role: Role = Role.CSM, **fields: Any) -> User:
    """Someone who may sign in."""
    return UserFactory.make(role=role, **fields)


def shown(owner: User | None, external_id: str, **state: Any) -> Account:
    """An account with its state row; `account` fields go by the name `account_…`."""
    own = {name.removeprefix("account_"): state.pop(name) for name in list(state) if name.startswith("account_")}
    account = AccountFactory.make(external_id=external_id, owner=owner, **{"name": external_id, **own})
    defaults: dict[str, Any] = {
        "paying": True,
        "level": 2,
        "strip": "ZLMHU" * 5 + "HHM",
        "week_active": True,
        "week_days": 4,
        "week_bar": 3,
        "month_active": False,
        "month_days": 9,
        "month_bar": 12,
        "month_days_left": 7,
        "month_can_reach": True,
        "score": Decimal("63.2000"),
        "band": "amber",
        "coverage": Decimal("0.8"),
        "machine": Decimal("66.7"),
        "score_change_30d": Decimal("-4.2"),
        "facets": FACETS,
        "seats": 80,
        "seats_active": 45,
        "seats_activated": 80,
        "seats_purchased": 100,
        "mrr": Decimal(1000),
        "currency": "EUR",
        "mrr_reporting": Decimal(1100),
        "plan": "pro",
        "renewal_on": AS_OF + timedelta(days=60),
        "decision_on": AS_OF + timedelta(days=30),
        "activity_version": 1,
        "health_version": 1,
    }
    AccountState.objects.create(account=account, run=published_run(), as_of=AS_OF, **{**defaults, **state})
    return account


def with_history(account: Account, n_days: int = 90) -> Account:
    """Days, weeks, months and scores of the account, and the contract they come from."""
    run = published_run()
    model = HealthModel.objects.get_or_create(
        version=1,
        defaults={
            "effective_from": date(2018, 1, 1),
            "body": {"bands": {"amber": "50", "green": "75"}},
            "digest": "1",
            "published_at": NOW,
        },
    )[0]
    days = [AS_OF - timedelta(days=back) for back in range(n_days)]
    AccountDay.objects.bulk_create(
        AccountDay(
            run=run,
            account=account,
            day=day,
            level=day.day % 5 - 1,
            key_actions=Decimal(10),
            active_seats=3,
            seats=10,
            paying=True,
            active=day.day % 5 > 1,
            working=day.weekday() < 5,
            version=1,
        )
        for day in days
    )
    HealthScore.objects.bulk_create(
        HealthScore(
            run=run,
            account=account,
            day=day,
            score=Decimal(50 + day.day),
            band="amber",
            coverage=Decimal("0.8"),
            machine=Decimal(60),
            facets=FACETS,
            version=model.version,
        )
        for day in days
    )
    AccountPeriod.objects.bulk_create(
        _period(run, account, grain, start) for grain, start in ((Grain.MONTH, date(2026, 11, 1)), (Grain.WEEK, date(2026, 11, 16)))
    )
    Contract.objects.create(
        source=SourceFactory.make(),
        external_id=f"contract of {account.external_id}",
        account=account,
        starts_on=date(2026, 1, 1),
        ends_on=date(2027, 1, 18),
        seats=100,
        currency="EUR",
        mrr=Decimal(1000),
        recorded_at=NOW,
    )
    return account


def _period(run: Run, account: Account, grain: Grain, start: date) -> AccountPeriod:
    return AccountPeriod(
        run=run,
        grain=grain,
        starts_on=start,
        ends_on=date(2026, 12, 1) if grain == Grain.MONTH else start + timedelta(days=7),
        account=account,
        active_days=9,
        known_days=19,
        working_days=21,
        bar=12,
        active=False,
        paying=True,
        joined=False,
        provisional=True,
        can_reach=True,
        levels=[3, 4, 5, 6, 1],
        version=1,
    )
