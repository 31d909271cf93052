# ruff: noqa: S608 - composed of names of this module alone
"""The one statement behind "since your last visit": an arm per kind of news over the visible book.

Rows are (kind, place among its kind, how many of the kind, account, day, facts); only the first of each kind come back. Everything that
happened counts for the account that pays: a store's ticket for its brand. Days are the account's local ones.
"""

from __future__ import annotations

from churn.acting import news_sql
from churn.acting.news_sql import INVOICES, REVIEWS, TICKETS
from csm_portal.portal.today import policy
from health.judging.rating_queue_sql import DUE

# For this statement alone (sent with it, so its own transaction): compiling it takes longer than running it, and its sorts fit in memory.
SETTINGS = "SET LOCAL jit = off; SET LOCAL work_mem = '32MB';"
HEAD = """
WITH book (id) AS MATERIALIZED ({book}),
asked AS MATERIALIZED (
    SELECT %(today)s::date AS today, %(as_of)s::date AS as_of, %(visit)s::date AS visit, %(seen)s::date AS seen, coalesce((
        SELECT nullif(body ->> 'default_timezone', '') FROM accounts_calendardefinition ORDER BY version DESC LIMIT 1), %(zone)s) AS zone
),
state AS MATERIALIZED (
    SELECT s.account_id, s.paying, s.band, s.mrr_reporting, s.strip, coalesce(nullif(a.timezone, ''), asked.zone) AS zone
    FROM asked, health_accountstate s JOIN accounts_account a ON a.id = s.account_id JOIN book b ON b.id = s.account_id
),
member (id, shown) AS (
    SELECT a.id, s.account_id FROM accounts_account a JOIN state s ON s.account_id = coalesce(a.counts_for_id, a.id)
),
"""

# Usual level: the median of the last open days up to a day; the even middle takes the lower one, on both sides alike. A fall also needs
# the mean to have come down by half a level, so that one day leaving the window and another entering it is no news.
LEVELS = """
may_have_fallen AS MATERIALIZED (
    -- The strip of the current row rules most accounts out without a look at their days: nothing since is below anything before.
    SELECT s.account_id FROM state s
    CROSS JOIN LATERAL (
        SELECT right(s.strip, %(gap)s) AS since, left(s.strip, greatest(length(s.strip) - %(gap)s, 0)) AS before) AS part
    WHERE s.paying AND (
        %(gap)s > %(strip_reach)s OR (part.before ~ 'H' AND part.since ~ '[ZLM]') OR (part.before ~ 'M' AND part.since ~ '[ZL]')
        OR (part.before ~ 'L' AND part.since ~ 'Z'))
),
open_day AS (
    -- One sort for both sides, by numbers and dates alone: `back` counts from the newest day, `back_then` from the last visit's.
    SELECT d.account_id, d.day, d.level, row_number() OVER newest_first AS back,
           count(*) FILTER (WHERE d.day <= %(seen)s::date) OVER newest_first AS back_then
    FROM may_have_fallen f
    JOIN health_accountday d ON d.account_id = f.account_id AND d.day <= %(as_of)s::date AND d.day > %(seen)s::date - %(look_back)s
        AND (d.day <= %(seen)s::date OR d.day > %(as_of)s::date - %(look_back)s)
    JOIN health_publishedslice p ON p.grain = 'day' AND p.starts_on = d.day AND p.run_id = d.run_id
    WHERE d.working
    WINDOW newest_first AS (PARTITION BY d.account_id ORDER BY d.day DESC ROWS UNBOUNDED PRECEDING)
),
usual AS (
    SELECT o.account_id,
           count(*) FILTER (WHERE side.now) AS now_days, max(o.day) FILTER (WHERE side.now) AS now_day,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY o.level) FILTER (WHERE side.now) AS now_level,
           avg(o.level) FILTER (WHERE side.now) AS now_mean,
           count(*) FILTER (WHERE side.earlier) AS then_days, max(o.day) FILTER (WHERE side.earlier) AS then_day,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY o.level) FILTER (WHERE side.earlier) AS then_level,
           avg(o.level) FILTER (WHERE side.earlier) AS then_mean
    FROM open_day o
    CROSS JOIN LATERAL (
        SELECT o.back <= %(open_days)s AND o.day > %(as_of)s::date - %(look_back)s AS now,
               o.back_then BETWEEN 1 AND %(open_days)s AND o.day <= %(seen)s::date AS earlier) AS side
    WHERE o.level >= 0 AND (side.now OR side.earlier)
    GROUP BY o.account_id
),
level_fell AS (
    SELECT account_id, now_day AS day, jsonb_build_object('from', then_level, 'to', now_level) AS facts, true AS is_new, 0 AS rank
    FROM usual
    WHERE now_days >= %(min_open_days)s AND then_days >= %(min_open_days)s
      AND now_level < then_level AND now_mean <= then_mean - %(mean_drop)s AND now_day > then_day
),
"""

# Worse first: towards red, or lost from sight. The day is the first of the band that holds now.
BANDS = """
band_changed AS (
    SELECT s.account_id, coalesce(turn.day, asked.as_of) AS day, jsonb_build_object('from', h.band, 'to', s.band) AS facts, true AS is_new,
           (array_position(ARRAY['red', 'unknown', 'amber', 'green'], s.band)
            > array_position(ARRAY['red', 'unknown', 'amber', 'green'], h.band))::integer AS rank
    FROM asked
    JOIN health_publishedslice p ON p.grain = 'health' AND p.starts_on = (
        SELECT max(starts_on) FROM health_publishedslice WHERE grain = 'health' AND starts_on <= asked.seen)
    JOIN health_healthscore h ON h.day = p.starts_on AND h.run_id = p.run_id
    JOIN state s ON s.account_id = h.account_id AND s.paying AND s.band <> h.band
    LEFT JOIN LATERAL (
        SELECT max(o.day) + 1 AS day FROM health_healthscore o
        JOIN health_publishedslice q ON q.grain = 'health' AND q.starts_on = o.day AND q.run_id = o.run_id
        WHERE o.account_id = s.account_id AND o.day >= p.starts_on AND o.day < asked.as_of AND o.band <> s.band
    ) AS turn ON true
),
"""

# The rule of the queue, so that both tell the same accounts.
RATINGS = f"""
rating_due AS (
    WITH {DUE}
    SELECT t.account_id, t.due_on AS day,
           jsonb_build_object('rated_on', t.rated_on, 'never', t.never, 'expired', t.expired,
                              'planned_on', CASE WHEN t.never + t.expired = 0 THEN t.planned_on END) AS facts,
           t.due_on > %(visit)s::date AS is_new, 0 AS rank
    FROM standing t WHERE t.due_on IS NOT NULL
),
"""

# Notes that name the reader, the latest of each account; a note is no news to its author.
MENTIONS = """
mentioned AS (
    SELECT DISTINCT ON (m.shown) m.shown AS account_id, local.day, jsonb_build_object(
               'by', coalesce(nullif(u.name, ''), u.email), 'text', left(n.text, 300),
               'notes', count(*) OVER (PARTITION BY m.shown)) AS facts, true AS is_new, 0 AS rank
    FROM asked, accounts_mention t JOIN accounts_note n ON n.id = t.note_id JOIN member m ON m.id = n.account_id
    JOIN state s ON s.account_id = m.shown JOIN accounts_user u ON u.id = n.author_id
    CROSS JOIN LATERAL (SELECT least((n.written_at AT TIME ZONE asked.zone)::date, asked.today) AS day) AS local
    WHERE t.user_id = %(reader)s AND n.author_id <> %(reader)s AND n.written_at >= coalesce(
        (SELECT v.last_at FROM accounts_visit v WHERE v.user_id = %(reader)s AND v.day = asked.visit),
        asked.visit::timestamp AT TIME ZONE asked.zone)
    ORDER BY m.shown, n.written_at DESC
),
"""

# The windows of `windows.py`, as places between their bounds: 0 overdue, 1 0-29 days, 2 30-59, 3 60-90, 4 further off.
RENEWALS = """
due AS (
    SELECT DISTINCT ON (c.account_id) c.account_id, c.decision_on, c.ends_on, c.product, c.due_reporting,
           width_bucket(c.decision_on - asked.today, %(bounds)s::integer[]) AS now,
           width_bucket(c.decision_on - asked.visit, %(bounds)s::integer[]) AS earlier
    FROM asked, churn_renewalcase c
    WHERE c.state = 'open' AND width_bucket(c.decision_on - asked.today, %(bounds)s::integer[]) < cardinality(%(bounds)s::integer[])
      AND c.account_id IN (SELECT account_id FROM state)
    ORDER BY c.account_id, c.decision_on, c.id
),
renewal_window AS (
    SELECT d.account_id, d.decision_on - (%(bounds)s::integer[])[d.now + 1] + 1 AS day,
           jsonb_build_object('window', d.now, 'decision_on', d.decision_on, 'ends_on', d.ends_on) AS facts,
           d.now <> d.earlier AS is_new, d.now AS rank
    FROM due d WHERE d.now <> d.earlier OR d.now = 0
),
"""

KINDS = ("mentioned", "renewal_window", "invoice_late", "band_changed", "level_fell", "ticket_burst", "review_due", "rating_due")

# Rules of the day's list that tell the same as a kind of news.
IN_DAY_LIST = {
    "renewal_window": ("renewal_overdue", "renewal_forecast", "renewal_usage", "renewal_pack"),
    "invoice_late": ("invoice_late",),
    "band_changed": ("band_worse",),
    "level_fell": ("level_fell", "usage_drop"),
    "ticket_burst": ("ticket_burst",),
    "review_due": ("review_due",),
    "rating_due": ("rating_due",),
}
TAIL = (
    "news AS (\n"
    # A kind is its place in KINDS, from 1: numbers sort faster than words.
    + "\nUNION ALL\n".join(f"    SELECT {n} AS kind, account_id, day, facts, is_new, rank FROM {kind}" for n, kind in enumerate(KINDS, 1))
    + """
), told AS (
    -- What the day's list tells of, or told since the visit and somebody closed, is no further change.
    SELECT rule.kind, i.account_id FROM asked, churn_actionitem i
    JOIN unnest(%(item_kinds)s::integer[], %(item_rules)s::text[]) AS rule (kind, name) ON rule.name = i.rule
    WHERE i.state IN ('open', 'snoozed') OR (i.state <> 'cleared' AND i.closed_at >= asked.visit)
), placed AS (
    SELECT n.*, count(*) FILTER (WHERE n.is_new) OVER (PARTITION BY n.kind) AS n_new, count(*) OVER (PARTITION BY n.kind) AS n_all,
           row_number() OVER (
               PARTITION BY n.kind, n.is_new ORDER BY n.rank, s.mrr_reporting DESC NULLS LAST, n.day DESC, n.account_id) AS place,
           s.mrr_reporting
    FROM news n JOIN state s ON s.account_id = n.account_id
    WHERE NOT EXISTS (SELECT FROM told t WHERE t.kind = n.kind AND t.account_id = n.account_id)
)
SELECT (%(kinds)s::text[])[p.kind], p.is_new, p.n_new, p.n_all, nullif(p.day, '-infinity') AS day, p.facts::text, p.rank,
       p.mrr_reporting, a.external_id, a.name, t.mrr, t.currency, t.renewal_on, t.decision_on, t.top_reason::text
FROM placed p
JOIN accounts_account a ON a.id = p.account_id
JOIN health_accountstate t ON t.account_id = p.account_id
WHERE p.place <= %(kept)s
ORDER BY p.kind, p.is_new DESC, p.place
"""
)

STATEMENT = "".join((HEAD, LEVELS, BANDS, RATINGS, TICKETS, INVOICES, REVIEWS, MENTIONS, RENEWALS, TAIL))
LIMITS = {
    **news_sql.LIMITS,
    # Days of the strip left for the days before the last visit.
    "strip_reach": policy.STRIP_DAYS - policy.LOOK_BACK_DAYS,
    "look_back": policy.LOOK_BACK_DAYS,
    "open_days": policy.OPEN_DAYS,
    "min_open_days": policy.MIN_OPEN_DAYS,
    "mean_drop": policy.MEAN_DROP,
    "bounds": [*(start for _key, start in policy.WINDOWS if start is not None), policy.LAST_WINDOW_DAY + 1],
    "kept": policy.FOLDED_PER_KIND,
    "kinds": list(KINDS),
    "item_kinds": [KINDS.index(kind) + 1 for kind, rules in IN_DAY_LIST.items() for _rule in rules],
    "item_rules": [rule for rules in IN_DAY_LIST.values() for rule in rules],
}
