"""Changes of the published figures as dated facts: levels, bands, weeks and months that turned, versions of definitions; and of outcomes.

Each statement reads its table once, in order of the days, and holds every row against the one before it.
"""

from __future__ import annotations

from csm_portal.portal.account.dated import ACCOUNT, FIRST, LAST, ZONE, Branch

# A level that moves one step from day to day is weather; two steps between two working days are news.
LEVEL_STEPS = 2
DAYS = f"""
SELECT v.kind AS row_kind, d.day AS row_on, 0::bigint AS row_key, v.facts AS row_facts, ''::text AS row_by, ''::text AS row_ref
FROM (
    SELECT day, level, version, working AND level >= 0 AS counts,
           lag(level) OVER (PARTITION BY working AND level >= 0 ORDER BY day) AS before,
           lag(version) OVER (ORDER BY day) AS by_before
    FROM health_accountday AS x
    WHERE account_id = %s
      AND EXISTS (SELECT FROM health_publishedslice p WHERE p.grain = 'day' AND p.starts_on = x.day AND p.run_id = x.run_id)
) AS d
CROSS JOIN LATERAL (
    SELECT 'level' AS kind, jsonb_build_object('level', level, 'before', before) AS facts
    WHERE counts AND abs(level - before) >= {LEVEL_STEPS}
    UNION ALL
    SELECT 'level_step', jsonb_build_object('level', level, 'before', before)
    WHERE counts AND abs(level - before) BETWEEN 1 AND {LEVEL_STEPS - 1}
    UNION ALL
    SELECT 'definition_activity', jsonb_build_object('version', version, 'before', by_before) WHERE version <> by_before
) AS v
WHERE d.day BETWEEN %s AND %s
"""  # noqa: S608
SCORES = """
SELECT v.kind AS row_kind, d.day AS row_on, 0::bigint AS row_key, v.facts AS row_facts, ''::text AS row_by, ''::text AS row_ref
FROM (
    SELECT day, band, score, caps, version, lag(band) OVER in_order AS before, lag(version) OVER in_order AS by_before
    FROM health_healthscore AS x
    WHERE account_id = %s
      AND EXISTS (SELECT FROM health_publishedslice p WHERE p.grain = 'health' AND p.starts_on = x.day AND p.run_id = x.run_id)
    WINDOW in_order AS (ORDER BY day)
) AS d
CROSS JOIN LATERAL (
    SELECT 'band' AS kind, jsonb_build_object('band', band, 'before', before, 'score', score) AS facts WHERE band <> before
    UNION ALL
    SELECT 'definition_health', jsonb_build_object('version', version, 'before', by_before) WHERE version <> by_before
) AS v
WHERE d.day BETWEEN %s AND %s
"""
PERIODS = """
SELECT grain AS row_kind, ends_on AS row_on, 0::bigint AS row_key,
       jsonb_build_object('active', active, 'days', active_days, 'bar', bar, 'starts_on', starts_on) AS row_facts,
       ''::text AS row_by, ''::text AS row_ref
FROM (
    SELECT grain, starts_on, ends_on, active, active_days, bar, provisional,
           lag(active) OVER (PARTITION BY grain ORDER BY starts_on) AS before
    FROM health_accountperiod AS x
    WHERE account_id = %s
      AND EXISTS (SELECT FROM health_publishedslice p WHERE p.grain = x.grain AND p.starts_on = x.starts_on AND p.run_id = x.run_id)
) AS t
WHERE active <> before AND NOT provisional AND ends_on BETWEEN %s AND %s
"""
# What a night computed again: one row for all its days, and, for whoever asks for them, the days themselves in their order.
REDONE_DAYS = """
SELECT 'redone_days' AS row_kind, r.as_of AS row_on, r.id AS row_key,
       jsonb_build_object('days', count(*), 'first', min(c.day), 'last', max(c.day), 'before', min(c.level_before),
                          'level', min(c.level_after),
                          'higher', count(*) FILTER (WHERE c.level_before >= 0 AND c.level_after > c.level_before),
                          'lower', count(*) FILTER (WHERE c.level_after >= 0 AND c.level_after < c.level_before)) AS row_facts,
       ''::text AS row_by, ''::text AS row_ref
FROM health_levelchange c JOIN health_run r ON r.id = c.run_id
WHERE c.account_id = %s AND r.as_of BETWEEN %s AND %s
GROUP BY r.id
"""
REDONE = """
SELECT 'redone' AS row_kind, r.as_of AS row_on, c.day - '2000-01-01'::date AS row_key,
       jsonb_build_object('day', c.day, 'before', c.level_before, 'level', c.level_after) AS row_facts,
       ''::text AS row_by, ''::text AS row_ref
FROM health_levelchange c JOIN health_run r ON r.id = c.run_id
WHERE c.account_id = %s AND r.as_of BETWEEN %s AND %s
"""
# How likely it renews, where it moved by so much from month to month: the last word of each month, beside the owner's own call of then.
CHANCE_STEP = 0.05
CHANCES = f"""
SELECT 'likelihood' AS row_kind, t.day AS row_on, 0::bigint AS row_key,
       jsonb_build_object('value', t.value, 'low', t.low, 'high', t.high, 'basis', t.basis, 'before', t.before, 'call', (
           SELECT f.probability FROM churn_forecast f
           WHERE f.account_id = t.account_id AND f.withdrawn_at IS NULL AND f.ends_on > t.day
             AND (f.entered_at AT TIME ZONE %s)::date <= t.day
           ORDER BY f.entered_at DESC, f.id DESC LIMIT 1)) AS row_facts,
       ''::text AS row_by, ''::text AS row_ref
FROM (
    SELECT m.*, lag(m.value) OVER (ORDER BY m.day) AS before, lag(m.basis) OVER (ORDER BY m.day) AS by_before
    FROM (
        SELECT DISTINCT ON (date_trunc('month', l.day)) l.account_id, l.day, l.value, l.low, l.high, l.basis
        FROM churn_likelihood l WHERE l.account_id = %s ORDER BY date_trunc('month', l.day), l.day DESC
    ) AS m
) AS t
WHERE t.day BETWEEN %s AND %s AND t.value IS NOT NULL
  AND (t.before IS NULL OR t.basis <> t.by_before OR abs(t.value - t.before) >= {CHANCE_STEP})
"""  # noqa: S608
# A version's day is the one it was entered for, else the local day on which it became known. That an outcome was achieved has a line
# of its own, so a version that says no more than that has none.
OUTCOMES = """
SELECT CASE WHEN nth = 1 THEN 'outcome_defined' WHEN gone AND NOT was_gone THEN 'outcome_withdrawn' ELSE 'outcome_changed' END AS row_kind,
       d.on AS row_on, d.id AS row_key,
       jsonb_build_object('text', statement, 'text_before', statement_before, 'status', status, 'status_before', status_before,
                          'due_on', due_on, 'due_before', due_before, 'target', target, 'target_before', target_before,
                          'proof', proof, 'proof_before', proof_before,
                          'by', CASE WHEN nth = 1 THEN author_name END) AS row_facts,
       CASE WHEN nth = 1 THEN author_email ELSE '' END AS row_by, d.external_id AS row_ref
FROM (
    SELECT v.id, o.external_id, coalesce(v.since, (v.recorded_at AT TIME ZONE %s)::date) AS on, row_number() OVER in_order AS nth,
           v.statement, lag(v.statement) OVER in_order AS statement_before, v.status, lag(v.status) OVER in_order AS status_before,
           v.due_on, lag(v.due_on) OVER in_order AS due_before, v.target, lag(v.target) OVER in_order AS target_before,
           v.action || v.metric AS proof, lag(v.action || v.metric) OVER in_order AS proof_before,
           v.withdrawn_on IS NOT NULL AS gone, lag(v.withdrawn_on IS NOT NULL) OVER in_order AS was_gone,
           coalesce(u.email, '') AS author_email, coalesce(nullif(u.name, ''), u.email) AS author_name
    FROM health_outcomeversion v
    JOIN health_outcome o ON o.id = v.outcome_id
    LEFT JOIN accounts_user u ON u.id = o.entered_by_id
    WHERE o.account_id = %s
    WINDOW in_order AS (PARTITION BY v.outcome_id ORDER BY v.recorded_at, v.id)
) AS d
WHERE d.on BETWEEN %s AND %s
  AND (nth = 1 OR (gone AND NOT was_gone) OR (status <> status_before AND status <> 'achieved')
       OR (statement, coalesce(due_on, 'infinity'), target, proof)
          <> (statement_before, coalesce(due_before, 'infinity'), target_before, proof_before))
"""


def figure_branches() -> list[Branch]:
    """What the published figures say has changed, and how the desired outcomes moved."""
    days = (ACCOUNT, FIRST, LAST)
    return [
        Branch(frozenset({"level", "level_step", "definition_activity"}), DAYS, days),
        Branch(frozenset({"band", "definition_health"}), SCORES, days),
        Branch(frozenset({"week", "month"}), PERIODS, days),
        Branch(frozenset({"redone_days"}), REDONE_DAYS, days),
        Branch(frozenset({"redone"}), REDONE, days),
        Branch(frozenset({"likelihood"}), CHANCES, (ZONE.key, *days)),
        Branch(frozenset({"outcome_defined", "outcome_changed", "outcome_withdrawn"}), OUTCOMES, (ZONE.key, *days)),
    ]
