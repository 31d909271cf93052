"""One run from claim to publication. Every step may be killed and repeated; readers see the old run until the last one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

from django.db import connection

from accounts.models import (
    Account,
    Contract,
    DirtyDay,
    Interaction,
    Invoice,
    Ownership,
    QuietPeriod,
    Seat,
    SurveyResponse,
    Ticket,
    UsageDaily,
)
from accounts.tracking.attach import attach
from csm_portal.nightly import facts, faults, gate, verify
from csm_portal.nightly.claiming import Task, claim
from csm_portal.nightly.isolation import Isolation
from csm_portal.nightly.ledger import Ledger, Say, drop_unfinished, only_builder, open_run
from csm_portal.nightly.plan import Plan, by_month, plan_run
from csm_portal.nightly.publish import publish, slices_of, try_current_rows
from health.account_days import build_account_days
from health.account_periods import build_periods, starts_touched
from health.models import Outcome, OutcomeVersion, PublishedSlice, Rating, Review, Run
from health.rollup.run import roll_up
from health.scope import Scope
from health.score_days import build_scores
from health.types import Grain, RunState
from health.value.proofs import build_proofs
from health.versions import activity_versions

# What a load may have filled since anyone looked; the events' months are analyzed one by one.
INPUTS = tuple(
    model._meta.db_table
    for model in (
        *(Account, Contract, DirtyDay, Interaction, Invoice, Ownership, QuietPeriod, Seat, SurveyResponse, Ticket, UsageDaily),
        *(Outcome, OutcomeVersion, PublishedSlice, Rating, Review),
    )
)


def utc_now() -> datetime:
    """The clock of ledger rows: when a step ran, never part of a figure."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Result:
    """What a run published."""

    run: Run
    plan: Plan
    accounts: int | None = None  # it was about so many of them; None: about all


def build(as_of: date, *, first: date | None = None, full: bool = False, say: Say, clock: Callable[[], datetime] = utc_now) -> Result:
    """Compute and publish as of a day, or (with `first`) a span of history as one build.

    A day that is published already is built again for the accounts that changed since, where that comes to the same (touched.py); `full`:
    for all in any case.

    Raises `NightBusyError` when another process builds, `NoDefinitionError` when nothing says what counts, `verify.ImplausibleError` when
    the figures do not add up (nothing is published then), `gate.HeldError` when so many scores moved that a person has to look first. A
    span of history never waits. Accounts that cannot be computed are left out (isolation.py): the run is published without them.
    """
    with only_builder():
        # What trackers sent until now belongs to this night, also where no worker took it up before.
        attach(as_of + timedelta(days=1))
        drop_unfinished(as_of)
        versions = activity_versions()
        known = facts.read_known(min((v.effective_from for v in versions), default=None), as_of)
        plan = plan_run(as_of, known, first=first)
        run = open_run(as_of, plan.first_day, clock())
        task = claim(run, plan, small=first is None and not full)
        plan = task.plan
        if task.accounts is not None:
            say(f"about {len(task.accounts):,} accounts that changed")
        isolation = Isolation.of(Ledger(run, clock, say), task.accounts)
        counts = _steps(isolation, plan)
        say("checking")
        _check(isolation, plan)
        # The plan stays until publication: a run killed here and resumed must see which marks are newer than its chunks.
        run.counts = {**run.counts, **counts}
        why = gate.judge(run, Run.objects.latest_published()) if first is None else None
        Run.objects.filter(pk=run.pk).update(state=RunState.HELD if why else RunState.VERIFIED, held=why, counts=run.counts)
        run.refresh_from_db()
        if why:
            raise gate.HeldError(run)
        say("publishing")
        _publish(isolation, task, counts)
        run.refresh_from_db()
        return Result(run, plan, None if task.accounts is None else len(task.accounts))


def _check(isolation: Isolation, plan: Plan) -> None:
    """Verify the run, with the last good rows in the place of those of accounts that failed."""
    run = isolation.ledger.run
    if isolation.out:
        faults.keep_last_good(run, slices_of(plan), isolation.out)
    verify.check(run, plan, isolation.scope)


def _publish(isolation: Isolation, task: Task, counts: dict[str, int]) -> None:
    """Publish; where the current rows of single accounts cannot be made, they are found and left out as well."""
    run, now = isolation.ledger.run, isolation.ledger.clock()
    try:
        publish(run, task.plan, counts, now, task.accounts)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the account it is about has to be found
        isolation.rehearse("current rows", lambda scope: try_current_rows(run, scope), problem)
        _check(isolation, task.plan)
        publish(run, task.plan, counts, now, task.accounts)


def _steps(isolation: Isolation, plan: Plan) -> dict[str, int]:
    run_id, as_of = isolation.ledger.run.pk, plan.as_of
    counts = dict.fromkeys(("seat_days", "account_days", "periods", "scores"), 0)
    _analyze = _not_analyzed if isolation.among is not None else _analyzed
    _analyze(*INPUTS)
    redone = DirtyDay.objects.filter(claimed_by=run_id, events=True).order_by("day").values_list("day", flat=True).distinct()
    for label, days in by_month(redone):
        _analyze(f"event_{label.replace('-', '_')}")
        counts["seat_days"] += isolation.chunk("seat days", label, partial(_seat_days, run_id, days))
    _analyze("seat_day")
    for label, days in by_month(plan.activity):
        counts["account_days"] += isolation.chunk("account days", label, partial(build_account_days, run_id, days))
    _analyze("health_accountday")
    for grain in (Grain.WEEK, Grain.MONTH):
        for label, starts in by_month(starts_touched(grain, plan.activity, as_of)):
            counts["periods"] += isolation.chunk(f"{grain}s", label, partial(build_periods, run_id, grain, starts, as_of))
    isolation.chunk("proofs", as_of.isoformat(), partial(build_proofs, run_id, as_of))
    for label, days in by_month(plan.health):
        counts["scores"] += isolation.chunk("health", label, partial(build_scores, run_id, days, as_of))
    isolation.chunk("proofs by score", as_of.isoformat(), partial(build_proofs, run_id, as_of, after_scores=True))
    _analyze("health_accountperiod", "health_healthscore")
    return counts


def _seat_days(run_id: int, days: Sequence[date], scope: Scope) -> int:
    return roll_up(run_id, days[0], days[-1], scope)


def _not_analyzed(*_tables: str) -> None:
    """A small run writes too little for other plans."""


def _analyzed(*tables: str) -> None:
    """Fresh statistics after a bulk write: a night right after a load would plan by what was there before it, hundreds of times slower.

    A month without events has no partition, and is passed over.
    """
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
            if cursor.fetchone() == (True,):
                cursor.execute(f"ANALYZE {table}")
