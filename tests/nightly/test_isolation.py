"""Accounts that make a step fail: the others are published, they keep their last good figures, and are computed again once they can be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import Contract, DirtyDay
from csm_portal.nightly import build as night
from csm_portal.nightly.build import Result, build
from csm_portal.nightly.isolation import TooManyFaultsError
from health import score_days
from health.account_days import build_account_days
from health.models import AccountDay, AccountFault, AccountPeriod, AccountState, HealthScore, Run, RunStep
from health.score_cells import scored_parts
from health.types import Grain, RunState
from tests import factories as make
from tests.health.graded import define_health
from tests.nightly.test_build import CANONICAL

pytestmark = pytest.mark.django_db(transaction=True)

START = date(2026, 1, 5)
GOOD = date(2026, 1, 20)
NEXT = GOOD + timedelta(days=1)
NOW = datetime(2026, 1, 22, 2, tzinfo=UTC)
# More than an integer holds: the sum of the seats of two contracts makes the step of account days fail.
TOO_MANY_SEATS = 2_000_000_000


def run_night(as_of: date, first: date | None = None) -> Result:
    return build(as_of, first=first, say=lambda _line: None, clock=lambda: NOW)


def dump() -> list[list[Any]]:
    with connection.cursor() as cursor:
        tables = []
        for query in CANONICAL:
            cursor.execute(query)
            tables.append(cursor.fetchall())
    return tables


@pytest.fixture
def book() -> list[Any]:
    """Five accounts, each with a seat that works every day; a health model."""
    make.define_activity()
    make.define_calendar("DE")
    define_health()
    accounts = [make.AccountFactory.make() for _ in range(5)]
    for account in accounts:
        make.ContractFactory.make(account=account, starts_on=START)
        seat = make.SeatFactory.make(account=account, activated_on=START)
        for offset in range((NEXT - START).days):
            make.event(account, START + timedelta(days=offset), seat=seat)
    return accounts


def poison(account: Any) -> None:
    for product in ("more", "most"):
        make.ContractFactory.make(account=account, starts_on=START, seats=TOO_MANY_SEATS, product=product)


def cure(account: Any) -> None:
    Contract.objects.filter(account=account, product__in=["more", "most"]).delete()


def test_an_account_that_cannot_be_computed_keeps_its_last_good_figures(book: list[Any]) -> None:
    run_night(GOOD)
    before = AccountState.objects.get(account=book[1])
    poison(book[1])
    run = run_night(NEXT).run
    assert (run.state, run.faults) == (RunState.PUBLISHED, 1)
    fault: Any = AccountFault.objects.get()
    assert (fault.account, fault.step, fault.run, fault.good_on, fault.resolved_at) == (book[1], "account days", run, GOOD, None)
    assert "integer out of range" in fault.reason
    kept = AccountState.objects.get(account=book[1])
    assert (kept.as_of, kept.stale_since, kept.strip, kept.score) == (GOOD, GOOD, before.strip, before.score)
    others = AccountState.objects.exclude(account=book[1])
    assert set(others.values_list("as_of", "stale_since")) == {(NEXT, None)}
    # Of the new day nothing is known of it, of the days before what was known.
    days = AccountDay.objects.published()
    assert set(days.filter(day=NEXT).values_list("account", flat=True)) == {one.pk for one in book} - {book[1].pk}
    assert days.filter(account=book[1]).count() == (GOOD - START).days + 1
    scores = HealthScore.objects.published()
    assert scores.filter(day=NEXT).count() == 4
    assert scores.filter(account=book[1]).count() == (GOOD - START).days + 1
    month = AccountPeriod.objects.published().get(account=book[1], grain=Grain.MONTH)
    assert month.known_days == (GOOD - START).days + 1
    assert not RunStep.objects.filter(run=run, chunk__contains=" ").exists()


def test_what_is_mended_is_computed_as_if_nothing_had_been(book: list[Any]) -> None:
    run_night(GOOD)
    poison(book[1])
    run_night(NEXT)
    assert set(DirtyDay.objects.values_list("account", "day")) == {(book[1].pk, NEXT)}
    assert run_night(NEXT + timedelta(days=1)).run.faults == 1
    fault: Any = AccountFault.objects.get()
    assert (fault.attempts, fault.good_on) == (2, GOOD)
    cure(book[1])
    last = NEXT + timedelta(days=2)
    assert run_night(last).run.faults == 0
    fault.refresh_from_db()
    assert fault.resolved_at == NOW
    assert not AccountState.objects.filter(stale_since__isnull=False).exists()
    assert not DirtyDay.objects.exists()
    mended = dump()
    run_night(last, first=START)
    assert dump() == mended


def test_current_rows_that_cannot_be_made_do_not_hold_the_others_up(book: list[Any]) -> None:
    run_night(GOOD)
    # Each amount is stored, their sum is not.
    Contract.objects.filter(account=book[3]).update(mrr=9_000_000_000_000_000)
    make.ContractFactory.make(account=book[3], starts_on=START, mrr=9_000_000_000_000_000, product="more")
    run = run_night(NEXT).run
    assert (run.state, run.faults) == (RunState.PUBLISHED, 1)
    fault: Any = AccountFault.objects.get()
    assert (fault.account, fault.step) == (book[3], "current rows")
    assert AccountState.objects.get(account=book[3]).stale_since == GOOD


def test_a_night_killed_while_it_looks_for_the_account_ends_the_same(book: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    run_night(GOOD)
    poison(book[1])
    real = build_account_days
    calls = iter(range(100))

    def die_at_the_fourth_call(*args: Any) -> int:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(night, "build_account_days", die_at_the_fourth_call)
    with pytest.raises(KeyboardInterrupt):
        run_night(NEXT)
    monkeypatch.undo()
    run = run_night(NEXT).run
    assert Run.objects.filter(as_of=NEXT).count() == 1
    assert (run.faults, AccountFault.objects.get().attempts) == (1, 1)
    assert AccountDay.objects.published().filter(day=NEXT).count() == 4


def test_what_fails_for_everybody_is_no_accounts_fault(book: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    run_night(GOOD)
    before = dump()

    def fail(*_args: Any) -> int:
        raise ValueError("The rules contradict each other.")

    monkeypatch.setattr(night, "build_scores", fail)
    with pytest.raises(ValueError, match="contradict"):
        run_night(NEXT)
    assert dump() == before
    assert not AccountFault.objects.exists()


def test_too_many_accounts_in_fault_are_something_else(book: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(20):
        account = make.AccountFactory.make()
        make.ContractFactory.make(account=account, starts_on=START)
    run_night(GOOD)

    def fail(chunk: Any, *rest: Any) -> Any:
        if chunk.ids:
            raise ValueError("A share of nothing.")
        return scored_parts(chunk, *rest)

    monkeypatch.setattr(score_days, "scored_parts", fail)
    with pytest.raises(TooManyFaultsError, match="A share of nothing"):
        run_night(NEXT)
    latest = Run.objects.latest_published()
    assert latest is not None
    assert latest.as_of == GOOD
