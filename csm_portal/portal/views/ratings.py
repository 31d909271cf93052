"""Rating accounts: one, several with the same answers, or one after another."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import reswap, retarget, trigger_client_event

from accounts.edit_values import NotSaved
from csm_portal.portal.addresses import account_address
from csm_portal.portal.editing.answers import CHANGED, back_to, done
from csm_portal.portal.editing.chosen import Chosen, chosen_by
from csm_portal.portal.editing.rating_form import Filled, RatingForm, answers_in, asked
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today
from health import ratings
from health.models import Rating

# One after another: how many addresses can carry along.
MOST_IN_TURN = 60


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def rate(request: Request) -> HttpResponse:
    """The questions for the accounts named, and what becomes of the answers; `each=1` takes the accounts one after another.

    POST without an answer sent (`save`) shows the form for more accounts than an address can name.
    """
    data = request.POST if request.method == "POST" else request.GET
    chosen, rest = _chosen(request, data)
    if request.method == "POST" and "save" in data:
        return _save(request, chosen, rest)
    return _form(request, chosen, rest)


def _chosen(request: Request, data: QueryDict) -> tuple[Chosen, tuple[str, ...]]:
    """The accounts that the form is about now, and the ids of those whose turn comes after. Raises Http404 where there is none."""
    chosen = chosen_by(request.user, data, today())
    if data.get("each") != "1":
        return chosen, ()
    known = list(chosen.accounts.order_by("name", "pk").values_list("external_id", flat=True)[:MOST_IN_TURN])
    in_turn = [one for one in chosen.ids if one in set(known)] if chosen.ids else known
    if not in_turn:
        raise Http404
    return _only(request, in_turn[0]), tuple(in_turn[1:])


def _only(request: Request, external_id: str) -> Chosen:
    query = QueryDict(mutable=True)
    query["account"] = external_id
    return chosen_by(request.user, query, today())


def _save(request: Request, chosen: Chosen, rest: tuple[str, ...]) -> HttpResponse:
    if not chosen.accounts.exists():
        raise Http404
    try:
        saved = ratings.rate(request.user, chosen.accounts, answers_in(request.POST), timezone.now(), today())
    except NotSaved as refused:
        return _form(request, chosen, rest, refused.problems)
    text = ngettext(
        "Rated %(n)d account: counts from the next night.", "Rated %(n)d accounts: counts from the next night.", saved.accounts
    ) % {"n": saved.accounts}
    undo_url = reverse("portal:edit_undo", args=[saved.id])
    return toast_for(request, _next(request, chosen, rest), text, undo_url=undo_url)


def _next(request: Request, chosen: Chosen, rest: tuple[str, ...]) -> HttpResponse:
    """The form of the account whose turn it is; after the last one, the way back."""
    if not rest:
        account = chosen.accounts.first() if len(chosen.ids) == 1 else None
        return done(request, back_to(request, account_address(account.external_id) if account else ""))
    query = QueryDict(mutable=True)
    query["each"] = "1"
    query["next"] = request.POST.get("next", "")
    query.setlist("account", list(rest))
    if not request.htmx:
        return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
    response = _form(request, _only(request, rest[0]), rest[1:], empty=True)
    trigger_client_event(response, CHANGED, {})
    return reswap(retarget(response, "#dialog"), "innerHTML")


def _form(
    request: Request, chosen: Chosen, rest: tuple[str, ...], problems: Mapping[str, str] | None = None, *, empty: bool = False
) -> HttpResponse:
    data = QueryDict() if empty else request.POST if request.method == "POST" else request.GET
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
    form = RatingForm(questions, len(accounts), chosen, one, rest, found.get("", ""), _back(request))
    title = _("Rate %(account)s") % {"account": one.name} if one else ngettext("Rate %(n)d account", "Rate %(n)d accounts", form.n)
    context = {"form": form, "title": title if one else title % {"n": form.n}, "body": "portal/_rating_form.html", "wide": True}
    status = 422 if problems else 200
    if not request.htmx:
        return render(request, "portal/rating_page.html", context, status=status)
    return render(request, "portal/_rating_form.html" if problems else "parts/_dialog.html", context, status=status)


def _back(request: Request) -> str:
    return (request.POST if request.method == "POST" else request.GET).get("next", "")
