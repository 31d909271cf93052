"""The sample's open days are those of the portal's calendar, so that its rhythm reads as working and non-working days."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from csm_portal.portal.sample.policy import INDUSTRIES, MARKETS
from csm_portal.portal.sample.rhythm import pulse, quiet_spans
from csm_portal.portal.sample.window import Window, add_months, iso, offsets
from health.calendars import is_working_day

WINDOW = Window.ending(date(2026, 10, 31), 18)


@pytest.mark.parametrize("country", sorted({market.country for market in MARKETS}))
@pytest.mark.parametrize("work_week", ["5", "6", "alternating"])
def test_people_work_on_the_calendars_working_days(country: str, work_week: str) -> None:
    values = pulse(country, work_week, WINDOW.first, WINDOW.last)
    days = [date.fromordinal(day) for day in range(WINDOW.first, WINDOW.last + 1)]
    assert [value > 0.1 for value in values] == [is_working_day(day, country, work_week) for day in days]


def test_shops_open_every_day_with_fewer_people_on_holidays() -> None:
    values = pulse("CN", "7", WINDOW.first, WINDOW.last)
    assert values.min() > 0.4
    assert values[date(2025, 10, 1).toordinal() - WINDOW.first] < values[date(2025, 9, 24).toordinal() - WINDOW.first]


def test_quiet_seasons_begin_inside_the_window_and_are_half_open() -> None:
    for industry in INDUSTRIES:
        spans = quiet_spans(industry, "DE", WINDOW, np.random.default_rng(1))
        assert bool(spans) == bool(industry.shutdown)
        assert all(WINDOW.first <= start <= WINDOW.last and start < end for start, end, _ in spans)


def test_a_window_counts_whole_months_back_from_its_last_day() -> None:
    assert (iso(WINDOW.first), iso(WINDOW.last)) == ("2025-05-01", "2026-10-31")
    assert iso(Window.ending(date(2026, 2, 10), 2).first) == "2026-01-01"
    assert iso(add_months(date(2025, 10, 31).toordinal(), 4)) == "2026-02-28"
    assert iso(add_months(date(2024, 2, 29).toordinal(), -12)) == "2023-02-28"


def test_clocks_change_with_the_season_where_they_do() -> None:
    berlin = offsets("Europe/Berlin", date(2026, 3, 28).toordinal(), date(2026, 3, 29).toordinal())
    assert berlin.tolist() == [60, 120]
    assert set(offsets("Asia/Shanghai", WINDOW.first, WINDOW.last).tolist()) == {480}
