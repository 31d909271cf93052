"""The page of the cohorts, its parts that come later, the members behind a cell, and its files."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from churn.as_of import Basis, read_basis
from csm_portal.portal import words
from csm_portal.portal.cohorts import actions, curves, files, heat, members, narrow
from csm_portal.portal.cohorts.asked import SPANS, Asked, asked, cell_asked
from csm_portal.portal.downloads import sheet_answer
from csm_portal.web import Page, Request, signed_in, wants_fragment, without_empty

LIST_ROWS = 100
PARTS = {
    "behaviours": (actions.actions, "portal/cohorts/_behaviours.html"),
    "survival": (curves.curves, "portal/cohorts/_survival.html"),
    "filters": (narrow.fields, "portal/cohorts/_filters.html"),
}


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def cohorts_page(request: Request) -> HttpResponse:
    """The triangle and the curves; the triangle alone where htmx asks. At most 8 queries."""
    basis = read_basis()
    if basis is None:
        return render(request, "portal/cohorts.html", {"fixed_today": settings.PORTAL_AS_OF})
    wanted = asked(request.GET)
    context = _context(request, basis, wanted) | {"shown": heat.heat(request.user, wanted, basis), "picks": _picks(wanted)}
    if wants_fragment(request):
        answer = render(request, "portal/cohorts/_triangle.html", context)
        answer["HX-Push-Url"] = request.path + wanted.query().removesuffix("?")
        return answer
    context |= {"part": curves.curves(request.user, wanted, basis)}
    return render(request, "portal/cohorts.html", context)


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def cohorts_part(request: Request, part: str) -> HttpResponse:
    """A part of the page by itself: alone where htmx asks, else as a page. At most 8 queries."""
    basis = _basis()
    wanted = asked(request.GET)
    read, template = PARTS[part]
    context = _context(request, basis, wanted) | {"part": read(request.user, wanted, basis), "part_template": template}
    return render(request, template if wants_fragment(request) else "portal/cohorts/part.html", context)


@require_GET
@signed_in
def cohort_members(request: Request) -> HttpResponse:
    """The accounts or seats behind one cell, those that remain or those that are lost; 404 for a cell that there is not."""
    basis, wanted, cell = _basis(), asked(request.GET), cell_asked(request.GET)
    found = members.cell_of(request.user, wanted, cell) if cell else None
    if cell is None or found is None:
        raise Http404
    rows = members.members(request.user, found, remaining=cell.remaining)
    number = request.GET.get("page", "")
    wanted_page = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    page = Page(max(1, min(wanted_page, Page(1, len(rows), LIST_ROWS).n_pages)), len(rows), LIST_ROWS)
    query = request.GET.copy()
    query.pop("page", None)
    address = [(name, value) for name, value in wanted.pairs if name not in ("attribute", "action", "n")]
    address += [("cohort", cell.first.isoformat()), ("offset", str(cell.offset))]
    context = _context(request, basis, wanted) | {
        "cell": found,
        "title": _("%(cohort)s, %(later)s")
        % {"cohort": heat.cohort_name(wanted.grain, found.first), "later": heat.later(wanted.grain, found.offset)},
        "told": heat.told(wanted, found.remaining, 2),
        "of": heat.told(wanted, found.size, 2),
        "share": words.percent(found.share, 1),
        "rows": rows[max(0, page.first - 1) : page.last],
        "page": page,
        "n": len(rows),
        "lines": [
            (text, f"?{urlencode([*address, ('line', line)])}", cell.remaining is (line == "remaining"), len((found.ids or {})[line]))
            for line, text in (("remaining", _("still there")), ("lost", _("lost")))
        ],
        "download": f"{reverse('portal:cohorts-export')}?{without_empty(query).urlencode()}&part={files.MEMBERS}",
    }
    return render(request, "portal/cohorts/members.html", context)


@require_GET
@signed_in
def cohorts_export(request: Request) -> HttpResponseBase:
    """One table of the page (`part`) as CSV, or with `format=xlsx` as a workbook; 404 for a table that there is not."""
    basis, part, wanted = _basis(), request.GET.get("part", files.TRIANGLE), asked(request.GET)
    cell = cell_asked(request.GET) if part == files.MEMBERS else None
    if part not in files.PARTS or (part == files.MEMBERS and cell is None):
        raise Http404
    rows = files.table(request.user, wanted, basis, part, cell)
    return sheet_answer(rows, request.GET.get("format", "csv"), files.name(wanted, part, basis), title=_("Cohorts"), freeze="B2")


def _basis() -> Basis:
    basis = read_basis()
    if basis is None:
        raise Http404
    return basis


def _context(request: Request, basis: Basis, wanted: Asked) -> dict[str, Any]:
    query = wanted.query()
    export = f"{reverse('portal:cohorts-export')}{query}{'&' if len(query) > 1 else ''}part="
    return {
        "as_of": basis.as_of,
        "fixed_today": settings.PORTAL_AS_OF,
        "basis": basis,
        "asked": wanted,
        "query": query,
        "export_href": export,
        "least": curves.least(),
        "chips": narrow.chips(request.user, wanted),
        "filter_names": [name for name, _values in wanted.filters],
    }


def _picks(wanted: Asked) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """The switches over the triangle: what they are for, and (text, address, chosen) of each choice."""
    measures = {"logo": _("Accounts"), "seat": _("Seats"), "revenue": _("Revenue")}
    grains = {"month": _("Months"), "week": _("Weeks")}
    n = {number: str(number) for number in SPANS[wanted.grain]}
    return [
        (_("Measure"), [(text, wanted.query(("measure", key)), key == wanted.measure) for key, text in measures.items()]),
        (_("Grain"), [(text, wanted.query(("grain", key), without=("n",)), key == wanted.grain) for key, text in grains.items()]),
        (_("How many cohorts"), [(text, wanted.query(("n", text)), number == wanted.n) for number, text in n.items()]),
    ]
