"""What follows a published night: written down once per run, every step done in order, done again after a failure."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from accounts.models import JobRun
from accounts.types import JobState
from csm_portal.nightly import foresee
from health.models import Run
from health.types import RunState

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 2, 5, tzinfo=UTC)
DAY = date(2026, 11, 1)


def published() -> Run:
    return Run.objects.create(as_of=DAY, first_day=DAY, state=RunState.PUBLISHED, started_at=NOW, finished_at=NOW)


def test_nothing_is_owed_before_the_first_run() -> None:
    assert foresee.owe(NOW) is None


def test_a_run_is_owed_once_and_a_day_built_again_once_more() -> None:
    first = published()
    assert foresee.owe(NOW) == foresee.owe(NOW)
    first.delete()
    published()
    foresee.owe(NOW)
    assert JobRun.objects.filter(job=foresee.JOB).count() == 2


def test_steps_are_done_in_order_as_of_the_day_and_say_what_they_wrote() -> None:
    done: list[tuple[str, date, date]] = []

    def step(name: str) -> foresee.Step:
        def work(moment: foresee.Moment) -> int:
            done.append((name, moment.as_of, moment.today))
            return len(done) - 1

        return foresee.Step(name, work)

    said: list[str] = []
    counts = foresee.foresee(foresee.Moment(DAY, date(2026, 11, 2), NOW), said.append, [step("likelihood"), step("items")])
    assert done == [("likelihood", DAY, date(2026, 11, 2)), ("items", DAY, date(2026, 11, 2))]
    assert counts == {"likelihood": 0, "items": 1}
    assert said[1].startswith("items: 1 rows in")


def test_a_step_that_fails_is_told_and_due_again(monkeypatch: pytest.MonkeyPatch) -> None:
    published()

    def fail(_moment: foresee.Moment) -> int:
        raise ValueError("no such table")

    monkeypatch.setattr(foresee, "STEPS", (foresee.Step("alarms", fail),))
    with pytest.raises(RuntimeError, match="no such table"):
        foresee.run_here(DAY, lambda _line: None, lambda: NOW)
    job = JobRun.objects.get(job=foresee.JOB)
    assert (job.state, job.attempts) == (JobState.DUE, 1)
    monkeypatch.setattr(foresee, "STEPS", ())
    JobRun.objects.update(due_at=NOW)
    foresee.run_here(DAY, lambda _line: None, lambda: NOW)
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
