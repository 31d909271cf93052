"""Notes and interactions of an account: in a dialog by one key, or on a page of their own where no script runs."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import touch
from accounts.edit_values import Refused
from accounts.mentions import offers
from accounts.models import Account, Contact
from csm_portal.portal.addresses import account_address
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.editing.kinds import KIND_WORDS
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today
from health.fresh_states import refresh_touched

NOTE, INTERACTION = "note", "interaction"
MOST_BEGUN = 80


@dataclass(frozen=True)
class TouchForm:
    """What `portal/_note_form.html` places, for a note or an interaction (`what`)."""

    what: str
    account: Account
    data: QueryDict
    key: str
    today: date
    problem: str = ""
    kinds: list[tuple[str, str]] = field(default_factory=list)
    contacts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def most(self) -> int:
        """Characters that fit."""
        return touch.MAX_NOTE

    @property
    def text(self) -> str:
        """What was written so far."""
        return self.data.get("text", "").replace("\0", "")[: touch.MAX_NOTE * 2]

    @property
    def kind(self) -> str:
        """What was chosen; a call until then."""
        return self.data.get("kind", touch.KINDS[0])

    @property
    def on(self) -> str:
        """The day as the input holds it."""
        return self.data.get("on", self.today.isoformat())

    @property
    def contact(self) -> str:
        """The contact chosen."""
        return self.data.get("contact", "")


@require_GET
@signed_in
@vary_on_headers("HX-Request")
def touch_form(request: Request) -> HttpResponse:
    """An empty form: `what` is `note` or `interaction`."""
    what = request.GET.get("what", NOTE)
    if what not in {NOTE, INTERACTION}:
        raise Http404
    return _form(request, what, _account(request, request.GET))


@require_GET
@signed_in
def people(request: Request) -> HttpResponse:
    """Colleagues who may be named in a note on `account`, by what was begun (`q`), as JSON."""
    found = offers(_account(request, request.GET), request.GET.get("q", "")[:MOST_BEGUN], request.user)
    return JsonResponse({"people": [asdict(one) for one in found]})


@require_POST
@signed_in
def add_note(request: Request) -> HttpResponse:
    """Keep a note."""
    account = _account(request, request.POST)
    try:
        note = touch.add_note(request.user, account, request.POST.get("text", ""), timezone.now())
    except Refused as problem:
        return _form(request, NOTE, account, str(problem))
    return _saved(request, account, _("Note saved."), reverse("portal:note_undo", args=[note.pk]))


@require_POST
@signed_in
def add_interaction(request: Request) -> HttpResponse:
    """Keep a touchpoint; the day of the last contact shows it at once."""
    account, data = _account(request, request.POST), request.POST
    try:
        with transaction.atomic():
            made = touch.add_interaction(
                request.user,
                account,
                data.get("kind", ""),
                _day(data.get("on", "")),
                _number(data.get("contact", "")),
                data.get("text", ""),
                today=today(),
                at=timezone.now(),
                home=settings.TIME_ZONE,
                key=_key(data.get("key", "")),
            )
            refresh_touched([account.pk], today())
    except Refused as problem:
        return _form(request, INTERACTION, account, str(problem))
    return _saved(request, account, _("Interaction saved."), reverse("portal:interaction_undo", args=[made.pk]))


@require_POST
@signed_in
def undo_note(request: Request, pk: int) -> HttpResponse:
    """Take one's own note of the last day back."""
    return _taken_back(request, pk, touch.remove_note)


@require_POST
@signed_in
def undo_interaction(request: Request, pk: int) -> HttpResponse:
    """Take one's own touchpoint of the last day back."""
    return _taken_back(request, pk, touch.remove_interaction)


def _taken_back(request: Request, pk: int, remove: Callable[..., Account | None]) -> HttpResponse:
    with transaction.atomic():
        account = remove(request.user, pk, timezone.now()) if pk < 2**63 else None
        if account is None:
            raise Http404
        refresh_touched([account.pk], today())
    return toast_for(request, done(request, back_to(request, account_address(account.external_id))), _("Taken back."))


def _saved(request: Request, account: Account, text: str, undo_url: str) -> HttpResponse:
    response = done(request, back_to(request, account_address(account.external_id)))
    return toast_for(request, response, text, undo_url=undo_url)


def _account(request: Request, data: QueryDict) -> Account:
    asked = data.get("account", "")
    found = Account.objects.visible_to(request.user).select_related("owner__team", "team").filter(external_id=asked)
    account: Account | None = found.first() if "\0" not in asked else None
    if account is None:
        raise Http404
    return account


def _form(request: Request, what: str, account: Account, problem: str = "") -> HttpResponse:
    contacts: list[tuple[str, str]] = []
    if what == INTERACTION:
        people = Contact.objects.filter(account=account, left_on__isnull=True).order_by("name").values_list("pk", "name")
        contacts = [(str(pk), name) for pk, name in people]
    data = request.POST if request.method == "POST" else request.GET
    form = TouchForm(
        what, account, data, data.get("key") or str(uuid.uuid4()), today(), problem, [(k, str(w)) for k, w in KIND_WORDS.items()], contacts
    )
    words = {NOTE: _("Note on %(account)s"), INTERACTION: _("Interaction with %(account)s")}
    context = {"form": form, "title": words[what] % {"account": account.name}, "body": "portal/_note_form.html"}
    status = 422 if problem else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, "portal/_note_form.html" if problem else "parts/_dialog.html", context, status=status)


def _day(text: str) -> date | None:
    with contextlib.suppress(ValueError):
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the account's calendar
    return None


def _number(text: str) -> int | None:
    """The key of a contact; a wrong one is no contact of the account."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _key(text: str) -> uuid.UUID | None:
    with contextlib.suppress(ValueError):
        return uuid.UUID(text)
    return None
