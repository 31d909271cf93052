"""Plays in words: the list with what they are for, one play with its runs, the form that keeps one, and the choice to begin one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn.acting import plays
from churn.acting.triggers import TRIGGERS
from churn.models import Play, PlayRun
from churn.types import ChurnType
from csm_portal.portal import words
from csm_portal.portal.account import kinds
from csm_portal.portal.acting.names import rule_name
from csm_portal.portal.addresses import account_address
from csm_portal.web import Page, paginate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http import QueryDict

    from accounts.models import Account, User

# Rows of the form for steps that are not there yet.
SPARE = 3
RUNS_SHOWN = 25


@dataclass(frozen=True)
class Line:
    """One play. `own` were written here, the others ship."""

    pk: int
    name: str
    href: str
    triggers: list[str]
    losses: list[str]
    steps: list[tuple[str, str]]
    by_rule: bool
    active: bool
    own: bool
    running: str
    fits: bool = False


@dataclass(frozen=True)
class Run:
    """A play begun at an account. `share` is what is done of it, in percent of the meter."""

    pk: int
    play: str
    play_href: str
    account: str
    href: str
    begun: str
    progress: str
    share: int
    next_due: str
    late: bool
    finished: bool


@dataclass(frozen=True)
class Form:
    """The form of a play. `steps` are title, Chinese title, days; the choices value, words, whether chosen."""

    play: Play | None
    name: str
    name_zh: str
    steps: list[tuple[str, str, str]]
    triggers: list[tuple[str, str, bool]]
    losses: list[tuple[str, str, bool]]
    by_rule: bool
    problems: Mapping[str, str] = field(default_factory=dict)
    most_name: int = plays.MAX_NAME
    most_step: int = plays.MAX_STEP
    most_days: int = plays.MOST_DAYS


def listed(user: User) -> list[Line]:
    """All plays, those that are on first. Two queries."""
    rows = Play.objects.visible_to(user).order_by("-is_active", "name", "pk")
    running = _running(user)
    return [line(row, running.get(row.pk, 0)) for row in rows]


def _running(user: User) -> dict[int, int]:
    """How many runs of visible accounts have something left to do, by play."""
    left = Q(tasks__done_at__isnull=True, tasks__withdrawn_at__isnull=True, tasks__isnull=False)
    rows = PlayRun.objects.visible_to(user).filter(left, withdrawn_at__isnull=True)
    return dict(rows.values("play").annotate(n=Count("pk", distinct=True)).values_list("play", "n"))


def line(row: Play, running: int = 0, *, fits: bool = False) -> Line:
    """A play in words."""
    return Line(
        pk=row.pk,
        name=plays.name_of(row),
        href=reverse("portal:play", args=[row.pk]),
        triggers=[rule_name(key) for key in row.triggers],
        losses=[kinds.churn(key) for key in row.churn_types],
        steps=[(plays.step_title(step), day_words(int(step["days"]))) for step in row.steps],
        by_rule=row.by_rule,
        active=row.is_active,
        own=row.key is None,
        running=ngettext("%(n)d running", "%(n)d running", running) % {"n": running} if running else "",
        fits=fits,
    )


def day_words(days: int) -> str:
    """When a step is due, counted from the day on which the play begins."""
    return ngettext("after %(n)d day", "after %(n)d days", days) % {"n": days} if days else _("the same day")


def runs_of(user: User, today: date, asked: str | None, *, play: int | None = None) -> tuple[list[Run], Page]:
    """One page of the runs of a play, those begun last first. One query."""
    found, page = paginate(plays.progress(user, play=play), asked, RUNS_SHOWN)
    return [run_line(row, today) for row in found], page


def of_account(user: User, account: Account, today: date) -> list[Run]:
    """The plays that run at an account, finished ones left out. One query."""
    return [run for row in plays.progress(user, account)[:RUNS_SHOWN] if not (run := run_line(row, today)).finished]


def run_line(row: PlayRun, today: date) -> Run:
    """A run in words; `row` comes from `plays.progress`."""
    counts: Any = row
    n, done, due = counts.n_tasks, counts.n_done, counts.next_due
    who = row.begun_by.get_full_name() if row.begun_by else _("by its rule")
    return Run(
        pk=row.pk,
        play=plays.name_of(row.play),
        play_href=reverse("portal:play", args=[row.play_id]),
        account=row.account.name,
        href=account_address(row.account.external_id),
        begun=_("%(day)s, %(who)s") % {"day": words.day(row.begun_on), "who": who},
        progress=_("%(done)d of %(n)d done") % {"done": done, "n": n},
        share=round(100 * done / n) if n else 100,
        next_due=words.until(due, today) if due else "",
        late=bool(due and due < today),
        finished=done == n,
    )


def form(play: Play | None, data: QueryDict | None, problems: Mapping[str, str]) -> Form:
    """The form with what was sent, else with what the play is."""
    triggers, losses = (play.triggers, play.churn_types) if play else ([], [])
    name, name_zh, by_rule = (play.name, play.name_zh, play.by_rule) if play else ("", "", False)
    steps: list[tuple[str, str, str]] = [(s["title"], s.get("title_zh", ""), str(s["days"])) for s in (play.steps if play else [])]
    if data is not None:
        triggers, losses, by_rule = data.getlist("triggers"), data.getlist("churn_types"), "by_rule" in data
        name, name_zh = _kept(data.get("name", "")), _kept(data.get("name_zh", ""))
        steps = [(_kept(a), _kept(b), _kept(c)) for a, b, c in steps_sent(data) if a.strip() or b.strip()]
    return Form(
        play=play,
        name=name,
        name_zh=name_zh,
        steps=[*steps, *[("", "", "")] * SPARE],
        triggers=[(key, rule_name(key), key in triggers) for key in TRIGGERS],
        losses=[(str(kind), kinds.churn(kind), kind in losses) for kind in ChurnType],
        by_rule=by_rule,
        problems=problems,
    )


def steps_sent(data: QueryDict) -> list[tuple[str, str, str]]:
    """The rows of steps as sent."""
    return list(zip(data.getlist("title"), data.getlist("title_zh"), data.getlist("days"), strict=False))


def wish_in(data: QueryDict) -> plays.Wish:
    """What the form asks for; days that are no number are none."""
    steps = [plays.StepWish(title, _number(days), chinese) for title, chinese, days in steps_sent(data)[: plays.MOST_STEPS + 1]]
    return plays.Wish(
        data.get("name", ""), steps, data.get("name_zh", ""), data.getlist("triggers"), data.getlist("churn_types"), "by_rule" in data
    )


def offered(user: User, rule: str, churn_type: str) -> Sequence[Line]:
    """The plays that can be begun, those made for this first. One query."""
    fits = [
        (row, bool((rule and rule in row.triggers) or (churn_type and churn_type in row.churn_types)))
        for row in plays.fitting(user, rule=rule, churn_type=churn_type)
    ]
    return [line(row, fits=fit) for row, fit in fits]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _kept(text: str) -> str:
    return text.replace("\0", "")[: plays.MAX_STEP * 2]
