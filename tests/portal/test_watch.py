"""A worker is deaf when beat signs, no worker answers, and none is at work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from accounts.models import Heartbeat, JobRun
from csm_portal.embedded.watch import SILENT_SECONDS, worker_is_deaf

pytestmark = pytest.mark.django_db(transaction=True)


def is_deaf() -> bool:
    known = connection.get_connection_params()
    return worker_is_deaf(make_conninfo(**{name: known[name] for name in ("host", "port", "user", "password", "dbname") if name in known}))


def signs(*, beat: float, worker: float) -> None:
    """Signs so many seconds old."""
    now = datetime.now(UTC)
    for name, age in (("beat", beat), ("worker", worker)):
        Heartbeat.objects.create(name=name, sent_at=now, seen_at=now - timedelta(seconds=age))


def test_a_silent_worker_under_a_living_beat_is_deaf() -> None:
    assert not is_deaf()
    signs(beat=0, worker=SILENT_SECONDS + 60)
    assert is_deaf()


def test_a_worker_is_not_blamed_for_a_silent_beat_nor_an_answering_one_for_anything() -> None:
    signs(beat=3600, worker=3600)
    assert not is_deaf()
    Heartbeat.objects.all().delete()
    signs(beat=0, worker=0)
    assert not is_deaf()


def test_hands_that_are_busy_are_not_deaf_and_those_of_a_dead_one_are_not_busy() -> None:
    signs(beat=0, worker=3600)
    now = datetime.now(UTC)
    job = JobRun.objects.create(job="nightly", period="2026-03-09", due_at=now, state="running", lease_until=now + timedelta(hours=1))
    assert not is_deaf()
    JobRun.objects.filter(pk=job.pk).update(lease_until=now - timedelta(hours=1))
    assert is_deaf()


def test_where_the_database_cannot_be_asked_nobody_is_ended() -> None:
    assert not worker_is_deaf("postgresql://127.0.0.1:1/none")
