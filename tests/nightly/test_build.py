"""The night end to end on a small book: repeatable, resumable, atomic, one at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from accounts.models import Contract, DirtyDay
from churn.models import CaseCheck, RenewalCase
from csm_portal.nightly import build as night
from csm_portal.nightly import verify
from csm_portal.nightly.build import Result, build
from csm_portal.nightly.facts import NoDefinitionError
from csm_portal.nightly.ledger import NightBusyError, only_builder
from csm_portal.nightly.publish import publish
from health.account_days import build_account_days
from health.models import AccountDay, AccountPeriod, AccountState, HealthScore, LevelChange, PublishedSlice, Run
from health.scope import Scope
from health.types import Level, RunState
from tests import factories as make
from tests.depth import sweep

pytestmark = pytest.mark.django_db(transaction=True)

START = date(2026, 1, 5)
AS_OF = date(2026, 2, 20)
NOW = datetime(2026, 2, 21, 2, tzinfo=UTC)

# What readers see, without ids of runs and clocks: two nights that agree here agree for everybody.
CANONICAL = (
    """SELECT account_id, day, level, flags, key_actions, active_seats, seats, paying, active, working FROM health_accountday d
       JOIN health_publishedslice s ON s.grain = 'day' AND s.starts_on = d.day AND s.run_id = d.run_id ORDER BY 1, 2""",
    """SELECT account_id, p.grain, p.starts_on, active_days, known_days, working_days, bar, active, paying, provisional, levels
       FROM health_accountperiod p JOIN health_publishedslice s ON s.grain = p.grain AND s.starts_on = p.starts_on AND s.run_id = p.run_id
       ORDER BY 1, 2, 3""",
    """SELECT account_id, day, score, band, coverage, machine, human, facets FROM health_healthscore h
       JOIN health_publishedslice s ON s.grain = 'health' AND s.starts_on = h.day AND s.run_id = h.run_id ORDER BY 1, 2""",
    "SELECT account_id, as_of, level, strip, score, band, month_days, mrr, renewal_on FROM health_accountstate ORDER BY 1",
)


def run_night(as_of: date = AS_OF, first: date | None = None) -> Result:
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
    """Three accounts with two seats each: one works daily, one at times, one never."""
    make.define_activity()
    make.define_calendar("DE")
    accounts = [make.AccountFactory.make() for _ in range(3)]
    for account in accounts:
        make.ContractFactory.make(account=account, starts_on=START)
    seats = [[make.SeatFactory.make(account=account, activated_on=START) for _ in range(2)] for account in accounts]
    for offset in range((AS_OF - START).days + 1):
        day = START + timedelta(days=offset)
        make.event(accounts[0], day, seat=seats[0][offset % 2], times=1 + offset % 6)
        if offset % 5 == 0:
            make.event(accounts[1], day, seat=seats[1][0])
    return accounts


def test_a_night_grades_every_day_since_the_data_begin(book: list[Any]) -> None:
    result = run_night()
    assert result.run.state == RunState.PUBLISHED
    days = AccountDay.objects.published().filter(account=book[0])
    assert days.count() == (AS_OF - START).days + 1
    assert not days.filter(level=Level.ZERO).exists()
    assert set(AccountDay.objects.published().filter(account=book[2]).values_list("level", flat=True)) == {Level.ZERO}
    assert AccountState.objects.count() == 3
    assert AccountState.objects.get(account=book[2]).strip == "Z" * 28
    assert DirtyDay.objects.count() == 0


def test_the_same_night_again_gives_the_same(book: list[Any]) -> None:
    run_night()
    before = dump()
    run_night()
    assert dump() == before
    assert LevelChange.objects.count() == 0


def test_a_night_brings_the_dues_and_opens_their_packs_once(book: list[Any]) -> None:
    Contract.objects.filter(account=book[0]).update(ends_on=AS_OF + timedelta(days=91))
    Contract.objects.filter(account=book[1]).update(ends_on=AS_OF + timedelta(days=92))
    run_night()
    assert list(RenewalCase.objects.order_by("ends_on").values_list("account", flat=True)) == [book[0].pk, book[1].pk]
    pack: Any = CaseCheck.objects.get()
    assert (pack.account, pack.kind, pack.author) == (book[0], "pack_opened", None)
    run_night()
    assert CaseCheck.objects.count() == 1
    run_night(AS_OF + timedelta(days=1))
    assert set(CaseCheck.objects.values_list("account", flat=True)) == {book[0].pk, book[1].pk}


def test_night_by_night_gives_the_same_as_one_build_of_history(book: list[Any]) -> None:
    run_night(AS_OF - timedelta(days=2))
    run_night(AS_OF - timedelta(days=1))
    run_night()
    by_night = dump()
    PublishedSlice.objects.all().delete()
    AccountState.objects.all().delete()
    Run.objects.all().delete()
    run_night(first=START)
    in_one = dump()
    assert in_one[0] == by_night[0]
    assert in_one[1] == by_night[1]
    assert in_one[3] == by_night[3]


STEPS = ("roll_up", "build_account_days", "build_periods", "build_scores", "publish")


@pytest.mark.parametrize("step", sweep(STEPS, {"build_account_days", "publish"}))
def test_a_killed_night_shows_nothing_and_the_next_wake_up_ends_it(book: list[Any], monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    run_night(date(2026, 2, 10))
    before = dump()
    make.event(book[2], date(2026, 1, 20))
    real = getattr(night, step)
    calls = iter(range(100))

    def die_at_the_second_call(*args: Any) -> Any:
        if next(calls) == (0 if step in ("publish", "build_scores", "roll_up") else 1):
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(night, step, die_at_the_second_call)
    with pytest.raises(KeyboardInterrupt):
        run_night()
    assert dump() == before
    assert Run.objects.filter(state=RunState.BUILDING).count() + Run.objects.filter(state=RunState.VERIFIED).count() == 1
    monkeypatch.undo()
    run_night()
    resumed = dump()
    assert Run.objects.filter(as_of=AS_OF).count() == 1
    PublishedSlice.objects.all().delete()
    AccountState.objects.all().delete()
    Run.objects.all().delete()
    run_night()
    undisturbed = dump()
    assert resumed[0] == undisturbed[0]
    assert resumed[1] == undisturbed[1]
    assert resumed[3] == undisturbed[3]


def test_late_events_redo_their_day_alone_and_the_change_is_logged(book: list[Any]) -> None:
    run_night()
    first_run = Run.objects.get()
    late = date(2026, 1, 20)
    make.event(book[2], late)
    result = run_night()
    assert result.plan.activity == (late,)
    assert result.run.late_days == 1
    change = LevelChange.objects.get()
    assert (change.account, change.day, change.level_before, change.level_after) == (book[2], late, Level.ZERO, Level.LOW)
    assert change.key_actions_after == Decimal(1)
    shown = set(AccountDay.objects.published().filter(day__gte=START).values_list("run_id", "day"))
    assert {run for run, day in shown if day == late} == {result.run.pk}
    assert {run for run, day in shown if day != late} == {first_run.pk}
    assert not AccountDay.objects.filter(day=late, run=first_run).exists()


def test_a_day_marked_during_a_run_waits_for_the_next(book: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    real = publish

    def event_arrives_just_before(*args: Any) -> None:
        make.event(book[2], date(2026, 1, 20))
        real(*args)

    monkeypatch.setattr(night, "publish", event_arrives_just_before)
    run_night()
    monkeypatch.undo()
    assert list(DirtyDay.objects.values_list("account_id", "day")) == [(book[2].pk, date(2026, 1, 20))]
    run_night()
    assert AccountDay.objects.published().get(account=book[2], day=date(2026, 1, 20)).level == Level.LOW


def test_an_event_between_a_kill_at_publication_and_the_resumption_is_counted(book: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    late = date(2026, 1, 20)

    def die(*_args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(night, "publish", die)
    with pytest.raises(KeyboardInterrupt):
        run_night()
    monkeypatch.undo()
    make.event(book[2], late)
    run_night()
    assert AccountDay.objects.published().get(account=book[2], day=late).level == Level.LOW
    assert DirtyDay.objects.count() == 0


def test_days_after_the_as_of_day_are_stored_and_not_counted(book: list[Any]) -> None:
    make.event(book[2], AS_OF + timedelta(days=3))
    run_night()
    assert AccountState.objects.get(account=book[2]).level == Level.ZERO
    assert DirtyDay.objects.filter(day__gt=AS_OF).count() == 1
    assert not AccountDay.objects.filter(day__gt=AS_OF).exists()


def test_two_builders_at_once_are_one(book: list[Any]) -> None:
    with only_builder(), pytest.raises(NightBusyError):
        run_night()
    run_night()


def test_figures_that_do_not_add_up_are_not_published(book: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    run_night(date(2026, 2, 10))
    before = dump()
    real = build_account_days

    def lose_a_row(run_id: int, days: Any, scope: Scope) -> int:
        written = real(run_id, days, scope)
        AccountDay.objects.filter(run_id=run_id, account=book[0], day=days[0]).delete()
        return written

    monkeypatch.setattr(night, "build_account_days", lose_a_row)
    with pytest.raises(verify.ImplausibleError, match="2026-02-11"):
        run_night()
    assert dump() == before


def test_without_a_definition_the_night_says_what_to_do() -> None:
    with pytest.raises(NoDefinitionError, match="define FILE"):
        run_night()


def test_an_earlier_as_of_day_leaves_the_current_state_alone(book: list[Any]) -> None:
    run_night()
    run_night(AS_OF - timedelta(days=5))
    assert set(AccountState.objects.values_list("as_of", flat=True)) == {AS_OF}


def test_scores_and_periods_have_one_row_per_key(book: list[Any]) -> None:
    run_night()
    assert HealthScore.objects.count() == HealthScore.objects.published().count()
    assert AccountPeriod.objects.count() == AccountPeriod.objects.published().count()
