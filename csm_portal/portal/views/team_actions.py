"""For those who lead: who works off the day's list, how good its rules are, and what is decided about them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import NotSaved
from accounts.types import Role
from churn.acting.rule_settings import Decision, decide
from churn.acting.triggers import TRIGGERS
from churn.as_of import figures_as_of
from churn.models import TriggerSetting
from csm_portal.portal.acting import rules
from csm_portal.portal.acting.names import rule_name
from csm_portal.portal.acting.team import board
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, for_roles, remembered_of, today

LEADS = (Role.MANAGER, Role.ADMIN)
MOST_DIGITS = 12


@require_GET
@for_roles(*LEADS)
def board_page(request: Request) -> HttpResponse:
    """Owners of the visible book with what stands open at each. At most 8 queries."""
    day = today()
    found = remembered_of(request.user, f"team-actions:{day}:{get_language()}", lambda: board(request.user, day))
    context = {"as_of": figures_as_of(), "fixed_today": settings.PORTAL_AS_OF, "board": found}
    return render(request, "portal/acting/board.html", context)


@require_GET
@for_roles(*LEADS)
def rules_page(request: Request) -> HttpResponse:
    """How good each rule of the day's list is, over the visible book. At most 8 queries."""
    as_of = figures_as_of()
    context = {"as_of": as_of, "fixed_today": settings.PORTAL_AS_OF, "shown": rules.shown(request.user, as_of) if as_of else None}
    return render(request, "portal/acting/rules.html", context)


@require_http_methods(["GET", "POST"])
@for_roles(*LEADS)
@vary_on_headers("HX-Request")
def rule(request: Request, key: str) -> HttpResponse:
    """The form that decides about a rule (GET), or the decision kept (POST): retired or not, why, and the share held back in percent.

    An undo posts to the address that holds what was so before.
    """
    if key not in TRIGGERS:
        raise Http404
    before = TriggerSetting.objects.visible_to(request.user).filter(rule=key).first()
    if request.method == "GET":
        return _form(request, key, before, {})
    asked = request.POST if "hold_back" in request.POST else request.GET
    told = Decision(bool(asked.get("retired")), asked.get("reason", "").replace("\0", ""), _share(asked.get("hold_back", "0")))
    try:
        decide(request.user, key, told, timezone.now())
    except NotSaved as refused:
        return _form(request, key, before, refused.problems)
    undo = rules.restore_address(
        key,
        retired=before is not None and before.retired_at is not None,
        reason=before.reason if before else "",
        hold_back=before.hold_back if before else Decimal(0),
    )
    text = _("%(rule)s is retired: it makes no new items from the next night on.") if told.retired else _("%(rule)s works, as you said.")
    answer = done(request, back_to(request, reverse("portal:team-rules")))
    return toast_for(request, answer, text % {"rule": rule_name(key)}, undo_url=undo if asked is request.POST else "")


def _share(text: str) -> Decimal:
    """Percent as a share; what is no number is refused by the service."""
    try:
        return (Decimal(text.strip() or "0") / 100).quantize(Decimal("0.001")) if len(text) < MOST_DIGITS else Decimal("NaN")
    except InvalidOperation:
        return Decimal("NaN")


def _form(request: Request, key: str, setting: TriggerSetting | None, problems: dict[str, str]) -> HttpResponse:
    data = request.POST
    sent = request.method == "POST"
    percent = f"{(setting.hold_back * 100).normalize():f}" if setting and setting.hold_back else "0"
    context = {
        "key": key,
        "name": rule_name(key),
        "retired": bool(data.get("retired")) if sent else bool(setting and setting.retired_at),
        "reason": (data.get("reason", "") if sent else setting.reason if setting else "").replace("\0", "")[:1000],
        "hold_back": data.get("hold_back", percent).replace("\0", "")[:10],
        "problems": problems,
        "title": _("Rule: %(rule)s") % {"rule": rule_name(key)},
        "body": "portal/acting/_rule_form.html",
        "css": "css/acting.css",
    }
    status = 422 if problems else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, "portal/acting/_rule_form.html" if problems else "parts/_dialog.html", context, status=status)
