"""What was tried against losses and whether it helped: the form for an intervention, the comparison, and the losses looked back at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import NotSaved
from accounts.models import Account, User
from churn.acting.precision import rule_precision
from churn.as_of import read_basis
from churn.helping import interventions
from churn.helping.matched import held_rules, helped
from churn.helping.replay import VERDICTS, before_loss, replay, year_before
from churn.losses import listed
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.helping.entry import InterventionForm, tried_in
from csm_portal.portal.helping.page import helped_page
from csm_portal.portal.helping.replay import events, months, replay_page, rule_lines
from csm_portal.portal.reasons import words as why
from csm_portal.portal.toasts import toast_for
from csm_portal.web import PAGE_SIZE, Page, Request, reader, remembered, signed_in, today

LARGEST_KEY = 2**63
BODY = "portal/helping/_form.html"
# Dues close once a day, what is tried changes little in a comparison of a year.
KEPT_SECONDS = 600


@require_GET
@signed_in
def helped_view(request: Request) -> HttpResponse:
    """What was tried, compared with similar accounts, for the book that the viewer sees. At most 8 queries."""
    basis = read_basis()
    context: dict[str, Any] = {
        "title": _("Did it help"),
        "tab": "helped",
        "as_of": basis.as_of if basis else None,
        "version": basis.version if basis else None,
        "fixed_today": settings.PORTAL_AS_OF,
        "found": None,
    }
    if basis is not None:
        user, as_of = request.user, basis.as_of
        found = remembered(f"helped:{viewer(user, as_of)}", lambda: helped(user, as_of), seconds=KEPT_SECONDS)
        context["found"] = helped_page(found, held_rules(user, as_of))
    return render(request, "portal/helping/helped.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def intervention(request: Request) -> HttpResponse:
    """The form for an intervention at `account`, and what becomes of it."""
    data = request.POST if request.method == "POST" else request.GET
    asked = data.get("account", "")
    account = Account.objects.visible_to(request.user).filter(external_id=asked).first() if "\0" not in asked else None
    if account is None:
        raise Http404
    if request.method == "GET":
        return _form(request, account, data)
    try:
        made, _new = interventions.enter(request.user, account, tried_in(data), timezone.now(), today())
    except NotSaved as refused:
        return _form(request, account, data, refused.problems)
    response = done(request, back_to(request, account_address(account.external_id)))
    return toast_for(request, response, _("Intervention saved."), undo_url=reverse("portal:intervention-undo", args=[made.pk]))


@require_POST
@signed_in
def undo_intervention(request: Request, pk: int) -> HttpResponse:
    """Take one's own intervention of the last day back."""
    account = interventions.withdraw(request.user, pk, timezone.now()) if pk < LARGEST_KEY else None
    if account is None:
        raise Http404
    return toast_for(request, done(request, back_to(request, account_address(account.external_id))), _("Taken back."))


def viewer(user: User, as_of: date) -> str:
    """All that decides what a figure of the visible book says."""
    return f"{reader(user)}:{as_of}"


def _form(request: Request, account: Account, data: QueryDict, problems: Mapping[str, str] | None = None) -> HttpResponse:
    form = InterventionForm(account, data, today(), problems or {})
    context = {"form": form, "title": _("What is tried at %(account)s") % {"account": account.name}, "body": BODY}
    status = 422 if problems else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, BODY if problems else "parts/_dialog.html", context, status=status)


@require_GET
@signed_in
def replay_view(request: Request) -> HttpResponse:
    """The losses of the last twelve months with what was known, shown and done before them; `verdict` narrows. At most 8 queries."""
    basis = read_basis()
    context: dict[str, Any] = {
        "title": _("Loss replay"),
        "tab": "replay",
        "as_of": basis.as_of if basis else None,
        "version": basis.version if basis else None,
        "fixed_today": settings.PORTAL_AS_OF,
        "found": None,
    }
    if basis is not None:
        asked, number = request.GET.get("verdict", ""), request.GET.get("page", "1")
        verdict = asked if asked in VERDICTS else ""
        wanted = int(number) if number.isascii() and number.isdigit() and 0 < int(number) < 1_000_000 else 1
        span = {"first": year_before(basis.as_of), "after": basis.as_of + timedelta(days=1)}
        user, start = request.user, (wanted - 1) * PAGE_SIZE
        rows = remembered(
            f"replay:{viewer(user, basis.as_of)}:{verdict}:{start}",
            lambda: replay(user, basis, **span, verdict=verdict, limit=PAGE_SIZE, start=start),
        )
        context |= {
            "found": replay_page(rows, verdict, settings.REPORTING_CURRENCY),
            "page": Page(wanted if rows.rows else 1, rows.n, PAGE_SIZE),
            "first": span["first"],
        }
        context["ground"], context["rules"] = rule_lines(rule_precision(request.user, basis.as_of))
    return render(request, "portal/helping/replay.html", context)


@require_GET
@signed_in
def replay_account(request: Request) -> HttpResponse:
    """The six months before one loss (`account`, `on`): how it stood, and what was told and done. At most 8 queries."""
    basis = read_basis()
    asked = request.GET.get("account", "")
    account = Account.objects.visible_to(request.user).filter(external_id=asked).first() if "\0" not in asked else None
    if account is None or basis is None:
        raise Http404
    on = request.GET.get("on", "")
    losses = listed(request.user, basis, account=account.pk, chosen="every").rows
    loss = next((one for one in losses if one.lost_on.isoformat() == on or not on), None)
    if loss is None:
        raise Http404
    standing, told = before_loss(account, loss.lost_on)
    context = {
        "title": _("Before %(account)s left") % {"account": account.name},
        "account": account,
        "account_href": account_address(account.external_id),
        "lost_on": loss.lost_on,
        "reason": why.kind(loss.type),
        "cause": why.cause(loss.cause) if loss.cause else "",
        "amount": words.money(loss.amount, settings.REPORTING_CURRENCY),
        "months": months(standing, loss.lost_on),
        "events": events(told, loss.lost_on),
        "as_of": basis.as_of,
        "fixed_today": settings.PORTAL_AS_OF,
    }
    return render(request, "portal/helping/replay_account.html", context)
