"""Closed renewals of the whole book, for asking which definition would have told them apart."""

from __future__ import annotations

from datetime import date

from django.db import connection

from churn.k_sql import RULE, SHORTEST_TERM
from health.lab.separation import PastRenewal

CLOSED = f"""
{RULE.format(book="SELECT NULL::bigint WHERE false")}
SELECT c.account_id, c.ends_on, c.state = 'renewed'
FROM churn_renewalcase c
WHERE c.state <> 'open' AND c.ends_on - c.starts_on >= {SHORTEST_TERM} AND c.ends_on < (SELECT closed_before FROM rule)
ORDER BY c.ends_on, c.id
"""  # noqa: S608 - only constants enter


def past_renewals(as_of: date) -> list[PastRenewal]:
    """Dues of terms of 90 days or more whose grace is over on the day, of every account; renewed or lost. docs/methods/k.md."""
    with connection.cursor() as cursor:
        cursor.execute(CLOSED, {"as_of": as_of})
        return [PastRenewal(*row) for row in cursor.fetchall()]
