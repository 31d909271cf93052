"""Contracts and exchange rates as plain values: read by the night, and by a page that settles one account, so without pandas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import connection

from accounts.terms import Term


def read_terms(account_ids: Sequence[int] | None, zone: str) -> list[Term]:
    """Contracts of the accounts (None: of all) as terms, by account and start. Known from the local day they were recorded."""
    query = """
        SELECT c.id, c.account_id, c.product, c.starts_on, c.ends_on, c.currency, c.mrr, c.auto_renew, c.notice_days, c.plan,
               (c.recorded_at AT TIME ZONE coalesce(nullif(a.timezone, ''), %(zone)s))::date
        FROM accounts_contract c JOIN accounts_account a ON a.id = c.account_id
        WHERE %(accounts)s::bigint[] IS NULL OR c.account_id = ANY(%(accounts)s)
        ORDER BY c.account_id, c.starts_on, c.id
    """
    with connection.cursor() as cursor:
        cursor.execute(query, {"accounts": None if account_ids is None else list(account_ids), "zone": zone})
        return [Term(*row) for row in cursor.fetchall()]


def exchange_rates(last: date) -> list[tuple[str, date, Decimal]]:
    """(currency, day, rate) up to a day."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT currency, day, rate FROM accounts_exchangerate WHERE day <= %s", [last])
        return [(currency, day, rate) for currency, day, rate in cursor.fetchall()]
