"""What becomes of a night that waits: published, given up or replaced, by the command, by a worker and by a person."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts import dirty
from accounts.models import DirtyDay
from accounts.types import JobState, Role
from csm_portal.nightly import gate, tasks
from csm_portal.nightly.build import build
from csm_portal.portal.first_run import work
from csm_portal.portal.night import deciding
from health.models import AccountDay, HealthScore, Run
from health.types import Band, RunState
from tests import factories as make
from tests.health.graded import define_health
from tests.nightly.test_build import dump

pytestmark = pytest.mark.django_db(transaction=True)

LAST = date(2026, 1, 20)
NEXT = LAST + timedelta(days=1)
NOW = datetime(2026, 1, 22, 2, tzinfo=UTC)


def clock() -> datetime:
    return NOW


@pytest.fixture
def held() -> Any:
    """A book of 24 accounts whose published scores are far from those that the next night finds."""
    make.define_activity()
    define_health()
    rows = [make.AccountFactory.make() for _ in range(24)]
    start = LAST - timedelta(days=6)
    for account in rows:
        make.ContractFactory.make(account=account, starts_on=start)
        seat = make.SeatFactory.make(account=account, activated_on=start)
        for offset in range(7):
            make.event(account, start + timedelta(days=offset), seat=seat)
    build(LAST, say=lambda _line: None, clock=clock)
    HealthScore.objects.published().update(score=100, band=Band.GREEN)
    with pytest.raises(gate.HeldError, match="24 of 24 scores"):
        build(NEXT, say=lambda _line: None, clock=clock)
    return Run.objects.get(state=RunState.HELD)


def test_a_held_night_is_seen_by_nobody_and_published_as_it_was_built(held: Any) -> None:
    latest = Run.objects.latest_published()
    assert latest is not None
    assert latest.as_of == LAST
    assert (held.held["moved"], held.held["of"]) == (24, 24)
    run = gate.publish_held(held.pk, None, clock)
    assert (run.state, run.as_of) == (RunState.PUBLISHED, NEXT)
    assert AccountDay.objects.published().filter(day=NEXT).count() == 24
    assert HealthScore.objects.published().filter(day=NEXT).count() == 24
    assert not DirtyDay.objects.exists()
    with pytest.raises(gate.NotHeldError):
        gate.publish_held(held.pk, None, clock)


def test_a_night_given_up_leaves_nothing_and_is_owed_again(held: Any) -> None:
    boss = make.UserFactory.make(role=Role.ADMIN)
    run = gate.give_up_held(held.pk, boss, clock)
    assert (run.state, run.decided_by) == (RunState.FAILED, boss)
    assert not AccountDay.objects.filter(run=run).exists()
    assert not DirtyDay.objects.filter(claimed_by=run.pk).exists()
    with pytest.raises(gate.NotHeldError):
        gate.give_up_held(held.pk, boss, clock)


def test_the_next_night_replaces_a_held_one(held: Any) -> None:
    with pytest.raises(gate.HeldError):
        build(NEXT + timedelta(days=1), say=lambda _line: None, clock=clock)
    held.refresh_from_db()
    assert (held.state, held.error) == (RunState.FAILED, "Held, and replaced by the next run.")
    assert Run.objects.get(state=RunState.HELD).as_of == NEXT + timedelta(days=1)


def test_a_span_of_history_never_waits(held: Any) -> None:
    assert build(NEXT, first=LAST, say=lambda _line: None, clock=clock).run.state == RunState.PUBLISHED


def test_the_command_tells_why_and_how_to_go_on(held: Any, settings: Settings) -> None:
    settings.PORTAL_AS_OF = NEXT + timedelta(days=1)
    with pytest.raises(CommandError, match=r"Held, not published: 24 of 24 .*--publish-held"):
        call_command("nightly", stdout=StringIO())
    out = StringIO()
    call_command("nightly", "--publish-held", stdout=out)
    assert f"Published: the night as of {NEXT}." in out.getvalue()
    with pytest.raises(CommandError, match="No night is held"):
        call_command("nightly", "--give-up-held")


def test_a_worker_that_finds_the_night_held_is_done_and_a_person_decides(held: Any, settings: Settings) -> None:
    settings.PORTAL_AS_OF = NEXT + timedelta(days=1)
    boss = make.UserFactory.make(role=Role.ADMIN)
    job = work.order(work.NIGHTLY, "", NEXT.isoformat(), NOW)
    assert tasks.run_nightly_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert job.message.startswith("Held, not published")
    waits = deciding.held_run(boss)
    assert waits is not None
    order = deciding.order_publish(waits, boss, NOW)
    assert tasks.run_nightly_job(order.pk)
    waits.refresh_from_db()
    assert (waits.state, waits.decided_by) == (RunState.PUBLISHED, boss)
    # Ordered twice, from two windows: the second finds nothing to decide.
    again = deciding.order_give_up(waits, boss, NOW)
    assert tasks.run_nightly_job(again.pk)
    waits.refresh_from_db()
    assert waits.state == RunState.PUBLISHED


def test_a_publication_killed_midway_leaves_the_night_waiting_and_ends_the_same(held: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dump()

    def die(_run: Any) -> None:
        raise KeyboardInterrupt

    # The last part of the publishing transaction.
    monkeypatch.setattr(dirty, "set_built_through", die)
    with pytest.raises(KeyboardInterrupt):
        gate.publish_held(held.pk, None, clock)
    monkeypatch.undo()
    assert dump() == before
    held.refresh_from_db()
    assert held.state == RunState.HELD
    gate.publish_held(held.pk, None, clock)
    published = dump()
    assert published != before
    build(NEXT, first=LAST - timedelta(days=6), say=lambda _line: None, clock=clock)
    assert dump()[:2] == published[:2]
