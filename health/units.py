"""What happens in an account's units: outlets and departments, and the stores that count for it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection

from accounts.models import Account
from health.activity_reads import plain

# Stores without contract of their own are units of the account they count for; seats without unit, and what named none, come last.
SQL = """
SELECT CASE WHEN a.id <> %(account)s THEN a.name END AS store, u.name AS unit,
       sum(s.key_actions), count(DISTINCT s.seat_id) FILTER (WHERE s.seat_id <> 0 AND s.key_actions > 0),
       count(DISTINCT s.day) FILTER (WHERE s.key_actions > 0), count(DISTINCT s.seat_id) FILTER (WHERE s.seat_id <> 0 AND s.logged_in)
FROM seat_day s
JOIN health_publishedslice p ON p.grain = 'day' AND p.starts_on = s.day
LEFT JOIN accounts_seat t ON t.id = s.seat_id
LEFT JOIN accounts_unit u ON u.id = t.unit_id
LEFT JOIN accounts_account a ON a.id = t.account_id
WHERE s.account_id = %(account)s AND s.day >= %(first)s AND s.day < %(after)s
GROUP BY 1, 2
ORDER BY 1 NULLS FIRST, 2 NULLS LAST
"""


def account_units(account: Account, first: date, last: date) -> list[dict[str, Any]]:
    """Per unit over the published days of `[first, last)`: key actions, seats with one, days with one, seats that logged in.

    `store` names a counted account, `unit` an outlet or department in it; both None: seats without unit, and what named no seat.
    """
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"account": account.pk, "first": first, "after": last})
        rows = cursor.fetchall()
    return [
        {
            "store": store,
            "unit": unit,
            "key_actions": plain(total),
            "active_seats": seats,
            "active_days": days,
            "logged_in_seats": logged_in,
        }
        for store, unit, total, seats, days, logged_in in rows
    ]
