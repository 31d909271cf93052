"""The queue of accounts to be rated, one account after another by keyboard, how the books stand, and where machine and CSM disagree."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect, push_url

from accounts.edit_values import NotSaved
from accounts.models import Account
from accounts.types import Role
from churn.as_of import figures_as_of
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.editing.rating_form import answers_in
from csm_portal.portal.judging import coverage, differing, queue
from csm_portal.portal.judging.queue import Asked, asked_in, turn_address
from csm_portal.portal.judging.turn import NOTHING, Saved, Sent, saved_before, seen, turn
from csm_portal.portal.judging.turns import Round, first_of, kept, place_of
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Page, Request, for_roles, paginate, signed_in, today, wants_fragment
from health.judging import overrides, rating_queue, ratings
from health.judging.disagreement import disagreements
from health.judging.rating_queue import summed
from health.judging.ratings import Answer


@require_GET
@signed_in
def queue_page(request: Request) -> HttpResponse:
    """Accounts whose ratings are due, the longest due first. At most 8 queries."""
    user, day, asked = request.user, today(), asked_in(request.GET)
    rule = queue.rule_of(day)
    books = queue.standings(user, day, rule)
    lines, total = queue.lines(user, asked, day, rule)
    leads = user.role in (Role.MANAGER, Role.ADMIN)
    chosen = [row for row in books if (row.owner_email or rating_queue.NOBODY) == asked.owner] if asked.owner else books
    context = {
        "lines": lines,
        "asked": asked,
        "page": Page(asked.page, total, queue.PAGE),
        "tiles": queue.tiles(summed(chosen), asked),
        "owners": queue.owners_in(books, asked) if leads else [],
        "leads": leads,
        "start_href": turn_address("", asked),
        "ending": overrides.ending(user, day).count(),
        "no_questions": not books,
    }
    return render(request, "portal/ratings/queue.html", _frame("queue") | context)


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def turn_page(request: Request) -> HttpResponse:
    """One account of the round: GET shows it, without `account` a new round of the queue begins; POST saves its answers and goes on.

    `go` says where to (`next`, `previous`), `confirm` repeats the earlier answers of all questions that were not answered anew.
    """
    if request.method == "POST":
        return _save(request)
    asked, external_id = asked_in(request.GET), request.GET.get("account", "")
    if not external_id:
        return _begin(request, asked)
    account = _account(request, external_id)
    saved = saved_before(request.user, request.GET["saved"], timezone.now()) if "saved" in request.GET else None
    return _screen(request, account, asked, saved=saved)


@require_POST
@signed_in
def undo_turn(request: Request) -> HttpResponse:
    """Take back what was saved last (`batch`) and go back to its account."""
    saved = saved_before(request.user, request.POST.get("batch", ""), timezone.now())
    external_id = request.POST.get("account", "")
    account = _account(request, external_id)
    taken = ratings.undo(request.user, saved.batch, timezone.now(), today()) if saved else None
    text = (
        _("Nothing is left to put back.") if taken is None or not taken.taken_back else _("Taken back: %(name)s.") % {"name": account.name}
    )
    return toast_for(request, _screen(request, account, asked_in(request.POST)), text, tone="ok" if taken else "warn")


@require_GET
@for_roles(Role.MANAGER, Role.ADMIN)
def coverage_page(request: Request) -> HttpResponseBase:
    """How the ratings of every visible book stand, for managers; `format` csv or xlsx makes a file of it."""
    books = queue.standings(request.user, today(), queue.rule_of(today()))
    if kind := request.GET.get("format"):
        rows = coverage.file_lines(books)
        return sheet_answer(rows, kind, f"rating-coverage-{today().isoformat()}", title=_("Rating coverage"), freeze="B2")
    context = {"lines": coverage.lines(books), "no_questions": not books}
    return render(request, "portal/ratings/coverage.html", _frame("coverage") | context)


@require_GET
@signed_in
def disagreements_page(request: Request) -> HttpResponseBase:
    """Accounts whose machine and human parts lie far apart, both ways; `format` csv or xlsx makes a file of it. At most 8 queries."""
    user, day, way = request.user, today(), differing.way_in(request.GET)
    rows = disagreements(user, way)
    if kind := request.GET.get("format"):
        lines = differing.file_lines(user, rows, day)
        return sheet_answer(lines, kind, f"rating-disagreements-{day.isoformat()}", title=_("Disagreements"), freeze="C2")
    found, page = paginate(rows, request.GET.get("page"))
    context = {
        "lines": differing.lines(user, found, day),
        "page": page,
        "way": way,
        "ways": differing.ways(),
        "least": differing.LEAST,
    }
    return render(request, "portal/ratings/disagreements.html", _frame("disagreements") | context)


def _begin(request: Request, asked: Asked) -> HttpResponse:
    """A new round of the queue as it stands now; nothing due: back to the queue."""
    ids = rating_queue.due_keys(request.user, today(), asked.wanted)
    first = first_of(request.user, ids)
    if first is None:
        response = HttpResponseRedirect(reverse("portal:ratings") + asked.query())
        return toast_for(request, response, _("Nothing is due here: every answer is valid."))
    Round(tuple(ids)).keep(request.session, today())
    return HttpResponseRedirect(turn_address(first.external_id, asked))


def _account(request: Request, external_id: str) -> Account:
    found = seen(request.user, today()).filter(external_id=external_id).first() if "\0" not in external_id else None
    if found is None:
        raise Http404
    return found


def _round_with(request: Request, account: Account, asked: Asked) -> Round:
    """The round of the day if the account is in it, else a new one: the queue, with the account at its head where it is not due."""
    now = kept(request.session, today())
    if account.pk in now.ids:
        return now
    ids = rating_queue.due_keys(request.user, today(), asked.wanted)
    return Round(tuple(ids if account.pk in ids else [account.pk, *ids])).keep(request.session, today())


def _save(request: Request) -> HttpResponse:
    data, user, asked = request.POST, request.user, asked_in(request.POST)
    account = _account(request, data.get("account", ""))
    answers = answers_in(data)
    if "confirm" in data:
        answers += _as_before(request, account, {one.question for one in answers})
    try:
        made = ratings.rate(user, Account.objects.filter(pk=account.pk), answers, timezone.now(), today())
    except NotSaved as refused:
        return _screen(request, account, asked, sent=Sent(data, refused.problems))
    round_ = _round_with(request, account, asked)
    place = place_of(user, account.pk, round_.ids)
    following = place.before if data.get("go") == "previous" else place.after
    text = ngettext("%(account)s: %(n)d answer saved.", "%(account)s: %(n)d answers saved.", made.answers)
    told = text % {"account": account.name, "n": made.answers}
    if following is None:
        response = _finished(request, round_, asked)
        return toast_for(request, response, told, undo_url=reverse("portal:edit_undo", args=[made.id]))
    if not request.htmx:
        return HttpResponseRedirect(turn_address(following.external_id, asked, saved=str(made.id)))
    saved = Saved(made.id, account.external_id, account.name, made.answers)
    return push_url(
        _screen(request, _account(request, following.external_id), asked, saved=saved), turn_address(following.external_id, asked)
    )


def _as_before(request: Request, account: Account, answered: set[str]) -> list[Answer]:
    """The latest answer to every question in force that was not answered anew."""
    before = ratings.latest_answers(request.user, [account.pk])
    keys = [question.key for question in ratings.questions_on(today()) if question.key not in answered]
    return [Answer(key, before[account.pk, key].score) for key in keys if (account.pk, key) in before]


def _finished(request: Request, round_: Round, asked: Asked) -> HttpResponse:
    back = round_.back or reverse("portal:ratings") + asked.query()
    return HttpResponseClientRedirect(back) if request.htmx else HttpResponseRedirect(back)


def _screen(request: Request, account: Account, asked: Asked, *, sent: Sent = NOTHING, saved: Saved | None = None) -> HttpResponse:
    round_ = _round_with(request, account, asked)
    place = place_of(request.user, account.pk, round_.ids)
    shown = turn(request.user, account, place, asked, today(), sent=sent, saved=saved)
    state = getattr(account, "state", None)
    back = round_.back or reverse("portal:ratings") + asked.query()
    context = _frame("queue", state.as_of if state else None) | {"turn": shown, "asked": asked, "back": back}
    part = wants_fragment(request)
    return render(
        request, "portal/ratings/_turn.html" if part else "portal/ratings/turn.html", context, status=422 if sent.problems else 200
    )


def _frame(tab: str, as_of: Any = ...) -> dict[str, Any]:
    return {"tab": tab, "as_of": figures_as_of() if as_of is ... else as_of, "fixed_today": settings.PORTAL_AS_OF}
