"""The usage sheet's figures, and sheets that are shared and taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Seat, User
from accounts.types import Role
from churn.deciding import tick
from churn.models import CaseCheck, RenewalCase, UsageSheet
from churn.sheets import Figures, figures, find_case, share, shared_sheets, take_back
from churn.types import CheckKind
from health.models import AccountState
from tests.churn.sheet_book import OCTOBER, speaks, talk
from tests.portal.shown_book import AS_OF, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def anna() -> User:
    return person(email="anna@example.com", name="Anna")


def found(user: User, case: RenewalCase) -> Figures:
    seen = find_case(user, case.pk)
    assert seen is not None
    read = figures(seen)
    assert read is not None
    return read


def test_the_figures_are_what_is_published_of_the_account(anna: User) -> None:
    of = found(anna, talk(anna))
    assert (of.as_of, of.purchased, of.activated, of.seats_active) == (AS_OF, 100, 80, 45)
    assert [line.name for line in of.scenarios] == ["Orders", "Stock"]
    assert {line.month for line in of.scenarios} == {OCTOBER}
    assert of.met_of_three == {"Orders": (2, 3), "Stock": (0, 3)}
    assert [row["statement"] for row in of.outcomes] == ["Orders of all stores in one place", "Stock differences halved"]
    assert [row["subject"] for row in of.tickets] == ["Login fails in Bern", "Export is slow"]
    assert of.star is not None
    told = [of.star.reached, of.star.rules.threshold, of.star.missing]
    assert told == [62_000, 80_000, 18_000]


def test_the_trend_has_twelve_whole_months_and_a_month_nobody_knows_is_unknown(anna: User) -> None:
    months = found(anna, talk(anna)).months
    assert [month.first for month in months][:2] == [date(2025, 11, 1), date(2025, 12, 1)]
    assert months[-1].first == OCTOBER  # November still runs
    assert len(months) == 12
    assert (months[0].seats, months[0].active_days, months[0].key_actions, months[0].purchased) == (None, None, None, None)
    assert [month.seats for month in months[1:]] == list(range(1, 12))
    assert {(month.active_days, month.activated, month.purchased) for month in months[1:]} == {(2, 80, 100)}
    assert {month.key_actions for month in months[1:]} == {Decimal(60)}


def test_without_seats_on_file_their_numbers_are_unknown_and_never_zero(anna: User) -> None:
    case = talk(anna)
    Seat.objects.all().delete()
    of = found(anna, case)
    assert (of.activated, of.seats_active) == (None, None)
    assert {month.seats for month in of.months} == {None}
    assert {month.activated for month in of.months} == {None}


def test_before_the_first_night_there_is_no_sheet(anna: User) -> None:
    case = talk(anna)
    AccountState.objects.all().delete()
    seen = find_case(anna, case.pk)
    assert seen is not None
    assert figures(seen) is None


def test_somebody_elses_renewal_is_not_there(anna: User) -> None:
    case = talk(anna)
    assert find_case(person(), case.pk) is None
    assert find_case(person(Role.ADMIN), case.pk) is not None
    assert find_case(anna, case.pk + 1) is None


def test_the_language_is_that_of_who_decides(anna: User) -> None:
    case: Any = talk(anna)
    speaks(case.account, "de", "user")
    speaks(case.account, "zh", "champion")
    assert getattr(find_case(anna, case.pk), "customer_language", "") == "zh"
    speaks(case.account, "en", "sponsor")
    assert getattr(find_case(anna, case.pk), "customer_language", "") == "en"


def test_the_figures_take_four_queries_however_much_there_is(anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    case = talk(anna)
    with django_assert_max_num_queries(4):
        found(anna, case)


def ticks(case: RenewalCase) -> list[CaseCheck]:
    of_due = CaseCheck.objects.filter(account=case.account_id, ends_on=case.ends_on, kind=CheckKind.USAGE_SHARED)
    return list(of_due.filter(withdrawn_at__isnull=True))


def test_sharing_freezes_the_sheet_and_ticks_that_usage_was_shared(anna: User) -> None:
    case = talk(anna)
    sheet = share(anna, case, "en", {"title": "x"}, as_of=AS_OF, at=NOW)
    assert (sheet.account_id, sheet.product, sheet.ends_on) == (case.account_id, case.product, case.ends_on)
    assert (sheet.language, sheet.as_of, sheet.body, sheet.author, sheet.shared_at) == ("en", AS_OF, {"title": "x"}, anna, NOW)
    assert [one.author for one in ticks(case)] == [anna]
    assert list(shared_sheets(anna)) == [sheet]


def test_the_same_sheet_again_is_the_same_and_another_one_is_new(anna: User) -> None:
    case = talk(anna)
    first = share(anna, case, "en", {"title": "x"}, as_of=AS_OF, at=NOW)
    assert share(anna, case, "en", {"title": "x"}, as_of=AS_OF, at=NOW + timedelta(seconds=1)) == first
    second = share(anna, case, "zh-hans", {"title": "x"}, as_of=AS_OF, at=NOW + timedelta(hours=1))
    assert list(shared_sheets(anna)) == [second, first]
    assert len(ticks(case)) == 1


def test_taking_the_last_sheet_back_opens_the_step_again(anna: User) -> None:
    case = talk(anna)
    first = share(anna, case, "en", {}, as_of=AS_OF, at=NOW)
    second = share(anna, case, "zh-hans", {}, as_of=AS_OF, at=NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=2)
    assert take_back(anna, first.pk, later) == first
    assert len(ticks(case)) == 1  # the other one stands
    assert take_back(anna, second.pk, later) == second
    assert ticks(case) == []
    assert take_back(anna, second.pk, later) is None
    assert not shared_sheets(anna).exists()
    assert UsageSheet.objects.count() == 2  # taken back, not deleted


def test_a_step_that_was_ticked_by_hand_stays_ticked(anna: User) -> None:
    case = talk(anna)
    tick(anna, case, CheckKind.USAGE_SHARED, NOW - timedelta(hours=3))
    sheet = share(anna, case, "en", {}, as_of=AS_OF, at=NOW)
    assert take_back(anna, sheet.pk, NOW + timedelta(hours=1)) == sheet
    assert len(ticks(case)) == 1


def test_only_the_author_takes_back_and_only_within_a_day(anna: User) -> None:
    case = talk(anna)
    sheet = share(anna, case, "en", {}, as_of=AS_OF, at=NOW)
    assert take_back(person(Role.ADMIN), sheet.pk, NOW) is None
    assert take_back(anna, sheet.pk, NOW + timedelta(days=1)) is None
    assert list(shared_sheets(anna)) == [sheet]


def test_nobody_shares_or_reads_what_is_not_theirs(anna: User) -> None:
    case = talk(anna)
    other = person()
    with pytest.raises(RenewalCase.DoesNotExist):
        share(other, case, "en", {}, as_of=AS_OF, at=NOW)
    assert not UsageSheet.objects.exists()
    share(anna, case, "en", {}, as_of=AS_OF, at=NOW)
    assert not shared_sheets(other).exists()
