"""The book as a table for any page that shows it: rows, page and headings of what the address asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings

from csm_portal.portal.book.columns import headings
from csm_portal.portal.book.rows import book_row
from csm_portal.web import Request, paginate, today, without_empty
from health.models import AccountState

if TYPE_CHECKING:
    from csm_portal.portal.book.quick import BookForm


def book_context(request: Request, form: BookForm, *, page: str = "accounts") -> dict[str, Any]:
    """What `portal/_book.html` places: one query for the rows and their number. `page` names the table that preferences are kept for."""
    request.GET = cast("Any", without_empty(request.GET))  # links are made of it
    states = AccountState.objects.visible_to(request.user).select_related("account", "account__owner").defer("facets", "caps")
    found, where = paginate(form.in_order(form.narrow(states)), request.GET.get("page"))
    day = today()
    return {
        "form": form,
        "table": page,
        "filtered": bool(form.asked()),
        "rows": [book_row(state, day) for state in found],
        "page": where,
        "columns": headings(form),
        "as_of": max((state.as_of for state in found), default=None),
        "run_id": found[0].run_id if found else None,
        "fixed_today": settings.PORTAL_AS_OF,
    }
