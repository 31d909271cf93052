"""The statement behind the payment reminders: whom to remind, of what, and how they want to be reached."""

from __future__ import annotations

from typing import Final

# A card is spoken of so many days before it expires; a bill that failed, so many days after it was due.
BEFORE_DAYS: Final = 30
FAILURE_DAYS: Final = 180
CARD, BILL = "expiry", "failure"

# One reminder per account and day on which cards expire, however many contracts they pay: the cause names the oldest of them and the day,
# and the day counts also when that contract has ended since. Contracts that end before the card does need none.
CAUSES = f"""
card AS (
    SELECT c.account_id, c.payment_method_expires_on AS day, min(c.id) AS contract_id, NULL::bigint AS invoice_id,
           min(c.currency) AS currency, CASE WHEN count(DISTINCT c.currency) = 1 THEN sum(c.mrr) END AS amount,
           concat('{CARD}:', min(c.id), ':', to_char(c.payment_method_expires_on, 'YYYY-MM-DD')) AS cause
    FROM accounts_contract c
    WHERE c.account_id IN (SELECT id FROM book) AND c.mrr > 0 AND c.starts_on <= %(today)s
      AND (c.ends_on IS NULL OR c.ends_on > %(today)s) AND (c.ends_on IS NULL OR c.auto_renew OR c.ends_on > c.payment_method_expires_on)
      AND c.payment_method_expires_on BETWEEN %(today)s AND %(today)s::date + {BEFORE_DAYS}
    GROUP BY c.account_id, c.payment_method_expires_on
), bill AS (
    SELECT i.account_id, coalesce(i.due_on, i.issued_on) AS day, NULL::bigint AS contract_id, i.id AS invoice_id, i.currency, i.amount,
           concat('{BILL}:', i.id, ':', i.failed_attempts) AS cause
    FROM accounts_invoice i
    WHERE i.account_id IN (SELECT id FROM book) AND i.paid_on IS NULL AND i.issued_on <= %(today)s
      AND (i.status = 'failed' OR (i.status = 'open' AND i.failed_attempts > 0))
      AND coalesce(i.due_on, i.issued_on) >= %(today)s::date - {FAILURE_DAYS}
)"""  # noqa: S608 - only constants enter
CANDIDATES = f"""
WITH book (id) AS MATERIALIZED ({{book}}), {CAUSES}
SELECT t.cause,
       CASE WHEN t.invoice_id IS NULL THEN 'before_expiry' ELSE 'after_failure' END AS kind,
       a.id, a.external_id, a.name, owner.name, owner.email, t.contract_id, t.invoice_id, t.day, t.amount, t.currency,
       p.id, p.name, p.email, p.phone, p.preferred_channel, p.language, p.opted_out_at IS NOT NULL
FROM (SELECT * FROM card UNION ALL SELECT * FROM bill) AS t
JOIN accounts_account a ON a.id = t.account_id
LEFT JOIN accounts_user owner ON owner.id = a.owner_id AND owner.is_active
LEFT JOIN LATERAL (
    SELECT * FROM accounts_contact x
    WHERE x.account_id = a.id AND x.role = 'billing' AND (x.left_on IS NULL OR x.left_on > %(today)s)
    ORDER BY x.opted_out_at IS NOT NULL, x.email = '', x.id DESC LIMIT 1
) AS p ON true
WHERE NOT EXISTS (SELECT FROM churn_paymentreminder r WHERE r.cause = t.cause)
  AND NOT EXISTS (SELECT FROM churn_paymentreminder r
                  WHERE t.invoice_id IS NULL AND r.account_id = a.id AND r.kind = 'before_expiry'
                    AND right(r.cause, 10) = to_char(t.day, 'YYYY-MM-DD'))
  AND (%(cause)s = '' OR %(cause)s = t.cause)
ORDER BY kind, t.day, a.name, a.id
"""  # noqa: S608 - only constants enter
