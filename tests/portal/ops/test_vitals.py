"""What the tables say of the portal's own health, and how a monitor reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings
from redis.exceptions import ConnectionError as NoRedis

from accounts.models import Heartbeat, IntakeMinute, JobRun, Outbox, PendingEvent, RefusedCall
from accounts.policy import OUTBOX_ATTEMPTS
from accounts.types import JobState, Role, Sign, Waiting
from csm_portal.portal.ops.nights import owed_days
from csm_portal.portal.ops.vitals import Vitals, read_vitals
from health.models import Run
from health.types import RunState
from tests.factories import SourceFactory
from tests.portal.shown_book import person, published_run

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
TOKEN = "a token that only the monitor knows"


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def job(state: JobState, **fields: Any) -> JobRun:
    count = JobRun.objects.count()
    return JobRun.objects.create(job="nightly", period=str(count), state=state, **{"due_at": NOW, **fields})


def letter(**fields: Any) -> Outbox:
    return Outbox.objects.create(kind="mail", **{"due_at": NOW, **fields})


def refused(**fields: Any) -> RefusedCall:
    return RefusedCall.objects.create(
        source=SourceFactory.make(), received_at=NOW, tracker="segment", code="missing", message="no id", body="{}", **fields
    )


def test_an_empty_installation_has_no_signs_and_nothing_waits() -> None:
    found = read_vitals(NOW)
    assert found == Vitals(None, None, None, None, None, 0, None, 0, 0, 0, 0, None, 0, 0, 0, 0, None, 0, 0, 0, None)


def test_jobs_count_by_what_becomes_of_them() -> None:
    job(JobState.DUE, due_at=ago(minutes=7))
    job(JobState.DUE, due_at=ago(minutes=-5))
    job(JobState.RUNNING, lease_until=ago(seconds=-30))
    job(JobState.RUNNING, lease_until=ago(seconds=1))
    job(JobState.FAILED)
    job(JobState.FAILED, finished_at=NOW)
    job(JobState.SUCCEEDED, finished_at=NOW)
    found = read_vitals(NOW)
    assert (found.jobs_due, found.job_oldest) == (1, ago(minutes=7)), "what is due later waits for nobody"
    assert (found.jobs_running, found.jobs_orphaned) == (1, 1), "a lease that is over has no live worker"
    assert found.jobs_failed == 1, "one that was given up is decided"


def test_a_letter_is_dead_after_its_last_try_and_not_while_that_runs() -> None:
    letter(attempts=OUTBOX_ATTEMPTS - 1)
    letter(attempts=OUTBOX_ATTEMPTS)
    letter(attempts=OUTBOX_ATTEMPTS, lease_until=ago(minutes=-1))
    letter(attempts=OUTBOX_ATTEMPTS, lease_until=ago(minutes=1))
    letter(attempts=1, done_at=NOW)
    found = read_vitals(NOW)
    assert (found.letters_open, found.letters_dead) == (1, 2)


def test_the_intake_counts_what_is_not_settled_and_what_came_lately() -> None:
    source = SourceFactory.make()
    refused()
    refused(flagged=True)
    refused(settled_at=NOW, settled_as="discarded")
    PendingEvent.objects.create(
        source=source, message_id="1", action="work", occurred_at=NOW, received_at=ago(hours=3), quantity=1, reason=Waiting.UNKNOWN_ACCOUNT
    )
    for minutes, calls in ((2, 5), (30, 7), (90, 100)):
        IntakeMinute.objects.create(source=source, minute=ago(minutes=minutes), calls=calls)
    found = read_vitals(NOW)
    assert (found.refused, found.flagged, found.pending, found.pending_oldest) == (1, 1, 1, ago(hours=3))
    assert (found.calls_5_minutes, found.calls_hour) == (5, 12)


def test_the_signs_and_the_last_good_night_are_told(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    run = published_run()
    Run.objects.create(as_of=run.as_of + timedelta(days=1), first_day=run.as_of, state=RunState.HELD, started_at=NOW)
    Heartbeat.objects.create(name=Sign.BEAT, sent_at=ago(seconds=9), seen_at=ago(seconds=9))
    Heartbeat.objects.create(name=Sign.WORKER, sent_at=ago(seconds=9), seen_at=ago(seconds=7))
    with django_assert_num_queries(1):
        found = read_vitals(NOW)
    assert (found.beat_at, found.worker_at, found.round_trip) == (ago(seconds=9), ago(seconds=7), timedelta(seconds=2))
    assert found.as_of == run.as_of, "a held night is not good yet"


@pytest.mark.parametrize(
    ("now", "owed"),
    [
        (datetime(2026, 11, 21, 1, 59, tzinfo=UTC), []),
        (datetime(2026, 11, 21, 2, 0, tzinfo=UTC), [date(2026, 11, 20)]),
        (datetime(2026, 11, 22, 6, 0, tzinfo=UTC), [date(2026, 11, 20), date(2026, 11, 21)]),
    ],
)
def test_a_night_is_owed_once_its_hour_has_come(settings: Settings, now: datetime, owed: list[date]) -> None:
    settings.PORTAL_AS_OF, settings.TIME_ZONE, settings.PORTAL_NIGHT_AT = None, "UTC", "02:00"
    assert owed_days(date(2026, 11, 19), now) == owed
    assert owed_days(None, now) == [], "the first night is started by a person"


# --- what a monitor reads ---


@pytest.fixture
def monitor(client: Client, settings: Settings) -> Callable[[], dict[str, float]]:
    """The samples that a monitor with the token reads, by name and label."""
    settings.METRICS_TOKEN = TOKEN

    def read() -> dict[str, float]:
        answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.content.decode())
        return {" ".join([sample.name, *sample.labels.values()]): sample.value for family in families for sample in family.samples}

    return read


def test_a_monitor_reads_figures_and_no_sample_of_what_was_never_seen(monitor: Callable[[], dict[str, float]]) -> None:
    before = monitor()
    assert before["csm_portal_jobs failed"] == 0
    assert before["csm_portal_redis_up"] == 1
    assert "csm_portal_last_good_night_age_seconds" not in before
    assert not any(name.startswith("csm_portal_heartbeat_age") for name in before)
    run = published_run()
    Run.objects.filter(pk=run.pk).update(faults=2)
    job(JobState.FAILED)
    letter(attempts=OUTBOX_ATTEMPTS)
    Heartbeat.objects.create(name=Sign.WORKER, sent_at=NOW, seen_at=NOW)
    after = monitor()
    assert (after["csm_portal_runs partial"], after["csm_portal_runs published"], after["csm_portal_runs held"]) == (1, 0, 0)
    assert (after["csm_portal_jobs failed"], after["csm_portal_outbox dead"]) == (1, 1)
    assert after["csm_portal_last_good_night_age_seconds"] >= 0
    assert after["csm_portal_as_of_timestamp_seconds"] == datetime(2026, 11, 19, tzinfo=UTC).timestamp()
    assert "csm_portal_heartbeat_age_seconds worker" in after


def test_metrics_name_nobody_and_no_account(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    refused(name="secret event")
    assert b"secret" not in client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).content


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ü"])
def test_whoever_has_no_token_is_told_to_send_one(client: Client, settings: Settings, header: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    answer = client.get("/metrics", headers={"authorization": header})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="metrics"')


def test_where_no_token_is_set_an_empty_one_opens_nothing(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 401
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 401


def test_a_signed_in_admin_reads_them_and_nobody_else_sees_that_they_are_there(client: Client) -> None:
    for role, status in ((Role.CSM, 404), (Role.MANAGER, 404), (Role.ADMIN, 200)):
        client.force_login(person(role))
        assert client.get("/metrics").status_code == status


def test_redis_away_is_a_figure_and_no_failure(monitor: Callable[[], dict[str, float]], monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_key: str) -> None:
        raise NoRedis("gone")

    monkeypatch.setattr("csm_portal.portal.ops.vitals.cache.get", away)
    assert monitor()["csm_portal_redis_up"] == 0
