"""Figures of the pages that hold health against renewals, and of the record of raters."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from csm_portal.portal.help.figure import Figure

CALIBRATION = (
    Figure(
        "health_and_renewals",
        _("Health against renewal rate"),
        _(
            "Per month of the due: the share renewed with its 95% interval, the mean health so many days before, and the share that this "
            "health made expect, fitted only on renewals that had closed by then."
        ),
        "calibration",
        "per-month",
    ),
    Figure(
        "auc",
        _("AUC"),
        _("The chance that, of a renewed and a lost account drawn at random, the renewed one had the better health; 0.5 is mere chance."),
        "calibration",
        "order",
    ),
    Figure(
        "lift",
        _("Lift of the worst"),
        _("Loss rate of the tenth with the lowest health (a fifth below 100 renewals), divided by the loss rate of all."),
        "calibration",
        "bands-and-tenths",
    ),
    Figure(
        "calibration_error",
        _("Calibration error"),
        _("Mean distance between expected and observed renewal rate over groups of equal count; beside it what chance alone makes."),
        "calibration",
        "expected-and-observed",
    ),
    Figure(
        "brier",
        _("Brier score"),
        _("Mean squared distance between the expected chance and the outcome, 0 or 1. It should lie below that of the base rate alone."),
        "calibration",
        "expected-and-observed",
    ),
    Figure(
        "band_losses",
        _("Bands and tenths"),
        _("What became of the renewals of each health band, and of each tenth by score, as health was published so many days before."),
        "calibration",
        "bands-and-tenths",
    ),
    Figure(
        "past_quarters",
        _("Past quarters"),
        _("Each quarter told out of time: with the score as it was stored then, and chances fitted only on what had closed before."),
        "calibration",
        "past-quarters",
    ),
    Figure(
        "misses",
        _("Misses by name"),
        _("Renewals that went against their band: green ones that were lost, red ones that were renewed; the dearest first."),
        "calibration",
        "misses",
    ),
    Figure(
        "kinds_of_losses",
        _("Losses apart"),
        _("Involuntary losses (payment lapsed) call for another play than health does, so the order is also told without them."),
        "calibration",
        "losses-apart",
    ),
    Figure(
        "rater_gain",
        _("What ratings add"),
        _("How much better the chance of renewal is told with a CSM's ratings than without, over past renewals they rated."),
        "raters",
        "what-ratings-add",
    ),
    Figure(
        "rater_kindness",
        _("Kind or harsh"),
        _("Renewed share minus the share that ratings as high as theirs stand for in the whole house: below 0 kind, above 0 harsh."),
        "raters",
        "kind-or-harsh",
    ),
)
