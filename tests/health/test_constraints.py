"""What the database itself refuses in this room, whoever writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Account
from health.models import AccountDay, AccountPeriod, HealthScore, Run, ScenarioAgreement, ScenarioPeriod
from tests import factories as make
from tests.health import graded
from tests.rest import published_run, state

pytestmark = pytest.mark.django_db
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def period(account: Account, run: Run, **fields: Any) -> None:
    values: dict[str, Any] = {"active_days": 1, "known_days": 1, "working_days": 1, "paying": True, "joined": False, "provisional": False}
    values |= {"can_reach": True, "levels": [0] * 5, "version": 1, "grain": "month", "starts_on": MARCH, "ends_on": APRIL}
    AccountPeriod.objects.create(account=account, run=run, **values | fields)


def scenario(account: Account, run: Run, **fields: Any) -> None:
    values: dict[str, Any] = {"starts_on": MARCH, "scenario": "S", "days": 1, "seats": 1, "version": 1}
    ScenarioPeriod.objects.create(account=account, run=run, **values | fields)


def score(account: Account, run: Run, **fields: Any) -> None:
    values: dict[str, Any] = {"day": MARCH, "score": 50, "band": "amber", "coverage": 1, "facets": {}, "version": 1}
    HealthScore.objects.create(account=account, run=run, **values | fields)


def agreement(account: Account, _run: Run, **fields: Any) -> None:
    values: dict[str, Any] = {"scenario": "S", "starts_on": MARCH, "days_per_month": 3, "recorded_at": make.RECORDED}
    ScenarioAgreement.objects.create(account=account, **values | fields)


CASES: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (graded.graded_day, {"seats": -1}),
    (graded.graded_day, {"key_actions": -1}),
    (graded.graded_day, {"level": 4}),
    (period, {"ends_on": MARCH}),
    (period, {"active_days": -1}),
    (period, {"grain": "quarter"}),
    (scenario, {"grain": "week"}),
    (scenario, {"days": 32}),
    (scenario, {"expected_days": 0}),
    (scenario, {"expected_seat_share": "1.1"}),
    (score, {"score": 101}),
    (score, {"machine": -1}),
    (score, {"human": 101}),
    (score, {"coverage": "1.01"}),
    (state, {"level": 5}),
    (state, {"score": -1}),
    (agreement, {"days_per_month": None}),
    (agreement, {"days_per_month": 32}),
    (agreement, {"days_per_month": -1}),
    (agreement, {"seat_share": "1.000001"}),
    (agreement, {"scenario": ""}),
]


@pytest.mark.parametrize(("row", "fault"), CASES)
def test_a_row_beyond_its_range_is_refused(row: Callable[..., Any], fault: dict[str, Any]) -> None:
    account, run = make.AccountFactory.make(), published_run()
    with pytest.raises(IntegrityError, match=r"violates check constraint"), transaction.atomic():
        row(account, run, **fault)
    row(account, run)


def test_an_agreement_stands_once_for_an_account_scenario_and_day() -> None:
    account, run = make.AccountFactory.make(), published_run()
    agreement(account, run)
    with pytest.raises(IntegrityError, match="scenario_agreement_once"), transaction.atomic():
        agreement(account, run)
    agreement(account, run, scenario="T")


def test_a_run_that_is_dropped_takes_its_rows_along_and_an_agreement_that_is_dropped_leaves_them() -> None:
    account, run = make.AccountFactory.make(), published_run()
    agreement(account, run)
    scenario(account, run, agreement=ScenarioAgreement.objects.get())
    ScenarioAgreement.objects.all().delete()
    assert ScenarioPeriod.objects.get().agreement is None
    graded.graded_day(account, run)
    Run.objects.all().delete()
    assert not ScenarioPeriod.objects.exists()
    assert not AccountDay.objects.exists()
