"""Conditions of a cap in the reader's words: `invoice_overdue_days >= 60` is an invoice at least 60 days overdue."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from csm_portal.portal import words
from health.caps import CapError, parse_conditions
from health.model_types import Condition

SHARES = frozenset({"activation_rate", "key_seat_share", "north_star_progress", "mrr_change"})


def condition_in_words(text: str, facet_name: Callable[[str], str]) -> str:
    """Every condition of the text, joined; the text itself where an older release wrote what this one cannot read."""
    try:
        conditions = parse_conditions(text)
    except CapError:
        return text
    return _(" and ").join(_one(condition, facet_name) for condition in conditions)


def _one(condition: Condition, facet_name: Callable[[str], str]) -> str:
    number = words.percent(condition.number) if condition.field in SHARES else words.number(condition.number)
    compared = {
        ">=": _("%(what)s at least %(number)s"),
        "<=": _("%(what)s at most %(number)s"),
        ">": _("%(what)s above %(number)s"),
        "<": _("%(what)s below %(number)s"),
        "==": _("%(what)s exactly %(number)s"),
    }[condition.operator]
    return compared % {"what": field_in_words(condition.field, facet_name), "number": number}


def field_in_words(field: str, facet_name: Callable[[str], str]) -> str:
    """What a cap may look at, in words."""
    names = {
        "invoice_overdue_days": _("days the worst invoice is overdue"),
        "invoice_failed_attempts": _("failed attempts to collect an invoice"),
        "open_tickets": _("open tickets"),
        "old_tickets": _("tickets open for more than 7 days"),
        "escalated_tickets": _("escalated tickets"),
        "active_days": _("active days of the last 28"),
        "open_days": _("open days of the last 28"),
        "activation_rate": _("activation rate"),
        "key_seat_share": _("share of seats with a key action"),
        "north_star_progress": _("progress to the north star"),
        "mrr_change": _("change of MRR in a year"),
        "executive_active": _("active seats of executives"),
    }
    return names.get(field) or _("facet “%(name)s”") % {"name": facet_name(field)}
