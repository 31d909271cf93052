"""The manager's page: every CSM and team beside each other, and what they are to reach."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.types import Role
from churn.k import Window
from csm_portal.portal import words
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.headlines import KEYS
from csm_portal.portal.stats import name_of
from csm_portal.portal.team import files, goal_grid, goals
from csm_portal.portal.team.data import stand
from csm_portal.portal.team.page import everyone, headings, rows, table
from csm_portal.portal.team.spans import names
from csm_portal.portal.team.told import moved
from csm_portal.portal.team.tree import Kind, Line
from csm_portal.portal.toasts import toast_for
from csm_portal.portal.trust.page import measures
from csm_portal.web import Request, for_roles, today, wants_fragment

PEOPLE_LEADERS = (Role.MANAGER, Role.ADMIN)
# Where the session keeps what the latest saves changed, so that they can be taken back.
UNDO, KEPT_UNDOS = "target_undo", 5


@require_GET
@for_roles(*PEOPLE_LEADERS)
@vary_on_headers("HX-Request", "HX-Request-Type")
def team_page(request: Request) -> HttpResponse:
    """The people and teams that the viewer manages; the table alone where htmx asks. At most 12 queries."""
    at = stand()
    context: dict[str, Any] = {"fixed_today": settings.PORTAL_AS_OF, "as_of": at.as_of if at else None}
    if at is not None:
        shown = table(request.user, at, request.GET, goals.goals_by_line(request.user, at.as_of))
        context |= {
            "table": shown,
            "page": shown.page,
            "headings": headings(shown),
            "rows": rows(shown),
            "periods": names(),
            "moved": moved(shown),
        }
    if wants_fragment(request) and at is not None:
        answer = render(request, "portal/_team_table.html", context)
        answer["HX-Replace-Url"] = request.path + context["table"].address.removesuffix("?")
        return answer
    if at is not None:
        context["k_lines"] = measures(context["table"].renewed, (Window.LEAD,))
    return render(request, "portal/team.html", context)


@require_GET
@for_roles(*PEOPLE_LEADERS)
def export_team(request: Request) -> HttpResponseBase:
    """The table as the address orders, folds and dates it, as CSV or with `format=xlsx` as a workbook; 404 before the first night."""
    at = stand()
    if at is None:
        raise Http404
    shown = table(request.user, at, request.GET, goals.goals_by_line(request.user, at.as_of))
    return sheet_answer(files.lines(shown), request.GET.get("format", "csv"), files.name(shown), title=_("Team"), freeze="B2")


@require_http_methods(["GET", "POST"])
@for_roles(*PEOPLE_LEADERS)
def targets_page(request: Request) -> HttpResponse:
    """The targets of a month for the people and teams that the viewer manages; somebody else's are not there (404)."""
    asked = (request.POST if request.method == "POST" else request.GET).get("month", "")
    month = goal_grid.month_asked(asked, today())
    if month is None:
        raise Http404
    allowed = goals.managed_lines(request.user)
    if request.method == "GET":
        return render(request, "portal/team_targets.html", _grid_context(request, month, allowed, {}, {}))
    if "copy" in request.POST:
        return _saved(request, month, goals.set_goals(month, goals.copied(allowed, month)))
    wanted, problems = goal_grid.read(request.POST)
    if {line for line, _metric in (*wanted, *problems)} - allowed:
        raise Http404
    if problems:
        context = _grid_context(request, month, allowed, request.POST.dict(), problems)
        return render(request, "portal/team_targets.html", context, status=422)
    return _saved(request, month, goals.set_goals(month, wanted))


@require_POST
@for_roles(*PEOPLE_LEADERS)
def undo_targets(request: Request, batch: UUID) -> HttpResponse:
    """Take back one save of one's own; what was set anew since stays."""
    kept = [goals.Batch.of_json(told) for told in request.session.get(UNDO, [])]
    found = next((one for one in kept if one.id == str(batch)), None)
    allowed = goals.managed_lines(request.user)
    if found is None or {one.line for one in found.changes} - allowed:
        raise Http404
    back, stayed = goals.take_back(found)
    request.session[UNDO] = [one.as_json() for one in kept if one.id != str(batch)]
    text = ngettext("%(n)d target is as it was before.", "%(n)d targets are as they were before.", back) % {"n": back}
    if stayed:
        text += " " + ngettext("%(n)d was changed since and stays.", "%(n)d were changed since and stay.", stayed) % {"n": stayed}
    answer = HttpResponse(headers={"HX-Refresh": "true"}) if request.htmx else redirect(_targets_address(found.month))
    return toast_for(request, answer, text, tone="warn" if stayed else "ok")


def _saved(request: Request, month: date, batch: goals.Batch) -> HttpResponse:
    answer = redirect(_targets_address(month))
    n = len(batch.changes)
    if not n:
        return toast_for(request, answer, _("Nothing changed."))
    request.session[UNDO] = [*request.session.get(UNDO, [])[1 - KEPT_UNDOS :], batch.as_json()]
    text = ngettext("%(n)d target saved for %(month)s.", "%(n)d targets saved for %(month)s.", n) % {"n": n, "month": words.month(month)}
    return toast_for(request, answer, text, undo_url=reverse("portal:team-targets-undo", args=[batch.id]))


def _targets_address(month: date) -> str:
    return f"{reverse('portal:team-targets')}?{urlencode({'month': f'{month:%Y-%m}'})}"


def _grid_context(
    request: Request, month: date, allowed: set[str], typed: dict[str, str], problems: dict[goals.Cell, str]
) -> dict[str, Any]:
    at = stand()
    labels = {key: name_of(key) for key in KEYS}
    context: dict[str, Any] = {
        "as_of": at.as_of if at else None,
        "fixed_today": settings.PORTAL_AS_OF,
        "month": f"{month:%Y-%m}",
        "months": goal_grid.months(today()),
        "labels": list(labels.values()),
        "n_problems": len(problems),
    }
    if at is None or not allowed:
        return context
    top = everyone(request.user, at)
    lines = goal_grid.settable(top, allowed)
    teams = [line for line in lines if line.kind in (Kind.TEAM, Kind.TOTAL)] if len(lines) > goal_grid.MOST_LINES else []
    chosen = _chosen(teams, request.GET.get("team") or request.POST.get("team", ""))
    if chosen is not None:
        below = {line.key for line in chosen.lines()}
        lines = [line for line in lines if line.key in below][: goal_grid.MOST_LINES]
    shown = goals.read(goals.of_lines([line.key for line in lines]), month)
    return context | {
        "grid": goal_grid.grid(lines, shown, typed, problems, labels),
        "teams": teams,
        "chosen": chosen,
        "value_month": words.month(at.as_of),
    }


def _chosen(teams: list[Line], key: str) -> Line | None:
    """The team asked for, of a long list the first one with people of its own."""
    named = next((line for line in teams if line.key == key), None)
    return named or next((line for line in teams if any(child.kind == Kind.PERSON for child in line.children)), None)
