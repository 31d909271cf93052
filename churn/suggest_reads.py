"""The facts that a suggested type goes by, for a handful of losses in one query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

from churn import policy
from churn.suggest import Facts, Suggestion, suggest
from health.books import visible_book

if TYPE_CHECKING:
    from datetime import date

    from accounts.models import User
    from churn.losses import Loss

# What happened after the as-of day stays out. An answer counts once per person and question, the latest one; a bill under dispute says
# nothing about a payment that lapsed.
FACTS = f"""
SELECT w.account_id, w.lost_on, reached.statement, reached.achieved_on, a.need = 'one_off', said.content, said.n, failed.day, overdue.day,
       card.day, billed.n, billed.unpaid, decided.day
FROM unnest(%(accounts)s::bigint[], %(days)s::date[]) AS w (account_id, lost_on)
JOIN accounts_account a ON a.id = w.account_id
LEFT JOIN LATERAL (
    SELECT o.statement, o.achieved_on FROM health_outcome o
    WHERE o.account_id = w.account_id AND o.status = 'achieved' AND (o.withdrawn_on IS NULL OR o.withdrawn_on > w.lost_on)
      AND (o.achieved_on IS NULL OR o.achieved_on <= w.lost_on)
    ORDER BY o.achieved_on DESC NULLS LAST, o.id DESC LIMIT 1
) AS reached ON true
LEFT JOIN LATERAL (
    SELECT avg(latest.score / latest.scale)::float8 AS content, count(*) AS n FROM (
        SELECT DISTINCT ON (s.kind, coalesce(s.seat_id, -s.id)) s.score, s.scale FROM accounts_surveyresponse s
        WHERE s.account_id = w.account_id
          AND (s.responded_at AT TIME ZONE coalesce(nullif(a.timezone, ''), %(zone)s))::date
              BETWEEN w.lost_on - {policy.ANSWER_DAYS} AND w.lost_on - 1
        ORDER BY s.kind, coalesce(s.seat_id, -s.id), s.responded_at DESC, s.id DESC
    ) AS latest
) AS said ON true
LEFT JOIN LATERAL (
    SELECT max(coalesce(i.due_on, i.issued_on)) AS day FROM accounts_invoice i
    WHERE i.account_id = w.account_id AND i.issued_on <= %(as_of)s
      AND coalesce(i.due_on, i.issued_on) BETWEEN w.lost_on - {policy.PAYMENT_BEFORE_DAYS} AND w.lost_on + {policy.PAYMENT_AFTER_DAYS}
      AND (i.status = 'failed' OR (i.failed_attempts > 0 AND i.status <> 'disputed' AND (i.paid_on IS NULL OR i.paid_on > w.lost_on)))
) AS failed ON true
LEFT JOIN LATERAL (
    SELECT max(i.due_on) AS day FROM accounts_invoice i
    WHERE i.account_id = w.account_id AND i.issued_on <= %(as_of)s AND i.status IN ('open', 'paid') AND i.failed_attempts = 0
      AND i.due_on BETWEEN w.lost_on - {policy.PAYMENT_BEFORE_DAYS} AND least(w.lost_on, %(as_of)s) - 1
      AND (i.paid_on IS NULL OR i.paid_on > w.lost_on)
) AS overdue ON true
LEFT JOIN LATERAL (
    SELECT max(c.payment_method_expires_on) AS day FROM accounts_contract c
    WHERE c.account_id = w.account_id AND c.mrr > 0 AND c.starts_on < w.lost_on AND (c.ends_on IS NULL OR c.ends_on >= w.lost_on)
      AND c.payment_method_expires_on BETWEEN w.lost_on - {policy.PAYMENT_BEFORE_DAYS} AND w.lost_on + {policy.PAYMENT_AFTER_DAYS}
      AND c.payment_method_expires_on <= %(as_of)s
) AS card ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS n, count(*) FILTER (WHERE i.paid_on IS NULL OR i.paid_on > w.lost_on) AS unpaid FROM accounts_invoice i
    WHERE i.account_id = w.account_id AND i.status <> 'void'
      AND i.issued_on BETWEEN w.lost_on - {policy.BILLS_DAYS} AND w.lost_on - 1
) AS billed ON true
LEFT JOIN LATERAL (
    SELECT max(d.decided_on) AS day FROM churn_caseoutcome d
    WHERE d.account_id = w.account_id AND d.state = 'lost' AND d.withdrawn_at IS NULL AND d.ends_on = w.lost_on
) AS decided ON true
WHERE w.account_id IN (SELECT id FROM book)
"""  # noqa: S608 - only constants enter


def suggestions(user: User, losses: Iterable[Loss], as_of: date) -> dict[tuple[int, date], Suggestion]:
    """The suggested type by (account, day of the loss), for losses of accounts that the user sees; one query, none without losses."""
    wanted = {(loss.account_id, loss.lost_on): loss for loss in losses}
    if not wanted:
        return {}
    book, params = visible_book(user)
    statement = f"WITH book (id) AS MATERIALIZED ({book}){FACTS}"
    params |= {
        "accounts": [account for account, _day in wanted],
        "days": [day for _account, day in wanted],
        "as_of": as_of,
        "zone": settings.TIME_ZONE,
    }
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        for account, lost_on, *rest in cursor.fetchall():
            found[account, lost_on] = suggest(Facts(lost_on, wanted[account, lost_on].back_on, *rest))
    return found
