"""The statement behind the survival curves: how long each account paid without a break, and whether that ended."""

from __future__ import annotations

# A term that another one follows within the grace goes on, as with renewals. A term whose grace still runs is not lost: it is known to
# have lasted until it ended.
STATEMENT = """
WITH book (id) AS MATERIALIZED ({book}
), spell AS MATERIALIZED (
    SELECT c.account_id AS id, lower(spells.first) AS began, upper(spells.first) - %(grace)s::integer AS ended
    FROM (
        SELECT account_id, range_agg(daterange(starts_on, ends_on + %(grace)s::integer)) AS every
        FROM accounts_contract
        WHERE mrr > 0 AND starts_on <= %(as_of)s AND account_id IN (SELECT id FROM book) AND {products}
        GROUP BY account_id
    ) AS c
    CROSS JOIN LATERAL (SELECT every AS first FROM unnest(c.every) AS every ORDER BY every LIMIT 1) AS spells
), placed AS (
    SELECT a.id, {group} AS grp,
           CASE WHEN ended IS NOT NULL AND ended <= %(as_of)s THEN ended ELSE %(as_of)s::date + 1 END - p.began AS days,
           coalesce(ended + %(grace)s::integer < %(as_of)s, false) AS lost
    FROM spell p
    JOIN accounts_account a ON a.id = p.id {joins}
    WHERE {where}
)
SELECT grp, days, lost, count(*) FROM placed GROUP BY grp, days, lost
"""
