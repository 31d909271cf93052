"""Why a score, a facet and a day are what they are: parts of an account's page, and pages by themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.models import Account
from csm_portal.portal import words
from csm_portal.portal.account.explain import days_asked, explain_address, panel
from csm_portal.portal.account.explain_day import day_told
from csm_portal.portal.account.explain_formula import formula
from csm_portal.portal.account.explain_rows import day_address, table
from csm_portal.portal.addresses import account_address
from csm_portal.portal.evidence import facet_meaning, facts_in_words
from csm_portal.web import PAGE_SIZE, Page, Request, signed_in, today, wants_fragment
from health.caps import FACETS
from health.explaining.definitions import definitions
from health.explaining.events import day_events
from health.explaining.facet_rows import Asked, facet_rows
from health.explaining.reading import Rows, Viewed
from health.facet_names import facet_name
from health.models import AccountDay, AccountState, HealthScore


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def explain_page(request: Request) -> HttpResponse:
    """The score of `account` on `day` (default: the latest), against another day (default: a week before)."""
    account = _account(request)
    state = _state(account)
    latest = _latest(state)
    as_of, against, problem = days_asked(request.GET, latest)
    viewed = _viewed(request, account, as_of)
    told = panel(viewed, state, as_of, against)
    return _shown(request, account, "panel", {"panel": told, "problem": problem, "latest": latest, "state": state})


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def explain_facet(request: Request) -> HttpResponse:
    """The rows behind one facet on a day, 50 a page."""
    account, facet = _account(request), request.GET.get("facet", "")
    if facet not in FACETS:
        raise Http404
    day, _against, _problem = days_asked(request.GET, _latest(_state(account)))
    score = HealthScore.objects.visible_to(request.user).published().filter(account=account, day=day).first()
    stored: dict[str, Any] = (score.facets.get(facet) if score else None) or {"value": None, "evidence": {}}
    known = definitions(score.version if score else None)
    rules = known.health_rules(score.version, score.profile) if score else None
    number = _number(request)
    asked = Asked(facet, day, stored["evidence"], known, rules, PAGE_SIZE, (number - 1) * PAGE_SIZE)
    rows = facet_rows(_viewed(request, account, day), asked)
    columns, lines = table(facet, rows, known, account.external_id)
    value = stored["value"]
    context = {
        "facet": facet,
        "name": facet_name(facet),
        "meaning": facet_meaning(facet),
        "value": words.number(value, 1) if value is not None else _("unknown"),
        "facts": facts_in_words(facet, stored["evidence"], known=value is not None) if score else [],
        "formula": formula(facet, value, stored["evidence"]),
        "columns": columns,
        "lines": lines,
        "file": f"{reverse('api-account-facet', args=[account.external_id, facet])}?as_of={day}&format=csv",
        **_paging(request, rows, number),
    }
    return _shown(request, account, "facet", {**context, "day": words.day(day), "back": explain_address(account.external_id, day=day)})


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def explain_day(request: Request) -> HttpResponse:
    """Why a day has its level, and its events, 50 a page."""
    account = _account(request)
    day, _against, _problem = days_asked(request.GET, _latest(_state(account)))
    row = AccountDay.objects.visible_to(request.user).published().filter(account=account, day=day).first()
    known = definitions(activity_version=row.version if row else None)
    rules = known.activity_rules(row.version, row.profile) if row else None
    number = _number(request)
    viewed = _viewed(request, account, day)
    rows = day_events(viewed, day, rules, size=PAGE_SIZE, skip=(number - 1) * PAGE_SIZE)
    context = {
        "told": day_told(row, known, rows, account.timezone or viewed.zone),
        "day": words.day(day),
        "day_before": day_address(account.external_id, day - timedelta(days=1)),
        "day_after": day_address(account.external_id, day + timedelta(days=1)) if day < _latest(_state(account)) else "",
        "file": f"{reverse('api-account-day-events', args=[account.external_id, day])}?format=csv",
        **_paging(request, rows, number),
    }
    return _shown(request, account, "day", {**context, "back": explain_address(account.external_id, day=day)})


def _shown(request: Request, account: Account, part: str, context: dict[str, Any]) -> HttpResponse:
    """The part alone for htmx, else a page with it."""
    state = _state(account)
    context |= {
        "account": account,
        "account_href": account_address(account.external_id),
        "template": f"portal/account/_explain_{part}.html",
        "alone": not wants_fragment(request),
        "as_of": state.as_of if state else None,
        "fixed_today": settings.PORTAL_AS_OF,
    }
    return render(request, "portal/account/_explain_page.html" if context["alone"] else context["template"], context)


def _account(request: Request) -> Account:
    external_id = request.GET.get("account", "").replace("\x00", "")
    found = Account.objects.visible_to(request.user).select_related("state").filter(external_id=external_id).first()
    if found is None:
        raise Http404
    account: Account = found
    return account


def _state(account: Account) -> AccountState | None:
    state: AccountState | None = getattr(account, "state", None)
    return state


def _latest(state: AccountState | None) -> date:
    return state.as_of if state else today() - timedelta(days=1)


def _viewed(request: Request, account: Account, day: date) -> Viewed:
    return Viewed(account, request.user, definitions().zone_on(day))


def _number(request: Request) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _paging(request: Request, rows: Rows, number: int) -> dict[str, Any]:
    """Where the list stands, with the addresses of the pages beside it."""
    page = Page(number, rows.total, PAGE_SIZE)
    query = request.GET.copy()

    def at(place: int) -> str:
        query["page"] = str(place)
        return f"{request.path}?{query.urlencode()}"

    return {
        "page": page,
        "hidden": rows.hidden,
        "previous_href": at(number - 1) if number > 1 else "",
        "next_href": at(number + 1) if number < page.n_pages else "",
    }
