"""Periods of a figure: what is compared with what."""

from __future__ import annotations

from datetime import date

import pytest

from churn.spans import Span, spans


def test_a_month_compares_the_day_before_it_with_its_last_day() -> None:
    (june,) = spans("month", date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 31))
    assert june == Span("2026-06", date(2026, 6, 1), date(2026, 7, 1), date(2026, 6, 30), provisional=False)
    assert june.before == date(2026, 5, 31)


def test_a_running_month_stops_at_the_as_of_day_and_is_provisional() -> None:
    found = spans("month", date(2026, 1, 1), date(2027, 1, 1), date(2026, 3, 10))
    assert [one.label for one in found] == ["2026-01", "2026-02", "2026-03"]
    assert (found[-1].close, found[-1].provisional) == (date(2026, 3, 10), True)
    assert not found[1].provisional


def test_the_last_day_of_a_month_finishes_it() -> None:
    (march,) = spans("month", date(2026, 3, 1), date(2026, 4, 1), date(2026, 3, 31))
    assert not march.provisional


def test_a_span_is_one_row_over_any_days() -> None:
    (one,) = spans("span", date(2026, 1, 15), date(2026, 4, 2), date(2026, 8, 31))
    assert (one.label, one.before, one.close) == ("2026-01-15/2026-04-02", date(2026, 1, 14), date(2026, 4, 1))


def test_weeks_may_begin_on_any_weekday() -> None:
    found = spans("week", date(2026, 3, 1), date(2026, 3, 16), date(2026, 8, 31), week_starts="sunday")
    assert [one.label for one in found] == ["2026-03-01", "2026-03-08", "2026-03-15"]


def test_an_unknown_grain_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown grain"):
        spans("fortnight", date(2026, 3, 1), date(2026, 3, 16), date(2026, 8, 31))
