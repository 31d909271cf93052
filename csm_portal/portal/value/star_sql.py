"""Statements about the north star: who crossed it and when, and what became of the renewals of both groups.

Parameters: as_of, window (days after go-live within which a crossing is in time), threshold, since (first day that is summed).
"""

from __future__ import annotations

from churn.k_sql import LEAD_DAYS, RULE, SHORTEST_TERM
from health.first_seen_sql import months_seen_from

NEAR = "0.8"
CONDITIONS = {
    "near": f"crossed_on IS NULL AND reached >= %(threshold)s::numeric * {NEAR}",
    "not_crossed": "crossed_on IS NULL",
    "in_time": "days <= %(window)s",
    "late": "days > %(window)s",
    "no_start": "crossed_on IS NOT NULL AND days IS NULL",
    "crossed": "crossed_on IS NOT NULL",
    "all": "true",
}
STARS = """
WITH book (id) AS MATERIALIZED ({book}), star AS (
    SELECT s.account_id, a.external_id, a.name, a.owner_id, a.went_live_on, s.mrr_reporting, s.north_star AS reached,
           s.north_star_crossed_on AS crossed_on, s.north_star_crossed_on - a.went_live_on AS days, s.month_active, s.outcome_status,
           s.renewal_on
    FROM health_accountstate s JOIN book ON book.id = s.account_id JOIN accounts_account a ON a.id = s.account_id
    WHERE s.paying AND {owner}
)
"""
EACH = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in CONDITIONS.values())
COUNTS = f"{STARS} SELECT {EACH} FROM star"  # noqa: S608 - only constants enter
LISTED = f"""{STARS}
SELECT x.external_id, x.name, coalesce(nullif(u.name, ''), u.email, ''), x.mrr_reporting, x.went_live_on, x.reached, x.crossed_on, x.days,
       x.month_active, x.outcome_status, x.renewal_on
FROM (
    SELECT star.* FROM star WHERE {{condition}}
    ORDER BY CASE WHEN crossed_on IS NULL THEN reached END DESC NULLS LAST, crossed_on DESC, account_id LIMIT %(limit)s OFFSET %(start)s
) x
LEFT JOIN accounts_user u ON u.id = x.owner_id
ORDER BY CASE WHEN x.crossed_on IS NULL THEN x.reached END DESC NULLS LAST, x.crossed_on DESC, x.account_id
"""  # noqa: S608 - only constants enter
# Time from going live to the crossing; who has not crossed was seen until the as-of day. Who crossed before going live did so on day 0.
SPELLS = f"""{STARS}
SELECT greatest(coalesce(crossed_on, %(as_of)s::date) - went_live_on, 0), crossed_on IS NOT NULL, count(*)
FROM star WHERE went_live_on <= %(as_of)s GROUP BY 1, 2
"""  # noqa: S608 - only constants enter
# Closed dues by what was known 90 days before them. Whether it was crossed before the sums, or the events, begin nobody can say.
RENEWED = f"""
{RULE}
SELECT s.north_star_crossed_on IS NOT NULL AND s.north_star_crossed_on <= c.ends_on - {LEAD_DAYS} AS crossed,
       s.north_star_crossed_on - a.went_live_on > %(window)s AS late,
       count(*), count(*) FILTER (WHERE c.state = 'renewed')
FROM churn_renewalcase c
JOIN health_accountstate s ON s.account_id = c.account_id
JOIN accounts_account a ON a.id = c.account_id
JOIN book ON book.id = c.account_id
WHERE c.state <> 'open' AND c.ends_on - c.starts_on >= {SHORTEST_TERM}
  AND c.ends_on < (SELECT closed_before FROM rule) AND {{owner}}
  AND c.ends_on - {LEAD_DAYS} >= greatest(%(since)s::date, {months_seen_from()})
GROUP BY 1, 2
"""  # noqa: S608 - only constants enter
