"""Payment reminders: read, approved, taken back, and the page by which a contact asks for no more of them."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import Refused
from accounts.models import Contact
from churn import reminders
from churn.models import PaymentReminder
from churn.reminder_texts import contact_of, language_of
from churn.types import ReminderState
from csm_portal.portal.editing.answers import done
from csm_portal.portal.reminders.page import candidate_line, history_line, shown
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today

MOST_AT_ONCE = 100
LARGEST_KEY = 2**63


@require_GET
@signed_in
def reminders_page(request: Request) -> HttpResponse:
    """What could be sent, and what was. At most 8 queries."""
    found = shown(request.user, today(), timezone.now())
    context = {"shown": found, "fixed_today": settings.PORTAL_AS_OF, "can_pay_online": reminders.can_pay_online()}
    return render(request, "portal/reminders.html", context)


@require_GET
@signed_in
@vary_on_headers("HX-Request")
def preview(request: Request) -> HttpResponse:
    """The words of one reminder (`cause`), in the language of the contact, with what approving it does."""
    one = _candidate(request, request.GET.get("cause", ""))
    line = candidate_line(one, today())
    context = {
        "one": one,
        "line": line,
        "text": reminders.preview(one, request.user),
        "can_pay_online": reminders.can_pay_online(),
        "title": _("Reminder for %(account)s") % {"account": one.name},
        "body": "portal/_reminder_preview.html",
        "wide": True,
        "css": "css/reasons.css",
    }
    return render(request, "parts/_dialog.html" if request.htmx else "portal/edit_page.html", context)


@require_POST
@signed_in
def approve(request: Request) -> HttpResponse:
    """Order the reminder to be sent, or hand its text over; 404 where it was approved already."""
    cause = request.POST.get("cause", "")
    if "\0" in cause or not cause:
        raise Http404
    try:
        made = reminders.approve(request.user, cause, timezone.now(), today())
    except Refused as refused:
        return toast_for(request, _back(request), str(refused), tone="error")
    if made is None:
        raise Http404
    queued = made.state == ReminderState.QUEUED
    text = _("Approved: it goes out in a minute.") if queued else _("Handed over: the text stands in the list below.")
    return toast_for(request, _back(request), text, undo_url=reverse("portal:reminder-undo", args=[made.pk]))


@require_POST
@signed_in
def approve_all(request: Request) -> HttpResponse:
    """Order the reminders of every `cause` that is chosen, at most MOST_AT_ONCE of them."""
    causes = [cause for cause in request.POST.getlist("cause") if cause and "\0" not in cause]
    if not causes:
        return toast_for(request, _back(request), _("Choose at least one reminder."), tone="warn")
    made = reminders.approve_all(request.user, causes[:MOST_AT_ONCE], timezone.now(), today())
    if not made:
        raise Http404
    told = ngettext("Approved %(n)d reminder: it goes out in a minute.", "Approved %(n)d reminders: they go out in a minute.", len(made))
    undo_url = f"{reverse('portal:reminder-undo-all')}?{urlencode([('pk', row.pk) for row in made])}"
    return toast_for(request, _back(request), told % {"n": len(made)}, undo_url=undo_url)


@require_POST
@signed_in
def undo_all(request: Request) -> HttpResponse:
    """Take one's own approvals `pk` back while nothing has been sent; 404 where that is none of them."""
    keys = [int(key) for key in request.GET.getlist("pk")[:MOST_AT_ONCE] if key.isascii() and key.isdigit() and int(key) < LARGEST_KEY]
    now = timezone.now()
    if not sum(reminders.take_back(request.user, key, now) for key in keys):
        raise Http404
    return toast_for(request, _back(request), _("Taken back."))


@require_POST
@signed_in
def undo(request: Request, pk: int) -> HttpResponse:
    """Take one's own approval back while nothing has been sent."""
    if not (pk < LARGEST_KEY and reminders.take_back(request.user, pk, timezone.now())):
        raise Http404
    return toast_for(request, _back(request), _("Taken back."))


@require_POST
@signed_in
def again(request: Request, pk: int) -> HttpResponse:
    """Send one that failed once more."""
    if not (pk < LARGEST_KEY and reminders.send_again(request.user, pk, timezone.now())):
        raise Http404
    return toast_for(request, _back(request), _("Approved: it goes out in a minute."))


@require_GET
@signed_in
@vary_on_headers("HX-Request")
def text(request: Request, pk: int) -> HttpResponse:
    """The words of a reminder as it was approved, to be read out or copied."""
    rows = PaymentReminder.objects.visible_to(request.user).select_related("account", "contact", "approved_by", "invoice")
    row = rows.filter(pk=pk).first() if pk < LARGEST_KEY else None
    if row is None:
        raise Http404
    context = {
        "row": row,
        "line": history_line(row, request.user, timezone.now()),
        "title": _("Reminder for %(account)s") % {"account": row.account.name},
        "body": "portal/_reminder_text.html",
        "wide": True,
        "css": "css/reasons.css",
    }
    return render(request, "parts/_dialog.html" if request.htmx else "portal/edit_page.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """For the contact, by the link of an e-mail and without a sign-in: asks, and on POST notes that no more reminders are wanted.

    A link that is not ours is answered by 404. Nothing of the account is told but the address that the letter went to.
    """
    contact_id = contact_of(token)
    contact = Contact.objects.filter(pk=contact_id).first() if contact_id is not None else None
    if contact is None:
        raise Http404
    with translation.override(language_of(contact.language)):
        if request.method == "POST":
            reminders.stop(contact.pk, timezone.now())
        stopped = request.method == "POST" or contact.opted_out_at is not None
        return render(request, "portal/reminder_stop.html", {"email": contact.email, "stopped": stopped})


def _candidate(request: Request, cause: str) -> reminders.Candidate:
    found = reminders.candidates(request.user, today(), cause) if cause and "\0" not in cause else []
    if not found:
        raise Http404
    return found[0]


def _back(request: Request) -> HttpResponse:
    return done(request, reverse("portal:churn-reminders"))
