# ruff: noqa: S608 - composed of names of this module alone
"""The one rule of when an account is to be rated, as SQL: whoever lists, counts or reminds goes by `DUE`.

Parameters: today, ahead (days before a review), keys and since (questions in force and the day each was first asked), and the validities
of answers as v_key, v_first, v_after, v_days. `{book}` is the SQL of the visible accounts.

A question is due from the day its latest answer expires; never answered, from the day the account came or the question was first asked;
and `ahead` days before a planned QBR or EBR, where its latest answer is older than that. Stores' answers count for the brand that pays,
as in the facet. An account is due from the earliest day of its questions.
"""

from __future__ import annotations

# Compiling the statement takes longer than running it.
SETTINGS = "SET LOCAL jit = off; SET LOCAL work_mem = '32MB';"

DUE = """
book (id) AS MATERIALIZED ({book}),
question AS MATERIALIZED (SELECT * FROM unnest(%(keys)s::text[], %(since)s::date[]) AS q (key, since)),
validity AS MATERIALIZED (
    SELECT * FROM unnest(%(v_key)s::text[], %(v_first)s::date[], %(v_after)s::date[], %(v_days)s::integer[])
        AS v (key, first, after, valid_days)
),
payer AS MATERIALIZED (
    SELECT s.account_id, a.owner_id, a.onboarded_on, s.mrr_reporting
    FROM health_accountstate s JOIN book b ON b.id = s.account_id JOIN accounts_account a ON a.id = s.account_id WHERE s.paying
),
member AS (
    SELECT p.account_id AS id, p.account_id AS shown FROM payer p
    UNION ALL
    SELECT a.id, a.counts_for_id FROM accounts_account a JOIN payer p ON p.account_id = a.counts_for_id
),
latest AS (
    SELECT m.shown AS account_id, r.question, max(r.rated_on) AS rated_on
    FROM member m JOIN health_rating r ON r.account_id = m.id
    WHERE r.rated_on <= %(today)s GROUP BY 1, 2
),
planned AS (
    SELECT m.shown AS account_id, min(r.planned_on) AS planned_on FROM health_review r JOIN member m ON m.id = r.account_id
    WHERE r.kind IN ('qbr', 'ebr') AND r.held_on IS NULL AND r.planned_on >= %(today)s AND r.planned_on <= %(today)s::date + %(ahead)s
    GROUP BY 1
),
asked AS (
    SELECT p.account_id, l.rated_on, n.planned_on, expiry.day AS expires_on,
           CASE WHEN l.rated_on IS NULL
                THEN greatest(q.since, coalesce(p.onboarded_on, first_paid.day, q.since))
                ELSE least(expiry.day, CASE WHEN l.rated_on < n.planned_on - %(ahead)s THEN n.planned_on - %(ahead)s END) END AS due_on
    FROM payer p CROSS JOIN question q
    LEFT JOIN latest l ON l.account_id = p.account_id AND l.question = q.key
    LEFT JOIN planned n ON n.account_id = p.account_id
    LEFT JOIN validity v ON v.key = q.key AND l.rated_on >= v.first AND l.rated_on < v.after
    CROSS JOIN LATERAL (SELECT l.rated_on + v.valid_days AS day) AS expiry
    LEFT JOIN LATERAL (
        SELECT min(c.starts_on) AS day FROM accounts_contract c
        WHERE l.rated_on IS NULL AND p.onboarded_on IS NULL AND c.account_id = p.account_id AND c.mrr > 0) AS first_paid ON true
),
standing AS MATERIALIZED (
    SELECT account_id, min(due_on) FILTER (WHERE due_on <= %(today)s) AS due_on, count(*) AS questions,
           count(*) FILTER (WHERE due_on <= %(today)s) AS due,
           count(*) FILTER (WHERE rated_on IS NULL AND due_on <= %(today)s) AS never,
           count(*) FILTER (WHERE expires_on <= %(today)s) AS expired,
           count(*) FILTER (WHERE rated_on IS NULL OR expires_on <= %(today)s) AS unknown,
           min(planned_on) AS planned_on, max(rated_on) AS rated_on
    FROM asked GROUP BY account_id
)
"""

# `owner` is an e-mail; empty: whoever. `late` counts days of what has no valid answer any more.
NARROWED = """
WHERE t.due_on IS NOT NULL AND CASE WHEN %(nobody)s THEN p.owner_id IS NULL WHEN %(owner)s = '' THEN true ELSE o.email = %(owner)s END
  AND (%(late)s::integer IS NULL OR (t.never + t.expired > 0 AND %(today)s::date - t.due_on >= %(late)s))
ORDER BY t.due_on, p.mrr_reporting DESC NULLS LAST, t.account_id
"""

# One page of the queue, the latest first, then by money; the totals of all pages ride on each row.
PAGE = (
    "WITH "
    + DUE
    + """
SELECT a.id, a.external_id, a.name, coalesce(nullif(o.name, ''), o.email), o.email, t.due_on, t.questions, t.due, t.never, t.expired,
       t.planned_on, t.rated_on, s.mrr, s.currency, s.band, s.renewal_on, count(*) OVER ()
FROM standing t
JOIN payer p ON p.account_id = t.account_id
JOIN accounts_account a ON a.id = t.account_id
JOIN health_accountstate s ON s.account_id = t.account_id
LEFT JOIN accounts_user o ON o.id = a.owner_id
"""
    + NARROWED
    + """LIMIT %(limit)s OFFSET %(offset)s
"""
)

# Only the keys, in the same order: what one rates from one end to the other.
KEYS = (
    "WITH "
    + DUE
    + """
SELECT t.account_id FROM standing t JOIN payer p ON p.account_id = t.account_id LEFT JOIN accounts_user o ON o.id = p.owner_id
"""
    + NARROWED
)

# Per owner: how the ratings stand. `done` are accounts somebody answered for today.
OWNERS = (
    "WITH "
    + DUE
    + """,
done AS MATERIALIZED (
    SELECT DISTINCT r.account_id FROM health_rating r JOIN payer p ON p.account_id = r.account_id WHERE r.rated_on = %(today)s
)
SELECT p.owner_id, coalesce(nullif(o.name, ''), o.email), o.email, count(*),
       count(*) FILTER (WHERE t.due_on IS NOT NULL),
       count(*) FILTER (WHERE t.due_on IS NOT NULL AND t.never + t.expired > 0),
       count(*) FILTER (WHERE t.never + t.expired > 0 AND %(today)s::date - t.due_on > %(very_late)s),
       count(*) FILTER (WHERE t.unknown = 0), count(*) FILTER (WHERE t.rated_on IS NULL),
       count(d.account_id), avg(%(today)s::date - t.rated_on)::float8, max(%(today)s::date - t.due_on)
FROM standing t JOIN payer p ON p.account_id = t.account_id
LEFT JOIN done d ON d.account_id = t.account_id
LEFT JOIN accounts_user o ON o.id = p.owner_id
GROUP BY 1, 2, 3 ORDER BY 2 NULLS FIRST, 1
"""
)
