"""What stands behind the facets of money: invoices, the contracts of now and a year ago, past dues."""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts.terms import DueState, settle
from health.explaining.reading import Reading, Viewed
from health.facets import curves
from health.term_reads import read_terms

_PAID = "CASE WHEN i.paid_on IS NULL AND i.status = 'paid' THEN coalesce(i.due_on, i.issued_on) ELSE i.paid_on END"
# Bills issued in 180 days, and older ones unpaid still; as they stood on the day. Days overdue end with the payment.
INVOICES = Reading(
    f"""
    SELECT b.external_id, b.store, b.issued_on, b.due_on, b.paid_on, b.amount, b.currency, b.status, b.unpaid,
           CASE WHEN b.due_on IS NULL THEN 0
                ELSE greatest(0, CASE WHEN b.unpaid THEN %(day)s::date ELSE b.paid_on END - b.due_on) END AS overdue_days,
           CASE WHEN b.unpaid AND coalesce(b.due_on, b.issued_on) <= %(day)s::date THEN b.failed_attempts ELSE 0 END AS failed_attempts,
           b.unpaid AND b.status = 'disputed' AS disputed, b.id, true AS counts, b.seen
    FROM (
        SELECT i.id, i.external_id, m.store, m.seen, i.issued_on, i.due_on, i.amount, i.currency, i.status, i.failed_attempts,
               CASE WHEN {_PAID} <= %(day)s::date THEN {_PAID} END AS paid_on, coalesce({_PAID} > %(day)s::date, true) AS unpaid
        FROM member m JOIN accounts_invoice i ON i.account_id = m.id
        WHERE i.status <> 'void' AND i.issued_on <= %(day)s::date
          AND (%(day)s::date < i.issued_on + {curves.INVOICE_DAYS} OR coalesce({_PAID} > %(day)s::date, true))
    ) b
    """,  # noqa: S608 - only constants enter
    "overdue_days DESC, failed_attempts DESC, issued_on DESC, id",
    (
        "external_id",
        "store",
        "issued_on",
        "due_on",
        "paid_on",
        "amount",
        "currency",
        "status",
        "unpaid",
        "overdue_days",
        "failed_attempts",
        "disputed",
        "counts",
    ),
)
# Contracts that pay on the day, or did on the day it is compared with (`then`).
CONTRACTS = Reading(
    """
    SELECT c.external_id, c.product, c.plan, c.starts_on, c.ends_on, c.mrr, c.currency, c.seats, c.id,
           coalesce(c.starts_on <= %(then)s::date AND (c.ends_on IS NULL OR c.ends_on > %(then)s::date), false) AS ran_then,
           c.starts_on <= %(day)s::date AND (c.ends_on IS NULL OR c.ends_on > %(day)s::date) AS runs_now, true AS counts, m.seen
    FROM member m JOIN accounts_contract c ON c.account_id = m.id
    WHERE c.mrr > 0 AND (
        (c.starts_on <= %(day)s::date AND (c.ends_on IS NULL OR c.ends_on > %(day)s::date))
        OR (c.starts_on <= %(then)s::date AND (c.ends_on IS NULL OR c.ends_on > %(then)s::date)))
    """,
    "starts_on DESC, id",
    ("external_id", "product", "plan", "starts_on", "ends_on", "mrr", "currency", "seats", "ran_then", "runs_now", "counts"),
)
DUE_COLUMNS = ("product", "starts_on", "due_on", "settled_on", "renewed", "mrr", "currency", "counts")


def due_rows(viewed: Viewed, day: date, grace_days: int) -> list[dict[str, Any]]:
    """Past dues whose outcome was known by the day, the latest first. `mrr` of the old term, in its largest currency."""
    settled = settle(read_terms([viewed.account.pk], viewed.zone), day, grace_days)
    rows = [
        {
            "product": one.due.product,
            "starts_on": one.due.starts_on,
            "due_on": one.due.ends_on,
            "settled_on": max(one.due.ends_on, one.resolved_on),
            "renewed": one.state is DueState.RENEWED,
            "mrr": one.due.amounts[one.due.currency],
            "currency": one.due.currency,
            "counts": True,
        }
        for one in settled
        if one.resolved_on is not None and max(one.due.ends_on, one.resolved_on) <= day
    ]
    return sorted(rows, key=lambda row: (row["due_on"], row["product"]), reverse=True)
