"""The file that feeds this room: churns."""

from __future__ import annotations

from accounts.loading.columns import ACCOUNT, EXTERNAL_ID, RECORDED_AT, local_midnight, text, word
from accounts.loading.computed import Computed, register_computed
from accounts.loading.registry import Column, Kind, Target, register

CHURNS = Target(
    "churns",
    "churn_churnrecord",
    (
        EXTERNAL_ID,
        ACCOUNT,
        Column("churned_on", Kind.DATE, required=True),
        word("type", "voluntary", "satisfied", "involuntary", "unknown", default="'unknown'"),
        text("cause"),
        word("cause_source", "stated", "inferred", "refused"),
        text("note"),
        Column("regrettable", Kind.BOOL),
        RECORDED_AT,
    ),
    key=("external_id",),
    rank=60,
    has_source=True,
    occurred=local_midnight("churned_on"),
)


# What nights compute of an account; an item that somebody has taken a step on is work, and holds its account.
COMPUTED = (
    Computed("churn_actionitem", work="EXISTS (SELECT FROM churn_itemstep s WHERE s.item_id = c.id)"),
    *(Computed(f"churn_{table}") for table in ("atrisk", "dropalarm", "likelihood", "renewalcase", "rulematch")),
)


def register_targets() -> None:
    """Called once when Django is ready."""
    register(CHURNS)
    register_computed(*COMPUTED)
