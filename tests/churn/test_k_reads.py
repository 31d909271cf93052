"""Which renewals k is told by, and what it says of those to come."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import RenewalDefinition, User
from accounts.types import Role
from churn.k import Measure, Window
from churn.k_reads import Coming, coming, last_whole_month, told
from csm_portal.lib.periods import add_months
from tests.churn.k_book import DUE, LEAD, banded, began, due, dues, month
from tests.factories import RECORDED, ContractFactory, own
from tests.portal.shown_book import AS_OF, person

pytestmark = pytest.mark.django_db
COUNT = (Window.LEAD, Measure.COUNT)


@pytest.fixture
def admin() -> User:
    began()
    return person(Role.ADMIN)


def test_ninety_percent_active_and_k_of_nine_tenths_renew_eighty_one_percent(admin: User) -> None:
    dues(None, (9, 8), (1, 0), ends_on=DUE)
    dues(None, (9, 7), (1, 1), ends_on=date(2026, 7, 15))
    found = told(admin, AS_OF)
    relation = found.relation
    assert relation is not None
    assert [relation.active, relation.rate.value, relation.k] == pytest.approx([0.9, 0.8, 0.8 / 0.9])
    assert [relation.p1.value, relation.p0.value] == pytest.approx([15 / 18, 0.5])
    assert [(one.name, one.dues, one.renewed) for one in found.batches] == [("2026-07", 10, 8), ("2026-08", 10, 8)]
    assert found.groups == found.batches


def test_only_dues_whose_grace_is_over_count(admin: User) -> None:
    last = AS_OF - timedelta(days=31)
    due(None, "lost", ends_on=last)
    due(None, "renewed", ends_on=last + timedelta(days=1))  # early: its like may still be lost
    found = told(admin, AS_OF)
    assert found.closed_before == last + timedelta(days=1)
    assert (found.whole.dues, found.whole.renewed) == (1, 0)
    RenewalDefinition.objects.create(
        version=1, effective_from=date(2020, 1, 1), body={"renewal_grace_days": 10, "bridge_gap_days": 0}, digest="1", published_at=RECORDED
    )
    assert told(admin, AS_OF).closed_before == AS_OF - timedelta(days=10)
    assert told(admin, AS_OF).whole.dues == 2


def test_short_terms_and_open_dues_are_no_observations(admin: User) -> None:
    due(None, days=89)
    due(None, "open")
    due(None, "lost", days=90)
    assert told(admin, AS_OF).whole.dues == 1


def test_the_activity_is_that_of_the_month_three_before_whatever_the_day_of_the_due(admin: User) -> None:
    for day in (date(2026, 8, 1), date(2026, 8, 31)):
        case = due(None, active=None, ends_on=day)
        case.account.periods.all().delete()
        month(case.account, LEAD, True)
        month(case.account, date(2026, 4, 1), False)
        month(case.account, date(2026, 8, 1), False)
    relation = told(admin, AS_OF).relation
    assert relation is not None
    assert (relation.n, relation.active) == (2, 1)


def test_the_mean_takes_the_three_months_before_as_far_as_known(admin: User) -> None:
    case = due(None, active=True)
    month(case.account, date(2026, 6, 1), False)
    month(case.account, date(2026, 7, 1), None)
    month(case.account, date(2026, 8, 1), True)
    found = told(admin, AS_OF).whole.relations[Window.MEAN, Measure.COUNT]
    assert found.active == 0.5
    assert [found.p1.value, found.p0.value] == [1, 1]


def test_unknown_activity_is_counted_apart(admin: User) -> None:
    due(None, active=None)
    due(None, active=True)
    whole = told(admin, AS_OF).whole
    assert (whole.dues, whole.relations[COUNT].n) == (2, 1)
    assert whole.unknown == {Window.LEAD: 1, Window.MEAN: 1}


def test_months_before_the_first_event_are_unknown() -> None:
    due(None, active=False)
    admin = person(Role.ADMIN)
    assert told(admin, AS_OF).relation is None
    began()
    assert told(admin, AS_OF).relation is not None


def test_health_counts_once_four_weeks_lie_behind_the_first_event() -> None:
    seen_from = DUE - timedelta(days=90)
    banded(due(None, "lost"), "red")
    began(seen_from - timedelta(days=26))
    admin = person(Role.ADMIN)
    assert [(one.batch, one.band) for one in told(admin, AS_OF).bands] == [(None, "red"), ("2026-08", "red")]  # nothing was graded before
    began(seen_from - timedelta(days=100), events=0)
    assert [(one.batch, one.band) for one in told(admin, AS_OF).bands] == [(None, "none"), ("2026-08", "none")]
    began(seen_from - timedelta(days=27))
    assert [(one.batch, one.band) for one in told(admin, AS_OF).bands] == [(None, "red"), ("2026-08", "red")]


def test_by_amount_gross_is_at_most_what_was_due_and_net_lets_growth_in(admin: User) -> None:
    due(None, mrr=100, renewed=150, active=True)
    due(None, "lost", mrr=300, active=False)
    case = due(None, mrr=50, active=True)
    case.renewed_reporting = None  # no exchange rate
    case.save()
    whole = told(admin, AS_OF).whole
    gross, net = (whole.relations[Window.LEAD, measure] for measure in (Measure.GROSS, Measure.NET))
    assert [gross.n, gross.active, gross.rate.value, gross.p1.value] == pytest.approx([2, 0.25, 0.25, 1])
    assert [net.n, net.rate.value, net.p1.value, net.p0.value] == pytest.approx([2, 0.375, 1.5, 0])
    assert whole.without_rate == 1
    assert whole.relations[COUNT].n == 3


def test_a_cohort_is_the_quarter_of_the_onboarding_else_of_the_first_paying_day(admin: User) -> None:
    due(None, onboarded_on=date(2025, 5, 2))
    paid = due(None)
    ContractFactory.make(account=paid.account, starts_on=date(2024, 2, 1), mrr=Decimal(0))
    ContractFactory.make(account=paid.account, starts_on=date(2024, 11, 1))
    due(None)
    assert [(one.name, one.dues) for one in told(admin, AS_OF, "cohort").groups] == [("2024-Q4", 1), ("2025-Q2", 1), (None, 1)]


def test_groups_by_csm_stand_as_on_the_day_of_the_due(admin: User) -> None:
    before, after = person(email="before@example.com"), person(email="after@example.com")
    case = due(after)
    own(case.account, before, ends_on=DUE + timedelta(days=1))
    own(case.account, after, starts_on=DUE + timedelta(days=1))
    assert [one.name for one in told(admin, AS_OF, "csm").groups] == ["before@example.com"]
    assert [one.name for one in told(admin, AS_OF, "product").groups] == ["default"]


def test_filters_narrow_and_an_unknown_cut_is_refused(admin: User) -> None:
    due(None, industry="retail")
    due(None, industry="health")
    assert told(admin, AS_OF, "industry", {"industry": ["retail"]}).whole.dues == 1
    assert told(admin, AS_OF, filters={"product": ["other"]}).whole.dues == 0
    with pytest.raises(ValueError, match="unknown cut"):
        told(admin, AS_OF, "scenario")


def test_nobody_learns_from_accounts_they_do_not_see(admin: User) -> None:
    anna = person()
    due(anna)
    due(None)
    assert told(anna, AS_OF).whole.dues == 1
    assert told(person(), AS_OF).whole.dues == 0
    assert coming(person(), AS_OF) == []
    assert told(admin, AS_OF).whole.dues == 2


def test_health_is_the_band_published_ninety_days_before(admin: User) -> None:
    banded(due(None), "green")
    banded(due(None, "lost"), "red")
    due(None, "lost")
    found = {(one.batch, one.band): (one.renewed, one.n) for one in told(admin, AS_OF).bands}
    assert found[None, "green"] == (1, 1)
    assert found["2026-08", "red"] == (0, 1)
    assert found[None, "none"] == (0, 1)


def test_what_is_to_come_goes_by_month_three_before_or_the_last_whole_month(admin: User) -> None:
    assert last_whole_month(AS_OF) == date(2026, 10, 1)
    assert last_whole_month(date(2026, 10, 31)) == date(2026, 10, 1)
    near = due(None, "open", active=True, ends_on=date(2026, 12, 10))
    month(near.account, date(2026, 10, 1), False)
    far = due(None, "open", active=False, ends_on=date(2027, 3, 10))
    month(far.account, date(2026, 10, 1), True)
    due(None, "renewed", active=None, ends_on=date(2026, 12, 20))
    assert coming(admin, AS_OF) == [
        Coming(None, date(2026, 10, 1), 2, 1, 0, 0, 0),
        Coming(date(2026, 12, 1), date(2026, 9, 1), 2, 1, 1, 1, 0),
        Coming(date(2027, 3, 1), date(2026, 10, 1), 1, 1, 0, 0, 0),
    ]
    assert add_months(date(2027, 3, 1), -3) > date(2026, 10, 1)


@pytest.mark.parametrize(("as_of", "months"), [(date(2026, 10, 31), [11, 12, 1, 2, 3, 4]), (date(2026, 11, 1), [11, 12, 1, 2, 3, 4])])
def test_six_months_are_to_come_also_at_the_end_of_one(admin: User, as_of: date, months: list[int]) -> None:
    for ends_on in ("2026-11-15", "2026-12-15", "2027-01-15", "2027-02-15", "2027-03-15", "2027-04-30", "2027-05-01"):
        due(None, "open", ends_on=date.fromisoformat(ends_on))
    assert [one.month.month for one in coming(admin, as_of) if one.month] == months


def test_each_is_one_query_however_many_dues(admin: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    dues(None, (5, 4), (3, 1))
    with django_assert_max_num_queries(1):
        told(admin, AS_OF, "team")
    with django_assert_max_num_queries(1):
        coming(admin, AS_OF)
