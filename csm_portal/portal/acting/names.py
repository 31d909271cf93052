"""Names of the rules of the day's list, in the reader's language. One place: lists, plays, boards and files write them alike."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

RULES: Mapping[str, Promise] = {
    "renewal_overdue": gettext_lazy("Renewal undecided"),
    "renewal_forecast": gettext_lazy("Forecast missing"),
    "renewal_usage": gettext_lazy("Usage to be shared"),
    "renewal_pack": gettext_lazy("Renewal in 90 days"),
    "combination": gettext_lazy("Risky combination"),
    "usage_drop": gettext_lazy("Usage dropped"),
    "level_fell": gettext_lazy("Level fell"),
    "seats_lost": gettext_lazy("Seats lost"),
    "scenario_gap": gettext_lazy("Scenario not reached"),
    "band_worse": gettext_lazy("Health worse"),
    "disagreement": gettext_lazy("System and CSM disagree"),
    "rating_due": gettext_lazy("Rating due"),
    "invoice_late": gettext_lazy("Invoice late"),
    "card_expiring": gettext_lazy("Card about to expire"),
    "ticket_burst": gettext_lazy("Ticket burst"),
    "bad_answer": gettext_lazy("Unhappy answer"),
    "feedback_unanswered": gettext_lazy("Feedback unanswered"),
    "champion_left": gettext_lazy("Champion left"),
    "boss_silent": gettext_lazy("The boss is silent"),
    "no_contact": gettext_lazy("No contact"),
    "review_due": gettext_lazy("QBR due"),
    "outcome_overdue": gettext_lazy("Outcome overdue"),
    "onboarding_stalled": gettext_lazy("Onboarding stalled"),
    "seats_full": gettext_lazy("Seats nearly full"),
    "sustained_high": gettext_lazy("High for weeks"),
    "star_crossed": gettext_lazy("North star crossed"),
}


def rule_name(key: str) -> str:
    """What a rule is called; an unknown one goes by its key in words."""
    return str(RULES.get(key) or key.replace("_", " "))
