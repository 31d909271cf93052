"""One night for the page: its steps with their time, what it wrote, who it could not compute, what late data changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.models import Account, JobRun
from accounts.types import JobState, Role
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.first_run import work
from csm_portal.portal.night import deciding
from csm_portal.portal.night.late import late_changes, late_count
from csm_portal.portal.night.reasons import reason_in_words
from csm_portal.portal.ops import said
from csm_portal.web import Page
from health.models import AccountFault, Run, RunStep
from health.types import Level, RunState

if TYPE_CHECKING:
    from accounts.models import User

FORESEE = "foresee"
MOST_FAULTS = 200
LONGEST_NUMBER = 7
_TOLD = re.compile(r"(?P<step>.+): (?P<rows>[\d,]+) rows in (?P<seconds>[\d.]+) s")


@dataclass(frozen=True, slots=True)
class Line:
    """One night in the list. `why`: its error (for admins), or why it waits."""

    run: Run
    state: str
    tone: str
    took: str
    why: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of a step: what it covers, rows written, time taken."""

    label: str
    rows: int
    took: str


@dataclass(slots=True)
class Step:
    """One step: rows and seconds over its chunks, and its bar as a share of the longest step (0 to 100)."""

    name: str
    rows: int = 0
    seconds: float = 0
    bar: float = 0
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def took(self) -> str:
        """Its time in words."""
        return said.length(self.seconds)


@dataclass(frozen=True, slots=True)
class Fault:
    """An account the run could not compute."""

    name: str
    href: str
    step: str
    reason: str
    good_on: date | None
    attempts: int
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Late:
    """A day shown before whose level late data changed. Levels are words of the marks; None: there was no row."""

    name: str
    href: str
    day: date
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    actions_before: str
    actions_after: str


def line_of(run: Run, user: User) -> Line:
    """The night as the list shows it. Errors may name rows of any book: admins alone read them."""
    state = run.told
    why = run.error if user.role == Role.ADMIN else ""
    if run.state == RunState.HELD and run.held:
        why = words.percent(run.held.get("share"))
    return Line(run, said.state_name(state), said.TONES.get(state, "unknown"), said.took(run), why)


def steps_of(run: Run) -> list[Step]:
    """The steps in the order they were done; one query."""
    return _barred(_grouped(RunStep.objects.filter(run=run).order_by("finished_at", "pk")))


def _grouped(rows: Iterable[RunStep]) -> list[Step]:
    steps: dict[str, Step] = {}
    for row in rows:
        step = steps.setdefault(row.step, Step(said.step_name(row.step)))
        step.rows += row.rows
        step.seconds += row.seconds
        step.chunks.append(Chunk(row.chunk, row.rows, said.length(row.seconds)))
    return list(steps.values())


def _barred(steps: list[Step]) -> list[Step]:
    longest = max((step.seconds for step in steps), default=0) or 1
    for step in steps:
        step.bar = round(100 * step.seconds / longest, 1)
    return steps


@dataclass(frozen=True, slots=True)
class Jobs:
    """Jobs about one night: what follows it, and what was ordered from its page and has not ended well."""

    following: JobRun | None
    ordered: list[JobRun]


def jobs_of(run: Run) -> Jobs:
    """Its jobs, the latest first; one query."""
    follows, decides = Q(job=FORESEE), Q(job__in=[deciding.PUBLISH_HELD, deciding.GIVE_UP_HELD])
    again = Q(job=work.NIGHTLY, key="", period=run.as_of.isoformat())
    rows = JobRun.objects.filter(((follows | decides) & Q(key=str(run.pk))) | again).order_by("-pk")
    given_up = [row.pk for row in rows if row.state == JobState.FAILED and row.finished_at is not None]
    ordered = [row for row in rows if row.job != FORESEE and row.state != JobState.SUCCEEDED and row.pk not in given_up]
    return Jobs(next((row for row in rows if row.job == FORESEE), None), ordered)


def steps_after(job: JobRun | None) -> list[Step]:
    """What followed the night, step by step, once it is done."""
    if job is None or job.state != JobState.SUCCEEDED:
        return []
    found = (_TOLD.fullmatch(line.strip()) for line in job.message.split(";"))
    return _barred([Step(said.step_name(m["step"]), int(m["rows"].replace(",", "")), float(m["seconds"])) for m in found if m])


def counts_of(run: Run) -> list[tuple[str, int]]:
    """What the run wrote, in words; days and rows, in the order of the work."""
    return [(str(name), run.counts[key]) for key, name in said.COUNTS.items() if isinstance(run.counts.get(key), int)]


def faults_of(user: User, run: Run) -> list[Fault]:
    """Accounts the viewer sees that last failed in this run, those still open first; at most 200."""
    rows = AccountFault.objects.visible_to(user).filter(run=run).select_related("account")
    return [
        Fault(
            row.account.name,
            account_address(row.account.external_id),
            said.step_name(row.step),
            reason_in_words(row.reason),
            row.good_on,
            row.attempts,
            row.resolved_at,
        )
        for row in rows.order_by("-resolved_at", "account__name", "pk")[:MOST_FAULTS]
    ]


def late_of(user: User, run: Run, asked: str | None) -> tuple[list[Late], Page]:
    """One page of the days that late data changed, of the accounts the viewer sees; two queries, none of a run not published."""
    total = late_count(user, run) if run.state == RunState.PUBLISHED else 0
    wanted = int(asked) if asked and asked.isascii() and asked.isdigit() and len(asked) < LONGEST_NUMBER else 1
    page = Page(min(max(1, wanted), Page(1, total).n_pages), total)
    rows = late_changes(user, run, first=(page.number - 1) * page.size, most=page.size) if total else []
    return [
        Late(
            row.account,
            row.href,
            row.day,
            _level(row.level_before),
            _level(row.level_after),
            words.number(row.key_actions_before),
            words.number(row.key_actions_after),
        )
        for row in rows
    ], page


def _level(value: int | None) -> tuple[str, str] | None:
    if value is None:
        return None
    word = Level(value).word
    return word, words.level(word)


@dataclass(frozen=True, slots=True)
class Moved:
    """An account whose score moved in a held run; before and after are the score with the name of its band."""

    name: str
    href: str
    before: str
    after: str
    band_before: str
    band_after: str


def moved_of(user: User, run: Run) -> list[Moved]:
    """The examples that a held run names, as far as the viewer sees their accounts; one query."""
    examples = {one["account"]: one for one in (run.held or {}).get("examples", [])}
    names = Account.objects.visible_to(user).filter(pk__in=examples).values_list("pk", "external_id", "name")
    known = {pk: (external_id, name) for pk, external_id, name in names}
    return [
        Moved(
            known[pk][1],
            account_address(known[pk][0]),
            f"{words.number(one['before'], 1)} {words.band(one['band_before'] or '')}",
            f"{words.number(one['after'], 1)} {words.band(one['band_after'] or '')}",
            one["band_before"] or "unknown",
            one["band_after"] or "unknown",
        )
        for pk, one in examples.items()
        if pk in known
    ]
