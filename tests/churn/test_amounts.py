"""Entered amounts that are not the contracts': listed, for those who see the account, in the due's currency."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, User
from accounts.terms import DueState
from accounts.types import Role
from churn import cases
from churn.amounts import other_amounts
from churn.deciding import enter_outcome
from churn.decision_values import OutcomeValues
from churn.models import RenewalCase
from tests import factories as make
from tests.churn.book import AS_OF, NOW, TODAY, due, night, only_case, term
from tests.rest import bearer, get

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return make.UserFactory.make(role=Role.ADMIN, language="en")


def renewed(admin: User, entered: str, by_contract: str = "120") -> Account:
    """A due of 100 that the contracts renew at 120, with the amount that somebody entered."""
    account = due(-20, make.AccountFactory.make(external_id="a"), mrr=100)
    ends_on = TODAY - timedelta(days=20)
    term(account, ends_on, ends_on + timedelta(days=365), mrr=by_contract)
    night()
    enter_outcome(admin, only_case(ends_on__lt=TODAY), OutcomeValues(DueState.RENEWED, Decimal(entered), TODAY), NOW)
    return account


def test_an_amount_that_differs_from_the_contracts_is_a_mismatch_with_both_amounts(client: Client, admin: User, settings: Any) -> None:
    settings.PORTAL_AS_OF = TODAY
    renewed(admin, "150")
    case = only_case(ends_on__lt=TODAY)
    assert other_amounts(admin) == {case.pk: Decimal("120.00")}
    assert not cases.mismatched(RenewalCase.objects.all())
    client.force_login(admin)
    (one,) = client.get("/renewals/mismatches/").context["found"]
    assert (one.kind, one.entered, one.contracts) == ("amount", "Renewed · $150.00", "Renewed · $120.00")
    (row,) = get(bearer(admin), "renewals/", mismatch=1)["results"]
    assert row["account_external_id"] == "a"


def test_the_same_amount_to_the_cent_none_entered_or_withdrawn_is_no_mismatch(admin: User) -> None:
    renewed(admin, "120.00")
    assert other_amounts(admin) == {}
    enter_outcome(admin, only_case(ends_on__lt=TODAY), OutcomeValues(DueState.RENEWED, None, TODAY), NOW)
    assert other_amounts(admin) == {}


def test_only_the_viewers_accounts_are_compared(admin: User) -> None:
    renewed(admin, "150")
    assert other_amounts(make.UserFactory.make()) == {}


def test_the_comparison_takes_few_queries_however_many_amounts_were_entered(
    admin: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        account = due(-20 - number, make.AccountFactory.make(external_id=f"a{number}"), mrr=100)
        ends_on = TODAY - timedelta(days=20 + number)
        term(account, ends_on, ends_on + timedelta(days=365), mrr=120)
    night()
    for case in RenewalCase.objects.filter(ends_on__lt=AS_OF):
        enter_outcome(admin, case, OutcomeValues(DueState.RENEWED, Decimal(1), TODAY), NOW)
    with django_assert_max_num_queries(6):
        assert len(other_amounts(admin)) == 5
