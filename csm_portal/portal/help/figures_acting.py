"""Figures of the pages of acting."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from csm_portal.portal.help.figure import Figure

ACTING = (
    Figure(
        "day_list",
        _("Day's list"),
        _("Open reasons to act, ranked by money at risk, days left and how often their rule was right. One per account and rule."),
        "acting",
        "the-days-list-on-the-first-page",
    ),
    Figure(
        "play",
        _("Play"),
        _("A template of tasks for a reason of the day's list or a type of loss. Each step becomes a task with its day."),
        "acting",
        "plays",
    ),
    Figure(
        "absence",
        _("Absence"),
        _("While somebody is away, their cover sees the accounts they own, with day's list and tasks, until the day they are back."),
        "acting",
        "absences",
    ),
    Figure(
        "team_board",
        _("Team board"),
        _("Per owner: open reasons, the money at risk behind them counted once an account, and what was closed since Monday."),
        "acting",
        "the-team-board",
    ),
    Figure(
        "first_action",
        _("Signal to first step"),
        _("Median time from the night that opened a reason to the first step of a person at it, over first steps of the last 30 days."),
        "acting",
        "the-team-board",
    ),
    Figure(
        "rule_precision",
        _("Precision of a rule"),
        _("Of the items that people closed, the share done; of the renewals it told of in the 180 days before, the share lost."),
        "acting",
        "the-rules",
    ),
)
