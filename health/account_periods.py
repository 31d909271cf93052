"""Weekly and monthly active, per account, with the cuts as they stand at the period's end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import connection, transaction

from csm_portal.lib.periods import period_of
from health.built import built
from health.rulesets import PROFILE_OF_DAY, stage_rulesets
from health.scope import EVERYBODY, Scope
from health.types import Grain, Level
from health.value.scenarios import build_scenarios
from health.versions import calendar_on
from health.working_time import stage_working_days

DDL = """
DROP TABLE IF EXISTS pg_temp.built_period, pg_temp.day_run, pg_temp.period_count, pg_temp.period_work, pg_temp.period_cut;
CREATE TEMP TABLE built_period (starts_on date PRIMARY KEY, ends_on date NOT NULL, cut date NOT NULL) ON COMMIT DROP;
"""
# Whose rows hold for a day: this run's where it built the day, else the published run's.
STAGE_RUNS = f"""
CREATE TEMP TABLE day_run ON COMMIT DROP AS
SELECT d.day, p.starts_on, CASE WHEN EXISTS (SELECT FROM health_accountday o WHERE o.day = d.day AND o.run_id = %(run_id)s)
        OR {built(Grain.DAY, "d.day", "run_id")}
    THEN %(run_id)s ELSE s.run_id END AS run_id
FROM built_period p
CROSS JOIN LATERAL (SELECT generate_series(p.starts_on, p.cut, interval '1 day')::date AS day) d
LEFT JOIN health_publishedslice s ON s.grain = 'day' AND s.starts_on = d.day;
"""  # noqa: S608 - only constants enter
# `days`: rows `d` of graded days with rows `r` that say in which period they lie.
STAGE_COUNTS = f"""
CREATE TEMP TABLE period_count ON COMMIT DROP AS
SELECT r.starts_on, d.account_id,
       count(*) FILTER (WHERE d.active)::integer AS active_days,
       count(*) FILTER (WHERE d.level <> {Level.UNKNOWN})::integer AS known_days,
       ARRAY[
           count(*) FILTER (WHERE d.level = {Level.ZERO})::integer, count(*) FILTER (WHERE d.level = {Level.LOW})::integer,
           count(*) FILTER (WHERE d.level = {Level.MEDIUM})::integer, count(*) FILTER (WHERE d.level = {Level.HIGH})::integer,
           count(*) FILTER (WHERE d.level = {Level.UNKNOWN})::integer
       ] AS levels
FROM {{days}}
GROUP BY r.starts_on, d.account_id;
"""  # noqa: S608 - only constants enter
PUBLISHED_DAYS = "day_run r JOIN health_accountday d ON d.day = r.day AND d.run_id = r.run_id WHERE true /* only d.account_id */"
# Working days of the whole period and those still to come, less the account's quiet ones.
STAGE_WORK = """
CREATE TEMP TABLE period_work ON COMMIT DROP AS
WITH calendar AS (
    SELECT p.starts_on, k.calendar, count(w.day)::integer AS days, (count(w.day) FILTER (WHERE w.day > p.cut))::integer AS days_left,
           EXISTS (
               SELECT FROM unpublished_year u
               WHERE u.calendar = k.calendar AND u.year BETWEEN extract(year FROM p.starts_on) AND extract(year FROM p.ends_on - 1)
           ) AS unpublished
    FROM built_period p
    CROSS JOIN calendar_key k
    LEFT JOIN working_day w ON w.calendar = k.calendar AND w.day >= p.starts_on AND w.day < p.ends_on
    GROUP BY p.starts_on, p.cut, p.ends_on, k.calendar
), quiet AS (
    SELECT p.starts_on, q.account_id, count(*)::integer AS days, (count(*) FILTER (WHERE q.day > p.cut))::integer AS days_left
    FROM quiet_day q
    JOIN account_calendar c ON c.account_id = q.account_id
    JOIN working_day w ON w.calendar = c.calendar AND w.day = q.day
    JOIN built_period p ON q.day >= p.starts_on AND q.day < p.ends_on
    GROUP BY p.starts_on, q.account_id
)
SELECT n.starts_on, n.account_id, k.days - coalesce(q.days, 0) AS working_days, k.days_left - coalesce(q.days_left, 0) AS working_days_left,
       k.unpublished
FROM period_count n
JOIN account_calendar c ON c.account_id = n.account_id
JOIN calendar k ON k.calendar = c.calendar AND k.starts_on = n.starts_on
LEFT JOIN quiet q ON q.account_id = n.account_id AND q.starts_on = n.starts_on;
"""
# Terms, owner and rules as they stand at the cut: the period's end, or the as-of day of a running one.
STAGE_CUT = f"""
CREATE TEMP TABLE period_cut ON COMMIT DROP AS
SELECT n.starts_on, n.account_id, p.ends_on, p.cut, coalesce(t.paying, false) AS paying,
       coalesce(f.first_paying_on BETWEEN p.starts_on AND p.cut, false) AS joined,
       coalesce(t.products, '{{}}') AS products, coalesce(nullif(t.plan, ''), a.plan) AS plan,
       CASE WHEN o.known THEN o.user_id ELSE a.owner_id END AS csm_id, b.version, b.north_star, {PROFILE_OF_DAY} AS profile
FROM period_count n
JOIN built_period p ON p.starts_on = n.starts_on
JOIN built_day b ON b.day = p.cut
JOIN accounts_account a ON a.id = n.account_id
LEFT JOIN (
    SELECT p.starts_on, c.account_id, sum(c.mrr) > 0 AS paying, array_agg(DISTINCT c.product ORDER BY c.product) AS products,
           (array_agg(c.plan ORDER BY c.mrr DESC, c.starts_on DESC, c.id DESC))[1] AS plan
    FROM built_period p JOIN accounts_contract c ON c.starts_on <= p.cut AND (c.ends_on IS NULL OR c.ends_on > p.cut)
    WHERE true /* among c.account_id */
    GROUP BY p.starts_on, c.account_id
) t ON t.account_id = n.account_id AND t.starts_on = n.starts_on
LEFT JOIN (
    SELECT account_id, min(starts_on) AS first_paying_on FROM accounts_contract WHERE mrr > 0 /* among account_id */ GROUP BY account_id
) f ON f.account_id = n.account_id
LEFT JOIN (
    SELECT p.starts_on, w.account_id, true AS known,
           min(w.user_id) FILTER (WHERE w.starts_on <= p.cut AND (w.ends_on IS NULL OR w.ends_on > p.cut)) AS user_id
    FROM built_period p CROSS JOIN accounts_ownership w
    WHERE w.role = 'owner' /* among w.account_id */
    GROUP BY p.starts_on, w.account_id
) o ON o.account_id = n.account_id AND o.starts_on = n.starts_on;
"""  # noqa: S608 - only constants enter
FORGET = "DELETE FROM health_accountperiod WHERE run_id = %s AND grain = %s AND starts_on = ANY (%s) /* only account_id */"
# Active days that a month needs, over its working days `w` and its rules `r`; null: undefined.
MONTH_BAR = """CASE
               WHEN r.share_num IS NULL THEN r.month_days
               WHEN w.working_days > 0 THEN div(w.working_days * r.share_num + r.share_den - 1, r.share_den)::integer
           END"""
INSERT = f"""
INSERT INTO health_accountperiod (
    run_id, grain, starts_on, ends_on, account_id, active_days, known_days, working_days, bar, active, paying, joined, provisional,
    can_reach, levels, csm_id, team_id, products, plan, tier, industry, region, size, stage, version)
SELECT %(run_id)s, %(grain)s, starts_on, ends_on, account_id, active_days, known_days, working_days, bar,
       CASE WHEN known_days > 0 THEN active_days >= bar END, paying, joined, cut < ends_on - 1 OR unpublished,
       coalesce(active_days + working_days_left >= bar, false),
       levels, csm_id, team_id, products, plan, tier, industry, region, size, lifecycle_stage, version
FROM (
    SELECT c.*, n.active_days, n.known_days, n.levels, w.working_days, w.working_days_left, w.unpublished,
           coalesce(u.team_id, a.team_id) AS team_id, a.tier, a.industry, a.region, a.size, a.lifecycle_stage,
           CASE WHEN %(grain)s = 'week' THEN r.week_days ELSE {MONTH_BAR} END AS bar
    FROM period_cut c
    JOIN period_count n ON n.account_id = c.account_id AND n.starts_on = c.starts_on
    JOIN period_work w ON w.account_id = c.account_id AND w.starts_on = c.starts_on
    JOIN ruleset r ON r.version = c.version AND r.profile = c.profile AND r.north_star = c.north_star
    JOIN accounts_account a ON a.id = c.account_id
    LEFT JOIN accounts_user u ON u.id = c.csm_id
) counted
"""  # noqa: S608 - only constants enter


def starts_touched(grain: str, days: Sequence[date], as_of: date) -> list[date]:
    """First days of the weeks or months that hold any of the days and have begun by `as_of`, ascending.

    Weeks begin on the weekday that the calendar definition of the as-of day names.
    """
    week_starts = calendar_on(as_of).week_starts
    starts = {period_of(grain, day, week_starts=week_starts).first for day in days}
    return sorted(start for start in starts if start <= as_of)


@transaction.atomic
def build_periods(run_id: int, grain: str, starts: Sequence[date], as_of: date, scope: Scope = EVERYBODY) -> int:
    """Replace the run's rows, of the accounts in scope, of the weeks or months that begin on `starts`; returns rows written.

    An account has a row where it has an account-day in the period. A period still running on `as_of` has the full period's bar, is cut
    at `as_of` and provisional. Rows of days come from this run where it built them, else from the published one. Months also get
    their scenarios.
    """
    week_starts = calendar_on(as_of).week_starts
    periods = [period_of(grain, start, week_starts=week_starts) for start in sorted(set(starts)) if start <= as_of]
    if not periods:
        return 0
    stage_rulesets([day for period in periods for day in period.days() if day <= as_of], scope=scope)
    stage_working_days(periods[0].first, periods[-1].last, scope=scope)
    with connection.cursor() as cursor:
        cursor.execute(DDL)
        rows = [(period.first, period.after, min(period.last, as_of)) for period in periods]
        cursor.executemany("INSERT INTO built_period VALUES (%s, %s, %s)", rows)
        cursor.execute("ANALYZE built_period")
        cursor.execute(STAGE_RUNS, {"run_id": run_id})
        cursor.execute("ANALYZE day_run")
        for stage in (STAGE_COUNTS.format(days=PUBLISHED_DAYS), STAGE_WORK, STAGE_CUT):
            cursor.execute(scope.apply(stage))
        cursor.execute("ANALYZE period_count; ANALYZE period_work; ANALYZE period_cut")
        cursor.execute(scope.apply(FORGET), [run_id, grain, [period.first for period in periods]])
        cursor.execute(INSERT, {"run_id": run_id, "grain": grain})
        written = cursor.rowcount
    if grain == Grain.MONTH:
        written += build_scenarios(run_id, [period.first for period in periods], scope)
    return int(written)
