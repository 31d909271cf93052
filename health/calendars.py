"""Working days by country, work week and quiet periods. Pure; holidays and make-up days come from the `holidays` package."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from accounts.types import WorkWeek
from csm_portal.lib.periods import days_in

FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
PLAIN_WEEKEND = frozenset({SATURDAY, SUNDAY})
# Where the weekend has no Sunday, the one day off of a six-day week is Friday, but for these.
SIX_DAY_REST = {"IL": SATURDAY}


@dataclass(frozen=True, slots=True)
class CountryYear:
    """One country's year: days off beside the weekend, worked weekend days, and whether its calendar is official yet."""

    holidays: frozenset[date]
    make_up_days: frozenset[date]
    weekend: frozenset[int]
    provisional: bool


@lru_cache(maxsize=1024)
def country_year(country: str, year: int) -> CountryYear:
    """Calendar of a country's year; an empty or unknown country has weekends and nothing else."""
    import holidays  # half a second; only the night and definitions need it

    if not is_known(country):
        return CountryYear(frozenset(), frozenset(), PLAIN_WEEKEND, provisional=False)
    # A year's decree may make days of the December before it workdays, so the next year is read as well.
    table = holidays.country_holidays(country, years=(year, year + 1), expand=False)
    return CountryYear(
        holidays=frozenset(day for day in table if day.year == year),
        make_up_days=frozenset(day for day in table.weekend_workdays if day.year == year),
        weekend=frozenset(table.weekend),
        provisional=_is_unpublished(table, year),
    )


def _is_unpublished(table: Any, year: int) -> bool:
    """Countries that move workdays by decree publish each year's calendar; past the last decree known it is a forecast."""
    decrees = getattr(table, "special_public_holidays", None) or {}
    return bool(getattr(table, "has_substituted_holidays", False)) and bool(decrees) and year > max(decrees)


@lru_cache(maxsize=512)
def is_known(country: str) -> bool:
    """Whether the country has a calendar."""
    import holidays

    return bool(country) and country in holidays.list_supported_countries()


def is_working_day(day: date, country: str, work_week: str) -> bool:
    """Whether the country works on the day under that work week: public holidays are off, make-up days are worked."""
    year = country_year(country, day.year)
    if day in year.make_up_days:
        return True
    if day in year.holidays:
        return False
    return day.weekday() not in _days_off(day, year.weekend, country, work_week)


def _days_off(day: date, weekend: frozenset[int], country: str, work_week: str) -> frozenset[int]:
    if work_week == WorkWeek.SEVEN:
        return frozenset()
    if work_week == WorkWeek.FIVE:
        return weekend
    rest = SUNDAY if SUNDAY in weekend else SIX_DAY_REST.get(country, FRIDAY)
    if work_week == WorkWeek.SIX:
        return frozenset({rest})
    return frozenset({rest}) if works_the_long_week(day) else weekend | {rest}


def works_the_long_week(day: date) -> bool:
    """Alternating weekends: the weeks whose Monday has an even number, counted in weeks from 0001-01-01, work six days."""
    monday = day - timedelta(days=day.weekday())
    return (monday.toordinal() // 7) % 2 == 0


def working_days(
    country: str, work_week: str, first: date, after: date, *, default_country: str = "", quiet: Iterable[tuple[date, date]] = ()
) -> frozenset[date]:
    """Working days of `[first, after)`; `quiet` are half-open periods on which the account is closed."""
    place = calendar_country(country, default_country)
    closed = list(quiet)
    return frozenset(
        day
        for day in days_in(first, after)
        if is_working_day(day, place, work_week) and not any(begin <= day < end for begin, end in closed)
    )


def calendar_country(country: str, default_country: str) -> str:
    """The country whose calendar applies: its own where known, else the default (the day is flagged then)."""
    return country if is_known(country) else default_country


def is_provisional(country: str, first: date, after: date, *, default_country: str = "") -> bool:
    """Whether a year inside `[first, after)` has no official calendar yet."""
    place = calendar_country(country, default_country)
    return any(country_year(place, year).provisional for year in range(first.year, (after - timedelta(days=1)).year + 1))
