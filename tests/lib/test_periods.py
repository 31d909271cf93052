"""Days, weeks, months and quarters."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm_portal.lib.periods import GRAINS, WEEKDAYS, first_day_of_week, label, period_of, periods_from

DATES = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@pytest.mark.parametrize(
    ("grain", "first", "name"),
    [
        ("day", date(2026, 3, 5), "2026-03-05"),
        ("week", date(2025, 12, 29), "2026-W01"),
        ("week", date(2020, 12, 28), "2020-W53"),
        ("week", date(2026, 3, 1), "2026-03-01"),
        ("month", date(2026, 3, 1), "2026-03"),
        ("quarter", date(2026, 10, 1), "2026-Q4"),
    ],
)
def test_periods_are_named_as_the_api_writes_them(grain: str, first: date, name: str) -> None:
    assert label(grain, first) == name


@given(day=DATES, grain=st.sampled_from(GRAINS), week_starts=st.sampled_from(WEEKDAYS))
def test_each_day_lies_in_exactly_one_period(day: date, grain: str, week_starts: str) -> None:
    period = period_of(grain, day, week_starts=week_starts)
    assert day in period
    assert period.after not in period
    assert period_of(grain, period.last, week_starts=week_starts) == period
    assert period_of(grain, period.after, week_starts=week_starts).first == period.after


@given(day=DATES, week_starts=st.sampled_from(WEEKDAYS))
def test_weeks_begin_on_the_weekday_named(day: date, week_starts: str) -> None:
    period = period_of("week", day, week_starts=week_starts)
    assert WEEKDAYS[period.first.weekday()] == week_starts
    assert period.after - period.first == timedelta(days=7)


@given(first=DATES, length=st.integers(0, 200), grain=st.sampled_from(GRAINS))
def test_periods_of_a_span_are_those_whose_first_day_lies_inside(first: date, length: int, grain: str) -> None:
    after = first + timedelta(days=length)
    found = [period.first for period in periods_from(grain, first, after)]
    assert found == sorted({start for i in range(length) if (start := period_of(grain, first + timedelta(days=i)).first) >= first})


def test_an_unknown_grain_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown grain"):
        period_of("decade", date(2026, 1, 1))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(["monday", "sunday"]))
def test_a_week_s_name_leads_back_to_its_first_day(day: date, starts: str) -> None:
    first = period_of("week", day, week_starts=starts).first
    assert first_day_of_week(label("week", first)) == first
