"""One upload, for admins: what is in its files, the dry run, the load."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.loading.mapping import DATE_ORDERS, MappingError
from accounts.loading.registry import targets
from accounts.models import JobRun
from accounts.types import Role
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.first_run import uploads, work
from csm_portal.portal.imports import history, matching, saved
from csm_portal.portal.imports.shaping import Choice
from csm_portal.portal.toasts import toast_for
from csm_portal.portal.views.imports import toml_answer
from csm_portal.portal.views.start import job_outcome, job_shown
from csm_portal.web import Request, for_roles


@require_http_methods(["GET", "POST"])
@never_cache
@for_roles(Role.ADMIN)
def upload_page(request: Request, key: str) -> HttpResponse:
    """Where an upload stands: to be matched, checked, or loaded. POST goes a step on."""
    check, apply = _job(key, work.CHECK), _job(key, work.APPLY)
    if apply is None and check is not None and _is_gone(key):
        gone = _("These files are no longer here. Upload them again.")
        return toast_for(request, redirect("portal:imports"), gone, tone="warn")
    if apply is None and request.method == "POST":
        return _step(request, key, check)
    if apply is None and (check is None or "match" in request.GET):
        return _matching(request, _upload(key))
    if check is None and apply is None:
        raise Http404
    context = {
        "key": key,
        "check": job_shown(check),
        "apply": job_shown(apply),
        "found": job_outcome(check),
        "loaded": job_outcome(apply),
        "folder": uploads.root() / key / "upload",
        "has_rejects": any((uploads.root() / key / "rejects").glob("*.rejects.csv")),
    }
    return render(request, "portal/imports/upload.html", context)


def _step(request: Request, key: str, check: JobRun | None) -> HttpResponse:
    """Check what was chosen, take up a mapping, keep one by name, or load."""
    do = request.POST.get("do", "")
    if do == "load":
        outcome = job_outcome(check)
        if outcome is None or outcome.error:
            raise Http404
        work.order(work.IMPORT, key, work.APPLY, timezone.now())
        return redirect("portal:import-upload", key=key)
    upload = _upload(key)
    if do == "use":
        return _use_saved(request, upload)
    heads = matching.heads_of(upload)
    problems: list[str] = []
    text = request.POST.get("text", "").replace("\r\n", "\n")
    if "text" in request.POST:
        try:
            saved.read(text)
        except MappingError as error:
            problems = error.problems
        else:
            upload = uploads.set_mapping(upload, text)
    elif do == "text":
        text = matching.whole_toml(matching.posted(heads, request.POST))
    else:
        upload = matching.keep(upload, heads, matching.posted(heads, request.POST))
    if do == "save" and not problems:
        return _save(request, upload, heads)
    if problems or do == "text":
        return _matching(request, upload, problems=problems, text=text or None, as_text=True)
    if not any(one.into for one in matching.choices_of(upload, heads, matching.mapping_of(upload)[1]) or [Choice("", "x")]):
        return _matching(request, upload, problems=[_("Say for at least one file which table it goes into.")])
    work.order(work.IMPORT, key, work.CHECK, timezone.now())
    return redirect("portal:import-upload", key=key)


def _use_saved(request: Request, upload: uploads.Upload) -> HttpResponse:
    """Takes up a saved mapping that fits the files."""
    heads = matching.heads_of(upload)
    offer = next((one for one in saved.offers(heads, saved.all_saved()) if str(one.pk) == request.POST.get("saved")), None)
    if offer is None:
        raise Http404
    uploads.set_mapping(upload, offer.text)
    answer = redirect(f"{request.path}?match")
    return toast_for(request, answer, _("The mapping “%(name)s” is used. Look at the rows, then check the files.") % {"name": offer.name})


def _save(request: Request, upload: uploads.Upload, heads: dict[str, Any]) -> HttpResponse:
    """Keeps the upload's mapping by name."""
    answer = redirect(f"{request.path}?match")
    text, _mapping, _problems = matching.mapping_of(upload)
    if not text:
        return toast_for(request, answer, _("These files are recognised by their names; there is no mapping to keep."), tone="warn")
    try:
        row = saved.save(request.user, request.POST.get("name", ""), text, heads, timezone.now())
    except saved.Unfit as unfit:
        return toast_for(request, answer, str(unfit), tone="error")
    return toast_for(request, answer, _("Kept as “%(name)s”: offered for files of these columns.") % {"name": row.name})


def _matching(
    request: Request, upload: uploads.Upload, *, problems: list[str] | None = None, text: str | None = None, as_text: bool = False
) -> HttpResponse:
    heads = matching.heads_of(upload)
    kept, mapping, faults = matching.mapping_of(upload)
    choices = None if as_text or faults else matching.choices_of(upload, heads, mapping)
    shown = text if text is not None else kept
    context = {
        "key": upload.key,
        "problems": problems or faults,
        "files": [matching.matched(number, heads[one.file], one) for number, one in enumerate(choices)] if choices is not None else [],
        "as_text": choices is None,
        "text": shown,
        "toml": matching.toml_of(heads, choices) if choices is not None else "",
        "offers": saved.offers(heads, saved.all_saved()),
        "targets": list(targets().values()),
        "orders": DATE_ORDERS,
        "checked": _job(upload.key, work.CHECK) is not None,
    }
    return render(request, "portal/imports/matching.html", context, status=422 if problems else 200)


# --- parts of the matching page ---


@require_POST
@never_cache
@for_roles(Role.ADMIN)
def file_part(request: Request, key: str, number: int) -> HttpResponse:
    """One file of the form, after another table was chosen for it."""
    heads = matching.heads_of(_upload(key))
    choice = _choice(request, heads, number)
    context = {
        "key": key,
        "file": matching.matched(number, heads[choice.file], choice),
        "targets": list(targets().values()),
        "orders": DATE_ORDERS,
    }
    return render(request, "portal/imports/_file.html", context)


@require_POST
@never_cache
@for_roles(Role.ADMIN)
def preview_part(request: Request, key: str, number: int) -> HttpResponse:
    """The first rows of one file as they would be loaded."""
    upload = _upload(key)
    choice = _choice(request, matching.heads_of(upload), number)
    lacking = choice.lacking(targets()[choice.into]) if choice.into else []
    found = None if lacking else matching.preview_of(upload, choice)
    return render(request, "portal/imports/_preview.html", {"preview": found, "lacking": lacking, "left_out": not choice.into})


@require_POST
@never_cache
@for_roles(Role.ADMIN)
def toml_part(request: Request, key: str) -> HttpResponse:
    """The mapping that follows from the form."""
    heads = matching.heads_of(_upload(key))
    return render(request, "portal/imports/_toml.html", {"toml": matching.toml_of(heads, matching.posted(heads, request.POST)), "key": key})


@require_POST
@never_cache
@for_roles(Role.ADMIN)
def text_preview(request: Request, key: str) -> HttpResponse:
    """The first rows of every table of a mapping written as text."""
    upload = _upload(key)
    try:
        mapping = saved.read(request.POST.get("text", ""))
    except MappingError as error:
        return render(request, "portal/imports/_previews.html", {"problems": error.problems})
    return render(request, "portal/imports/_previews.html", {"previews": matching.previews_of(upload, mapping)})


@require_GET
@never_cache
@for_roles(Role.ADMIN)
def upload_mapping(request: Request, key: str) -> HttpResponse:
    """The mapping of an upload as a file."""
    text, _mapping, _problems = matching.mapping_of(_upload(key))
    if not text:
        raise Http404
    return toml_answer(text, "mapping")


@require_GET
@never_cache
@for_roles(Role.ADMIN)
def dry_rejects(request: Request, key: str) -> HttpResponseBase:
    """Every row that the dry run rejected or flagged."""
    upload = _upload(key)
    return sheet_answer(history.dry_reject_lines(upload.folder.parent / "rejects"), "csv", "rejects-dry-run", title="", freeze="A2")


def _is_gone(key: str) -> bool:
    try:
        uploads.find(key)
    except uploads.Unfit:
        return True
    return False


def _upload(key: str) -> uploads.Upload:
    try:
        return uploads.find(key)
    except uploads.Unfit as gone:
        raise Http404 from gone


def _choice(request: Request, heads: dict[str, Any], number: int) -> Choice:
    if number >= len(heads):
        raise Http404
    return matching.posted(heads, request.POST)[number]


def _job(key: str, period: str) -> JobRun | None:
    return JobRun.objects.filter(job=work.IMPORT, key=key, period=period).first()
