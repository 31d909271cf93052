"""The switch: one short transaction moves the pointers, the current rows and the marks; readers see the run before or the run after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection, transaction

from accounts import dirty
from accounts.models import DirtyDay
from churn.renewals import merge_cases, open_packs, stage_cases
from csm_portal.nightly import faults, touched
from csm_portal.nightly.patch import patch
from csm_portal.nightly.plan import Plan
from health.account_periods import starts_touched
from health.models import Run
from health.scope import Scope
from health.states import merge_states, stage_states, tidy_states
from health.types import Grain, RunState

_POINT = """
INSERT INTO health_publishedslice (grain, starts_on, run_id)
SELECT %(grain)s, day, %(run)s FROM unnest(%(days)s::date[]) AS day ORDER BY day
ON CONFLICT (grain, starts_on) DO UPDATE SET run_id = excluded.run_id WHERE health_publishedslice.run_id <> excluded.run_id
"""

_SUPERSEDED = (
    "SELECT starts_on, run_id FROM health_publishedslice WHERE grain = %(grain)s AND starts_on = ANY(%(days)s) AND run_id <> %(run)s"
)

# Days shown before whose level or count this run changes; called before the pointers move.
_LEVEL_CHANGES = """
INSERT INTO health_levelchange (run_id, account_id, day, level_before, level_after, key_actions_before, key_actions_after)
SELECT %(run)s, account_id, day, old.level, new.level, old.key_actions, new.key_actions
FROM (
    SELECT a.account_id, a.day, a.level, a.key_actions FROM health_accountday a
    JOIN health_publishedslice s ON s.grain = 'day' AND s.starts_on = a.day AND s.run_id = a.run_id
    WHERE a.day = ANY(%(days)s) /* among a.account_id */
) old
FULL JOIN (
    SELECT account_id, day, level, key_actions FROM health_accountday WHERE run_id = %(run)s AND day = ANY(%(days)s)
) new USING (account_id, day)
WHERE (old.level, old.key_actions) IS DISTINCT FROM (new.level, new.key_actions)
ON CONFLICT (run_id, account_id, day) DO NOTHING
"""

# Where the rows of a slice live, and the column that the slice's first day is compared with.
_TABLES = {
    Grain.DAY: (("health_accountday", "day", ""),),
    Grain.HEALTH: (("health_healthscore", "day", ""),),
    Grain.WEEK: (("health_accountperiod", "starts_on", "AND t.grain = 'week'"),),
    Grain.MONTH: (("health_accountperiod", "starts_on", "AND t.grain = 'month'"), ("health_scenarioperiod", "starts_on", "")),
}


def publish(run: Run, plan: Plan, counts: dict[str, int], now: datetime, accounts: frozenset[int] | None = None) -> None:
    """Move every pointer of the plan to this run, with the current state of the accounts when it is the latest day known.

    A run that is about some `accounts` moves no pointer: its rows take the place of theirs in what readers see (patch.py).

    Accounts that failed in the run keep their current rows, marked with the day these are of, and their dirty days.
    """
    slices = slices_of(plan)
    failed = faults.faulty(run)
    scope = Scope(without=failed, among=accounts)
    newest = Run.objects.latest_published()
    current = newest is None or newest.as_of <= run.as_of
    superseded = {grain: _superseded(grain, days, run) for grain, days in slices.items()}
    with transaction.atomic():
        if current:
            # Staged in temporary tables of this transaction, so a killed run leaves nothing of them.
            stage_states(run.pk, run.as_of, scope)
            stage_cases(run.as_of, scope)
        late = _log_level_changes(run, slices[Grain.DAY], scope)
        if accounts is None:
            for grain, days in slices.items():
                _execute(_POINT, grain=grain, days=days, run=run.pk)
        else:
            patch(run, slices, accounts)
        if current:
            merge_states()
            merge_cases(scope)
            faults.mark_stale(failed)
            faults.resolve(failed, now)
            open_packs(run.as_of)
            dirty.set_built_through(run.as_of)
        faults.leave_marked(run, plan, failed, now)
        touched.tidy()
        redone = DirtyDay.objects.filter(claimed_by=run.pk)
        late_days = redone.filter(day__in=[day for day, _run in superseded[Grain.DAY]]).count()
        redone.delete()
        finished = {**counts, "levels_changed": late, "days": len(plan.activity), "health_days": len(plan.health)}
        Run.objects.filter(pk=run.pk).update(
            state=RunState.PUBLISHED, finished_at=now, counts=finished, late_days=late_days, faults=len(failed)
        )
    if accounts is not None:
        return
    if current:
        tidy_states()
    for grain, old in superseded.items():
        _drop(grain, old)


def try_current_rows(run: Run, scope: Scope) -> int:
    """The part of a publication that computes, for the accounts in scope; a rehearsal takes it back."""
    stage_states(run.pk, run.as_of, scope)
    stage_cases(run.as_of, scope)
    merge_states()
    return merge_cases(scope)


def slices_of(plan: Plan) -> dict[Grain, list[date]]:
    """First days of what a run with this plan builds, by grain."""
    return {
        Grain.DAY: list(plan.activity),
        Grain.WEEK: list(starts_touched(Grain.WEEK, plan.activity, plan.as_of)),
        Grain.MONTH: list(starts_touched(Grain.MONTH, plan.activity, plan.as_of)),
        Grain.HEALTH: list(plan.health),
    }


def _superseded(grain: Grain, days: Sequence[date], run: Run) -> list[tuple[date, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_SUPERSEDED, {"grain": grain, "days": list(days), "run": run.pk})
        return list(cursor.fetchall())


def _log_level_changes(run: Run, days: list[date], scope: Scope) -> int:
    """Only days that were shown before can change; a day built for the first time is no correction."""
    shown = [day for day, _run in _superseded(Grain.DAY, days, run)]
    return _execute(Scope(among=scope.among).apply(_LEVEL_CHANGES), run=run.pk, days=shown) if shown else 0


def _drop(grain: Grain, old: list[tuple[date, int]]) -> None:
    """Remove what no pointer names any more. Killed before this, the rows lie unseen until the same day is built again."""
    if not old:
        return
    for table, column, more in _TABLES[grain]:
        # Both names come from the table above.
        slices = "unnest(%(days)s::date[], %(runs)s::bigint[]) AS o(day, run)"
        query = f"DELETE FROM {table} t USING {slices} WHERE t.{column} = o.day AND t.run_id = o.run {more}"  # noqa: S608
        _execute(query, days=[day for day, _run in old], runs=[run for _day, run in old])


def _execute(query: str, **values: int | str | list[date] | list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return int(cursor.rowcount)
