from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import JobRun
from accounts.types import JobState
from csm_portal.nightly import jobs, leases

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


def job(**fields: object) -> JobRun:
    return JobRun.objects.create(**{"job": "nightly", "period": "2026-03-09", "due_at": NOW, **fields})


def clock() -> datetime:
    return NOW


def test_a_job_is_claimed_by_one_process_only() -> None:
    row = job()
    assert jobs.claim(row.pk, NOW) is not None
    assert jobs.claim(row.pk, NOW) is None


def test_a_dead_workers_job_is_due_again_when_its_lease_is_over() -> None:
    row = job()
    jobs.claim(row.pk, NOW)
    assert jobs.due_jobs(NOW) == []
    later = NOW + leases.LEASE + timedelta(seconds=1)
    assert [due.pk for due in jobs.due_jobs(later)] == [row.pk]
    again = jobs.claim(row.pk, later)
    assert again is not None
    assert again.attempts == 2


def test_a_finished_job_is_never_run_again() -> None:
    row = job()
    claimed = jobs.claim(row.pk, NOW)
    assert claimed is not None
    assert jobs.run_claimed(claimed, lambda _job: "done", clock)
    assert jobs.claim(row.pk, NOW + timedelta(days=1)) is None
    row.refresh_from_db()
    assert (row.state, row.message) == (JobState.SUCCEEDED, "done")


def test_a_failure_is_written_down_and_tried_again_later() -> None:
    row = job()
    claimed = jobs.claim(row.pk, NOW)
    assert claimed is not None

    def fail(_job: JobRun) -> str:
        raise RuntimeError("the disk is full")

    assert not jobs.run_claimed(claimed, fail, clock)
    row.refresh_from_db()
    assert (row.state, row.error) == (JobState.DUE, "the disk is full")
    assert row.due_at > NOW


def test_a_job_that_keeps_failing_ends_as_failed() -> None:
    row = job(attempts=jobs.MAX_ATTEMPTS - 1)
    claimed = jobs.claim(row.pk, NOW)
    assert claimed is not None

    def fail(_job: JobRun) -> str:
        raise RuntimeError("still full")

    jobs.run_claimed(claimed, fail, clock)
    row.refresh_from_db()
    assert row.state == JobState.FAILED
    assert jobs.due_jobs(NOW + timedelta(days=9)) == []


def test_progress_renews_the_lease_and_shows_the_step() -> None:
    row = job()
    claimed = jobs.claim(row.pk, NOW)
    assert claimed is not None
    later = NOW + timedelta(minutes=5)
    jobs.say_progress(claimed, lambda: later)("account days 2026-03")
    row.refresh_from_db()
    assert row.lease_until == later + leases.LEASE
    assert (row.done, row.message) == (1, "account days 2026-03")


def test_of_several_nights_the_oldest_is_built_first_and_none_beside_another() -> None:
    later, oldest, letter = job(period="2026-03-10"), job(period="2026-03-09"), job(job="foresee")
    due = jobs.due_jobs(NOW)
    assert {row.pk for row in due} == {later.pk, oldest.pk, letter.pk}
    assert jobs.next_night(due) == [oldest]
    assert jobs.claim(oldest.pk, NOW) is not None
    assert jobs.next_night(jobs.due_jobs(NOW)) == []
    # Its worker died: it is due again, and still the first.
    assert jobs.next_night(jobs.due_jobs(NOW + leases.LEASE + timedelta(seconds=1))) == [oldest]
