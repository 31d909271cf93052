"""Stages the working days of every account for the set-based steps: one calendar per country and work week, and quiet days."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection

from accounts.calendar_rules import CalendarRules
from accounts.models import Account
from csm_portal.lib.periods import days_in
from health.calendars import calendar_country, country_year, is_known, is_working_day
from health.scope import EVERYBODY, Scope
from health.versions import calendar_on

# `account_calendar`: which calendar an account follows, and whether it is the default one for want of a known country.
DDL = """
DROP TABLE IF EXISTS pg_temp.calendar_key, pg_temp.working_day, pg_temp.unpublished_year, pg_temp.account_calendar, pg_temp.quiet_day;
CREATE TEMP TABLE calendar_key (
    calendar integer PRIMARY KEY, country text NOT NULL, work_week text NOT NULL, default_calendar boolean NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE unpublished_year (calendar integer NOT NULL, year integer NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE working_day (calendar integer NOT NULL, day date NOT NULL, PRIMARY KEY (calendar, day)) ON COMMIT DROP;
"""
STAGE = """
CREATE TEMP TABLE account_calendar ON COMMIT DROP AS
SELECT a.id AS account_id, k.calendar, k.default_calendar
FROM accounts_account a JOIN calendar_key k ON k.country = a.country AND k.work_week = a.work_week
WHERE true /* among a.id */;
CREATE TEMP TABLE quiet_day ON COMMIT DROP AS
SELECT DISTINCT q.account_id, day::date AS day
FROM accounts_quietperiod q,
     generate_series(greatest(q.starts_on, %(first)s::date), least(q.ends_on - 1, %(last)s::date), interval '1 day') AS day
WHERE true /* among q.account_id */;
ANALYZE account_calendar;
ANALYZE working_day;
ANALYZE quiet_day;
"""


def stage_working_days(first: date, last: date, calendar: CalendarRules | None = None, scope: Scope = EVERYBODY) -> None:
    """Make `account_calendar`, `working_day`, `unpublished_year` and `quiet_day` for `[first, last]`, both included.

    The calendar definition in force on the last day, or the one given, says which country stands in for an unknown one.
    """
    default = (calendar or calendar_on(last)).default_country
    after = last + timedelta(days=1)
    pairs = list(Account.objects.order_by("country", "work_week").values_list("country", "work_week").distinct())
    keys = [(place, country, week, not is_known(country)) for place, (country, week) in enumerate(pairs)]
    unpublished = [
        (place, year)
        for place, country, *_ in keys
        for year in range(first.year, last.year + 1)
        if country_year(calendar_country(country, default), year).provisional
    ]
    worked = [
        (place, day)
        for place, country, week, *_ in keys
        for day in days_in(first, after)
        if is_working_day(day, calendar_country(country, default), week)
    ]
    with connection.cursor() as cursor:
        cursor.execute(DDL)
        cursor.executemany("INSERT INTO calendar_key VALUES (%s, %s, %s, %s)", keys)
        cursor.executemany("INSERT INTO unpublished_year VALUES (%s, %s)", unpublished)
        cursor.execute(
            "INSERT INTO working_day SELECT * FROM unnest(%s::integer[], %s::date[])",
            [[place for place, _ in worked], [day for _, day in worked]],
        )
        cursor.execute(scope.apply(STAGE), {"first": first, "last": last})
