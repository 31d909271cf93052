"""Rows of the book as they were drawn last: a row that has not changed is not drawn again for the same reader.

Drawing fifty rows of fifteen cells takes most of the time of the page, and between two nights hardly any of them changes. What a row
shows is a function of the values in `row_key` and of nothing else: no token, no address of the page and no clock may enter its template.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from csm_portal.portal.drawn import Drawn, values_of

if TYPE_CHECKING:
    from csm_portal.portal.book.columns import Column
    from csm_portal.portal.book.rows import BookRow

# About 5 KB each, so 10 MB in a process.
MOST_ROWS = 2000
_rows: Drawn[SafeString] = Drawn(MOST_ROWS)


def drawn_row(row: BookRow, columns: Sequence[Column], shared: dict[str, Any]) -> SafeString:
    """The row's HTML in the language in force. `shared` is what the template reads beside the row: the same for every row of a page."""
    key = (get_language(), tuple(column.key for column in columns), tuple(shared.items()), *row_key(row))
    values = {"row": row, "columns": columns, **shared}
    return _rows.get(key, lambda: SafeString(render_to_string("portal/_book_row.html", values)))


def row_key(row: BookRow) -> tuple[Any, ...]:
    """Everything the row has read from the database, and the day it is looked at."""
    account = row.account
    return row.today, values_of(row.state), values_of(account), account.owner.get_full_name() if account.owner else ""
