"""Monthly rates twice: the same accounts below the line, only those a person may see, and no half-recomputed month."""

from __future__ import annotations

from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, User
from accounts.types import Role
from health.lab.restated_rates import restated_rates
from health.models import AccountPeriod, RestatedMonth, Run
from tests import factories as make

pytestmark = pytest.mark.django_db
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


def month(account: Account, run: Run, starts_on: date, *, active: bool, recomputed: bool | None = None, **fields: object) -> None:
    """A published month of the account, and (unless None) the same recomputed with version 2."""
    shown = {
        "ends_on": APRIL if starts_on == MARCH else MAY,
        "working_days": 20,
        "joined": False,
        "provisional": False,
        "can_reach": active,
    }
    both = {"active_days": 1, "known_days": 30, "bar": 12, "paying": True, "levels": [0, 0, 0, 0, 0], **fields}
    owner = {"csm": account.owner}
    AccountPeriod.objects.create(
        run=run, grain="month", account=account, starts_on=starts_on, active=active, version=1, **shown, **both, **owner
    )
    if recomputed is not None:
        RestatedMonth.objects.create(account=account, starts_on=starts_on, active=recomputed, version=2, as_of=date(2026, 4, 30), **both)


@pytest.fixture
def run() -> Run:
    run = make.open_run(date(2026, 4, 30))
    make.publish(run, months=[MARCH, APRIL])
    return run


def test_both_rates_have_the_same_paying_accounts(run: Run, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    admin: User = make.UserFactory.make(role=Role.ADMIN)
    one, two, trial = (make.AccountFactory.make() for _ in range(3))
    month(one, run, MARCH, active=True, recomputed=True)
    month(two, run, MARCH, active=True, recomputed=False)
    month(trial, run, MARCH, active=True, recomputed=False, paying=False)
    month(one, run, APRIL, active=True, recomputed=True)
    month(two, run, APRIL, active=False)
    with django_assert_num_queries(1):
        march, april = restated_rates(admin, MARCH, MAY)
    assert (march.paying, march.rate, march.rate_recomputed, march.version, march.today) == (2, 1.0, 0.5, 1, 2)
    # One account of April was never recomputed: no rate is told of the rest.
    assert (april.paying, april.rate, april.rate_recomputed, april.today) == (2, 0.5, None, None)


def test_a_csm_sees_the_rates_of_the_own_book_alone(run: Run) -> None:
    mine, other = make.UserFactory.make(role=Role.CSM), make.UserFactory.make(role=Role.CSM)
    own, foreign = make.AccountFactory.make(owner=mine), make.AccountFactory.make(owner=other)
    make.own(own, mine)
    make.own(foreign, other)
    month(own, run, MARCH, active=False, recomputed=True)
    month(foreign, run, MARCH, active=True, recomputed=True)
    (seen,) = restated_rates(mine, MARCH, APRIL)
    assert (seen.paying, seen.rate, seen.rate_recomputed) == (1, 0.0, 1.0)
    admin: User = make.UserFactory.make(role=Role.ADMIN)
    assert [(row.group, row.paying) for row in restated_rates(admin, MARCH, APRIL, by="csm")] == sorted([(mine.email, 1), (other.email, 1)])
    assert [row.paying for row in restated_rates(admin, MARCH, APRIL, filters={"csm": [mine.email]})] == [1]
