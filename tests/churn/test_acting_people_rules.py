"""Rules of the day's list about renewals, money, and what customers said: when each holds, and when not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from accounts.models import Account, Contact, Contract, Interaction
from churn.models import CaseCheck, Forecast, RenewalCase
from health.models import FeedbackCare, Milestone, OutcomeProof, Review, StateDefinition
from tests.churn.acting_book import AS_OF, DAY, NIGHT, TODAY, case, opened, quiet, refreshed, rules
from tests.factories import RECORDED, ContractFactory, UserFactory
from tests.health.graded import answer, invoice, loaded, noon, outcome, ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return quiet(UserFactory.make(), "acme", mrr_reporting=1000)


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (-1, {"renewal_overdue"}),
        (0, {"renewal_forecast"}),
        (30, {"renewal_forecast"}),
        (31, set()),
        (59, set()),
        (60, {"renewal_usage"}),
        (75, {"renewal_usage"}),
        (76, {"renewal_usage", "renewal_pack"}),
        (90, {"renewal_usage", "renewal_pack"}),
        (91, set()),
    ],
)
def test_a_renewal_asks_for_what_its_stage_needs(account: Account, days: int, told: set[str]) -> None:
    case(account, days)
    assert rules(account) == told


def test_usage_that_was_to_be_shared_stays_until_it_is_ticked(account: Account) -> None:
    due = case(account, 60)
    refreshed()
    assert rules(account, NIGHT.later(40)) == {"renewal_usage", "renewal_forecast"}
    _ticked(due)
    assert rules(account, NIGHT.later(41)) == {"renewal_forecast"}
    Forecast.objects.create(
        account=account, product="default", ends_on=due.ends_on, currency="EUR", amount=1, probability=1, category="commit",
        author=UserFactory.make(), entered_at=NIGHT.now,
    )  # fmt: skip
    assert rules(account, NIGHT.later(42)) == set()


def test_a_term_of_a_month_asks_for_nothing_but_its_outcome(account: Account) -> None:
    due = case(account, 20, starts_on=TODAY - 10 * DAY)
    assert rules(account) == set()
    assert rules(account, NIGHT.later(21)) == {"renewal_overdue"}
    due.state = "renewed"
    due.save()
    assert rules(account, NIGHT.later(22)) == set()


def test_a_customer_whose_term_is_over_weighs_what_is_due(account: Account) -> None:
    gone = quiet(UserFactory.make(), "gone", paying=False, mrr_reporting=0)
    case(gone, -5, due_reporting=4000)
    refreshed()
    assert opened(gone)["renewal_overdue"].because["amount"] == "4000.00"


@pytest.mark.parametrize(("days", "told"), [(0, True), (30, True), (31, False), (-1, False)])
def test_a_card_is_spoken_of_in_the_month_before_it_expires(account: Account, days: int, told: bool) -> None:
    ContractFactory.make(account=account, payment_method_expires_on=TODAY + days * DAY)
    assert ("card_expiring" in rules(account)) is told


def test_a_bill_is_told_after_a_week_or_at_once_where_its_collection_failed(account: Account) -> None:
    late = invoice(account, AS_OF - 60 * DAY, TODAY - 6 * DAY)
    assert rules(account) == set()
    late.due_on = TODAY - 7 * DAY
    late.save()
    assert rules(account) == {"invoice_late"}
    assert opened()["invoice_late"].facts["overdue_days"] == 7
    late.due_on, late.failed_attempts = TODAY + 5 * DAY, 2
    late.save()
    refreshed()
    assert (opened()["invoice_late"].facts["failed"], opened()["invoice_late"].signal) == (True, f"{late.external_id} 2")


def test_five_tickets_in_three_days_are_a_burst_and_four_are_none(account: Account) -> None:
    for back in (0, 0, 1, 2):
        ticket(account, AS_OF - (3 + back) * DAY)
    assert rules(account) == set()
    ticket(account, AS_OF - 4 * DAY)
    assert rules(account) == {"ticket_burst"}
    assert opened()["ticket_burst"].facts["tickets"] == 5
    assert rules(account, NIGHT.later(8)) == set()


@pytest.mark.parametrize(
    ("kind", "score", "scale", "told"),
    [("nps", 6, 10, True), ("nps", 7, 10, False), ("nps", 3, 5, True), ("nps", 4, 5, False), ("csat", 3, 5, True), ("csat", 4, 5, False)],
)
def test_a_detractor_and_a_low_csat_are_told_on_any_scale(account: Account, kind: str, score: int, scale: int, told: bool) -> None:
    answer(account, AS_OF - 3 * DAY, score, scale, kind)
    assert ("bad_answer" in rules(account)) is told


def test_a_bad_answer_is_settled_by_a_contact_after_it(account: Account) -> None:
    answer(account, AS_OF - 3 * DAY, 2, comment="too slow")
    Interaction.objects.create(**loaded(account=account, kind="call", happened_at=noon(AS_OF - 4 * DAY)))
    refreshed()
    assert (opened()["bad_answer"].facts["comment"], opened()["bad_answer"].facts["day"]) == ("too slow", (AS_OF - 3 * DAY).isoformat())
    Interaction.objects.create(**loaded(account=account, kind="call", happened_at=noon(AS_OF - 2 * DAY)))
    assert rules(account) == set()


def test_a_ticket_closed_with_a_low_mark_is_a_bad_answer(account: Account) -> None:
    ticket(account, AS_OF - 6 * DAY, AS_OF - 5 * DAY, satisfaction=2, subject="export fails")
    refreshed()
    assert (opened()["bad_answer"].facts["kind"], opened()["bad_answer"].facts["comment"]) == ("ticket", "export fails")


def test_feedback_waits_a_week_and_is_told_until_it_is_answered(account: Account) -> None:
    review = _review(account, held=TODAY - 6 * DAY, feedback="needs SSO")
    assert rules(account) == set()
    assert rules(account, NIGHT.later(1)) == {"feedback_unanswered"}
    FeedbackCare.objects.create(review=review, answer="in May", answered_on=TODAY, changed_at=NIGHT.now)
    assert rules(account, NIGHT.later(2)) == set()


def test_a_champion_has_left_where_nobody_took_the_role(account: Account) -> None:
    _contact(account, "champion", left_on=AS_OF - 5 * DAY, name="Li")
    _contact(account, "user", left_on=AS_OF)
    assert rules(account) == {"champion_left"}
    assert opened()["champion_left"].facts["name"] == "Li"
    _contact(account, "champion")
    assert rules(account) == set()


def test_the_boss_is_silent_where_executives_have_seats_and_none_was_there(account: Account) -> None:
    for active, strip, told in ((0, "U" * 28, True), (1, "U" * 28, False), (0, "L" * 28, False)):
        state: Any = account
        state.state.facets = {"executive": {"evidence": {"executive_seats": 2, "executive_active": active}}}
        # Days were used and no seat is known by name: nothing says who.
        state.state.seats_active, state.state.strip = 0, strip
        state.state.save()
        assert ("boss_silent" in rules(account)) is told


@pytest.mark.parametrize(
    ("tier", "days", "told"), [("Enterprise", 15, True), ("enterprise", 14, False), ("mid", 31, True), ("mid", 30, False), ("", 61, True)]
)
def test_silence_longer_than_the_cadence_of_the_tier_is_told(tier: str, days: int, told: bool) -> None:
    account = quiet(UserFactory.make(), "acme", account_tier=tier, last_contact_on=TODAY - days * DAY)
    Interaction.objects.create(**loaded(account=account, kind="call", happened_at=noon(TODAY - days * DAY)))
    assert ("no_contact" in rules(account)) is told


def test_the_cadence_is_that_of_the_published_states_and_no_contacts_at_all_say_nothing() -> None:
    account = quiet(UserFactory.make(), "acme", account_tier="mid", last_contact_on=None, account_onboarded_on=TODAY - 12 * DAY)
    StateDefinition.objects.create(
        version=1, effective_from=date(2020, 1, 1), body={"contact_days": ["mid 10", "other 99"]}, digest="1", published_at=NIGHT.now
    )
    assert rules(account) == set()
    other = quiet(None, "other")
    Interaction.objects.create(**loaded(account=other, kind="call", happened_at=noon(AS_OF)))
    assert rules(account) == {"no_contact"}
    assert opened(account)["no_contact"].facts == {"last_on": None, "cadence": 10, "tier": "mid"}


def test_a_review_is_due_before_its_day_and_a_quarter_after_the_last(account: Account) -> None:
    review = _review(account, planned=TODAY + 15 * DAY)
    assert rules(account) == set()
    assert rules(account, NIGHT.later(1)) == {"review_due"}
    review.held_on = TODAY + 2 * DAY
    review.save()
    assert rules(account, NIGHT.later(2)) == set()
    assert "review_due" not in rules(account, NIGHT.later(92))
    assert "review_due" in rules(account, NIGHT.later(93))


def test_an_outcome_is_overdue_until_it_is_reached_or_called_missed(account: Account) -> None:
    late = outcome(account, "behind", due_on=TODAY - DAY)
    outcome(account, "on_track", due_on=TODAY)
    assert rules(account) == {"outcome_overdue"}
    assert opened()["outcome_overdue"].facts["outcomes"] == 1
    OutcomeProof.objects.create(outcome=late, as_of=AS_OF, proven_on=AS_OF)
    assert rules(account) == set()


def test_an_onboarding_stalls_a_week_after_a_milestone_until_the_customer_is_live() -> None:
    account = quiet(UserFactory.make(), "acme", account_onboarded_on=TODAY - 40 * DAY)
    Milestone.objects.create(account=account, name="data loaded", due_on=TODAY - 7 * DAY, recorded_at=RECORDED)
    Milestone.objects.create(account=account, name="trained", due_on=TODAY - 6 * DAY, recorded_at=RECORDED)
    assert rules(account) == {"onboarding_stalled"}
    assert opened()["onboarding_stalled"].facts["milestone"] == "data loaded"
    Account.objects.update(went_live_on=TODAY)
    assert rules(account) == set()


def test_a_stores_ticket_counts_for_its_brand(account: Account) -> None:
    store = quiet(None, "store", paying=False)
    Account.objects.filter(pk=store.pk).update(counts_for=account)
    for back in range(5):
        ticket(store, AS_OF - (back % 3) * DAY)
    assert rules(account) == {"ticket_burst"}
    assert not Contract.objects.exists()


def _ticked(due: RenewalCase) -> None:
    CaseCheck.objects.create(
        account=due.account, product=due.product, ends_on=due.ends_on, kind="usage_shared", checked_at=NIGHT.now, author=UserFactory.make()
    )


def _review(account: Account, *, planned: date | None = None, held: date | None = None, **fields: Any) -> Review:
    return Review.objects.create(**loaded(account=account, kind="qbr", planned_on=planned, held_on=held, **fields))


def _contact(account: Account, role: str, *, left_on: date | None = None, name: str = "Wang") -> Contact:
    return Contact.objects.create(**loaded(account=account, name=name, role=role, left_on=left_on))
