"""The statements behind a preview: published figures beside those that `health.lab.restating` has put into its temporary tables."""

from __future__ import annotations

from health.first_seen_sql import health_seen_from, months_seen_from
from health.lab.restating_sql import IS_ACTIVE

# Days at or above a level, of the counts at zero, low, medium, high, unknown.
AT_LEAST = {"low": "m.levels[2] + m.levels[3] + m.levels[4]", "medium": "m.levels[3] + m.levels[4]", "high": "m.levels[4]"}
FROM_LEVEL = {level: f"CASE WHEN m.known_days > 0 THEN {days} >= m.bar END" for level, days in AT_LEAST.items()}
PUBLISHED_PERIODS = """health_publishedslice s
JOIN health_accountperiod p ON p.grain = s.grain AND p.run_id = s.run_id AND p.starts_on = s.starts_on"""

# Paying accounts as published; those active as published, by the draft, and by the draft from each level on.
MONTHS = f"""
SELECT p.starts_on, count(*), count(*) FILTER (WHERE p.active), count(*) FILTER (WHERE {IS_ACTIVE}),
       {", ".join(f"count(*) FILTER (WHERE {active})" for active in FROM_LEVEL.values())}, bool_or(p.provisional), max(p.version)
FROM {PUBLISHED_PERIODS}
LEFT JOIN restated_month m ON m.account_id = p.account_id AND m.starts_on = p.starts_on
WHERE s.grain = 'month' AND s.starts_on BETWEEN %(first)s AND %(as_of)s AND p.paying
GROUP BY p.starts_on ORDER BY p.starts_on
"""  # noqa: S608 - only constants enter
# Every account with a level, a month or a score on either side: published, and by the draft.
ACCOUNTS = f"""
SELECT a.id, d.level, r.level, p.active, {IS_ACTIVE}, h.band, x.band, h.score, x.score
FROM accounts_account a
LEFT JOIN (
    SELECT d.account_id, d.level FROM health_publishedslice s
    JOIN health_accountday d ON d.day = s.starts_on AND d.run_id = s.run_id WHERE s.grain = 'day' AND s.starts_on = %(as_of)s
) d ON d.account_id = a.id
LEFT JOIN restated_day r ON r.account_id = a.id AND r.day = %(as_of)s
LEFT JOIN (
    SELECT p.account_id, p.active FROM {PUBLISHED_PERIODS} WHERE s.grain = 'month' AND s.starts_on = %(whole)s
) p ON p.account_id = a.id
LEFT JOIN restated_month m ON m.account_id = a.id AND m.starts_on = %(whole)s
LEFT JOIN (
    SELECT h.account_id, h.band, h.score FROM health_publishedslice s
    JOIN health_healthscore h ON h.day = s.starts_on AND h.run_id = s.run_id WHERE s.grain = 'health' AND s.starts_on = %(as_of)s
) h ON h.account_id = a.id
LEFT JOIN restated_score x ON x.account_id = a.id AND x.day = %(as_of)s
WHERE d.account_id IS NOT NULL OR r.account_id IS NOT NULL OR h.account_id IS NOT NULL OR x.account_id IS NOT NULL
   OR p.account_id IS NOT NULL OR m.account_id IS NOT NULL
ORDER BY a.id
"""  # noqa: S608 - only constants enter
MONTHS_SEEN = f"SELECT {months_seen_from()}"
# One row per past renewal, in the order given: its month's activity on every side, the score of its day on both. A day on which no score
# was published, or before four weeks were seen, is unknown to both, or the draft would be judged by other renewals.
PAST = f"""
WITH seen AS MATERIALIZED (
    SELECT s.starts_on AS day, s.run_id FROM health_publishedslice s WHERE s.grain = 'health' AND s.starts_on >= {health_seen_from()}
)
SELECT p.active, {IS_ACTIVE}, {", ".join(FROM_LEVEL.values())}, h.score::float8, coalesce(h.band, 'unknown'), x.score::float8,
       coalesce(x.band, 'unknown')
FROM unnest(%(accounts)s::bigint[], %(months)s::date[], %(days)s::date[]) WITH ORDINALITY AS u (account_id, month, day, place)
LEFT JOIN (SELECT p.account_id, p.starts_on, p.active FROM {PUBLISHED_PERIODS} WHERE s.grain = 'month') p
    ON p.account_id = u.account_id AND p.starts_on = u.month
LEFT JOIN restated_month m ON m.account_id = u.account_id AND m.starts_on = u.month
LEFT JOIN seen s ON s.day = u.day
LEFT JOIN health_healthscore h ON h.account_id = u.account_id AND h.day = s.day AND h.run_id = s.run_id
LEFT JOIN (SELECT DISTINCT ON (account_id, day) * FROM restated_score ORDER BY account_id, day) x
    ON x.account_id = u.account_id AND x.day = s.day
ORDER BY u.place
"""  # noqa: S608 - only constants enter
