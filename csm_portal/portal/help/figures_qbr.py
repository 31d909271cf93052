"""Figures of the QBR pages. Coverage itself stands with the book, where it is a column too."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from csm_portal.portal.help.figure import Figure

QBR = (
    Figure(
        "qbr_planned",
        _("Planned QBRs"),
        _("Accounts with a QBR or executive review planned for today or later."),
        "qbr",
        "planned-missed-to-plan",
    ),
    Figure(
        "qbr_missed",
        _("Planned, not held"),
        _("Paying accounts whose latest planned QBR has its day behind it, with nothing held and nothing planned since."),
        "qbr",
        "planned-missed-to-plan",
    ),
    Figure(
        "qbr_to_plan",
        _("QBRs to plan"),
        _("Paying accounts without a QBR attended by an executive in the 90 days to today, and with none planned."),
        "qbr",
        "planned-missed-to-plan",
    ),
    Figure(
        "feedback_open",
        _("Feedback to answer"),
        _("Reviews with feedback to which nobody has entered an answer, however old they are."),
        "qbr",
        "feedback-and-themes",
    ),
    Figure(
        "qbr_asks",
        _("What to ask and to tell"),
        _("Read off the figures by fixed rules: feedback and tickets that wait, outcomes behind, scenarios not used, seats not opened."),
        "qbr",
        "the-account-page",
    ),
)
