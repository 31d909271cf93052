"""Packs of renewals and reviews: frozen as they stand, and read again as they were."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import Refused
from accounts.edits import UNDO_FOR
from accounts.touch import text_of
from churn import packs
from csm_portal.portal.addresses import account_address
from csm_portal.portal.qbr.addresses import qbr_address
from csm_portal.portal.qbr.frozen import FreezeForm, freeze, frozen_when, roadmap_of, stories_of, thaw
from csm_portal.portal.qbr.pack import find_account, pack
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today

LARGEST = 2**63
TEXTS = ("stories", "roadmap")


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def freeze_pack(request: Request) -> HttpResponse:
    """The form that freezes what is prepared for `account`, and what becomes of it."""
    data = request.POST if request.method == "POST" else request.GET
    named = data.get("account", "")
    account = find_account(request.user, named) if "\0" not in named else None
    state = getattr(account, "state", None)
    if account is None or state is None:
        raise Http404
    day, as_of = today(), state.as_of.isoformat()
    found = pack(account, request.user, day)
    if request.method == "GET":
        return _form(request, FreezeForm(account, as_of, stories_of(found, day), roadmap_of(found, day)))
    told, problems = _texts(request)
    problem = ""
    if data.get("as_of") != as_of:
        problem = _("The figures are newer than those you looked at. Look at the page again, then freeze it.")
    if problem or problems:
        stories, roadmap = (data.get(name, "").replace("\0", "") for name in TEXTS)
        return _form(request, FreezeForm(account, as_of, stories, roadmap, problem, problems))
    body = freeze(found, told["stories"], told["roadmap"])
    kept = packs.freeze(request.user, account, _language(), body, as_of=state.as_of, at=timezone.now())
    target, undo = reverse("portal:frozen-pack", args=[kept.pk]), reverse("portal:frozen-pack-undo", args=[kept.pk])
    return toast_for(request, _to(request, target), _("Frozen as it stands. Print it or save it as PDF now."), undo_url=undo)


@require_GET
@signed_in
def frozen_pack(request: Request, pk: int) -> HttpResponse:
    """A pack as it was frozen: everything on it comes from what was kept then, in the language of then."""
    found = packs.frozen_packs(request.user).filter(pk=pk).select_related("account", "author").first() if pk < LARGEST else None
    if found is None:
        raise Http404
    body = thaw(found.body)
    with translation.override(found.language):
        paper = render_to_string("portal/qbr/_pack.html", {"pack": body["pack"], "account": found.account, "frozen": body}, request)
    own = found.author_id == request.user.pk and found.frozen_at > timezone.now() - UNDO_FOR
    context: dict[str, Any] = {
        "paper": paper,
        "language": found.language,
        "account": found.account,
        "account_href": account_address(found.account.external_id),
        "live_href": qbr_address(found.account.external_id),
        "frozen_at": frozen_when(found.frozen_at, by_itself=found.author is None),
        "author": found.author.get_full_name() if found.author else "",
        "undo_pk": found.pk if own else None,
        "as_of": found.as_of,
        "fixed_today": settings.PORTAL_AS_OF,
    }
    return render(request, "portal/qbr/frozen.html", context)


@require_POST
@signed_in
def undo_pack(request: Request, pk: int) -> HttpResponse:
    """Take back one's own pack of the last day; somebody else's, or an older one, is not there (404)."""
    found = packs.take_back(request.user, pk, timezone.now()) if pk < LARGEST else None
    if found is None:
        raise Http404
    return toast_for(request, _to(request, qbr_address(found.account.external_id)), _("The frozen pack is taken back."))


def _to(request: Request, address: str) -> HttpResponse:
    return HttpResponse(headers={"HX-Redirect": address}) if request.htmx else redirect(address)


def _texts(request: Request) -> tuple[dict[str, str], dict[str, str]]:
    told, problems = {}, {}
    for name in TEXTS:
        try:
            told[name] = text_of(request.POST.get(name, ""), needed=False)
        except Refused as refused:
            problems[name] = str(refused)
    return told, problems


def _language() -> str:
    return "zh-hans" if (translation.get_language() or "").startswith("zh") else "en"


def _form(request: Request, form: FreezeForm) -> HttpResponse:
    body, failed = "portal/qbr/_freeze_form.html", bool(form.problem or form.problems)
    title = _("Freeze the pack of %(account)s") % {"account": form.account.name}
    context = {"form": form, "title": title, "body": body, "wide": True, "css": "css/qbr.css"}
    status = 422 if failed else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, body if failed else "parts/_dialog.html", context, status=status)
