"""How each account used each scenario in a month, against what is expected. A step of `build_periods`: it reads what that has staged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import connection

from health.counted_seats import stage_seats

FORGET = "DELETE FROM health_scenarioperiod WHERE run_id = %s AND starts_on = ANY (%s)"
# Expectations are those of the rules at the cut; what was done is read by the rules of each day, and matched by the scenario's name.
# Expected personas narrow the share of seats on both sides; days count whoever did it.
INSERT = """
INSERT INTO health_scenarioperiod (
    run_id, grain, starts_on, account_id, scenario, days, expected_days, seats, seat_share, expected_seat_share, met, version)
WITH expected AS (
    SELECT c.starts_on, c.account_id, c.cut, c.version, r.exclusion, e.*
    FROM period_cut c
    JOIN ruleset r ON r.version = c.version AND r.profile = c.profile AND r.north_star = c.north_star
    JOIN scenario e ON e.ruleset = r.id
), done AS (
    SELECT x.starts_on, s.account_id, k.name, s.day, s.seat_id
    FROM day_run x
    JOIN seat_day s ON s.day = x.day AND s.scenarios <> 0
    JOIN health_accountday d ON d.account_id = s.account_id AND d.day = s.day AND d.run_id = x.run_id
    JOIN built_day b ON b.day = s.day
    JOIN ruleset r ON r.version = s.version AND r.profile = d.profile AND r.north_star = b.north_star
    JOIN scenario k ON k.ruleset = r.id AND (s.scenarios >> k.place) & 1 = 1
    WHERE s.day BETWEEN %(first)s AND %(last)s
), used AS (
    SELECT e.starts_on, e.account_id, e.name, count(DISTINCT d.day)::integer AS days,
           (count(DISTINCT g.seat_id) FILTER (WHERE cardinality(e.personas) = 0 OR g.persona = ANY (e.personas)))::integer AS seats
    FROM expected e
    JOIN done d ON d.starts_on = e.starts_on AND d.account_id = e.account_id AND d.name = e.name
    LEFT JOIN graded_seat g ON g.seat_id = d.seat_id AND g.first <= d.day AND g.after > d.day
    GROUP BY e.starts_on, e.account_id, e.name
), persona_base AS (
    SELECT e.starts_on, e.account_id, e.name, count(*)::integer AS seats
    FROM expected e
    JOIN graded_seat g ON g.payer_id = e.account_id AND g.first <= e.cut AND g.after > e.cut AND g.persona = ANY (e.personas)
    WHERE NOT EXISTS (SELECT FROM excluded_seat o WHERE o.exclusion = e.exclusion AND o.seat_id = g.seat_id)
    GROUP BY e.starts_on, e.account_id, e.name
), compared AS (
    SELECT e.*, coalesce(u.days, 0) AS days, coalesce(u.seats, 0) AS seats,
           coalesce(CASE WHEN cardinality(e.personas) = 0 THEN n.seats ELSE p.seats END, 0) AS base
    FROM expected e
    LEFT JOIN used u ON u.starts_on = e.starts_on AND u.account_id = e.account_id AND u.name = e.name
    LEFT JOIN persona_base p ON p.starts_on = e.starts_on AND p.account_id = e.account_id AND p.name = e.name
    LEFT JOIN day_run x ON x.starts_on = e.starts_on AND x.day = e.cut
    LEFT JOIN health_accountday n ON n.account_id = e.account_id AND n.day = e.cut AND n.run_id = x.run_id
), judged AS (
    SELECT compared.*, expected_days IS NULL OR days >= expected_days AS enough_days,
           CASE WHEN share_num IS NULL THEN true WHEN base > 0 THEN seats * share_den >= base * share_num END AS enough_seats
    FROM compared
)
SELECT %(run_id)s, 'month', starts_on, account_id, name, days, expected_days, seats,
       CASE WHEN base > 0 THEN round(seats::numeric / base, 6) END, round(share_num / share_den, 6),
       CASE WHEN expected_days IS NOT NULL OR share_num IS NOT NULL THEN enough_days AND enough_seats END, version
FROM judged
"""


def build_scenarios(run_id: int, starts: Sequence[date]) -> int:
    """Replace the run's scenario rows of the months staged; returns rows written.

    `met` is null where nothing is expected, or where a share of seats is and there are no seats.
    """
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [run_id, list(starts)])
        cursor.execute("SELECT EXISTS (SELECT FROM scenario)")
        if not cursor.fetchone()[0]:
            return 0
        stage_seats()
        cursor.execute("SELECT min(day), max(day) FROM day_run")
        first, last = cursor.fetchone()
        cursor.execute(INSERT, {"run_id": run_id, "first": first, "last": last})
        return int(cursor.rowcount)
