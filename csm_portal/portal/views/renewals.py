"""The page of what falls due: its list with timeline, its file and its views."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.models import SavedView
from csm_portal.portal.book import saved_views
from csm_portal.portal.book.preferences import remember, remembered_of
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.renewals import files
from csm_portal.portal.renewals.asked import Asked, kept
from csm_portal.portal.renewals.dues import dues
from csm_portal.portal.renewals.page import PAGE, STANDARD, page
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today, wants_fragment

RESET = "reset=1"


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def renewals_page(request: Request) -> HttpResponseBase:
    """What falls due, overdue first; views, stages, timeline and table alone where a filter changed.

    Without a query the last state comes back; `?reset=1` forgets it. What a link of another page narrows to is no state to come back to:
    who looked at one account would miss the rest the next time.
    """
    if (elsewhere := _moved(request)) is not None:
        return redirect(_address(elsewhere))
    asked = Asked(request.GET)
    if not asked.drilled:
        remember(request.user, PAGE, last=asked.without("q"))
    context = page(request.user, request.GET, today(), reverse("portal:renewals"))
    if wants_fragment(request):
        answer = render(request, "portal/_renewals_page.html", context)
        number = context["page"].number
        more = urlencode({"page": number}) if number > 1 else ""
        answer["HX-Replace-Url"] = _address("&".join(part for part in (asked.text, more) if part))
        return answer
    return render(request, "portal/renewals.html", context)


def _moved(request: Request) -> str | None:
    """Query to go to instead: a view opened by its key alone, the last state; None to stay."""
    query = request.GET
    if "reset" in query:
        remember(request.user, PAGE, last=None)
        return ""
    if not query and not request.htmx:
        return str(remembered_of(request.user, PAGE).get("last", "")) or None
    if set(kept(query)) == {"view"} and "page" not in query:
        view = saved_views.open_view(saved_views.views_of(request.user, PAGE, STANDARD), query["view"])
        return view.address if view is not None and view.query else None
    return None


def _address(query: str) -> str:
    return f"{reverse('portal:renewals')}?{query}" if query else reverse("portal:renewals")


@require_GET
@signed_in
def export_renewals(request: Request) -> HttpResponseBase:
    """A file of what is seen, all pages: `format` csv (streamed) or xlsx."""
    day = today()
    rows = files.lines(dues(request.user, Asked(request.GET), day), day)
    return sheet_answer(rows, request.GET.get("format", "csv"), f"renewals-{day.isoformat()}", title=_("Renewals"), freeze="C2")


@require_POST
@signed_in
def save_view(request: Request) -> HttpResponse:
    """Save the state of the page under a name."""
    query, data = request.POST.get("query", ""), request.POST
    try:
        view = saved_views.save_view(request.user, data.get("name", ""), data.get("shared", "nobody"), query, page=PAGE, keep=kept)
    except ValueError as problem:
        return toast_for(request, redirect(_address(saved_views.clean_query(query, kept) or RESET)), str(problem), tone="error")
    return toast_for(request, redirect(_opened(view)), _("Saved the view “%(name)s”.") % {"name": view.name})


@require_POST
@signed_in
def change_view(request: Request, pk: int) -> HttpResponse:
    """Rename, share, overwrite or delete one's own view (`do`); not yours: as if it were not there."""
    view = saved_views.own_view(request.user, pk, PAGE)
    if view is None:
        raise Http404
    do, data = request.POST.get("do", ""), request.POST
    if do == "delete":
        undo = f"{reverse('portal:renewals-view-restore')}?{urlencode({'token': saved_views.delete_view(view)})}"
        told = _("Deleted the view “%(name)s”.") % {"name": view.name}
        return toast_for(request, redirect(_address(view.query or RESET)), told, undo_url=undo)
    changes: dict[str, Any] = (
        {"query": data.get("query", "")} if do == "overwrite" else {"name": data.get("name"), "shared": data.get("shared")}
    )
    try:
        view = saved_views.change_view(view, keep=kept, **changes)
    except ValueError as problem:
        view.refresh_from_db()
        return toast_for(request, redirect(_opened(view)), str(problem), tone="error")
    return toast_for(request, redirect(_opened(view)), _("Saved the view “%(name)s”.") % {"name": view.name})


@require_POST
@signed_in
def restore_view(request: Request) -> HttpResponse:
    """Bring back a view deleted within the last day."""
    try:
        view = saved_views.restore_view(request.user, request.GET.get("token", ""), page=PAGE, keep=kept)
    except ValueError as problem:
        return toast_for(request, _back(request, _address(RESET)), str(problem), tone="error")
    return toast_for(request, _back(request, _opened(view)), _("The view “%(name)s” is back.") % {"name": view.name})


def _opened(view: SavedView) -> str:
    return _address(f"view={view.pk}&{view.query}" if view.query else f"view={view.pk}")


def _back(request: HttpRequest, address: str) -> HttpResponse:
    """To the page; an htmx request is told where to go."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
