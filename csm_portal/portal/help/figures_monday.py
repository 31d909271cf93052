"""Figures of the Monday list."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from csm_portal.portal.help.figure import Figure

MONDAY = (
    Figure(
        "monday_expected",
        _("Expected to leave"),
        _(
            "The sum of the chances that later renewals bear out, with the range that 95% of such lists fall into. It speaks of the whole "
            "list: of a single account nothing is certain."
        ),
        "monday",
        "the-count-expected",
    ),
    Figure(
        "monday_chance",
        _("Chance of loss"),
        _(
            "Of later renewals that the same signs matched, and no surer ones, the share that was lost. The likelihood by health below it "
            "goes by health alone: where they differ, the signs tell what health does not."
        ),
        "monday",
        "the-chance-of-an-account",
    ),
    Figure(
        "monday_calls",
        _("Calls"),
        _("Accounts of the list with a result: reached, not reached or not needed. The latest result that stands counts."),
        "monday",
        "the-calls",
    ),
    Figure(
        "monday_past",
        _("What then happened"),
        _(
            "Of the accounts on a list those that left, renewed or are still open at the renewal it spoke of, against the range expected. "
            "Who was helped and stayed makes the count smaller."
        ),
        "monday",
        "what-then-happened",
    ),
)
