"""The book as a table for any page that shows it: rows, page and headings of what the address asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from csm_portal.portal.book.asked import Asked
from csm_portal.portal.book.columns import computed, headings
from csm_portal.portal.book.fields import star_threshold
from csm_portal.portal.book.rows import book_row
from csm_portal.portal.icons import icon
from csm_portal.portal.likelihood.reads import told_of
from csm_portal.web import Request, paginate, today, without_empty
from health.models import AccountState

if TYPE_CHECKING:
    from datetime import date

    from django.http import QueryDict

    from accounts.models import User


def book_context(request: Request, asked: Asked | None = None, *, page: str = "accounts") -> dict[str, Any]:
    """What `portal/_book.html` places: one query for the rows and their number. `page` names the table that preferences are kept for."""
    request.GET = cast("Any", without_empty(request.GET))  # links are made of it
    asked = asked or asked_of(request, page)
    day = today()
    states = asked.narrow(states_of(request.user, asked), day)
    found, where = paginate(asked.in_order(states), request.GET.get("page"))
    return {
        "asked": asked,
        "form": asked.form,
        "table": page,
        "filtered": asked.filtered,
        "rows": [book_row(state, day) for state in found],
        "page": where,
        "columns": asked.columns,
        "headings": headings(asked.columns, asked.sort),
        "density": asked.density,
        # Said once here instead of in every row.
        "select_word": _("Select"),
        "evidence_word": _("Evidence for"),
        "expand_icon": icon("chevron-right", "icon-small"),
        "as_of": max((state.as_of for state in found), default=None),
        "run_id": found[0].run_id if found else None,
        "fixed_today": settings.PORTAL_AS_OF,
    }


def asked_of(request: Request, page: str = "accounts") -> Asked:
    """What the address asks for, with the reader's own columns and density."""
    preferences = request.user.preferences if isinstance(request.user.preferences, dict) else {}
    return Asked(request.GET, preferences.get(page))


def states_of(user: User, asked: Asked) -> QuerySet[Any]:
    """The states that a user may see, with what the columns shown need and no more."""
    states = AccountState.objects.visible_to(user).select_related("account", "account__owner").defer("facets", "caps")
    if any(column.key == "seat_quality" for column in asked.columns):
        states = states.annotate(**computed(("champion_left", "boss_silent", "never_activated")))
    if any(column.key == "likelihood" for column in asked.columns):
        states = states.annotate(told=told_of("account_id"))
    return states.annotate(threshold=star_threshold()) if any(column.key in ("star", "outcome") for column in asked.columns) else states


def matching(user: User, query: QueryDict, day: date) -> QuerySet[AccountState]:
    """All states that a list's query leaves, over all its pages: what "all that match" means for a bulk change."""
    return Asked(query).narrow(AccountState.objects.visible_to(user), day)
