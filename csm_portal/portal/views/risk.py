"""Combinations that went with losses: those that held, whom they match now, one's own, and their retirement."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import NotSaved
from accounts.types import Role
from churn.as_of import read_basis
from churn.models import RiskRule
from churn.rules import own
from churn.rules.listing import accounts_of, told
from churn.rules.validated import matched_accounts
from churn.types import RuleState
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.rules.entry import OwnForm, bodies_in
from csm_portal.portal.rules.files import account_rows, rule_rows
from csm_portal.portal.rules.page import account_line, card, expected_words, page, phrases
from csm_portal.portal.toasts import toast_for
from csm_portal.web import PAGE_SIZE, Page, Request, for_roles, signed_in, today, wants_fragment

LARGEST_KEY = 2**63


@require_GET
@signed_in
def risk_page(request: Request) -> HttpResponse:
    """Combinations with their figures, life, and the viewer's accounts that they match now. At most 8 queries."""
    basis = read_basis()
    context: dict[str, Any] = {"fixed_today": settings.PORTAL_AS_OF, "as_of": basis.as_of if basis else None}
    if basis is not None:
        context |= {"page": page(told(request.user), request.user), "version": basis.activity_version}
    return render(request, "portal/risk/page.html", context)


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def rule_page(request: Request, pk: int) -> HttpResponse:
    """One combination with its accounts and its life: for htmx the inside of its fold, else a page of its own. At most 8 queries."""
    basis = read_basis()
    found = told(request.user, pk) if pk < LARGEST_KEY else None
    if found is None or not found.rules:
        raise Http404
    context = {"card": card(found.rules[0], found, request.user), "as_of": basis.as_of if basis else None}
    context["fixed_today"] = settings.PORTAL_AS_OF
    return render(request, "portal/risk/_inside.html" if wants_fragment(request) else "portal/risk/rule.html", context)


@require_GET
@signed_in
def accounts_page(request: Request, pk: int) -> HttpResponse:
    """All accounts of the viewer that one rule matches, with `near` those that miss one condition. At most 8 queries."""
    basis, rule = read_basis(), _rule(request, pk)
    near = "near" in request.GET
    asked = request.GET.get("page", "1")
    wanted = int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 7 else 1
    found, total = accounts_of(request.user, rule.pk, near=near, limit=PAGE_SIZE, offset=(max(1, wanted) - 1) * PAGE_SIZE)
    if not found and wanted > 1:
        wanted = 1
        found, total = accounts_of(request.user, rule.pk, near=near, limit=PAGE_SIZE)
    context = {
        "rule": rule,
        "phrases": phrases(rule.conditions),
        "near": near,
        "lines": [account_line(one) for one in found],
        "page": Page(max(1, wanted), total, PAGE_SIZE),
        "total": total,
        "expected": expected_words(total, rule.figures) if rule.state == RuleState.VALIDATED and not near else "",
        "as_of": basis.as_of if basis else None,
        "fixed_today": settings.PORTAL_AS_OF,
    }
    return render(request, "portal/risk/accounts.html", context)


@require_GET
@signed_in
def export(request: Request) -> HttpResponseBase:
    """With `what=rules` the rules, else the viewer's accounts that living rules match, or nearly; CSV, with `format=xlsx` a workbook."""
    basis = read_basis()
    if basis is None:
        raise Http404
    kind, what = request.GET.get("format", "csv"), request.GET.get("what", "accounts")
    if what == "rules":
        rows = rule_rows(told(request.user), basis.as_of)
        return sheet_answer(rows, kind, f"combinations-{basis.as_of}", title=_("Combinations"), freeze="C2")
    rules = list(RiskRule.objects.visible_to(request.user).filter(withdrawn_at__isnull=True).exclude(state=RuleState.RETIRED))
    found = matched_accounts(request.user, [rule.pk for rule in rules], near=None)
    return sheet_answer(account_rows(rules, found, basis.as_of), kind, f"at-risk-{basis.as_of}", title=_("Accounts at risk"), freeze="D2")


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def write(request: Request) -> HttpResponse:
    """The form for a combination of one's own, and what becomes of it: counted at once on past renewals and on today's accounts."""
    basis = read_basis()
    if basis is None:
        raise Http404
    if request.method == "GET":
        return _form(request, OwnForm(request.GET))
    try:
        rule = own.write(
            request.user, own.conditions_in(bodies_in(request.POST)), request.POST.get("name", "").strip(), basis.as_of
        )  # fmt: skip
    except NotSaved as refused:
        return _form(request, OwnForm(request.POST, refused.problems), status=422)
    text = _("Counted: %(n)s past renewals, %(lost)s lost. It is unproven until the weekly search confirms it.") % {
        "n": rule.figures["support"] + rule.figures["holdout_n"],
        "lost": rule.figures["lost"] + rule.figures["holdout_lost"],
    }
    return _said(request, text, reverse("portal:risk-withdraw", args=[rule.pk]))


@require_POST
@signed_in
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Take one's own combination from the page."""
    if pk >= LARGEST_KEY or own.withdraw(request.user, pk, timezone.now()) is None:
        raise Http404
    return _said(request, _("Taken from the page."), reverse("portal:risk-restore", args=[pk]))


@require_POST
@signed_in
def restore(request: Request, pk: int) -> HttpResponse:
    """Bring back what one took from the page."""
    if pk >= LARGEST_KEY or own.restore(request.user, pk) is None:
        raise Http404
    return _said(request, _("On the page again."), "")


@require_http_methods(["GET", "POST"])
@for_roles(Role.MANAGER, Role.ADMIN)
@vary_on_headers("HX-Request")
def retire(request: Request, pk: int) -> HttpResponse:
    """The form for the reason to tell no longer of a combination, and what becomes of it."""
    rule = _rule(request, pk)
    if rule.state == RuleState.RETIRED:
        raise Http404
    if request.method == "GET":
        return _retire_form(request, rule, "", "")
    why = request.POST.get("reason", "")
    try:
        own.retire(request.user, rule.pk, why, today())
    except NotSaved as refused:
        return _retire_form(request, rule, why, refused.problems["reason"], status=422)
    return _said(request, _("Retired: it is told no more."), reverse("portal:risk-bring-back", args=[pk]))


@require_POST
@for_roles(Role.MANAGER, Role.ADMIN)
def bring_back(request: Request, pk: int) -> HttpResponse:
    """Tell of a retired combination again."""
    if pk >= LARGEST_KEY or own.bring_back(request.user, pk) is None:
        raise Http404
    return _said(request, _("It is told again; its accounts come with the next night."), "")


def _rule(request: Request, pk: int) -> RiskRule:
    rows = RiskRule.objects.visible_to(request.user).filter(withdrawn_at__isnull=True)
    rule: RiskRule | None = rows.filter(pk=pk).first() if pk < LARGEST_KEY else None
    if rule is None:
        raise Http404
    return rule


def _form(request: Request, form: OwnForm, *, status: int = 200) -> HttpResponse:
    return _dialog(request, {"title": _("A combination of your own"), "body": "portal/risk/_own_form.html", "form": form}, status)


def _retire_form(request: Request, rule: RiskRule, why: str, problem: str, *, status: int = 200) -> HttpResponse:
    context = {"rule": rule, "phrases": phrases(rule.conditions), "reason": why, "problem": problem, "most": own.MAX_REASON}
    return _dialog(request, {"title": _("Retire a combination"), "body": "portal/risk/_retire_form.html", **context}, status)


def _dialog(request: Request, context: dict[str, Any], status: int) -> HttpResponse:
    """The form alone where it is sent again, in a dialog where it is asked for, on a page of its own without script."""
    context |= {"wide": True, "css": "css/risk.css"}
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, "parts/_dialog.html" if request.method == "GET" else context["body"], context, status=status)


def _said(request: Request, text: str, undo: str) -> HttpResponse:
    return toast_for(request, done(request, back_to(request, reverse("portal:risk"))), text, undo_url=undo)
