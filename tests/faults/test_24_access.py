"""Check 24 is the access matrix (tests/test_access_matrix.py); this is its control: one queryset that forgets whose book it reads."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from tests.access import Visitor, cast
from tests.faults.results import control, reported
from tests.faults.sabotage_night import everybody_sees_everything
from tests.test_access_matrix import table

pytestmark = pytest.mark.django_db
ROLE = "other_csm"


def wrong_cells() -> list[str]:
    """Reading what belongs to somebody else, on every route below an account: answers that are not what the matrix says."""
    visitor, wrong = Visitor(cast()[ROLE]), []
    for (route, method), expected in table().items():
        if method != "GET" or "external_id" not in route:
            continue
        with transaction.atomic():
            status = visitor.ask(method, route).status_code
            transaction.set_rollback(True)
        if status != expected[ROLE]:
            wrong.append(f"{method} {route}: {status}, not {expected[ROLE]}")
    return wrong


def test_nobody_reads_below_an_account_of_another(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    with reported("24", "IDOR matrix") as result:
        cells = table()
        found = wrong_cells()
        result.differing, result.said = len(found), f"{len(cells):,} routes and methods, 7 roles: tests/test_access_matrix.py"
        assert found == []


def test_check_24_sees_a_queryset_that_forgets_whose_book_it_reads(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts.querysets import AccountQuerySet

    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    # So that it is put back afterwards.
    monkeypatch.setattr(AccountQuerySet, "visible_to", AccountQuerySet.visible_to)
    everybody_sees_everything()
    with control("24", "one visible_to() removed"):
        assert wrong_cells() == []
