# ruff: noqa: S608 - statements are composed of names and of quoted literals
"""Loading what accounts agreed to use, and which months that makes stale."""

from __future__ import annotations

from accounts.dirty import built_through, mark_spans
from accounts.loading.job import Job
from accounts.loading.upsert import TOUCHED, upsert

# Names of all scenarios ever defined, those of profiles too.
KNOWN = (
    "SELECT array_agg(DISTINCT s.name #>> '{}')"
    " FROM health_activitydefinition d, jsonb_path_query(d.body, '$.**.scenarios[*].name') s (name)"
)
# Before the first definition nothing can be unknown: a book may be loaded before it is defined.
UNKNOWN_SCENARIO = f"EXISTS (SELECT FROM health_activitydefinition) AND scenario <> ALL (coalesce(({KNOWN}), '{{}}'))"


def apply_scenario_agreements(job: Job) -> None:
    """Write agreements; the months on whose last day a changed one is in force are redone.

    Only a month's last built day decides it, so that day alone is marked, not the whole month.
    """
    upsert(job)
    built = built_through()
    if built is None:
        return
    last = f"'{built.isoformat()}'::date"
    mark_spans(
        "SELECT g.account_id, d.day AS first_on, d.day AS last_on FROM ("
        "SELECT id, account_id, starts_on, lead(starts_on) OVER (PARTITION BY account_id, scenario ORDER BY starts_on) AS until"
        " FROM health_scenarioagreement WHERE (account_id, scenario) IN ("
        f"SELECT o.account_id, o.scenario FROM health_scenarioagreement o JOIN {TOUCHED} t ON t.id = o.id)"
        ") g CROSS JOIN LATERAL (SELECT DISTINCT least((m + interval '1 month - 1 day')::date, "
        f"{last}) AS day FROM generate_series(date_trunc('month', g.starts_on), {last}, interval '1 month') m) d"
        f" WHERE g.id IN (SELECT id FROM {TOUCHED}) AND d.day >= g.starts_on AND (g.until IS NULL OR d.day < g.until)"
    )
