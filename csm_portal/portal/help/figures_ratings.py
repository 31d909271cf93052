"""Figures of the pages about judgement."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from csm_portal.portal.help.figure import Figure

RATINGS = (
    Figure(
        "rating_queue",
        pgettext_lazy("rating", "Due"),
        _("Paying accounts with a question whose answer expired or was never given, or with a QBR planned within 14 days."),
        "ratings",
        "when-an-account-is-due",
    ),
    Figure(
        "rating_overdue",
        pgettext_lazy("rating", "Overdue"),
        _("Of those due, accounts with a question that has no valid answer: expired, or never answered."),
        "ratings",
        "when-an-account-is-due",
    ),
    Figure(
        "rating_very_late",
        _("More than 30 days late"),
        _("Overdue accounts whose earliest question fell due more than 30 days ago. Their CSM's manager is told."),
        "ratings",
        "reminders",
    ),
    Figure(
        "rating_done",
        _("Rated today"),
        _("Paying accounts for which anybody answered a question today."),
        "ratings",
        "one-account-after-another",
    ),
    Figure(
        "disagreement",
        _("Disagreement"),
        _("System part and CSM part of the score, both known, 20 points apart or more."),
        "ratings",
        "disagreements",
    ),
)
