"""The manager's page: every CSM and team beside each other, and what they are to reach."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.types import Role
from csm_portal.portal.team.data import stand
from csm_portal.portal.team.goals import goals_by_line
from csm_portal.portal.team.page import headings, rows, table
from csm_portal.portal.team.spans import names
from csm_portal.portal.team.told import moved
from csm_portal.web import Request, for_roles, wants_fragment

PEOPLE_LEADERS = (Role.MANAGER, Role.ADMIN)


@require_GET
@for_roles(*PEOPLE_LEADERS)
@vary_on_headers("HX-Request", "HX-Request-Type")
def team_page(request: Request) -> HttpResponse:
    """The people and teams that the viewer manages; the table alone where htmx asks. At most 12 queries."""
    at = stand()
    context: dict[str, Any] = {"fixed_today": settings.PORTAL_AS_OF, "as_of": at.as_of if at else None}
    if at is not None:
        shown = table(request.user, at, request.GET, goals_by_line(request.user, at.as_of))
        context |= {"table": shown, "headings": headings(shown), "rows": rows(shown), "periods": names(), "moved": moved(shown)}
    if wants_fragment(request) and at is not None:
        answer = render(request, "portal/_team_table.html", context)
        answer["HX-Replace-Url"] = request.get_full_path()
        return answer
    return render(request, "portal/team.html", context)
