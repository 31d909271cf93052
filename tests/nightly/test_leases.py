"""Leases: kept by who works, lost by who dies or freezes, and then nobody's word but the new holder's counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import JobRun, Outbox
from accounts.types import JobState
from csm_portal.nightly import jobs, leases, outbox
from tests.processes import wait_for

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def clock() -> datetime:
    return LATER


def claimed(**fields: object) -> JobRun:
    row = JobRun.objects.create(**{"job": "nightly", "period": "2026-03-09", "due_at": NOW, **fields})
    job = jobs.claim(row.pk, NOW)
    assert job is not None
    return job


def lease_of(job: JobRun) -> datetime | None:
    return JobRun.objects.get(pk=job.pk).lease_until


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_while_the_work_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.01)
    job = claimed()

    def work(_job: JobRun) -> str:
        wait_for(lambda: lease_of(job) == LATER + leases.LEASE, what="the renewal")
        return "done"

    assert jobs.run_claimed(job, work, clock)
    assert lease_of(job) is None


@pytest.mark.django_db(transaction=True)
def test_who_lost_the_lease_neither_renews_nor_ends_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.01)
    frozen = claimed()
    after = NOW + leases.LEASE + timedelta(seconds=1)
    taken = jobs.claim(frozen.pk, after)
    assert taken is not None
    with leases.kept(frozen, frozen.attempts, clock), leases.kept(taken, taken.attempts, lambda: after):
        wait_for(lambda: lease_of(frozen) == after + leases.LEASE, what="the renewal of the new holder")
    assert not jobs.run_claimed(frozen, lambda _job: "late", clock)
    row = JobRun.objects.get(pk=frozen.pk)
    assert (row.state, row.message, row.lease_until) == (JobState.RUNNING, "", after + leases.LEASE)


@pytest.mark.django_db
def test_a_frozen_worker_does_not_write_another_holders_failure() -> None:
    row = Outbox.objects.create(kind="thing", body={}, due_at=NOW)

    def away(_body: object) -> None:
        Outbox.objects.filter(pk=row.pk).update(attempts=outbox.MAX_ATTEMPTS)  # taken by somebody else meanwhile
        raise OSError("away")

    def give_up(_body: object, _error: str) -> None:
        raise AssertionError("it is not this worker's to give up")

    assert not outbox.run(row.pk, {"thing": outbox.Kind(away, give_up)}, lambda: NOW)
    row.refresh_from_db()
    assert (row.error, row.lease_until) == ("", NOW + leases.LEASE)


@pytest.mark.django_db
def test_a_job_whose_worker_died_at_its_last_try_ends_as_failed() -> None:
    job = claimed(attempts=jobs.MAX_ATTEMPTS - 1)
    assert jobs.fail_exhausted(NOW) == 0
    assert jobs.fail_exhausted(NOW + leases.LEASE + timedelta(seconds=1)) == 1
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "20 times" in job.error
