"""From an empty installation to a running one, for admins: load files, say what counts, invite people."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.loading.registry import targets
from accounts.loading.sheets import SUFFIXES
from accounts.models import JobRun, User
from accounts.people import Refused
from accounts.types import JobState, Role
from csm_portal.lib.checked import DefinitionError
from csm_portal.portal import words
from csm_portal.portal.first_run import defining, invite, uploads, work
from csm_portal.portal.first_run.actions import Seen, data_days, seen_actions
from csm_portal.portal.first_run.preview import SAMPLE, preview
from csm_portal.portal.first_run.steps import all_done, history_job, is_open, steps
from csm_portal.web import Request, for_roles, today
from health.definitions import parse_activity
from health.lab.publish_definitions import check_draft, publish_draft

# Jobs whose progress these pages show.
SHOWN_JOBS = (work.IMPORT, work.UNDO, work.NIGHTLY)
LEVEL_WORDS = ("zero", "low", "medium", "high")


@require_GET
@for_roles(Role.ADMIN)
def start_page(request: Request) -> HttpResponse:
    """The three steps and where each stands."""
    found = steps()
    return render(request, "portal/start.html", {"steps": found, "all_done": all_done(found), "job": job_shown(history_job())})


# --- 1. files ---


@require_http_methods(["GET", "POST"])
@for_roles(Role.ADMIN)
def files_page(request: Request) -> HttpResponse:
    """Takes files and orders their dry run; the page of an upload shows what became of it."""
    problem = ""
    if request.method == "POST":
        try:
            upload = uploads.keep(request.FILES.getlist("files"), timezone.now(), by=request.user.pk)
        except uploads.Unfit as unfit:
            problem = str(unfit)
        else:
            if not uploads.known_by_name(upload):
                return redirect("portal:import-upload", key=upload.key)
            work.order(work.IMPORT, upload.key, work.CHECK, timezone.now())
            return redirect("portal:start-upload", key=upload.key)
    context = {
        "steps": steps("files"),
        "problem": problem,
        "known": list(targets()),
        "formats": list(targets().values()),
        "suffixes": ",".join((*SUFFIXES, ".gz", uploads.MAPPING)),
        "folder": uploads.root(),
    }
    return render(request, "portal/start_files.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "POST"])
@for_roles(Role.ADMIN)
def upload_page(request: Request, key: str) -> HttpResponse:
    """What the dry run of an upload found; POST loads it for good."""
    check = get_object_or_404(JobRun, job=work.IMPORT, key=key, period=work.CHECK)
    if request.method == "POST":
        outcome = work.outcome_in(check)
        if outcome is None or outcome.error:
            raise Http404
        work.order(work.IMPORT, key, work.APPLY, timezone.now())
        return redirect("portal:start-upload", key=key)
    apply = JobRun.objects.filter(job=work.IMPORT, key=key, period=work.APPLY).first()
    return render(
        request,
        "portal/start_upload.html",
        {
            "steps": steps("files"),
            "key": key,
            "check": job_shown(check),
            "apply": job_shown(apply),
            "found": job_outcome(check),
            "loaded": job_outcome(apply),
            "folder": uploads.root() / key / "upload",
        },
    )


# --- jobs ---


@require_GET
@never_cache
@for_roles(Role.ADMIN)
def job_part(request: Request, pk: int) -> HttpResponse:
    """How far a job is; once it is over the page is loaded again to show what came of it."""
    job = get_object_or_404(JobRun, pk=pk, job__in=SHOWN_JOBS)
    answer = render(request, "portal/_start_job.html", {"job": job_shown(job)})
    if not is_open(job):
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@for_roles(Role.ADMIN)
def run_here(request: Request, pk: int) -> HttpResponse:
    """Does a waiting job in the web process, where no worker is running."""
    job = get_object_or_404(JobRun, pk=pk, job__in=SHOWN_JOBS)
    if job.state == JobState.DUE:
        work.run_here(job.pk)
    if job.job == work.UNDO:
        return redirect("portal:import-run", pk=job.key)
    if job.job == work.IMPORT:
        # Both rooms show the same upload; the reader stays in theirs.
        from_data = "/data/import/" in request.headers.get("Referer", "")
        return redirect("portal:import-upload" if from_data else "portal:start-upload", key=job.key)
    return redirect("portal:start")


def job_shown(job: JobRun | None) -> dict[str, Any] | None:
    """A job as `_start_job.html` shows it."""
    if job is None:
        return None
    waiting = job.state == JobState.DUE
    text = job.message if job.message and not job.message.startswith("{") else _("waiting for a worker") if waiting else _("starting")
    return {
        "row": job,
        "open": is_open(job),
        "text": text,
        "no_worker": work.nobody_took(job, timezone.now()),
        "failed": job.state == JobState.FAILED or (waiting and bool(job.error)),
        "state": words.job_state(job.state),
    }


def job_outcome(job: JobRun | None) -> work.Outcome | None:
    """What a finished check or load of files left behind."""
    return work.outcome_in(job) if job else None


# --- 2. what counts ---


@require_http_methods(["GET", "POST"])
@for_roles(Role.ADMIN)
def actions_page(request: Request) -> HttpResponse:
    """The actions seen, to choose the key actions from; POST previews or publishes the choice."""
    day = today()
    first_data, last_data = data_days(day)
    seen = seen_actions(last_data) if last_data else None
    before = defining.current()
    chosen, problems = _chosen(request, seen, before.body if before else None)
    context: dict[str, Any] = {"steps": steps("actions"), "seen": seen, "before": before, "missing": defining.standard_missing()}
    effective_from = _day(request.POST.get("effective_from")) or (before.effective_from if before else None) or first_data or day
    if request.method == "POST" and seen is not None and not problems:
        section = defining.section_of(chosen, before.body if before else None, {action.name for action in seen.actions})
        sections: dict[str, Any] = {"activity": {**section, "effective_from": effective_from}}
        if request.POST.get("standard"):
            sections |= {
                name: {**body, "effective_from": effective_from} for name, body in defining.standard_sections(context["missing"]).items()
            }
        try:
            draft = check_draft(sections)
        except DefinitionError as error:
            problems = [str(problem) for problem in error.problems]
        else:
            if request.POST.get("do") == "publish":
                if draft.logins_only and not request.POST.get("confirm_logins"):
                    problems = [_("The only key actions are logins. They show presence, not value: choose another, or confirm below.")]
                else:
                    publish_draft(draft, at=timezone.now(), by=request.user)
                    messages.success(request, _("Published. Now build the history, so that every day is graded by it."))
                    return redirect("portal:start-actions")
            context |= {"logins_only": draft.logins_only, "warnings": draft.warnings, "file": defining.as_file(section, effective_from)}
            context["preview"] = _preview(seen, chosen, section)
    offered = {*chosen.keys, *chosen.logins, *chosen.passive}
    context |= {
        "problems": problems,
        "rows": _rows(seen, chosen, offered) if seen else [],
        "active_from": chosen.active_from,
        "levels": [(word, words.level(word)) for word in ("low", "medium", "high")],
        "effective_from": effective_from,
        "job": job_shown(history_job()),
        "history_from": before.effective_from if before else None,
        "yesterday": day - timedelta(days=1),
        "sample": SAMPLE,
    }
    return render(request, "portal/start_actions.html", context, status=422 if problems else 200)


def _chosen(request: Request, seen: Seen | None, before: dict[str, Any] | None) -> tuple[defining.Choice, list[str]]:
    """What is ticked: as posted, else as in force, else as guessed."""
    actions = seen.actions if seen else []
    if request.method != "POST":
        if before is not None:
            keys = {name: Decimal(str(weight)) for name, weight in before["key_actions"].items()}
            return defining.Choice(keys, list(before["login_actions"]), list(before["passive_actions"]), before["active_from"]), []
        guessed = {word: [action.name for action in actions if action.guess == word] for word in ("key", "login", "passive")}
        return defining.Choice(dict.fromkeys(guessed["key"], Decimal(1)), guessed["login"], guessed["passive"]), []
    posted = request.POST
    ticked = set(posted.getlist("key"))
    choice, problems = defining.Choice(active_from=posted.get("active_from", "low")), []
    for action in actions:
        if str(action.pk) in ticked:
            weight = _weight(posted.get(f"weight-{action.pk}", "1"))
            if weight is None:
                problems.append(_("The weight of “%(name)s” must be a number above 0.") % {"name": action.name})
            choice.keys[action.name] = weight or Decimal(1)
        kind = posted.get(f"kind-{action.pk}")
        if kind == "login":
            choice.logins.append(action.name)
        elif kind == "passive":
            choice.passive.append(action.name)
    if not choice.keys and not (before and before["key_actions"]):
        problems.append(_("Tick at least one key action."))
    return choice, problems


def _rows(seen: Seen, chosen: defining.Choice, offered: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "action": action,
            "times": words.number(action.times),
            "accounts": words.number(action.accounts),
            "seats": words.number(action.seats),
            "last": words.day(action.last_on),
            "ticked": action.name in chosen.keys,
            "weight": f"{chosen.keys.get(action.name, Decimal(1)).normalize():f}",
            "kind": "login" if action.name in chosen.logins else "passive" if action.name in chosen.passive else "",
        }
        for action in seen.actions
    ]


def _preview(seen: Seen, chosen: defining.Choice, section: dict[str, Any]) -> dict[str, Any] | None:
    numbers = {action.name: action.pk for action in seen.actions}
    weights = {numbers[name]: weight for name, weight in chosen.keys.items()}
    rules = parse_activity({key: value for key, value in section.items() if key != "effective_from"}).rules[0]
    found = preview(seen.until, weights, [numbers[name] for name in chosen.passive], rules)
    if found is None:
        return None
    return {
        "accounts": found.accounts,
        "levels": [(word, words.level(word), words.percent(found.share(word), 1)) for word in LEVEL_WORDS],
        "unknown": words.number(found.days["unknown"]),
        "active": [(word, words.level(word), words.percent(found.rate(word), 1)) for word in ("low", "medium", "high")],
    }


@require_POST
@for_roles(Role.ADMIN)
def build_history(request: Request) -> HttpResponse:
    """Orders the history from the definition's first day to yesterday as one build."""
    before = defining.current()
    last = today() - timedelta(days=1)
    if before is None or before.effective_from > last:
        messages.error(request, _("Publish a definition first; it must hold from a day before today."))
        return redirect("portal:start-actions")
    starts = [row.effective_from for row in type(before).objects.all()]
    data_from, _last = data_days(today())
    first = max(min(starts), data_from) if data_from else min(starts)
    work.order_history(min(first, last), last, timezone.now())
    return redirect("portal:start-actions")


def _weight(text: str) -> Decimal | None:
    try:
        weight = Decimal(text.strip())
    except InvalidOperation:
        return None
    return weight if weight.is_finite() and 0 < weight < 10**6 else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


# --- 3. people ---


@require_http_methods(["GET", "POST"])
@never_cache
@for_roles(Role.ADMIN)
def people_page(request: Request) -> HttpResponse:
    """Who may sign in; POST makes one more and shows the link for their password, once."""
    form = invite.InviteForm(request.POST if request.method == "POST" else None)
    invited = None
    if request.method == "POST" and form.is_valid():
        try:
            invited = invite.invite(form, request)
        except Refused as refused:
            form.add_error("email", str(refused))
        else:
            form = invite.InviteForm()
    return _people(request, form, invited, 422 if form.errors else 200)


@require_POST
@never_cache
@for_roles(Role.ADMIN)
def new_link(request: Request, pk: int) -> HttpResponse:
    """Another link for somebody who lost theirs; earlier ones end once a password is set."""
    user = get_object_or_404(User, pk=pk, is_active=True)
    return _people(request, invite.InviteForm(), invite.Invited(user, created=False, link=invite.link_for(user, request)), 200)


def _people(request: Request, form: invite.InviteForm, invited: invite.Invited | None, status: int) -> HttpResponse:
    context = {
        "steps": steps("people"),
        "form": form,
        "invited": invited,
        "people": [(user, invite.ROLES[Role(user.role)]) for user in invite.people()],
        "teams": invite.team_paths(),
        "fixed_today": settings.PORTAL_AS_OF,
    }
    return render(request, "portal/start_people.html", context, status=status)
