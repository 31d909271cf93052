"""Desired outcomes by hand: defined, moved up, settled, withdrawn, undone; what a person said is dated and never lost."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.edit_values import NotSaved, Refused
from accounts.models import Account, User
from health.models import AccountState, Outcome, OutcomeProof, OutcomeVersion
from health.value.outcomes import Moment, change, define, put, undo, withdraw
from health.value.outcomes_values import OutcomeValues, values_of
from tests import factories as make
from tests.health import graded as rows

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 1)
DAY = timedelta(days=1)
AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
GOOD = OutcomeValues("Half the approvals run here", stage="live", action="approve", target="120", due_on=TODAY + 60 * DAY)


@pytest.fixture
def csm() -> User:
    make.action("approve")
    return make.UserFactory.make()


@pytest.fixture
def account(csm: User) -> Account:
    account: Account = make.AccountFactory.make(timezone="UTC")
    make.own(account, csm)
    return account


def now(csm: User, days: int = 0, minutes: int = 0) -> Moment:
    return Moment(csm, AT + days * DAY + timedelta(minutes=minutes), TODAY + days * DAY)


def said(outcome: Outcome) -> list[tuple[str, str, date | None, date | None]]:
    """Versions in order: target, status, since, withdrawn."""
    return list(OutcomeVersion.objects.filter(outcome=outcome).order_by("id").values_list("target", "status", "since", "withdrawn_on"))


def problems(csm: User, account: Account, **fields: Any) -> set[str]:
    with pytest.raises(NotSaved) as refused:
        define(now(csm), account, replace(GOOD, **fields))
    assert all(refused.value.problems.values())
    return set(refused.value.problems)


def test_an_outcome_is_dated_with_the_portals_day_and_shown_at_once(csm: User, account: Account) -> None:
    run = make.open_run(TODAY - DAY)
    AccountState.objects.create(account=account, run=run, as_of=TODAY - DAY, paying=True, level=1, strip="U" * 28)
    saved = define(now(csm), account, replace(GOOD, status="behind"))
    assert saved.new
    assert (saved.outcome.since, saved.outcome.source.name, saved.outcome.entered_by) == (TODAY, "portal", csm)
    assert said(saved.outcome) == [("120", "behind", TODAY, None)]
    assert AccountState.objects.get().outcome_status == "behind"
    withdraw(now(csm, 1), saved.outcome.pk)
    assert AccountState.objects.get().outcome_status == ""


def test_without_a_proof_that_can_be_measured_it_is_refused(csm: User, account: Account) -> None:
    assert problems(csm, account, action="") == {"action"}
    assert problems(csm, account, metric="health") == {"metric"}
    assert problems(csm, account, action="", metric="happiness") == {"metric"}
    assert problems(csm, account, target="") == {"target"}
    assert problems(csm, account, target="many") == {"target"}
    assert problems(csm, account, target="95 %") == {"target"}
    assert problems(csm, account, action="", metric="nps", target="40 %") == {"target"}
    assert problems(csm, account, action="aprove") == {"action"}
    assert not Outcome.objects.exists()


def test_a_misspelt_action_is_told_what_it_may_mean(csm: User, account: Account) -> None:
    with pytest.raises(NotSaved, match="approve"):
        define(now(csm), account, replace(GOOD, action="aprove"))


def test_days_and_words_that_cannot_be_are_refused_all_at_once(csm: User, account: Account) -> None:
    assert problems(csm, account, statement=" ", due_on=TODAY - DAY) == {"statement", "due_on"}
    assert problems(csm, account, status="fine") == {"status"}
    assert problems(csm, account, status="missed") == {"status"}
    assert problems(csm, account, achieved_on=TODAY) == {"achieved_on"}
    assert problems(csm, account, status="achieved", achieved_on=TODAY + DAY) == {"achieved_on"}
    assert problems(csm, account, status="achieved", achieved_on=date(1999, 1, 1)) == {"achieved_on"}
    assert problems(csm, account, statement="x" * 501) == {"statement"}
    assert problems(csm, account, stage="a\0") == {"stage"}


def test_what_is_achieved_without_a_day_was_reached_today(csm: User, account: Account) -> None:
    assert define(now(csm), account, replace(GOOD, status="achieved")).outcome.achieved_on == TODAY


def test_the_same_form_twice_is_one_outcome(csm: User, account: Account) -> None:
    key = uuid.uuid4()
    first, again = (define(now(csm), account, GOOD, key=key) for _ in range(2))
    assert (first.outcome, again.batch, Outcome.objects.count()) == (again.outcome, None, 1)
    with pytest.raises(NotSaved):
        define(now(make.UserFactory.make()), account, GOOD, key=key)


def test_each_change_is_a_version_and_the_same_again_is_none(csm: User, account: Account) -> None:
    outcome = define(now(csm), account, GOOD).outcome
    change(now(csm, 3), outcome.pk, replace(GOOD, status="behind"))
    change(now(csm, 3), outcome.pk, replace(GOOD, target="200"))
    assert change(now(csm, 9), outcome.pk, replace(GOOD, target="200")).batch is None
    assert said(outcome) == [
        ("120", "on_track", TODAY, None),
        ("120", "behind", TODAY + 3 * DAY, None),
        ("200", "on_track", TODAY + 3 * DAY, None),
    ]


def test_a_target_that_was_reached_stays_reached_when_it_moves_up(csm: User, account: Account) -> None:
    outcome = define(now(csm), account, GOOD).outcome
    OutcomeProof.objects.create(outcome=outcome, as_of=TODAY + 8 * DAY, reached=150, needed=120, proven_on=TODAY + 5 * DAY)
    change(now(csm, 9), outcome.pk, replace(GOOD, target="300"))
    assert [(target, status) for target, status, _since, _gone in said(outcome)] == [
        ("120", "on_track"),
        ("120", "achieved"),
        ("300", "on_track"),
    ]
    assert OutcomeVersion.objects.get(outcome=outcome, status="achieved").achieved_on == TODAY + 5 * DAY


def test_an_undo_puts_back_what_was_and_a_new_one_never_counted(csm: User, account: Account) -> None:
    first = define(now(csm), account, GOOD)
    changed = change(now(csm, 1), first.outcome.pk, replace(GOOD, target="300"))
    assert changed.batch is not None
    assert first.batch is not None
    with pytest.raises(Refused):
        undo(now(csm, 0, 5), first.batch)
    assert undo(now(csm, 1, 5), changed.batch) == account
    assert values_of(Outcome.objects.get()) == GOOD
    assert undo(now(csm, 1, 6), changed.batch) is None
    assert undo(now(csm, 0, 6), first.batch) == account
    assert Outcome.objects.get().withdrawn_on == Outcome.objects.get().since


def test_only_its_author_takes_it_back_and_only_within_a_day(csm: User, account: Account) -> None:
    batch = define(now(csm), account, GOOD).batch
    assert batch is not None
    assert undo(now(make.UserFactory.make(role="admin")), batch) is None
    assert undo(now(csm, 1, 1), batch) is None
    assert undo(now(csm), uuid.uuid4()) is None


def test_a_withdrawn_outcome_is_wanted_again_when_it_is_changed(csm: User, account: Account) -> None:
    outcome = define(now(csm), account, GOOD).outcome
    gone = withdraw(now(csm, 2), outcome.pk)
    assert gone.batch is not None
    assert withdraw(now(csm, 3), outcome.pk).batch is None
    change(now(csm, 4), outcome.pk, GOOD)
    assert said(outcome)[-2:] == [("120", "on_track", TODAY + 2 * DAY, TODAY + 2 * DAY), ("120", "on_track", TODAY + 4 * DAY, None)]


def test_what_a_file_brought_keeps_the_change_and_its_own_faults_may_stay(csm: User, account: Account) -> None:
    loaded = rows.outcome(account, "on_track", action="unheard_of", target="lots", due_on=date(2026, 1, 1))
    change(now(csm), loaded.pk, replace(values_of(loaded), status="behind"))
    loaded.refresh_from_db()
    assert (loaded.status, loaded.kept, loaded.entered_by) == ("behind", {"status": "on_track"}, csm)
    change(now(csm, 1), loaded.pk, replace(values_of(loaded), status="on_track"))
    assert Outcome.objects.get().kept == {}


def test_nobody_touches_what_is_not_theirs(csm: User, account: Account) -> None:
    outcome = define(now(csm), account, GOOD).outcome
    other = make.UserFactory.make()
    with pytest.raises(Outcome.DoesNotExist):
        change(now(other), outcome.pk, GOOD)
    with pytest.raises(Outcome.DoesNotExist):
        withdraw(now(other), outcome.pk)


def test_putting_the_same_row_again_changes_nothing(csm: User, account: Account) -> None:
    first = put(now(csm), account, GOOD, external_id="o-1")
    again = put(now(csm, 1), account, GOOD, external_id="o-1")
    third = put(now(csm, 2), account, replace(GOOD, target="300"), external_id="o-1")
    assert (first.new, again.new, again.batch, third.new) == (True, False, None, False)
    assert [target for target, *_rest in said(first.outcome)] == ["120", "300"]
    other = make.AccountFactory.make()
    with pytest.raises(NotSaved):
        put(now(csm), other, GOOD, external_id="o-1")


def test_putting_the_id_of_a_file_changes_that_outcome(csm: User, account: Account) -> None:
    loaded = rows.outcome(account, "on_track", action="approve", target="80")
    saved = put(now(csm), account, replace(values_of(loaded), target="90"), external_id=loaded.external_id)
    assert (saved.outcome.pk, saved.new, saved.outcome.kept) == (loaded.pk, False, {"target": "80"})
