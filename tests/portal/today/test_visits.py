"""When somebody was here last."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import Visit
from csm_portal.portal.today.policy import FIRST_VISIT_DAYS, LONGEST_ABSENCE_DAYS
from csm_portal.portal.today.visits import since, visited
from tests.factories import UserFactory

TODAY = date(2026, 11, 20)
AS_OF = date(2026, 11, 19)
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 1, 1))


@pytest.mark.django_db
def test_the_first_visit_ever_shows_a_week_and_says_so() -> None:
    found = visited(UserFactory.make(), TODAY, AS_OF, NOW)
    assert found.first
    assert (found.day, found.seen) == (TODAY - timedelta(days=7), AS_OF - timedelta(days=7))


@pytest.mark.django_db
def test_a_second_look_on_one_day_still_compares_with_the_earlier_day(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    user = UserFactory.make()
    visited(user, date(2026, 11, 16), date(2026, 11, 15), NOW - timedelta(days=4))
    visited(user, TODAY, AS_OF, NOW)
    with django_assert_num_queries(1):
        found = visited(user, TODAY, AS_OF, NOW + timedelta(hours=3))
    assert (found.day, found.seen, found.first) == (date(2026, 11, 16), date(2026, 11, 15), False)
    assert Visit.objects.filter(user=user).count() == 2


@pytest.mark.django_db
def test_a_day_has_one_row_that_keeps_its_first_hour_and_the_newest_figures() -> None:
    user = UserFactory.make()
    visited(user, TODAY, date(2026, 11, 18), NOW)
    visited(user, TODAY, date(2026, 11, 18), NOW + timedelta(minutes=5))
    assert Visit.objects.get(user=user).last_at == NOW  # nothing new: the row was not written again
    visited(user, TODAY, AS_OF, NOW + timedelta(minutes=6))
    row = Visit.objects.get(user=user)
    assert (row.first_at, row.last_at, row.seen_as_of) == (NOW, NOW + timedelta(minutes=6), AS_OF)


@pytest.mark.django_db
def test_visits_of_a_colleague_are_none_of_ones_own() -> None:
    visited(UserFactory.make(), date(2026, 11, 16), AS_OF, NOW)
    assert visited(UserFactory.make(), TODAY, AS_OF, NOW).first


def test_after_a_long_absence_the_list_begins_later_and_says_so() -> None:
    found = since(date(2025, 1, 1), date(2024, 12, 31), TODAY, AS_OF)
    assert found.shortened
    assert found.day == TODAY - timedelta(days=LONGEST_ABSENCE_DAYS)


@given(last=st.none() | DAYS, seen=st.none() | DAYS, today=DAYS, as_of=st.none() | DAYS)
def test_news_begin_in_the_past_and_never_with_figures_newer_than_todays(
    last: date | None, seen: date | None, today: date, as_of: date | None
) -> None:
    if last is not None and last >= today:
        last = today - timedelta(days=1)  # the statement only finds earlier days
    found = since(last, seen, today, as_of)
    assert found.day < today
    assert (today - found.day).days <= max(LONGEST_ABSENCE_DAYS, FIRST_VISIT_DAYS)
    if not found.shortened:
        assert found.seen <= (as_of or today)
