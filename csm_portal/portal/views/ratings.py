"""Rating accounts in a dialog: one, or several with the same answers; several one after another go to a screen of their own."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect

from accounts.edit_values import NotSaved
from csm_portal.portal.addresses import account_address
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.editing.chosen import Chosen, chosen_by
from csm_portal.portal.editing.rating_form import Filled, RatingForm, answers_in, asked
from csm_portal.portal.judging.queue import turn_address
from csm_portal.portal.judging.turns import Round
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today
from health.judging import ratings
from health.models import Rating


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def rate(request: Request) -> HttpResponse:
    """The questions for the accounts named, and what becomes of the answers; `each=1` begins a round that takes them one after another.

    POST without an answer sent (`save`) shows the form for more accounts than an address can name.
    """
    data = request.POST if request.method == "POST" else request.GET
    chosen = chosen_by(request.user, data, today())
    if data.get("each") == "1":
        return _round(request, chosen)
    if request.method == "POST" and "save" in data:
        return _save(request, chosen)
    return _form(request, chosen)


def _round(request: Request, chosen: Chosen) -> HttpResponse:
    """Begin a round with the accounts in the order they were named, else by name, and go to the first."""
    rows = list(chosen.accounts.order_by("name", "pk").values_list("pk", "external_id"))
    if not rows:
        raise Http404
    order = {external_id: place for place, external_id in enumerate(chosen.ids)}
    rows.sort(key=lambda row: order.get(row[1], len(order)))
    Round(tuple(pk for pk, _external_id in rows), back_to(request) if request.method == "POST" else "").keep(request.session, today())
    first = turn_address(rows[0][1])
    return HttpResponseClientRedirect(first) if request.htmx else HttpResponseRedirect(first)


def _save(request: Request, chosen: Chosen) -> HttpResponse:
    if not chosen.accounts.exists():
        raise Http404
    try:
        saved = ratings.rate(request.user, chosen.accounts, answers_in(request.POST), timezone.now(), today())
    except NotSaved as refused:
        return _form(request, chosen, refused.problems)
    text = ngettext(
        "Rated %(n)d account: counts from the next night.", "Rated %(n)d accounts: counts from the next night.", saved.accounts
    ) % {"n": saved.accounts}
    account = chosen.accounts.first() if len(chosen.ids) == 1 else None
    response = done(request, back_to(request, account_address(account.external_id) if account else ""))
    return toast_for(request, response, text, undo_url=reverse("portal:edit_undo", args=[saved.id]))


def _form(request: Request, chosen: Chosen, problems: Mapping[str, str] | None = None) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    accounts = list(chosen.accounts.order_by("name", "pk").only("pk", "external_id", "name"))
    if not accounts:
        raise Http404
    day = today()
    before: dict[str, list[Rating]] = {}
    for (_pk, question), row in ratings.latest_answers(request.user, [account.pk for account in accounts]).items():
        before.setdefault(question, []).append(row)
    found = problems or {}
    one = accounts[0] if len(accounts) == 1 else None
    questions = asked(ratings.questions_on(day), Filled(before, data, found, day, one is not None))
    form = RatingForm(questions, len(accounts), chosen, one, found.get("", ""), _back(request))
    title = _("Rate %(account)s") % {"account": one.name} if one else ngettext("Rate %(n)d account", "Rate %(n)d accounts", form.n)
    context = {"form": form, "title": title if one else title % {"n": form.n}, "body": "portal/_rating_form.html", "wide": True}
    status = 422 if problems else 200
    if not request.htmx:
        return render(request, "portal/rating_page.html", context, status=status)
    return render(request, "portal/_rating_form.html" if problems else "parts/_dialog.html", context, status=status)


def _back(request: Request) -> str:
    return (request.POST if request.method == "POST" else request.GET).get("next", "")
