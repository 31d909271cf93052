"""Plays: the list, one play with its runs, kept by managers and admins, begun at an account by whoever sees it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect

from accounts.edit_values import NotSaved
from accounts.models import Account
from accounts.types import Role
from churn.acting import plays
from churn.models import ActionItem, ChurnRecord, Play
from csm_portal.portal.addresses import account_address
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.plays.page import form, line, listed, offered, runs_of, wish_in
from csm_portal.portal.plays.undo import contents, put_back, remember
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, for_roles, signed_in, today

LARGEST_KEY = 2**63
KEY_LENGTH = 19
KEEPERS = (Role.MANAGER, Role.ADMIN)


@require_GET
@signed_in
def plays_page(request: Request) -> HttpResponse:
    """All plays; what ships is made with the first look, so that it is there before the first night. At most 6 queries."""
    lines = listed(request.user)
    if not any(not one.own for one in lines):
        plays.seed(timezone.now())
        lines = listed(request.user)
    return render(request, "portal/plays/list.html", {"lines": lines, "may_keep": plays.may_keep(request.user)})


@require_GET
@signed_in
def play_page(request: Request, pk: int) -> HttpResponse:
    """One play: its steps, and how far its runs are. At most 6 queries."""
    play = _play(request, pk)
    runs, page = runs_of(request.user, today(), request.GET.get("page"), play=pk)
    context = {"play": line(play), "runs": runs, "page": page, "may_keep": plays.may_keep(request.user)}
    return render(request, "portal/plays/detail.html", context)


@require_http_methods(["GET", "POST"])
@for_roles(*KEEPERS)
def new_play(request: Request) -> HttpResponse:
    """The form of a new play (GET), or the play made (POST)."""
    return _kept(request, None)


@require_http_methods(["GET", "POST"])
@for_roles(*KEEPERS)
def edit_play(request: Request, pk: int) -> HttpResponse:
    """The form of a play (GET), or the play changed (POST). Runs that have begun keep their tasks."""
    return _kept(request, _play(request, pk))


@require_POST
@for_roles(*KEEPERS)
def put_play_back(request: Request, pk: int) -> HttpResponse:
    """Undo one's own edit of the last day (`to` names it), unless the play was changed again since."""
    play = _play(request, pk)
    # The whole page tells of the play, so it is loaded anew.
    page = reverse("portal:play", args=[pk])
    back = HttpResponseClientRedirect(page) if request.htmx else redirect(page)
    try:
        made = put_back(request.user, request.session, play, request.GET.get("to", ""), timezone.now())
    except NotSaved as refused:
        return toast_for(request, back, str(refused), tone="error")
    if made is None:
        return toast_for(request, back, _("Nothing is left to put back."), tone="warn")
    return toast_for(request, back, _("%(play)s is as it was before.") % {"play": plays.name_of(made)})


@require_POST
@for_roles(*KEEPERS)
def switch_play(request: Request, pk: int) -> HttpResponse:
    """Switch a play (`what` = active), or its beginning by rule (`what` = by_rule), `to` on or off."""
    what, to = request.POST.get("what", request.GET.get("what", "")), request.POST.get("to", request.GET.get("to", ""))
    if what not in {"active", "by_rule"} or to not in {"on", "off"} or pk >= LARGEST_KEY:
        raise Http404
    back = done(request, back_to(request, reverse("portal:plays")))
    try:
        play = plays.switch(request.user, pk, timezone.now(), **{what: to == "on"})
    except NotSaved as refused:
        return toast_for(request, back, str(refused), tone="error")
    if play is None:
        raise Http404
    other = "off" if to == "on" else "on"
    undo = f"{reverse('portal:play-switch', args=[pk])}?what={what}&to={other}"
    return toast_for(request, back, _switched(plays.name_of(play), what, to), undo_url=undo)


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def begin_play(request: Request) -> HttpResponse:
    """The plays that fit `account`, its item `item` or its loss (GET), or the play `play` begun there (POST)."""
    data = request.POST if request.method == "POST" else request.GET
    account = _account(request, data.get("account", ""))
    item = _item(account, data.get("item", ""))
    if request.method == "GET":
        return _offer(request, account, item)
    chosen = _key(data.get("play", ""))
    try:
        run = plays.begin(request.user, chosen or 0, account, timezone.now(), today(), item=item.pk if item else None)
    except ActionItem.DoesNotExist:
        raise Http404 from None
    if run is None:
        raise Http404
    text = _("%(play)s begins at %(account)s: its tasks are written down.")
    said = text % {"play": plays.name_of(run.play), "account": account.name}
    answer = done(request, back_to(request, account_address(account.external_id)))
    return toast_for(request, answer, said, undo_url=reverse("portal:play-run-withdraw", args=[run.pk]))


@require_POST
@signed_in
def withdraw_run(request: Request, pk: int) -> HttpResponse:
    """Stop a run: what is not done of it falls away."""
    run = plays.withdraw(request.user, pk, timezone.now()) if pk < LARGEST_KEY else None
    if run is None:
        raise Http404
    answer = done(request, back_to(request, reverse("portal:play", args=[run.play_id])))
    text = _("%(play)s stopped at %(account)s.") % {"play": plays.name_of(run.play), "account": run.account.name}
    return toast_for(request, answer, text, undo_url=reverse("portal:play-run-resume", args=[pk]))


@require_POST
@signed_in
def resume_run(request: Request, pk: int) -> HttpResponse:
    """Undo a stop of the last day."""
    run = plays.resume(request.user, pk, timezone.now()) if pk < LARGEST_KEY else None
    if run is None:
        raise Http404
    answer = done(request, back_to(request, reverse("portal:play", args=[run.play_id])))
    return toast_for(
        request, answer, _("%(play)s runs on at %(account)s.") % {"play": plays.name_of(run.play), "account": run.account.name}
    )


def _kept(request: Request, play: Play | None) -> HttpResponse:
    title = plays.name_of(play) if play is not None else _("A play of your own")
    if request.method == "GET":
        return render(request, "portal/plays/form.html", {"form": form(play, None, {}), "title": title})
    before = contents(play) if play is not None else None
    try:
        made = plays.keep(request.user, wish_in(request.POST), timezone.now(), play.pk if play is not None else None)
    except NotSaved as refused:
        context = {"form": form(play, request.POST, refused.problems), "title": title}
        return render(request, "portal/plays/form.html", context, status=422)
    if made is None:
        raise Http404
    undo = ""
    if before is not None and contents(made) != before:
        undo = f"{reverse('portal:play-back', args=[made.pk])}?to={remember(request.session, before, made)}"
    return toast_for(request, redirect("portal:play", pk=made.pk), _("%(play)s is saved.") % {"play": plays.name_of(made)}, undo_url=undo)


def _play(request: Request, pk: int) -> Play:
    play = Play.objects.visible_to(request.user).filter(pk=pk).first() if pk < LARGEST_KEY else None
    if play is None:
        raise Http404
    return play


def _offer(request: Request, account: Account, item: ActionItem | None) -> HttpResponse:
    loss = ChurnRecord.objects.filter(account=account, withdrawn_at__isnull=True).order_by("-churned_on").first() if item is None else None
    context = {
        "account": account,
        "item": item,
        "plays": offered(request.user, item.rule if item else "", loss.type if loss else ""),
        "back": request.GET.get("next", ""),
        "title": _("Begin a play at %(account)s") % {"account": account.name},
        "body": "portal/plays/_begin.html",
        "css": "css/acting.css",
    }
    return render(request, "parts/_dialog.html" if request.htmx else "portal/edit_page.html", context)


def _account(request: Request, external_id: str) -> Account:
    rows = Account.objects.visible_to(request.user)
    account: Account | None = rows.filter(external_id=external_id).first() if "\0" not in external_id else None
    if account is None:
        raise Http404
    return account


def _item(account: Account, text: str) -> ActionItem | None:
    """The item that is named; None where none is. One of another account is not there (404)."""
    if not text:
        return None
    item = ActionItem.objects.filter(account=account, pk=_key(text) or 0, held_back=False).first()
    if item is None:
        raise Http404
    return item


def _key(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < KEY_LENGTH else None


def _switched(name: str, what: str, to: str) -> str:
    told = {
        ("active", "on"): _("%(play)s is on."),
        ("active", "off"): _("%(play)s is off: it is no longer offered. What runs goes on."),
        ("by_rule", "on"): _("%(play)s begins by itself with new items of its triggers."),
        ("by_rule", "off"): _("%(play)s begins by hand only."),
    }
    return told[what, to] % {"play": name}
