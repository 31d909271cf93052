"""The book of business: today's page, and the list of accounts with its filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from csm_portal.portal.forms import BookForm
from csm_portal.portal.options import filter_options
from csm_portal.portal.rows import book_row
from csm_portal.portal.stats import headline_stats
from csm_portal.portal.views.account import account_page
from csm_portal.web import Request, paginate, remembered, signed_in, today, wants_fragment, without_empty
from health.models import AccountState


@dataclass(frozen=True)
class Column:
    """One heading of the book: what it sorts by next, and how it sorts now (`ascending`, `descending` or empty)."""

    label: str
    numeric: bool = False
    note: str = ""
    next: str = ""
    now: str = ""


# Columns whose first click should show the largest first.
DESCENDING_FIRST = {"level", "active", "mrr", "seats", "tickets", "contact"}


@require_GET
@signed_in
def today_page(request: Request) -> HttpResponse:
    """Headlines and the book."""
    form = BookForm(request.GET)
    context = book(request, form)
    return render(request, "portal/today.html", {**context, "stats": headline_stats(request.user, context["run_id"])})


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def accounts_page(request: Request) -> HttpResponse:
    """The book with all its filters; the table alone where a filter changed. `?external_id=` leads straight to that account."""
    if external_id := request.GET.get("external_id"):
        return account_page(request, external_id)
    form = BookForm(request.GET)
    context = book(request, form)
    if wants_fragment(request):
        answer = render(request, "portal/_book.html", context)
        answer["HX-Replace-Url"] = f"{request.path}?{request.GET.urlencode()}" if request.GET else request.path
        return answer
    name = f"filters:{request.user.pk}:{context['run_id']}:{get_language()}"
    # A form of its own: the one that has filtered keeps its fields as they were.
    choices = BookForm(request.GET)
    choices.offer(remembered(name, lambda: filter_options(request.user)))
    return render(request, "portal/account_list.html", {**context, "form": choices})


def book(request: Request, form: BookForm) -> dict[str, Any]:
    """Rows, page and headings of the part of the book that the form asks for: one query."""
    request.GET = cast("Any", without_empty(request.GET))  # links are made of it
    states = AccountState.objects.visible_to(request.user).select_related("account", "account__owner").defer("facets", "caps")
    found, page = paginate(form.in_order(form.narrow(states)), request.GET.get("page"))
    day = today()
    return {
        "form": form,
        "filtered": bool(form.asked()),
        "rows": [book_row(state, day) for state in found],
        "page": page,
        "columns": columns(form),
        "as_of": max((state.as_of for state in found), default=None),
        "run_id": found[0].run_id if found else None,
        "fixed_today": settings.PORTAL_AS_OF,
    }


def columns(form: BookForm) -> list[Column]:
    """Headings of the book in order."""
    headings = [
        ("account", _("Account"), False),
        ("level", _("Activity, 28 days"), False),
        ("active", _("Active"), False),
        ("health", _("Health"), False),
        ("", _("Top reason"), False),
        ("outcome", _("Outcome"), False),
        ("mrr", _("MRR"), True),
        ("seats", _("Seats"), True),
        ("renewal", _("Renewal"), False),
        ("rating", _("Last rated"), False),
        ("contact", _("Last contact"), False),
        ("tickets", _("Open tickets"), True),
        ("owner", _("Owner"), False),
    ]
    notes = {"seats": _("active / activated / purchased"), "active": _("days / bar"), "health": _("system · CSM · coverage")}
    key_now, descending = form.order
    made = []
    for key, label, numeric in headings:
        now = "" if key != key_now or not key else "descending" if descending else "ascending"
        first = f"-{key}" if key in DESCENDING_FIRST else key
        following = {"ascending": f"-{key}", "descending": key}.get(now, first)
        made.append(Column(label, numeric, notes.get(key, ""), following if key else "", now))
    return made
