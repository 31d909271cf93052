"""The lights of the control room: what is well, what is not, and what is to be done then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Heartbeat, ImportFile, ImportRun, JobRun
from accounts.types import JobState, Role, Sign
from csm_portal.portal.ops.lights import BAD, GOOD, OFF, WARN, Light, lights
from csm_portal.portal.ops.nights import Owed
from csm_portal.portal.ops.vitals import Vitals
from health.models import Run
from tests.factories import SourceFactory, define_activity
from tests.portal.shown_book import person, published_run, shown

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
WELL = Vitals(
    beat_at=NOW - timedelta(seconds=20), worker_at=NOW - timedelta(seconds=20), round_trip=timedelta(milliseconds=30),
    as_of=date(2026, 11, 19), night_finished_at=NOW - timedelta(hours=4), jobs_due=0, job_oldest=None, jobs_running=0, jobs_orphaned=0,
    jobs_failed=0, letters_open=0, letter_oldest=None, letters_dead=0, refused=0, flagged=0, pending=0, pending_oldest=None,
    calls_5_minutes=3, calls_hour=40, faults=0, imported_at=NOW - timedelta(days=1),
)  # fmt: skip


def shown_for(owed: tuple[int, list[Owed]] = (0, []), *, broker: bool = True, **changes: Any) -> dict[str, Light]:
    return {light.key: light for light in lights(replace(WELL, **changes), owed, NOW, broker=broker)}


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def test_where_all_is_well_no_light_asks_for_anything() -> None:
    found = shown_for()
    assert {light.tone for light in found.values()} == {GOOD}
    assert not any(light.remedy for light in found.values())
    assert found["worker"].value == "answered 20 s ago"


@pytest.mark.parametrize(
    ("changes", "tone", "says"),
    [
        ({"worker_at": ago(seconds=119)}, GOOD, ""),
        ({"worker_at": ago(seconds=121)}, BAD, "Restart the worker"),
        ({"worker_at": ago(seconds=121), "beat_at": ago(seconds=125)}, BAD, "Start beat first"),
        ({"worker_at": ago(seconds=121), "broker": False}, BAD, "Bring Redis back first"),
        ({"worker_at": ago(seconds=121), "jobs_running": 2}, WARN, ""),
        ({"worker_at": None}, OFF, "Start a worker and beat"),
    ],
)
def test_a_worker_that_does_not_answer_is_red_after_two_minutes_and_the_cause_is_named(
    changes: dict[str, Any], tone: str, says: str
) -> None:
    light = shown_for(**changes)["worker"]
    assert light.tone == tone
    assert says in light.remedy
    assert bool(light.remedy) == bool(says)


def test_a_silent_beat_and_a_missing_redis_are_red() -> None:
    found = shown_for(broker=False, beat_at=ago(minutes=3))
    assert (found["beat"].tone, found["broker"].tone) == (BAD, BAD)
    assert found["beat"].value == "signed 3 min 0 s ago"


def test_owed_nights_are_counted_and_a_failed_one_is_red() -> None:
    one = Owed(date(2026, 11, 20), None)
    assert shown_for((1, [one]))["night"].tone == WARN
    many = shown_for((40, [one]))["night"]
    assert (many.tone, "40 nights owed" in many.note) == (BAD, True)
    failed = Owed(date(2026, 11, 20), JobRun(state=JobState.FAILED))
    assert "has failed for good" in shown_for((1, [failed]))["night"].remedy
    assert shown_for(faults=3)["night"].tone == WARN


def test_jobs_letters_and_the_intake_say_what_waits() -> None:
    found = shown_for(
        jobs_failed=1, jobs_due=2, job_oldest=ago(minutes=1), letters_dead=4, refused=12, pending=1500, pending_oldest=ago(days=2)
    )
    assert (found["jobs"].tone, found["outbox"].tone, found["intake"].tone) == (BAD, BAD, WARN)
    assert "oldest waits 1 min 0 s" in found["jobs"].note
    assert found["intake"].note == "12 refused calls · 1,500 events wait for their account"
    assert shown_for(jobs_due=1, job_oldest=ago(minutes=6))["jobs"].tone == BAD
    assert shown_for(letters_open=1, letter_oldest=ago(days=2))["outbox"].tone == WARN


# --- the page ---


@pytest.fixture
def book(db: None, settings: Settings) -> Run:
    """A published book, an import and both signs."""
    settings.PORTAL_AS_OF = None
    cache.clear()
    define_activity()
    run = published_run()
    shown(person(), "one")
    load = ImportRun.objects.create(source=SourceFactory.make(), folder="a folder", digest="1", state="succeeded", started_at=NOW)
    for name in ("accounts.csv", "seats.csv"):
        ImportFile.objects.create(run=load, name=name, target=name, read=1200, rejected=3)
    for name in Sign:
        Heartbeat.objects.create(name=name, sent_at=NOW, seen_at=NOW)
    return run


def test_an_admin_sees_the_room_and_a_manager_the_nights(
    client: Client, book: Run, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Run.objects.filter(pk=book.pk).update(faults=2, error="secret")
    client.force_login(person(Role.ADMIN))
    client.get("/data/")
    with django_assert_max_num_queries(8):
        page = client.get("/data/").content.decode()
    for expected in ("answered", "/data/jobs/", "/data/dictionary/", f"/data/runs/{book.pk}/", "partial", "2,400", "secret"):
        assert expected in page
    client.force_login(person(Role.MANAGER))
    page = client.get("/data/").content.decode()
    assert f"/data/runs/{book.pk}/" in page
    for hidden in ("/data/jobs/", "answered", "a folder", "secret", "Redis"):
        assert hidden not in page


def test_a_held_night_says_in_the_list_how_much_moved(client: Client, book: Run) -> None:
    held = {"moved": 4, "of": 10, "share": 0.4, "day": "2026-11-19"}
    Run.objects.create(as_of=date(2026, 11, 20), first_day=date(2026, 11, 20), state="held", started_at=NOW, held=held)
    client.force_login(person(Role.MANAGER))
    page = client.get("/data/").content.decode()
    assert "held back" in page
    assert "40% of the scores moved" in page
