"""Proofs of outcomes: what is added up, from which day, and on which day the target was reached."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Account
from health.models import AccountPeriod, HealthScore, Outcome, OutcomeProof, Run
from health.types import Grain
from health.value.proofs import build_proofs
from tests import factories as make
from tests.health import graded as rows
from tests.health.graded import AS_OF

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SINCE = AS_OF - 9 * DAY


@pytest.fixture
def account() -> Account:
    account: Account = make.AccountFactory.make(timezone="UTC")
    return account


@pytest.fixture
def run() -> Run:
    return make.open_run(AS_OF)


def wants(account: Account, target: str, *, action: str = "", metric: str = "", status: str = "on_track", **fields: Any) -> Outcome:
    return rows.outcome(account, status, recorded=SINCE, action=action, metric=metric, target=target, **fields)


def proof(outcome: Outcome, run: Run, as_of: date = AS_OF) -> tuple[float | None, float | None, date | None, str]:
    """Reached, needed, proven on and the problem, after both calls of the night."""
    build_proofs(run.pk, as_of)
    build_proofs(run.pk, as_of, after_scores=True)
    found = OutcomeProof.objects.get(outcome=outcome)
    return _float(found.reached), _float(found.needed), found.proven_on, found.problem


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def test_an_action_counts_from_the_day_the_outcome_was_written_down(account: Account, run: Run) -> None:
    make.event(account, SINCE - DAY, "approve", times=50)
    make.event(account, SINCE, "approve", times=3)
    make.event(account, SINCE + 2 * DAY, "approve", times=4)
    make.event(account, AS_OF, "approve", times=5)
    make.event(account, AS_OF + DAY, "approve", times=90)
    make.event(account, AS_OF, "other", times=90)
    assert proof(wants(account, "7", action="approve"), run) == (12, 7, SINCE + 2 * DAY, "")
    assert proof(wants(account, "13", action="approve"), run) == (12, 13, None, "")


def test_value_and_quantity_are_added_up_when_the_target_says_so(account: Account, run: Run) -> None:
    make.event(account, SINCE, "create_order", quantity="2.5", value=40_000)
    make.event(account, AS_OF - DAY, "create_order", quantity=3, value=50_000)
    make.event(account, AS_OF, "create_order", quantity=1)
    assert proof(wants(account, "80,000 value", action="create_order"), run) == (90_000, 80_000, AS_OF - DAY, "")
    assert proof(wants(account, "5.5 quantity", action="create_order"), run) == (6.5, 5.5, AS_OF - DAY, "")
    assert proof(wants(account, ">= 3", action="create_order"), run) == (3, 3, AS_OF, "")


def test_events_and_daily_counts_prove_alike_and_stores_count_for_their_brand(account: Account, run: Run) -> None:
    store = make.AccountFactory.make(counts_for=account, timezone="UTC")
    make.usage(account, SINCE + DAY, "approve", quantity=6)
    make.event(store, SINCE + 3 * DAY, "approve", times=2)
    assert proof(wants(account, "8", action="approve"), run) == (8, 8, SINCE + 3 * DAY, "")
    assert proof(wants(store, "2", action="approve"), run) == (2, 2, SINCE + 3 * DAY, "")


def test_bots_prove_nothing(account: Account, run: Run) -> None:
    bot = make.SeatFactory.make(account=account, kind="bot")
    make.event(account, SINCE, "approve", seat=bot, times=99)
    make.event(account, SINCE, "approve", seat=make.SeatFactory.make(account=account), times=2)
    make.event(account, SINCE, "approve")
    assert proof(wants(account, "3", action="approve"), run) == (3, 3, SINCE, "")


def test_what_cannot_be_measured_says_why(account: Account, run: Run) -> None:
    make.event(account, SINCE, "approve")
    assert proof(wants(account, "7"), run) == (None, None, None, "no_proof")
    assert proof(wants(account, "many", action="approve"), run) == (None, None, None, "no_number")
    assert proof(wants(account, "7", action="never_seen"), run) == (None, None, None, "unknown_action")
    assert proof(wants(account, "7", metric="happiness"), run) == (None, None, None, "unknown_metric")


def test_graded_days_prove_active_days_and_activation(account: Account, run: Run) -> None:
    rows.graded_days(account, run, "HZHHH", activated=8, purchased=10)
    rows.graded_day(account, run, SINCE, 1, activated=10, purchased=10)
    rows.graded_day(account, run, SINCE - DAY, 3, activated=99, purchased=10)
    assert proof(wants(account, "4", metric="active_days"), run) == (5, 4, AS_OF - DAY, "")
    assert proof(wants(account, "90 %", metric="activation_rate"), run) == (0.8, 0.9, SINCE, "")
    assert proof(wants(account, "9", metric="seats_activated"), run) == (8, 9, SINCE, "")


def test_ended_months_that_were_active_are_counted(account: Account, run: Run) -> None:
    for month, active in ((4, True), (5, True), (6, None)):
        AccountPeriod.objects.create(
            run=run,
            grain=Grain.MONTH,
            starts_on=date(2026, month, 1),
            ends_on=date(2026, month + 1, 1),
            account=account,
            active_days=12,
            known_days=30,
            working_days=20,
            bar=12,
            active=active,
            paying=True,
            joined=False,
            provisional=False,
            can_reach=True,
            levels=[0, 0, 0, 0, 0],
            version=1,
        )
    outcome = rows.outcome(account, "on_track", recorded=date(2026, 4, 15), metric="monthly_active", target="2")
    assert proof(outcome, run) == (2, 2, date(2026, 5, 31), "")


def test_the_north_star_is_read_as_the_account_page_shows_it(account: Account, run: Run) -> None:
    make.define_north_star(action="create_order", measure="value", threshold=80)
    for back, amount in ((30, 60), (5, 30), (0, 10)):
        rows.graded_day(account, run, AS_OF - back * DAY, north_star=amount)
    assert proof(wants(account, "80", metric="north_star"), run) == (100, 80, AS_OF - 5 * DAY, "")


def test_answers_prove_by_each_seats_latest_of_half_a_year(account: Account, run: Run) -> None:
    seat = make.SeatFactory.make(account=account)
    rows.answer(account, SINCE - 5 * DAY, 3, seat=seat)
    rows.answer(account, SINCE + DAY, 9, seat=seat)
    rows.answer(account, SINCE + 2 * DAY, 10)
    rows.answer(account, SINCE + 3 * DAY, 2)
    rows.answer(account, SINCE + 3 * DAY, 5, scale=5, kind="csat")
    rows.answer(account, SINCE + 4 * DAY, 8, scale=10, kind="csat")
    assert proof(wants(account, "50", metric="nps"), run) == (33.333333, 50, SINCE + DAY, "")
    assert proof(wants(account, "90 %", metric="csat"), run) == (4.5, 4.5, SINCE + 3 * DAY, "")


def test_mrr_proves_on_the_day_a_contract_starts(account: Account, run: Run) -> None:
    make.ContractFactory.make(account=account, mrr=100, ends_on=AS_OF)
    make.ContractFactory.make(account=account, mrr=400, starts_on=AS_OF - 3 * DAY)
    assert proof(wants(account, "500", metric="mrr"), run) == (400, 500, AS_OF - 3 * DAY, "")


def test_scores_prove_after_they_are_computed(account: Account, run: Run) -> None:
    for back, score in ((8, 81), (2, 70), (0, None)):
        evidence = {"adoption": {"value": 1, "weight": 1, "evidence": {"key_seats": 5, "key_seat_share": 0.25}}}
        HealthScore.objects.create(
            account=account, run=run, day=AS_OF - back * DAY, score=score, band="green", coverage=1, facets=evidence, version=1
        )
    assert proof(wants(account, "80", metric="health"), run) == (70, 80, AS_OF - 8 * DAY, "")
    assert proof(wants(account, "5", metric="seats_active"), run) == (5, 5, AS_OF - 8 * DAY, "")
    assert proof(wants(account, "30 %", metric="key_seat_share"), run) == (0.25, 0.3, None, "")


def test_a_figure_that_nobody_knows_yet_is_no_nought(account: Account, run: Run) -> None:
    assert proof(wants(account, "40", metric="nps"), run) == (None, 40, None, "")
    make.action("approve")
    assert proof(wants(account, "40", action="approve"), run) == (0, 40, None, "")


def test_again_changes_nothing_and_an_older_night_leaves_todays_proofs(account: Account, run: Run) -> None:
    make.event(account, SINCE, "approve", times=3)
    outcome = wants(account, "3", action="approve")
    first = proof(outcome, run)
    assert (proof(outcome, run), OutcomeProof.objects.get(outcome=outcome).as_of) == (first, AS_OF)
    old = make.open_run(AS_OF - 5 * DAY)
    Run.objects.filter(pk=run.pk).update(state="published")
    assert build_proofs(old.pk, AS_OF - 5 * DAY) == 0
    assert OutcomeProof.objects.get(outcome=outcome).as_of == AS_OF


def test_withdrawn_and_later_outcomes_are_left_alone(account: Account, run: Run) -> None:
    make.event(account, SINCE, "approve")
    gone = wants(account, "1", action="approve", withdrawn_on=AS_OF)
    later = rows.outcome(account, "on_track", recorded=AS_OF + DAY, action="approve", target="1")
    build_proofs(run.pk, AS_OF)
    assert not OutcomeProof.objects.filter(outcome__in=[gone, later]).exists()
