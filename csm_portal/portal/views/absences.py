"""Absences: who is away, who covers, entered with an end, ended early, taken back."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import absences
from accounts.edit_values import NotSaved
from accounts.models import Absence
from csm_portal.portal import words
from csm_portal.portal.absences.page import form, lines
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today

LARGEST_KEY = 2**63
# A day of any other length is no ISO day, and Python would read some of them.
DAY_LENGTH = 10


@require_http_methods(["GET", "POST"])
@signed_in
def absences_page(request: Request) -> HttpResponse:
    """Absences one may see, and the form (GET), or one entered (POST). At most 8 queries."""
    if request.method == "GET":
        return _page(request, {})
    data = request.POST
    wish = absences.Wish(
        data.get("person", ""), data.get("cover", ""), _day(data.get("ends_on", "")), _day(data.get("starts_on", "")), data.get("note", "")
    )
    try:
        made = absences.enter(request.user, wish, timezone.now(), today())
    except NotSaved as refused:
        return _page(request, refused.problems)
    undo = reverse("portal:absence-undo", args=[made.pk])
    return toast_for(request, redirect("portal:absences"), _said(made), undo_url=undo)


@require_POST
@signed_in
def undo(request: Request, pk: int) -> HttpResponse:
    """Take back what one has entered in the last day."""
    row = absences.withdraw(request.user, pk, timezone.now(), today()) if pk < LARGEST_KEY else None
    return _answer(request, row, _("Taken back: %(who)s is not away."))


@require_POST
@signed_in
def end(request: Request, pk: int) -> HttpResponse:
    """They are back."""
    before = Absence.objects.visible_to(request.user).filter(pk=pk).first() if pk < LARGEST_KEY else None
    row = absences.end_early(request.user, pk, timezone.now(), today()) if before is not None else None
    until = f"?{urlencode({'until': before.ends_on.isoformat()})}" if before is not None else ""
    return _answer(request, row, _("%(who)s is back: %(cover)s sees these accounts no more."), undo=("portal:absence-run-on", until))


@require_POST
@signed_in
def run_on(request: Request, pk: int) -> HttpResponse:
    """Give the absence the end `until`: the undo of an early end."""
    until = _day(request.POST.get("until", request.GET.get("until", "")))
    if until is None or pk >= LARGEST_KEY:
        raise Http404
    try:
        row = absences.run_on(request.user, pk, until, today())
    except NotSaved as refused:
        return toast_for(request, done(request, reverse("portal:absences")), str(refused), tone="error")
    if row is None:
        raise Http404
    return toast_for(request, done(request, reverse("portal:absences")), _said(row))


def _answer(request: Request, row: Absence | None, text: str, undo: tuple[str, str] | None = None) -> HttpResponse:
    if row is None:
        raise Http404
    told = text % {"who": row.user.get_full_name(), "cover": row.cover.get_full_name()}
    undo_url = reverse(undo[0], args=[row.pk]) + undo[1] if undo else ""
    return toast_for(request, done(request, back_to(request, reverse("portal:absences"))), told, undo_url=undo_url)


def _said(row: Absence) -> str:
    return _("%(cover)s covers for %(who)s until %(day)s.") % {
        "cover": row.cover.get_full_name(),
        "who": row.user.get_full_name(),
        "day": words.day(row.ends_on),
    }


def _page(request: Request, problems: dict[str, str]) -> HttpResponse:
    data = request.POST if problems else request.GET
    coming, ended = lines(request.user, today())
    context = {"form": form(request.user, data, today(), problems), "coming": coming, "ended": ended}
    return render(request, "portal/absences/list.html", context, status=422 if problems else 200)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == DAY_LENGTH else None
    except ValueError:
        return None
