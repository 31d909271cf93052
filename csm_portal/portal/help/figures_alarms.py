"""Figures of the alarms, and of what was tried against losses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from csm_portal.portal.help.figure import Figure

ALARMS = (
    Figure(
        "drop_alarm",
        _("Drop under the usual"),
        _(
            "Three of the last five open days far under the median of the same weekday's last eight, "
            "or two weeks far under the usual total."
        ),
        "alarms",
        "the-rule",
    ),
    Figure(
        "alarm_rate",
        _("False alarms per 50 accounts a week"),
        _("Alarms in weeks after which the account went on as before, per 50 accounts and week; the border is tuned to at most 1.0."),
        "alarms",
        "the-border-and-its-budget",
    ),
    Figure(
        "alarm_notice",
        _("Notice about ourselves"),
        _("Over a fifth of the accounts far under their usual on one day: an outage, lost tracking or an unknown holiday."),
        "alarms",
        "many-at-once",
    ),
)
HELPING = (
    Figure(
        "helped",
        _("Compared with similar accounts"),
        _("Share renewed where something was tried in the 180 days before, less that of up to five renewals alike."),
        "helped",
        "like-with-like",
    ),
    Figure(
        "held_back",
        _("Held back"),
        _("Share lost of items shown less that of items kept from the list by lot, over the first renewal decided within 180 days."),
        "helped",
        "held-back",
    ),
    Figure(
        "loss_replay",
        _("Loss replay"),
        _("What health, likelihood, alarms and the day's list said in the 180 days before a loss, and what was acted on."),
        "replay",
        "what-was-known",
    ),
)
