"""What happened at a customer, as SQL that the day's list and the news of the first page share: one way to tell each.

The statement around a part brings `asked` (today, as_of, visit, seen, zone), `state` (account_id, paying, zone, …) and `member`
(id, shown). A part makes a table of its own name: account_id, day, facts, is_new (since the last visit), rank. A store's facts count
for its brand.
"""

from __future__ import annotations

from typing import Any, Final

from churn.acting import policy

TICKETS = """
opened AS (
    SELECT m.shown AS account_id, local.day, count(*) AS tickets
    FROM asked, accounts_ticket t JOIN member m ON m.id = t.account_id JOIN state s ON s.account_id = m.shown
    CROSS JOIN LATERAL (SELECT (t.opened_at AT TIME ZONE s.zone)::date AS day) AS local
    WHERE t.opened_at >= (asked.seen - %(burst_days)s)::timestamp AT TIME ZONE 'UTC' AND local.day <= asked.today
    GROUP BY m.shown, local.day
),
burst AS (
    SELECT account_id, day, sum(tickets) OVER (
        PARTITION BY account_id ORDER BY day::timestamp RANGE BETWEEN %(burst_span)s::interval PRECEDING AND CURRENT ROW) AS tickets
    FROM opened
),
ticket_burst AS (
    SELECT b.account_id, max(b.day) AS day, jsonb_build_object('tickets', max(b.tickets)) AS facts, true AS is_new, 0 AS rank
    FROM asked, burst b WHERE b.tickets >= %(burst_tickets)s AND b.day > asked.seen GROUP BY b.account_id
),
"""

# Overdue from the day after the due day on; a failed collection is known from the day it was recorded. The worst bill speaks.
INVOICES = """
invoice_late AS (
    SELECT DISTINCT ON (m.shown) m.shown AS account_id, late.day, jsonb_build_object(
               'invoice', i.external_id, 'overdue_days', greatest(asked.today - i.due_on, 0),
               'failed', i.status = 'failed' OR i.failed_attempts > 0, 'attempts', i.failed_attempts,
               'amount', i.amount::text, 'currency', i.currency, 'bills', count(*) OVER (PARTITION BY m.shown)) AS facts,
           bool_or(late.day > asked.visit) OVER (PARTITION BY m.shown) AS is_new, 0 AS rank
    FROM asked, accounts_invoice i JOIN member m ON m.id = i.account_id JOIN state s ON s.account_id = m.shown
    CROSS JOIN LATERAL (
        SELECT CASE WHEN i.status = 'failed' OR i.failed_attempts > 0 THEN (i.recorded_at AT TIME ZONE s.zone)::date
                    ELSE i.due_on + 1 END AS day) AS late
    WHERE i.paid_on IS NULL AND i.status IN ('open', 'failed') AND late.day <= asked.today
    ORDER BY m.shown, (late.day > asked.visit) DESC, i.amount DESC, i.id
),
"""

REVIEWS = """
review_due AS (
    SELECT DISTINCT ON (m.shown) m.shown AS account_id, r.planned_on AS day,
           jsonb_build_object('kind', r.kind, 'planned_on', r.planned_on) AS facts,
           (CASE WHEN r.planned_on < asked.today THEN r.planned_on + 1 ELSE r.planned_on - %(review_ahead)s END) > asked.visit AS is_new,
           (r.planned_on >= asked.today)::integer AS rank
    FROM asked, health_review r JOIN member m ON m.id = r.account_id JOIN state s ON s.account_id = m.shown AND s.paying
    WHERE r.kind IN ('qbr', 'ebr') AND r.held_on IS NULL AND r.planned_on <= asked.today + %(review_ahead)s
      -- A plan whose day is over is history once one was held, or another is planned.
      AND NOT EXISTS (
          SELECT FROM health_review later JOIN member n ON n.id = later.account_id
          WHERE n.shown = m.shown AND later.kind IN ('qbr', 'ebr') AND (later.held_on >= r.planned_on
             OR (later.held_on IS NULL AND r.planned_on < asked.today AND later.planned_on >= asked.today)))
    ORDER BY m.shown, r.planned_on DESC, r.id
),
"""

LIMITS: Final[dict[str, Any]] = {
    "review_ahead": policy.REVIEW_AHEAD_DAYS,
    "burst_days": policy.BURST_DAYS,
    "burst_span": f"{policy.BURST_DAYS - 1} days",
    "burst_tickets": policy.BURST_TICKETS,
}
