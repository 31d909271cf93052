"""What stands behind the facets of goals: desired outcomes as they stood, and the milestones of the onboarding."""

from __future__ import annotations

from health.explaining.reading import Reading
from health.value.outcomes_sql import STATUS_ON, spans

# Outcomes whose version holds on the day, the furthest behind first.
OUTCOMES = Reading(
    f"""
    SELECT o.external_id, m.store, v.statement, v.stage, v.action, v.metric, v.target, s.due_on, s.achieved_on, s.since,
           {STATUS_ON.format(day="%(day)s::date")} AS status, o.id, true AS counts, m.seen
    FROM ({spans("member")}) s
    JOIN health_outcome o ON o.id = s.outcome_id
    JOIN member m ON m.id = o.account_id
    JOIN LATERAL (
        SELECT v.statement, v.stage, v.action, v.metric, v.target FROM health_outcomeversion v
        WHERE v.outcome_id = o.id AND coalesce(v.since, (v.recorded_at AT TIME ZONE m.zone)::date) <= greatest(%(day)s::date, s.since)
        ORDER BY v.id DESC LIMIT 1
    ) v ON true
    WHERE s.since <= %(day)s::date AND (s.stop IS NULL OR s.stop > %(day)s::date)
    """,  # noqa: S608 - built from our own text
    "array_position(ARRAY['missed', 'behind', 'on_track', 'achieved'], status), due_on NULLS LAST, id",
    (
        "external_id",
        "store",
        "statement",
        "stage",
        "action",
        "metric",
        "target",
        "due_on",
        "achieved_on",
        "since",
        "status",
        "counts",
    ),
)
# A milestone counts as due from its due day, or from the day it was done where that is earlier; later ones do not count yet.
MILESTONES = Reading(
    """
    SELECT s.name, m.store, s.due_on, CASE WHEN s.done_on <= %(day)s::date THEN s.done_on END AS done_on,
           coalesce(s.done_on <= %(day)s::date, false) AS done,
           coalesce(least(s.due_on, s.done_on) <= %(day)s::date, false) AS counts, s.id, m.seen
    FROM member m JOIN health_milestone s ON s.account_id = m.id
    """,
    "counts DESC, done, due_on NULLS LAST, id",
    ("name", "store", "due_on", "done_on", "done", "counts"),
)
