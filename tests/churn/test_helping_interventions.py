"""Interventions as people enter them: kept once, checked, taken back by their author alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.edit_values import NotSaved
from churn.helping.interventions import Tried, enter, withdraw
from churn.models import Intervention
from tests.churn.helping_book import item
from tests.factories import AccountFactory, UserFactory
from tests.portal.shown_book import NOW

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


def test_the_same_words_within_a_minute_are_one_intervention() -> None:
    user, account = UserFactory.make(), AccountFactory.make()
    told = Tried("training", TODAY, " two hours with the kitchen staff ")
    first, new = enter(user, account, told, NOW, TODAY)
    assert (new, first.note) == (True, "two hours with the kitchen staff")
    assert enter(user, account, told, NOW + timedelta(seconds=30), TODAY) == (first, False)
    assert enter(user, account, told, NOW + timedelta(minutes=2), TODAY)[1]
    assert Intervention.objects.count() == 2


def test_every_fault_names_its_field() -> None:
    user, account = UserFactory.make(), AccountFactory.make()
    with pytest.raises(NotSaved) as refused:
        enter(user, account, Tried("dance", TODAY + timedelta(days=1), "\0"), NOW, TODAY)
    assert set(refused.value.problems) == {"kind", "began_on", "note"}
    with pytest.raises(NotSaved) as refused:
        enter(user, account, Tried("offer", None), NOW, TODAY)
    assert set(refused.value.problems) == {"began_on"}


def test_an_item_must_be_the_accounts_own() -> None:
    user, account, other = UserFactory.make(), AccountFactory.make(), AccountFactory.make()
    theirs, own = item(other, TODAY), item(account, TODAY)
    assert enter(user, account, Tried("offer", TODAY, item=own.pk), NOW, TODAY)[0].item == own
    for wrong in (theirs.pk, 0, item(account, TODAY, rule="no_contact", held_back=True).pk):
        with pytest.raises(NotSaved) as refused:
            enter(user, account, Tried("offer", TODAY, item=wrong), NOW, TODAY)
        assert set(refused.value.problems) == {"item"}


def test_it_is_taken_back_within_a_day_by_its_author() -> None:
    user, account = UserFactory.make(), AccountFactory.make()
    made, _new = enter(user, account, Tried("offer", TODAY), NOW, TODAY)
    assert withdraw(UserFactory.make(), made.pk, NOW) is None
    assert withdraw(user, made.pk, NOW + timedelta(days=2)) is None
    assert withdraw(user, made.pk, NOW) == account
    assert withdraw(user, made.pk, NOW) is None
    made.refresh_from_db()
    assert made.withdrawn_at == NOW
