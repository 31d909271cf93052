"""Marks that stand are left alone, and who claims them waits for whoever relied on one."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError

from accounts import dirty
from accounts.models import DirtyDay
from tests.factories import AccountFactory

DAY = date(2026, 3, 2)


def marked(account: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(dirty.MARKS_STAND)
        cursor.execute(dirty.marking_new("SELECT %s::bigint AS account_id, %s::date AS day"), [account, DAY])
        return int(cursor.rowcount)


@pytest.mark.django_db
def test_a_mark_is_made_left_alone_while_it_stands_and_made_anew_once_it_is_claimed() -> None:
    account = AccountFactory().pk
    assert (marked(account), marked(account)) == (1, 0)
    DirtyDay.objects.update(claimed_by=7)
    assert marked(account) == 1
    assert DirtyDay.objects.get().claimed_by is None
    DirtyDay.objects.update(events=False)
    assert marked(account) == 1
    assert DirtyDay.objects.get().events


@pytest.mark.django_db(transaction=True)
def test_who_claims_waits_until_a_transaction_that_relied_on_a_mark_is_over() -> None:
    account = AccountFactory().pk
    marked(account)
    relied, may_end = threading.Event(), threading.Event()

    def request() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(dirty.MARKS_STAND)
            relied.set()
            may_end.wait(120)
        connection.close()

    other = threading.Thread(target=request)
    other.start()
    assert relied.wait(120)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '200ms'")
        with pytest.raises(OperationalError), transaction.atomic():
            dirty.wait_for_markers()
    may_end.set()
    other.join(120)
    dirty.wait_for_markers()
