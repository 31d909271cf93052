"""The statements behind the loss replay: what was known, shown and done before each loss.

Known is what had been published or told by then; shown is what stood on the day's list or on a Monday's; done are steps of people.
docs/methods/replay.md.
"""

from __future__ import annotations

from churn.helping import policy
from churn.helping.matched_sql import STEPS
from churn.losses_sql import LOSSES

LEAD = 90
WINDOW = 30 * policy.REPLAY_MONTHS
# From when on it is known what was shown: nothing is concluded about losses before.
KEPT = """
kept AS MATERIALIZED (
    SELECT coalesce(least((SELECT min(opened_on) FROM churn_actionitem), (SELECT min(monday) FROM churn_mondayreport)), 'infinity') AS since
)"""
_HEALTH = """
LEFT JOIN LATERAL (
    SELECT o.band, o.score FROM health_publishedslice s
    JOIN health_healthscore o ON o.account_id = {account} AND o.day = s.starts_on AND o.run_id = s.run_id
    WHERE s.grain = 'health' AND s.starts_on = {day} LIMIT 1
) {alias} ON true"""
_LIKELIHOOD = """
LEFT JOIN LATERAL (
    SELECT l.value, l.low, l.high, l.basis FROM churn_likelihood l
    WHERE l.account_id = {account} AND l.day <= {day} ORDER BY l.day DESC LIMIT 1
) {alias} ON true"""
REPLAY = f"""
{LOSSES}, {STEPS}, {KEPT}, tried AS MATERIALIZED (
    SELECT l.account_id, l.lost_on, count(*) AS n, max(s.began_on) AS last
    FROM loss l JOIN step s ON s.account_id = l.account_id AND s.began_on >= l.lost_on - {WINDOW} AND s.began_on < l.lost_on
    GROUP BY l.account_id, l.lost_on
), told AS MATERIALIZED (
    SELECT loss.account_id, loss.external_id, loss.name, loss.owner, loss.lost_on, loss.amount, loss.type, loss.regrettable,
           h.band, h.score::float8 AS score, l.value::float8 AS likelihood, drops.n AS drops, drops.first AS first_drop,
           items.n AS items, items.held, items.first AS first_item, items.acted, mondays.n AS mondays, mondays.first AS first_monday,
           coalesce(steps.n, 0) AS steps, steps.last AS last_step, least(items.first, mondays.first) AS shown_on
    FROM loss
    {_HEALTH.format(alias="h", account="loss.account_id", day=f"loss.lost_on - {LEAD}")}
    {_LIKELIHOOD.format(alias="l", account="loss.account_id", day=f"loss.lost_on - {LEAD}")}
    LEFT JOIN LATERAL (
        SELECT count(*) AS n, min(d.day) AS first FROM churn_dropalarm d
        WHERE d.account_id = loss.account_id AND d.day >= loss.lost_on - {WINDOW} AND d.day < loss.lost_on
    ) drops ON true
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE NOT i.held_back) AS n, count(*) FILTER (WHERE i.held_back) AS held,
               min(i.opened_on) FILTER (WHERE NOT i.held_back) AS first,
               min(i.first_acted_at) FILTER (WHERE i.first_acted_at < loss.lost_on) AS acted
        FROM churn_actionitem i
        WHERE i.account_id = loss.account_id AND i.opened_on >= loss.lost_on - {WINDOW} AND i.opened_on < loss.lost_on
          AND i.rule <> ALL (%(good)s::text[])
    ) items ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS n, min(r.monday) AS first
        FROM churn_atrisk k JOIN churn_mondayreport r ON r.monday = k.report_id
        WHERE k.account_id = loss.account_id AND r.monday >= loss.lost_on - {WINDOW} AND r.monday < loss.lost_on
    ) mondays ON true
    LEFT JOIN tried steps ON steps.account_id = loss.account_id AND steps.lost_on = loss.lost_on
    WHERE loss.state = 'lost'
), judged AS MATERIALIZED (
    SELECT told.*, CASE
        WHEN shown_on IS NULL AND lost_on - {policy.IN_TIME_DAYS} <= kept.since THEN 'unkept'
        WHEN shown_on IS NULL THEN 'never'
        WHEN shown_on > lost_on - {policy.IN_TIME_DAYS} THEN 'late'
        WHEN acted IS NOT NULL OR last_step >= shown_on THEN 'acted'
        ELSE 'not_acted' END AS verdict
    FROM told CROSS JOIN kept
)
"""  # noqa: S608 - only constants enter
# `verdicts` and `bands` are of all losses, whatever the page shows.
PAGE = f"""
{REPLAY}
SELECT j.external_id, j.name, j.owner, j.lost_on, j.amount, j.type, j.regrettable, j.band, j.score, j.likelihood, j.drops, j.first_drop,
       j.items, j.held, j.first_item, (j.acted AT TIME ZONE %(zone)s)::date, j.mondays, j.first_monday, j.steps, j.verdict,
       nullif((SELECT since FROM kept), 'infinity'), count(*) OVER () AS n,
       (SELECT jsonb_object_agg(verdict, n) FROM (SELECT verdict, count(*) AS n FROM judged GROUP BY verdict) v)::text,
       (SELECT jsonb_object_agg(band, n) FROM (SELECT coalesce(band, '') AS band, count(*) AS n FROM judged GROUP BY 1) b)::text
FROM judged j WHERE {{chosen}}
ORDER BY j.lost_on DESC, j.amount DESC NULLS LAST, j.account_id LIMIT %(limit)s OFFSET %(start)s
"""  # noqa: S608 - only constants enter
# How things stood month by month before a loss, the earliest first.
MONTHS = f"""
SELECT m.day::date, h.band, h.score::float8, l.value::float8, l.low::float8, l.high::float8, l.basis,
       p.active, f.category, f.probability::float8
FROM generate_series(%(lost_on)s::date - {WINDOW}, %(lost_on)s::date - 30, interval '30 days') AS m (day)
{_HEALTH.format(alias="h", account="%(account)s", day="m.day::date")}
{_LIKELIHOOD.format(alias="l", account="%(account)s", day="m.day::date")}
LEFT JOIN health_publishedslice month_slice
    ON month_slice.grain = 'month' AND month_slice.starts_on = date_trunc('month', m.day - interval '1 month')::date
LEFT JOIN health_accountperiod p ON p.run_id = month_slice.run_id AND p.grain = 'month' AND p.starts_on = month_slice.starts_on
    AND p.account_id = %(account)s
LEFT JOIN LATERAL (
    SELECT c.category, c.probability FROM churn_forecast c
    WHERE c.account_id = %(account)s AND c.entered_at < (m.day + interval '1 day') AT TIME ZONE %(zone)s
      AND c.ends_on >= %(lost_on)s::date - {LEAD} AND c.ends_on <= %(lost_on)s::date + {LEAD}
      AND (c.withdrawn_at IS NULL OR c.withdrawn_at >= (m.day + interval '1 day') AT TIME ZONE %(zone)s)
    ORDER BY c.entered_at DESC, c.id DESC LIMIT 1
) f ON true
ORDER BY m.day
"""  # noqa: S608 - only constants enter
# Each thing that was told or done in those months, the earliest first.
EVENTS = f"""
SELECT e.day, e.kind, e.what, e.facts::text, e.who, e.closed FROM (
    SELECT i.opened_on AS day, CASE WHEN i.held_back THEN 'held' ELSE 'item' END AS kind, i.rule AS what,
           jsonb_build_object('state', i.state, 'acted', (i.first_acted_at AT TIME ZONE %(zone)s)::date) AS facts,
           (SELECT coalesce(nullif(u.name, ''), u.email) FROM churn_itemstep t JOIN accounts_user u ON u.id = t.author_id
            WHERE t.item_id = i.id AND t.undone_at IS NULL ORDER BY t.taken_at LIMIT 1) AS who,
           (i.closed_at AT TIME ZONE %(zone)s)::date AS closed, i.id
    FROM churn_actionitem i
    WHERE i.account_id = %(account)s AND i.rule <> ALL (%(good)s::text[])
    UNION ALL
    SELECT d.day, 'drop', '', d.facts, NULL, NULL, d.id FROM churn_dropalarm d WHERE d.account_id = %(account)s
    UNION ALL
    SELECT r.monday, 'monday', '', jsonb_build_object('result', (
               SELECT c.result FROM churn_campaigncall c WHERE c.at_risk_id = k.id AND c.withdrawn_at IS NULL
               ORDER BY c.called_at DESC, c.id DESC LIMIT 1)), NULL, NULL, k.id
    FROM churn_atrisk k JOIN churn_mondayreport r ON r.monday = k.report_id WHERE k.account_id = %(account)s
    UNION ALL
    SELECT t.began_on, 'step', t.kind, jsonb_build_object('note', left(t.note, 300)), coalesce(nullif(u.name, ''), u.email), NULL, t.id
    FROM churn_intervention t JOIN accounts_user u ON u.id = t.author_id
    WHERE t.account_id = %(account)s AND t.withdrawn_at IS NULL
    UNION ALL
    SELECT p.begun_on, 'play', y.name, '{{}}'::jsonb, coalesce(nullif(u.name, ''), u.email), NULL, p.id
    FROM churn_playrun p JOIN churn_play y ON y.id = p.play_id LEFT JOIN accounts_user u ON u.id = p.begun_by_id
    WHERE p.account_id = %(account)s AND p.withdrawn_at IS NULL
    UNION ALL
    SELECT (n.happened_at AT TIME ZONE %(zone)s)::date, 'touch', n.kind, '{{}}'::jsonb, coalesce(nullif(u.name, ''), u.email), NULL, n.id
    FROM accounts_interaction n LEFT JOIN accounts_user u ON u.id = n.by_id WHERE n.account_id = %(account)s
) e
WHERE e.day >= %(lost_on)s::date - {WINDOW} AND e.day < %(lost_on)s::date
ORDER BY e.day, e.kind, e.id
"""  # noqa: S608 - only constants enter
