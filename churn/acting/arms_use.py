# ruff: noqa: S608 - composed of constants and of names of this module
"""Rules of the day's list about use: drops, levels, seats, scenarios, and growth. Statements over `stage_sql`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from churn.acting import policy
from churn.acting.stage_sql import SCORES_OF, filled

USAGE_DROP = f"""
SELECT DISTINCT ON (d.account_id) d.account_id, d.day::text AS signal,
       jsonb_build_object('day', d.day, 'z', d.z, 'days', d.facts -> 'days', 'unit', d.facts -> 'unit') AS facts, true AS opens
FROM asked, churn_dropalarm d JOIN state s ON s.account_id = d.account_id AND s.paying
WHERE d.day > asked.as_of - {policy.DROP_DAYS} AND d.day <= asked.as_of
ORDER BY d.account_id, d.day DESC
"""

# The level of the last open day against the median of the open days before it (the even middle takes the lower one). New where it fell to
# zero or by two levels at once, else where it is below for the second open day in a row: every fifth account has one lower day. It stays
# until a day is as usual.
LEVEL_DAYS = f"""
open_day AS (
    SELECT d.account_id, d.day, d.level, row_number() OVER (PARTITION BY d.account_id ORDER BY d.day DESC) AS back
    FROM asked, state s
    JOIN health_accountday d ON d.account_id = s.account_id
    JOIN health_publishedslice p ON p.grain = 'day' AND p.starts_on = d.day AND p.run_id = d.run_id
    WHERE s.paying AND NOT s.quiet AND d.working AND d.level >= 0
      AND d.day > %(as_of)s::date - {policy.LEVEL_DAYS} AND d.day <= %(as_of)s::date
),
usual AS (
    SELECT account_id, max(day) FILTER (WHERE back = 1) AS day, max(level) FILTER (WHERE back = 1) AS now,
           max(level) FILTER (WHERE back = 2) AS before, max(level) FILTER (WHERE back = 3) AS earlier,
           count(*) FILTER (WHERE back > 1) AS days,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY level) FILTER (WHERE back > 1) AS usual
    FROM open_day GROUP BY account_id
)
"""
LEVEL_FELL = f"""
SELECT u.account_id, u.day::text AS signal,
       jsonb_build_object('from', u.usual, 'to', u.now, 'day', u.day, 'usual_days', u.days) AS facts,
       CASE WHEN u.before >= u.usual THEN u.now = 0 OR u.now <= u.usual - 2 ELSE u.earlier >= u.usual END AS opens
FROM asked, usual u
WHERE u.days >= {policy.MIN_LEVEL_DAYS} AND u.now < u.usual AND u.day > asked.as_of - {policy.NEWS_DAYS}
"""

# Distinct seats with a key action in four weeks, as the facet counted them, now and four weeks ago.
SEATS_LOST = f"""
SELECT s.account_id, '' AS signal,
       jsonb_build_object('before', n.before, 'now', s.key_seats, 'lost', n.before - s.key_seats,
                          'share', round((n.before - s.key_seats) / n.before, 4), 'then_on', h.day) AS facts, true AS opens
FROM health_healthscore h JOIN state s ON s.account_id = h.account_id AND s.paying AND NOT s.quiet
CROSS JOIN LATERAL (SELECT (h.facets #>> '{{adoption,evidence,key_seats}}')::numeric AS before OFFSET 0) AS n
WHERE {SCORES_OF.format(h="h", day=f"%(as_of)s::date - {policy.SEAT_DAYS}")}
  AND n.before - s.key_seats >= {policy.SEATS_LEAST} AND n.before - s.key_seats >= n.before * {policy.SEATS_LOST_SHARE}
"""

# As `health.value.scenario_reads.next_step` decides, over the running month from its middle on, before that over the month before.
# A step that a colleague took on it a while ago is given its time.
SCENARIO_GAP = f"""
SELECT DISTINCT ON (c.account_id) c.account_id, concat(c.starts_on, ' ', c.scenario) AS signal,
       jsonb_build_object('scenario', c.scenario, 'step', CASE WHEN c.days > 0 THEN 'push' ELSE 'explore' END, 'days', c.days,
                          'expected_days', c.expected_days, 'share', c.seat_share, 'expected_share', c.expected_seat_share,
                          'month', c.starts_on, 'scenarios', count(*) OVER (PARTITION BY c.account_id)) AS facts, true AS opens
FROM asked
CROSS JOIN LATERAL (
    SELECT CASE WHEN extract(day FROM asked.as_of) >= {policy.SCENARIO_FROM_DAY} THEN date_trunc('month', asked.as_of)
                ELSE date_trunc('month', asked.as_of) - interval '1 month' END::date AS month) AS judged
CROSS JOIN LATERAL (
    SELECT (judged.month + interval '1 month')::date - judged.month AS length,
           least(asked.as_of, (judged.month + interval '1 month - 1 day')::date) - judged.month + 1 AS gone) AS days
JOIN health_publishedslice p ON p.grain = 'month' AND p.starts_on = judged.month
JOIN health_scenarioperiod c ON c.run_id = p.run_id AND c.grain = 'month' AND c.starts_on = p.starts_on
JOIN state s ON s.account_id = c.account_id AND s.paying AND NOT s.quiet
WHERE c.met IS NOT TRUE
  AND ((c.expected_days IS NOT NULL AND c.days < c.expected_days * days.gone / days.length)
       OR (c.expected_seat_share IS NOT NULL AND c.seat_share < c.expected_seat_share * days.gone / days.length))
  AND NOT EXISTS (SELECT FROM health_scenariostep t WHERE t.account_id = c.account_id AND t.scenario = c.scenario
                  AND t.withdrawn_at IS NULL AND t.taken_on > asked.as_of - {policy.SCENARIO_STEP_DAYS})
ORDER BY c.account_id, c.expected_days - c.days DESC NULLS LAST, c.scenario
"""

SEATS_FULL = f"""
SELECT s.account_id, s.seats_purchased::text AS signal,
       jsonb_build_object('used', s.seats_active, 'purchased', s.seats_purchased,
                          'share', round(s.seats_active::numeric / s.seats_purchased, 4)) AS facts, true AS opens
FROM state s WHERE s.paying AND s.seats_purchased > 0 AND s.seats_active >= s.seats_purchased * {policy.FULL_SHARE}
"""

SUSTAINED_HIGH = f"""
SELECT s.account_id, to_char(asked.as_of, 'YYYY-"Q"Q') AS signal,
       jsonb_build_object('high', s.high_days, 'days', s.open_days) AS facts, true AS opens
FROM asked, state s
WHERE s.paying AND s.open_days >= {policy.MIN_HIGH_DAYS} AND s.high_days >= s.open_days * {policy.HIGH_SHARE}
"""

STAR_CROSSED = f"""
SELECT s.account_id, s.north_star_crossed_on::text AS signal,
       jsonb_build_object('crossed_on', s.north_star_crossed_on, 'reached', s.north_star) AS facts, true AS opens
FROM asked, state s
WHERE s.paying AND s.north_star_crossed_on > asked.as_of - {policy.CROSSED_DAYS} AND s.north_star_crossed_on <= asked.as_of
"""

ARMS: Final[Mapping[str, str]] = {
    "usage_drop": filled("usage_drop", USAGE_DROP),
    "level_fell": filled("level_fell", LEVEL_FELL, LEVEL_DAYS),
    "seats_lost": filled("seats_lost", SEATS_LOST),
    "scenario_gap": filled("scenario_gap", SCENARIO_GAP),
    "seats_full": filled("seats_full", SEATS_FULL),
    "sustained_high": filled("sustained_high", SUSTAINED_HIGH),
    "star_crossed": filled("star_crossed", STAR_CROSSED),
}
