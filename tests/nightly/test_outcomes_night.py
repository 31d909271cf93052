"""Outcomes through the night: proofs before scores, the same again, and what was entered by hand survives loads and nights."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.models import Account
from csm_portal.nightly.build import build
from health.models import AccountState, HealthScore, Outcome, OutcomeProof
from health.value.outcomes import Moment, change
from health.value.outcomes_values import OutcomeValues
from tests import factories as make
from tests.accounts.loading.folders import load, write
from tests.health.graded import define_health, noon, outcome

pytestmark = pytest.mark.django_db(transaction=True)
START, AS_OF = date(2026, 2, 9), date(2026, 2, 20)
DAY = timedelta(days=1)


def run_night(as_of: date = AS_OF) -> None:
    build(as_of, say=lambda _line: None, clock=lambda: noon(as_of + DAY))


def points(account: Account) -> list[float]:
    """The outcome facet of each day, oldest first."""
    rows = HealthScore.objects.published().filter(account=account).order_by("day")
    return [row.facets["outcome"]["value"] for row in rows]


def a_book() -> Account:
    make.define_activity()
    make.define_calendar("DE", default_timezone="UTC")
    define_health(weights={"activity": 1, "outcome": 1})
    account: Account = make.AccountFactory.make(external_id="x", timezone="UTC")
    make.ContractFactory.make(account=account, starts_on=START)
    seat = make.SeatFactory.make(account=account, activated_on=START)
    for offset in range((AS_OF - START).days + 1):
        make.event(account, START + offset * DAY, "work", seat=seat, times=2)
    return account


def test_a_proof_that_is_reached_raises_the_score_from_its_day_on() -> None:
    account = a_book()
    wanted = outcome(account, "behind", recorded=START, action="work", target="9")
    run_night()
    proof = OutcomeProof.objects.get(outcome=wanted)
    assert (proof.reached, proof.needed, proof.proven_on, proof.as_of) == (Decimal(24), Decimal(9), START + 4 * DAY, AS_OF)
    assert points(account) == [25] * 4 + [100] * 8
    assert AccountState.objects.get().outcome_status == "achieved"
    run_night()
    assert points(account) == [25] * 4 + [100] * 8
    assert OutcomeProof.objects.get().proven_on == START + 4 * DAY


def test_a_health_proof_is_read_from_the_scores_of_the_night() -> None:
    account = a_book()
    wanted = outcome(account, "on_track", recorded=START, metric="health", target="50")
    run_night()
    found = OutcomeProof.objects.get(outcome=wanted)
    assert found.reached == HealthScore.objects.published().get(account=account, day=AS_OF).score
    assert found.proven_on == START


def test_a_change_by_hand_outlives_the_same_file_and_the_night(tmp_path: Path) -> None:
    account = a_book()
    admin = make.UserFactory.make(role="admin")

    def folder(name: str) -> Path:
        header = "external_id,account_external_id,statement,stage,action,target,status,recorded_at"
        return write(tmp_path / name, outcomes=f"{header}\no1,x,All of it,live,work,900,on_track,2026-02-09T00:00:00Z")

    load(folder("a"))
    row = Outcome.objects.get()
    values = OutcomeValues("All of it", stage="live", action="work", target="900", status="behind")
    change(Moment(admin, datetime(2026, 2, 15, 9, tzinfo=UTC), date(2026, 2, 15)), row.pk, values)
    load(folder("b"))
    run_night()
    assert points(account) == [75] * 6 + [25] * 6
    assert AccountState.objects.get().outcome_status == "behind"
    load(folder("c"))
    run_night()
    assert points(account) == [75] * 6 + [25] * 6
    assert Outcome.objects.get().status == "behind"
