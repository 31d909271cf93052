"""The outbox: claimed by one, tried again with growing pauses, kept with its error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from accounts.models import Outbox
from churn.models import PaymentReminder
from churn.reminders import approve, candidates
from csm_portal.celery import app
from csm_portal.nightly import outbox, tasks
from tests.churn.lost_book import TODAY, admin
from tests.churn.test_reminders import customer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Work:
    """Work that fails so many times, and what it was told."""

    def __init__(self, fails: int = 0) -> None:
        self.fails, self.seen, self.given_up = fails, 0, ""

    def do(self, body: Mapping[str, Any]) -> None:
        assert body == {"n": 1}
        self.seen += 1
        if self.seen <= self.fails:
            raise OSError("away")

    def give_up(self, _body: Mapping[str, Any], error: str) -> None:
        self.given_up = error

    def run(self, pk: int, now: datetime = NOW) -> bool:
        return outbox.run(pk, {"thing": outbox.Kind(self.do, self.give_up)}, lambda: now)


def row(**fields: Any) -> Outbox:
    return Outbox.objects.create(**{"kind": "thing", "body": {"n": 1}, "due_at": NOW, **fields})


def test_a_row_is_done_once(work: Work) -> None:
    one = row()
    assert outbox.due(NOW) == [one.pk]
    assert work.run(one.pk)
    assert not work.run(one.pk)
    assert (work.seen, outbox.due(NOW)) == (1, [])
    one.refresh_from_db()
    assert (one.done_at, one.error, one.lease_until) == (NOW, "", None)


def test_what_is_not_due_or_held_by_another_waits_until_the_lease_is_over(work: Work) -> None:
    later, held = row(due_at=NOW + MINUTE), row(lease_until=NOW + MINUTE)
    assert outbox.due(NOW) == []
    assert not work.run(later.pk)
    assert not work.run(held.pk)
    assert outbox.due(NOW + 2 * MINUTE) == [held.pk, later.pk]
    assert work.run(held.pk, NOW + 2 * MINUTE)


def test_a_failure_is_tried_again_after_growing_pauses() -> None:
    work, one = Work(fails=2), row()
    assert not work.run(one.pk)
    one.refresh_from_db()
    assert (one.error, one.due_at, one.lease_until, one.attempts) == ("OSError: away", NOW + 2 * MINUTE, None, 1)
    assert not work.run(one.pk, NOW + MINUTE)
    assert work.seen == 1
    assert not work.run(one.pk, NOW + 2 * MINUTE)
    one.refresh_from_db()
    assert one.due_at == NOW + 6 * MINUTE
    assert work.run(one.pk, NOW + 6 * MINUTE)


def test_after_the_last_try_it_is_given_up_and_its_error_kept() -> None:
    work, one = Work(fails=99), row(attempts=outbox.MAX_ATTEMPTS - 1)
    assert not work.run(one.pk)
    one.refresh_from_db()
    assert (work.given_up, one.error, one.done_at) == ("OSError: away", "OSError: away", None)
    assert outbox.due(NOW + timedelta(days=9)) == []


def test_the_tick_has_the_worker_send_what_was_approved() -> None:
    customer()
    made = approve(admin(), candidates(admin(), TODAY)[0].cause, datetime.now(UTC) - 2 * MINUTE, TODAY)
    assert made is not None
    app.conf.task_always_eager = True
    try:
        assert tasks.tick() >= 1  # the week's letters about ratings are a job of their own
        assert tasks.tick() == 0
    finally:
        app.conf.task_always_eager = False
    assert [(row.kind, row.done_at is not None) for row in Outbox.objects.all()] == [("payment_reminder", True)]
    assert len(mail.outbox) == 1
    assert PaymentReminder.objects.get().state == "sent"


def test_every_kind_that_is_written_can_be_done() -> None:
    assert set(tasks.OUTBOX) == {"payment_reminder", "rating_reminder", "monday_letter"}


@pytest.fixture
def work() -> Work:
    return Work()
