"""Past renewals as they were seen before: by record, and never more than was known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import FitRecord, Ownership
from accounts.types import Role
from churn.calibration.observations import Observation, foreseeable, read_observations
from churn.models import CaseOutcome, ChurnRecord, RenewalCase
from health.models import LevelChange, Override
from tests.churn.calibration_book import DUE, SEEN, decided, health
from tests.factories import AccountFactory, ContractFactory, SourceFactory, UserFactory
from tests.health.graded import answer, define_grace, define_health, define_questions, graded_day, loaded, noon, rating, ticket
from tests.portal.shown_book import person, published_run

pytestmark = pytest.mark.django_db
AS_OF = date(2026, 10, 31)
FACETS: dict[str, Any] = {
    "activity": {"value": 40, "weight": 40, "evidence": {"high": 2}},
    "support": {"value": 20, "weight": 20, "evidence": {"tickets": 9}},
    "ratings": {"value": 100, "weight": 40, "evidence": {"answers": 1, "rated_on": "2026-05-01"}},
    "growth": {"value": None, "weight": 0, "evidence": {}},
}


def seen(**asked: Any) -> list[Observation]:
    return read_observations(AS_OF, **{"snapshots": False, **asked})


def only(**asked: Any) -> Observation:
    found = seen(**asked)
    assert len(found) == 1
    return found[0]


def test_a_renewal_carries_the_health_published_ninety_days_before() -> None:
    case = decided("renewed", renewed_reporting=80)
    health(case.account, 56, facets=FACETS, machine=33.3, human=100, coverage="0.9")
    health(case.account, 90, SEEN + timedelta(days=1))
    found = only()
    assert (found.kind, found.seen_on, found.ends_on, found.renewed) == ("due", SEEN, DUE, True)
    assert (found.score, found.band, found.machine, found.human, found.coverage) == (56, "amber", 33.3, 100, 0.9)
    assert (found.amount, found.kept) == (100, 80)
    assert found.facets == {"activity": 40, "support": 20, "ratings": 100, "growth": None}
    assert found.weights == {"activity": 40, "support": 20, "ratings": 40, "growth": 0}
    assert found.evidence == {"activity.high": 2, "support.tickets": 9, "ratings.answers": 1, "ratings.rated_on": "2026-05-01"}
    assert (found.late, found.known_before) == ((), False)


def test_products_of_an_account_that_end_on_one_day_are_one_observation() -> None:
    case = decided("lost", product="tills")
    decided("renewed", account=case.account, product="orders", renewed_reporting=80, resolved_on=DUE - timedelta(days=5))
    health(case.account, 56)
    found = only()
    assert (found.product, found.renewed, found.amount, found.kept, found.score) == ("orders, tills", True, 200, 80, 56)
    RenewalCase.objects.filter(product="orders").update(state="lost", renewed_reporting=None)
    assert (only().renewed, only().kept) == (False, 0)
    RenewalCase.objects.filter(product="orders").update(state="renewed", renewed_reporting=None)
    assert (only().renewed, only().kept) == (True, None)
    RenewalCase.objects.filter(product="orders").update(ends_on=DUE + timedelta(days=1))
    assert len(seen()) == 2


def test_without_facts_the_rest_is_the_same() -> None:
    case = decided()
    health(case.account, 56, facets=FACETS)
    whole, slim = only(), only(facts=False)
    assert slim.facets == {}
    assert (slim.score, slim.band, slim.state) == (whole.score, whole.band, whole.state)


def test_the_lead_and_the_shift_choose_the_day_that_is_read() -> None:
    case = decided()
    health(case.account, 10, DUE - timedelta(days=60))
    health(case.account, 20, DUE - timedelta(days=30))
    assert only().score is None
    assert only(lead=60).score == 10
    assert (only(features_shift=60).score, only(features_shift=60).seen_on) == (20, DUE - timedelta(days=30))


def test_what_is_open_or_in_grace_is_not_closed() -> None:
    define_grace(30)
    decided("renewed", ends_on=AS_OF - timedelta(days=30))
    decided("open", ends_on=AS_OF - timedelta(days=31))
    decided("lost", ends_on=AS_OF - timedelta(days=31))
    assert [one.state for one in seen()] == ["lost"]
    assert {one.renewed for one in seen(closed=False)} == {True, None, False}


def test_short_terms_are_no_renewals() -> None:
    decided(days=89)
    decided(days=90)
    assert len(seen()) == 1


def test_a_rating_entered_after_the_day_and_dated_before_it_does_not_count() -> None:
    define_health(weights={"activity": 40, "support": 20, "ratings": 40}, min_coverage="0.5")
    define_questions(core="ratings")
    case = decided("lost")
    health(case.account, 60, facets=FACETS)
    told = rating(case.account, SEEN - timedelta(days=5), 5)
    assert only().late == ()
    told.recorded_at = noon(SEEN + timedelta(days=40))
    told.save()
    found = only()
    assert found.late == ("ratings",)
    assert (found.facets["ratings"], found.human) == (None, None)
    assert found.score == pytest.approx((40 * 40 + 20 * 20) / 60)
    assert found.band == "red"
    assert found.coverage == pytest.approx(0.6)
    assert "ratings.rated_on" not in found.evidence
    # Sixty days on it was known.
    health(case.account, 60, SEEN + timedelta(days=60), facets=FACETS)
    assert only(features_shift=60).late == ()


def test_health_of_days_before_anything_was_loaded_is_none() -> None:
    case = decided()
    health(case.account, 10)
    graded_day(case.account, published_run(), SEEN - timedelta(days=60), 0, events=0)
    assert only().score == 10
    used = graded_day(case.account, published_run(), SEEN - timedelta(days=26), 1, events=1)
    assert (only().score, only().band) == (None, None)
    used.delete()
    graded_day(case.account, published_run(), SEEN - timedelta(days=27), 1, events=1)
    assert only().score == 10


def test_too_little_left_is_an_unknown_score() -> None:
    define_health(weights={"activity": 40, "support": 20, "ratings": 40}, min_coverage="0.7")
    case = decided("lost")
    health(case.account, 60, facets=FACETS)
    rated = rating(case.account, SEEN, 5)
    rated.recorded_at = noon(SEEN + timedelta(days=1))
    rated.save()
    assert (only().score, only().band) == (None, "unknown")


def test_tickets_answers_contracts_overrides_and_late_activity_are_cut_by_record_too() -> None:
    define_health()
    case = decided("lost")
    health(case.account, 60, facets={**FACETS, "surveys": {"value": 90, "weight": 1, "evidence": {}}})
    after = noon(SEEN + timedelta(days=2))
    ticket(case.account, SEEN - timedelta(days=3), recorded_at=after)
    answer(case.account, SEEN - timedelta(days=3), 9, recorded_at=after)
    ContractFactory.make(account=case.account, starts_on=SEEN - timedelta(days=10), recorded_at=after)
    Override.objects.create(
        account=case.account, band="green", starts_on=SEEN, ends_on=DUE, reason="x", author=UserFactory.make(), recorded_at=after
    )
    LevelChange.objects.create(run=published_run(), account=case.account, day=SEEN - timedelta(days=1), level_before=0, level_after=3)
    late = {"activity", "adoption", "growth", "override", "renewal_history", "self_sufficiency", "support", "surveys"}
    assert set(only().late) == late


def test_facts_the_facet_no_longer_looks_at_change_nothing() -> None:
    define_health()
    case = decided()
    health(case.account, 60, facets=FACETS)
    ticket(case.account, SEEN - timedelta(days=91), recorded_at=noon(SEEN + timedelta(days=2)))
    ticket(case.account, SEEN + timedelta(days=1), recorded_at=noon(SEEN + timedelta(days=2)))
    assert only().late == ()


@pytest.mark.parametrize(("days", "known"), [(0, True), (1, False)])
def test_an_outcome_recorded_by_that_day_was_not_foreseen(days: int, known: bool) -> None:
    told = noon(SEEN + timedelta(days=days))
    lost, said, signed = decided("lost"), decided("lost"), decided("renewed", resolved_on=SEEN + timedelta(days=days))
    ChurnRecord.objects.create(**loaded(account=lost.account, churned_on=DUE, recorded_at=told))
    CaseOutcome.objects.create(
        account=said.account, product="default", ends_on=DUE, state="lost", currency="USD", decided_on=SEEN, author=UserFactory.make(),
        entered_at=told,
    )  # fmt: skip
    assert {one.account_id for one in seen() if one.known_before} == (
        {lost.account_id, said.account_id, signed.account_id} if known else set()
    )
    assert len(foreseeable(seen())) == (0 if known else 3)


def test_a_loss_has_the_type_of_its_record_and_the_fit_of_before() -> None:
    recorded, fitted, renewed = decided("lost"), decided("lost"), decided("renewed")
    for case in (recorded, renewed):
        ChurnRecord.objects.create(
            **loaded(account=case.account, churned_on=DUE + timedelta(days=10), type="involuntary", recorded_at=noon(DUE))
        )
    FitRecord.objects.create(account=fitted.account, fit="poor", recorded_at=datetime(2026, 1, 1, tzinfo=UTC))
    found = {one.account_id: (one.churn_type, one.regrettable) for one in seen()}
    assert found == {recorded.account_id: ("involuntary", None), fitted.account_id: ("", False), renewed.account_id: ("", None)}


def test_the_owner_is_that_of_the_day_it_was_seen() -> None:
    before, after = UserFactory.make(), UserFactory.make()
    case = decided(owner=after)
    Ownership.objects.filter(account=case.account).delete()
    Ownership.objects.create(account=case.account, user=before, role="owner", starts_on=date(2020, 1, 1), ends_on=DUE - timedelta(days=20))
    Ownership.objects.create(account=case.account, user=after, role="owner", starts_on=DUE - timedelta(days=20))
    assert only().owner_id == before.pk


def test_one_sees_the_renewals_of_ones_own_accounts() -> None:
    csm = person(Role.CSM)
    own = decided(owner=csm)
    decided()
    assert [one.account_id for one in seen(user=csm)] == [own.account_id]
    assert len(seen(user=person(Role.ADMIN))) == 2


def short(account: Any, starts: date, months: int) -> None:
    """Monthly terms in a row."""
    for at in range(months):
        first = starts + timedelta(days=30 * at)
        days = {"starts_on": first, "ends_on": first + timedelta(days=30)}
        ContractFactory.make(account=account, source=SourceFactory.make(), external_id=f"{account.pk}-{at}", mrr=10, currency="USD", **days)


def test_accounts_with_shorter_terms_are_looked_at_on_mondays() -> None:
    define_grace(30)
    left, stays = AccountFactory.make(), AccountFactory.make()
    short(left, date(2025, 10, 1), 6)
    short(stays, date(2025, 10, 1), 20)
    found = read_observations(AS_OF)
    assert {one.kind for one in found} == {"snapshot"}
    assert all(one.seen_on.weekday() == 0 and one.ends_on == one.seen_on + timedelta(days=180) for one in found)
    assert max(one.ends_on for one in found) < AS_OF - timedelta(days=30)
    gone = date(2025, 10, 1) + timedelta(days=180)
    of_left = [one for one in found if one.account_id == left.pk]
    assert all(one.renewed == (one.ends_on < gone) for one in of_left)
    assert max(one.seen_on for one in of_left) < gone
    assert all(one.renewed and one.amount == 10 for one in found if one.account_id == stays.pk)
    assert {one.kept for one in of_left if not one.renewed} == {0}


def test_it_takes_one_statement_and_one_more_for_late_facts(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    define_health()
    case = decided()
    health(case.account, 60, facets=FACETS)
    with django_assert_num_queries(1):
        seen()
    ticket(case.account, SEEN, recorded_at=noon(SEEN + timedelta(days=2)))
    with django_assert_num_queries(2):
        seen()


def test_without_renewals_there_is_nothing() -> None:
    assert read_observations(AS_OF) == []
