"""Desired outcomes and quiet periods of an account: entered in a dialog by one key, or on a page of their own where no script runs."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import quiet
from accounts.edit_values import NotSaved, Refused
from accounts.models import Account, Action, QuietPeriod
from csm_portal.portal.addresses import account_address
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.editing.outcome_form import OutcomeForm, QuietForm, closure_in, outcome_in
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today
from health.models import Outcome
from health.value import outcomes

ACTIONS_SHOWN = 500
LARGEST_KEY = 2**63


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def outcome(request: Request) -> HttpResponse:
    """The form for a desired outcome of `account` (`outcome`: the one to be changed), and what becomes of it."""
    data = request.POST if request.method == "POST" else request.GET
    account = _account(request, data)
    row = _outcome(request, account, data.get("outcome", ""))
    if request.method == "GET":
        return _outcome_form(request, account, row)
    told, problems = outcome_in(data)
    if not problems:
        try:
            saved = (
                outcomes.change(_moment(request), row.pk, told)
                if row
                else outcomes.define(_moment(request), account, told, key=_key(data.get("key", "")))
            )
        except NotSaved as refused:
            problems = refused.problems
    if problems:
        return _outcome_form(request, account, row, problems)
    return _said(request, account, _("Outcome saved.") if saved.batch else _("Nothing to change."), "portal:outcome-undo", saved.batch)


@require_POST
@signed_in
def withdraw_outcome(request: Request, pk: int) -> HttpResponse:
    """They want it no more."""
    try:
        saved = outcomes.withdraw(_moment(request), pk if pk < LARGEST_KEY else 0)
    except Outcome.DoesNotExist:
        raise Http404 from None
    told = _("They want it no more: it counts for nothing from today on.")
    return _said(request, saved.outcome.account, told, "portal:outcome-undo", saved.batch)


@require_POST
@signed_in
def undo_outcome(request: Request, batch: uuid.UUID) -> HttpResponse:
    """Take one's own step of the last day back."""
    try:
        account = outcomes.undo(_moment(request), batch)
    except Refused as refused:
        return toast_for(request, done(request, back_to(request)), str(refused), tone="warn")
    return _taken_back(request, account)


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def quiet_period(request: Request) -> HttpResponse:
    """The form for days on which `account` is closed, and what becomes of it."""
    data = request.POST if request.method == "POST" else request.GET
    account = _account(request, data)
    if request.method == "GET":
        return _quiet_form(request, account)
    told, problems = closure_in(data, today())
    if not problems:
        try:
            batch = quiet.add(request.user, account, told, timezone.now())
        except NotSaved as refused:
            problems = refused.problems
    if problems:
        return _quiet_form(request, account, problems)
    return _said(request, account, _("Quiet period saved: its days are done again tonight."), "portal:quiet-undo", batch)


@require_POST
@signed_in
def remove_quiet(request: Request, pk: int) -> HttpResponse:
    """Take a quiet period away."""
    try:
        account, batch = quiet.remove(request.user, pk if pk < LARGEST_KEY else 0, timezone.now())
    except QuietPeriod.DoesNotExist:
        raise Http404 from None
    return _said(request, account, _("Quiet period removed: its days are done again tonight."), "portal:quiet-undo", batch)


@require_POST
@signed_in
def undo_quiet(request: Request, batch: uuid.UUID) -> HttpResponse:
    """Take one's own step of the last day back."""
    return _taken_back(request, quiet.undo(request.user, batch, timezone.now()))


def _moment(request: Request) -> outcomes.Moment:
    return outcomes.Moment(request.user, timezone.now(), today())


def _said(request: Request, account: Account, text: str, undo: str, batch: uuid.UUID | None) -> HttpResponse:
    response = done(request, back_to(request, account_address(account.external_id)))
    return toast_for(request, response, text, undo_url=reverse(undo, args=[batch]) if batch else "")


def _taken_back(request: Request, account: Account | None) -> HttpResponse:
    if account is None:
        raise Http404
    return toast_for(request, done(request, back_to(request, account_address(account.external_id))), _("Taken back."))


def _account(request: Request, data: QueryDict) -> Account:
    asked = data.get("account", "")
    found = Account.objects.visible_to(request.user).filter(external_id=asked).first() if "\0" not in asked else None
    if found is None:
        raise Http404
    account: Account = found
    return account


def _outcome(request: Request, account: Account, asked: str) -> Outcome | None:
    if not asked:
        return None
    pk = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
    found: Outcome | None = Outcome.objects.visible_to(request.user).filter(account=account, pk=pk).first()
    if found is None:
        raise Http404
    return found


def _outcome_form(request: Request, account: Account, row: Outcome | None, problems: Mapping[str, str] | None = None) -> HttpResponse:
    data = request.POST if request.method == "POST" else QueryDict()
    actions = list(Action.objects.order_by("name").values_list("name", flat=True)[:ACTIONS_SHOWN])
    form = OutcomeForm(account, row, data, data.get("key") or str(uuid.uuid4()), today(), actions, problems or {})
    title = _("What %(account)s wants") % {"account": account.name}
    return _form(request, "portal/_outcome_form.html", form, title, failed=bool(problems), wide=True)


def _quiet_form(request: Request, account: Account, problems: Mapping[str, str] | None = None) -> HttpResponse:
    data = request.POST if request.method == "POST" else QueryDict()
    title = _("When %(account)s is closed") % {"account": account.name}
    return _form(request, "portal/_quiet_form.html", QuietForm(account, data, today(), problems or {}), title, failed=bool(problems))


def _form(request: Request, body: str, form: Any, title: str, *, failed: bool, wide: bool = False) -> HttpResponse:
    context = {"form": form, "title": title, "body": body, "wide": wide}
    status = 422 if failed else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, body if failed else "parts/_dialog.html", context, status=status)


def _key(text: str) -> uuid.UUID | None:
    with contextlib.suppress(ValueError):
        return uuid.UUID(text)
    return None
