"""Items of the day's list: the list by itself, and every step at one of them with its undo."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import NotSaved
from accounts.mentions import people_who_see
from churn.acting import items
from churn.as_of import figures_as_of
from churn.models import ActionItem
from csm_portal.portal import words
from csm_portal.portal.acting.names import rule_name
from csm_portal.portal.acting.page import listed
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today

LARGEST_KEY = 2**63
# A day of any other length is no ISO day, and Python would read some of them.
DAY_LENGTH = 10
FORMS = (items.SNOOZED, items.DISMISSED, items.ASSIGNED)
# Days that a snooze is offered for at once.
OFFERED_DAYS = (1, 7, 30)


@require_GET
@signed_in
def items_page(request: Request) -> HttpResponse:
    """Items by state, rule, owner and account. At most 8 queries."""
    context = {"as_of": figures_as_of(), "fixed_today": settings.PORTAL_AS_OF, "shown": listed(request.user, today(), request.GET)}
    return render(request, "portal/acting/items.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def step(request: Request, pk: int, kind: str) -> HttpResponse:
    """The form for a step that needs a word (GET), or the step taken (POST): done, snoozed, dismissed, assigned."""
    item = _item(request, pk)
    if kind not in (FORMS if request.method == "GET" else (items.DONE, *FORMS)):
        raise Http404
    if request.method == "GET":
        return _form(request, item, kind, {})
    data, now = request.POST, timezone.now()
    try:
        if kind == items.ASSIGNED:
            taken = items.assign(request.user, pk, data.get("owner", ""), now)
        else:
            told = items.Told(kind, data.get("reason", "").replace("\0", ""), _until(data.get("until", "")))
            taken = items.close(request.user, pk, told, now, today())
    except NotSaved as refused:
        if kind not in FORMS:
            return toast_for(request, _back(request), " ".join(refused.problems.values()), tone="error")
        return _form(request, item, kind, refused.problems)
    except ActionItem.DoesNotExist:
        raise Http404 from None
    text = _said(kind) % {
        "what": rule_name(item.rule),
        "account": item.account.name,
        "until": words.day(taken.until),
    }
    return toast_for(request, _back(request), text, undo_url=reverse("portal:item-undo", args=[taken.pk]))


@require_POST
@signed_in
def undo(request: Request, pk: int) -> HttpResponse:
    """Take one's own step of the last day back."""
    try:
        item = items.undo(request.user, pk, timezone.now()) if pk < LARGEST_KEY else None
    except NotSaved as refused:
        return toast_for(request, _back(request), " ".join(refused.problems.values()), tone="error")
    if item is None:
        raise Http404
    return toast_for(
        request, _back(request), _("%(what)s at %(account)s is as before.") % {"what": rule_name(item.rule), "account": item.account.name}
    )


def _item(request: Request, pk: int) -> ActionItem:
    rows = (
        ActionItem.objects.visible_to(request.user).filter(held_back=False).select_related("account__owner__team", "account__team", "owner")
    )
    item: ActionItem | None = rows.filter(pk=pk).first() if pk < LARGEST_KEY else None
    if item is None:
        raise Http404
    return item


def _back(request: Request) -> HttpResponse:
    return done(request, back_to(request, reverse("portal:today")))


def _said(kind: str) -> str:
    return {
        items.DONE: _("Done: %(what)s at %(account)s."),
        items.SNOOZED: _("%(what)s at %(account)s comes back on %(until)s."),
        items.DISMISSED: _("Dismissed: %(what)s at %(account)s."),
        items.ASSIGNED: _("%(what)s at %(account)s has another owner."),
    }.get(kind, "%(what)s")


def _form(request: Request, item: ActionItem, kind: str, problems: dict[str, str]) -> HttpResponse:
    data, day = request.POST if request.method == "POST" else request.GET, today()
    titles = {
        items.SNOOZED: _("Put off: %(what)s at %(account)s"),
        items.DISMISSED: _("Dismiss: %(what)s at %(account)s"),
        items.ASSIGNED: _("Give to a colleague: %(what)s at %(account)s"),
    }
    context = {
        "item": item,
        "kind": kind,
        "problems": problems,
        "reason": data.get("reason", "").replace("\0", "")[:1000],
        "until": data.get("until", (day + timedelta(days=7)).isoformat()).replace("\0", "")[:40],
        "first": (day + timedelta(days=1)).isoformat(),
        "last": (day + items.LONGEST_SNOOZE).isoformat(),
        "offers": [(day + timedelta(days=n), words.until(day + timedelta(days=n), day)) for n in OFFERED_DAYS],
        "people": _people(item) if kind == items.ASSIGNED else [],
        "back": data.get("next", ""),
        "title": titles[kind] % {"what": rule_name(item.rule), "account": item.account.name},
        "body": "portal/acting/_step_form.html",
        "css": "css/acting.css",
    }
    status = 422 if problems else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, "portal/acting/_step_form.html" if problems else "parts/_dialog.html", context, status=status)


def _people(item: ActionItem) -> list[tuple[str, str, bool]]:
    chosen = item.owner_id
    return [(one.email, one.get_full_name(), one.pk == chosen) for one in people_who_see(item.account).only("email", "name")]


def _until(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == DAY_LENGTH else None
    except ValueError:
        return None
