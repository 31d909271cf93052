"""What pages say about a night that waits and about accounts that could not be computed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.types import JobState, Role
from csm_portal.portal.night import deciding
from csm_portal.portal.night.late import late_changes, late_count
from health.models import AccountFault, AccountState, LevelChange, Run
from health.types import RunState
from tests import factories as make
from tests.portal.shown_book import person, published_run, shown

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
LAST = TODAY - timedelta(days=1)
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
REASON = "DataError: integer out of range"


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


def opened(client: Client, user: Any, href: str) -> str:
    client.force_login(user)
    answer = client.get(href)
    assert answer.status_code == 200
    return answer.content.decode()


def fault(account: Any, run: Run) -> AccountFault:
    AccountState.objects.filter(account=account).update(stale_since=LAST)
    return AccountFault.objects.create(
        account=account, run=run, step="account days", reason=REASON, first_at=NOW, last_at=NOW, good_on=LAST
    )


@pytest.fixture
def waiting() -> Run:
    """A night after the published one that waits."""
    published_run()
    why = {"moved": 1234, "of": 2000, "share": 0.617, "day": TODAY.isoformat(), "examples": []}
    return Run.objects.create(as_of=TODAY, first_day=TODAY, started_at=NOW, state=RunState.HELD, held=why)


def test_admins_see_on_the_first_page_that_a_night_waits_and_nobody_else_does(client: Client, waiting: Run) -> None:
    page = opened(client, person(Role.ADMIN), "/")
    assert "1,234 of 2,000 scores moved more than they do in a day" in page
    assert reverse("portal:data-run", args=[waiting.pk]) in page
    for role in (Role.CSM, Role.MANAGER):
        assert "scores moved more" not in opened(client, person(role, team=make.TeamFactory.make()), "/")


def test_without_a_waiting_night_nothing_is_said(client: Client) -> None:
    published_run()
    assert "A night waits for you" not in opened(client, person(Role.ADMIN), "/")


def test_old_figures_say_so_in_the_book_and_why_on_the_accounts_page(client: Client) -> None:
    user = person()
    stale, fresh = shown(user, "old"), shown(user, "new")
    fault(stale, published_run())
    book = opened(client, user, reverse("portal:accounts"))
    assert book.count('title="figures of 19 Nov 2026, could not be computed since"') == 1
    page = opened(client, user, reverse("portal:account", args=["old"]))
    assert "figures of 19 Nov 2026, could not be computed since" in page
    assert REASON in page
    assert "could not be computed" not in opened(client, user, reverse("portal:account", args=[fresh.external_id]))


def test_faults_and_late_changes_are_those_of_ones_own_book(client: Client) -> None:
    mine, other = person(), person()
    run = published_run()
    for user in (mine, other):
        account = shown(user, f"of {user.pk}")
        fault(account, run)
        levels = {"level_before": 1, "level_after": 3, "key_actions_before": 2, "key_actions_after": 9}
        LevelChange.objects.create(run=run, account=account, day=LAST, **levels)
    assert [row.account.external_id for row in deciding.open_faults(mine)] == [f"of {mine.pk}"]
    assert len(deciding.open_faults(person(Role.ADMIN))) == 2
    (change,) = late_changes(mine, run)
    assert (change.day, change.level_before, change.level_after) == (LAST, 1, 3)
    assert (late_count(mine, run), late_count(person(Role.ADMIN), run)) == (1, 2)


def test_decisions_and_second_tries_are_jobs(waiting: Run) -> None:
    boss = person(Role.ADMIN)
    assert deciding.deciding_job(waiting) is None
    order = deciding.order_publish(waiting, boss, NOW)
    assert (order.job, order.key, order.period, order.state) == ("publish held", str(waiting.pk), str(boss.pk), JobState.DUE)
    assert deciding.deciding_job(waiting) == order
    again = deciding.order_retry(NOW)
    assert again is not None
    latest = Run.objects.latest_published()
    assert latest is not None
    assert (again.job, again.period) == ("nightly", latest.as_of.isoformat())
