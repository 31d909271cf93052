"""The two statements behind k: what became of decided dues of accounts that were active or not, and what is to come."""

from __future__ import annotations

from accounts.calendar_rules import RenewalRules
from health.first_seen_sql import FIRST_USED, USED, health_seen_from, months_seen_from

# Shorter terms are no decision of their own: they are looked at week by week elsewhere.
SHORTEST_TERM = 90
# How long before the due an account's activity and health are read.
LEAD_MONTHS, LEAD_DAYS = 3, 90
BATCH = "to_char(c.ends_on, 'YYYY-MM')"
# Quarter in which the account began: its onboarding, else its first paying day.
COHORT = """(
    SELECT to_char(b.began, 'YYYY-"Q"Q') FROM (SELECT coalesce(a.onboarded_on, (
        SELECT min(t.starts_on) FROM accounts_contract t WHERE t.account_id = a.id AND t.mrr > 0)) AS began) AS b)"""

# From the day after the grace on a due is renewed or lost. Before that those renewed early would stand without those to be lost.
RULE = f"""WITH book (id) AS MATERIALIZED ({{book}}), rule AS MATERIALIZED (
    SELECT %(as_of)s::date - coalesce((
        SELECT (d.body ->> 'renewal_grace_days')::integer FROM accounts_renewaldefinition d
        WHERE d.effective_from <= %(as_of)s ORDER BY d.version DESC LIMIT 1
    ), {RenewalRules().renewal_grace_days}) AS closed_before
)"""  # noqa: S608 - only constants enter

SUMS = ", ".join(f"sum({weight}{active})::float8" for weight in ("w * w", "w * y", "y * y") for active in ("", " * a", " * a * a"))
SEEN = f"""
{RULE}, used AS MATERIALIZED (SELECT {FIRST_USED} AS day), due AS MATERIALIZED (
    SELECT c.id, c.account_id, c.ends_on, date_trunc('month', c.ends_on)::date AS month, {BATCH} AS batch, {{group}} AS grp,
           c.state = 'renewed' AS renewed, c.due_reporting::float8 AS amount,
           CASE WHEN c.state = 'renewed' THEN c.renewed_reporting ELSE 0 END::float8 AS kept
    FROM churn_renewalcase c
    JOIN accounts_account a ON a.id = c.account_id{{joins}}
    WHERE c.account_id IN (SELECT id FROM book) AND c.state <> 'open' AND c.ends_on - c.starts_on >= {SHORTEST_TERM}
      AND c.ends_on < (SELECT closed_before FROM rule) AND {{where}}
), seen AS MATERIALIZED (
    SELECT d.*, m.lead, m.mean, h.band
    FROM due d
    LEFT JOIN LATERAL (
        SELECT max(p.active::integer) FILTER (WHERE s.starts_on = d.month - interval '{LEAD_MONTHS} months')::float8 AS lead,
               avg(p.active::integer)::float8 AS mean
        FROM health_publishedslice s
        JOIN health_accountperiod p
          ON p.run_id = s.run_id AND p.grain = 'month' AND p.starts_on = s.starts_on AND p.account_id = d.account_id
        WHERE s.grain = 'month' AND s.starts_on < d.month
          AND s.starts_on >= greatest(d.month - interval '{LEAD_MONTHS} months', {months_seen_from(USED)})
    ) m ON true
    LEFT JOIN LATERAL (
        SELECT o.band FROM health_publishedslice s
        JOIN health_healthscore o ON o.account_id = d.account_id AND o.day = s.starts_on AND o.run_id = s.run_id
        WHERE s.grain = 'health' AND s.starts_on = d.ends_on - {LEAD_DAYS} AND s.starts_on >= {health_seen_from(USED)}
    ) h ON true
)
"""  # noqa: S608 - only constants enter
PAST = f"""{SEEN}
SELECT 'sums', CASE WHEN grouping(batch) = 0 THEN 'batch' WHEN grouping(grp) = 0 THEN 'group' ELSE 'all' END, coalesce(batch, grp),
       x.name || ' ' || y.name, ARRAY[count(*), sum(w)::float8, sum(w * a)::float8, sum(y)::float8, sum(y * a)::float8, {SUMS}]
FROM seen
CROSS JOIN LATERAL (VALUES ('lead', lead), ('mean', mean)) AS x (name, a)
CROSS JOIN LATERAL (
    VALUES ('count', 1, renewed::integer::float8), ('net', amount, kept),
           ('gross', amount, CASE WHEN kept > amount THEN amount ELSE kept END)) AS y (name, w, y)
WHERE a IS NOT NULL AND w IS NOT NULL AND y IS NOT NULL
GROUP BY x.name, y.name, GROUPING SETS ((), (batch), (grp))
UNION ALL
SELECT 'dues', CASE WHEN grouping(batch) = 0 THEN 'batch' WHEN grouping(grp) = 0 THEN 'group' ELSE 'all' END, coalesce(batch, grp), '',
       ARRAY[count(*), count(*) FILTER (WHERE renewed), count(*) FILTER (WHERE lead IS NULL), count(*) FILTER (WHERE mean IS NULL),
             count(*) FILTER (WHERE amount IS NULL OR kept IS NULL)]::float8[]
FROM seen GROUP BY GROUPING SETS ((), (batch), (grp))
UNION ALL
SELECT 'bands', CASE WHEN grouping(batch) = 0 THEN 'batch' ELSE 'all' END, batch, coalesce(band, 'none'),
       ARRAY[count(*), count(*) FILTER (WHERE renewed)]::float8[]
FROM seen GROUP BY coalesce(band, 'none'), GROUPING SETS ((), (batch))
UNION ALL
SELECT 'rule', 'all', closed_before::text, '', '{{{{}}}}' FROM rule
"""  # noqa: S608 - only constants enter

# The dues behind a number; `grp` is the group of `by`.
DUES = f"""{SEEN}
SELECT b.external_id, b.name, coalesce(nullif(o.name, ''), o.email, ''), c.product, s.ends_on, s.grp, s.lead::integer,
       s.mean, s.band, s.renewed, c.due_reporting, CASE WHEN c.state = 'renewed' THEN c.renewed_reporting ELSE 0.00 END
FROM seen s
JOIN churn_renewalcase c ON c.id = s.id
JOIN accounts_account b ON b.id = s.account_id
LEFT JOIN accounts_user o ON o.id = b.owner_id
WHERE %(any)s OR s.grp IS NOT DISTINCT FROM %(named)s
ORDER BY s.ends_on DESC, b.name, b.id, c.product
"""  # noqa: S608 - only constants enter

# Activity in month D-3, or in the last whole month where that one is still to come.
COMING = f"""
WITH book (id) AS MATERIALIZED ({{book}}), due AS MATERIALIZED (
    SELECT c.account_id, c.state, date_trunc('month', c.ends_on)::date AS month,
           least(date_trunc('month', c.ends_on) - interval '{LEAD_MONTHS} months', %(whole)s)::date AS told
    FROM churn_renewalcase c
    WHERE c.account_id IN (SELECT id FROM book) AND c.ends_on - c.starts_on >= {SHORTEST_TERM}
      AND c.ends_on >= %(first)s AND c.ends_on < %(after)s
), active AS (
    SELECT d.month, d.told, d.state, p.active
    FROM due d
    LEFT JOIN LATERAL (
        SELECT o.active FROM health_publishedslice s
        JOIN health_accountperiod o
          ON o.run_id = s.run_id AND o.grain = 'month' AND o.starts_on = s.starts_on AND o.account_id = d.account_id
        WHERE s.grain = 'month' AND s.starts_on = d.told
    ) p ON true
    UNION ALL
    SELECT NULL, %(whole)s, '', p.active
    FROM health_publishedslice s
    JOIN health_accountperiod p ON p.run_id = s.run_id AND p.grain = 'month' AND p.starts_on = s.starts_on
    WHERE s.grain = 'month' AND s.starts_on = %(whole)s AND p.paying AND p.account_id IN (SELECT id FROM book)
)
SELECT month, told, count(*), count(*) FILTER (WHERE active), count(*) FILTER (WHERE active IS NULL),
       count(*) FILTER (WHERE state = 'renewed'), count(*) FILTER (WHERE state = 'lost')
FROM active GROUP BY month, told ORDER BY month NULLS FIRST
"""  # noqa: S608 - only constants enter
