"""Tags of the book's table."""

from django import template

from csm_portal.portal.book.rows import BookRow

register = template.Library()


@register.filter
def cell_text(row: BookRow, key: str) -> str:
    """What a plain column of the row shows."""
    return row.text(key)
