"""One account: what to know before a call, and everything behind that."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.models import Account
from csm_portal.portal.account.acting import acting
from csm_portal.portal.account.explain import explain_address
from csm_portal.portal.account.head import facts, head, standing
from csm_portal.portal.account.left import ever_left, left
from csm_portal.portal.account.links import part_address
from csm_portal.portal.account.on_file import on_file
from csm_portal.portal.account.people import people, seat_list
from csm_portal.portal.account.quiet import quiet, quiet_rows
from csm_portal.portal.account.stream import stream
from csm_portal.portal.account.terms import terms
from csm_portal.portal.account.usage import usage
from csm_portal.portal.account.wants import wants
from csm_portal.portal.account.why import why
from csm_portal.portal.activity_panel import activity_panel, day_lines
from csm_portal.portal.addresses import account_address
from csm_portal.portal.health_panel import facet_lines, health_history_panel, score_lines
from csm_portal.portal.likelihood.reads import own_call, told_of
from csm_portal.portal.likelihood.words import chance_of
from csm_portal.portal.monday.mark import mark, on_list
from csm_portal.portal.night.notice import why_stale
from csm_portal.portal.night.reasons import reason_in_words
from csm_portal.portal.value.quality import signs
from csm_portal.web import Request, signed_in, today, wants_fragment
from health.models import AccountState

# Parts that come when they are scrolled to, or by their link: the tables and charts behind the first answer.
LAZY = ("acting", "usage", "history", "seats", "days", "scores", "left")
# Tables behind a chart, and the part they stand in.
INSIDE = {"days": "usage", "scores": "history"}
# The stream stands on the page; as a part it is asked for when its filter changes.
PARTS = (*LAZY, "stream")
HISTORY_DAYS = {"90": 90, "365": 365}


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def account_page(request: Request, external_id: str) -> HttpResponse:
    """The account with this id, if the viewer may see it; with `part`, htmx gets that part alone and everybody else the page with it open.

    An account without a state (no night yet) shows what is on file.
    """
    account = _account(request, external_id)
    state: AccountState | None = getattr(account, "state", None)
    day = today()
    part = request.GET.get("part", "")
    part = part if part in PARTS else ""
    context: dict[str, Any] = {
        "account": account,
        "external_id": external_id,
        "state": state,
        "as_of": state.as_of if state else None,
        "page_href": account_address(external_id),
        "explain_href": explain_address(external_id),
        "links": {name: part_address(external_id, name) for name in PARTS},
        # The id stands in the query where it cannot stand in the path.
        "folded": "external_id" in request.GET,
        "spans": tuple(HISTORY_DAYS.values()),
    }
    fragment = bool(part) and wants_fragment(request)
    for name in (part, *([] if fragment else [INSIDE.get(part)])):
        if name in LAZY:
            context[name] = _lazy(request, account, state, name, day)
    if not fragment or part == "stream":
        context["stream"] = stream(request, account, day, part_address(external_id, "stream"))
    if fragment:
        name = "stream_lines" if part == "stream" and "lines" in request.GET else part
        return render(request, f"portal/account/_{name}.html", {**context, "seats_open": "open" in request.GET})
    return render(request, "portal/account_detail.html", {**context, "seats_open": True, **_page(request, account, state, day)})


def _account(request: Request, external_id: str) -> Account:
    visible = Account.objects.visible_to(request.user)
    joined = ("owner", "co_owner", "team", "parent", "counts_for", "state")
    seen = Exists(visible.filter(pk=OuterRef("parent_id")).order_by())
    known = visible.select_related(*joined).annotate(
        parent_seen=seen,
        has_left=ever_left(today()),
        quiet_rows=quiet_rows(today()),
        told=told_of("pk"),
        call=own_call("pk", "state__renewal_on"),
        on_list=on_list(),
        why_stale=why_stale(),
    )
    found = known.filter(external_id=external_id).first()
    if found is None:
        raise Http404
    account: Account = found
    return account


def _page(request: Request, account: Account, state: AccountState | None, day: date) -> dict[str, Any]:
    """What the page holds at once: eight queries, and one a minute for definitions."""
    context: dict[str, Any] = {
        "fixed_today": settings.PORTAL_AS_OF,
        "sections": _sections(has_left=account.has_left),  # type: ignore[attr-defined]
        "facts": facts(account, state),
        "wants": wants(account, state, request.user, day),
        "people": people(account, request.user, state.as_of if state else None),
        "file": on_file(account, day),
        "terms": terms(account, request.user, day),
        "quiet": quiet(account, day),
        "why_stale": reason_in_words(account.why_stale),  # type: ignore[attr-defined]
        "parent_href": account_address(account.parent.external_id) if account.parent else "",
    }
    if state is not None:
        state.account = account
        facets = facet_lines(state.facets)
        context |= {
            "head": head(state, day),
            "listed": mark(account.on_list),  # type: ignore[attr-defined]
            "chance": chance_of(account.told, account.call),  # type: ignore[attr-defined]
            "standing": standing(state),
            "facets": facets,
            "unweighed": sum(not facet.weighed for facet in facets),
            "why": why(account, state, request.user),
            "quality": signs(state, context["people"]),
        }
    return context


def _lazy(request: Request, account: Account, state: AccountState | None, part: str, day: date) -> Any:
    asked = request.GET
    if part == "seats":
        page = asked.get("page", "1")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1
        return seat_list(account, request.user, state.as_of if state else None, day, persona=asked.get("persona", ""), number=number)
    if part == "left":
        return left(account, request.user, day)
    if part == "acting":
        return acting(account, request.user, day)
    if state is None:
        return None
    if part == "usage":
        return {"activity": activity_panel(account, request.user, state.as_of), **vars(usage(account, request.user, state.as_of, day))}
    if part == "days":
        return day_lines(account, request.user, state.as_of)
    lines = score_lines if part == "scores" else health_history_panel
    return lines(account, state, request.user, HISTORY_DAYS.get(asked.get("days", ""), 365))


def _sections(*, has_left: bool) -> list[tuple[str, str]]:
    """Anchors of the page in the order in which a call is prepared."""
    return [
        *([("left", _("Why it left"))] if has_left else []),
        ("acting", _("To do")),
        ("wants", _("What they want")),
        ("stand", _("Where they stand")),
        ("usage", pgettext("section of the account page", "Usage")),
        ("changes", _("What changed")),
        ("people", _("Who matters")),
        ("open", _("What is open")),
        ("terms", _("Contracts")),
        ("said", _("Notes")),
    ]
