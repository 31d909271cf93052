"""What a run takes on, written down before it computes: its days, the slices it builds, the changes it sees, and whom it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from accounts import dirty
from accounts.models import DirtyDay
from csm_portal.nightly import basis, touched
from csm_portal.nightly.ledger import drop_rows_built
from csm_portal.nightly.plan import Plan
from csm_portal.nightly.publish import slices_of
from health.built import KEY as BUILT
from health.models import Run
from health.scope import Scope

PLAN, SMALL = "plan", "small"
# What a run under way keeps among its counts, and a finished one has no use for.
KEPT = frozenset({PLAN, BUILT, SMALL})


@dataclass(frozen=True, slots=True)
class Task:
    """A plan, and the accounts it is about (None: all)."""

    plan: Plan
    accounts: frozenset[int] | None

    @property
    def scope(self) -> Scope:
        """Whose rows the run writes."""
        return Scope(among=self.accounts)


def claim(run: Run, plan: Plan, *, small: bool) -> Task:
    """Claim the dirty days and the changes for this run; `small`: it may confine itself to the accounts that changed.

    A resumed run keeps the plan it began with and adds what came since. Where anything came, all of its chunks are done again.
    """
    begun: Mapping[str, Any] = run.counts
    plan = _widened(plan, begun.get(PLAN))
    inputs = basis.inputs(plan.as_of)
    new_days = DirtyDay.objects.filter(claimed_by__isnull=True, day__in=plan.activity).update(claimed_by=run.pk)
    new_changes = touched.claim(run)
    # A request on its way may have left a mark alone that was claimed just now: its events must be there before they are counted.
    dirty.wait_for_markers()
    slices = slices_of(plan)
    newest = Run.objects.latest_published()
    accounts = touched.accounts_of(run, plan, slices, newest, inputs) if small else None
    counts = {
        PLAN: {key: _texts(days) for key, days in asdict(plan).items() if key != "as_of"},
        BUILT: {grain.value: _texts(days) for grain, days in slices.items()},
        SMALL: None if accounts is None else sorted(accounts),
    }
    if begun and (new_days or new_changes or begun != counts or run.basis.get("inputs") != inputs):
        # Days were marked since the run was killed: chunks already done may not hold them, so all are done again.
        run.steps.all().delete()
        drop_rows_built([run.pk])
    run.counts = counts
    before = None if accounts is None else newest
    run.basis = {
        "inputs": inputs,
        "full": before.basis["full"] if before else run.pk,
        "after": before.pk if before else None,
        "about": counts[SMALL],
        "first_day": plan.first_day.isoformat(),
    }
    run.save(update_fields=["counts", "basis"])
    return Task(plan, accounts)


def task_of(run: Run) -> Task:
    """What a run under way, or a held one, had taken on."""
    activity, health = ([date.fromisoformat(day) for day in run.counts[PLAN][name]] for name in ("activity", "health"))
    small = run.counts.get(SMALL)
    return Task(Plan(run.as_of, tuple(activity), tuple(health)), None if small is None else frozenset(small))


def figures(counts: Mapping[str, Any]) -> dict[str, int]:
    """The counts of a run without what it kept for itself."""
    return {name: number for name, number in counts.items() if name not in KEPT}


def _widened(plan: Plan, begun: Mapping[str, Any] | None) -> Plan:
    if begun is None:
        return plan
    activity = sorted({*plan.activity, *(date.fromisoformat(day) for day in begun["activity"])})
    health = sorted({*plan.health, *(date.fromisoformat(day) for day in begun["health"])})
    return Plan(plan.as_of, tuple(activity), tuple(health))


def _texts(days: Iterable[date]) -> list[str]:
    return [day.isoformat() for day in days]
