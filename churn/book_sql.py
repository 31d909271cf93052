"""The visible accounts as the first part of a statement; nothing at all for who sees every account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.models import Account
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User


def seen_by(user: User, column: str) -> tuple[str, str, dict[str, Any]]:
    """A leading `book (id) AS …, `, the condition that a column of account ids lies in it, and the parameters.

    `visible_to` alone decides; where it narrows nothing the condition is `true`, so that large tables are read straight through.
    """
    if not Account.objects.visible_to(user).query.where:
        return "", "true", {}
    book, params = visible_book(user)
    return f"book (id) AS MATERIALIZED ({book}), ", f"{column} IN (SELECT id FROM book)", params  # noqa: S608 - names of ours
