"""Signs of life: beat's when it sends, a worker's when the message has come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from celery.beat import SchedulingError
from django.conf import settings as installed
from django.db import DatabaseError

from accounts.models import Heartbeat
from accounts.types import Sign
from csm_portal.celery import app
from csm_portal.nightly import heartbeat, tasks

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


@pytest.fixture
def beat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[heartbeat.SigningScheduler]:
    """Beat's schedule as it is installed, without a process of its own."""
    monkeypatch.setattr(heartbeat, "close_old_connections", lambda: None)
    scheduler = heartbeat.SigningScheduler(app=app, schedule_filename=str(tmp_path / "schedule"))
    yield scheduler
    scheduler.close()


def send(beat: heartbeat.SigningScheduler, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What beat puts on the wire when its heartbeat is due."""
    sent: list[Any] = []
    monkeypatch.setattr(tasks.answer_heartbeat, "apply_async", lambda args, kwargs, **options: sent.append((args, options)))
    beat.apply_async(beat.schedule[heartbeat.ENTRY])
    return sent


def test_beat_signs_when_it_sends_and_the_message_tells_when(beat: heartbeat.SigningScheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel(NOW, tick=False):
        (args, options), *_rest = send(beat, monkeypatch)
    assert args == [NOW.isoformat()]
    assert options["expires"] < installed.CELERY_BEAT_SCHEDULE["heartbeat"]["schedule"], "a stopped worker must find no pile"
    row = Heartbeat.objects.get(name=Sign.BEAT)
    assert (row.sent_at, row.seen_at) == (NOW, NOW)


def test_a_worker_signs_with_the_moment_of_sending_and_only_the_latest_is_kept() -> None:
    for minute in (0, 1):
        with time_machine.travel(NOW + timedelta(minutes=minute, seconds=2), tick=False):
            tasks.answer_heartbeat.run((NOW + timedelta(minutes=minute)).isoformat())
    row = Heartbeat.objects.get(name=Sign.WORKER)
    assert (row.sent_at, row.seen_at) == (NOW + timedelta(minutes=1), NOW + timedelta(minutes=1, seconds=2))


def test_beat_signs_although_the_broker_is_away(beat: heartbeat.SigningScheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: Any, **_options: Any) -> None:
        raise OSError("no broker")

    monkeypatch.setattr(tasks.answer_heartbeat, "apply_async", away)
    with pytest.raises(SchedulingError):
        beat.apply_async(beat.schedule[heartbeat.ENTRY])
    assert Heartbeat.objects.filter(name=Sign.BEAT).exists()
    assert not Heartbeat.objects.filter(name=Sign.WORKER).exists()


def test_beat_sends_on_while_the_database_is_away(beat: heartbeat.SigningScheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: Any) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(heartbeat, "sign", away)
    assert len(send(beat, monkeypatch)) == 1


def test_every_entry_of_the_schedule_is_a_task_that_exists(beat: heartbeat.SigningScheduler) -> None:
    app.loader.import_default_modules()
    assert {entry.task for entry in beat.schedule.values() if entry.task and not entry.task.startswith("celery.")} <= set(app.tasks)
