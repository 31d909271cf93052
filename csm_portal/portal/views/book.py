"""The list of accounts: its filters, views, columns, evidence and files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from csm_portal.portal.book import columns, exports, saved_views
from csm_portal.portal.book.asked import DENSITIES, Asked, kept, part_asked
from csm_portal.portal.book.choices import field_choices, labels_of, quick_choices
from csm_portal.portal.book.conditions import COMPARISONS, Comparison, in_words
from csm_portal.portal.book.evidence_row import evidence_row
from csm_portal.portal.book.fields import FIELDS, Kind, Words
from csm_portal.portal.book.preferences import remember, remembered_of
from csm_portal.portal.book.quick import Choice
from csm_portal.portal.book.table import asked_of, book_context
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.toasts import toast_for
from csm_portal.portal.views.account import account_page
from csm_portal.web import Request, signed_in, today, wants_fragment
from health.models import AccountState

PAGE = saved_views.PAGE
MOST_COLUMNS = 100


@dataclass(frozen=True)
class Join:
    """A group of filters that another condition may be ORed to."""

    place: int
    text: str


@dataclass(frozen=True)
class Act:
    """Something that can be done with all selected accounts: the field it changes."""

    field: str
    label: str
    icon: str


@dataclass(frozen=True)
class Adding:
    """The form for one more filter. `choices` is None where a value is typed."""

    key: str
    label: Words
    comparisons: list[Comparison]
    choices: list[Choice] | None
    joins: list[Join]
    numeric: bool
    hint: str


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def accounts_page(request: Request) -> HttpResponseBase:
    """The book with all its filters; views, filters and table alone where a filter changed.

    `?external_id=` leads straight to that account. Without a query the last state comes back; `?reset=1` forgets it.
    """
    if external_id := request.GET.get("external_id"):
        return account_page(request, external_id)
    if (elsewhere := _moved(request)) is not None:
        return redirect(_address(elsewhere))
    asked = asked_of(request)
    remember(request.user, PAGE, last=_lasting(asked.state))
    context = _page(request, asked)
    if wants_fragment(request):
        answer = render(request, "portal/_book_page.html", context)
        page = {"page": request.GET["page"]} if "page" in request.GET else {}
        answer["HX-Replace-Url"] = _address(asked.having(**page) if not page else f"{asked.state}&page={page['page']}".lstrip("&"))
        return answer
    return render(request, "portal/account_list.html", context)


def _lasting(state: str) -> str:
    """What of a state is worth coming back to: all but the text searched for, which was for that moment."""
    return urlencode([(name, value) for name, value in parse_qsl(state) if name != "q"])


def _moved(request: Request) -> str | None:
    """Query to go to instead: a filter added, a view opened by its key alone, the last state; None to stay."""
    query = request.GET
    if "reset" in query:
        remember(request.user, PAGE, last=None)
        return ""
    if not query and not request.htmx:
        return str(remembered_of(request.user, PAGE).get("last", "")) or None
    if (part := part_asked(query)) is not None:
        return Asked(query).with_part(part[0], _group(request.GET))
    if set(kept(query)) == {"view"} and "page" not in query:
        view = saved_views.open_view(saved_views.views_of(request.user), query["view"])
        return view.address if view is not None and view.query else None
    return None


def _group(query: QueryDict) -> int | None:
    """Number of the group that a new condition is ORed to; None: it stands for itself."""
    place = query.get("to", "")
    return int(place) if place.isascii() and place.isdigit() and len(place) < 3 else None


def _address(query: str) -> str:
    return f"{reverse('portal:accounts')}?{query}" if query else reverse("portal:accounts")


def _page(request: Request, asked: Asked) -> dict[str, Any]:
    adding = request.GET.get("adding", "")
    context = book_context(request, asked)
    day = today()
    options = quick_choices(request.user, asked, day, context["run_id"])
    views = saved_views.views_of(request.user)
    view = saved_views.open_view(views, asked.query.get("view", ""))
    return {
        **context,
        "quick": asked.form.offered(options),
        "chips": asked.chips(labels_of(request.user, asked, options)),
        "carried": [(name, value) for name in ("f", "sort", "cols", "density", "view") for value in asked.query.getlist(name)],
        "views": views,
        "view": view,
        "changed": view is not None and saved_views.clean_query(asked.state) != saved_views.clean_query(view.query),
        "picks": _picks(asked),
        "acts": [
            Act("owner", _("Assign"), "user-check"),
            Act("tags", _("Tag"), "tag"),
            Act("tier", _("Tier"), "star"),
            Act("stage", _("Stage"), "flag"),
        ],
        **_adding(request, asked, adding, context["run_id"], day),
    }


def _adding(request: Request, asked: Asked, key: str, run_id: int | None, day: date) -> dict[str, Any]:
    """What the form for one more filter needs: the fields, or one field with its comparisons and values."""
    field = FIELDS.get(key)
    base: dict[str, Any] = {"asked": asked, "fields": list(FIELDS.values()), "adding": None}
    if field is None:
        return base
    listed = field.kind in (Kind.CHOICE, Kind.TAGS)
    choices = field_choices(request.user, asked, day, run_id, key) if listed else None
    labels = labels_of(request.user, asked, {})
    joins = [Join(place, (" " + _("or") + " ").join(in_words(part, labels) for part in group)) for place, group in enumerate(asked.groups)]
    comparisons = list(COMPARISONS[field.kind].values())
    hint = {
        Kind.AHEAD: _("90, 2026-12-31 or +30d"),
        Kind.BACK: _("90, 2026-12-31 or -30d"),
        Kind.DUE: "2026-10-01,2026-12-31",
        Kind.DUE: "2026-10-01, 2026-12-31",
        Kind.NUMBER: f"{field.low} … {field.high}" if field.high < 10**12 else _("such as 2500"),
    }.get(field.kind, "")
    carried = [(name, value) for name in asked.query for value in asked.query.getlist(name)]
    return {
        **base,
        "adding": Adding(key, field.label, comparisons, choices, joins, field.kind == Kind.NUMBER, hint),
        "carried_all": carried,
    }


@require_GET
@signed_in
def add_filter(request: Request) -> HttpResponse:
    """The inside of “Add filter”: the fields, or with `?adding=` the form of one, with live counts."""
    asked = asked_of(request)
    state = AccountState.objects.visible_to(request.user).values_list("run_id", flat=True).first()
    return render(request, "portal/_book_add.html", _adding(request, asked, request.GET.get("adding", ""), state, today()))


@require_GET
@signed_in
def count_filter(request: Request) -> HttpResponse:
    """How many accounts the filter being written would leave, or what is wrong with it."""
    asked, day = asked_of(request), today()
    part = part_asked(request.GET)
    if part is None:
        return HttpResponse("")
    text, condition = part
    if condition.problem:
        return render(request, "portal/_book_count.html", {"problem": condition.problem if condition.values else ""})
    joined = Asked(QueryDict(asked.with_part(text, _group(request.GET))))
    n = joined.narrow(AccountState.objects.visible_to(request.user), day).count()
    return render(request, "portal/_book_count.html", {"n": n})


def _acts() -> list[Act]:
    """What can be done with all selected accounts, besides rating them."""
    return [
        Act("owner", _("Assign"), "user-check"),
        Act("tags", _("Tag"), "tag"),
        Act("tier", _("Tier"), "star"),
        Act("stage", _("Stage"), "flag"),
    ]


def _picks(asked: Asked) -> list[dict[str, Any]]:
    """All columns for the picker: those shown in their order, then the rest."""
    shown = [column.key for column in asked.columns if column.key != columns.FIRST]
    rest = [key for key in columns.COLUMNS if key not in shown and key != columns.FIRST]
    return [{"key": key, "label": columns.COLUMNS[key].label, "shown": key in shown} for key in [*shown, *rest]]


@require_POST
@signed_in
def choose_columns(request: Request) -> HttpResponse:
    """Keep which columns are shown, in which order and how dense, and go back to the table."""
    query = kept(QueryDict(request.POST.get("query", "")))
    if request.POST.get("standard"):
        query.pop("cols", None)
        query.pop("density", None)
        remember(request.user, PAGE, columns=None, density=None, last=query.urlencode())
        return redirect(_address(query.urlencode() or "reset=1"))
    wanted = [key for key in request.POST.getlist("column") if key in columns.COLUMNS]
    wanted.sort(key=lambda key: _place(request.POST.get(f"place-{key}", "")))
    density = request.POST.get("density", "")
    query["cols"] = ",".join(wanted) or columns.FIRST
    if density in DENSITIES:
        query["density"] = density
    remember(request.user, PAGE, columns=wanted, density=query.get("density"), last=query.urlencode())
    return redirect(_address(query.urlencode()))


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 999


@require_GET
@signed_in
def row_evidence(request: Request) -> HttpResponse:
    """What stands behind one row, as a row of its own."""
    states = AccountState.objects.visible_to(request.user).select_related("account")
    state = states.filter(account__external_id=request.GET.get("account", "").replace("\x00", "")).first()
    if state is None:
        raise Http404
    span = request.GET.get("span", "")
    return render(
        request,
        "portal/_book_evidence.html",
        {
            **evidence_row(state.account, state, request.user, today()),
            "span": int(span) if span.isascii() and span.isdigit() and len(span) < 3 else 99,
        },
    )


@require_GET
@signed_in
def export_book(request: Request) -> HttpResponseBase:
    """A file of what is seen, all pages: `format` csv (streamed) or xlsx."""
    asked, day = asked_of(request), today()
    states = asked.in_order(asked.narrow(AccountState.objects.visible_to(request.user), day))
    kind = request.GET.get("format", "csv")
    return sheet_answer(exports.lines(states, asked.columns), kind, f"accounts-{day.isoformat()}", title=_("Accounts"), freeze="C2")


def views(request: HttpRequest) -> HttpResponseBase:
    """The list of views with their counts (GET), or a new one (POST)."""
    return save_view(request) if request.method == "POST" else list_views(request)


@require_GET
@signed_in
def list_views(request: Request) -> HttpResponse:
    """The views with the number of accounts in each, counted now."""
    asked = asked_of(request)
    counted = saved_views.with_counts(request.user, saved_views.views_of(request.user), today())
    view = saved_views.open_view(counted, asked.query.get("view", ""))
    changed = view is not None and saved_views.clean_query(asked.state) != saved_views.clean_query(view.query)
    return render(request, "portal/_book_views.html", {"views": counted, "view": view, "changed": changed, "asked": asked, "counted": True})


@require_POST
@signed_in
def save_view(request: Request) -> HttpResponse:
    """Save the state of the table under a name."""
    query = request.POST.get("query", "")
    try:
        view = saved_views.save_view(request.user, request.POST.get("name", ""), request.POST.get("shared", "nobody"), query)
    except ValueError as problem:
        return toast_for(request, redirect(_address(saved_views.clean_query(query) or "reset=1")), str(problem), tone="error")
    return toast_for(request, redirect(_opened(view)), _("Saved the view “%(name)s”.") % {"name": view.name})


def _opened(view: Any) -> str:
    return _address(f"view={view.pk}&{view.query}" if view.query else f"view={view.pk}")


@require_POST
@signed_in
def change_view(request: Request, pk: int) -> HttpResponse:
    """Rename, share, overwrite or delete one's own view (`do`); not yours: as if it were not there."""
    view = saved_views.own_view(request.user, pk)
    if view is None:
        raise Http404
    do = request.POST.get("do", "")
    if do == "delete":
        token = saved_views.delete_view(view)
        undo = f"{reverse('portal:book-view-restore')}?{_token(token)}"
        told = _("Deleted the view “%(name)s”.") % {"name": view.name}
        return toast_for(request, redirect(_address(view.query or "reset=1")), told, undo_url=undo)
    try:
        if do == "overwrite":
            view = saved_views.change_view(view, query=request.POST.get("query", ""))
        else:
            view = saved_views.change_view(view, name=request.POST.get("name"), shared=request.POST.get("shared"))
    except ValueError as problem:
        view.refresh_from_db()
        return toast_for(request, redirect(_opened(view)), str(problem), tone="error")
    return toast_for(request, redirect(_opened(view)), _("Saved the view “%(name)s”.") % {"name": view.name})


@require_POST
@signed_in
def restore_view(request: Request) -> HttpResponse:
    """Bring back a view deleted within the last day."""
    try:
        view = saved_views.restore_view(request.user, request.GET.get("token", ""))
    except ValueError as problem:
        return toast_for(request, _back(request, _address("reset=1")), str(problem), tone="error")
    return toast_for(request, _back(request, _opened(view)), _("The view “%(name)s” is back.") % {"name": view.name})


def _back(request: Request, address: str) -> HttpResponse:
    """To the page; an htmx request is told where to go."""
    if request.htmx:
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = address
        return answer
    return redirect(address)


def _token(token: str) -> str:
    query = QueryDict(mutable=True)
    query["token"] = token
    return str(query.urlencode())
