"""What came in and what was computed: how the portal stands, nights, imports, and what the book still lacks."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import Account
from accounts.types import Role
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.first_run.steps import all_done, steps
from csm_portal.portal.ops.lights import lights, page_at
from csm_portal.portal.ops.nights import owed_nights
from csm_portal.portal.ops.room import latest_imports, pages_of
from csm_portal.portal.ops.runs import line_of
from csm_portal.portal.ops.vitals import broker_answers, read_vitals
from csm_portal.portal.setup import SetupCheck, book_address, failing, setup_checks
from csm_portal.web import Request, for_roles, remembered, today
from health.models import Run

N_RUNS = 15
N_EXAMPLES = 3
Names = dict[str, str]


@require_GET
@for_roles(Role.MANAGER, Role.ADMIN)
def data_page(request: Request) -> HttpResponseBase:
    """How the portal stands, the nights, and the completeness of the visible book; the machine room for admins. At most 8 queries."""
    admin = request.user.role == Role.ADMIN
    now = timezone.now()
    runs = list(Run.objects.visible_to(request.user).order_by("-started_at", "-id")[:N_RUNS])
    imports = list(latest_imports(request.user)) if admin else []
    # The checks read the whole book; another night or load asks them anew, a change by hand shows within the minute.
    newest = f"{max((run.pk for run in runs), default=0)}:{max((run.pk for run in imports), default=0)}"
    checks, names = remembered(f"setup-2:{request.user.pk}:{newest}:{get_language()}", lambda: _checks(request))
    asked = next((check for check in checks if check.key == request.GET.get("check") and not check.done), None)
    lacking = failing(request.user, asked.key) if asked else []
    if asked and "format" in request.GET:
        rows = [(_("Account id"), _("Name")), *lacking]
        return sheet_answer(rows, request.GET["format"], f"{asked.key}-{today()}", title=asked.title[:31], freeze="A2")
    vitals = read_vitals(now)
    n_owed, owed = owed_nights(vitals.as_of, now) if admin else (0, [])
    first_steps = steps() if admin and (vitals.as_of is None or not imports) else []
    return render(
        request,
        "portal/data.html",
        {
            "pages": pages_of(request.user),
            "steps": [] if all_done(first_steps) else first_steps,
            "lights": lights(vitals, (n_owed, owed), now, broker=broker_answers()) if admin else [],
            "asked": asked,
            "failing": [(name, external_id, account_address(external_id)) for external_id, name in lacking],
            "as_of": vitals.as_of,
            "fixed_today": settings.PORTAL_AS_OF,
            "nights": [line_of(run, request.user) for run in runs],
            "owed": owed,
            "n_owed": n_owed,
            "imports": [(run, words.job_state(run.state)) for run in imports],
            "imports_href": page_at("/data/import/"),
            "n_met": sum(check.done for check in checks),
            "checks": [
                (check, [(names.get(one, one), account_address(one)) for one in check.sample[:N_EXAMPLES]], book_address(check.key))
                for check in checks
            ],
        },
    )


def _checks(request: Request) -> tuple[list[SetupCheck], Names]:
    """The checks, and the names of the accounts that they give as examples."""
    checks = setup_checks(request.user)
    shown = [external_id for check in checks for external_id in check.sample[:N_EXAMPLES]]
    named = Account.objects.visible_to(request.user).filter(external_id__in=shown).values_list("external_id", "name")
    return checks, dict(named)
