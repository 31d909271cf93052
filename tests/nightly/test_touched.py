"""A day built again looks only at the accounts that changed since, and shows what looking at all would show."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Account, ExchangeRate
from csm_portal.nightly import touched
from csm_portal.nightly.build import build
from csm_portal.nightly.management import on_order
from health.models import AccountDay, HealthScore, PublishedSlice, Run, TouchedAccount
from health.types import RunState
from tests import factories as make
from tests.depth import sweep
from tests.health import graded as rows
from tests.nightly import touched_book as small
from tests.nightly.touched_book import AS_OF, TOUCHES, left, night

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Account]]:
    """The published book, kept for the tests of this module; what each does to it is taken back, and the book at their end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield small.book()
        transaction.set_rollback(True)


@pytest.fixture
def accounts(kept: list[Account], db: None) -> list[Account]:
    return kept


def shown() -> dict[str, list[str]]:
    """What is left but for the proofs, which every night brings up to date at once."""
    return {name: kept_rows for name, kept_rows in left().items() if name != "health_outcomeproof"}


@pytest.mark.parametrize("touch", TOUCHES, ids=lambda touch: touch.__name__.strip("_"))
def test_a_small_night_leaves_what_a_full_one_does(accounts: list[Account], touch: Any) -> None:
    touch(accounts[4])
    result = night()
    assert result.accounts is not None
    assert 1 <= result.accounts <= 3
    found = left()
    assert night(full=True).accounts is None
    assert found == left()


def test_a_worker_does_the_same_with_jobs(accounts: list[Account], settings: Any) -> None:
    settings.PORTAL_AS_OF = small.TODAY
    TOUCHES[0](accounts[4])
    told = on_order.done(AS_OF)
    assert told.get("error") is None
    built = Run.objects.latest_published()
    assert built is not None
    assert 1 <= len(built.basis["about"]) <= 3
    found = left()
    night(full=True)
    assert found == left()


@pytest.mark.parametrize("seed", sweep(range(3), {0}))
def test_small_nights_one_after_the_other_leave_what_a_full_one_does(accounts: list[Account], seed: int) -> None:
    chance = random.Random(seed)
    for touch in chance.sample(TOUCHES, 3):
        touch(chance.choice(accounts[:6]))
        night()
    found = left()
    night(full=True)
    assert found == left()


def test_the_book_of_the_law_has_rows_of_every_kind_that_differ(accounts: list[Account]) -> None:
    found = left()
    filled = {name for name, kept_rows in found.items() if kept_rows}
    assert filled >= set(found) - {"churn_dropalarm", "churn_rulematch", "churn_likelihood"}
    assert len({json.loads(row)["score"] for row in found["health_healthscore"]}) > 3


def test_what_no_trigger_tells_is_not_seen_until_a_full_night(accounts: list[Account]) -> None:
    """The control of the law: without what the triggers write it must fail."""
    before = left()
    rows.ticket(accounts[4], AS_OF - timedelta(days=1), escalated=True)
    TouchedAccount.objects.all().delete()
    night()
    assert left() == before
    night(full=True)
    assert left() != before


def test_a_night_without_changes_is_about_nobody_and_moves_no_pointer(accounts: list[Account]) -> None:
    before = set(PublishedSlice.objects.values_list("grain", "starts_on", "run_id"))
    result = night()
    assert result.accounts == 0
    assert result.run.state == RunState.PUBLISHED
    assert set(PublishedSlice.objects.values_list("grain", "starts_on", "run_id")) == before


def test_its_rows_take_the_place_of_those_that_were_shown(accounts: list[Account]) -> None:
    rows.ticket(accounts[2], AS_OF - timedelta(days=1), escalated=True)
    run = night().run
    assert not AccountDay.objects.filter(run=run).exists()
    assert not HealthScore.objects.filter(run=run).exists()
    assert HealthScore.objects.filter(day=AS_OF, account=accounts[2]).count() == 1
    assert Run.objects.latest_published() == run


def test_a_change_of_what_holds_for_all_makes_the_night_a_full_one(accounts: list[Account]) -> None:
    ExchangeRate.objects.create(currency="EUR", day=AS_OF, rate="1.1")
    assert night().accounts is None


def test_many_changed_accounts_make_the_night_a_full_one(accounts: list[Account]) -> None:
    Account.objects.filter(pk__in=[one.pk for one in accounts[:5]]).update(tier="Z")
    assert night().accounts is None


def test_the_next_day_is_about_all_accounts(accounts: list[Account]) -> None:
    assert build(AS_OF + timedelta(days=1), say=lambda _line: None, clock=lambda: small.NOW).accounts is None


def test_a_killed_small_night_goes_on_and_sees_what_came_meanwhile(accounts: list[Account], monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_args: Any) -> None:
        raise KeyboardInterrupt

    before = shown()
    rows.ticket(accounts[2], AS_OF - timedelta(days=1), escalated=True)
    make.event(accounts[2], AS_OF, times=3)
    with monkeypatch.context() as killed:
        killed.setattr("csm_portal.nightly.build.publish", die)
        with pytest.raises(KeyboardInterrupt):
            night()
    assert shown() == before
    rows.invoice(accounts[5], AS_OF - timedelta(days=60), AS_OF - timedelta(days=30))
    assert night().accounts == 2
    found = left()
    night(full=True)
    assert found == left()


def test_of_each_account_one_claim_is_kept(accounts: list[Account]) -> None:
    for _ in range(3):
        Account.objects.filter(pk=accounts[2].pk).update(tier="Z")
        night()
    assert TouchedAccount.objects.filter(account=accounts[2]).count() == 1


def test_triggers_stand_on_every_table_that_is_said_to_be_watched() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'touch_%'")
        assert {name for (name,) in cursor.fetchall()} == touched.WATCHED
