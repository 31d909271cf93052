"""The files of the book and their columns, in writing order. Names are those of the loader."""

from __future__ import annotations

from typing import Final

FILES: Final[dict[str, tuple[str, ...]]] = {
    "users": ("email", "name", "role", "team", "manager_team"),
    "accounts": (
        "external_id", "name", "parent_external_id", "industry", "region", "country", "employees", "annual_revenue", "plan",
        "tier", "csm_email", "co_owner_email", "team", "timezone", "work_week", "onboarded_on", "went_live_on",
        "lifecycle_stage", "fit", "need", "domain", "currency", "tags",
    ),
    "contracts": (
        "external_id", "account_external_id", "starts_on", "ends_on", "product", "plan", "features", "seats", "currency", "mrr",
        "amount", "auto_renew", "notice_days", "payment_method_expires_on", "recorded_at",
    ),
    "seats": (
        "external_id", "account_external_id", "email", "name", "persona", "kind", "is_executive", "unit", "activated_on",
        "deactivated_on",
    ),
    "contacts": (
        "external_id", "account_external_id", "name", "email", "phone", "role", "seat_external_id", "preferred_channel",
        "language", "left_on",
    ),
    "events": (
        "message_id", "account_external_id", "action", "occurred_at", "seat_external_id", "product", "quantity", "value",
        "properties",
    ),
    "usage_daily": ("account_external_id", "day", "action", "quantity", "distinct_seats", "product"),
    "tickets": (
        "external_id", "account_external_id", "opened_at", "closed_at", "first_response_at", "priority", "satisfaction",
        "scale", "escalated", "kind", "subject",
    ),
    "invoices": (
        "external_id", "account_external_id", "issued_on", "due_on", "paid_on", "amount", "currency", "status",
        "failed_attempts",
    ),
    "surveys": ("external_id", "account_external_id", "kind", "score", "scale", "responded_at", "seat_external_id", "comment"),
    "ratings": ("account_external_id", "question", "score", "rated_on", "rated_by_email", "reason"),
    "reviews": (
        "external_id", "account_external_id", "kind", "planned_on", "held_on", "executive_attended", "landed", "fell_flat",
        "feedback", "next_on",
    ),
    "interactions": ("external_id", "account_external_id", "kind", "happened_at", "by_email", "contact_external_id", "note"),
    "outcomes": (
        "external_id", "account_external_id", "statement", "stage", "action", "metric", "target", "due_on", "status",
        "achieved_on", "recorded_at",
    ),
    "milestones": ("account_external_id", "name", "due_on", "done_on"),
    "scenario_agreements": ("account_external_id", "scenario", "starts_on", "days_per_month", "seat_share", "reason"),
    "quiet_periods": ("account_external_id", "from", "to", "reason"),
    "churns": (
        "external_id", "account_external_id", "churned_on", "type", "cause", "cause_source", "note", "regrettable",
        "recorded_at",
    ),
    "targets": ("email", "team", "month", "metric", "value"),
    "exchange_rates": ("currency", "day", "rate"),
    "annotations": ("day", "text", "kind"),
}  # fmt: skip
PACKED: Final = frozenset({"events", "usage_daily"})  # written as .csv.gz
