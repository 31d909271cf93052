"""Working days by country, work week and quiet periods."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health.calendars import calendar_country, is_provisional, is_working_day, working_days


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 2, 13), True),
        (date(2026, 2, 14), True),
        (date(2026, 2, 15), False),
        (date(2026, 2, 16), False),
        (date(2026, 2, 23), False),
        (date(2026, 2, 28), True),
        (date(2026, 10, 10), True),
        (date(2007, 12, 29), True),
        (date(2007, 12, 31), False),
    ],
)
def test_china_works_its_make_up_days_and_rests_for_them(day: date, works: bool) -> None:
    assert is_working_day(day, "CN", "5") is works


def test_february_2026_has_sixteen_working_days_in_china() -> None:
    assert len(working_days("CN", "5", date(2026, 2, 1), date(2026, 3, 1))) == 16


def test_a_year_without_decree_is_provisional() -> None:
    assert not is_provisional("CN", date(2026, 12, 1), date(2027, 1, 1))
    assert is_provisional("CN", date(2035, 1, 1), date(2035, 2, 1))
    assert is_provisional("CN", date(2034, 12, 28), date(2035, 1, 4))
    assert not is_provisional("US", date(2035, 1, 1), date(2035, 2, 1))


@pytest.mark.parametrize(("work_week", "expected"), [("5", 22), ("6", 26), ("7", 31)])
def test_work_weeks_of_five_six_and_seven_days(work_week: str, expected: int) -> None:
    assert len(working_days("", work_week, date(2026, 7, 1), date(2026, 8, 1))) == expected + (work_week != "7")


def test_alternating_weeks_work_every_other_saturday() -> None:
    saturdays = [date(2026, 7, 4) + timedelta(weeks=i) for i in range(6)]
    worked = [is_working_day(day, "", "alternating") for day in saturdays]
    assert worked in ([True, False] * 3, [False, True] * 3)


def test_weekends_are_the_countrys_own() -> None:
    friday, saturday, sunday = date(2026, 7, 3), date(2026, 7, 4), date(2026, 7, 5)
    assert [is_working_day(day, "SA", "5") for day in (friday, saturday, sunday)] == [False, False, True]
    assert [is_working_day(day, "SA", "6") for day in (friday, saturday, sunday)] == [False, True, True]
    assert [is_working_day(day, "IL", "6") for day in (friday, saturday, sunday)] == [True, False, True]


def test_a_public_holiday_is_off_in_every_work_week() -> None:
    assert not any(is_working_day(date(2026, 12, 25), "US", week) for week in ("5", "6", "7", "alternating"))


def test_an_unknown_country_takes_the_default() -> None:
    assert calendar_country("", "CN") == calendar_country("ZZ", "CN") == "CN"
    assert calendar_country("DE", "CN") == "DE"


def test_quiet_periods_are_half_open() -> None:
    quiet = [(date(2026, 7, 6), date(2026, 7, 8))]
    assert working_days("", "5", date(2026, 7, 6), date(2026, 7, 11), quiet=quiet) == {date(2026, 7, number) for number in (8, 9, 10)}


@given(first=st.dates(date(2001, 1, 1), date(2040, 1, 1)), length=st.integers(0, 60), week=st.sampled_from(["5", "6", "7", "alternating"]))
def test_working_days_lie_inside_and_add_up_over_a_split(first: date, length: int, week: str) -> None:
    after, middle = first + timedelta(days=length), first + timedelta(days=length // 2)
    whole = working_days("CN", week, first, after)
    assert all(first <= day < after for day in whole)
    assert whole == working_days("CN", week, first, middle) | working_days("CN", week, middle, after)
