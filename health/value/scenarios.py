"""How each account used each scenario in a month, against what is expected. A step of `build_periods`: it reads what that has staged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import connection

from health.counted_seats import stage_seats
from health.scope import EVERYBODY, Scope

FORGET = "DELETE FROM health_scenarioperiod WHERE run_id = %s AND starts_on = ANY (%s) /* only account_id */"
# Over a row `x` of health_scenarioperiod. Whom a scenario is expected of: its group in every cut.
IN_GROUP = "NOT (x.agreement_id IS NOT NULL AND x.expected_days IS NULL AND x.expected_seat_share IS NULL)"
# Who does it, for the scenario's own active rate: what is expected of them, or anything at all where nothing is.
DOES_IT = "CASE WHEN x.expected_days IS NULL AND x.expected_seat_share IS NULL THEN x.days > 0 ELSE x.met END"
# Expectations are those of the rules at the cut, or of the account's own agreement in force on it; what was done is read by the rules of
# each day, and matched by the scenario's name. Expected personas narrow the share of seats on both sides; days count whoever did it.
INSERT = """
INSERT INTO health_scenarioperiod (
    run_id, grain, starts_on, account_id, scenario, days, expected_days, seats, seat_share, expected_seat_share, met, can_reach,
    agreement_id, version)
WITH expected AS (
    SELECT c.starts_on, c.account_id, c.cut, c.version, r.exclusion, e.ruleset, e.place, e.name, e.personas, g.id AS agreement_id,
           nullif(coalesce(g.days_per_month, e.expected_days), 0) AS expected_days,
           nullif(coalesce(g.seat_share, e.share_num), 0) AS share_num,
           CASE WHEN g.seat_share IS NULL THEN e.share_den ELSE 1 END AS share_den
    FROM period_cut c
    JOIN ruleset r ON r.version = c.version AND r.profile = c.profile AND r.north_star = c.north_star
    JOIN scenario e ON e.ruleset = r.id
    LEFT JOIN LATERAL (
        SELECT o.id, o.days_per_month, o.seat_share FROM health_scenarioagreement o
        WHERE o.account_id = c.account_id AND o.scenario = e.name AND o.starts_on <= c.cut
        ORDER BY o.starts_on DESC LIMIT 1
    ) g ON true
), done AS (
    SELECT x.starts_on, s.account_id, k.name, s.day, s.seat_id
    FROM day_run x
    JOIN seat_day s ON s.day = x.day AND s.scenarios <> 0
    JOIN health_accountday d ON d.account_id = s.account_id AND d.day = s.day AND d.run_id = x.run_id
    JOIN built_day b ON b.day = s.day
    JOIN ruleset r ON r.version = s.version AND r.profile = d.profile AND r.north_star = b.north_star
    JOIN scenario k ON k.ruleset = r.id AND (s.scenarios >> k.place) & 1 = 1
    WHERE s.day BETWEEN %(first)s AND %(last)s /* among s.account_id */
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
    SELECT e.*, coalesce(u.days, 0) AS days, coalesce(u.seats, 0) AS seats, w.working_days_left AS days_left,
           coalesce(CASE WHEN cardinality(e.personas) = 0 THEN n.seats ELSE p.seats END, 0) AS base
    FROM expected e
    JOIN period_work w ON w.starts_on = e.starts_on AND w.account_id = e.account_id
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
       CASE WHEN expected_days IS NOT NULL OR share_num IS NOT NULL THEN enough_days AND enough_seats END,
       CASE
           WHEN expected_days IS NULL AND share_num IS NULL THEN days > 0 OR days_left > 0
           ELSE days + days_left >= coalesce(expected_days, 0) AND coalesce(enough_seats OR (base > 0 AND days_left > 0), false)
       END, agreement_id, version
FROM judged
"""


def build_scenarios(run_id: int, starts: Sequence[date], scope: Scope = EVERYBODY) -> int:
    """Replace the run's scenario rows of the months and accounts staged; returns rows written.

    `met` is null where nothing is expected, or where a share of seats is and there are no seats. An account's agreement replaces what it
    names of the definition's expectation; 0 expects nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(scope.apply(FORGET), [run_id, list(starts)])
        cursor.execute("SELECT EXISTS (SELECT FROM scenario)")
        if not cursor.fetchone()[0]:
            return 0
        stage_seats(scope)
        cursor.execute("SELECT min(day), max(day) FROM day_run")
        first, last = cursor.fetchone()
        cursor.execute(scope.apply(INSERT), {"run_id": run_id, "first": first, "last": last})
        return int(cursor.rowcount)
