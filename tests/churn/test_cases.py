"""Renewals as people see them: stages, what is missing, mismatches; and none is missed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Account, Contract, User
from accounts.terms import DueState
from accounts.types import Role
from churn import cases
from churn.deciding import enter_forecast, enter_outcome, tick
from churn.decision_values import ForecastValues, OutcomeValues
from churn.models import ChurnRecord, Forecast, RenewalCase
from churn.types import CheckKind, ForecastCategory, Stage
from tests import factories as make
from tests.churn.book import AS_OF, DAY, HOUR, NOW, TODAY, due, night, only_case, term

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return make.UserFactory.make(role=Role.ADMIN)


def forecast(user: User, case: RenewalCase, amount: int = 100, **fields: Any) -> Forecast:
    values = {"expansion": Decimal(0), "probability": Decimal("0.8"), "category": ForecastCategory.COMMIT, **fields}
    at = values.pop("at", NOW)
    return enter_forecast(user, case, ForecastValues(amount=Decimal(amount), **values), at)


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (-1, Stage.OVERDUE),
        (0, Stage.DAYS_0_29),
        (29, Stage.DAYS_0_29),
        (30, Stage.DAYS_30_59),
        (59, Stage.DAYS_30_59),
        (60, Stage.DAYS_60_90),
        (90, Stage.DAYS_60_90),
        (91, Stage.DAYS_91_180),
        (180, Stage.DAYS_91_180),
        (181, Stage.LATER),
    ],
)
def test_a_renewal_stands_in_one_stage_by_days_to_its_decision(admin: User, days: int, stage: Stage) -> None:
    due(days, notice_days=20)
    night()
    (case,) = cases.listed(admin, TODAY)
    assert cases.stage_of(case, TODAY) is stage
    assert (case.days_left, case.ends_on - case.decision_on) == (days, timedelta(days=20))  # type: ignore[attr-defined]
    assert [one for one in Stage if cases.listed(admin, TODAY, stages=[one])] == [stage]


def test_what_is_decided_stands_in_no_stage_and_misses_nothing(admin: User) -> None:
    account = due(10)
    term(account, TODAY + timedelta(days=10), None, recorded_at=NOW - DAY)
    night()
    (case,) = cases.listed(admin, TODAY)
    assert case.state == "renewed"
    assert cases.stage_of(case, TODAY) is None
    assert cases.needs(case, TODAY) == []
    assert not cases.listed(admin, TODAY, stages=list(Stage))


@pytest.mark.parametrize(
    ("days", "missing"),
    [
        (-1, ["outcome"]),
        (0, ["forecast", "usage_shared"]),
        (30, ["forecast", "usage_shared"]),
        (31, ["usage_shared"]),
        (90, ["usage_shared"]),
        (91, []),
    ],
)
def test_what_is_missing_presses_more_as_the_decision_comes_near(admin: User, days: int, missing: list[str]) -> None:
    due(days)
    night()
    (case,) = cases.listed(admin, TODAY)
    assert cases.needs(case, TODAY) == missing
    assert [need for need in cases.NEEDS if cases.listed(admin, TODAY, needs=[need])] == missing


def test_a_forecast_and_a_shared_sheet_are_missing_no_more(admin: User) -> None:
    due(10)
    night()
    forecast(admin, only_case())
    tick(admin, only_case(), CheckKind.USAGE_SHARED, NOW)
    (case,) = cases.listed(admin, TODAY)
    row: Any = case
    assert cases.needs(case, TODAY) == []
    assert (row.usage_shared_on, row.pack_opened_on) == (TODAY, TODAY)
    assert not cases.listed(admin, TODAY, needs=cases.NEEDS)


def test_the_latest_forecast_counts_and_is_told_with_its_author(admin: User) -> None:
    due(10)
    night()
    forecast(admin, only_case(), 60, category=ForecastCategory.AT_RISK, reason="budget", at=NOW)
    forecast(admin, only_case(), 90, expansion=Decimal(5), category=ForecastCategory.BEST_CASE, reason="talked", at=NOW + HOUR)
    (row,) = cases.listed(admin, TODAY, categories=["best_case"])
    told: Any = row
    assert (told.forecast_amount, told.forecast_expansion, told.forecast_probability) == (90, 5, Decimal("0.8"))
    assert (told.forecast_category, told.forecast_reason, told.forecast_on, told.forecast_author) == (
        "best_case",
        "talked",
        TODAY,
        admin.email,
    )
    assert not cases.listed(admin, TODAY, categories=["at_risk"])


def test_the_list_is_one_query_whatever_it_tells(admin: User, django_assert_num_queries: Any) -> None:
    for days in (5, 40, 70):
        due(days, owner_of(admin))
    night()
    forecast(admin, RenewalCase.objects.earliest("ends_on"))
    with django_assert_num_queries(1):
        found = [(case.account.name, case.account.owner, cases.needs(case, TODAY)) for case in cases.listed(admin, TODAY)]
    assert len(found) == 3


def owner_of(user: User, **fields: Any) -> Account:
    account: Account = make.AccountFactory.make(owner=user, **fields)
    return account


def test_filters_are_the_cuts_as_they_stand_on_the_day(admin: User) -> None:
    anna, ben = make.UserFactory.make(email="anna@example.com"), make.UserFactory.make(email="ben@example.com")
    moved = due(20, make.AccountFactory.make(industry="retail"), plan="pro", product="crm")
    due(30, make.AccountFactory.make(industry="hotel"), plan="basic")
    make.own(moved, anna, ends_on=TODAY - DAY)
    make.own(moved, ben, starts_on=TODAY - DAY)
    night()

    def found(**filters: list[str]) -> list[Account]:
        return [case.account for case in cases.listed(admin, TODAY, filters=filters)]

    assert found(csm=["ben@example.com"]) == [moved]
    assert found(csm=["anna@example.com"]) == []
    assert [case.account for case in cases.listed(admin, TODAY, filters={"csm": ["anna@example.com"]}, cut_on=TODAY - 2 * DAY)] == [moved]
    assert found(industry=["retail"], plan=["pro"]) == [moved]
    assert found(product=["crm"]) == [moved]
    assert found(industry=["retail"], plan=["basic"]) == []
    assert len(found(csm=["-", "ben@example.com"])) == 2


def test_the_span_is_of_the_ends_of_the_terms(admin: User) -> None:
    due(20)
    night()
    ends_on = only_case().ends_on
    assert cases.listed(admin, TODAY, first=ends_on, after=ends_on + DAY).count() == 1
    assert not cases.listed(admin, TODAY, first=ends_on + DAY)
    assert not cases.listed(admin, TODAY, after=ends_on)


def test_an_outcome_against_the_contracts_is_a_mismatch_once_they_have_decided(admin: User) -> None:
    account = due(-20)
    night()
    enter_outcome(admin, only_case(), OutcomeValues(DueState.RENEWED, None, TODAY), NOW)
    assert not cases.mismatched(RenewalCase.objects.all())
    night(AS_OF + 40 * DAY)
    (case,) = cases.mismatched(RenewalCase.objects.all())
    assert (case.account, case.state, case.contract_state, case.entered_otherwise) == (account, "renewed", "lost", True)  # type: ignore[attr-defined]


def test_a_lapsed_automatic_renewal_is_listed_until_somebody_says_what_happened(admin: User) -> None:
    due(-40, auto_renew=True)
    night()
    (case,) = cases.mismatched(RenewalCase.objects.all())
    assert (case.auto_renew_lapsed, case.entered_otherwise) == (True, False)  # type: ignore[attr-defined]
    enter_outcome(admin, case, OutcomeValues(DueState.LOST, None, TODAY), NOW)
    assert not cases.mismatched(RenewalCase.objects.all())


def test_a_lapsed_automatic_renewal_is_explained_by_why_the_account_left(admin: User) -> None:
    account = due(-40, auto_renew=True)
    night()
    (case,) = cases.mismatched(RenewalCase.objects.all())
    made: Any = {"account": account, "source": make.SourceFactory.make(), "recorded_at": NOW}
    ChurnRecord.objects.create(external_id="another loss", churned_on=case.ends_on - timedelta(days=91), **made)
    near = ChurnRecord.objects.create(external_id="this loss", churned_on=case.ends_on - timedelta(days=90), withdrawn_at=NOW, **made)
    assert cases.mismatched(RenewalCase.objects.all()).count() == 1
    near.withdrawn_at = None
    near.save()
    assert not cases.mismatched(RenewalCase.objects.all())


def test_an_outcome_whose_due_is_gone_is_listed(admin: User) -> None:
    account = due(10)
    night()
    outcome = enter_outcome(admin, only_case(), OutcomeValues(DueState.LOST, None, TODAY), NOW)
    Contract.objects.filter(account=account).update(ends_on=TODAY + timedelta(days=50))
    assert not cases.outcomes_without_due(admin)
    night()
    assert list(cases.outcomes_without_due(admin)) == [outcome]
    assert only_case().state == "open"


def seen_by_each(people: list[User]) -> dict[tuple[int, str, date], int]:
    counts: dict[tuple[int, str, date], int] = {}
    for person in people:
        for case in cases.listed(person, TODAY):
            key = (case.account_id, case.product, case.ends_on)
            counts[key] = counts.get(key, 0) + 1
    return counts


def test_nothing_due_is_missed_also_when_its_owner_has_left(admin: User) -> None:
    region = make.TeamFactory.make(name="EMEA", path="EMEA/")
    team = make.TeamFactory.make(name="DACH", path="EMEA/DACH/", parent=region)
    csm, gone = make.UserFactory.make(team=team), make.UserFactory.make(team=team, is_active=False)
    stray = make.UserFactory.make(is_active=False)
    manager = make.UserFactory.make(role=Role.MANAGER, team=region, manages=region)
    due(10, owner_of(csm))
    left = due(20, owner_of(gone))
    nobody = due(30, make.AccountFactory.make(team=team))
    lost_owner = due(40, owner_of(stray))
    due(50, make.AccountFactory.make())
    due(60, owner_of(csm), mrr=0)
    night()
    with_end = Contract.objects.filter(mrr__gt=0, ends_on__lte=AS_OF + timedelta(days=180))
    expected = {(one.account_id, one.product, one.ends_on) for one in with_end}
    seen = seen_by_each([csm, manager, admin])
    assert set(seen) == expected
    assert [case.account for case in cases.listed(manager, TODAY)][1:] == [left, nobody]
    assert [case.account for case in cases.listed(csm, TODAY)][1:] == [nobody]
    assert {case.account for case in cases.unattended(cases.listed(admin, TODAY))} >= {left, nobody, lost_owner}
    assert [cases.listed(gone, TODAY).count(), cases.listed(stray, TODAY).count()] == [0, 0]


terms = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(-800, 170),
        st.none() | st.integers(1, 400),
        st.sampled_from(["a", "b"]),
        st.integers(0, 2),
        st.integers(0, 40),
    ),
    max_size=9,
)


@given(terms)
@settings(max_examples=25)
def test_every_paying_contract_with_an_end_is_in_exactly_one_due_that_an_admin_sees(rows: list[Any]) -> None:
    """A book of any shape: each contract ending up to 180 days ahead appears once, its MRR is in the due's, and the states add up."""
    Contract.objects.all().delete()
    admin = User.objects.filter(role=Role.ADMIN).first() or make.UserFactory.make(role=Role.ADMIN)
    book = [make.AccountFactory.make() for _ in range(4)]
    for place, start, length, product, mrr, notice in rows:
        starts_on = AS_OF + timedelta(days=start)
        ends_on = None if length is None else starts_on + timedelta(days=length)
        term(book[place], starts_on, ends_on, mrr, product=product, notice_days=notice, recorded_at=NOW - 900 * DAY)
    night()
    horizon = AS_OF + timedelta(days=180)
    expected: dict[tuple[int, str, date], Decimal] = {}
    for one in Contract.objects.filter(mrr__gt=0, ends_on__isnull=False, ends_on__lte=horizon):
        key = (one.account_id, one.product, one.ends_on)
        expected[key] = expected.get(key, Decimal(0)) + one.mrr
    found = {(case.account_id, case.product, case.ends_on): case.due_mrr for case in cases.listed(admin, TODAY, after=horizon + DAY)}
    assert found == expected
    staged = sum(cases.listed(admin, TODAY, stages=[stage]).count() for stage in Stage)
    decided = cases.listed(admin, TODAY, states=["renewed", "lost"]).count()
    assert staged + decided == cases.listed(admin, TODAY).count() == RenewalCase.objects.count()
