"""The files that feed this room: ratings, reviews, outcomes, milestones, agreements on scenarios."""

from __future__ import annotations

from accounts.loading.columns import ACCOUNT, EXTERNAL_ID, RECORDED_AT, local_midnight, text, word
from accounts.loading.computed import Computed, History, register_computed, register_history
from accounts.loading.job import Job
from accounts.loading.kept_entries import apply_with_kept, leave_out_removed
from accounts.loading.registry import Column, Kind, RowRule, Target, register, register_usage_guard
from health.value.agreements import UNKNOWN_SCENARIO, apply_scenario_agreements

RATINGS = Target(
    "ratings",
    "health_rating",
    (
        ACCOUNT,
        Column("question", Kind.KEY, required=True),
        Column("score", Kind.WHOLE, required=True, minimum=1, maximum=5),
        Column("rated_on", Kind.DATE, required=True),
        Column("rated_by_email", Kind.USER, required=True, to="rated_by_id"),
        text("reason"),
        RECORDED_AT,
    ),
    key=("account_id", "question", "rated_on", "rated_by_id"),
    rank=60,
    occurred=local_midnight("rated_on"),
)


def _apply_reviews(job: Job) -> None:
    """Reviews that were cancelled here stay away while the file repeats the plan."""
    leave_out_removed(job, "review:", same="planned_on", still="t.held_on IS NULL")
    apply_with_kept(job)


REVIEWS = Target(
    "reviews",
    "health_review",
    (
        EXTERNAL_ID,
        ACCOUNT,
        word("kind", "qbr", "ebr", "onboarding", "other", required=True, default="NULL"),
        Column("planned_on", Kind.DATE),
        Column("held_on", Kind.DATE),
        Column("executive_attended", Kind.BOOL, default="false"),
        text("landed"),
        text("fell_flat"),
        text("feedback"),
        Column("next_on", Kind.DATE),
        RECORDED_AT,
    ),
    key=("external_id",),
    rank=60,
    rules=(
        RowRule(
            "missing_value", "planned_on", "planned_on IS NULL AND held_on IS NULL", "a review has a day it is planned for or was held on"
        ),
    ),
    has_source=True,
    occurred=local_midnight("coalesce(held_on, planned_on)"),
    apply=_apply_reviews,
)

OUTCOMES = Target(
    "outcomes",
    "health_outcome",
    (
        EXTERNAL_ID,
        ACCOUNT,
        Column("statement", required=True),
        text("stage"),
        text("action"),
        text("metric"),
        text("target"),
        Column("due_on", Kind.DATE),
        word("status", "on_track", "behind", "achieved", "missed", default="'on_track'"),
        Column("achieved_on", Kind.DATE),
        RECORDED_AT,
    ),
    key=("external_id",),
    rank=60,
    rules=(
        RowRule(
            "action_and_metric", "metric", "action <> '' AND metric <> ''", "an outcome is proved by an action or by a metric, not both"
        ),
        RowRule(
            "no_proof",
            "action",
            "(action = '' AND metric = '') OR target = ''",
            "nothing proves this outcome; right would be an action or a metric, with a target. It is loaded, and counts as its status says",
            flag=True,
        ),
    ),
    has_source=True,
    apply=apply_with_kept,
)

MILESTONES = Target(
    "milestones",
    "health_milestone",
    (ACCOUNT, Column("name", Kind.KEY, required=True), Column("due_on", Kind.DATE), Column("done_on", Kind.DATE), RECORDED_AT),
    key=("account_id", "name"),
    rank=60,
    occurred=local_midnight("coalesce(done_on, due_on)"),
)

SCENARIO_AGREEMENTS = Target(
    "scenario_agreements",
    "health_scenarioagreement",
    (
        ACCOUNT,
        Column("scenario", Kind.KEY, required=True),
        Column("starts_on", Kind.DATE, required=True),
        Column("days_per_month", Kind.WHOLE, minimum=0, maximum=31),
        Column("seat_share", Kind.NUMBER, digits=9, places=6, minimum=0, maximum=1),
        text("reason"),
        RECORDED_AT,
    ),
    key=("account_id", "scenario", "starts_on"),
    rank=60,
    rules=(
        RowRule(
            "missing_value",
            "days_per_month",
            "days_per_month IS NULL AND seat_share IS NULL",
            "an agreement names days_per_month, seat_share or both; 0 is a value: nothing is expected",
        ),
        RowRule(
            "unknown_scenario",
            "scenario",
            UNKNOWN_SCENARIO,
            "no activity definition has a scenario of this name; the row is loaded and counts once one does",
            flag=True,
        ),
    ),
    occurred=local_midnight("starts_on"),
    apply=apply_scenario_agreements,
)


# What nights compute and what follows from it: it goes with an account, an outcome or an agreement that an undone import had brought.
COMPUTED = (
    *(
        Computed(f"health_{table}")
        for table in (
            "accountday",
            "accountperiod",
            "accountstate",
            "accountfault",
            "healthscore",
            "levelchange",
            "previewaccount",
            "restatedmonth",
            "restatedscore",
            "scenarioperiod",
        )
    ),
    Computed("health_scenarioperiod", "agreement_id", "health_scenarioagreement"),
    Computed("health_outcomeproof", "outcome_id", "health_outcome"),
    Computed("seat_day"),
)


def conditioned_actions() -> set[str]:
    """Actions with a condition in the newest activity definition, its profiles included; none while there is no definition."""
    from health.models import ActivityDefinition

    newest = ActivityDefinition.objects.order_by("-version").first()
    if newest is None:
        return set()
    tables = [newest.body, *newest.body.get("profiles", [])]
    return {action for table in tables for action in table.get("conditions") or {}}


def register_targets() -> None:
    """Called once when Django is ready."""
    register(RATINGS, REVIEWS, OUTCOMES, MILESTONES, SCENARIO_AGREEMENTS)
    register_computed(*COMPUTED)
    register_history(History("health_outcomeversion", "outcome_id", "health_outcome"))
    register_usage_guard(conditioned_actions)
