"""Facets of health in words: their names, what they stand for, and the facts behind a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from csm_portal.portal import words


def facet_name(key: str) -> str:
    """The facet's name."""
    return {
        "activity": _("Activity"),
        "outcome": _("Outcome"),
        "adoption": _("Adoption"),
        "support": _("Support"),
        "invoices": _("Invoices"),
        "surveys": _("Surveys"),
        "growth": _("Growth"),
        "renewal_history": _("Renewal history"),
        "onboarding": _("Onboarding"),
        "community": _("Community"),
        "self_sufficiency": _("Self-sufficiency"),
        "ratings": _("CSM rating"),
        "executive": _("Executive rating"),
    }.get(key, key)


def facet_meaning(key: str) -> str:
    """What the value is a proxy of, in one line."""
    return {
        "activity": _("Mean level of the open days among the last 28: zero 0, low 33, medium 67, high 100."),
        "outcome": _("Where the desired outcomes stand: achieved 100, on track 75, behind 25, missed 0."),
        "adoption": _("Half the activation rate, half the share of activated seats with a key action in 28 days."),
        "support": _("100 less escalated tickets, tickets open over 7 days and tickets beyond 1 per 10 seats, over 90 days."),
        "invoices": _("How late the worst invoice of the last 180 days was paid."),
        "surveys": _("Mean of the latest answer per seat in 180 days, as 0 to 100."),
        "growth": _("50 plus half the change of monthly revenue over a year."),
        "renewal_history": _("Share of all past dues that were renewed."),
        "onboarding": _("Milestones done of those due, until go-live."),
        "community": _("Share of months with a community action."),
        "self_sufficiency": _("How seldom seats ask how something is done."),
        "ratings": _("Mean of the latest unexpired answers of the CSM, from 1 to 5 as 0 to 100."),
        "executive": _("Same, over the questions about the executives."),
    }.get(key, "")


def facts_in_words(key: str, facts: Mapping[str, Any], *, known: bool) -> list[str]:
    """The facts behind a facet's value, one sentence each; for an unknown one why it is unknown."""
    return [f"{name}: {words.number(value, 2) if isinstance(value, int | float) else value}" for name, value in facts.items()]


def cap_in_words(cap: Any) -> str:
    """A condition that holds the band down."""
    return str(cap)
