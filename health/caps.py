"""Caps of the band: `invoice_overdue_days >= 60` keeps an account at most amber, whatever its score."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from health.model_types import Condition

# What a cap may look at: figures of the facets' evidence, and every facet's own value by its key.
FACT_FIELDS: Mapping[str, str] = {
    "invoice_overdue_days": "days the worst invoice still unpaid is overdue; 0: none is",
    "invoice_failed_attempts": "failed attempts to collect an invoice still unpaid",
    "open_tickets": "tickets open at the close of the day, opened in the last 90 days",
    "old_tickets": "of these, open for more than 7 days",
    "escalated_tickets": "escalated tickets opened in the last 90 days",
    "active_days": "active open days of the last 28",
    "open_days": "open days with a known level of the last 28",
    "activation_rate": "activated / purchased seats",
    "key_seat_share": "share 0..1 of the activated seats with a key action in 28 days",
    "north_star_progress": "share of the north star's threshold reached",
    "mrr_change": "share by which the MRR changed in 365 days",
    "executive_active": "executives' seats active in 28 days",
}
FACETS = (
    "activity",
    "outcome",
    "adoption",
    "support",
    "invoices",
    "surveys",
    "growth",
    "renewal_history",
    "onboarding",
    "community",
    "self_sufficiency",
    "ratings",
    "executive",
)
HUMAN_FACETS = ("ratings", "executive")
MACHINE_FACETS = tuple(key for key in FACETS if key not in HUMAN_FACETS)
# Where a cap's field is found among the evidence; a facet's own value goes by the facet's key.
FACT_SOURCES: Mapping[str, tuple[str, str]] = {
    "invoice_overdue_days": ("invoices", "unpaid_overdue_days"),
    "invoice_failed_attempts": ("invoices", "failed_attempts"),
    "open_tickets": ("support", "open"),
    "old_tickets": ("support", "old"),
    "escalated_tickets": ("support", "escalated"),
    "active_days": ("activity", "active_days"),
    "open_days": ("activity", "open_days"),
    "activation_rate": ("adoption", "activation_rate"),
    "key_seat_share": ("adoption", "key_seat_share"),
    "north_star_progress": ("outcome", "north_star_progress"),
    "mrr_change": ("growth", "change"),
    "executive_active": ("executive", "executive_active"),
}
FIELDS = (*FACT_FIELDS, *FACETS)
OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
_CONDITION = re.compile(r"\s*(?P<field>[a-z_0-9]+)\s*(?P<operator>>=|<=|==|>|<)\s*(?P<number>-?\d+(?:\.\d+)?)\s*")


class CapError(ValueError):
    """A cap's text that cannot be read; the message says what would be right."""


def parse_conditions(text: str) -> tuple[Condition, ...]:
    """Conditions of `when`, joined by ` and `. Raises CapError naming the fault and what would be right."""
    return tuple(_parse_one(part) for part in re.split(r"\band\b", text))


def _parse_one(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        signs = ", ".join(OPERATORS)
        raise CapError(f"{text.strip()!r} is not `field operator number`, as in `invoice_overdue_days >= 60`; operators are {signs}")
    if match["field"] not in FIELDS:
        raise CapError(f"unknown field {match['field']!r}; known are {', '.join(FIELDS)}")
    return Condition(match["field"], match["operator"], Decimal(match["number"]))


def holds(condition: Condition, values: Any) -> Any:
    """Whether the condition holds, for one number or an array of them; NaN (unknown) compares false."""
    return OPERATORS[condition.operator](values, float(condition.number))
