"""Tags of the book's table."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString

from csm_portal.portal.book.drawn import drawn_row
from csm_portal.portal.book.rows import BookRow
from csm_portal.portal.likelihood.words import Chance, chance_of

register = template.Library()


@register.filter
def cell_text(row: BookRow, key: str) -> str:
    """What a plain column of the row shows."""
    return row.text(key)


@register.filter
def likelihood(row: BookRow) -> Chance:
    """How likely the row's account renews, in words; the table reads it where the column is shown."""
    return chance_of(getattr(row.state, "told", None))


@register.simple_tag(takes_context=True)
def book_row(context: Context, row: BookRow) -> SafeString:
    """The row's HTML, drawn anew only when something in it has changed. Reads `columns` and the words that all rows share."""
    shared: dict[str, Any] = {name: context.get(name) for name in ("selectable", "select_word", "evidence_word", "expand_icon")}
    return drawn_row(row, context["columns"], shared)
