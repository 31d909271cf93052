"""Renewals read from the book: which have something tried before them, what they are compared by, and items held back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Interaction
from churn.helping.matched import Helped, held_rules, helped
from churn.models import Play, PlayRun, RenewalCase, TriggerSetting
from tests.churn.helping_book import decided, item, tried
from tests.churn.k_book import DUE, due
from tests.churn.lost_book import admin
from tests.factories import AccountFactory, SourceFactory, UserFactory
from tests.portal.shown_book import AS_OF, NOW

pytestmark = pytest.mark.django_db


def found(**fields: object) -> Helped:
    return helped(admin(), AS_OF)


def test_a_renewal_with_a_training_is_set_beside_one_without_by_the_health_before_it() -> None:
    case, other = decided(), decided(state="lost")
    tried(case)
    kinds = found().kinds
    assert set(kinds) == {"any", "training"}
    assert (kinds["training"].treated, kinds["training"].matched, kinds["training"].controls) == (1, 1, 1)
    assert (kinds["training"].rate, kinds["training"].other) == (1, 0)
    assert other.state == "lost"


def test_health_is_read_before_the_step_and_not_after_it() -> None:
    case = decided(lead=60, score=60)
    decided(lead=60, score=95)  # unlike before the step; what came after it is not asked
    tried(case, days_before=59)
    assert found().kinds["training"].matched == 0
    decided(lead=60, score=61)
    assert found().kinds["training"].matched == 1


def test_a_step_on_the_day_of_a_reading_takes_the_reading_before() -> None:
    case = decided(lead=90)
    decided(lead=90)
    tried(case, days_before=60)
    assert found().kinds["training"].matched == 1


def test_too_early_too_late_and_taken_back_steps_count_as_nothing() -> None:
    for days in (180, 0, -5):
        tried(decided(), days_before=days)
    gone = tried(decided())
    gone.withdrawn_at = NOW
    gone.save()
    assert found().kinds == {}


def test_a_step_after_the_decision_is_not_one_before_it() -> None:
    case = decided()
    RenewalCase.objects.filter(pk=case.pk).update(resolved_on=case.ends_on - timedelta(days=80))
    tried(case, days_before=45)
    assert found().kinds == {}


def test_who_was_decided_before_that_day_is_no_like() -> None:
    tried(decided())
    early = decided()
    RenewalCase.objects.filter(pk=early.pk).update(resolved_on=early.ends_on - timedelta(days=61))
    assert found().kinds["training"].matched == 0


def test_trainings_logged_as_contacts_and_plays_count_and_a_store_counts_for_its_brand() -> None:
    case, played = decided(), decided()
    decided()
    store = AccountFactory.make(parent=case.account, counts_for=case.account)
    Interaction.objects.create(
        source=SourceFactory.make(), external_id="i", account=store, kind="training", happened_at=datetime(2026, 7, 1, 9, tzinfo=UTC),
        recorded_at=NOW,
    )  # fmt: skip
    play = Play.objects.create(name="x", changed_at=NOW)
    PlayRun.objects.create(play=play, account=played.account, begun_on=DUE - timedelta(days=50), begun_at=NOW)
    kinds = found().kinds
    assert (kinds["training"].treated, kinds["play"].treated, kinds["any"].treated) == (1, 1, 2)


def test_short_terms_and_open_renewals_are_not_compared_but_what_waits_is_told() -> None:
    short = due(None, days=30)
    tried(short)
    coming = due(None, "open", ends_on=date(2026, 12, 20))
    tried(coming)
    told = found()
    assert told.kinds == {}
    assert (told.waiting, told.next_on) == (1, date(2026, 12, 20))


def test_only_the_visible_book_is_compared() -> None:
    tried(decided())
    assert helped(UserFactory.make(), AS_OF).kinds == {}


def test_items_shown_are_set_beside_those_held_back_since_the_first_was() -> None:
    TriggerSetting.objects.create(rule="usage_drop", hold_back=Decimal("0.1"), changed_by=admin(), changed_at=NOW)
    TriggerSetting.objects.create(rule="no_contact", hold_back=Decimal("0.2"), changed_by=admin(), changed_at=NOW)
    before, shown, held, waits = (due(None, state).account for state in ("lost", "lost", "renewed", "open"))
    closed: dict[str, Any] = {"state": "cleared", "closed_at": NOW}
    item(before, DUE - timedelta(days=120), **closed)
    item(held, DUE - timedelta(days=100), held_back=True)
    item(shown, DUE - timedelta(days=100))
    item(waits, DUE - timedelta(days=90))
    quiet, drop = held_rules(admin(), AS_OF)
    assert (quiet.rule, quiet.since, quiet.shown, quiet.held) == ("no_contact", None, 0, 0)
    assert (drop.hold_back, drop.since) == (Decimal("0.100"), DUE - timedelta(days=100))
    assert (drop.shown, drop.shown_decided, drop.shown_lost) == (2, 1, 1)
    assert (drop.held, drop.held_decided, drop.held_lost) == (1, 1, 0)
    assert not drop.enough
    assert drop.lost.value == 1


def test_an_item_of_more_than_180_days_before_the_due_says_nothing_of_it() -> None:
    case = due(None)
    item(case.account, DUE - timedelta(days=181), held_back=True)
    [drop] = held_rules(admin(), AS_OF)
    assert (drop.held, drop.held_decided) == (1, 0)
