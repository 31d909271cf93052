"""The accounts a user may see, as SQL for statements with named parameters: `visible_to` and nothing else decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet

from accounts.models import Account

if TYPE_CHECKING:
    from accounts.models import User


def visible_book(user: User) -> tuple[str, dict[str, Any]]:
    """SQL that yields the ids of the visible accounts, with its parameters by name."""
    try:
        sql, values = Account.objects.visible_to(user).order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "SELECT NULL::bigint WHERE false", {}
    names = [f"book_{place}" for place in range(len(values))]
    pieces = sql.split("%s")
    text = pieces[0] + "".join(f"%({name})s{piece}" for name, piece in zip(names, pieces[1:], strict=True))
    return text, dict(zip(names, values, strict=True))
