"""The Monday list: who is at risk, how many are expected to leave, and the campaign of calls."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import NotSaved
from accounts.touch import MAX_NOTE
from accounts.types import Role
from churn.as_of import read_basis
from churn.models import AtRisk
from churn.monday import campaign
from churn.monday.listing import entries
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.monday import words as told
from csm_portal.portal.monday.lines import file_lines
from csm_portal.portal.monday.page import address, asked_in, view
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today

CAMPAIGN = "campaign"
LARGEST_KEY = 2**63


@require_GET
@signed_in
def monday_page(request: Request) -> HttpResponseBase:
    """The list of a Monday (`monday`; without it the latest), `format` csv or xlsx makes a file of it. At most 8 queries."""
    basis = read_basis()
    asked = asked_in(request.GET)
    if basis is None:
        return render(request, "portal/monday/monday.html", _frame(request, None))
    if kind := request.GET.get("format"):
        chosen = view(request.user, basis, asked, today()).monday
        if chosen is None:
            raise Http404
        found, _n = entries(request.user, basis, chosen.monday, asked.wanted)
        name = f"at-risk-{chosen.monday.isoformat()}"
        return sheet_answer(file_lines(found, chosen.monday), kind, name, title=_("Monday list"), freeze="E2")
    return render(request, "portal/monday/monday.html", _frame(request, basis.as_of) | {"view": view(request.user, basis, asked, today())})


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def call(request: Request) -> HttpResponse:
    """What came of calling an account of the list (`entry`): GET shows the form with a note, POST keeps it."""
    data = request.POST if request.method == "POST" else request.GET
    entry = _entry(request, data)
    if request.method == "GET":
        return _form(request, entry, data, {})
    try:
        now = timezone.now()
        made = campaign.enter(
            request.user, entry, data.get("result", ""), data.get("note", ""), now, today=today(), home=settings.TIME_ZONE
        )
    except NotSaved as refused:
        return _form(request, entry, data, refused.problems)
    text = _("%(account)s: %(result)s.") % {"account": entry.account.name, "result": told.result(made.result)}
    basis = read_basis()
    if request.htmx and CAMPAIGN in data and basis is not None:
        shown = view(request.user, basis, asked_in(data), today())
        response = render(request, "portal/monday/_campaign.html", _frame(request, basis.as_of) | {"view": shown})
    else:
        response = done(request, back_to(request, address(asked_in(data))))
    return toast_for(request, response, text, undo_url=reverse("portal:risk-monday-undo", args=[made.pk]))


@require_POST
@signed_in
def undo_call(request: Request, pk: int) -> HttpResponse:
    """Take back one's own result of the last day."""
    account = campaign.withdraw(request.user, pk, timezone.now()) if pk < LARGEST_KEY else None
    response = done(request, back_to(request, reverse("portal:risk-monday")))
    if account is None:
        return toast_for(request, response, _("Nothing is left to put back."), tone="warn")
    return toast_for(request, response, _("Taken back: %(name)s.") % {"name": account.name})


def _entry(request: Request, data: QueryDict) -> AtRisk:
    text = data.get("entry", "")
    number = int(text) if text.isascii() and text.isdigit() and int(text) < LARGEST_KEY else 0
    found: AtRisk | None = AtRisk.objects.visible_to(request.user).filter(pk=number).select_related("account").first()
    if found is None:
        raise Http404
    return found


def _form(request: Request, entry: AtRisk, data: QueryDict, problems: dict[str, str]) -> HttpResponse:
    context = {
        "entry": entry,
        "results": [(value, word, value == data.get("result")) for value, word in told.RESULTS.items() if value],
        "note": data.get("note", ""),
        "problems": problems,
        "most": MAX_NOTE,
        "back": back_to(request, address(asked_in(data))) if request.method == "POST" else address(asked_in(data)),
        "title": _("%(account)s: what came of the call") % {"account": entry.account.name},
        "body": "portal/monday/_call_form.html",
    }
    status = 422 if problems else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, "portal/monday/_call_form.html" if problems else "parts/_dialog.html", context, status=status)


def _frame(request: Request, as_of: Any) -> dict[str, Any]:
    return {"as_of": as_of, "fixed_today": settings.PORTAL_AS_OF, "leads": request.user.role in (Role.MANAGER, Role.ADMIN)}
