"""The statements that write a Monday's list: whom it names, and on what proof."""

from __future__ import annotations

from churn.monday.policy import HORIZON_DAYS, SHORTEST_TERM

# Of several rules that match an account the surest speaks for it.
BY_RULES = """
SELECT DISTINCT ON (m.account_id) m.account_id, r.id AS rule_id, p.n, p.lost,
       jsonb_build_object('facts', m.facts, 'rules', count(*) OVER (PARTITION BY m.account_id)) AS told
FROM churn_rulematch m
JOIN churn_riskrule r ON r.id = m.rule_id
JOIN jsonb_to_recordset(%(proofs)s) AS p (rule bigint, place integer, n integer, lost integer) ON p.rule = r.id
WHERE m.as_of = %(as_of)s AND NOT m.near
ORDER BY m.account_id, p.place
"""
BY_SCORE = """
SELECT s.account_id, NULL::bigint AS rule_id, %(n)s::integer AS n, %(lost)s::integer AS lost,
       jsonb_build_object('border', %(border)s::float8) AS told
FROM health_accountstate s WHERE s.score <= %(border)s
"""
# The next renewal that nobody has decided; one decided early makes room for the next.
MATCHED = """
WITH matched AS MATERIALIZED ({matched}), placed AS MATERIALIZED (
    SELECT m.*, s.mrr_reporting, s.score, s.band, a.owner_id, due.product, due.ends_on, due.decision_on, due.starts_on,
           told.value, told.low, told.high
    FROM matched m
    JOIN health_accountstate s ON s.account_id = m.account_id AND s.paying
    JOIN accounts_account a ON a.id = m.account_id
    LEFT JOIN LATERAL (
        SELECT c.product, c.ends_on, c.decision_on, c.starts_on FROM churn_renewalcase c
        WHERE c.account_id = m.account_id AND c.state = 'open' ORDER BY c.ends_on, c.id LIMIT 1
    ) AS due ON true
    LEFT JOIN LATERAL (
        SELECT l.value, l.low, l.high FROM churn_likelihood l
        WHERE l.account_id = m.account_id AND l.day <= %(as_of)s ORDER BY l.day DESC LIMIT 1
    ) AS told ON true
)
"""
WRITE = f"""{MATCHED}, written AS (
    INSERT INTO churn_atrisk (report_id, account_id, owner_id, rule_id, amount, expected, matched, lost, evidence)
    SELECT %(monday)s, account_id, owner_id, rule_id, mrr_reporting, lost::float8 / n, n, lost, told || jsonb_build_object(
               'product', product, 'due_on', ends_on, 'decision_on', decision_on, 'short', ends_on - starts_on < {SHORTEST_TERM},
               'score', score, 'band', band, 'likelihood', value, 'likelihood_low', low, 'likelihood_high', high)
    FROM placed WHERE ends_on <= %(as_of)s::date + {HORIZON_DAYS}
    ON CONFLICT (report_id, account_id) DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM written),
       count(*) FILTER (WHERE ends_on > %(as_of)s::date + {HORIZON_DAYS}), count(*) FILTER (WHERE ends_on IS NULL)
FROM placed
"""  # noqa: S608 - constants enter
