"""Jobs and the outbox, for admins: what waits, what failed, and what is to become of it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import JobRun
from accounts.types import JobState, Role
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.first_run import work
from csm_portal.portal.ops import jobs, said
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, for_roles, paginate

LARGEST_KEY = 2**63
PAGE_SIZE = 50


@require_GET
@for_roles(Role.ADMIN)
def jobs_page(request: Request) -> HttpResponse:
    """What is due, runs or failed; with `?state=ended` what is over. Below it letters that could not be sent. At most 6 queries."""
    now = timezone.now()
    ended = request.GET.get("state") == "ended"
    rows, page = paginate(jobs.ended_jobs() if ended else jobs.open_jobs(), request.GET.get("page"), PAGE_SIZE)
    context = {
        "jobs": [jobs.line_of(row, now) for row in rows],
        "page": page,
        "ended": ended,
        "letters": jobs.dead_letters(now),
        "now": now,
    }
    return render(request, "portal/ops/jobs.html", context)


@require_GET
@never_cache
@for_roles(Role.ADMIN)
def job_part(request: Request, pk: int) -> HttpResponse:
    """How far a job is; once it is over the page is loaded again to show what came of it."""
    row = get_object_or_404(JobRun, pk=_key(pk))
    answer = render(request, "portal/ops/_job.html", {"job": jobs.line_of(row, timezone.now())})
    if row.state in (JobState.SUCCEEDED, JobState.FAILED):
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@for_roles(Role.ADMIN)
def run_here(request: Request, pk: int) -> HttpResponse:
    """Do a job that is due in the web process, where no worker runs."""
    row = get_object_or_404(JobRun, pk=_key(pk), state=JobState.DUE)
    work.run_here(row.pk)
    return toast_for(request, _back(request), _("Begun in the web process: %(job)s.") % {"job": said.job_name(row)})


@require_POST
@for_roles(Role.ADMIN)
def retry(request: Request, pk: int) -> HttpResponse:
    """Let a failed or waiting job try again now."""
    row = jobs.retry_job(_key(pk), timezone.now())
    return _told(request, _name(row), _("It is due now: %(what)s."))


@require_POST
@for_roles(Role.ADMIN)
def give_up(request: Request, pk: int) -> HttpResponse:
    """A job is not to be done."""
    row = jobs.give_up_job(request.user, _key(pk), timezone.now())
    return _told(request, _name(row), _("Given up: %(what)s."), undo=reverse("portal:data-job-undo", args=[pk]))


@require_POST
@for_roles(Role.ADMIN)
def undo(request: Request, pk: int) -> HttpResponse:
    """A job that was given up waits again."""
    row = jobs.take_job_back(_key(pk))
    return _told(request, _name(row), _("Taken back: %(what)s."))


@require_POST
@for_roles(Role.ADMIN)
def send_again(request: Request, pk: int) -> HttpResponse:
    """A letter that could not be sent is tried anew."""
    return _told(request, jobs.retry_letter(request.user, _key(pk), timezone.now()), _("It goes out in a minute: %(what)s."))


@require_POST
@for_roles(Role.ADMIN)
def discard(request: Request, pk: int) -> HttpResponse:
    """A letter that could not be sent stays unsent."""
    name = jobs.discard_letter(request.user, _key(pk), timezone.now())
    return _told(request, name, _("Discarded: %(what)s."), undo=reverse("portal:data-letter-undo", args=[pk]))


@require_POST
@for_roles(Role.ADMIN)
def undo_discard(request: Request, pk: int) -> HttpResponse:
    """A discarded letter can be sent again."""
    return _told(request, jobs.take_letter_back(_key(pk)), _("Taken back: %(what)s."))


def _key(pk: int) -> int:
    if pk >= LARGEST_KEY:
        raise Http404
    return pk


def _back(request: Request) -> HttpResponse:
    return done(request, back_to(request, reverse("portal:data-jobs")))


def _name(row: JobRun | None) -> str | None:
    return None if row is None else said.job_name(row)


def _told(request: Request, what: str | None, text: str, undo: str = "") -> HttpResponse:
    if what is None:
        raise Http404
    return toast_for(request, _back(request), text % {"what": what}, undo_url=undo)
