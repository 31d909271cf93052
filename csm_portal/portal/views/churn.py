"""The page of the losses, its parts that come later, the lists behind its numbers, its files, and the notes on its charts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import Refused
from accounts.types import Role
from churn.as_of import Basis, read_basis
from csm_portal.portal import words
from csm_portal.portal.churn import files, filters, groups, kinds, lists, notes, page, series, weeks
from csm_portal.portal.churn.asked import ALL_CUTS, Asked, asked
from csm_portal.portal.churn.money import told_in
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Page, Request, for_roles, signed_in, wants_fragment, without_empty

# Rows of one page of a list; files hold all of them.
LIST_ROWS = 100
# Where the session keeps the notes taken off the charts, so that they can come back.
REMOVED, KEPT = "removed_notes", 5
PARTS = {
    "cuts": (groups.groups, "portal/_churn_cuts.html"),
    "types": (kinds.kinds, "portal/_churn_types.html"),
    "weeks": (weeks.weeks, "portal/_churn_weeks.html"),
    "filters": (lambda user, wanted, _basis: filters.fields(user, wanted), "portal/_churn_filters.html"),
}


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def churn_page(request: Request) -> HttpResponse:
    """Three attritions and the bridge of one period; the body alone where htmx asks. At most 8 queries."""
    basis = read_basis()
    if basis is None:
        return render(request, "portal/churn.html", {"fixed_today": settings.PORTAL_AS_OF})
    wanted = asked(request.GET, basis.as_of)
    context = _context(basis, wanted) | {"shown": page.shown(request.user, wanted, basis), "note_kinds": notes.KINDS.items()}
    if wants_fragment(request):
        answer = render(request, "portal/_churn_body.html", context)
        answer["HX-Push-Url"] = request.path + wanted.query()
        return answer
    return render(request, "portal/churn.html", context)


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def churn_part(request: Request, part: str) -> HttpResponse:
    """A part of the page that comes when it is scrolled to, or as a page by itself. At most 8 queries."""
    basis = _basis()
    wanted = asked(request.GET, basis.as_of)
    read, template = PARTS[part]
    context = _context(basis, wanted) | {"part": read(request.user, wanted, basis), "part_template": template}
    return render(request, template if wants_fragment(request) else "portal/churn_part.html", context)


@require_GET
@signed_in
def churn_accounts(request: Request) -> HttpResponse:
    """The accounts behind one number, with owner and amounts; 404 for a number that there is not."""
    basis, which = _basis(), lists.wanted(request.GET)
    if which is None:
        raise Http404
    wanted = asked(request.GET, basis.as_of)
    told = told_in(request.user, wanted.currency, basis.as_of)
    found = lists.listing(request.user, wanted, basis, which, told.currency)
    number = request.GET.get("page", "")
    place = Page(int(number) if number.isascii() and number.isdigit() and int(number[:6]) > 0 else 1, found.n, LIST_ROWS)
    place = Page(min(place.number, place.n_pages), found.n, LIST_ROWS)
    query = request.GET.copy()
    query.pop("page", None)
    context = _context(basis, wanted) | {
        "listing": found,
        "told": told,
        "in_reporting": which.measure == lists.LOSS,
        "heads": [(head, head not in found.words) for head in found.heads],
        "entries": [_cells(found, found.entry(row)) for row in found.rows[max(0, place.first - 1) : place.last]],
        "page": place,
        "download": f"{reverse('portal:churn-export')}?{without_empty(query).urlencode()}&part=accounts",
        "covers": _list_period(wanted, which),
        "chips": filters.chips(request.user, wanted),
    }
    return render(request, "portal/churn_accounts.html", context)


@require_GET
@signed_in
def churn_export(request: Request) -> HttpResponseBase:
    """One table of the page (`part`) as CSV, or with `format=xlsx` as a workbook; 404 for a table that there is not."""
    basis, part = _basis(), request.GET.get("part", files.TREND)
    which = lists.wanted(request.GET) if part == files.ACCOUNTS else None
    if part not in files.PARTS or (part == files.ACCOUNTS and which is None):
        raise Http404
    wanted = asked(request.GET, basis.as_of)
    if unknown := told_in(request.user, wanted.currency, basis.as_of).unknown:
        told = _("No exchange rate is known for “%(asked)s”; load exchange_rates for it.") % {"asked": unknown}
        return HttpResponse(told, status=400, content_type="text/plain; charset=utf-8")
    rows = files.table(request.user, wanted, basis, part, which)
    return sheet_answer(rows, request.GET.get("format", "csv"), files.name(wanted, part), title=_("Churn"), freeze="B2")


@require_POST
@for_roles(Role.MANAGER, Role.ADMIN)
def add_note(request: Request) -> HttpResponse:
    """Write a dated note on all charts."""
    data = request.POST
    back = redirect(_back(data))
    try:
        note, is_new = notes.add_note(request.user, notes.day_of(data.get("day", "")), data.get("text", ""), data.get("kind", ""))
    except Refused as problem:
        return toast_for(request, back, str(problem), tone="error")
    if not is_new:
        return toast_for(request, back, _("This note stands on the charts already."))
    return toast_for(request, back, _("Note added."), undo_url=reverse("portal:churn-note-remove", args=[note.pk]))


@require_POST
@for_roles(Role.MANAGER, Role.ADMIN)
def remove_note(request: Request, pk: int) -> HttpResponse:
    """Take a note off all charts."""
    removed = notes.remove_note(request.user, pk)
    if removed is None:
        raise Http404
    kept = [one for one in request.session.get(REMOVED, []) if one["pk"] != pk]
    told = {"pk": pk, "day": removed.day.isoformat(), "text": removed.text, "kind": removed.kind}
    request.session[REMOVED] = [*kept[1 - KEPT :], told]
    answer = _again(request)
    return toast_for(request, answer, _("Note removed."), undo_url=reverse("portal:churn-note-restore", args=[pk]))


@require_POST
@for_roles(Role.MANAGER, Role.ADMIN)
def restore_note(request: Request, pk: int) -> HttpResponse:
    """Put back a note that one has just taken off."""
    kept: list[dict[str, Any]] = request.session.get(REMOVED, [])
    found = next((one for one in kept if one["pk"] == pk), None)
    if found is None:
        raise Http404
    notes.put_back(request.user, notes.day_of(found["day"]), found["text"], found["kind"])
    request.session[REMOVED] = [one for one in kept if one["pk"] != pk]
    return toast_for(request, _again(request), _("The note is back."))


def _again(request: Request) -> HttpResponse:
    return HttpResponse(headers={"HX-Refresh": "true"}) if request.htmx else redirect(_back(request.POST))


def _back(data: QueryDict) -> str:
    """The page as it was: only what its address may hold comes back."""
    basis = read_basis()
    address = reverse("portal:churn")
    return address + asked(QueryDict(data.get("query", "").removeprefix("?")), basis.as_of).query() if basis else address


def _basis() -> Basis:
    basis = read_basis()
    if basis is None:
        raise Http404
    return basis


def _context(basis: Basis, wanted: Asked) -> dict[str, Any]:
    return {
        "as_of": basis.as_of,
        "fixed_today": settings.PORTAL_AS_OF,
        "version": basis.version,
        "asked": wanted,
        "filter_names": ALL_CUTS,
        "period_name": series.shown_name(wanted.grain, wanted.period.first, wanted.period.after),
        "page_href": reverse("portal:churn") + wanted.query(),
        "export_href": f"{reverse('portal:churn-export')}{wanted.query()}&" + urlencode({"part": ""}),
    }


def _cells(found: lists.Listing, entry: lists.Entry) -> tuple[lists.Entry, list[tuple[str, str, bool]]]:
    """An account with the head, the text and whether it is a number, for each of its columns."""
    columns = zip(found.heads, entry.texts, entry.cells, strict=True)
    return entry, [(head, text, not isinstance(cell, str)) for head, text, cell in columns]


def _list_period(wanted: Asked, which: lists.Wanted) -> str:
    if which.measure == lists.LOSS:
        return f"{words.day(wanted.year_first)} – {words.day(wanted.period.last)}"
    return series.shown_name(wanted.grain, wanted.period.first, wanted.period.after)
