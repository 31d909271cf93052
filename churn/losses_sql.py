"""The statements behind the losses: when paying stopped, what it was worth, and the record and the fit that belong to it.

A loss is the end of an unbroken spell of contracts with MRR above 0, as the contracts say. All days are half-open as everywhere: a term
that covers the 31st last is lost on the 1st. docs/methods/reasons.md.
"""

from __future__ import annotations

from churn import policy

# `back_on`: first day on which it pays again. `late`: so soon that it counts as a late renewal.
STOPPED = """
spell AS MATERIALIZED (
    SELECT account_id, lower(days) AS since, upper(days) AS lost_on,
           lead(lower(days)) OVER (PARTITION BY account_id ORDER BY lower(days)) AS back_on
    FROM (
        SELECT c.account_id, unnest(range_agg(daterange(c.starts_on, c.ends_on))) AS days
        FROM accounts_contract c
        WHERE c.mrr > 0 AND c.starts_on <= %(as_of)s AND c.account_id IN (SELECT id FROM book)
        GROUP BY c.account_id
    ) AS unbroken
), stopped AS MATERIALIZED (
    SELECT account_id, since, lost_on, back_on, back_on <= lost_on + %(grace)s AS late FROM spell WHERE lost_on <= %(as_of)s
)"""
# A record belongs to the account's nearest loss; of several the one entered in the portal counts, then the latest known.
RECORDS = f"""
placed AS (
    SELECT DISTINCT ON (r.id) r.id, s.account_id, s.lost_on
    FROM churn_churnrecord r JOIN stopped s ON s.account_id = r.account_id
    WHERE r.withdrawn_at IS NULL AND abs(s.lost_on - r.churned_on) <= {policy.RECORD_REACH_DAYS}
    ORDER BY r.id, abs(s.lost_on - r.churned_on), s.lost_on
), record AS MATERIALIZED (
    SELECT DISTINCT ON (p.account_id, p.lost_on) p.account_id AS of_account, p.lost_on AS of_loss, r.*
    FROM placed p JOIN churn_churnrecord r ON r.id = p.id
    ORDER BY p.account_id, p.lost_on, r.entered_by_id IS NULL, r.recorded_at DESC, r.id DESC
)"""  # noqa: S608 - a constant enters
# MRR at the end of the spell, in the reporting currency at the rate of the day of the loss; null where a rate is missing.
WORTH = """
LEFT JOIN LATERAL (
    SELECT CASE WHEN bool_and(rate.value IS NOT NULL) THEN round_half_even(sum(c.mrr * rate.value), 2) END AS reporting,
           (array_agg(c.plan ORDER BY c.mrr DESC, c.starts_on DESC, c.id DESC))[1] AS plan, array_agg(c.product) AS products
    FROM accounts_contract c
    LEFT JOIN LATERAL (
        SELECT CASE WHEN c.currency = %(reporting)s THEN 1 ELSE (
            SELECT x.rate FROM accounts_exchangerate x WHERE x.currency = c.currency AND x.day <= s.lost_on ORDER BY x.day DESC LIMIT 1
        ) END AS value
    ) AS rate ON true
    WHERE c.account_id = s.account_id AND c.mrr > 0 AND c.starts_on < s.lost_on AND (c.ends_on IS NULL OR c.ends_on >= s.lost_on)
) AS worth ON true"""
# The fit as it was known at the close of the day so long before the loss.
FIT = f"""
LEFT JOIN LATERAL (
    SELECT f.fit, f.recorded_at FROM accounts_fitrecord f
    WHERE f.account_id = s.account_id
      AND f.recorded_at < (s.lost_on - {policy.FIT_LEAD_DAYS - 1})::timestamp AT TIME ZONE coalesce(nullif(a.timezone, ''), %(zone)s)
    ORDER BY f.recorded_at DESC, f.id DESC LIMIT 1
) AS fitted ON true"""  # noqa: S608 - a constant enters
# `state`: late (renewed late: no loss), fresh (the grace still runs and nobody has said why), else lost.
LOSSES = f"""
WITH book (id) AS MATERIALIZED ({{book}}), {STOPPED}, {RECORDS}, loss AS (
    SELECT s.account_id, a.external_id, a.name, a.industry, holder.id AS owner_id,
           CASE WHEN holder.is_active THEN coalesce(nullif(holder.name, ''), holder.email) END AS owner,
           s.since, s.lost_on, s.back_on, worth.plan, worth.reporting AS amount,
           CASE WHEN r.id IS NOT NULL THEN 'lost' WHEN s.late THEN 'late'
                WHEN s.back_on IS NULL AND s.lost_on + %(grace)s >= %(as_of)s THEN 'fresh' ELSE 'lost' END AS state,
           r.id AS record_id, r.type, r.cause, r.cause_source, r.note, r.churned_on, r.regrettable AS told, r.recorded_at,
           r.entered_by_id AS author_id, coalesce(nullif(author.name, ''), author.email) AS author,
           fitted.fit AS fit_then, fitted.recorded_at AS fit_recorded_at, a.fit AS fit_now,
           coalesce(r.regrettable, CASE fitted.fit WHEN 'good' THEN true WHEN 'poor' THEN false END) AS regrettable
    FROM stopped s
    JOIN accounts_account a ON a.id = s.account_id
    LEFT JOIN accounts_user holder ON holder.id = a.owner_id
    LEFT JOIN record r ON r.of_account = s.account_id AND r.of_loss = s.lost_on
    LEFT JOIN accounts_user author ON author.id = r.entered_by_id
    {WORTH}{FIT}{{joins}}
    WHERE s.lost_on >= %(first)s AND s.lost_on < %(after)s AND {{where}}
)
"""  # noqa: S608 - only constants enter
# `n` and `total` are of all rows that are chosen, whatever the page shows.
LIST = """
SELECT loss.*, count(*) OVER () AS n, sum(amount) OVER () AS total
FROM loss WHERE {chosen}
ORDER BY {order} LIMIT %(limit)s OFFSET %(start)s
"""
# One pass for every count of the page. Won back or not is known once the days are over, also where the customer was back sooner:
# else the quick ones alone would count.
COUNTS = f"""
SELECT GROUPING(type, cause, cause_source, regrettable) AS level, type, cause, cause_source, regrettable,
       count(*) FILTER (WHERE state = 'lost') AS losses,
       coalesce(sum(amount) FILTER (WHERE state = 'lost'), 0) AS amount,
       count(*) FILTER (WHERE state = 'lost' AND amount IS NULL) AS without_rate,
       count(*) FILTER (WHERE state = 'lost' AND record_id IS NULL) AS unrecorded,
       count(*) FILTER (WHERE state = 'lost' AND (record_id IS NULL OR cause_source = 'refused')) AS silent,
       count(*) FILTER (WHERE state = 'fresh') AS fresh,
       count(*) FILTER (WHERE state = 'late') AS late,
       count(*) FILTER (WHERE state = 'lost' AND observed) AS observed,
       count(*) FILTER (WHERE state = 'lost' AND observed AND back_on <= lost_on + {policy.WIN_BACK_DAYS}) AS back
FROM (
    SELECT state, lost_on, back_on, amount, record_id, lost_on + {policy.WIN_BACK_DAYS} <= %(as_of)s AS observed,
           type, nullif(cause, '') AS cause, nullif(cause_source, '') AS cause_source, regrettable
    FROM loss
) AS told
GROUP BY GROUPING SETS ((), (type), (cause, cause_source), (regrettable))
"""  # noqa: S608 - a constant enters
