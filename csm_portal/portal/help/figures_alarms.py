"""Figures of the alarms, and of what was tried against losses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from csm_portal.portal.help.figure import Figure

ALARMS = (
    Figure(
        "drop_alarm",
        _("Drop under the usual weekday"),
        _("Three of the last five open days far under the median of the same weekday's last eight; small accounts by whole weeks."),
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
