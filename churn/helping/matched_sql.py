"""The statement behind the comparison: decided dues with the first step of each kind before them, and those without any.

What is known of a due is read from the health published on the last of a few fixed days before the step, the same days before the due for
both sides, so that what the step changed does not enter. docs/methods/helped.md.
"""

from __future__ import annotations

from churn.helping import policy
from churn.k_sql import RULE, SHORTEST_TERM

_EVERY = policy.LEADS[0]
# A store's step is one of the brand that pays for it. Trainings and interviews count as logged, by files too; plays from their begin.
STEPS = """
step AS MATERIALIZED (
    SELECT coalesce(a.counts_for_id, a.id) AS account_id, s.kind, s.began_on
    FROM (
        SELECT i.account_id, i.kind, i.began_on FROM churn_intervention i WHERE i.withdrawn_at IS NULL AND i.began_on <= %(as_of)s
        UNION ALL
        SELECT r.account_id, 'play', r.begun_on FROM churn_playrun r WHERE r.withdrawn_at IS NULL AND r.begun_on <= %(as_of)s
        UNION ALL
        SELECT t.account_id, t.kind, (t.happened_at AT TIME ZONE coalesce(nullif(o.timezone, ''), %(zone)s))::date
        FROM accounts_interaction t JOIN accounts_account o ON o.id = t.account_id
        WHERE t.kind IN ('training', 'interview') AND t.happened_at < (%(as_of)s::date + 2)
    ) s JOIN accounts_account a ON a.id = s.account_id
    WHERE coalesce(a.counts_for_id, a.id) IN (SELECT id FROM book)
)"""
EPISODES = f"""
{RULE}, {STEPS}, due AS MATERIALIZED (
    SELECT c.id, c.account_id, c.ends_on, least(coalesce(c.resolved_on, c.ends_on), c.ends_on) AS decided_on,
           to_char(c.ends_on, 'YYYY-"Q"Q') AS quarter, c.state = 'renewed' AS renewed, c.due_reporting::float8 AS mrr, a.tier
    FROM churn_renewalcase c JOIN accounts_account a ON a.id = c.account_id
    WHERE c.account_id IN (SELECT id FROM book) AND c.state <> 'open' AND c.ends_on - c.starts_on >= {SHORTEST_TERM}
      AND c.ends_on < (SELECT closed_before FROM rule)
), tried AS MATERIALIZED (
    SELECT d.id, s.kind, min(s.began_on) AS began_on
    FROM due d JOIN step s ON s.account_id = d.account_id AND s.began_on > d.ends_on - {policy.REACH_DAYS} AND s.began_on < d.decided_on
    GROUP BY GROUPING SETS ((d.id, s.kind), (d.id))
), placed AS (
    SELECT d.*, coalesce(t.kind, 'any') AS kind, ((d.ends_on - t.began_on) / {_EVERY} + 1) * {_EVERY} AS lead
    FROM due d JOIN tried t ON t.id = d.id
), asked AS MATERIALIZED (
    SELECT * FROM placed
    UNION ALL
    SELECT d.*, '', l.lead FROM due d JOIN (SELECT DISTINCT quarter, lead FROM placed) l ON l.quarter = d.quarter
    WHERE NOT EXISTS (SELECT FROM step s
        WHERE s.account_id = d.account_id AND s.began_on > d.ends_on - {policy.REACH_DAYS} AND s.began_on < d.ends_on)
      AND d.decided_on > d.ends_on - l.lead
)
SELECT p.kind, p.id, p.account_id, p.quarter, p.lead, p.tier, coalesce(h.band, ''), h.score::float8,
       (h.facets -> 'activity' ->> 'value')::float8, p.mrr, p.renewed
FROM asked p
-- One look into the index each: a plain join reads every score ever stored.
LEFT JOIN LATERAL (
    SELECT o.band, o.score, o.facets FROM health_publishedslice s
    JOIN health_healthscore o ON o.account_id = p.account_id AND o.day = s.starts_on AND o.run_id = s.run_id
    WHERE s.grain = 'health' AND s.starts_on = p.ends_on - p.lead LIMIT 1
) h ON true
ORDER BY p.id, p.kind, p.lead
"""  # noqa: S608 - only constants enter
# Dues ahead of which something was tried, but which are not decided yet: when there will be more to compare.
WAITING = f"""
{RULE}, {STEPS}
SELECT count(DISTINCT c.id), min(c.ends_on)
FROM churn_renewalcase c
JOIN step s ON s.account_id = c.account_id AND s.began_on > c.ends_on - {policy.REACH_DAYS} AND s.began_on < c.ends_on
WHERE c.account_id IN (SELECT id FROM book) AND c.ends_on - c.starts_on >= {SHORTEST_TERM}
  AND (c.state = 'open' OR c.ends_on >= (SELECT closed_before FROM rule))
"""  # noqa: S608 - only constants enter
# Items of rules that hold some back: from the first one held back on, so that both sides were drawn by the same lot.
HELD = f"""
{RULE}, begun AS (
    SELECT rule, min(opened_on) AS since FROM churn_actionitem WHERE held_back GROUP BY rule
), told AS (
    SELECT i.rule, i.held_back, d.state, b.since, i.opened_on
    FROM churn_actionitem i JOIN begun b ON b.rule = i.rule AND i.opened_on >= b.since
    LEFT JOIN LATERAL (
        SELECT c.state FROM churn_renewalcase c
        WHERE c.account_id = i.account_id AND c.ends_on > i.opened_on AND c.ends_on <= i.opened_on + {policy.DECIDED_DAYS}
          AND c.state <> 'open' AND c.ends_on < (SELECT closed_before FROM rule)
        ORDER BY c.ends_on, c.id LIMIT 1
    ) d ON true
    WHERE i.account_id IN (SELECT id FROM book) AND i.opened_on <= %(as_of)s
)
SELECT coalesce(t.rule, s.rule), s.hold_back, t.since, coalesce(t.shown, 0), coalesce(t.shown_decided, 0), coalesce(t.shown_lost, 0),
       coalesce(t.held, 0), coalesce(t.held_decided, 0), coalesce(t.held_lost, 0)
FROM (
    SELECT rule, min(since) AS since,
           count(*) FILTER (WHERE NOT held_back) AS shown, count(state) FILTER (WHERE NOT held_back) AS shown_decided,
           count(*) FILTER (WHERE NOT held_back AND state = 'lost') AS shown_lost,
           count(*) FILTER (WHERE held_back) AS held, count(state) FILTER (WHERE held_back) AS held_decided,
           count(*) FILTER (WHERE held_back AND state = 'lost') AS held_lost
    FROM told GROUP BY rule
) t
FULL JOIN (SELECT rule, hold_back FROM churn_triggersetting WHERE hold_back > 0) s ON s.rule = t.rule
ORDER BY 1
"""  # noqa: S608 - only constants enter
