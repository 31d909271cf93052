"""Renewal rates: by count, gross and net, per period and cut, in agreement with the headlines; forecasts against what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Account, Contract, ExchangeRate, RenewalDefinition, User
from accounts.types import Role
from churn.models import Forecast, RenewalCase
from churn.renewal_rates import forecast_against_actual, rates
from csm_portal.portal.headlines import headlines
from tests import factories as make
from tests.churn.book import AS_OF, DAY, night, term

pytestmark = pytest.mark.django_db
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
YEAR_BEFORE = date(2025, 1, 5)


@pytest.fixture
def admin() -> User:
    return make.UserFactory.make(role=Role.ADMIN)


def ended(day: date, mrr: int | str = 100, renewed: int | str | None = None, account: Account | None = None, **fields: Any) -> Account:
    """An account with a term that ends on the day, and another one from that day on where a new MRR is given."""
    account = account or make.AccountFactory.make()
    term(account, day - timedelta(days=365), day, mrr, **fields)
    if renewed is not None:
        term(account, day, None, renewed, **fields)
    return account


def in_january(user: User, **asked: Any) -> Any:
    (row,) = rates(user, "month", JANUARY, FEBRUARY, **asked)
    return row


def by(user: User, cut: str, **filters: list[str]) -> dict[str | None, tuple[int, int]]:
    return {row.group: (row.due, row.renewed) for row in rates(user, "month", JANUARY, FEBRUARY, cut, filters)}


def test_the_rates_of_a_month_by_count_gross_and_net(admin: User) -> None:
    ended(date(2026, 1, 1), 100, 120)
    ended(date(2026, 1, 10), 200, 150)
    ended(date(2026, 1, 3), 60)
    ended(date(2026, 1, 31), 500)
    ended(date(2026, 2, 1), 40, 40)
    night()
    row = in_january(admin)
    assert (row.period, row.due, row.renewed, row.lost, row.open) == ("2026-01", 4, 2, 1, 1)
    assert (row.due_amount, row.kept_amount, row.renewed_amount, row.open_amount) == (360, 250, 270, 500)
    assert (row.rate_count, row.rate_gross, row.rate_net) == (Decimal(2) / 3, Decimal(250) / 360, Decimal(270) / 360)
    assert row.provisional
    assert (row.estimate.hits, row.estimate.n) == (2, 3)


def test_a_due_counts_in_the_period_of_its_end_also_when_it_was_renewed_early_or_late(admin: User) -> None:
    early, late = make.AccountFactory.make(), make.AccountFactory.make()
    term(early, date(2025, 1, 20), date(2026, 1, 20))
    term(early, date(2025, 12, 1), None, 100)
    term(late, date(2025, 1, 20), date(2026, 1, 20))
    term(late, date(2026, 2, 10), None, 100)
    night()
    found = rates(admin, "month", date(2025, 12, 1), MARCH)
    assert [(row.period, row.due, row.renewed) for row in found] == [("2025-12", 0, 0), ("2026-01", 2, 2), ("2026-02", 0, 0)]


def test_where_nothing_is_decided_the_rates_are_undefined_and_not_0(admin: User) -> None:
    ended(date(2026, 2, 10))
    night()
    (february,) = rates(admin, "month", FEBRUARY, MARCH)
    assert (february.due, february.open, february.rate_count, february.rate_gross, february.rate_net) == (1, 1, None, None, None)
    empty = in_january(admin)
    assert (empty.due, empty.rate_count, empty.provisional) == (0, None, False)


def test_a_month_without_loss_has_a_rate_of_1(admin: User) -> None:
    ended(date(2026, 1, 10), 100, 100)
    night()
    assert (in_january(admin).rate_count, in_january(admin).lost, in_january(admin).provisional) == (1, 0, False)


def test_quarters_and_spans_hold_the_dues_of_their_months(admin: User) -> None:
    for day, renewed in ((date(2025, 10, 5), 90), (date(2025, 11, 5), None), (date(2025, 12, 31), 110)):
        ended(day, 100, renewed)
    night()
    quarter: Any
    (quarter,) = rates(admin, "quarter", date(2025, 10, 1), JANUARY)
    (span,) = rates(admin, "span", date(2025, 11, 5), date(2025, 12, 31))
    assert (quarter.period, quarter.due, quarter.renewed, quarter.due_amount, quarter.renewed_amount) == ("2025-Q4", 3, 2, 300, 200)
    assert (span.period, span.due, span.lost) == ("2025-11-05/2025-12-31", 1, 1)
    with pytest.raises(ValueError, match="unknown grain 'week'"):
        rates(admin, "week", JANUARY, FEBRUARY)


def test_periods_to_come_tell_what_is_known_to_fall_due(admin: User) -> None:
    ended(date(2026, 5, 5))
    night()
    (may,) = rates(admin, "month", date(2026, 5, 1), date(2026, 6, 1))
    assert (may.due, may.open, may.provisional, may.as_of) == (1, 1, True, AS_OF)


def test_before_anything_is_published_there_is_no_figure(admin: User) -> None:
    assert rates(admin, "month", JANUARY, FEBRUARY) == []
    assert forecast_against_actual(admin, JANUARY, FEBRUARY) == []


def test_amounts_without_a_rate_are_left_out_and_counted(admin: User) -> None:
    ended(date(2026, 1, 10), 100, 50)
    ended(date(2026, 1, 11), 70, 70, currency="CNY")
    night()
    row = in_january(admin)
    assert (row.due, row.renewed, row.rate_count, row.without_rate) == (2, 2, 1, 1)
    assert (row.due_amount, row.renewed_amount, row.rate_net) == (100, 50, Decimal("0.5"))


def test_both_sides_are_told_at_the_rate_of_the_end_so_that_a_drift_of_the_currency_is_no_change(admin: User) -> None:
    ExchangeRate.objects.create(currency="CNY", day=date(2025, 1, 1), rate=Decimal("0.14"))
    ExchangeRate.objects.create(currency="CNY", day=date(2026, 1, 15), rate=Decimal("0.10"))
    ended(date(2026, 1, 10), 1000, 1000, currency="CNY")
    night()
    assert (in_january(admin).due_amount, in_january(admin).renewed_amount, in_january(admin).rate_net) == (140, 140, 1)


def test_owners_are_those_of_the_close_of_the_period(admin: User) -> None:
    anna, ben = make.UserFactory.make(email="anna@example.com"), make.UserFactory.make(email="ben@example.com")
    moved = ended(date(2026, 1, 10), 100, 100)
    make.own(moved, anna, ends_on=date(2026, 1, 20))
    make.own(moved, ben, starts_on=date(2026, 1, 20))
    ended(date(2026, 1, 3))
    night()
    assert by(admin, "csm") == {"ben@example.com": (1, 1), None: (1, 0)}
    assert by(admin, "csm", csm=["BEN@example.com"]) == {"ben@example.com": (1, 1)}
    (fourth,) = [row.group for row in rates(admin, "span", date(2026, 1, 5), date(2026, 1, 15), "csm")]
    assert fourth == "anna@example.com"


def test_a_lost_account_keeps_its_last_plan(admin: User) -> None:
    ended(date(2026, 1, 3), plan="pro", account=make.AccountFactory.make(plan="basic"))
    night()
    assert by(admin, "plan") == {"pro": (1, 0)}
    assert [one.group for one in headlines(admin, JANUARY, "plan") if one.n] == ["pro", "pro"]
    assert [one.n for one in headlines(admin, JANUARY, filters={"plan": ["pro"]}) if one.key.startswith("renewal_rate")] == [1, 1]
    assert [one.n for one in headlines(admin, JANUARY, filters={"plan": ["basic"]}) if one.key.startswith("renewal_rate")] == [0, 0]


def test_by_product_each_due_stands_under_its_own(admin: User) -> None:
    account = ended(date(2026, 1, 10), 100, 100, product="crm")
    ended(date(2026, 1, 3), 50, account=account, product="erp")
    night()
    assert by(admin, "product") == {"crm": (1, 1), "erp": (1, 0)}
    assert by(admin, "product", product=["erp"]) == {"erp": (1, 0)}
    assert (in_january(admin).due, in_january(admin, filters={"product": ["crm"]}).due) == (2, 1)


def test_teams_bring_those_below_them(admin: User) -> None:
    emea = make.TeamFactory.make(name="EMEA", path="EMEA/")
    dach = make.TeamFactory.make(name="DACH", path="EMEA/DACH/", parent=emea)
    ended(date(2026, 1, 10), account=make.AccountFactory.make(owner=make.UserFactory.make(team=dach)))
    ended(date(2026, 1, 11), account=make.AccountFactory.make(team=emea))
    night()
    assert by(admin, "team") == {"EMEA": (1, 0), "EMEA/DACH": (1, 0)}
    assert by(admin, "team", team=["EMEA"]) == {"EMEA": (1, 0), "EMEA/DACH": (1, 0)}
    assert by(admin, "team", team=["EMEA/DACH"]) == {"EMEA/DACH": (1, 0)}


def test_ids_are_the_accounts_behind_each_number_one_per_due(admin: User) -> None:
    twice = ended(date(2026, 1, 10), 100, 100, make.AccountFactory.make(external_id="b"), product="crm")
    ended(date(2026, 1, 12), 100, 100, twice, product="erp")
    ended(date(2026, 1, 3), account=make.AccountFactory.make(external_id="a"))
    ended(date(2026, 1, 31), 9, account=make.AccountFactory.make(external_id="c"), currency="CNY")
    night()
    assert in_january(admin, detail=True).ids == {"renewed": ["b", "b"], "lost": ["a"], "open": ["c"], "without_rate": ["c"]}
    assert in_january(admin).ids == {}
    (empty,) = rates(admin, "month", date(2025, 5, 1), date(2025, 6, 1), detail=True)
    assert empty.ids == {"renewed": [], "lost": [], "open": [], "without_rate": []}


def test_each_sees_the_rates_of_the_own_book(admin: User) -> None:
    csm = make.UserFactory.make()
    ended(date(2026, 1, 10), 100, 100, make.AccountFactory.make(owner=csm))
    ended(date(2026, 1, 3))
    night()
    assert (in_january(csm).due, in_january(admin).due, in_january(make.UserFactory.make()).due) == (1, 2, 0)
    assert in_january(csm, detail=True).ids["lost"] == []


def test_rows_tell_the_day_and_the_version_of_the_rules(admin: User) -> None:
    for version, since in ((1, date(2020, 1, 1)), (2, AS_OF + DAY)):
        RenewalDefinition.objects.create(
            version=version,
            effective_from=since,
            body={"renewal_grace_days": 30},
            digest=str(version),
            published_at=datetime(2020, 1, 1, tzinfo=UTC),
        )
    ended(date(2026, 1, 10))
    night()
    assert (in_january(admin).as_of, in_january(admin).version) == (AS_OF, 1)


def test_a_year_by_csm_is_two_queries(admin: User, django_assert_num_queries: Any) -> None:
    for month in range(1, 13):
        ended(date(2025, month, 5), account=make.AccountFactory.make(owner=make.UserFactory.make()))
    night()
    with django_assert_num_queries(2):
        assert len(rates(admin, "month", date(2025, 1, 1), JANUARY, "csm", detail=True)) == 12
    with django_assert_num_queries(2):
        assert len(forecast_against_actual(admin, date(2025, 1, 1), JANUARY)) == 12


CUTS: dict[str, Callable[[User], Account]] = {
    "csm": lambda user: make.AccountFactory.make(owner=user),
    "team": lambda user: make.AccountFactory.make(team=make.TeamFactory.make()),
    "industry": lambda user: make.AccountFactory.make(industry="retail"),
    "tier": lambda user: make.AccountFactory.make(tier="gold"),
    "stage": lambda user: make.AccountFactory.make(lifecycle_stage="live"),
}


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 300), st.none() | st.integers(1, 400), st.integers(0, 4)), max_size=12))
@settings(max_examples=20)
def test_every_cut_sums_to_all_and_agrees_with_the_headlines(rows: list[tuple[int, int, int | None, int]]) -> None:
    Contract.objects.all().delete()
    admin = User.objects.filter(role=Role.ADMIN).first() or make.UserFactory.make(role=Role.ADMIN)
    for offset, mrr, renewed, kind in rows:
        ended(date(2025, 12, 20) + timedelta(days=offset), mrr, renewed, list(CUTS.values())[kind](admin))
    night()
    for first, after in ((date(2025, 12, 1), JANUARY), (JANUARY, FEBRUARY), (FEBRUARY, MARCH)):
        (whole,) = rates(admin, "month", first, after)
        for cut in ("all", *CUTS, "product"):
            told = {(one.group, one.key): one for one in headlines(admin, first, cut, detail=True) if one.key.startswith("renewal_rate")}
            groups = rates(admin, "month", first, after, cut, detail=True)
            assert sum(row.due for row in groups) == whole.due
            assert sum(row.renewed_amount for row in groups) == whole.renewed_amount
            assert sum(row.kept_amount for row in groups) == whole.kept_amount
            assert sum(row.due_amount for row in groups) == whole.due_amount
            for row in groups:
                count, amount = told.get((row.group, "renewal_rate_count")), told.get((row.group, "renewal_rate_amount"))
                assert count is not None
                assert amount is not None
                assert (row.rate_count, row.rate_net, row.rate_gross) == (count.value, amount.value, amount.extra["gross"])
                assert (row.due, row.renewed, row.lost, row.open) == tuple(count.extra[name] for name in ("due", "renewed", "lost", "open"))
                assert all(row.ids[name] == count.ids.get(name, []) for name in ("renewed", "lost", "open"))


def forecast(account: Account, on: date, amount: int, probability: str = "0.8", **fields: Any) -> Forecast:
    case = RenewalCase.objects.get(account=account, ends_on__lt=FEBRUARY)
    return Forecast.objects.create(
        account=account,
        product=case.product,
        ends_on=case.ends_on,
        currency=case.currency,
        amount=amount,
        probability=Decimal(probability),
        author=User.objects.filter(role=Role.ADMIN)[0],
        entered_at=datetime(on.year, on.month, on.day, 9, tzinfo=UTC),
        **{"category": "commit", **fields},
    )


def told(user: User) -> Any:
    (row,) = forecast_against_actual(user, JANUARY, FEBRUARY, "all")
    return row


def test_the_forecast_of_the_decision_day_is_held_against_what_happened(admin: User) -> None:
    kept, lost = ended(date(2026, 1, 10), 100, 90, notice_days=30), ended(date(2026, 1, 3), 200)
    ended(date(2026, 1, 4), 50, 60)
    ended(date(2026, 1, 31), 70)
    night()
    forecast(kept, date(2025, 11, 1), 40, "0.5", category="at_risk", reason="x")
    forecast(kept, date(2025, 12, 11), 95, "0.9", expansion=5)
    forecast(kept, date(2025, 12, 12), 10, "0.1", category="at_risk", reason="after the decision day")
    forecast(lost, date(2025, 12, 1), 200, "0.7", category="best_case", reason="y")
    row = told(admin)
    assert (row.decided, row.forecast, row.without_forecast, row.late) == (3, 2, 1, 0)
    assert (row.expected, row.renewed) == (Decimal("1.6"), 1)
    assert (row.renewal_amount, row.forecast_amount, row.actual_amount) == (295, 300, 90)
    assert (row.weighted_amount, row.amount_ratio, row.weighted_ratio) == (230, Decimal("0.3"), Decimal(90) / 230)
    assert [(hit.category, hit.forecast, hit.renewed) for hit in row.categories] == [("best_case", 1, 0), ("commit", 1, 1)]
    assert row.categories[1].estimate.value == 1


def test_without_one_by_then_the_first_forecast_before_the_outcome_counts_as_late(admin: User) -> None:
    lost = ended(date(2026, 1, 3), 100, notice_days=30)
    night()
    forecast(lost, date(2025, 12, 20), 80)
    forecast(lost, date(2025, 12, 28), 20)
    forecast(lost, date(2026, 2, 10), 0)
    assert (told(admin).late, told(admin).forecast_amount) == (1, 80)


def test_a_forecast_after_the_outcome_or_taken_back_is_none(admin: User) -> None:
    kept = ended(date(2026, 1, 3), 100, 100)
    night()
    forecast(kept, date(2026, 1, 5), 100)
    forecast(kept, date(2025, 12, 20), 100, withdrawn_at=datetime(2025, 12, 20, 10, tzinfo=UTC))
    assert (told(admin).decided, told(admin).forecast, told(admin).categories) == (1, 0, ())
    assert (told(admin).amount_ratio, told(admin).expected) == (None, 0)


def test_forecasts_are_told_per_csm_of_the_close_and_of_the_own_book_alone(admin: User) -> None:
    anna, ben = make.UserFactory.make(email="anna@example.com"), make.UserFactory.make(email="ben@example.com")
    hers = ended(date(2026, 1, 3), 100, account=make.AccountFactory.make(owner=anna))
    ended(date(2026, 1, 4), 100, 100, make.AccountFactory.make(owner=ben))
    night()
    forecast(hers, date(2025, 12, 20), 100)
    assert [(row.group, row.decided, row.forecast) for row in forecast_against_actual(admin, JANUARY, FEBRUARY)] == [
        ("anna@example.com", 1, 1),
        ("ben@example.com", 1, 0),
    ]
    assert [row.group for row in forecast_against_actual(ben, JANUARY, FEBRUARY)] == ["ben@example.com"]


def test_forecast_amounts_are_told_at_the_rate_of_the_due(admin: User) -> None:
    ExchangeRate.objects.create(currency="CNY", day=date(2025, 1, 1), rate=Decimal("0.14"))
    account = ended(date(2026, 1, 3), 1000, 900, currency="CNY")
    night()
    forecast(account, date(2025, 12, 20), 500, "0.5", expansion=100)
    assert (told(admin).renewal_amount, told(admin).forecast_amount, told(admin).weighted_amount) == (70, 84, 42)
    assert told(admin).actual_amount == 126
