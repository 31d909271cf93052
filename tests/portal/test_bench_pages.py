"""The bench of the pages: how a book is multiplied, and how times are read."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Account, Contact, User
from accounts.types import Role
from csm_portal.portal.bench.many import APART, BOOKS_PER_STAFF, multiply
from csm_portal.portal.bench.pages import describe, percentile
from csm_portal.portal.bench.paint import Painted
from health.models import AccountDay, AccountState
from tests.factories import AccountFactory, SourceFactory
from tests.portal.shown_book import AS_OF, person, shown, with_history


@pytest.mark.django_db(transaction=True)
def test_a_book_is_multiplied_with_everything_that_hangs_on_its_accounts() -> None:
    ada = person(email="ada@example.com")
    acme = shown(ada, "acme", account_name="Acme")
    with_history(acme)
    AccountFactory.make(external_id="child", name="Child", parent=acme, owner=ada)
    source = SourceFactory.make()
    Contact.objects.create(account=acme, source=source, external_id="li", name="Li", recorded_at=datetime(2026, 1, 1, tzinfo=UTC))
    days = AccountDay.objects.filter(day__gt=AS_OF - timedelta(days=100)).count()

    rows = multiply(BOOKS_PER_STAFF + 2, AS_OF)

    times = BOOKS_PER_STAFF + 2
    assert Account.objects.count() == rows["accounts_account"] == 2 * times
    assert AccountState.objects.count() == times
    assert AccountDay.objects.filter(day__gt=AS_OF - timedelta(days=100)).count() == times * days
    assert set(Contact.objects.values_list("external_id", flat=True)) == {"li", *(f"li-{k}" for k in range(1, times))}
    # The last copies belong to a second staff, the others to the first.
    assert User.objects.filter(role=Role.CSM).count() == 2
    assert Account.objects.visible_to(ada).count() == 2 * BOOKS_PER_STAFF
    copy = Account.objects.get(external_id="child-3")
    assert (copy.pk, copy.parent) == (copy.pk % APART + 3 * APART, Account.objects.get(external_id="acme-3"))
    # New rows find free ids, and checks are in force again.
    AccountFactory.make(external_id="new")
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_the_share_does_not_exceed(values: list[float], share: float) -> None:
    ordered = sorted(values)
    found = percentile(ordered, share)
    assert found in ordered
    assert sum(one <= found for one in ordered) >= share * len(ordered)
    assert sum(one < found for one in ordered) < share * len(ordered) + 1e-9


def test_no_answers_have_no_percentile_and_failures_are_told() -> None:
    assert math.isnan(percentile([], 0.95))
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95
    assert describe(7, 120_000, (12.4, 40.0, 2), None) == "p50 12 ms, p95 40 ms, 7 queries, HTML 120 KB, 2 FAILED"
    seen = describe(7, 120_000, (12.4, 40.0, 0), Painted(300, 0.012, 21.5, 800, 130))
    assert seen.endswith("paint 300 ms, shift 0.012, own scripts 21.5 KB, page 800 KB (130 KB compressed)")
