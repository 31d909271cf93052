"""The statement behind the observations: every renewal with what was stored, and known, so many days before it was due.

What an account is due to renew on one day, of terms of 90 days or more, is one observation. Accounts that never had such a term are
looked at on Mondays instead: lost within the next 180 days, or not. docs/methods/calibration.md.
"""

from __future__ import annotations

from churn import policy
from churn.cuts_sql import OWNER
from churn.k_sql import RULE, SHORTEST_TERM
from churn.losses_sql import STOPPED
from health.first_seen_sql import health_seen_from

# An account without a term of 90 days is looked at every Monday, and judged so many days later.
SNAPSHOT_DAYS = 180
# Weeks of Mondays, and how many looks at most: beyond that every second, third, … Monday is taken.
SNAPSHOT_WEEKS = 104
MOST_SNAPSHOTS = 20_000
EVERYBODY = "SELECT id FROM accounts_account"
GRACE = "(SELECT %(as_of)s::date - closed_before FROM rule)"

# What is observed: `at` is the day as of which it is judged known, `seen_on` the day whose stored row is read. Products of one account that
# end on one day are one decision: renewed where money remains of any, and counted once, for one row of facts stands behind them.
DUES = f"""
    SELECT 'due' AS kind, c.account_id, string_agg(c.product, ', ' ORDER BY c.product) AS product, c.ends_on,
           min(c.starts_on) AS starts_on, c.ends_on - %(lead)s::integer AS at,
           CASE WHEN bool_or(c.state = 'renewed') THEN 'renewed' WHEN bool_or(c.state = 'open') THEN 'open' ELSE 'lost' END AS state,
           CASE WHEN bool_and(c.due_reporting IS NOT NULL) THEN sum(c.due_reporting) END::float8 AS amount,
           CASE WHEN bool_and(c.state = 'lost' OR (c.state = 'renewed' AND c.renewed_reporting IS NOT NULL))
               THEN sum(CASE c.state WHEN 'renewed' THEN c.renewed_reporting ELSE 0 END) END::float8 AS kept,
           CASE WHEN bool_or(c.state = 'renewed') THEN min(c.resolved_on) FILTER (WHERE c.state = 'renewed')
               ELSE max(c.resolved_on) END AS resolved_on
    FROM churn_renewalcase c JOIN book ON book.id = c.account_id
    WHERE c.ends_on - c.starts_on >= {SHORTEST_TERM}
      AND %(dues)s AND (NOT %(closed)s OR (c.state <> 'open' AND c.ends_on < (SELECT closed_before FROM rule)))
    GROUP BY c.account_id, c.ends_on
"""  # noqa: S608 - only constants enter
MRR_ON = """(
    SELECT sum(t.mrr * CASE WHEN t.currency = %(reporting)s THEN 1 ELSE (
        SELECT x.rate FROM accounts_exchangerate x WHERE x.currency = t.currency AND x.day <= {day} ORDER BY x.day DESC LIMIT 1) END)
    FROM accounts_contract t
    WHERE t.account_id = s.account_id AND t.mrr > 0 AND t.starts_on <= {day} AND (t.ends_on IS NULL OR t.ends_on > {day}))::float8"""
SNAPSHOTS = f"""
    SELECT 'snapshot', s.account_id, '', w.monday + {SNAPSHOT_DAYS}, s.since, w.monday,
           CASE WHEN w.monday + {SNAPSHOT_DAYS} >= (SELECT closed_before FROM rule) THEN 'open'
                WHEN s.lost_on <= w.monday + {SNAPSHOT_DAYS} AND NOT coalesce(s.late, false) THEN 'lost' ELSE 'renewed' END,
           {MRR_ON.format(day="w.monday")}, coalesce({MRR_ON.format(day=f"(w.monday + {SNAPSHOT_DAYS})")}, 0), NULL::date
    FROM (
        SELECT p.account_id, p.since, o.lost_on, o.late, p.lost_on AS until FROM spell p
        LEFT JOIN stopped o ON o.account_id = p.account_id AND o.lost_on = p.lost_on
        WHERE %(snapshots)s AND NOT EXISTS (
            SELECT FROM churn_renewalcase c WHERE c.account_id = p.account_id AND c.ends_on - c.starts_on >= {SHORTEST_TERM})
    ) s
    JOIN (
        SELECT day::date AS monday, row_number() OVER (ORDER BY day) AS week
        FROM generate_series(date_trunc('week', %(as_of)s::date - {7 * SNAPSHOT_WEEKS}), %(as_of)s::date, interval '7 days') AS d (day)
    ) w ON w.monday >= s.since AND (s.until IS NULL OR w.monday < s.until)
    WHERE (NOT %(closed)s OR w.monday + {SNAPSHOT_DAYS} < (SELECT closed_before FROM rule))
      AND w.week %% (SELECT 1 + count(DISTINCT account_id) * {SNAPSHOT_WEEKS} / {MOST_SNAPSHOTS} FROM spell WHERE %(snapshots)s) = 0
"""  # noqa: S608 - only constants enter

# Facts of a facet that were recorded on a later day than the one they are placed on: `since` … `known` is the time in which the stored
# row counts them although nobody had told us yet. `reach`: days for which the facet looks back (docs/methods/health.md).
_DAY = "AT TIME ZONE coalesce(nullif(a.timezone, ''), %(zone)s))::date"
_OF = "JOIN book ON book.id = r.account_id JOIN accounts_account a ON a.id = r.account_id WHERE true"
EXECUTIVE = """(SELECT q ->> 'key' FROM health_questionset d CROSS JOIN LATERAL jsonb_array_elements(d.body -> 'questions') q
    WHERE q ->> 'part' = 'executive')"""
LATE = f"""
late AS MATERIALIZED (
    SELECT account_id, facet, since, known, reach FROM (
        SELECT r.account_id, CASE WHEN r.question IN {EXECUTIVE} THEN 'executive' ELSE 'ratings' END AS facet, r.rated_on AS since,
               (r.recorded_at {_DAY} AS known, 365 AS reach FROM health_rating r {_OF} AND r.recorded_at >= r.rated_on + 1
        UNION ALL
        SELECT r.account_id, f.facet, (r.opened_at {_DAY}, (r.recorded_at {_DAY}, 90
        FROM accounts_ticket r CROSS JOIN (VALUES ('support'), ('self_sufficiency')) f (facet) {_OF}
            AND r.recorded_at > r.opened_at
        UNION ALL
        SELECT r.account_id, 'invoices', r.issued_on, (r.recorded_at {_DAY}, 180
        FROM accounts_invoice r {_OF} AND r.recorded_at >= r.issued_on + 1
        UNION ALL
        SELECT r.account_id, 'surveys', (r.responded_at {_DAY}, (r.recorded_at {_DAY}, 180
        FROM accounts_surveyresponse r {_OF} AND r.recorded_at > r.responded_at
        UNION ALL
        SELECT r.account_id, f.facet, r.starts_on, (r.recorded_at {_DAY}, 100000
        FROM accounts_contract r CROSS JOIN (VALUES ('growth'), ('renewal_history')) f (facet) {_OF} AND r.recorded_at >= r.starts_on + 1
        UNION ALL
        SELECT r.account_id, 'outcome', least(coalesce(v.since, (v.recorded_at {_DAY}), v.achieved_on, v.due_on),
               (v.recorded_at {_DAY}, 100000
        FROM health_outcomeversion v JOIN health_outcome r ON r.id = v.outcome_id {_OF}
        UNION ALL
        SELECT r.account_id, 'override', r.starts_on, (r.recorded_at {_DAY}, 100000
        FROM health_override r {_OF} AND r.recorded_at >= r.starts_on + 1 AND r.withdrawn_at IS NULL
        UNION ALL
        SELECT r.account_id, f.facet, r.day, n.as_of, 28
        FROM health_levelchange r JOIN health_run n ON n.id = r.run_id
        CROSS JOIN (VALUES ('activity'), ('adoption')) f (facet) {_OF}
    ) told WHERE known > since
)"""  # noqa: S608 - only constants enter

# An outcome that was known so early was not foreseen: a person entered it, the new term was signed, or the loss was recorded.
KNOWN_BEFORE = f"""(
    coalesce(d.resolved_on <= d.at, false)
    OR EXISTS (
        SELECT FROM churn_caseoutcome o
        WHERE o.account_id = d.account_id AND o.ends_on = d.ends_on AND o.withdrawn_at IS NULL
          AND (o.entered_at {_DAY} <= d.at)
    OR EXISTS (
        SELECT FROM churn_churnrecord r
        WHERE r.account_id = d.account_id AND r.withdrawn_at IS NULL AND (r.recorded_at {_DAY} <= d.at
          AND r.churned_on > d.at AND abs(r.churned_on - d.ends_on) <= {policy.RECORD_REACH_DAYS}))"""  # noqa: S608 - only constants enter
# Of several records the one entered in the portal counts, then the latest known; as for losses (churn/losses_sql.py).
RECORD = f"""
LEFT JOIN LATERAL (
    SELECT r.type, r.regrettable, f.fit
    FROM (SELECT 1) one
    LEFT JOIN LATERAL (
        SELECT c.type, c.regrettable FROM churn_churnrecord c
        WHERE c.account_id = d.account_id AND c.withdrawn_at IS NULL AND abs(c.churned_on - d.ends_on) <= {policy.RECORD_REACH_DAYS}
        ORDER BY c.entered_by_id IS NULL, c.recorded_at DESC, c.id DESC LIMIT 1) r ON true
    LEFT JOIN LATERAL (
        SELECT x.fit FROM accounts_fitrecord x
        WHERE x.account_id = d.account_id AND (x.recorded_at {_DAY} <= d.ends_on - {policy.FIT_LEAD_DAYS}
        ORDER BY x.recorded_at DESC, x.id DESC LIMIT 1) f ON true
    WHERE d.state = 'lost'
) loss ON true"""  # noqa: S608 - only constants enter
SEEN_FROM = f"began AS MATERIALIZED (SELECT {health_seen_from()} AS day)"
# The score as it stood so many days before that, for the leak warning: one more look by key.
EARLIER = """CASE WHEN %(earlier)s::integer > 0 THEN (
           SELECT o.score::float8 FROM health_publishedslice q
           JOIN health_healthscore o ON o.account_id = d.account_id AND o.day = q.starts_on AND o.run_id = q.run_id
           WHERE q.grain = 'health' AND q.starts_on = d.at + %(shift)s::integer - %(earlier)s::integer
             AND q.starts_on >= (SELECT day FROM began)) END"""
# Whether there are accounts that paid and never had a term of 90 days.
SHORT_TERMS = f"""
WITH book (id) AS ({{book}})
SELECT EXISTS (
    SELECT FROM accounts_contract t JOIN book ON book.id = t.account_id
    WHERE t.mrr > 0 AND NOT EXISTS (
        SELECT FROM churn_renewalcase c WHERE c.account_id = t.account_id AND c.ends_on - c.starts_on >= {SHORTEST_TERM}))
"""  # noqa: S608 - only constants enter
OBSERVATIONS = f"""
{RULE}, {STOPPED.replace("%(grace)s", GRACE)}, due AS MATERIALIZED (
    SELECT row_number() OVER () AS place, looked.* FROM ({DUES} UNION ALL {SNAPSHOTS}) looked
), {LATE}, {SEEN_FROM}, told AS MATERIALIZED (
    SELECT d.place, array_agg(DISTINCT l.facet ORDER BY l.facet) AS late FROM due d
    JOIN late l ON l.account_id = d.account_id AND l.since <= d.at + %(shift)s::integer AND l.since > d.at + %(shift)s::integer - l.reach
      AND l.known > d.at + %(shift)s::integer
    GROUP BY d.place
)
SELECT d.kind, d.account_id, a.external_id, a.name, d.product, d.ends_on, d.starts_on, d.at + %(shift)s::integer, d.state,
       d.amount, d.kept, coalesce(loss.type, ''),
       coalesce(loss.regrettable, CASE loss.fit WHEN 'good' THEN true WHEN 'poor' THEN false END),
       owned.id, h.score::float8, h.band, h.machine::float8, h.human::float8, h.coverage::float8,
       CASE WHEN %(facts)s OR told.late IS NOT NULL THEN h.facets END, told.late, h.version, h.profile, {KNOWN_BEFORE},
       {EARLIER}
FROM due d
JOIN accounts_account a ON a.id = d.account_id
{OWNER.format(day="(d.at + %(shift)s::integer)").split("LEFT JOIN accounts_user")[0]}
LEFT JOIN health_publishedslice p
    ON p.grain = 'health' AND p.starts_on = d.at + %(shift)s::integer AND p.starts_on >= (SELECT day FROM began)
-- One look by its key for each: the table of all days is never read as a whole.
LEFT JOIN LATERAL (
    SELECT o.* FROM health_healthscore o WHERE o.account_id = d.account_id AND o.day = p.starts_on AND o.run_id = p.run_id LIMIT 1
) h ON true
LEFT JOIN told ON told.place = d.place
{RECORD}
ORDER BY d.ends_on, d.account_id, d.product
"""  # noqa: S608 - only constants enter
