# ruff: noqa: S608 - statements are composed of our own text
"""Statements that measure the proofs of desired outcomes, day by day. All tables are temporary and end with the transaction.

Parameters: run (id), as_of, zone (where an account names none), and those each statement names. A store's events count for the brand
it belongs to, and for itself.
"""

from __future__ import annotations

from typing import Final

from health.built import built
from health.types import Grain

# One row per outcome in force: measured from the day on which it was first written down.
WANTED = """
DROP TABLE IF EXISTS pg_temp.proof_wanted, pg_temp.proof_goal, pg_temp.proof_run, pg_temp.proof_member, pg_temp.proof_excluded,
    pg_temp.proof_measured;
CREATE TEMP TABLE proof_goal (metric text NOT NULL, target text NOT NULL, needed numeric, measure text NOT NULL) ON COMMIT DROP;
INSERT INTO proof_goal
SELECT * FROM unnest(%(metrics)s::text[], %(targets)s::text[], %(needed)s::numeric[], %(measures)s::text[]);
CREATE TEMP TABLE proof_wanted ON COMMIT DROP AS
SELECT o.id AS outcome_id, o.account_id, o.action, o.metric, o.target, known.id AS action_id, g.needed, coalesce(g.measure, '') AS measure,
       said.since,
       CASE WHEN o.action = '' AND o.metric = '' THEN 'no_proof'
            WHEN o.metric <> '' AND o.metric <> ALL (%(known_metrics)s::text[]) THEN 'unknown_metric'
            WHEN g.needed IS NULL THEN 'no_number'
            WHEN o.metric = '' AND known.id IS NULL THEN 'unknown_action' ELSE '' END AS problem
FROM health_outcome o
JOIN accounts_account a ON a.id = o.account_id
CROSS JOIN LATERAL (
    SELECT coalesce(v.since, (v.recorded_at AT TIME ZONE coalesce(nullif(a.timezone, ''), %(zone)s))::date) AS since
    FROM health_outcomeversion v WHERE v.outcome_id = o.id ORDER BY v.id LIMIT 1
) said
LEFT JOIN proof_goal g ON g.metric = o.metric AND g.target = o.target
LEFT JOIN accounts_action known ON known.name = o.action AND o.action <> ''
WHERE said.since <= %(as_of)s AND (o.withdrawn_on IS NULL OR o.withdrawn_on > %(as_of)s) /* only o.account_id */;
ANALYZE proof_wanted;
CREATE TEMP TABLE proof_measured (outcome_id bigint NOT NULL, day date NOT NULL, value numeric) ON COMMIT DROP;
"""

# Every target that is written somewhere, to be read.
TARGETS = "SELECT DISTINCT metric, target FROM health_outcome"

MEMBERS = """
CREATE TEMP TABLE proof_member ON COMMIT DROP AS
SELECT DISTINCT w.account_id AS shown, w.account_id AS id FROM proof_wanted w WHERE w.action_id IS NOT NULL AND w.problem = ''
UNION
SELECT w.account_id, a.id FROM proof_wanted w JOIN accounts_account a ON a.counts_for_id = w.account_id
WHERE w.action_id IS NOT NULL AND w.problem = '';
CREATE TEMP TABLE proof_excluded ON COMMIT DROP AS
SELECT s.id FROM accounts_seat s
WHERE s.kind = 'bot' OR s.persona = ANY (%(personas)s) OR lower(split_part(s.email, '@', 2)) = ANY (%(domains)s);
ANALYZE proof_member;
ANALYZE proof_excluded;
"""

# Bots and left-out seats count in nothing; a daily count is so many events.
ACTIONS = """
INSERT INTO proof_measured (outcome_id, day, value)
SELECT outcome_id, day, sum(amount) OVER (PARTITION BY outcome_id ORDER BY day)
FROM (
    SELECT w.outcome_id, e.day, sum(CASE w.measure WHEN 'count' THEN e.times WHEN 'quantity' THEN e.quantity ELSE e.value END) AS amount
    FROM proof_wanted w
    JOIN proof_member m ON m.shown = w.account_id
    JOIN (
        SELECT account_id, action_id, seat_id, day, 1 AS times, quantity, coalesce(value, 0) AS value FROM event WHERE day <= %(as_of)s
        UNION ALL
        SELECT account_id, action_id, seat_id, day, quantity, quantity, 0 FROM accounts_usagedaily WHERE day <= %(as_of)s
    ) e ON e.account_id = m.id AND e.action_id = w.action_id AND e.day >= w.since
    WHERE w.problem = '' AND NOT EXISTS (SELECT FROM proof_excluded x WHERE x.id = e.seat_id)
    GROUP BY w.outcome_id, e.day
) d
UNION ALL
SELECT w.outcome_id, w.since, 0 FROM proof_wanted w WHERE w.problem = '' AND w.metric = ''
"""

# Whose graded days (or scores) hold: this run's where it built the day, else the published run's.
RUNS = """
DROP TABLE IF EXISTS pg_temp.proof_run;
CREATE TEMP TABLE proof_run ON COMMIT DROP AS
SELECT d.day, CASE WHEN own.found THEN %(run)s ELSE s.run_id END AS run_id
FROM (
    SELECT generate_series(
        (SELECT least(%(star_since)s::date, min(since)) FROM proof_wanted WHERE problem = '' AND metric <> ''), %(as_of)s::date,
        interval '1 day')::date AS day
) d
LEFT JOIN health_publishedslice s ON s.grain = %(grain)s AND s.starts_on = d.day
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM {table} o WHERE o.day = d.day AND o.run_id = %(run)s) OR {built} AS found) own
WHERE own.found OR s.run_id IS NOT NULL;
ANALYZE proof_run;
"""

_MEASURE = "INSERT INTO proof_measured (outcome_id, day, value)\n"
_FROM_DAYS = """
FROM proof_wanted w
JOIN health_accountday d ON d.account_id = w.account_id AND d.day >= w.since AND d.day <= %(as_of)s
JOIN proof_run r ON r.day = d.day AND r.run_id = d.run_id
WHERE w.problem = '' AND w.metric = '{metric}'
"""
_FROM_SCORES = """
FROM proof_wanted w
JOIN health_healthscore d ON d.account_id = w.account_id AND d.day >= w.since AND d.day <= %(as_of)s
JOIN proof_run r ON r.day = d.day AND r.run_id = d.run_id
WHERE w.problem = '' AND w.metric = '{metric}'
"""
# Days on which a survey's figure is looked at: each with an answer, and the last one, for answers grow old.
_ANSWERS = """
WITH wanted AS (SELECT * FROM proof_wanted WHERE problem = '' AND metric = '{metric}'),
answer AS (
    SELECT w.outcome_id, w.since, coalesce(s.seat_id, -s.id) AS seat, s.responded_at, s.id, s.score, s.scale,
           (s.responded_at AT TIME ZONE coalesce(nullif(a.timezone, ''), %(zone)s))::date AS day
    FROM wanted w JOIN accounts_account a ON a.id = w.account_id OR a.counts_for_id = w.account_id
    JOIN accounts_surveyresponse s ON s.account_id = a.id AND s.kind = '{metric}'
), looked AS (
    SELECT DISTINCT outcome_id, day FROM answer WHERE day BETWEEN since AND %(as_of)s
    UNION SELECT outcome_id, %(as_of)s FROM wanted
)
SELECT l.outcome_id, l.day, {figure}
FROM looked l JOIN LATERAL (
    SELECT DISTINCT ON (a.seat) 10 * a.score / a.scale AS ten FROM answer a
    WHERE a.outcome_id = l.outcome_id AND a.day > l.day - 180 AND a.day <= l.day ORDER BY a.seat, a.responded_at DESC, a.id DESC
) latest ON true
GROUP BY l.outcome_id, l.day
"""

# How each metric is read, one row per day on which it is known.
METRICS: Final = {
    "monthly_active": _MEASURE
    + """SELECT w.outcome_id, p.ends_on - 1, count(*) OVER (PARTITION BY w.outcome_id ORDER BY p.ends_on)
FROM proof_wanted w
JOIN health_accountperiod p ON p.account_id = w.account_id AND p.grain = 'month' AND p.ends_on > w.since AND p.ends_on - 1 <= %(as_of)s
LEFT JOIN health_publishedslice s ON s.grain = 'month' AND s.starts_on = p.starts_on
WHERE w.problem = '' AND w.metric = 'monthly_active' AND p.active AND p.run_id = CASE WHEN EXISTS (
    SELECT FROM health_accountperiod o WHERE o.run_id = %(run)s AND o.grain = 'month' AND o.starts_on = p.starts_on
) OR """
    + built(Grain.MONTH, "p.starts_on")
    + """ THEN %(run)s ELSE s.run_id END
UNION ALL
SELECT w.outcome_id, w.since, 0 FROM proof_wanted w WHERE w.problem = '' AND w.metric = 'monthly_active'""",
    "active_days": _MEASURE
    + "SELECT w.outcome_id, d.day, sum(d.active::integer) OVER (PARTITION BY w.outcome_id ORDER BY d.day)"
    + _FROM_DAYS.format(metric="active_days"),
    "activation_rate": _MEASURE
    + "SELECT w.outcome_id, d.day, round(d.activated::numeric / d.purchased, 6)"
    + _FROM_DAYS.format(metric="activation_rate")
    + "AND d.purchased > 0",
    "seats_activated": _MEASURE + "SELECT w.outcome_id, d.day, d.activated" + _FROM_DAYS.format(metric="seats_activated"),
    "north_star": _MEASURE
    + """SELECT q.outcome_id, q.day, q.reached FROM (
    SELECT w.outcome_id, w.since, d.day, sum(d.north_star) OVER (PARTITION BY w.outcome_id ORDER BY d.day) AS reached
    FROM proof_wanted w
    JOIN health_accountday d ON d.account_id = w.account_id AND d.day >= %(star_since)s::date AND d.day <= %(as_of)s
    JOIN proof_run r ON r.day = d.day AND r.run_id = d.run_id
    WHERE w.problem = '' AND w.metric = 'north_star'
) q WHERE q.day >= q.since""",
    "nps": _MEASURE
    + _ANSWERS.format(
        metric="nps", figure="round(100.0 * (count(*) FILTER (WHERE ten >= 9) - count(*) FILTER (WHERE ten <= 6)) / count(*), 6)"
    ),
    "csat": _MEASURE + _ANSWERS.format(metric="csat", figure="round(avg(ten) / 2, 6)"),
    # The days on which it changes; contracts in more than one currency make no sum.
    "mrr": _MEASURE
    + """SELECT w.outcome_id, looked.day, CASE WHEN count(DISTINCT c.currency) <= 1 THEN coalesce(sum(c.mrr), 0) END
FROM proof_wanted w
CROSS JOIN LATERAL (
    SELECT w.since AS day UNION SELECT %(as_of)s::date
    UNION SELECT t.day FROM accounts_contract k CROSS JOIN LATERAL (VALUES (k.starts_on), (k.ends_on)) t(day)
    WHERE k.account_id = w.account_id AND t.day BETWEEN w.since AND %(as_of)s
) looked
LEFT JOIN accounts_contract c ON c.account_id = w.account_id AND c.mrr > 0 AND c.starts_on <= looked.day
    AND (c.ends_on IS NULL OR c.ends_on > looked.day)
WHERE w.problem = '' AND w.metric = 'mrr' GROUP BY w.outcome_id, looked.day""",
    "seats_active": _MEASURE
    + "SELECT w.outcome_id, d.day, (d.facets #>> '{adoption,evidence,key_seats}')::numeric"
    + _FROM_SCORES.format(metric="seats_active"),
    "key_seat_share": _MEASURE
    + "SELECT w.outcome_id, d.day, (d.facets #>> '{adoption,evidence,key_seat_share}')::numeric"
    + _FROM_SCORES.format(metric="key_seat_share"),
    "health": _MEASURE + "SELECT w.outcome_id, d.day, d.score" + _FROM_SCORES.format(metric="health"),
}

# The last known value stands; the first day on which the target was reached is kept. `metrics`: which outcomes are settled now.
SETTLE = """
INSERT INTO health_outcomeproof AS p (outcome_id, as_of, reached, needed, proven_on, problem)
SELECT w.outcome_id, %(as_of)s, m.reached, CASE WHEN w.problem = '' THEN w.needed END, m.proven_on, w.problem
FROM proof_wanted w
LEFT JOIN (
    SELECT d.outcome_id, (array_agg(d.value ORDER BY d.day DESC, d.value DESC))[1] AS reached,
           min(d.day) FILTER (WHERE d.value >= k.needed) AS proven_on
    FROM proof_measured d JOIN proof_wanted k ON k.outcome_id = d.outcome_id WHERE d.value IS NOT NULL GROUP BY d.outcome_id
) m ON m.outcome_id = w.outcome_id
WHERE (w.metric = ANY (%(late)s)) = %(after_scores)s
ON CONFLICT (outcome_id) DO UPDATE
SET as_of = excluded.as_of, reached = excluded.reached, needed = excluded.needed, proven_on = excluded.proven_on, problem = excluded.problem
"""
