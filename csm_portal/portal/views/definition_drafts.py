"""Drafts of definitions, for admins: forms and text, the live check, revisions, and publishing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.edit_values import NotSaved
from accounts.types import Role
from csm_portal.lib.checked import DefinitionError
from csm_portal.portal import words
from csm_portal.portal.first_run.actions import data_days, seen_actions
from csm_portal.portal.lab import check, page, previews
from csm_portal.portal.lab.editing import Editor, conflict_of, opened, posted
from csm_portal.portal.lab.sections import ORDER, WORDS
from csm_portal.portal.lab.told import changes_in_words
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, for_roles, today
from health.lab import drafts
from health.lab.definition_reads import published_versions
from health.lab.drafts import Conflicted, Edit, Saved
from health.models import DefinitionDraft


@require_GET
@for_roles(Role.ADMIN)
def draft_page(request: Request, pk: int) -> HttpResponse:
    """What a draft changes, its revisions, its preview, and publishing it. At most 8 queries."""
    return _draft(request, pk)


@require_http_methods(["GET", "POST"])
@never_cache
@for_roles(Role.ADMIN)
def section_form(request: Request, pk: int, section: str) -> HttpResponseBase:
    """One section in a form, or with `as=text` as TOML; POST saves it, or with `do=more:NAME` adds a row. At most 8 queries to look at."""
    draft = _found(request, pk)
    if section not in WORDS or draft.published_at or draft.discarded_at:
        raise Http404
    if request.method == "GET":
        rows = published_versions(request.user, [section])[section]
        body = page.starting_body(section, draft, rows[-1].body if rows else None)
        return _form(request, draft, opened(section, body, draft.revision, as_text=request.GET.get("as") == "text"))
    editor = posted(section, request.POST)
    if editor.adds:
        return _form(request, draft, editor)
    return _save(request, draft, editor)


@require_POST
@for_roles(Role.ADMIN)
def check_section(request: Request, pk: int, section: str) -> HttpResponse:
    """What is typed, checked: its faults, else what it would say, change and warn of. Nothing is saved."""
    draft = _found(request, pk)
    if section not in WORDS:
        raise Http404
    rows = published_versions(request.user, [section])[section]
    found = check.of_section(posted(section, request.POST), rows, today())
    return render(request, "portal/lab/_check.html", {"found": found, "draft": draft, "section": section})


@require_GET
@for_roles(Role.ADMIN)
def check_draft_part(request: Request, pk: int) -> HttpResponse:
    """The lint of a whole draft for the day it is to hold from."""
    draft = _found(request, pk)
    found = check.of_draft(draft, _day(request.GET.get("effective_from")) or today())
    return render(request, "portal/lab/_check.html", {"found": found, "draft": draft})


@require_GET
@for_roles(Role.ADMIN)
def seen_part(_request: Request) -> HttpResponse:
    """How often each action came lately, by how many accounts and seats, as JSON: fills the table of key actions."""
    _first, last = data_days(today())
    seen = seen_actions(last) if last else None
    return JsonResponse({"actions": check.counts(seen), "span": check.span(seen)})


@require_POST
@for_roles(Role.ADMIN)
def rename(request: Request, pk: int) -> HttpResponse:
    """Another name."""
    return _step(request, pk, lambda: drafts.rename(request.user, pk, request.POST.get("name", "")), _("Renamed."))


@require_POST
@for_roles(Role.ADMIN)
def drop_section(request: Request, pk: int, section: str) -> HttpResponse:
    """Takes a section out of the draft."""
    if section not in WORDS:
        raise Http404
    before = _found(request, pk).revision
    return _step(
        request,
        pk,
        lambda: drafts.drop(request.user, pk, section, timezone.now()),
        _("%(name)s stays as published.") % {"name": WORDS[section].name},
        undo=reverse("portal:draft-restore", args=[pk, before]),
    )


@require_POST
@for_roles(Role.ADMIN)
def restore(request: Request, pk: int, number: int) -> HttpResponse:
    """Brings a revision back, as a new one."""
    before = _found(request, pk).revision
    return _step(
        request,
        pk,
        lambda: drafts.restore(request.user, pk, number, timezone.now()),
        _("Revision %(n)d is back.") % {"n": number},
        undo=reverse("portal:draft-restore", args=[pk, before]),
    )


@require_POST
@for_roles(Role.ADMIN)
def catch_up(request: Request, pk: int, section: str) -> HttpResponse:
    """Takes in what was published meanwhile; the same key changed on both sides is asked about."""
    if section not in WORDS:
        raise Http404
    prefer, seen = _prefer(request), _number(request.POST.get("seen", ""))
    try:
        saved = drafts.catch_up(request.user, pk, section, timezone.now(), prefer=prefer, seen=seen)
    except Conflicted as conflicted:
        return _draft(request, pk, conflict=conflict_of(conflicted, section))
    except NotSaved as refused:
        return _draft(request, pk, problems=refused.problems)
    except DefinitionDraft.DoesNotExist as error:
        raise Http404 from error
    return toast_for(request, redirect("portal:draft", pk=pk), _merged_words(saved) or _("The draft is up to date."))


@require_POST
@for_roles(Role.ADMIN)
def discard(request: Request, pk: int) -> HttpResponse:
    """Puts a draft away, with undo."""
    try:
        draft = drafts.discard(request.user, pk, timezone.now())
    except DefinitionDraft.DoesNotExist as error:
        raise Http404 from error
    except NotSaved as refused:
        return _draft(request, pk, problems=refused.problems)
    told = _("“%(name)s” is discarded.") % {"name": draft.name}
    return toast_for(request, redirect("portal:definitions"), told, undo_url=reverse("portal:draft-undo", args=[pk]))


@require_POST
@for_roles(Role.ADMIN)
def undo_discard(request: Request, pk: int) -> HttpResponse:
    """Brings a discarded draft back."""
    if drafts.bring_back(request.user, pk, timezone.now()) is None:
        raise Http404
    return toast_for(request, _go(request, pk), _("The draft is back."))


@require_POST
@for_roles(Role.ADMIN)
def publish(request: Request, pk: int) -> HttpResponse:
    """Publishes a draft from a day on; what has to be confirmed is asked for first."""
    effective_from = _day(request.POST.get("effective_from"))
    confirmed = request.POST.getlist("confirmed")
    if effective_from is None:
        return _draft(request, pk, problems={"effective_from": _("Name the day it holds from.")})
    revision = _number(request.POST.get("revision", ""))
    try:
        changes = drafts.publish(request.user, pk, revision, effective_from, at=timezone.now(), confirmed=confirmed)
    except DefinitionDraft.DoesNotExist as error:
        raise Http404 from error
    except NotSaved as refused:
        return _draft(request, pk, problems=refused.problems, effective_from=effective_from, confirmed=confirmed)
    except DefinitionError as error:
        return _draft(request, pk, problems={"": "; ".join(map(page.problem_in_words, error.problems))}, effective_from=effective_from)
    previews.order_restated(changes, timezone.now())
    names = _(", ").join(_("%(name)s version %(n)d") % {"name": WORDS[one.section.name].name, "n": one.version} for one in changes)
    told = _("Published: %(names)s, from %(day)s on. The next night counts by it.") % {"names": names, "day": words.day(effective_from)}
    return toast_for(request, redirect("portal:definitions"), told)


def _draft(
    request: Request,
    pk: int,
    *,
    problems: Mapping[str, str] | None = None,
    conflict: Mapping[str, Any] | None = None,
    effective_from: date | None = None,
    confirmed: list[str] | None = None,
) -> HttpResponse:
    draft = _found(request, pk)
    revisions = list(draft.revisions.select_related("author"))
    sections = page.draft_sections(draft, revisions, published_versions(request.user))
    context = {
        "draft": draft,
        "open": draft.published_at is None and draft.discarded_at is None,
        "sections": sections,
        "others": [(name, WORDS[name]) for name in ORDER if name not in draft.sections],
        "revisions": page.revision_lines(draft, revisions),
        "preview": previews.summary(request.user, draft),
        "problems": problems or {},
        "conflict": conflict,
        "effective_from": effective_from or today(),
        "confirmed": confirmed or [],
        "today": today(),
        "fixed_today": settings.PORTAL_AS_OF,
    }
    return render(request, "portal/lab/draft.html", context, status=422 if problems or conflict else 200)


def _form(request: Request, draft: DefinitionDraft, editor: Editor, *, status: int = 200, **more: Any) -> HttpResponse:
    known = page.known_actions() if editor.section == "activity" and not editor.is_text else []
    context = {
        "draft": draft,
        "section": editor.section,
        "words": WORDS[editor.section],
        "editor": editor,
        "blocks": editor.blocks(known),
        "today": today(),
        "known_actions": known,
        **more,
    }
    return render(request, "portal/lab/form.html", context, status=status)


def _save(request: Request, draft: DefinitionDraft, editor: Editor) -> HttpResponseBase:
    prefer, seen = _prefer(request), _number(request.POST.get("seen", ""))
    try:
        body = editor.body()
        edit = Edit(editor.section, body, editor.base, prefer, seen)
        saved = drafts.save(request.user, draft.pk, edit, timezone.now())
    except DefinitionError as error:
        editor.refuse(error.problems)
        return _form(request, draft, editor, status=422, problems=[page.problem_in_words(one) for one in error.problems])
    except Conflicted as conflicted:
        return _form(request, draft, editor, status=422, conflict=conflict_of(conflicted, editor.section))
    except NotSaved as refused:
        return _form(request, draft, editor, status=422, problems=list(refused.problems.values()))
    n = len(saved.keys)
    told = ngettext("Saved: %(n)d key changed.", "Saved: %(n)d keys changed.", n) % {"n": n} if n else _("Saved; nothing had changed.")
    return toast_for(request, redirect("portal:draft", pk=draft.pk), " ".join(part for part in (told, _merged_words(saved)) if part))


def _merged_words(saved: Saved) -> str:
    """What others changed meanwhile and stays."""
    if not saved.taken:
        return ""
    keys = _(", ").join(changed.key for changed in changes_in_words(saved.taken))
    return _("Kept beside it, as changed by %(by)s meanwhile: %(keys)s.") % {"by": saved.by or _("somebody"), "keys": keys}


def _step(request: Request, pk: int, step: Callable[[], object], told: str, *, undo: str = "") -> HttpResponse:
    try:
        step()
    except DefinitionDraft.DoesNotExist as error:
        raise Http404 from error
    except NotSaved as refused:
        return _draft(request, pk, problems=refused.problems)
    return toast_for(request, _go(request, pk), told, undo_url=undo)


def _go(request: Request, pk: int) -> HttpResponse:
    """To the draft; the undo of a toast asks by htmx, which has to be told to leave the page."""
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("portal:draft", args=[pk])})
    return redirect("portal:draft", pk=pk)


def _found(request: Request, pk: int) -> DefinitionDraft:
    found = DefinitionDraft.objects.visible_to(request.user).select_related("author", "published_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _prefer(request: Request) -> drafts.Prefer:
    asked = request.POST.get("prefer", "")
    return "mine" if asked == "mine" else "theirs" if asked == "theirs" else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
