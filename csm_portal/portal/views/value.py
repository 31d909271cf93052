"""What customers get out of it: outcomes, scenarios, the north star and named states over the book, and what is entered about them."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import NotSaved
from accounts.models import Account
from accounts.types import JobState, Role
from churn import north_star_finder
from churn.as_of import figures_as_of
from csm_portal.lib.sheets import Cell
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.first_run import work
from csm_portal.portal.toasts import toast_for
from csm_portal.portal.value import entry, finder, outcomes, scenarios, star, states, words
from csm_portal.portal.value.asked import Asked, asked, owners
from csm_portal.web import Request, for_roles, remembered_of, signed_in, today, wants_fragment
from health.models import ScenarioAgreement, ScenarioStep
from health.value import agreeing, scenario_steps
from health.value.scenario_reads import account_scenarios
from health.versions import states_on

if TYPE_CHECKING:
    from datetime import date

OUTCOMES, SCENARIOS, STAR, STATES = "outcomes", "scenarios", "north-star", "states"
SHOWS = {OUTCOMES: outcomes.SHOWS, SCENARIOS: scenarios.SHOWS, STAR: star.SHOWS, STATES: states.SHOWS}
FIRST_OF_STAR = "not_crossed"
LARGEST_KEY = 2**63
HISTORY = 5


@require_GET
@signed_in
def value_page(request: Request, tab: str) -> HttpResponse:
    """One tab: outcomes, scenarios, the north star or named states of the paying accounts in the viewer's book. At most 8 queries."""
    as_of, question = figures_as_of(), _asked(request, tab)
    context: dict[str, Any] = {"tab": tab, "as_of": as_of, "fixed_today": settings.PORTAL_AS_OF, "asked": question, "today": today()}
    if as_of is not None:
        found = _found(request, tab, question, as_of)
        if found is not None and found.page.number > found.page.n_pages:
            question = dataclasses.replace(question, page=1)
            found = _found(request, tab, question, as_of)
        if isinstance(found, states.States):
            context["asked"] = dataclasses.replace(question, show=found.show)
        context |= {"found": found, "page": found.page if found else None, "owners": owners(request.user, question.csm)}
        if tab == STAR:
            context["finder"] = finder.finder(request.user, timezone.now())
    return render(request, "portal/value/page.html", context)


@require_GET
@signed_in
def export(request: Request, tab: str) -> HttpResponseBase:
    """The tab's list as CSV, or with `format=xlsx` as a workbook; 404 before the first night."""
    as_of = figures_as_of()
    if as_of is None or tab not in SHOWS:
        raise Http404
    question = _asked(request, tab)
    rows = _rows(request, tab, question, as_of)
    return sheet_answer(rows, request.GET.get("format", "csv"), f"{tab}-{as_of.isoformat()}", title=_("Value"), freeze="C2")


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def step(request: Request) -> HttpResponse:
    """The form for a step on a scenario of an account (`account`, `scenario`, `kind`), and what becomes of it."""
    account = _account(request)
    if request.method == "GET":
        return _form(request, "step", account)
    try:
        made = scenario_steps.take(request.user, account, entry.step_in(request.POST), timezone.now(), today())
    except NotSaved as refused:
        return _form(request, "step", account, refused.problems)
    told = _("%(account)s, %(scenario)s: %(step)s.") % {
        "account": account.name,
        "scenario": made.scenario,
        "step": words.taken_word(made.kind),
    }
    return _saved(request, told, reverse("portal:value-step-undo", args=[made.pk]))


@require_POST
@signed_in
def undo_step(request: Request, pk: int) -> HttpResponse:
    """Take one's own step of the last day back."""
    return _taken_back(request, scenario_steps.withdraw(request.user, pk, timezone.now()) if pk < LARGEST_KEY else None)


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def agreement(request: Request) -> HttpResponse:
    """The form for what an account agreed to use of a scenario (`account`, `scenario`), and what becomes of it."""
    account = _account(request)
    if request.method == "GET":
        return _form(request, "agreement", account)
    told, problems = entry.agreement_in(request.POST)
    try:
        if problems:
            raise NotSaved(problems)
        batch = agreeing.agree(request.user, account, told, timezone.now(), today())
    except NotSaved as refused:
        return _form(request, "agreement", account, refused.problems)
    text = _("%(account)s, %(scenario)s: agreed, counts from the next night.") % {"account": account.name, "scenario": told.scenario}
    return _saved(request, text, reverse("portal:value-agreement-undo", args=[batch]))


@require_POST
@signed_in
def undo_agreement(request: Request, batch: uuid.UUID) -> HttpResponse:
    """Take one's own agreement of the last day back."""
    return _taken_back(request, agreeing.undo(request.user, batch, timezone.now()))


@require_POST
@for_roles(Role.ADMIN)
def find_north_star(request: Request) -> HttpResponse:
    """Order the search for a north star; with `here` a search that waits is done in the web process, where no worker is running."""
    row = work.order(north_star_finder.JOB, "", "", timezone.now())
    if "here" in request.POST and row.state == JobState.DUE:
        work.run_here(row.pk)
    return _finder(request) if request.htmx else redirect("portal:value-north-star")


@require_GET
@for_roles(Role.ADMIN)
@vary_on_headers("HX-Request", "HX-Request-Type")
def finder_part(request: Request) -> HttpResponse:
    """How far the search is, and what it found; outside htmx the page that holds it."""
    return _finder(request) if wants_fragment(request) else redirect("portal:value-north-star")


def _finder(request: Request) -> HttpResponse:
    context = {"finder": finder.finder(request.user, timezone.now()), "as_of": figures_as_of()}
    return render(request, "portal/value/_finder.html", context)


def _asked(request: Request, tab: str) -> Asked:
    shows: Sequence[str] = SHOWS[tab]
    if tab == STAR:
        shows = (FIRST_OF_STAR, *(show for show in shows if show != FIRST_OF_STAR))
    question = asked(request.GET, tuple(shows))
    # Which state is listed first depends on the book, so an address names it always.
    return dataclasses.replace(question, first_show="") if tab == STATES else question


def _found(request: Request, tab: str, question: Asked, as_of: date) -> Any:
    """What the tab places; None: there is no north star."""
    user, day = request.user, today()
    if tab == STATES:
        number, chosen = request.GET.get("page"), "show" in request.GET
        return remembered_of(
            user,
            f"value-states:{as_of}:{day}:{get_language()}:{question}:{number}:{chosen}",
            lambda: states.states(user, question, states_on(as_of), number, chosen=chosen),
        )
    if tab in (OUTCOMES, SCENARIOS):
        # Both count the whole book for any page of it.
        made = (
            (lambda: outcomes.outcomes(user, question, day)) if tab == OUTCOMES else lambda: scenarios.scenarios(user, question, as_of, day)
        )
        return remembered_of(user, f"value-{tab}:{as_of}:{day}:{get_language()}:{question}", made)
    version = star.in_force(as_of)
    return None if version is None else star.stars(user, question, version, as_of)


def _rows(request: Request, tab: str, question: Asked, as_of: date) -> Iterable[list[Cell]]:
    user, day = request.user, today()
    version = star.in_force(as_of)
    if tab == STAR and version is None:
        raise Http404
    made: dict[str, Callable[[], Iterable[list[Cell]]]] = {
        OUTCOMES: lambda: outcomes.files(user, question, day),
        SCENARIOS: lambda: scenarios.files(user, question, as_of, day),
        STATES: lambda: states.files(user, question),
        STAR: lambda: star.files(user, question, version, as_of) if version else (),
    }
    return made[tab]()


def _account(request: Request) -> Account:
    data = request.POST if request.method == "POST" else request.GET
    named = data.get("account", "")
    found: Account | None = Account.objects.visible_to(request.user).filter(external_id=named).first() if "\0" not in named else None
    if found is None:
        raise Http404
    return found


def _form(request: Request, what: str, account: Account, problems: dict[str, str] | None = None) -> HttpResponse:
    data: QueryDict = request.POST if request.method == "POST" else request.GET
    day, as_of = today(), figures_as_of()
    known = scenario_steps.scenario_names(day)
    form = entry.Form(account, data, known, day, problems=problems or {})
    lines = account_scenarios(account, as_of.replace(day=1)) if as_of else []
    line = next((one for one in lines if one.name == form.scenario), None)
    form = dataclasses.replace(form, line=line, before=_before(request, what, account, form.scenario))
    titles = {"step": _("Step on a scenario of %(account)s"), "agreement": _("What %(account)s agreed to use")}
    body = f"portal/value/_{what}_form.html"
    context = {"form": form, "title": titles[what] % {"account": account.name}, "body": body, "next": data.get("next", "")}
    status = 422 if problems else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, body if problems else "parts/_dialog.html", context, status=status)


def _before(request: Request, what: str, account: Account, scenario: str) -> list[Any]:
    if what == "step":
        steps = ScenarioStep.objects.visible_to(request.user).filter(account=account, scenario=scenario, withdrawn_at__isnull=True)
        return list(steps.select_related("author").order_by("-taken_on", "-pk")[:HISTORY])
    rows = ScenarioAgreement.objects.visible_to(request.user).filter(account=account, scenario=scenario)
    return list(rows.order_by("-starts_on")[:HISTORY])


def _saved(request: Request, text: str, undo_url: str) -> HttpResponse:
    return toast_for(request, done(request, back_to(request, reverse("portal:value-scenarios"))), text, undo_url=undo_url)


def _taken_back(request: Request, found: object | None) -> HttpResponse:
    if found is None:
        raise Http404
    return toast_for(request, done(request, back_to(request, reverse("portal:value-scenarios"))), _("Taken back."))
