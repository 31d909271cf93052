"""Grades account-days, set by set: counts, base, paying, level and flags of every account on the days asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from health.counted_seats import stage_seats
from health.rollup.run import statement
from health.rulesets import PROFILE_OF_DAY, stage_rulesets
from health.scope import EVERYBODY, Scope
from health.types import DayFlag, Level
from health.working_time import stage_working_days

# Contracts of the days, added up per account: purchased seats (null: none told), whether any pays.
STAGE_TERMS = """
DROP TABLE IF EXISTS pg_temp.graded_term;
CREATE TEMP TABLE graded_term ON COMMIT DROP AS
SELECT c.account_id, b.day, sum(c.seats)::integer AS purchased, sum(c.mrr) > 0 AS paying
FROM accounts_contract c JOIN built_day b ON c.starts_on <= b.day AND (c.ends_on IS NULL OR c.ends_on > b.day)
WHERE true /* only c.account_id */
GROUP BY c.account_id, b.day;
"""
# One row per account-day to grade: a contract runs, or something happened.
STAGE_DAYS = f"""
DROP TABLE IF EXISTS pg_temp.graded_day;
CREATE TEMP TABLE graded_day ON COMMIT DROP AS
SELECT p.account_id, p.day, r.id AS ruleset, r.exclusion, r.version, r.profile,
       r.purchased_base OR l.payer_id IS NULL AS every_seat, l.payer_id IS NOT NULL AS seats_loaded
FROM (
    SELECT a.id AS account_id, b.day, b.version, b.north_star, {PROFILE_OF_DAY} AS profile
    FROM (
        SELECT account_id, day FROM graded_term
        UNION
        SELECT DISTINCT account_id, day FROM seat_day WHERE day BETWEEN %(first)s AND %(last)s /* only account_id */
    ) found
    JOIN built_day b ON b.day = found.day
    JOIN accounts_account a ON a.id = found.account_id
) p
JOIN ruleset r ON r.version = p.version AND r.profile = p.profile AND r.north_star = p.north_star
LEFT JOIN (SELECT DISTINCT payer_id FROM graded_seat) l ON l.payer_id = p.account_id;
"""  # noqa: S608 - only constants enter
# Activated seats per account-day: those there on the first day, and what every later day adds or takes.
STAGE_ACTIVATED = """
DROP TABLE IF EXISTS pg_temp.graded_activated;
CREATE TEMP TABLE graded_activated ON COMMIT DROP AS
WITH exclusions AS (
    SELECT DISTINCT exclusion FROM ruleset
), counted AS (
    SELECT e.exclusion, s.payer_id, greatest(s.first, %(first)s::date) AS first, s.after
    FROM graded_seat s CROSS JOIN exclusions e
    WHERE s.first <= %(last)s AND s.after > %(first)s AND s.first < s.after
      AND NOT EXISTS (SELECT FROM excluded_seat o WHERE o.exclusion = e.exclusion AND o.seat_id = s.seat_id)
), change AS (
    SELECT exclusion, payer_id, day, sum(delta) AS delta
    FROM (
        SELECT exclusion, payer_id, first AS day, 1 AS delta FROM counted
        UNION ALL
        SELECT exclusion, payer_id, after, -1 FROM counted WHERE after <= %(last)s
    ) steps
    GROUP BY exclusion, payer_id, day
)
SELECT exclusion, payer_id, day AS first,
       coalesce(lead(day) OVER each_account, 'infinity'::date) AS after, (sum(delta) OVER each_account)::integer AS activated
FROM change
WINDOW each_account AS (PARTITION BY exclusion, payer_id ORDER BY day);
"""
# The committed SELECT's tables, under the names it knows.
VIEWS = """
CREATE TEMP VIEW counts_seat_day AS
    SELECT account_id, day, seat_id, events, key_actions, logged_in, distinct_seats, north_star
    FROM {seat_days} WHERE day BETWEEN '{first}' AND '{last}';
CREATE TEMP VIEW counts_seat AS SELECT seat_id, first, after FROM graded_seat WHERE first < after;
CREATE TEMP VIEW counts_base AS SELECT account_id, day, every_seat FROM {pairs};
"""
DROP_VIEWS = "DROP VIEW counts_seat_day, counts_seat, counts_base"
FORGET = "DELETE FROM health_accountday WHERE run_id = %s AND day = ANY (%s) /* only account_id */"

# The table of levels (domain section 1) in exact numbers: a <= n x share x multiple, cross-multiplied. `base`: a query of the facts of
# each account-day, with the id of its rule set.
GRADED = f"""
SELECT account_id, day,
       CASE WHEN held_down THEN {Level.LOW} ELSE level END AS level,
       CASE WHEN seats = 0 AND a > 0 THEN {DayFlag.ACTIVITY_WITHOUT_SEATS:d} ELSE 0 END
       | CASE WHEN level = {Level.MEDIUM} AND busy AND names_a_seat THEN {DayFlag.CONCENTRATED_USE:d} ELSE 0 END
       | CASE WHEN level = {Level.MEDIUM} AND busy AND NOT names_a_seat THEN {DayFlag.LOGIN_SHARE_UNKNOWN:d} ELSE 0 END
       | CASE WHEN held_down THEN {DayFlag.BELOW_MIN_ACTIVATION:d} ELSE 0 END
       | CASE WHEN default_calendar THEN {DayFlag.DEFAULT_CALENDAR:d} ELSE 0 END AS flags,
       a AS key_actions, active_seats, key_seats, seats, activated, purchased, events, north_star, paying,
       level <> {Level.UNKNOWN} AND CASE WHEN held_down THEN {Level.LOW} ELSE level END >= active_from AS active,
       working, version, profile
FROM (
    SELECT graded.*, below_rate AND level IN ({Level.MEDIUM}, {Level.HIGH}) AS held_down
    FROM (
        SELECT facts.*,
               CASE
                   WHEN seats = 0 OR NOT paying THEN {Level.UNKNOWN}
                   WHEN a = 0 THEN {Level.ZERO}
                   WHEN NOT above_low THEN {Level.LOW}
                   WHEN busy AND names_a_seat AND broad THEN {Level.HIGH}
                   ELSE {Level.MEDIUM}
               END AS level
        FROM (
            SELECT base.*, r.active_from,
                   a * r.low_den > seats * r.low_num AS above_low,
                   a * r.high_den > seats * r.high_num AS busy,
                   active_seats * r.login_den >= seats * r.login_num AS broad,
                   -- Without loaded seats, or without purchased ones, the activation rate is unknown and holds nothing down.
                   r.rate_num > 0 AND seats_loaded AND purchased > 0 AND activated * r.rate_den < purchased * r.rate_num AS below_rate
            FROM ({{base}}) base
            JOIN ruleset r ON r.id = base.ruleset
        ) facts
        OFFSET 0 -- a fence: otherwise the level's exact arithmetic is done anew wherever the level is named
    ) graded
) held
"""  # noqa: S608 - only constants enter
BASE = """
                SELECT d.account_id, d.day, d.ruleset, d.version, d.profile,
                       CASE WHEN d.every_seat THEN coalesce(t.purchased, 0) ELSE coalesce(n.activated, 0) END AS seats,
                       coalesce(n.activated, 0) AS activated, coalesce(t.purchased, 0) AS purchased, coalesce(t.paying, false) AS paying,
                       d.seats_loaded,
                       coalesce(k.key_actions, 0) AS a, coalesce(k.active_seats, 0) AS active_seats, coalesce(k.key_seats, 0) AS key_seats,
                       coalesce(k.events, 0) AS events, coalesce(k.north_star, 0) AS north_star,
                       coalesce(k.names_a_seat, false) AS names_a_seat,
                       w.day IS NOT NULL AND q.account_id IS NULL AS working, c.default_calendar
                FROM graded_day d
                JOIN account_calendar c ON c.account_id = d.account_id
                LEFT JOIN graded_term t ON t.account_id = d.account_id AND t.day = d.day
                LEFT JOIN graded_activated n
                    ON n.payer_id = d.account_id AND n.exclusion = d.exclusion AND n.first <= d.day AND n.after > d.day
                LEFT JOIN graded_counts k ON k.account_id = d.account_id AND k.day = d.day
                LEFT JOIN working_day w ON w.calendar = c.calendar AND w.day = d.day
                LEFT JOIN quiet_day q ON q.account_id = d.account_id AND q.day = d.day
"""
GRADE = f"""
INSERT INTO health_accountday (
    run_id, account_id, day, level, flags, key_actions, active_seats, key_seats, seats, activated, purchased, events, north_star,
    paying, active, working, version, profile)
SELECT %(run_id)s, graded_days.* FROM ({GRADED.format(base=BASE)}) graded_days
"""  # noqa: S608 - only constants enter


def build_account_days(run_id: int, days: Sequence[date], scope: Scope = EVERYBODY) -> int:
    """Replace the run's rows of every account in scope on these days, month by month; returns rows written.

    A row exists where a contract runs or something happened; days before the first activity definition have none. Repeating it changes
    nothing. docs/methods/activity.md has the formulas.
    """
    months = groupby(sorted(set(days)), key=lambda day: (day.year, day.month))
    return sum(_build_month(run_id, list(chunk), scope) for _, chunk in months)


@transaction.atomic
def _build_month(run_id: int, days: list[date], scope: Scope) -> int:
    stage_rulesets(days, scope=scope)
    stage_working_days(days[0], days[-1], scope=scope)
    stage_seats(scope)
    span: dict[str, Any] = {"first": days[0], "last": days[-1], "run_id": run_id}
    with connection.cursor() as cursor:
        cursor.execute(scope.apply(STAGE_TERMS))
        cursor.execute("ANALYZE graded_term")
        cursor.execute(STAGE_ACTIVATED, span)
        cursor.execute(scope.apply(STAGE_DAYS), span)
        cursor.execute("ANALYZE graded_activated; ANALYZE graded_day")
        stage_counts(cursor, "seat_day", "graded_day", days[0], days[-1])
        cursor.execute("ANALYZE graded_counts")
        cursor.execute(scope.apply(FORGET), [run_id, days])
        cursor.execute(GRADE, span)
        return int(cursor.rowcount)


def stage_counts(cursor: Any, seat_days: str, pairs: str, first: date, last: date) -> None:
    """Make `graded_counts`: sums of the seat days of the named table for the account-days of another, in `[first, last]`."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.graded_counts")
    cursor.execute(VIEWS.format(seat_days=seat_days, pairs=pairs, first=first.isoformat(), last=last.isoformat()))
    cursor.execute(f"CREATE TEMP TABLE graded_counts ON COMMIT DROP AS {statement('account_counts')}")
    # The views go before the tables they read.
    cursor.execute(DROP_VIEWS)
