"""Bands set by hand: entered in a dialog, listed with their ends, ended early, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import NotSaved
from accounts.models import Account
from churn.as_of import figures_as_of
from csm_portal.portal.addresses import account_address
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.judging import correcting
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, paginate, signed_in, today
from health.judging import overrides
from health.models import Override

LARGEST_KEY = 2**63
ENDED = 100


@require_GET
@signed_in
def overrides_page(request: Request) -> HttpResponse:
    """Overrides that run, the next to end first, and those that ended in the last 30 days. At most 8 queries."""
    user, day, now = request.user, today(), timezone.now()
    found, page = paginate(overrides.running(user, day), request.GET.get("page"))
    lines = [correcting.line(row, user, day, now) for row in found]
    context = {
        "tab": "overrides",
        "as_of": figures_as_of(),
        "fixed_today": settings.PORTAL_AS_OF,
        "lines": lines,
        "page": page,
        "soon": correcting.ending_words(sum(one.soon and not one.coming for one in lines)),
        "ended": [correcting.line(row, user, day, now) for row in overrides.ended(user, day)[:ENDED]],
    }
    return render(request, "portal/ratings/overrides.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def enter(request: Request) -> HttpResponse:
    """The form that sets the band of an account (GET), or the band set (POST)."""
    data = request.POST if request.method == "POST" else request.GET
    external_id = data.get("account", "")
    rows = Account.objects.visible_to(request.user).select_related("state")
    account = rows.filter(external_id=external_id).first() if "\0" not in external_id else None
    if account is None:
        raise Http404
    if request.method == "GET":
        return _form(request, account, {})
    try:
        made = overrides.enter(request.user, account, correcting.wish_in(data), timezone.now(), today())
    except NotSaved as refused:
        return _form(request, account, refused.problems)
    response = done(request, back_to(request, account_address(external_id)))
    return toast_for(request, response, correcting.said(made), undo_url=reverse("portal:override-undo", args=[made.pk]))


@require_POST
@signed_in
def undo(request: Request, pk: int) -> HttpResponse:
    """Take back one's own override of the last day, as if it had never been."""
    return _step(request, pk, overrides.withdraw, _("%(account)s: taken back."))


@require_POST
@signed_in
def end(request: Request, pk: int) -> HttpResponse:
    """End an override today."""
    return _step(request, pk, overrides.end_early, _("%(account)s: ended, score and caps count again."), undo="portal:override-resume")


@require_POST
@signed_in
def resume(request: Request, pk: int) -> HttpResponse:
    """Undo one's own early end of the last day."""
    return _step(request, pk, overrides.resume, _("%(account)s: runs on."))


def _step(
    request: Request, pk: int, step: Callable[[Any, int, datetime, date], Override | None], text: str, undo: str = ""
) -> HttpResponse:
    row = step(request.user, pk, timezone.now(), today()) if pk < LARGEST_KEY else None
    if row is None:
        raise Http404
    response = done(request, back_to(request, reverse("portal:overrides")))
    return toast_for(request, response, text % {"account": row.account.name}, undo_url=reverse(undo, args=[pk]) if undo else "")


def _form(request: Request, account: Account, problems: dict[str, str]) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    running = (
        overrides.running(request.user, today()).filter(account=account, starts_on__lte=today()).order_by("-recorded_at", "-pk").first()
    )
    context = {
        "form": correcting.form(account, data, running, today(), problems),
        "title": _("Set the band of %(account)s by hand") % {"account": account.name},
        "body": "portal/ratings/_override_form.html",
    }
    status = 422 if problems else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, "portal/ratings/_override_form.html" if problems else "parts/_dialog.html", context, status=status)
