"""One night: how it went, and what a person may decide about it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.types import Role
from csm_portal.portal import words
from csm_portal.portal.night import deciding
from csm_portal.portal.ops import runs
from csm_portal.portal.ops.jobs import line_of as job_line
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, for_roles
from health.models import Run
from health.types import RunState

LARGEST_KEY = 2**63
DECISIONS = {
    "publish": (deciding.order_publish, gettext_lazy("Ordered: the night is published.")),
    "give-up": (deciding.order_give_up, gettext_lazy("Ordered: the night is given up.")),
}


def find(request: Request, pk: int) -> Run:
    """The run, or 404."""
    run = Run.objects.visible_to(request.user).select_related("decided_by").filter(pk=pk).first() if pk < LARGEST_KEY else None
    if run is None:
        raise Http404
    return run


@require_GET
@for_roles(Role.MANAGER, Role.ADMIN)
def run_page(request: Request, pk: int) -> HttpResponse:
    """Steps, counts, accounts that failed, and what late data changed; jobs and buttons for admins alone. At most 8 queries."""
    run = find(request, pk)
    admin = request.user.role == Role.ADMIN
    now = timezone.now()
    late, page = runs.late_of(request.user, run, request.GET.get("page"))
    jobs = runs.jobs_of(run) if admin else runs.Jobs(None, [])
    found = runs.faults_of(request.user, run)
    context = {
        "run": run,
        "line": runs.line_of(run, request.user),
        "as_of": run.as_of if run.state == RunState.PUBLISHED else None,
        "steps": runs.steps_of(run),
        "counts": runs.counts_of(run),
        "faults": found,
        "still_open": any(fault.resolved_at is None for fault in found),
        "late": late,
        "page": page,
        "held_day": words.iso_day((run.held or {}).get("day")),
        "moved": runs.moved_of(request.user, run) if run.held else [],
        "admin": admin,
        "following": job_line(jobs.following, now) if jobs.following else None,
        "steps_after": runs.steps_after(jobs.following),
        "jobs": [job_line(row, now) for row in jobs.ordered],
        "waits": run.state == RunState.HELD,
    }
    return render(request, "portal/ops/run.html", context)


@require_POST
@for_roles(Role.ADMIN)
def retry(request: Request, pk: int) -> HttpResponse:
    """Build the latest published day again, with the accounts that failed in it."""
    run = find(request, pk)
    if deciding.order_retry(timezone.now()) is None:
        raise Http404
    told = _("Ordered: the night is built once more, with the accounts that failed.")
    return toast_for(request, redirect("portal:data-run", pk=run.pk), told)


@require_POST
@for_roles(Role.ADMIN)
def decide(request: Request, pk: int) -> HttpResponse:
    """Publish a held night, or give it up. Neither can be taken back, so the page asks twice."""
    run = find(request, pk)
    decision = DECISIONS.get(request.POST.get("decision", ""))
    if decision is None:
        raise Http404
    answer = redirect("portal:data-run", pk=run.pk)
    if run.state != RunState.HELD:
        return toast_for(request, answer, _("This night no longer waits: it was published, given up or replaced."), tone="warn")
    order, told = decision
    order(run, request.user, timezone.now())
    return toast_for(request, answer, str(told))
