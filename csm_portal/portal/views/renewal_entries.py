"""What people enter about one due: forecast, steps and outcome, in its row or on a page of its own where no script runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import reswap, retarget, trigger_client_event

from accounts.edit_values import NotSaved
from churn import cases, deciding
from churn.decision_values import read_check, read_forecast, read_outcome
from churn.models import CaseCheck, CaseOutcome, Forecast, RenewalCase
from csm_portal.portal import words
from csm_portal.portal.editing.answers import CHANGED, back_to, done
from csm_portal.portal.likelihood.reads import told_of
from csm_portal.portal.renewals import entering, said
from csm_portal.portal.renewals.entering import FORECAST_FORM, OUTCOME_FORM, Entry
from csm_portal.portal.renewals.table import row_of
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today

LARGEST_KEY = 2**63


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def forecast(request: Request, pk: int) -> HttpResponse:
    """The form of a forecast (GET), or the forecast entered (POST)."""
    case = _case(request, pk)
    if request.method == "GET":
        return _form(request, FORECAST_FORM, case, entering.held(FORECAST_FORM, case, today()))
    values = entering.written(FORECAST_FORM, request.POST)
    try:
        made = deciding.enter_forecast(request.user, case, read_forecast(entering.given(FORECAST_FORM, values)), timezone.now())
    except NotSaved as problem:
        return _form(request, FORECAST_FORM, case, values, problem)
    told = _("%(account)s: %(category)s, %(amount)s at %(chance)s.") % {
        "account": case.account.name,
        "category": said.CATEGORIES[made.category],
        "amount": words.money(made.amount, made.currency),
        "chance": words.percent(made.probability),
    }
    return _saved(request, pk, FORECAST_FORM, told, reverse("portal:renewal-forecast-undo", args=[made.pk]))


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def outcome(request: Request, pk: int) -> HttpResponse:
    """The form of an outcome (GET), or the outcome entered (POST)."""
    case = _case(request, pk)
    if request.method == "GET":
        return _form(request, OUTCOME_FORM, case, entering.held(OUTCOME_FORM, case, today()))
    values = entering.written(OUTCOME_FORM, request.POST)
    try:
        made = deciding.enter_outcome(request.user, case, read_outcome(values, today()), timezone.now())
    except NotSaved as problem:
        return _form(request, OUTCOME_FORM, case, values, problem)
    told = _("%(account)s: %(state)s.") % {"account": case.account.name, "state": said.STATES[made.state]}
    return _saved(request, pk, OUTCOME_FORM, told, reverse("portal:renewal-outcome-undo", args=[made.pk]))


@require_POST
@signed_in
def check(request: Request, pk: int) -> HttpResponse:
    """Tick a step or take the tick back; the address says which (`kind`, `done`)."""
    case = _case(request, pk)
    try:
        kind, wanted = read_check({name: request.GET[name] for name in ("kind", "done") if name in request.GET})
    except NotSaved as problem:
        return HttpResponse(str(problem), status=422, content_type="text/plain; charset=utf-8")
    step = {"account": case.account.name, "step": said.CHECKS[kind]}
    if wanted:
        made = deciding.tick(request.user, case, kind, timezone.now())
        return _saved(request, pk, kind, _("%(account)s: %(step)s.") % step, reverse("portal:renewal-check-undo", args=[made.pk]))
    ticked = CaseCheck.objects.filter(
        account=case.account_id, product=case.product, ends_on=case.ends_on, kind=kind, withdrawn_at__isnull=True
    )
    found = ticked.values_list("pk", flat=True).first()
    if found is not None and deciding.untick(request.user, found, timezone.now()) is None:
        told = _("Who ticked it can take it back for a day, a manager at any time.")
        return toast_for(request, _row(request, pk, kind), told, tone="warn")
    return _saved(request, pk, kind, _("%(account)s: %(step)s, taken back.") % step)


@require_POST
@signed_in
def undo_forecast(request: Request, pk: int) -> HttpResponse:
    """Take one's own forecast of the last day back."""
    return _taken_back(request, pk, deciding.withdraw_forecast, FORECAST_FORM)


@require_POST
@signed_in
def undo_outcome(request: Request, pk: int) -> HttpResponse:
    """Take an outcome back: one's own of the last day, as a manager any of the team's."""
    return _taken_back(request, pk, deciding.withdraw_outcome, OUTCOME_FORM)


@require_POST
@signed_in
def undo_check(request: Request, pk: int) -> HttpResponse:
    """Take a tick back: one's own of the last day, as a manager any of the team's."""
    return _taken_back(request, pk, deciding.untick)


def _taken_back(request: Request, pk: int, withdraw: Callable[[Any, int, datetime], RenewalCase | None], focus: str = "") -> HttpResponse:
    """Word to the page; `row` in the address: the row anew, for it was asked from a form that stands in it."""
    case = withdraw(request.user, pk, timezone.now()) if pk < LARGEST_KEY else None
    if case is None:
        raise Http404
    if request.htmx and "row" in request.GET:
        return toast_for(request, _row(request, case.pk, focus), _("Taken back."))
    return toast_for(request, done(request, back_to(request, reverse("portal:renewals"))), _("Taken back."))


def _case(request: Request, pk: int) -> RenewalCase:
    """The due with its decisions, if the person sees its account."""
    rows = cases.listed(request.user, today()).select_related("account__state").annotate(told=told_of("account_id"))
    found: RenewalCase | None = rows.filter(pk=pk).first() if pk < LARGEST_KEY else None
    if found is None:
        raise Http404
    return found


def _back(request: Request) -> str:
    """The page that the form came from: a list of ours, by the address of the form."""
    asked = request.POST.get("next") or request.GET.get("next", "")
    own = reverse("portal:renewals")
    return asked if asked.startswith(own) and "\\" not in asked else own


def _form(request: Request, kind: str, case: RenewalCase, values: dict[str, str], problem: NotSaved | None = None) -> HttpResponse:
    inline = bool(request.htmx)
    back = _back(request)
    entry = Entry(kind, case, values, back, today(), inline, problem.problems if problem else {}, _undo(request, kind, case, back))
    status = 422 if problem else 200
    context = {"entry": entry, "title": entry.title, "body": "portal/_renewals_form.html"}
    if not inline:
        return render(request, "portal/edit_page.html", context, status=status)
    answer = render(request, "portal/_renewals_form.html", context, status=status)
    # What is wrong is said in the form, which otherwise would take the place of the whole row.
    return reswap(retarget(answer, "#entry"), "outerHTML") if problem else answer


def _undo(request: Request, kind: str, case: Any, back: str) -> str:
    """Where the entry that stands is taken back, as long as the person may: the word at the corner of the page is gone in seconds."""
    found: Forecast | CaseOutcome | None
    if kind == FORECAST_FORM:
        found, route = Forecast.objects.filter(pk=case.forecast_id).first(), "portal:renewal-forecast-undo"
    else:
        found, route = CaseOutcome.objects.filter(pk=case.outcome_id).first(), "portal:renewal-outcome-undo"
    if found is None or not deciding.may_withdraw(request.user, found, timezone.now()):
        return ""
    return f"{reverse(route, args=[found.pk])}?{urlencode({'row': 1, 'next': back})}"


def _saved(request: Request, pk: int, focus: str, text: str, undo_url: str = "") -> HttpResponse:
    return toast_for(request, _row(request, pk, focus), text, undo_url=undo_url)


def _row(request: Request, pk: int, focus: str) -> HttpResponse:
    """The row anew, and word to the page that sums have changed; without htmx the way back."""
    back = _back(request)
    if not request.htmx:
        return redirect(back)
    row = row_of(_case(request, pk), today(), back).focused(focus)
    answer = render(request, "portal/_renewals_row.html", {"row": row})
    trigger_client_event(answer, CHANGED, {})
    return answer
