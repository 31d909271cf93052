"""What came in and what was computed: imports, nights, and what the book still lacks."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import Account, ImportRun
from accounts.types import Role
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.first_run.steps import steps
from csm_portal.portal.setup import book_address, failing, setup_checks
from csm_portal.web import Request, for_roles, remembered, today
from health.models import Run

N_RUNS = 15
N_EXAMPLES = 3


@require_GET
@for_roles(Role.MANAGER, Role.ADMIN)
def data_page(request: Request) -> HttpResponseBase:
    """Completeness of the visible book, the latest nights, and for admins the latest imports."""
    runs = Run.objects.visible_to(request.user).order_by("-started_at", "-id")[:N_RUNS]
    published = Run.objects.visible_to(request.user).latest_published()
    imports = ImportRun.objects.visible_to(request.user).select_related("source").prefetch_related("files").order_by("-started_at")[:N_RUNS]
    # The checks read the whole book; another night or load asks them anew, a change by hand shows within the minute.
    newest = f"{max((run.pk for run in runs), default=0)}:{max((run.pk for run in imports), default=0)}"
    checks = remembered(f"setup:{request.user.pk}:{newest}:{get_language()}", lambda: setup_checks(request.user))
    shown = [external_id for check in checks for external_id in check.sample[:N_EXAMPLES]]
    names = dict(Account.objects.visible_to(request.user).filter(external_id__in=shown).values_list("external_id", "name"))
    asked = next((check for check in checks if check.key == request.GET.get("check") and not check.done), None)
    lacking = failing(request.user, asked.key) if asked else []
    if asked and "format" in request.GET:
        rows = [(_("Account id"), _("Name")), *lacking]
        return sheet_answer(rows, request.GET["format"], f"{asked.key}-{today()}", title=asked.title[:31], freeze="A2")
    return render(
        request,
        "portal/data.html",
        {
            "steps": steps() if request.user.role == Role.ADMIN else [],
            "asked": asked,
            "failing": [(name, external_id, account_address(external_id)) for external_id, name in lacking],
            "as_of": published.as_of if published else None,
            "fixed_today": settings.PORTAL_AS_OF,
            "runs": [(run, words.run_state(run.state)) for run in runs],
            "imports": [(run, words.job_state(run.state)) for run in imports],
            # What is missing comes first.
            "checks": [
                (check, [(names.get(one, one), account_address(one)) for one in check.sample[:N_EXAMPLES]], book_address(check.key))
                for check in sorted(checks, key=lambda check: check.done)
            ],
        },
    )
