"""Published definitions in words, for everybody; and the list of drafts, for admins."""

from __future__ import annotations

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.edit_values import NotSaved
from accounts.types import Role
from csm_portal.portal.lab.page import draft_url, section_lines, version_lines
from csm_portal.portal.lab.previews import job_shown, restating
from csm_portal.portal.lab.sections import ORDER, WORDS
from csm_portal.portal.lab.told import told
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, for_roles, signed_in, today
from health.lab import drafts
from health.lab.definition_reads import in_force, published_versions
from health.lab.definition_text import as_text, section_text
from health.models import DefinitionDraft


@require_GET
@signed_in
def definitions_page(request: Request) -> HttpResponse:
    """Every section with its version; the drafts beside. At most 8 queries."""
    return _index(request)


@require_http_methods(["POST"])
@for_roles(Role.ADMIN)
def new_draft(request: Request) -> HttpResponse:
    """Begin a draft; with `section` its form opens at once."""
    name = request.POST.get("name", "").strip() or _("Draft of %(day)s") % {"day": today().isoformat()}
    section = request.POST.get("section", "")
    if section in WORDS and (begun := _open_drafts(request).filter(author=request.user, sections={}).first()):
        # One that was begun and left empty is taken up again.
        return redirect("portal:draft-section", pk=begun.pk, section=section)
    try:
        draft = drafts.create(request.user, name, timezone.now())
    except NotSaved as refused:
        return _index(request, refused.problems, name)
    if section in WORDS:
        return redirect("portal:draft-section", pk=draft.pk, section=section)
    return toast_for(request, redirect(draft_url(draft)), _("A new draft. Nothing counts by it until it is published."))


@require_GET
@signed_in
def section_page(request: Request, section: str) -> HttpResponse:
    """One section in words, as of the version asked for, with what every version changed. At most 8 queries."""
    if section not in WORDS:
        raise Http404
    rows = published_versions(request.user, [section])[section]
    asked = request.GET.get("version", "")
    shown = next((row for row in rows if str(row.version) == asked), None)
    if asked and shown is None:
        raise Http404
    if shown is None and rows:
        shown = in_force({section: rows}, today()).get(section) or rows[-1]
    context = {
        "section": section,
        "words": WORDS[section],
        "shown": shown,
        "facts": told(section, shown.body) if shown else [],
        "text": section_text(section, {"effective_from": shown.effective_from, **shown.body}) if shown else "",
        "lines": version_lines(rows, shown) if shown else [],
        "today": today(),
        "fixed_today": settings.PORTAL_AS_OF,
        "is_admin": request.user.role == Role.ADMIN,
        "open_drafts": list(_open_drafts(request)),
    }
    return render(request, "portal/lab/section.html", context)


@require_GET
@signed_in
def export_definitions(request: Request) -> HttpResponse:
    """The versions in force today as one file for `manage.py define`."""
    found = in_force(published_versions(request.user), today())
    text = as_text({name: {"effective_from": row.effective_from, **row.body} for name, row in found.items()})
    return _file(text, f"definition-{today()}.toml")


@require_GET
@for_roles(Role.ADMIN)
def export_draft(request: Request, pk: int) -> HttpResponse:
    """A draft as a file for `manage.py define`."""
    draft = DefinitionDraft.objects.visible_to(request.user).filter(pk=pk).first()
    if draft is None:
        raise Http404
    return _file(as_text({name: draft.sections[name] for name in ORDER if name in draft.sections}), f"draft-{draft.pk}.toml")


def _index(request: Request, problems: dict[str, str] | None = None, name: str = "") -> HttpResponse:
    context = {
        "lines": section_lines(request.user, today()),
        "drafts": list(_open_drafts(request)),
        "is_admin": request.user.role == Role.ADMIN,
        "job": job_shown(restating(request.user), timezone.now()),
        "problems": problems or {},
        "name": name,
        "today": today(),
        "fixed_today": settings.PORTAL_AS_OF,
    }
    return render(request, "portal/lab/index.html", context, status=422 if problems else 200)


def _open_drafts(request: Request) -> QuerySet[DefinitionDraft]:
    found = DefinitionDraft.objects.visible_to(request.user).filter(published_at=None, discarded_at=None)
    return found.select_related("author").order_by("-created_at")


def _file(text: str, name: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer
