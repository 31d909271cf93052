"""Long work: a row before any message, checked before it is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from accounts.models import Account, ImportRun, JobRun
from accounts.types import JobState
from csm_portal.nightly import tasks
from csm_portal.portal.first_run import uploads, work
from tests import factories as make

NOW = datetime(2026, 3, 20, 8, tzinfo=UTC)
ACCOUNTS = b"external_id,name,onboarded_on\na,One,2025-01-01\nb,Two,31/12/26\n"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _home(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PORTAL_HOME = tmp_path
    settings.PORTAL_AS_OF = date(2026, 3, 20)
    monkeypatch.setattr(work, "wake", lambda _job_id: None)


def uploaded(content: bytes = ACCOUNTS, name: str = "accounts.csv") -> str:
    return uploads.keep([SimpleUploadedFile(name, content)], NOW).key


def done(key: str, period: str) -> work.Outcome:
    job = work.order(work.IMPORT, key, period, NOW)
    assert job.state == JobState.DUE
    assert tasks.run_nightly_job(job.pk)
    job.refresh_from_db()
    outcome = work.outcome_in(job)
    assert outcome is not None
    return outcome


def test_a_dry_run_reports_and_keeps_nothing_then_the_load_keeps_it_and_drops_the_files() -> None:
    key = uploaded()
    found = done(key, work.CHECK)
    assert (found.dry_run, found.total("read"), found.total("created"), found.total("rejected")) == (True, 2, 1, 1)
    [row] = found.rejects
    assert (row["file"], row["line"], row["column"]) == ("accounts.csv", "3", "onboarded_on")
    assert row["reason"]
    assert not Account.objects.exists()
    assert not ImportRun.objects.exists()
    loaded = done(key, work.APPLY)
    assert (loaded.dry_run, loaded.total("created"), loaded.total("rejected")) == (False, 1, 1)
    assert list(Account.objects.values_list("external_id", flat=True)) == ["a"]
    with pytest.raises(uploads.Unfit):
        uploads.find(key)


def test_a_second_load_of_the_same_files_changes_nothing() -> None:
    done(uploaded(), work.APPLY)
    again = done(uploaded(), work.APPLY)
    assert (again.total("created"), again.total("unchanged")) == (0, 1)


def test_files_that_are_gone_are_said_to_be_and_not_tried_again() -> None:
    outcome = done("0" * 32, work.CHECK)
    assert "no longer here" in outcome.error


def test_a_file_without_a_required_column_is_refused_in_words() -> None:
    assert done(uploaded(b"name\nOne\n"), work.CHECK).refused


def test_an_order_given_twice_is_one_row_and_a_finished_one_begins_anew() -> None:
    first = work.order(work.IMPORT, "k", work.CHECK, NOW)
    assert work.order(work.IMPORT, "k", work.CHECK, NOW).pk == first.pk
    JobRun.objects.filter(pk=first.pk).update(state=JobState.RUNNING)
    assert work.order(work.IMPORT, "k", work.CHECK, NOW).state == JobState.RUNNING
    JobRun.objects.filter(pk=first.pk).update(state=JobState.FAILED, error="x", attempts=3)
    anew = work.order(work.IMPORT, "k", work.CHECK, NOW)
    assert (anew.pk, anew.state, anew.error, anew.attempts) == (first.pk, JobState.DUE, "", 0)


def test_without_a_worker_the_page_is_told_after_a_while() -> None:
    job = work.order(work.IMPORT, "k", work.CHECK, NOW)
    assert not work.nobody_took(job, NOW + timedelta(seconds=2))
    assert work.nobody_took(job, NOW + timedelta(seconds=20))
    job.state = JobState.RUNNING
    assert not work.nobody_took(job, NOW + timedelta(seconds=20))


def test_the_work_can_be_done_in_the_web_process() -> None:
    job = work.order(work.IMPORT, uploaded(), work.CHECK, NOW)
    work.run_here(job.pk).join(60)
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED


def test_the_history_is_built_as_one_span() -> None:
    make.define_activity(date(2026, 3, 1))
    account = make.AccountFactory.make()
    make.ContractFactory.make(account=account, starts_on=date(2026, 3, 2))
    make.event(account, date(2026, 3, 3), seat=make.SeatFactory.make(account=account))
    job = work.order_history(date(2026, 3, 1), date(2026, 3, 19), NOW)
    assert tasks.run_nightly_job(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert "18 days" in job.message
