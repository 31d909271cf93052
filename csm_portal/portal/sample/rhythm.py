"""When a business is open: public holidays, China's make-up days, work weeks and yearly quiet seasons."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final

import holidays
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from csm_portal.portal.sample.policy import Industry
from csm_portal.portal.sample.window import Window

WEEKDAY_PULSE: Final = np.array([1.08, 1.04, 1.0, 1.02, 0.90, 0.80, 0.72])
CLOSED_PULSE: Final = 0.03  # somebody always works on a Sunday
HOLIDAY_PULSE_OPEN_ALL_WEEK: Final = 0.75  # shops open on holidays, with fewer at the desk


@lru_cache(maxsize=256)
def pulse(country: str, work_week: str, first: int, last: int) -> NDArray[np.float64]:
    """Relative chance that a person works, for each day in [first, last]: about 1 on a working day, near 0 on a day off."""
    years = range(date.fromordinal(first).year, date.fromordinal(last).year + 1)
    calendar = holidays.country_holidays(country, years=years)
    swapped = calendar.weekend_workdays
    values = np.empty(last - first + 1)
    for at, ordinal in enumerate(range(first, last + 1)):
        day = date.fromordinal(ordinal)
        value = float(WEEKDAY_PULSE[day.weekday()])
        if work_week == "7":
            value *= HOLIDAY_PULSE_OPEN_ALL_WEEK if day in calendar else 1.0
        elif day in calendar or not (works_on(day, work_week) or day in swapped):
            value = CLOSED_PULSE
        values[at] = value
    values.setflags(write=False)
    return values


def works_on(day: date, work_week: str) -> bool:
    """Whether a week of that kind works on this weekday, holidays aside. `alternating` opens on every second Saturday."""
    if day.weekday() < 5:
        return True
    if day.weekday() == 5:
        return work_week in ("6", "7") or (work_week == "alternating" and (day.toordinal() - 5) // 7 % 2 == 0)
    return work_week == "7"


def quiet_spans(industry: Industry, country: str, window: Window, rng: Generator) -> list[tuple[int, int, str]]:
    """Yearly shutdowns `[from, to)` of a trade that begin inside the window, with a reason."""
    spans: list[tuple[int, int, str]] = []
    shift, length = int(rng.integers(0, 10)), int(rng.integers(10, 18))
    for year in range(date.fromordinal(window.first).year, date.fromordinal(window.last).year + 1):
        if industry.shutdown == "summer":
            start = date(year, 8, 1).toordinal() + shift
            spans.append((start, start + length, "yearly summer shutdown"))
        elif industry.shutdown == "school":
            start = date(year, 7, 5).toordinal() + shift
            spans.append((start, start + 35 + length, "school holidays"))
        elif industry.shutdown == "new_year" and country != "CN":
            start = date(year, 12, 20).toordinal()
            spans.append((start, start + 14, "closed between the years"))
    return [span for span in spans if window.first <= span[0] <= window.last]
