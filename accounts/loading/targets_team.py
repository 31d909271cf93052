"""The files of the team itself: users, targets, exchange rates, annotations."""

from __future__ import annotations

from accounts.loading import apply_people
from accounts.loading.columns import text, word
from accounts.loading.registry import Column, Kind, RowRule, Target

USERS = Target(
    "users",
    "accounts_user",
    (
        Column("email", Kind.EMAIL, required=True),
        text("name"),
        word("role", "csm", "manager", "admin", required=True, default="NULL"),
        Column("team", Kind.TEAM, to="team_id", flag=True),
        Column("manager_team", Kind.TEAM, to="manages_id", flag=True),
    ),
    key=("email",),
    rank=10,
    has_record=False,
    apply=apply_people.apply_users,
)

METRICS = ("renewal_rate_count", "renewal_rate_amount", "monthly_active_rate", "nps")
TARGETS = Target(
    "targets",
    "accounts_target",
    (
        Column("email", Kind.USER, to="user_id"),
        Column("team", Kind.TEAM, to="team_id"),
        Column("month", Kind.MONTH, required=True),
        word("metric", *METRICS, required=True, default="NULL"),
        Column("value", Kind.NUMBER, required=True, digits=12, places=6),
    ),
    key=("user_id", "team_id", "month", "metric"),
    rank=25,
    rules=(
        RowRule("missing_value", "email", "user_id IS NULL AND team_id IS NULL", "a target is for a person (email) or a team"),
        RowRule("person_and_team", "team", "user_id IS NOT NULL AND team_id IS NOT NULL", "a target is for a person or a team, not both"),
        RowRule(
            "out_of_range",
            "value",
            "CASE metric WHEN 'nps' THEN abs(value) > 100 ELSE value < 0 OR value > 2 END",
            "a rate is a share (0.85 for 85%), an nps lies between -100 and 100",
        ),
    ),
    has_record=False,
)

EXCHANGE_RATES = Target(
    "exchange_rates",
    "accounts_exchangerate",
    (
        Column("currency", Kind.CURRENCY, required=True),
        Column("day", Kind.DATE, required=True),
        Column("rate", Kind.NUMBER, required=True, digits=20, places=10),
    ),
    key=("currency", "day"),
    rank=12,
    rules=(RowRule("out_of_range", "rate", "rate <= 0", "a rate is above 0: one unit of the currency in the reporting currency"),),
    has_record=False,
)

ANNOTATIONS = Target(
    "annotations",
    "accounts_annotation",
    (Column("day", Kind.DATE, required=True), Column("text", Kind.KEY, required=True), text("kind")),
    key=("day", "text"),
    rank=14,
    has_record=False,
)
