"""One account: where it stands, and everything behind that."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import Account
from csm_portal.portal import words
from csm_portal.portal.activity_panel import activity_panel
from csm_portal.portal.book.rows import book_row
from csm_portal.portal.health_panel import health_panel
from csm_portal.portal.records import records
from csm_portal.web import Request, signed_in, today
from health.models import AccountState


@require_GET
@signed_in
def account_page(request: Request, external_id: str) -> HttpResponse:
    """The account with this id, if the viewer may see it. An account without a state (no night yet) shows what is on file."""
    found = Account.objects.visible_to(request.user).select_related("owner", "co_owner", "team", "parent", "counts_for")
    account = found.filter(external_id=external_id).first()
    if account is None:
        raise Http404
    state = AccountState.objects.visible_to(request.user).filter(account=account).first()
    day = today()
    context = {
        "account": account,
        "fixed_today": settings.PORTAL_AS_OF,
        "facts": facts(account, state, day),
        "tables": records(account, request.user, day),
        "row": None,
    }
    if state is not None:
        state.account = account
        context |= {
            "as_of": state.as_of,
            "row": book_row(state, day),
            "activity": activity_panel(account, request.user, state.as_of),
            "health": health_panel(account, state, request.user),
        }
    return render(request, "portal/account_detail.html", context)


def facts(account: Account, state: AccountState | None, day: date) -> list[tuple[str, str]]:
    """Who they are: label and value, without those that are not known."""
    pairs = [
        (_("Account id"), account.external_id),
        (_("Owner"), account.owner.get_full_name() if account.owner else _("nobody")),
        (_("Co-owner"), account.co_owner.get_full_name() if account.co_owner else ""),
        (_("Team"), str(account.team) if account.team else ""),
        (_("Industry"), account.industry),
        (_("Region"), ", ".join(part for part in (account.region, account.country) if part)),
        (_("Plan"), (state.plan if state else "") or account.plan),
        (_("Tier"), account.tier),
        (_("Stage"), account.lifecycle_stage),
        (_("Employees"), words.number(account.employees) if account.employees is not None else ""),
        (_("Customer since"), words.day(account.onboarded_on) if account.onboarded_on else ""),
        (_("Live since"), words.day(account.went_live_on) if account.went_live_on else ""),
        (_("Part of"), account.parent.name if account.parent else ""),
        (_("Counts for"), account.counts_for.name if account.counts_for else ""),
        (_("Tags"), ", ".join(account.tags)),
        (_("Next step"), account.next_step),
    ]
    return [(label, value) for label, value in pairs if value]
