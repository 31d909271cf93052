"""The book of business: today's page, and the list of accounts with its filters."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from csm_portal.portal.book.choices import filter_options
from csm_portal.portal.book.quick import BookForm
from csm_portal.portal.book.table import book_context
from csm_portal.portal.stats import headline_stats
from csm_portal.portal.views.account import account_page
from csm_portal.web import Request, remembered, signed_in, wants_fragment


@require_GET
@signed_in
def today_page(request: Request) -> HttpResponse:
    """Headlines and the book."""
    form = BookForm(request.GET)
    context = book_context(request, form)
    return render(request, "portal/today.html", {**context, "stats": headline_stats(request.user, context["run_id"])})


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def accounts_page(request: Request) -> HttpResponse:
    """The book with all its filters; the table alone where a filter changed. `?external_id=` leads straight to that account."""
    if external_id := request.GET.get("external_id"):
        return account_page(request, external_id)
    form = BookForm(request.GET)
    context = book_context(request, form)
    if wants_fragment(request):
        answer = render(request, "portal/_book.html", context)
        answer["HX-Replace-Url"] = f"{request.path}?{request.GET.urlencode()}" if request.GET else request.path
        return answer
    name = f"filters:{request.user.pk}:{context['run_id']}:{get_language()}"
    # A form of its own: the one that has filtered keeps its fields as they were.
    choices = BookForm(request.GET)
    choices.offer(remembered(name, lambda: filter_options(request.user)))
    return render(request, "portal/account_list.html", {**context, "form": choices})
