"""Figures of the page about value."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from csm_portal.portal.help.figure import Figure

VALUE_PAGE = (
    Figure(
        "value_outcomes",
        _("Outcomes of the book"),
        _("Paying accounts by what became of their desired outcome. An account may stand in several lists; overdue is as of today."),
        "states",
        "lists-of-outcomes",
    ),
    Figure(
        "named_state",
        _("Named state"),
        _("What activity and outcome say together over four weeks: busy but not achieving, quiet but fine, narrow but achieving."),
        "states",
        "named-states",
    ),
    Figure(
        "seat_quality",
        _("Seat quality"),
        _("Whether a champion has left, the executives' seats are silent, or bought seats were never activated."),
        "states",
        "seat-quality",
    ),
    Figure(
        "star_groups",
        _("Renewals by north star"),
        _("Closed renewals of accounts that had crossed the threshold 90 days before the due date, and of those that had not."),
        "north-star",
        "renewals-of-both-groups",
    ),
    Figure(
        "star_curve",
        _("Curve of crossings"),
        _("Share of accounts that have crossed by that many days after going live; those on the way count as long as they were seen."),
        "north-star",
        "curve-of-crossings",
    ),
    Figure(
        "star_finder",
        _("Finder of a north star"),
        _("The action, measure and threshold that best separated past renewals: chosen in the earlier half, tested in the later one."),
        "north-star",
        "finder",
    ),
)
