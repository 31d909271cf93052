"""The files of this room: interfaces section 2, column by column."""

from __future__ import annotations

from accounts.loading import apply_accounts, apply_events, apply_people, apply_terms, apply_usage
from accounts.loading.registry import Column, Kind, RowRule, Target, register
from accounts.policy import DEFAULT_PRODUCT
from accounts.types import Fit, SeatKind, WorkWeek

ACCOUNT = Column("account_external_id", Kind.ACCOUNT, required=True, to="account_id")
EXTERNAL_ID = Column("external_id", Kind.KEY, required=True)
RECORDED_AT = Column("recorded_at", Kind.INSTANT)
PRODUCT = Column("product", Kind.KEY, default=f"'{DEFAULT_PRODUCT}'")
BLANK = "''"


def local_midnight(field: str) -> str:
    """SQL: the account's midnight that begins the day in `field`."""
    return f"({field}::timestamp AT TIME ZONE zone)"


def word(name: str, *choices: str, required: bool = False, default: str = BLANK) -> Column:
    """One word out of a list, in any case."""
    return Column(name, Kind.WORD, required=required, choices=choices, default=default)


def text(name: str) -> Column:
    """Free text; absent is empty."""
    return Column(name, default=BLANK)


def order(code: str, early: str, late: str, reason: str, *, strict: bool = False) -> RowRule:
    """`late` must not lie before `early` (`strict`: nor on it)."""
    return RowRule(code, late, f"{late} {'<=' if strict else '<'} {early}", reason)


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

TICKETS = Target(
    "tickets",
    "accounts_ticket",
    (
        EXTERNAL_ID,
        ACCOUNT,
        Column("opened_at", Kind.INSTANT, required=True),
        Column("closed_at", Kind.INSTANT),
        Column("first_response_at", Kind.INSTANT),
        text("priority"),
        Column("satisfaction", Kind.NUMBER, digits=6, minimum=0),
        Column("scale", Kind.NUMBER, digits=6, default="5"),
        Column("escalated", Kind.BOOL, default="false"),
        word("kind", "how_to", "bug", "request", "other"),
        text("subject"),
        RECORDED_AT,
    ),
    key=("external_id",),
    rank=60,
    rules=(
        order("closed_before_opened", "opened_at", "closed_at", "a ticket is closed at or after the instant it was opened"),
        RowRule("out_of_range", "scale", "scale <= 0", "a scale is above 0"),
        RowRule("out_of_range", "satisfaction", "satisfaction > scale", "satisfaction lies between 0 and the scale (default 5)"),
        RowRule(
            "response_after_close",
            "first_response_at",
            "first_response_at > closed_at",
            "the first response is not later than the close",
            flag=True,
        ),
        RowRule(
            "response_before_open",
            "first_response_at",
            "first_response_at < opened_at",
            "the first response is not earlier than the opening",
            flag=True,
        ),
    ),
    has_source=True,
    occurred="opened_at",
)

INVOICES = Target(
    "invoices",
    "accounts_invoice",
    (
        EXTERNAL_ID,
        ACCOUNT,
        Column("issued_on", Kind.DATE, required=True),
        Column("due_on", Kind.DATE),
        Column("paid_on", Kind.DATE),
        Column("amount", Kind.MONEY, required=True),
        Column("currency", Kind.CURRENCY, default="account_currency"),
        word("status", "open", "paid", "failed", "void", "disputed", default="NULL"),
        Column("failed_attempts", Kind.WHOLE, minimum=0, default="0"),
        RECORDED_AT,
    ),
    key=("external_id",),
    rank=60,
    derived={"status": "coalesce(\"d:status\", CASE WHEN paid_on IS NULL THEN 'open' ELSE 'paid' END)"},
    rules=(order("due_before_issue", "issued_on", "due_on", "an invoice is due on or after the day it is issued"),),
    has_source=True,
    occurred=local_midnight("issued_on"),
)

SURVEYS = Target(
    "surveys",
    "accounts_surveyresponse",
    (
        EXTERNAL_ID,
        ACCOUNT,
        word("kind", "nps", "csat", required=True, default="NULL"),
        Column("score", Kind.NUMBER, required=True, digits=6, minimum=0),
        Column("scale", Kind.NUMBER, digits=6, default="CASE WHEN \"v:kind\" = 'nps' THEN 10 ELSE 5 END"),
        Column("responded_at", Kind.INSTANT, required=True),
        Column("seat_external_id", Kind.SEAT, to="seat_id", flag=True),
        text("comment"),
        RECORDED_AT,
    ),
    key=("external_id",),
    rank=60,
    rules=(
        RowRule("out_of_range", "scale", "scale <= 0", "a scale is above 0"),
        RowRule("out_of_range", "score", "score > scale", "a score lies between 0 and the scale (default 10 for nps, 5 for csat)"),
    ),
    has_source=True,
    occurred="responded_at",
)

INTERACTIONS = Target(
    "interactions",
    "accounts_interaction",
    (
        EXTERNAL_ID,
        ACCOUNT,
        word("kind", "call", "meeting", "email", "visit", "training", "interview", required=True, default="NULL"),
        Column("happened_at", Kind.INSTANT, required=True),
        Column("by_email", Kind.USER, to="by_id", flag=True),
        Column("contact_external_id", Kind.CONTACT, to="contact_id", flag=True),
        text("note"),
        RECORDED_AT,
    ),
    key=("external_id",),
    rank=70,
    has_source=True,
    occurred="happened_at",
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


def register_targets() -> None:
    """Called once when Django is ready."""
    register(ACCOUNTS, CONTRACTS, SEATS, CONTACTS, EVENTS, USAGE_DAILY, TICKETS, INVOICES, SURVEYS, INTERACTIONS)
    register(QUIET_PERIODS, USERS, TARGETS, EXCHANGE_RATES, ANNOTATIONS)
