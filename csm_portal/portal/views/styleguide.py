"""The parts of the pages in all their states, for those who build them."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from csm_portal.portal.styleguide import samples
from csm_portal.web import Request, signed_in


@require_GET
@signed_in
def styleguide(request: Request) -> HttpResponse:
    """The styleguide; it does not exist for people who are not staff."""
    if not request.user.is_staff:
        raise Http404
    return render(request, "portal/styleguide.html", samples())
