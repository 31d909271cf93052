"""The history of owners, kept right when an owner changes by hand: `[starts_on, ends_on)` by the portal's day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

# An owner known before any history was kept counts since ever, so that past periods do not fall to the new one.
REMEMBER = """
INSERT INTO accounts_ownership (account_id, user_id, role, starts_on)
SELECT v.id, v.user_id, %(role)s, '0001-01-01' FROM unnest(%(ids)s::bigint[], %(before)s::bigint[]) AS v(id, user_id)
WHERE v.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM accounts_ownership o WHERE o.account_id = v.id AND o.role = %(role)s)
"""
# Two changes on one day: the one in between never counted.
DROP = """
DELETE FROM accounts_ownership o USING accounts_account a
WHERE a.id = o.account_id AND a.id = ANY(%(ids)s) AND o.role = %(role)s AND o.starts_on >= %(day)s
  AND (o.ends_on IS NOT NULL OR o.user_id IS DISTINCT FROM a.{field})
"""
CLOSE = """
UPDATE accounts_ownership o SET ends_on = %(day)s FROM accounts_account a
WHERE a.id = o.account_id AND a.id = ANY(%(ids)s) AND o.role = %(role)s AND o.starts_on < %(day)s
  AND ((o.ends_on IS NULL AND o.user_id IS DISTINCT FROM a.{field}) OR o.ends_on > %(day)s)
"""
# Given back on the day it was taken: the old spell goes on.
REOPEN = """
UPDATE accounts_ownership o SET ends_on = NULL FROM accounts_account a
WHERE a.id = o.account_id AND a.id = ANY(%(ids)s) AND o.role = %(role)s AND o.ends_on = %(day)s AND o.user_id = a.{field}
  AND NOT EXISTS (SELECT FROM accounts_ownership n WHERE n.account_id = a.id AND n.role = %(role)s AND n.ends_on IS NULL)
"""
OPEN = """
INSERT INTO accounts_ownership (account_id, user_id, role, starts_on)
SELECT a.id, a.{field}, %(role)s, %(day)s FROM accounts_account a
WHERE a.id = ANY(%(ids)s) AND a.{field} IS NOT NULL
  AND NOT EXISTS (SELECT FROM accounts_ownership n WHERE n.account_id = a.id AND n.role = %(role)s AND n.ends_on IS NULL)
"""
STEPS = (REMEMBER, DROP, CLOSE, REOPEN, OPEN)
FIELDS = {"owner": "owner_id", "co_owner": "co_owner_id"}


def keep_ownership(role: str, before: Sequence[tuple[int, int | None]], day: date) -> None:
    """Bring the history of these accounts to what they say now, from `day` on. `before`: (account, the owner until now).

    Five statements whatever their number, in the caller's transaction; the same again changes nothing.
    """
    field = FIELDS[role]
    values: dict[str, Any] = {"role": role, "day": day, "ids": [pk for pk, _user in before], "before": [user for _pk, user in before]}
    with connection.cursor() as cursor:
        for step in STEPS:
            cursor.execute(step.format(field=field), values)
