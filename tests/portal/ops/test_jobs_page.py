"""Jobs and letters: what stands on the page, and what each button makes of a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import JobRun, Outbox, User
from accounts.policy import JOB_ATTEMPTS, OUTBOX_ATTEMPTS
from accounts.types import JobState, Role
from csm_portal.portal.first_run import work
from csm_portal.portal.monday import mail as monday_mail
from csm_portal.portal.ops.jobs import dead_letters, line_of, open_jobs
from csm_portal.portal.ops.said import length, since
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Jobs that a worker was woken for."""
    found: list[int] = []
    monkeypatch.setattr(work, "wake", found.append)
    return found


@pytest.fixture
def admin(client: Client) -> User:
    user = person(Role.ADMIN, email="admin@example.com")
    client.force_login(user)
    return user


def job(state: JobState = JobState.FAILED, **fields: Any) -> JobRun:
    period = f"2026-11-{JobRun.objects.count() + 1:02}"
    defaults = {"job": "nightly", "period": period, "due_at": NOW, "attempts": JOB_ATTEMPTS if state == JobState.FAILED else 1}
    return JobRun.objects.create(state=state, **{**defaults, **fields})


def letter(**fields: Any) -> Outbox:
    defaults = {"kind": monday_mail.OUTBOX_KIND, "body": {"user": 5, "monday": "2026-11-16"}, "due_at": NOW, "attempts": OUTBOX_ATTEMPTS}
    return Outbox.objects.create(**{**defaults, "error": "SMTPException: no", **fields})


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (20.4, "20 s"), (185, "3 min 5 s"), (7800, "2 h 10 min"), (360_000, "4 d 4 h"), (-3, "0.0 s")],
)
def test_lengths_of_time_are_said_in_their_two_largest_units(seconds: float, said: str) -> None:
    assert length(seconds) == said


def test_an_instant_is_said_from_now_and_one_that_never_was_is_a_dash() -> None:
    assert since(NOW - timedelta(seconds=20), NOW) == "20 s ago"
    assert since(None, NOW) == "–"
    assert since(NOW + timedelta(seconds=3), NOW) == "0 s ago", "clocks of two machines differ a little"


def test_failed_jobs_come_first_then_running_then_due_and_marks_of_letters_are_no_jobs() -> None:
    later, running, failed = job(JobState.DUE), job(JobState.RUNNING), job()
    job(JobState.SUCCEEDED)
    job(finished_at=NOW)
    job(JobState.FAILED, job=monday_mail.ONE)
    assert [row.pk for row in open_jobs()] == [failed.pk, running.pk, later.pk]


def test_a_running_job_says_what_is_known_of_its_worker() -> None:
    alive = line_of(job(JobState.RUNNING, started_at=NOW, lease_until=NOW + timedelta(seconds=40)), NOW)
    assert (alive.lease, alive.tone, alive.may_retry, alive.may_give_up) == ("lease runs 40 s more", "unknown", False, False)
    gone = line_of(job(JobState.RUNNING, started_at=NOW, lease_until=NOW - timedelta(seconds=1)), NOW)
    assert "its worker is gone" in gone.lease
    assert gone.tone == "amber"


def test_an_import_shows_no_data_as_its_word() -> None:
    assert line_of(job(JobState.SUCCEEDED, message='{"files": []}'), NOW).note == ""


def test_the_page_lists_jobs_and_dead_letters_within_its_budget(
    client: Client, admin: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        job(error=f"<b>broke {number}</b>", period=f"p{number}")
    letter(error="<i>refused</i>")
    letter(attempts=OUTBOX_ATTEMPTS - 1, error="tried again later")
    with django_assert_max_num_queries(6):
        page = client.get("/data/jobs/").content.decode()
    assert "&lt;b&gt;broke 0&lt;/b&gt;" in page
    assert "&lt;i&gt;refused&lt;/i&gt;" in page
    assert "tried again later" not in page
    assert "1–50 of 60" in page
    assert "None" not in page
    assert "No job has ended yet" in client.get("/data/jobs/?state=ended").content.decode()


def test_an_empty_page_says_that_nothing_is_to_do(client: Client, admin: User) -> None:
    assert "Nothing waits and nothing failed" in client.get("/data/jobs/").content.decode()


def test_a_failed_job_tries_again_with_all_its_tries(
    client: Client, admin: User, woken: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    row = job(error="broke")
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/data/jobs/{row.pk}/retry/").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error) == (JobState.DUE, 0, "")
    assert row.due_at <= timezone.now()
    assert woken == [row.pk]


def test_neither_a_running_nor_a_done_job_can_be_tried_again_or_given_up(client: Client, admin: User, woken: list[int]) -> None:
    for row in (job(JobState.RUNNING), job(JobState.SUCCEEDED), job(JobState.FAILED, job=monday_mail.ONE)):
        for step in ("retry", "give-up", "undo"):
            assert client.post(f"/data/jobs/{row.pk}/{step}/").status_code == 404
    assert woken == []


@pytest.mark.parametrize(("attempts", "state"), [(JOB_ATTEMPTS, JobState.FAILED), (3, JobState.DUE)])
def test_giving_up_ends_a_job_and_its_undo_puts_it_back_as_it_was(client: Client, admin: User, attempts: int, state: JobState) -> None:
    row = job(state, attempts=attempts, error="broke\nbadly")
    before = JobRun.objects.filter(pk=row.pk).values().get()
    assert client.post(f"/data/jobs/{row.pk}/give-up/").status_code == 302
    row.refresh_from_db()
    assert row.state == JobState.FAILED
    assert row.finished_at is not None
    assert row.error.startswith("Given up by")
    assert row.pk not in open_jobs().values_list("pk", flat=True)
    assert "given up" in client.get("/data/jobs/?state=ended").content.decode()
    assert client.post(f"/data/jobs/{row.pk}/give-up/").status_code == 404
    assert client.post(f"/data/jobs/{row.pk}/undo/").status_code == 302
    assert JobRun.objects.filter(pk=row.pk).values().get() == before


def test_a_dead_letter_is_sent_again_and_its_mark_no_longer_says_failed(client: Client, admin: User) -> None:
    mark = JobRun.objects.create(
        job=monday_mail.ONE, key="5", period="2026-11-16", state=JobState.FAILED, due_at=NOW, error="SMTPException: no"
    )
    row = letter()
    assert client.post(f"/data/outbox/{row.pk}/again/").status_code == 302
    row.refresh_from_db()
    mark.refresh_from_db()
    assert (row.attempts, row.error, row.done_at, mark.state, mark.error) == (0, "", None, JobState.SUCCEEDED, "")
    assert client.post(f"/data/outbox/{row.pk}/again/").status_code == 404, "it is on its way"


def test_a_discarded_letter_stays_unsent_until_that_is_taken_back(client: Client, admin: User) -> None:
    row = letter()
    before = Outbox.objects.filter(pk=row.pk).values().get()
    assert client.post(f"/data/outbox/{row.pk}/discard/").status_code == 302
    assert dead_letters(NOW) == []
    assert client.post(f"/data/outbox/{row.pk}/discard/").status_code == 404
    assert client.post(f"/data/outbox/{row.pk}/undo/").status_code == 302
    assert Outbox.objects.filter(pk=row.pk).values().get() == before
    assert client.post(f"/data/outbox/{row.pk}/undo/").status_code == 404


def test_a_letter_that_went_out_cannot_be_taken_back(client: Client, admin: User) -> None:
    row = letter(done_at=NOW, error="")
    assert client.post(f"/data/outbox/{row.pk}/undo/").status_code == 404


def test_a_letter_whose_worker_still_sends_is_not_dead(client: Client, admin: User) -> None:
    row = letter(lease_until=timezone.now() + timedelta(hours=1))
    assert client.post(f"/data/outbox/{row.pk}/again/").status_code == 404


def test_a_waiting_job_is_done_in_the_web_process_where_no_worker_runs(
    client: Client, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    monkeypatch.setattr(work, "run_here", begun.append)
    waiting, running = job(JobState.DUE), job(JobState.RUNNING)
    assert client.post(f"/data/jobs/{waiting.pk}/here/").status_code == 302
    assert client.post(f"/data/jobs/{running.pk}/here/").status_code == 404
    assert begun == [waiting.pk]


@pytest.mark.parametrize("role", [Role.CSM, Role.MANAGER])
def test_jobs_are_for_admins_alone(client: Client, role: Role) -> None:
    row, dead = job(), letter()
    client.force_login(person(role))
    assert client.get("/data/jobs/").status_code == 404
    assert client.get(f"/data/jobs/{row.pk}/").status_code == 404
    for path in (f"jobs/{row.pk}/retry", f"jobs/{row.pk}/give-up", f"jobs/{row.pk}/undo", f"jobs/{row.pk}/here", f"outbox/{dead.pk}/again"):
        assert client.post(f"/data/{path}/").status_code == 404
    row.refresh_from_db()
    assert row.state == JobState.FAILED
