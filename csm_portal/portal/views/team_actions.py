"""The manager's board of the day's list: who works off what."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.types import Role
from churn.as_of import figures_as_of
from csm_portal.portal.acting.team import board
from csm_portal.web import Request, for_roles, today

LEADS = (Role.MANAGER, Role.ADMIN)


@require_GET
@for_roles(*LEADS)
def board_page(request: Request) -> HttpResponse:
    """Owners of the visible book with what stands open at each. At most 8 queries."""
    context = {"as_of": figures_as_of(), "fixed_today": settings.PORTAL_AS_OF, "board": board(request.user, today())}
    return render(request, "portal/acting/board.html", context)
