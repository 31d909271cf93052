"""The statement behind the finder: what every account had done by 90 days before each closed due, cut at candidate thresholds.

Parameters: as_of, first (first day with any event), skipped (names of actions that are no candidates), least (dues a side must hold).
"""

from __future__ import annotations

from accounts.calendar_rules import RenewalRules
from churn.k_sql import LEAD_DAYS, SHORTEST_TERM

# What was added up before a due must have had some time to add up.
LEAST_HISTORY = 90
DECILES = ", ".join(f"0.{tenth}" for tenth in range(1, 10))
TABLES = ("finder_due", "finder_day", "finder_value")
FORGET = "DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.{name}" for name in TABLES)

# Closed dues of terms that are decisions, in two halves by the day they fell due: thresholds are chosen in the earlier one alone.
DUES = f"""
CREATE TEMP TABLE finder_due ON COMMIT DROP AS
WITH rule AS (
    SELECT %(as_of)s::date - coalesce((
        SELECT (d.body ->> 'renewal_grace_days')::integer FROM accounts_renewaldefinition d
        WHERE d.effective_from <= %(as_of)s ORDER BY d.version DESC LIMIT 1
    ), {RenewalRules().renewal_grace_days}) AS closed_before
), closed AS (
    SELECT c.id, c.account_id, c.ends_on, c.ends_on - {LEAD_DAYS} AS cut, c.state = 'renewed' AS renewed
    FROM churn_renewalcase c
    WHERE c.state <> 'open' AND c.ends_on - c.starts_on >= {SHORTEST_TERM} AND c.ends_on < (SELECT closed_before FROM rule)
      AND c.ends_on - {LEAD_DAYS} >= %(first)s::date + {LEAST_HISTORY}
), middle AS (
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY ends_on) AS day FROM closed
)
SELECT closed.*, closed.ends_on <= middle.day AS training, middle.day AS split_on FROM closed CROSS JOIN middle;
ANALYZE finder_due;
"""  # noqa: S608 - only constants enter
SIZES = """
SELECT count(*), count(*) FILTER (WHERE NOT renewed), min(split_on), count(*) FILTER (WHERE training),
       count(*) FILTER (WHERE training AND renewed), count(*) FILTER (WHERE NOT training AND renewed)
FROM finder_due
"""
# A store's use counts for the brand; bots never. A daily count is as many single actions as it counts.
USE = """
CREATE TEMP TABLE finder_day ON COMMIT DROP AS
SELECT coalesce(a.counts_for_id, a.id) AS account_id, e.action_id, e.day, sum(e.n) AS n, sum(e.quantity) AS quantity, sum(e.value) AS value
FROM (
    SELECT account_id, seat_id, action_id, day, count(*)::numeric AS n, sum(quantity) AS quantity, sum(value) AS value
    FROM event WHERE day < %(as_of)s GROUP BY account_id, seat_id, action_id, day
    UNION ALL
    SELECT account_id, seat_id, action_id, day, sum(quantity), sum(quantity), NULL
    FROM accounts_usagedaily WHERE day < %(as_of)s GROUP BY account_id, seat_id, action_id, day
) e
JOIN accounts_account a ON a.id = e.account_id
JOIN accounts_action x ON x.id = e.action_id AND x.name <> ALL (%(skipped)s::text[])
LEFT JOIN accounts_seat s ON s.id = e.seat_id
WHERE coalesce(s.kind, 'human') = 'human' AND coalesce(a.counts_for_id, a.id) IN (SELECT account_id FROM finder_due)
GROUP BY 1, 2, 3;
ANALYZE finder_day;
"""
VALUES = """
CREATE TEMP TABLE finder_value ON COMMIT DROP AS
WITH reached AS (
    SELECT d.id, u.action_id, sum(u.n) AS n, sum(u.quantity) AS quantity, sum(u.value) AS value
    FROM finder_due d JOIN finder_day u ON u.account_id = d.account_id AND u.day <= d.cut
    GROUP BY d.id, u.action_id
), action AS (
    SELECT action_id, bool_or(quantity <> n) AS quantities, bool_or(value IS NOT NULL) AS amounts FROM reached GROUP BY action_id
)
SELECT d.id, d.training, d.renewed, a.action_id, m.measure,
       coalesce(CASE m.measure WHEN 'count' THEN r.n WHEN 'quantity' THEN r.quantity ELSE r.value END, 0) AS reached
FROM finder_due d
CROSS JOIN action a
CROSS JOIN LATERAL (VALUES ('count', true), ('quantity', a.quantities), ('value', a.amounts)) AS m (measure, useful)
LEFT JOIN reached r ON r.id = d.id AND r.action_id = a.action_id
WHERE m.useful;
ANALYZE finder_value;
"""
# Per action, measure and threshold: dues and renewals above and below it, in both halves.
CUTS = f"""
WITH decile AS (
    SELECT action_id, measure, percentile_disc(ARRAY[{DECILES}]) WITHIN GROUP (ORDER BY reached) AS found
    FROM finder_value WHERE training GROUP BY action_id, measure
), threshold AS (
    SELECT DISTINCT d.action_id, d.measure, t.threshold
    FROM decile d CROSS JOIN LATERAL unnest(d.found) AS t (threshold) WHERE t.threshold > 0
)
SELECT x.name, t.measure, t.threshold,
       count(*) FILTER (WHERE v.training AND v.reached >= t.threshold),
       count(*) FILTER (WHERE v.training AND v.reached >= t.threshold AND v.renewed),
       count(*) FILTER (WHERE v.training AND v.reached < t.threshold),
       count(*) FILTER (WHERE v.training AND v.reached < t.threshold AND v.renewed),
       count(*) FILTER (WHERE NOT v.training AND v.reached >= t.threshold),
       count(*) FILTER (WHERE NOT v.training AND v.reached >= t.threshold AND v.renewed),
       count(*) FILTER (WHERE NOT v.training AND v.reached < t.threshold),
       count(*) FILTER (WHERE NOT v.training AND v.reached < t.threshold AND v.renewed)
FROM threshold t
JOIN finder_value v ON v.action_id = t.action_id AND v.measure = t.measure
JOIN accounts_action x ON x.id = t.action_id
GROUP BY x.name, t.measure, t.threshold
ORDER BY x.name, t.measure, t.threshold
"""  # noqa: S608 - only constants enter
FIRST = "SELECT least((SELECT min(day) FROM event), (SELECT min(day) FROM accounts_usagedaily))"
