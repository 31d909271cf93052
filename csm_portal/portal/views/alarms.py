"""Drop alarms: how they are tuned and what they brought, an account against its usual, and notices about ourselves."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import NotSaved
from accounts.models import Account
from accounts.types import Role
from churn.alarms import notices
from churn.as_of import figures_as_of, read_basis
from churn.models import SystemNotice
from csm_portal.portal.alarms.page import alarm_page
from csm_portal.portal.alarms.usual import usual_part
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, for_roles, signed_in, wants_fragment

LARGEST_KEY = 2**63


@require_GET
@signed_in
def alarms_page(request: Request) -> HttpResponse:
    """Tuning, notices and the alarms of the last eight weeks over the visible book. At most 8 queries."""
    basis = read_basis()
    context = {
        "title": _("Alarms"),
        "tab": "alarms",
        "as_of": basis.as_of if basis else None,
        "version": basis.activity_version if basis else None,
        "fixed_today": settings.PORTAL_AS_OF,
        "may_close": request.user.role == Role.ADMIN,
        "found": alarm_page(request.user, basis.as_of, request.GET.get("page")) if basis else None,
    }
    return render(request, "portal/alarms/page.html", context)


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def account_usual(request: Request) -> HttpResponse:
    """One account's last eight weeks against its usual weekday: the part for htmx, else a page. At most 8 queries."""
    from churn.alarms.account import against_usual  # brings numpy

    asked = request.GET.get("account", "")
    account = Account.objects.visible_to(request.user).filter(external_id=asked).first() if "\0" not in asked else None
    as_of = figures_as_of()
    if account is None or as_of is None:
        raise Http404
    context = {
        "title": _("%(account)s against its usual weekday") % {"account": account.name},
        "account": account,
        "as_of": as_of,
        "fixed_today": settings.PORTAL_AS_OF,
        "usual": usual_part(against_usual(account, as_of)),
    }
    return render(request, "portal/alarms/_usual.html" if wants_fragment(request) else "portal/alarms/usual.html", context)


@require_POST
@for_roles(Role.ADMIN)
def close_notice(request: Request, pk: int) -> HttpResponse:
    """Close a notice, with the days that hang together with it, and say what it was."""
    back = back_to(request, reverse("portal:trust-alarms"))
    try:
        closed = notices.close(request.user, pk, request.POST.get("reason", ""), timezone.now()) if pk < LARGEST_KEY else []
    except SystemNotice.DoesNotExist:
        closed = []
    except NotSaved as refused:
        return toast_for(request, done(request, back), refused.problems["reason"], tone="error")
    if not closed:
        raise Http404
    return toast_for(request, done(request, back), _("Notice closed."), undo_url=reverse("portal:alarm-notice-open", args=[closed[0]]))


@require_POST
@for_roles(Role.ADMIN)
def open_notice(request: Request, pk: int) -> HttpResponse:
    """Open a notice again, as if it had not been closed."""
    try:
        opened = notices.reopen(pk) if pk < LARGEST_KEY else 0
    except SystemNotice.DoesNotExist:
        opened = 0
    if not opened:
        raise Http404
    return toast_for(request, done(request, back_to(request, reverse("portal:trust-alarms"))), _("Notice open again."))
