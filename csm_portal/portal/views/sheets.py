"""The usage sheet for the renewal talk: looked at, shared, and read again as it was."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.edit_values import Refused, check_characters
from accounts.edits import UNDO_FOR
from churn.models import RenewalCase
from churn.sheets import Figures, figures, find_case, share, shared_sheets, take_back
from csm_portal.portal.addresses import account_address
from csm_portal.portal.sheets import body
from csm_portal.portal.sheets.page import LANGUAGE_NAMES, chart, customer_language, language_asked, shared_of, shared_row
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in

LARGEST = 2**63


@require_http_methods(["GET", "POST"])
@signed_in
def usage_sheet(request: Request, pk: int) -> HttpResponse:
    """The sheet of a renewal as it would be shared now; posted, it is frozen and "usage shared" is ticked.

    `lang` and `note` say how it should read. `look`, posted, only shows that: what is written to a customer belongs in no address.
    """
    case = find_case(request.user, pk) if pk < LARGEST else None
    if case is None:
        raise Http404
    row: Any = case
    found = figures(case)
    data = request.POST if request.method == "POST" else request.GET
    reader = get_language() or "en"
    language = language_asked(data.get("lang", ""), customer_language(row.customer_language, case.account.country, reader))
    note, problem = _note(data.get("note", ""))
    if request.method == "POST" and "look" not in request.POST and found is not None and not problem:
        if data.get("as_of") == found.as_of.isoformat():
            return _share(request, case, found, language, note)
        problem = _("The figures are newer than those you looked at. Look at the sheet again, then share it.")
    context: dict[str, Any] = {
        "case": case,
        "account": case.account,
        "account_href": account_address(case.account.external_id),
        "as_of": found.as_of if found else None,
        "fixed_today": settings.PORTAL_AS_OF,
        "language": language,
        "languages": list(LANGUAGE_NAMES.items()),
        "note": note,
        "problem": problem,
        "longest": body.LONGEST_NOTE,
        "sheets": [shared_row(one) for one in row.sheet_rows],
    }
    if found is not None:
        context["sheet"] = body.make(found, language, note)
        context["chart"] = chart(context["sheet"]["trend"])
    return render(request, "portal/sheet.html", context, status=422 if problem else 200)


def _share(request: Request, case: RenewalCase, found: Figures, language: str, note: str) -> HttpResponse:
    sheet = share(request.user, case, language, body.make(found, language, note), as_of=found.as_of, at=timezone.now())
    text = _("Usage sheet frozen, and “usage shared” ticked. Print it or save it as PDF now.")
    undo = reverse("portal:shared-sheet-undo", args=[sheet.pk])
    return toast_for(request, redirect("portal:shared-sheet", sheet.pk), text, undo_url=undo)


@require_GET
@signed_in
def shared_sheet(request: Request, pk: int) -> HttpResponse:
    """A sheet as it was shared: everything on it comes from what was frozen then."""
    sheet = shared_sheets(request.user).filter(pk=pk).select_related("account", "author").first() if pk < LARGEST else None
    if sheet is None:
        raise Http404
    case = RenewalCase.objects.visible_to(request.user).filter(account=sheet.account_id, product=sheet.product, ends_on=sheet.ends_on)
    context = {
        "sheet": sheet.body,
        "chart": chart(sheet.body["trend"]),
        "shared": shared_of(sheet),
        "account": sheet.account,
        "account_href": account_address(sheet.account.external_id),
        "case_pk": case.values_list("pk", flat=True).first(),
        "language": sheet.language,
        "undo_pk": sheet.pk if sheet.author_id == request.user.pk and sheet.shared_at > timezone.now() - UNDO_FOR else None,
        "as_of": sheet.as_of,
        "fixed_today": settings.PORTAL_AS_OF,
    }
    return render(request, "portal/sheet_shared.html", context)


@require_POST
@signed_in
def undo_sheet(request: Request, pk: int) -> HttpResponse:
    """Take back one's own sheet of the last day; somebody else's, or an older one, is not there (404)."""
    sheet = take_back(request.user, pk, timezone.now()) if pk < LARGEST else None
    if sheet is None:
        raise Http404
    target = account_address(sheet.account.external_id)
    answer = HttpResponse(headers={"HX-Redirect": target}) if request.htmx else redirect(target)
    return toast_for(request, answer, _("The sheet is taken back, and no longer counts as shared."))


def _note(asked: str) -> tuple[str, str]:
    """The note with what is wrong with it (empty: nothing)."""
    text = asked.replace("\r\n", "\n").strip()
    try:
        check_characters(text)
    except Refused as problem:
        return "", str(problem)
    if len(text) > body.LONGEST_NOTE:
        told = _("This note has %(n)s characters; right would be at most %(most)s, so that the sheet stays one page.")
        return text, told % {"n": len(text), "most": body.LONGEST_NOTE}
    return text, ""
