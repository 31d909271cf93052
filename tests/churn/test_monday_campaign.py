"""Calls of a Monday's list: kept once, with the touchpoint of who was reached, and taken back by their author."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.edit_values import NotSaved
from accounts.models import Interaction, User
from churn.models import AtRisk, CampaignCall
from churn.monday.campaign import enter, withdraw
from tests.churn.monday_book import AS_OF, NOW, customer, listed
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
TODAY = AS_OF + timedelta(days=1)


@pytest.fixture
def anna() -> User:
    return person(email="anna@example.com", name="Anna")


@pytest.fixture
def entry(anna: User) -> AtRisk:
    return listed(customer(anna, "acme"))


def kept(user: User, entry: AtRisk, result: str, note: str = "", minutes: int = 0) -> CampaignCall:
    return enter(user, entry, result, note, NOW + timedelta(minutes=minutes), today=TODAY, home="UTC")


def test_who_was_reached_was_touched(anna: User, entry: AtRisk) -> None:
    call = kept(anna, entry, "reached", "Sponsor stays")
    touch = Interaction.objects.get()
    assert (touch.account, touch.kind, touch.by, touch.note, touch.happened_at) == (entry.account, "call", anna, "Sponsor stays", NOW)
    assert (call.author, call.result, call.note) == (anna, "reached", "Sponsor stays")


@pytest.mark.parametrize("result", ["not_reached", "not_needed"])
def test_whom_nobody_spoke_with_was_not_touched(anna: User, entry: AtRisk, result: str) -> None:
    kept(anna, entry, result)
    assert not Interaction.objects.exists()


def test_the_same_again_at_once_is_one_call_and_later_another(anna: User, entry: AtRisk) -> None:
    first = kept(anna, entry, "not_reached")
    assert kept(anna, entry, "not_reached") == first
    assert kept(anna, entry, "not_reached", minutes=5) != first
    assert CampaignCall.objects.count() == 2


def test_a_result_that_is_none_or_a_note_too_long_is_refused_with_its_field(anna: User, entry: AtRisk) -> None:
    with pytest.raises(NotSaved) as refused:
        kept(anna, entry, "perhaps")
    assert list(refused.value.problems) == ["result"]
    with pytest.raises(NotSaved) as refused:
        kept(anna, entry, "reached", "x" * 5001)
    assert list(refused.value.problems) == ["note"]
    assert not CampaignCall.objects.exists()


def test_taking_back_puts_the_result_before_it_in_force_and_the_touchpoint_goes(anna: User, entry: AtRisk) -> None:
    kept(anna, entry, "not_reached")
    call = kept(anna, entry, "reached", minutes=5)
    assert withdraw(anna, call.pk, NOW + timedelta(minutes=6)) == entry.account
    assert not Interaction.objects.exists()
    assert [one.result for one in CampaignCall.objects.filter(withdrawn_at__isnull=True)] == ["not_reached"]
    assert withdraw(anna, call.pk, NOW + timedelta(minutes=7)) is None


def test_only_its_author_takes_a_result_back_and_only_for_a_day(anna: User, entry: AtRisk) -> None:
    call = kept(anna, entry, "reached")
    assert withdraw(person(email="ben@example.com"), call.pk, NOW) is None
    assert withdraw(anna, call.pk, NOW + timedelta(days=2)) is None
    assert Interaction.objects.exists()
