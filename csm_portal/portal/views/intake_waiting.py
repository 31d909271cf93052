"""Events that wait for their account, and actions that nobody has named yet; for admins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.edit_values import NotSaved
from accounts.models import PendingEvent
from accounts.tracking import attach, pending
from accounts.tracking.pending import Key
from accounts.types import Role, Waiting
from csm_portal.lib.checked import DefinitionError
from csm_portal.lib.sheets import Cell
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.intake import actions, words
from csm_portal.portal.toasts import Tone, toast_for
from csm_portal.portal.views.intake import LARGEST_KEY, MOST_PICKED, step_number, step_time
from csm_portal.web import Request, for_roles, today
from health.lab.drafts import Conflicted
from health.models import DefinitionDraft


@require_GET
@never_cache
@for_roles(Role.ADMIN)
def waiting_page(request: Request) -> HttpResponseBase:
    """Events that were accepted and count nowhere yet, by what they wait for; with `format` as a file. At most 8 queries."""
    if "format" in request.GET:
        return _sheet(request, [key for key in map(_key, request.GET.getlist("group")[:MOST_PICKED]) if key])
    groups = pending.waiting_groups(request.user)
    context = {
        "groups": [(one, _value(one.key), words.waits_for(one.reason, one.account, one.person)) for one in groups],
        "n": PendingEvent.objects.visible_to(request.user).count()
        if len(groups) == pending.MOST_GROUPS
        else sum(one.count for one in groups),
        "cut": len(groups) == pending.MOST_GROUPS,
    }
    return render(request, "portal/intake/waiting.html", context)


@require_POST
@for_roles(Role.ADMIN)
def attach_now(request: Request) -> HttpResponse:
    """Take up at once what can be, instead of within a minute."""
    found = attach.attach(today())
    text = ngettext("%(n)s event attached.", "%(n)s events attached.", found.events) % {"n": f"{found.events:,}"}
    return _said(request, "waiting", text if found.events else _("Nothing can be attached yet: what the events wait for is not there."))


@require_POST
@for_roles(Role.ADMIN)
def discard(request: Request) -> HttpResponse:
    """Take the ticked groups of waiting events away."""
    now = timezone.now()
    n = pending.discard(request.user, [key for key in map(_key, request.POST.getlist("group")[:MOST_PICKED]) if key], now)
    if not n:
        return _said(request, "waiting", _("Tick at least one group."), tone="warn")
    undo = reverse("portal:intake-waiting-undo", args=[step_number(now)])
    return _said(request, "waiting", ngettext("%(n)s event discarded.", "%(n)s events discarded.", n) % {"n": f"{n:,}"}, undo)


@require_POST
@for_roles(Role.ADMIN)
def undo_discard(request: Request, pk: int) -> HttpResponse:
    """What was discarded at that instant (`step_number`) waits again."""
    at = step_time(pk)
    n = pending.bring_back(request.user, at, timezone.now()) if at else 0
    if not n:
        raise Http404
    return _said(request, "waiting", ngettext("%(n)s event waits again.", "%(n)s events wait again.", n) % {"n": f"{n:,}"})


@require_http_methods(["GET", "POST"])
@never_cache
@for_roles(Role.ADMIN)
def actions_page(request: Request) -> HttpResponse:
    """Actions named nowhere (GET), or the ticked ones put into a draft (POST). At most 8 queries to look at."""
    if request.method == "POST":
        return _decided(request)
    return render(request, "portal/intake/actions.html", {"found": actions.unnamed(request.user, today())})


def _decided(request: Request) -> HttpResponse:
    asked = request.POST.get("draft", "")
    draft = int(asked) if asked.isascii() and asked.isdigit() and int(asked) < LARGEST_KEY else None
    before = DefinitionDraft.objects.visible_to(request.user).filter(pk=draft).first() if draft else None
    if draft and before is None:
        raise Http404
    names = [name for name in request.POST.getlist("action")[:MOST_PICKED] if "\0" not in name]
    try:
        row = actions.put_into_draft(request.user, names, request.POST.get("place", ""), draft, timezone.now())
    except NotSaved as refused:
        return _said(request, "actions", " ".join(refused.problems.values()), tone="warn")
    except DefinitionError as error:
        return _said(request, "actions", "; ".join(str(one) for one in error.problems), tone="error")
    except Conflicted:
        return _said(request, "actions", _("Somebody is changing this draft just now; try again."), tone="error")
    undo = reverse("portal:draft-restore", args=[row.pk, before.revision]) if before else reverse("portal:draft-discard", args=[row.pk])
    text = ngettext("%(n)d action is in the draft “%(draft)s”.", "%(n)d actions are in the draft “%(draft)s”.", len(names))
    return _said(request, "actions", text % {"n": len(names), "draft": row.name}, undo)


def _sheet(request: Request, keys: list[Key]) -> HttpResponseBase:
    head = (
        _("Source"), _("Waits for"), _("Account id"), _("Person"), _("Earlier id"), _("Action"), _("Product"), _("Happened at"),
        _("Received at"), _("Quantity"), _("Value"), _("Message id"),
    )  # fmt: skip

    def rows() -> Iterator[Sequence[Cell]]:
        yield head
        for row in pending.as_rows(request.user, keys):
            yield tuple(value.isoformat() if hasattr(value, "isoformat") else value for value in row)

    return sheet_answer(rows(), request.GET["format"], f"waiting-{today()}", title=_("Waiting events")[:31], freeze="A2")


def _value(key: Key) -> str:
    """A group as the value of its checkbox."""
    return json.dumps([key.source_id, key.reason, key.account, key.person])


def _key(text: str) -> Key | None:
    try:
        source, reason, account, person = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (reason, account, person)
    fine = isinstance(source, int) and 0 < source < LARGEST_KEY and all(isinstance(one, str) and "\0" not in one for one in texts)
    return Key(source, reason, account, person) if fine and reason in set(Waiting) else None


def _said(request: Request, place: str, text: str, undo: str = "", *, tone: Tone = "ok") -> HttpResponse:
    return toast_for(request, done(request, back_to(request, reverse(f"portal:intake-{place}"))), text, tone=tone, undo_url=undo)
