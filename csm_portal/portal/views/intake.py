"""What came over HTTP, for admins: keys, refused calls with the rules that mend them, replays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import NotSaved
from accounts.models import IntakeRule, JobRun, RefusedCall, Source
from accounts.tracking import refused, rule_edits, sources
from accounts.tracking.rules import Rule
from accounts.types import JobState, Role
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.first_run import work
from csm_portal.portal.intake import jobs, page, words
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, for_roles

LARGEST_KEY = 2**63
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_PICKED = 100
# Values of the boxes that tick every group.
ALL, ALL_REMARKS = "all", "all-remarks"


# --- keys ---


@require_http_methods(["GET", "POST"])
@never_cache
@for_roles(Role.ADMIN)
def intake_page(request: Request) -> HttpResponse:
    """Keys with what came by them; POST makes one and shows it, this once. At most 8 queries."""
    made, problems = None, {}
    if request.method == "POST":
        try:
            made = sources.make_key(request.user, request.POST.get("name", "").replace("\0", ""))
        except NotSaved as refusal:
            problems = refusal.problems
    context = {
        "senders": sources.senders(request.user, timezone.now()),
        "usual": settings.INTAKE_CALLS_PER_MINUTE,
        "made": made,
        "problems": problems,
        "name": request.POST.get("name", "")[: sources.MAX_NAME] if problems else "",
        "address": request.build_absolute_uri("/v1/batch"),
    }
    return render(request, "portal/intake/sources.html", context, status=422 if problems else 200)


@require_POST
@for_roles(Role.ADMIN)
def revoke(request: Request, pk: int) -> HttpResponse:
    """Take a key back."""
    row = sources.revoke(request.user, pk, timezone.now()) if pk < LARGEST_KEY else None
    if row is None:
        raise Http404
    undo = reverse("portal:intake-allow", args=[pk])
    return _said(request, "intake", _("The key of “%(name)s” is revoked: its next request is refused.") % {"name": row.name}, undo)


@require_POST
@for_roles(Role.ADMIN)
def allow(request: Request, pk: int) -> HttpResponse:
    """Undo of a revocation."""
    row = sources.allow_again(request.user, pk, timezone.now()) if pk < LARGEST_KEY else None
    if row is None:
        raise Http404
    return _said(request, "intake", _("The key of “%(name)s” holds again.") % {"name": row.name})


@require_POST
@for_roles(Role.ADMIN)
def limit(request: Request, pk: int) -> HttpResponse:
    """Set how many calls a minute a source may send; an undo posts to the address that holds what was so before."""
    undoing = "limit" not in request.POST
    asked = (request.GET if undoing else request.POST).get("limit", "")
    try:
        row, before = sources.set_limit(request.user, pk if pk < LARGEST_KEY else 0, asked)
    except Source.DoesNotExist as missing:
        raise Http404 from missing
    except NotSaved as refusal:
        return _said(request, "intake", refusal.problems["limit"], tone="error")
    undo = "" if undoing else f"{reverse('portal:intake-limit', args=[pk])}?limit={before or ''}"
    text = _("“%(name)s” may send %(n)s calls a minute.")
    return _said(request, "intake", text % {"name": row.name, "n": f"{row.calls_per_minute or settings.INTAKE_CALLS_PER_MINUTE:,}"}, undo)


# --- refused calls ---


@require_GET
@never_cache
@for_roles(Role.ADMIN)
def refused_page(request: Request) -> HttpResponse:
    """Refused calls in groups, the rules that hold, and replays under way. At most 8 queries."""
    running = jobs.running(request.user)
    context = {
        "found": page.refused_page(request.user, request.GET.get("page")),
        "rules": page.rules_in_force(request.user),
        "jobs": _jobs(running),
    }
    return render(request, "portal/intake/refused.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@for_roles(Role.ADMIN)
@vary_on_headers("HX-Request")
def mend(request: Request, pk: int) -> HttpResponse:
    """The form of a rule for one group (GET), or the rule made (POST); with `replay` the group is sent through by it at once."""
    row = _call(request, pk)
    if request.method == "GET":
        return _form(request, row, page.proposal(row.code, row.field, row.name, row.body), {})
    rule = _posted(request)
    try:
        made = rule_edits.make(request.user, row.source_id, rule, timezone.now())
    except NotSaved as refusal:
        return _form(request, row, rule, refusal.problems)
    text = _("Rule made: %(rule)s") % {"rule": words.rule(rule)}
    if request.POST.get("replay"):
        text = f"{text} {_replayed(request, [pk])[0]}"
    return _said(request, "intake-refused", text, reverse("portal:intake-rule-remove", args=[made.pk]))


@require_POST
@never_cache
@for_roles(Role.ADMIN)
def preview(request: Request, pk: int) -> HttpResponse:
    """What the rule typed would make of the group: how many would be taken, and some of them before and after. Nothing is stored."""
    row = _call(request, pk)
    context: dict[str, Any] = {}
    try:
        context = _trial(request, row, rule_edits.checked(_posted(request)))
    except NotSaved as refusal:
        context["problems"] = list(dict.fromkeys(refusal.problems.values()))
    return render(request, "portal/intake/_trial.html", context)


@require_POST
@for_roles(Role.ADMIN)
def replay(request: Request) -> HttpResponse:
    """Send the ticked groups through again."""
    picked = _picked(request)
    if not picked:
        return _said(request, "intake-refused", _("Tick at least one group."), tone="warn")
    text, tone = _replayed(request, picked)
    return _said(request, "intake-refused", text, tone="ok" if tone else "warn")


@require_POST
@for_roles(Role.ADMIN)
def discard(request: Request) -> HttpResponse:
    """Take the ticked groups off the list."""
    now = timezone.now()
    n = refused.discard(request.user, _picked(request), now)
    if not n:
        return _said(request, "intake-refused", _("Tick at least one group."), tone="warn")
    text = ngettext("%(n)s call discarded.", "%(n)s calls discarded.", n) % {"n": f"{n:,}"}
    return _said(request, "intake-refused", text, reverse("portal:intake-discard-undo", args=[step_number(now)]))


@require_POST
@for_roles(Role.ADMIN)
def undo_discard(request: Request, pk: int) -> HttpResponse:
    """Bring back onto the list what was discarded at that instant (`step_number`)."""
    at = step_time(pk)
    n = refused.bring_back(request.user, at, timezone.now()) if at else 0
    if not n:
        raise Http404
    return _said(request, "intake-refused", ngettext("%(n)s call is back.", "%(n)s calls are back.", n) % {"n": f"{n:,}"})


@require_GET
@never_cache
@for_roles(Role.ADMIN)
def job_part(request: Request, pk: int) -> HttpResponse:
    """How far a replay is; once it is over the page is loaded again."""
    job = JobRun.objects.visible_to(request.user).filter(pk=pk if pk < LARGEST_KEY else 0, job=jobs.JOB).first()
    if job is None:
        raise Http404
    answer = render(request, "portal/intake/_job.html", {"job": _jobs([job])[0]})
    if job.state in {JobState.SUCCEEDED, JobState.FAILED}:
        toast_for(request, answer, jobs.outcome(job), tone="ok" if job.state == JobState.SUCCEEDED else "error")
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@for_roles(Role.ADMIN)
def job_here(request: Request, pk: int) -> HttpResponse:
    """Do a waiting replay in the web process, where no worker is running."""
    job = JobRun.objects.visible_to(request.user).filter(pk=pk if pk < LARGEST_KEY else 0, job=jobs.JOB).first()
    if job is None:
        raise Http404
    if job.state == JobState.DUE:
        work.run_here(job.pk)
    return redirect("portal:intake-refused")


# --- rules ---


@require_POST
@for_roles(Role.ADMIN)
def remove_rule(request: Request, pk: int) -> HttpResponse:
    """A rule holds no longer."""
    row = rule_edits.remove(request.user, pk, timezone.now()) if pk < LARGEST_KEY else None
    if row is None:
        raise Http404
    return _said(request, "intake-refused", _removed(row), reverse("portal:intake-rule-restore", args=[pk]))


@require_POST
@for_roles(Role.ADMIN)
def restore_rule(request: Request, pk: int) -> HttpResponse:
    """Undo of a removal."""
    try:
        row = rule_edits.restore(request.user, pk, timezone.now()) if pk < LARGEST_KEY else None
    except NotSaved as refusal:
        return _said(request, "intake-refused", refusal.problems[""], tone="error")
    if row is None:
        raise Http404
    return _said(request, "intake-refused", _("The rule holds again."))


# --- parts ---


def step_number(at: datetime) -> int:
    """An instant as a whole number of microseconds, for an address."""
    return (at - EPOCH) // timedelta(microseconds=1)


def step_time(number: int) -> datetime | None:
    """The instant of a number in an address; None for one that is none."""
    try:
        return EPOCH + timedelta(microseconds=number)
    except OverflowError:
        return None


def _removed(row: IntakeRule) -> str:
    told = words.rule(Rule(row.kind, row.name, row.field, row.value))
    return _("Removed: %(rule)s What it has mended stays.") % {"rule": told}


def _call(request: Request, pk: int) -> RefusedCall:
    row = RefusedCall.objects.visible_to(request.user).select_related("source").filter(pk=pk if pk < LARGEST_KEY else 0).first()
    if row is None or row.flagged:
        raise Http404
    return row


def _posted(request: Request) -> Rule:
    values = (request.POST.get(name, "")[:2_000] for name in ("kind", "name", "field", "value"))
    return Rule(*values)


def _picked(request: Request) -> list[int]:
    """The groups ticked, or all that are listed: those refused, or those taken with a remark."""
    asked = request.POST.getlist("group")[:MOST_PICKED]
    if ALL in asked or ALL_REMARKS in asked:
        return [one.sample for one in refused.open_groups(request.user) if one.flagged == (ALL_REMARKS in asked)]
    return [int(one) for one in dict.fromkeys(asked) if one.isascii() and one.isdigit() and int(one) < LARGEST_KEY]


def _replayed(request: Request, picked: Sequence[int]) -> tuple[str, bool]:
    found, ordered = jobs.order_or_do(request.user, picked, timezone.now())
    parts = [jobs.told(found)] if found.of or not ordered else []
    if ordered:
        n = len(ordered)
        parts.append(ngettext("%(n)d large group is being sent through.", "%(n)d large groups are being sent through.", n) % {"n": n})
    return " ".join(parts), bool(found.taken or found.ignored or ordered)


def _jobs(rows: Sequence[JobRun]) -> list[dict[str, Any]]:
    names = jobs.names_of(rows)
    return [
        {
            "row": row,
            "name": names[row.pk],
            "text": jobs.outcome(row),
            "open": row.state in {JobState.DUE, JobState.RUNNING},
            "no_worker": work.nobody_took(row, timezone.now()),
        }
        for row in rows
    ]


def _trial(request: Request, row: RefusedCall, rule: Rule) -> dict[str, Any]:
    trial = refused.tried(request.user, row.pk, rule)
    return {
        "trial": trial,
        "pairs": [(page.cut(page.as_lines(before)), page.cut(page.as_lines(after))) for before, after in trial.shown],
        "stands": words.fault(trial.fault.code, trial.fault.message) if trial.fault else None,
        "stands_in": trial.fault.field if trial.fault else "",
    }


def _form(request: Request, row: RefusedCall, rule: Rule, problems: dict[str, str]) -> HttpResponse:
    context = {
        "row": row,
        "fault": words.fault(row.code, row.message),
        "rule": rule,
        "kinds": words.RULE_KINDS.items(),
        "paths": page.paths_of(row.body),
        "fields": page.FIELDS,
        "problems": problems,
        "title": _("Mend “%(name)s” by a rule") % {"name": row.name or row.source.name},
        "body": "portal/intake/_rule_form.html",
        "css": "css/intake.css",
    }
    try:
        context |= _trial(request, row, rule_edits.checked(rule))
    except NotSaved:
        context["untried"] = True
    status = 422 if problems else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, "portal/intake/_rule_form.html" if problems else "parts/_dialog.html", context, status=status)


def _said(request: Request, place: str, text: str, undo: str = "", *, tone: Any = "ok") -> HttpResponse:
    return toast_for(request, done(request, back_to(request, reverse(f"portal:{place}"))), text, tone=tone, undo_url=undo)
