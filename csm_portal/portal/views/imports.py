"""Files into the portal, for admins: upload, say what is in them, check, load, look back, take back."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.loading.registry import targets
from accounts.loading.sheets import SUFFIXES
from accounts.models import ImportRun, JobRun, SavedMapping
from accounts.types import JobState, Role
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.first_run import uploads, work
from csm_portal.portal.imports import history, saved
from csm_portal.portal.toasts import toast_for
from csm_portal.portal.views.start import job_shown
from csm_portal.web import Request, for_roles


@require_http_methods(["GET", "POST"])
@for_roles(Role.ADMIN)
def imports_page(request: Request) -> HttpResponse:
    """Takes files, and shows what has been loaded so far."""
    problem = ""
    if request.method == "POST":
        try:
            upload = uploads.keep(request.FILES.getlist("files"), timezone.now(), by=request.user.pk)
        except uploads.Unfit as unfit:
            problem = str(unfit)
        else:
            if uploads.known_by_name(upload):
                work.order(work.IMPORT, upload.key, work.CHECK, timezone.now())
            return redirect("portal:import-upload", key=upload.key)
    number = request.GET.get("page", "1")
    page, lines = history.page_of(request.user, int(number) if number.isdecimal() else 1)
    context = {
        "problem": problem,
        "suffixes": ",".join((*SUFFIXES, ".gz", uploads.MAPPING)),
        "formats": list(targets().values()),
        "most_files": uploads.MOST_FILES,
        "most_mb": uploads.MOST_BYTES >> 20,
        "page": page,
        "lines": lines,
        "saved": saved.all_saved(),
    }
    return render(request, "portal/imports/page.html", context, status=422 if problem else 200)


# --- one import ---


@require_GET
@for_roles(Role.ADMIN)
def run_page(request: Request, pk: int) -> HttpResponse:
    """One import: its files, what was rejected, the mapping it used, and the way back."""
    run = get_object_or_404(history.imports_of(request.user).select_related("source", "by", "undone_by").prefetch_related("files"), pk=pk)
    job = JobRun.objects.filter(job=work.UNDO, key=str(pk)).first()
    running = job is not None and job.state in (JobState.DUE, JobState.RUNNING)
    return render(
        request,
        "portal/imports/run.html",
        {
            "line": history.line_of(run),
            "run": run,
            "files": sorted(run.files.all(), key=lambda file: file.pk),
            "rejects": list(history.rejects(run)[: history.SHOWN_REJECTS]),
            "why_not": history.may_undo(run),
            "kept": history.kept_rows(run) if run.recorded and not run.undone_at else [],
            "newer": 0 if run.undone_at else history.newer(run),
            "undone": history.undone(run),
            "left": history.left_of(run),
            "job": job_shown(job) if running else None,
        },
    )


@require_POST
@for_roles(Role.ADMIN)
def undo_run(request: Request, pk: int) -> HttpResponse:
    """Orders that an import be taken back."""
    run = get_object_or_404(history.imports_of(request.user), pk=pk)
    answer = redirect("portal:import-run", pk=pk)
    if problem := history.may_undo(run):
        return toast_for(request, answer, problem, tone="error")
    ImportRun.objects.filter(pk=pk).update(undone_by=request.user)
    work.order_undo(pk, timezone.now())
    return answer


@require_GET
@never_cache
@for_roles(Role.ADMIN)
def run_rejects(request: Request, pk: int) -> HttpResponseBase:
    """Every rejected and flagged row of an import."""
    run = get_object_or_404(history.imports_of(request.user), pk=pk)
    return sheet_answer(history.reject_lines(run), "csv", f"rejects-{pk}", title=_("Rejects"), freeze="A2")


@require_GET
@for_roles(Role.ADMIN)
def run_mapping(request: Request, pk: int) -> HttpResponse:
    """The mapping an import used, as a file."""
    run = get_object_or_404(history.imports_of(request.user), pk=pk)
    if not run.mapping:
        raise Http404
    return toml_answer(run.mapping, f"mapping-{pk}")


# --- saved mappings ---


@require_GET
@for_roles(Role.ADMIN)
def saved_mapping(request: Request, pk: int) -> HttpResponse:
    """A saved mapping as a file."""
    row = get_object_or_404(SavedMapping.objects.visible_to(request.user), pk=pk)
    return toml_answer(row.text, "-".join(row.name.split())[:60])


@require_POST
@for_roles(Role.ADMIN)
def remove_mapping(request: Request, pk: int) -> HttpResponse:
    """Removes a saved mapping; its toast brings it back."""
    row = get_object_or_404(SavedMapping.objects.visible_to(request.user), pk=pk)
    name, token = row.name, saved.remove(row)
    undo = f"{reverse('portal:import-mapping-restore')}?{urlencode({'token': token})}"
    return toast_for(
        request, _to(request, reverse("portal:imports")), _("The mapping “%(name)s” is removed.") % {"name": name}, undo_url=undo
    )


@require_POST
@for_roles(Role.ADMIN)
def restore_mapping(request: Request) -> HttpResponse:
    """Brings back a mapping removed within the last day."""
    answer = _to(request, reverse("portal:imports"))
    try:
        row = saved.restore(request.GET.get("token", ""), timezone.now())
    except saved.Unfit as problem:
        return toast_for(request, answer, str(problem), tone="error")
    return toast_for(request, answer, _("The mapping “%(name)s” is back.") % {"name": row.name})


def toml_answer(text: str, name: str) -> HttpResponse:
    """A mapping to keep as a file."""
    plain = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name) or "mapping"
    answer = HttpResponse(text, content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{plain.encode("ascii", "replace").decode().replace("?", "-")}.toml"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _to(request: Request, address: str) -> HttpResponse:
    """To the page; an htmx request is told where to go."""
    if request.htmx:
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = address
        return answer
    return redirect(address)
