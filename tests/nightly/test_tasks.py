"""The minute tick and what it wakes, without a broker: messages are only wake-ups, so the rows decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from accounts.models import JobRun
from accounts.types import JobState
from csm_portal.celery import app
from csm_portal.nightly import tasks
from csm_portal.nightly.build import build
from health.models import Run
from health.types import RunState
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)

START = date(2026, 3, 2)
BUILT = date(2026, 3, 4)
MORNING = datetime(2026, 3, 8, 6, 0, tzinfo=UTC)


@pytest.fixture
def at_once() -> Iterator[None]:
    """Tasks run where they are sent from."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def built_book(settings: Settings) -> None:
    settings.PORTAL_AS_OF = None
    settings.TIME_ZONE = "UTC"
    make.define_activity()
    account = make.AccountFactory.make()
    make.ContractFactory.make(account=account, starts_on=START)
    make.event(account, START, seat=make.SeatFactory.make(account=account))
    build(BUILT, say=lambda _line: None)


def test_missed_nights_are_caught_up_once_each_oldest_first(built_book: None, at_once: None) -> None:
    with time_machine.travel(MORNING, tick=False):
        # The oldest night, which brings the others, and what follows from the one that is published already.
        assert tasks.tick() == 1 + 1
        # What follows from the last of them; nothing is owed after that.
        assert tasks.tick() == 1
        assert tasks.tick() == 0
    assert list(Run.objects.order_by("id").values_list("as_of", "state")) == [
        (BUILT + timedelta(days=offset), RunState.PUBLISHED) for offset in range(4)
    ]
    assert set(JobRun.objects.filter(job="nightly").values_list("state", flat=True)) == {JobState.SUCCEEDED}


def test_the_night_waits_for_its_hour(built_book: None, at_once: None, settings: Settings) -> None:
    settings.PORTAL_NIGHT_AT = "02:00"
    with time_machine.travel(datetime(2026, 3, 6, 1, 59, tzinfo=UTC), tick=False):
        # What follows from the night that is published waits for nothing.
        assert tasks.tick() == 1
        assert not JobRun.objects.filter(job="nightly").exists()
    with time_machine.travel(datetime(2026, 3, 6, 2, 0, tzinfo=UTC), tick=False):
        assert tasks.tick() == 1
        assert JobRun.objects.filter(job="nightly").count() == 1


def test_a_job_sent_twice_runs_once(built_book: None) -> None:
    job = JobRun.objects.create(job="nightly", period="2026-03-05", due_at=MORNING - timedelta(days=1))
    assert tasks.run_nightly_job(job.pk)
    assert not tasks.run_nightly_job(job.pk)
    assert Run.objects.filter(as_of=date(2026, 3, 5)).count() == 1


def test_a_night_that_cannot_be_built_says_why_on_its_row(built_book: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("no space left on device")

    monkeypatch.setattr(tasks, "build", refuse)
    job = JobRun.objects.create(job="nightly", period="2026-03-05", due_at=MORNING - timedelta(days=1))
    assert not tasks.run_nightly_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DUE, "no space left on device")


def test_nothing_is_owed_before_a_person_has_started_the_first_night(at_once: None) -> None:
    with time_machine.travel(MORNING, tick=False):
        assert tasks.tick() == 0
    assert not JobRun.objects.filter(job="nightly").exists()
