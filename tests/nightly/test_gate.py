"""A night that moves a third of the scores waits: what is compared with what."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from csm_portal.nightly import gate
from health.models import HealthScore, Run
from health.types import Band, Grain, RunState
from tests import factories as make
from tests.health.graded import define_health, show

pytestmark = pytest.mark.django_db

LAST = date(2026, 1, 20)
NEXT = LAST + timedelta(days=1)


def scores(run: Run, day: date, values: list[float | None], accounts: list[Any]) -> None:
    for account, value in zip(accounts, values, strict=True):
        band = Band.UNKNOWN if value is None else Band.GREEN if value >= 70 else Band.AMBER if value >= 40 else Band.RED
        HealthScore.objects.create(
            account=account, run=run, day=day, score=value, band=band, coverage=1, machine=value, facets={}, version=1
        )


@pytest.fixture
def accounts() -> list[Any]:
    return [make.AccountFactory.make() for _ in range(30)]


@pytest.fixture
def last(accounts: list[Any]) -> Run:
    """The published night: everybody at 80."""
    run = make.open_run(LAST)
    scores(run, LAST, [80.0] * 30, accounts)
    show(run, Grain.HEALTH, LAST)
    Run.objects.filter(pk=run.pk).update(state=RunState.PUBLISHED)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize(
    ("values", "moved"),
    [
        ([80.0] * 30, None),
        ([69.9] * 10 + [80.0] * 20, None),  # a third, and no more
        ([69.9] * 11 + [80.0] * 19, 11),  # another band and ten points
        ([91.0] * 11 + [80.0] * 19, 11),  # more than ten points inside the band
        ([90.0] * 30, None),  # ten points are no move
        ([None] * 11 + [80.0] * 19, 11),  # gone missing
    ],
)
def test_more_than_a_third_of_moved_scores_is_a_reason_to_wait(
    accounts: list[Any], last: Run, values: list[float | None], moved: int | None
) -> None:
    run = make.open_run(NEXT)
    scores(run, NEXT, values, accounts)
    why = gate.judge(run, last)
    assert (why and why["moved"]) == moved
    if why:
        assert (why["of"], why["day"], len(why["examples"])) == (30, NEXT.isoformat(), gate.N_EXAMPLES)
        assert why["examples"][0]["account"] in {account.pk for account in accounts}


def test_few_accounts_say_nothing(accounts: list[Any], last: Run) -> None:
    run = make.open_run(NEXT)
    scores(run, NEXT, [10.0] * 19, accounts[:19])
    assert gate.judge(run, last) is None


def test_the_first_night_and_an_older_day_have_nothing_to_be_compared_with(accounts: list[Any], last: Run) -> None:
    run = make.open_run(LAST - timedelta(days=1))
    scores(run, run.as_of, [10.0] * 30, accounts)
    assert gate.judge(run, None) is None
    assert gate.judge(run, last) is None


def test_the_same_day_built_again_is_compared_with_itself(accounts: list[Any], last: Run) -> None:
    run = make.open_run(LAST)
    scores(run, LAST, [10.0] * 30, accounts)
    why = gate.judge(run, last)
    assert why is not None
    assert why["moved"] == 30


def test_a_jump_on_any_day_since_the_last_night_counts_and_a_slow_way_does_not(accounts: list[Any], last: Run) -> None:
    run = make.open_run(NEXT + timedelta(days=2))
    for step, value in enumerate([76.0, 73.0, 70.0]):
        scores(run, NEXT + timedelta(days=step), [value] * 30, accounts)
    assert gate.judge(run, last) is None
    HealthScore.objects.filter(run=run, day=NEXT + timedelta(days=1)).update(score=20, band=Band.RED)
    why = gate.judge(run, last)
    assert why is not None
    assert why["day"] == (NEXT + timedelta(days=1)).isoformat()


def test_a_definition_that_changed_moves_scores_on_purpose(accounts: list[Any], last: Run) -> None:
    run = make.open_run(NEXT)
    scores(run, NEXT, [10.0] * 30, accounts)
    assert gate.judge(run, last) is not None
    define_health(NEXT)
    assert gate.judge(run, last) is None


def test_the_share_is_a_setting_and_one_means_never(accounts: list[Any], last: Run, settings: Settings) -> None:
    run = make.open_run(NEXT)
    scores(run, NEXT, [10.0] * 30, accounts)
    settings.NIGHT_HOLD_SHARE = 1
    assert gate.judge(run, last) is None
