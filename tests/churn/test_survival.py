"""Survival curves: against SciPy, the worked example, what counts as lost, and where a curve ends."""

from __future__ import annotations

from datetime import date, timedelta
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from churn.survival import LEAST_AT_RISK, curve, survival
from tests import factories as make

AS_OF = date(2026, 6, 30)
DAY = timedelta(days=1)
Spells = list[tuple[int, bool, int]]


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined")
@given(st.lists(st.tuples(st.integers(1, 60), st.booleans(), st.integers(1, 6)), min_size=5, max_size=40))
def test_curve_and_band_are_scipys(spells: Spells) -> None:
    from scipy.stats import CensoredData, ecdf

    lost = [days for days, gone, n in spells for _ in range(n) if gone]
    seen = [days for days, gone, n in spells for _ in range(n) if not gone]
    found = curve("all", spells)
    if not lost or found.until is None:
        return
    scipys = ecdf(CensoredData(uncensored=lost, right=seen)).sf
    band = scipys.confidence_interval(confidence_level=0.95, method="log-log")
    for point in found.points[1:]:
        place = list(scipys.quantiles).index(point.day)
        assert isclose(point.kept, scipys.probabilities[place], abs_tol=1e-9)
        if point.low is not None and point.high is not None:
            assert isclose(point.low, band.low.probabilities[place], abs_tol=1e-6)
            assert isclose(point.high, band.high.probabilities[place], abs_tol=1e-6)
            assert 0 <= point.low <= point.kept <= point.high <= 1


def test_the_worked_example_with_as_many_as_a_curve_needs() -> None:
    found = curve("all", [(30, True, 10), (60, False, 10), (90, True, 10), (120, False, 10)])
    assert [(point.day, point.kept) for point in found.points] == [(0, 1.0), (30, 0.75), (90, 0.375)]
    assert (found.accounts, found.lost, found.until) == (40, 20, 90)
    assert found.at(89) == found.points[1]
    assert found.at(91) is None


def test_a_small_group_has_counts_but_no_curve() -> None:
    found = curve("few", [(10, True, LEAST_AT_RISK - 1)])
    assert (found.accounts, found.lost, found.points, found.until, found.at(0)) == (19, 19, (), None, None)


def admin() -> User:
    user: User = make.UserFactory.make(role="admin")
    return user


def paying(*terms: tuple[date, date | None], times: int = 1, **fields: object) -> None:
    for _ in range(times):
        account = make.AccountFactory.make(**fields)
        for starts_on, ends_on in terms:
            make.ContractFactory.make(account=account, starts_on=starts_on, ends_on=ends_on)


@pytest.mark.django_db
def test_lost_is_who_broke_off_for_longer_than_the_grace() -> None:
    begin = date(2026, 1, 1)
    paying((begin, None), times=20)
    paying((begin, date(2026, 2, 1)))  # lost after 31 days
    paying((begin, date(2026, 2, 1)), (date(2026, 3, 3), None))  # 30 days late: renewed
    paying((begin, date(2026, 2, 1)), (date(2026, 3, 4), None))  # 31 days late: lost, though it is back
    paying((begin, date(2026, 6, 5)))  # the grace still runs: seen for 155 days
    paying((begin, date(2026, 5, 31)))  # the grace is over on the as-of day: still open, as with renewals
    paying((begin, date(2026, 5, 30)))  # and over the day before
    paying((date(2026, 8, 1), None))  # not yet
    (found,) = survival(admin(), AS_OF, 30)
    assert (found.group, found.accounts, found.lost) == ("all", 26, 3)
    assert [(point.day, point.at_risk) for point in found.points] == [(0, 26), (31, 26), (149, 24)]


@pytest.mark.django_db
def test_groups_are_of_the_first_thirty_days_and_only_of_the_visible_book() -> None:
    begin = date(2026, 1, 1)
    paying((begin, None), times=2, industry="Retail")
    paying((begin, None))
    late = make.AccountFactory.make(industry="Retail")
    make.ContractFactory.make(account=late, starts_on=begin, ends_on=begin + 29 * DAY, features=["api"])
    make.ContractFactory.make(account=late, starts_on=begin + 29 * DAY, features=["api", "sso"])
    make.ContractFactory.make(account=late, starts_on=begin + 30 * DAY, features=["late"])
    user = admin()
    assert [(one.group, one.accounts) for one in survival(user, AS_OF, 30, "industry")] == [("Retail", 3), (None, 1)]
    assert [(one.group, one.accounts) for one in survival(user, AS_OF, 30, "feature")] == [("api", 1), ("sso", 1), (None, 3)]
    assert [one.accounts for one in survival(user, AS_OF, 30, filters={"industry": ["Retail"], "product": ["default"]})] == [3]
    assert [(one.group, one.accounts) for one in survival(user, AS_OF, 30, "product")] == [("default", 4)]
    assert survival(make.UserFactory.make(), AS_OF, 30) == []
