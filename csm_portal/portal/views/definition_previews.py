"""What a draft would make of the book, for admins: ordered, watched, read, and kept as a file."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import JobRun
from accounts.types import JobState, Role
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.first_run import work
from csm_portal.portal.first_run.steps import is_open
from csm_portal.portal.lab import previews
from csm_portal.portal.lab.preview_chart import rates_chart
from csm_portal.portal.lab.preview_words import shown
from csm_portal.web import Request, for_roles, today
from health.models import DefinitionDraft

JOBS = (work.PREVIEW, work.RESTATE)


@require_http_methods(["GET", "POST"])
@for_roles(Role.ADMIN)
def preview_page(request: Request, pk: int) -> HttpResponse:
    """The preview of a draft; POST orders one of the draft as it stands. At most 8 queries."""
    draft = _draft(request, pk)
    if request.method == "POST":
        if draft.published_at or draft.discarded_at or not draft.sections:
            raise Http404
        previews.order(draft, timezone.now())
        return redirect("portal:draft-preview", pk=pk)
    summary = previews.summary(request.user, draft)
    context = {
        "draft": draft,
        "open": draft.published_at is None and draft.discarded_at is None,
        "summary": summary,
        "job": previews.job_shown(summary.job, timezone.now()),
        "found": shown(summary.row) if summary.row else None,
        "as_of": summary.row.as_of if summary.row else None,
        "today": today(),
        "fixed_today": settings.PORTAL_AS_OF,
    }
    if summary.row:
        context["lines"], context["page"] = previews.account_page(request.user, summary.row, _kind(request), request.GET.get("page"))
        context["kind"] = _kind(request)
        context["chart"] = rates_chart(summary.row.body.get("months", []))
    return render(request, "portal/lab/preview.html", context)


@require_GET
@for_roles(Role.ADMIN)
def export_preview(request: Request, pk: int) -> HttpResponseBase:
    """The accounts that change, as CSV, or with `format=xlsx` as a workbook."""
    row = previews.summary(request.user, _draft(request, pk)).row
    if row is None:
        raise Http404
    rows = previews.sheet(request.user, row, _kind(request))
    return sheet_answer(rows, request.GET.get("format", "csv"), f"preview-{pk}-{row.as_of}", title=_("Preview"), freeze="C2")


@require_GET
@never_cache
@for_roles(Role.ADMIN)
def job_part(request: Request, pk: int) -> HttpResponse:
    """How far a preview or a recomputation is; once it is over the page is loaded again."""
    job = _job_row(request, pk)
    answer = render(request, "portal/lab/_job.html", {"job": previews.job_shown(job, timezone.now())})
    if not is_open(job):
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@for_roles(Role.ADMIN)
def run_here(request: Request, pk: int) -> HttpResponse:
    """Does a waiting job in the web process, where no worker is running."""
    job = _job_row(request, pk)
    if job.state == JobState.DUE:
        work.run_here(job.pk)
    return redirect("portal:draft-preview", pk=int(job.key)) if job.job == work.PREVIEW else redirect("portal:definitions")


def _job_row(request: Request, pk: int) -> JobRun:
    job: JobRun | None = JobRun.objects.visible_to(request.user).filter(pk=pk, job__in=JOBS).first()
    if job is None:
        raise Http404
    return job


def _kind(request: Request) -> str:
    kind = request.GET.get("kind", "")
    return kind if kind in previews.KINDS else ""


def _draft(request: Request, pk: int) -> DefinitionDraft:
    draft = DefinitionDraft.objects.visible_to(request.user).filter(pk=pk).first()
    if draft is None:
        raise Http404
    return draft
