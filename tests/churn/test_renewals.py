"""Renewal cases: one per due, in the due's and the reporting currency, kept in step with the contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Account, Contract, ExchangeRate
from churn.models import RenewalCase
from health.models import AccountState
from tests import factories as make
from tests.churn.book import AS_OF, DAY, night, term
from tests.health.graded import define_grace, noon

pytestmark = pytest.mark.django_db
JANUARY = date(2026, 1, 1)


@pytest.fixture
def account() -> Account:
    account: Account = make.AccountFactory.make()
    return account


def test_a_renewal_on_new_year_is_one_without_gap(account: Account) -> None:
    term(account, date(2025, 1, 1), JANUARY)
    term(account, JANUARY, date(2027, 1, 1), 120)
    assert night() == 2
    old: Any
    new: Any
    old, new = RenewalCase.objects.order_by("ends_on")
    assert (old.state, old.due_mrr, old.renewed_mrr, old.resolved_on) == ("renewed", 100, 120, JANUARY)
    assert (old.due_reporting, old.renewed_reporting, old.currency) == (100, 120, "USD")
    assert (new.state, new.renewed_mrr, new.resolved_on, new.starts_on) == ("open", None, None, JANUARY)
    state = AccountState.objects.get(account=account)
    assert (state.renewal_on, state.decision_on) == (date(2027, 1, 1), date(2027, 1, 1))


def test_an_overdue_one_stands_before_the_next(account: Account) -> None:
    term(account, date(2025, 2, 1), date(2026, 2, 1), notice_days=60, product="a")
    term(account, date(2025, 6, 1), date(2026, 6, 1), product="b")
    night()
    state = AccountState.objects.get(account=account)
    assert (state.renewal_on, state.decision_on) == (date(2026, 2, 1), date(2025, 12, 3))


def test_after_the_grace_it_is_lost_and_a_lapsed_automatic_one_is_flagged(account: Account) -> None:
    term(account, date(2025, 1, 1), JANUARY, auto_renew=True)
    night()
    case: Any = RenewalCase.objects.get()
    assert (case.state, case.auto_renew_lapsed, case.resolved_on) == ("lost", True, date(2026, 2, 1))
    assert AccountState.objects.get(account=account).renewal_on is None


def test_the_published_grace_is_used(account: Account) -> None:
    define_grace(60)
    term(account, date(2025, 1, 1), JANUARY)
    night()
    assert RenewalCase.objects.get().state == "open"


def test_a_contract_not_yet_known_does_not_count(account: Account) -> None:
    term(account, date(2025, 3, 1), date(2026, 3, 1))
    term(account, date(2026, 3, 1), None, recorded_at=noon(AS_OF + DAY))
    night()
    assert RenewalCase.objects.get().state == "open"
    night(AS_OF + DAY)
    assert RenewalCase.objects.get().state == "renewed"


def test_amounts_are_reported_at_the_rate_of_the_end(account: Account) -> None:
    ExchangeRate.objects.create(currency="CNY", day=date(2025, 6, 1), rate=Decimal("0.14"))
    ExchangeRate.objects.create(currency="CNY", day=JANUARY + DAY, rate=Decimal("0.5"))
    term(account, date(2025, 1, 1), JANUARY, 1000, currency="CNY")
    term(account, JANUARY, None, 70, currency="USD")
    night()
    case: Any = RenewalCase.objects.get()
    assert (case.currency, case.due_mrr, case.renewed_mrr) == ("CNY", 1000, 500)
    assert (case.due_reporting, case.renewed_reporting) == (140, 70)


def test_without_a_rate_the_reported_amounts_are_unknown(account: Account) -> None:
    term(account, date(2025, 1, 1), JANUARY, currency="CNY")
    night()
    case: Any = RenewalCase.objects.get()
    assert (case.due_mrr, case.due_reporting) == (100, None)


def test_a_second_night_writes_nothing_and_cases_no_longer_due_go(account: Account) -> None:
    kept, moved = term(account, date(2025, 1, 1), JANUARY), term(account, date(2025, 1, 1), date(2026, 5, 1), product="b")
    assert night() == 2
    first = RenewalCase.objects.get(product=kept.product).pk
    assert night() == 0
    Contract.objects.filter(pk=moved.pk).update(ends_on=date(2026, 6, 1))
    assert night() == 2
    assert list(RenewalCase.objects.order_by("ends_on").values_list("ends_on", flat=True)) == [JANUARY, date(2026, 6, 1)]
    assert RenewalCase.objects.get(product=kept.product).pk == first
