"""The data dictionary: what every column, field and figure means."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from csm_portal.portal.dictionary.page import dictionary, sheet
from csm_portal.portal.downloads import sheet_answer
from csm_portal.web import Request, signed_in, wants_fragment


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def dictionary_page(request: Request) -> HttpResponseBase:
    """The entries that hold the text; htmx gets them alone, `format` asks for a file."""
    if "format" in request.GET:
        return sheet_answer(sheet(request), request.GET["format"], "data-dictionary", title=_("Data dictionary"), freeze="D2")
    found = dictionary(request)
    context = {"shown": found, "as_of": found.as_of, "fixed_today": settings.PORTAL_AS_OF}
    return render(request, "portal/_dictionary.html" if wants_fragment(request) else "portal/dictionary.html", context)
