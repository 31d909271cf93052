"""Figures of the page about combinations."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from csm_portal.portal.help.figure import Figure

RISK = (
    Figure(
        "risk_rule",
        _("Combination"),
        _("Up to three conditions whose renewals were lost more often than all: found in the older half of them, checked in the newer."),
        "risk-rules",
        "gates",
    ),
    Figure(
        "risk_expected",
        _("Expected among those that match"),
        _("Accounts that match now, times the loss rate of the renewals checked; the range holds 95% of such counts."),
        "risk-rules",
        "who-matches-now",
    ),
    Figure(
        "risk_own",
        _("Combinations written by people"),
        _("Counted at once on past renewals and today's accounts; unproven until the weekly search confirms them in both halves."),
        "risk-rules",
        "conditions-of-ones-own",
    ),
    Figure(
        "risk_single",
        _("Single signals"),
        _("The conditions a search starts from, each alone on all renewals. Alone a signal may lie under the base rate."),
        "risk-rules",
        "single-signals",
    ),
    Figure(
        "risk_refused",
        _("Not let in"),
        _("Figures that tell the outcome over again, or were recorded after the day they speak of: hidden or left out of the search."),
        "risk-rules",
        "the-outcome-in-disguise",
    ),
)
