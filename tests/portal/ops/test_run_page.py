"""The page of one night: steps, faults, what late data changed, and the decisions about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, JobRun, User
from accounts.types import JobState, Role
from csm_portal.portal.first_run import work
from csm_portal.portal.night import deciding
from csm_portal.portal.ops.runs import steps_after, steps_of
from health.models import AccountFault, LevelChange, Run, RunStep
from health.types import RunState
from tests.factories import TeamFactory
from tests.portal.shown_book import NOW, person, published_run, shown

pytestmark = pytest.mark.django_db

HELD = {"moved": 150, "of": 350, "share": 0.4286, "day": "2026-11-20"}


@pytest.fixture(autouse=True)
def _nobody_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "wake", lambda _job_id: None)


def signed_in(client: Client, role: Role, **fields: Any) -> User:
    user = person(role, **fields)
    client.force_login(user)
    return user


def step(run: Run, name: str, chunk: str, rows: int, seconds: float) -> None:
    finished = NOW + timedelta(seconds=RunStep.objects.count())
    RunStep.objects.create(run=run, step=name, chunk=chunk, rows=rows, seconds=seconds, finished_at=finished)


def fault(account: Account, run: Run, **fields: Any) -> AccountFault:
    values = {"step": "health", "reason": "division by zero", "first_at": NOW, "last_at": NOW, "good_on": date(2026, 11, 18), **fields}
    return AccountFault.objects.create(account=account, run=run, **values)


def change(account: Account, run: Run, day: date, before: int | None, after: int | None) -> None:
    LevelChange.objects.create(run=run, account=account, day=day, level_before=before, level_after=after, key_actions_after=7)


def held_run() -> Run:
    return Run.objects.create(as_of=date(2026, 11, 20), first_day=date(2026, 11, 20), state=RunState.HELD, started_at=NOW, held=HELD)


def test_steps_sum_their_parts_in_the_order_of_the_work_and_the_longest_fills_its_bar() -> None:
    run = published_run()
    for name, chunk, rows, seconds in (("health", "2026-10", 10, 3.0), ("proofs", "", 5, 0.5), ("health", "2026-11", 20, 1.0)):
        step(run, name, chunk, rows, seconds)
    health, proofs = steps_of(run)
    assert (health.rows, health.seconds, health.bar, [chunk.label for chunk in health.chunks]) == (30, 4.0, 100.0, ["2026-10", "2026-11"])
    assert (proofs.rows, proofs.bar) == (5, 12.5)


def test_what_followed_is_read_from_the_lines_that_told_of_it() -> None:
    message = "likelihood: 1,350 rows in 4.2 s; rule matches: 0 rows in 0.0 s; something else"
    job = JobRun(job="foresee", state=JobState.SUCCEEDED, message=message)
    assert [(one.name, one.rows, one.seconds) for one in steps_after(job)] == [
        ("Renewal likelihood", 1350, 4.2),
        ("Accounts that match combinations", 0, 0.0),
    ]
    assert steps_after(JobRun(job="foresee", state=JobState.RUNNING, message=message)) == []


def test_the_page_shows_everything_within_its_budget(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    signed_in(client, Role.ADMIN)
    run = published_run()
    Run.objects.filter(pk=run.pk).update(faults=1, late_days=3, counts={"scores": 1234, "plan": {}})
    account = shown(None, "<i>one</i>")
    step(run, "health", "2026-11", 20, 1.0)
    fault(account, run, reason="<b>odd</b>")
    for back in range(60):
        change(account, run, date(2026, 11, 10) - timedelta(days=back), None, 2)
    with django_assert_max_num_queries(8):
        page = client.get(f"/data/runs/{run.pk}/").content.decode()
    assert "partial" in page
    assert "1,234" in page
    assert "&lt;b&gt;odd&lt;/b&gt;" in page
    assert "&lt;i&gt;one&lt;/i&gt;" in page
    assert "1–50 of 60" in page
    assert "51–60 of 60" in client.get(f"/data/runs/{run.pk}/?page=2").content.decode()
    for odd in ("0", "99", "x", "1" * 30):
        assert client.get(f"/data/runs/{run.pk}/?page={odd}").status_code == 200
    assert "None" not in page


def test_a_manager_sees_the_own_books_accounts_and_no_machine_room(client: Client) -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    signed_in(client, Role.MANAGER, team=team, manages=team)
    run = published_run()
    Run.objects.filter(pk=run.pk).update(faults=2, error="secret row")
    mine, other = shown(None, "mine", account_team=team), shown(None, "other")
    for account in (mine, other):
        fault(account, run, reason=f"reason of {account.name}")
        change(account, run, date(2026, 11, 10), 0, 2)
    JobRun.objects.create(job="foresee", key=str(run.pk), period="2026-11-19", due_at=NOW, error="secret job")
    page = client.get(f"/data/runs/{run.pk}/").content.decode()
    assert "reason of mine" in page
    assert "1–1 of 1" in page
    for hidden in ("reason of other", "secret row", "secret job", "Try again"):
        assert hidden not in page
    assert client.post(f"/data/runs/{run.pk}/retry/").status_code == 404
    assert client.post(f"/data/runs/{run.pk}/decide/", {"decision": "publish"}).status_code == 404


def test_a_csm_has_no_such_page_and_neither_has_a_run_that_is_not_there(client: Client) -> None:
    run = published_run()
    signed_in(client, Role.CSM)
    assert client.get(f"/data/runs/{run.pk}/").status_code == 404
    signed_in(client, Role.ADMIN)
    for pk in (run.pk + 1, 2**70):
        assert client.get(f"/data/runs/{pk}/").status_code == 404


def test_trying_again_orders_the_latest_night_once_more_and_the_page_follows_it(client: Client) -> None:
    signed_in(client, Role.ADMIN)
    run = published_run()
    Run.objects.filter(pk=run.pk).update(faults=1)
    fault(shown(None, "one"), run)
    assert client.post(f"/data/runs/{run.pk}/retry/").status_code == 302
    job = JobRun.objects.get(job=work.NIGHTLY, period=run.as_of.isoformat())
    assert job.state == JobState.DUE
    page = client.get(f"/data/runs/{run.pk}/").content.decode()
    assert f'hx-get="/data/jobs/{job.pk}/"' in page
    assert "HX-Refresh" not in client.get(f"/data/jobs/{job.pk}/").headers
    JobRun.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED, finished_at=NOW)
    assert client.get(f"/data/jobs/{job.pk}/").headers["HX-Refresh"] == "true"
    assert "hx-get" not in client.get(f"/data/runs/{run.pk}/").content.decode().split('id="main"')[1]


def test_accounts_computed_since_offer_no_second_try(client: Client) -> None:
    signed_in(client, Role.ADMIN)
    run = published_run()
    Run.objects.filter(pk=run.pk).update(faults=1)
    fault(shown(None, "one"), run, resolved_at=datetime(2026, 11, 21, 2, tzinfo=UTC))
    page = client.get(f"/data/runs/{run.pk}/").content.decode()
    assert "21 Nov 2026" in page
    assert f"/data/runs/{run.pk}/retry/" not in page


def test_a_held_night_names_what_moved_to_whoever_sees_it(client: Client) -> None:
    run = held_run()
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    mine, other = shown(None, "mine", account_team=team), shown(None, "other")
    examples = [{"account": one.pk, "before": 81.5, "after": None, "band_before": "green", "band_after": None} for one in (mine, other)]
    Run.objects.filter(pk=run.pk).update(held={**HELD, "examples": examples})
    signed_in(client, Role.ADMIN)
    page = client.get(f"/data/runs/{run.pk}/").content.decode()
    assert "150 of 350 scores moved" in page
    assert "20 Nov 2026" in page
    assert ">mine<" in page
    assert ">other<" in page
    assert "81.5 Green" in page
    assert "Yes, publish it" in page
    signed_in(client, Role.MANAGER, team=team, manages=team)
    page = client.get(f"/data/runs/{run.pk}/").content.decode()
    assert ">mine<" in page
    assert ">other<" not in page
    assert "Yes, publish it" not in page


@pytest.mark.parametrize(("decision", "job"), [("publish", deciding.PUBLISH_HELD), ("give-up", deciding.GIVE_UP_HELD)])
def test_a_decision_is_ordered_once_in_the_name_of_who_made_it(client: Client, decision: str, job: str) -> None:
    run, admin = held_run(), signed_in(client, Role.ADMIN)
    for _press in range(2):
        assert client.post(f"/data/runs/{run.pk}/decide/", {"decision": decision}).status_code == 302
    assert list(JobRun.objects.values_list("job", "key", "period")) == [(job, str(run.pk), str(admin.pk))]
    assert "Yes, publish it" not in client.get(f"/data/runs/{run.pk}/").content.decode(), "what is ordered is not asked again"
    assert client.post(f"/data/runs/{run.pk}/decide/", {"decision": "else"}).status_code == 404


def test_a_night_that_no_longer_waits_takes_no_decision(client: Client) -> None:
    run = published_run()
    signed_in(client, Role.ADMIN)
    answer = client.post(f"/data/runs/{run.pk}/decide/", {"decision": "publish"}, follow=True)
    assert "no longer waits" in answer.content.decode()
    assert not JobRun.objects.exists()
