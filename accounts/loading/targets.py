"""The files of this room: interfaces section 2, column by column."""

from __future__ import annotations

from accounts.loading import apply_accounts, apply_events, apply_terms, apply_usage
from accounts.loading.columns import ACCOUNT, BLANK, EXTERNAL_ID, PRODUCT, RECORDED_AT, local_midnight, order, text, word
from accounts.loading.computed import Computed, History, register_computed, register_history
from accounts.loading.registry import Column, Kind, RowRule, Target, register
from accounts.loading.targets_team import ANNOTATIONS, EXCHANGE_RATES, TARGETS, USERS
from accounts.loading.targets_touch import INTERACTIONS, INVOICES, SURVEYS, TICKETS
from accounts.types import Fit, SeatKind, WorkWeek

ACCOUNTS = Target(
    "accounts",
    "accounts_account",
    (
        EXTERNAL_ID,
        Column("name", required=True),
        Column("parent_external_id", Kind.KEY),
        text("industry"),
        text("region"),
        Column("country", Kind.COUNTRY, default=BLANK, flag=True),
        Column("employees", Kind.WHOLE, minimum=0),
        Column("annual_revenue", Kind.MONEY),
        text("plan"),
        text("tier"),
        Column("csm_email", Kind.USER, to="owner_id", flag=True),
        Column("co_owner_email", Kind.USER, to="co_owner_id", flag=True),
        Column("team", Kind.TEAM, to="team_id", flag=True),
        Column("timezone", Kind.ZONE, default=BLANK, flag=True),
        word("work_week", *[week.value for week in WorkWeek], default="'5'"),
        Column("onboarded_on", Kind.DATE),
        Column("went_live_on", Kind.DATE),
        text("lifecycle_stage"),
        word("fit", *[fit.value for fit in Fit], default="'unknown'"),
        word("need", "ongoing", "one_off"),
        text("domain"),
        Column("currency", Kind.CURRENCY, default=BLANK),
        Column("tags", Kind.TAGS, default="'{}'::text[]"),
        RECORDED_AT,
    ),
    key=("external_id",),
    rank=20,
    occurred="(onboarded_on::timestamp AT TIME ZONE coalesce(nullif(timezone, ''), zone))",
    starts_with={"next_step": "''"},
    apply=apply_accounts.apply,
)

CONTRACTS = Target(
    "contracts",
    "accounts_contract",
    (
        EXTERNAL_ID,
        ACCOUNT,
        Column("starts_on", Kind.DATE, required=True),
        Column("ends_on", Kind.DATE),
        PRODUCT,
        text("plan"),
        Column("features", Kind.TAGS, default="'{}'::text[]"),
        Column("seats", Kind.WHOLE, minimum=0),
        Column("currency", Kind.CURRENCY, default="account_currency"),
        Column("mrr", Kind.MONEY, minimum=0),
        Column("amount", Kind.MONEY, minimum=0),
        Column("auto_renew", Kind.BOOL, default="false"),
        Column("notice_days", Kind.WHOLE, minimum=0, default="0"),
        Column("payment_method_expires_on", Kind.DATE),
        RECORDED_AT,
    ),
    key=("external_id",),
    rank=30,
    rules=(
        order(
            "ends_not_after_start",
            "starts_on",
            "ends_on",
            "a term ends after the day it starts (ends_on is the first day no longer covered)",
            strict=True,
        ),
        RowRule(
            "mrr_and_amount",
            "amount",
            '"d:mrr" IS NOT NULL AND amount IS NOT NULL',
            "give mrr (per month) or amount (whole term), not both",
        ),
        RowRule(
            "missing_value",
            "mrr",
            '"d:mrr" IS NULL AND amount IS NULL',
            "a contract needs mrr (per month) or amount (whole term); 0 is a value",
        ),
        RowRule(
            "amount_needs_end",
            "amount",
            "amount IS NOT NULL AND ends_on IS NULL",
            "an amount is for a whole term: give ends_on, or mrr instead",
        ),
    ),
    derived={
        "mrr": "CASE WHEN amount IS NOT NULL AND ends_on > starts_on THEN round_half_even(amount / contract_months(starts_on,"
        ' ends_on), 2) ELSE "d:mrr" END'
    },
    together=(("mrr", "amount"),),
    has_source=True,
    occurred=local_midnight("starts_on"),
    apply=apply_terms.apply_contracts,
)

SEATS = Target(
    "seats",
    "accounts_seat",
    (
        EXTERNAL_ID,
        ACCOUNT,
        text("email"),
        text("name"),
        word("persona", "basic", "advanced", "admin"),
        word("kind", *[kind.value for kind in SeatKind], default="'human'"),
        Column("is_executive", Kind.BOOL, default="false"),
        Column("unit", Kind.KEY),
        Column("activated_on", Kind.DATE),
        Column("deactivated_on", Kind.DATE),
        RECORDED_AT,
    ),
    key=("account_id", "external_id"),
    rank=40,
    rules=(order("ends_before_start", "activated_on", "deactivated_on", "a seat is deactivated on or after the day it was activated"),),
    occurred=local_midnight("activated_on"),
    apply=apply_terms.apply_seats,
)

CONTACTS = Target(
    "contacts",
    "accounts_contact",
    (
        EXTERNAL_ID,
        ACCOUNT,
        Column("name", required=True),
        text("email"),
        text("phone"),
        word("role", "sponsor", "champion", "billing", "user", "other", default="'other'"),
        Column("seat_external_id", Kind.SEAT, to="seat_id", flag=True),
        word("preferred_channel", "email", "sms", "call", "chat"),
        text("language"),
        Column("left_on", Kind.DATE),
        RECORDED_AT,
    ),
    key=("external_id",),
    rank=60,
    has_source=True,
)

EVENTS = Target(
    "events",
    "event",
    (
        Column("message_id", Kind.KEY, required=True),
        ACCOUNT,
        Column("action", Kind.KEY, required=True),
        Column("occurred_at", Kind.INSTANT, required=True),
        Column("seat_external_id", Kind.KEY),
        PRODUCT,
        Column("quantity", Kind.NUMBER, default="1", places=6, minimum=0, below_minimum="negative_quantity"),
        Column("value", Kind.NUMBER, places=4),
        Column("properties", Kind.JSON),
        RECORDED_AT,
    ),
    key=("message_id",),
    rank=46,
    derived={"day": "(occurred_at AT TIME ZONE zone)::date", "digest": apply_events.DIGEST},
    resolves=apply_events.RESOLVES,
    beside=apply_events.BESIDE,
    occurred="occurred_at",
    apply=apply_events.apply,
)

USAGE_DAILY = Target(
    "usage_daily",
    "accounts_usagedaily",
    (
        ACCOUNT,
        Column("day", Kind.DATE, required=True),
        Column("action", Kind.KEY, required=True),
        Column("quantity", Kind.NUMBER, required=True, places=6, minimum=0, below_minimum="negative_quantity"),
        Column("seat_external_id", Kind.KEY),
        Column("distinct_seats", Kind.WHOLE, minimum=0),
        PRODUCT,
        RECORDED_AT,
    ),
    key=("account_id", "seat_external_id", "day", "action", "product"),
    rank=45,
    rules=(
        RowRule(
            "seats_and_seat",
            "distinct_seats",
            "distinct_seats IS NOT NULL AND seat_external_id IS NOT NULL",
            "a row of one seat has no distinct_seats",
        ),
        RowRule(
            "conditioned_action",
            "action",
            "action IN (SELECT name FROM load_conditioned)",
            "the activity definition sets a condition on this action, which a daily count cannot show: send its events",
        ),
    ),
    resolves=apply_events.RESOLVES,
    occurred=local_midnight("day"),
    apply=apply_usage.apply,
)

QUIET_PERIODS = Target(
    "quiet_periods",
    "accounts_quietperiod",
    (
        ACCOUNT,
        Column("from", Kind.DATE, required=True, to="starts_on"),
        Column("to", Kind.DATE, required=True, to="ends_on"),
        Column("reason", required=True),
        RECORDED_AT,
    ),
    key=("account_id", "starts_on", "ends_on"),
    rank=32,
    rules=(RowRule("ends_not_after_start", "to", "ends_on <= starts_on", "`to` is the first day open again: it lies after `from`"),),
    occurred=local_midnight("starts_on"),
    apply=apply_terms.apply_quiet_periods,
)


def register_targets() -> None:
    """Called once when Django is ready."""
    register(ACCOUNTS, CONTRACTS, SEATS, CONTACTS, EVENTS, USAGE_DAILY, TICKETS, INVOICES, SURVEYS, INTERACTIONS)
    register(QUIET_PERIODS, USERS, TARGETS, EXCHANGE_RATES, ANNOTATIONS)
    register_computed(Computed("accounts_dirtyday"))
    register_history(History("accounts_fitrecord", "account_id", "accounts_account"))
