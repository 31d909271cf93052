"""The files of what customers said and what was billed: tickets, invoices, surveys, interactions."""

from __future__ import annotations

from accounts.loading.columns import ACCOUNT, EXTERNAL_ID, RECORDED_AT, local_midnight, order, text, word
from accounts.loading.registry import Column, Kind, RowRule, Target

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
