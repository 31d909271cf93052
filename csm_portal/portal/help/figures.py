"""Every figure that a page shows: its name, what it is in words, and where its methods page computes it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from csm_portal.portal.evidence import MEANINGS
from csm_portal.portal.help.figure import Figure, Words
from csm_portal.portal.help.figures_acting import ACTING
from csm_portal.portal.help.figures_alarms import ALARMS, HELPING
from csm_portal.portal.help.figures_calibration import CALIBRATION
from csm_portal.portal.help.figures_churn import CHURN, COHORTS, REASONS, RENEWALS, TRUST
from csm_portal.portal.help.figures_marks import MARKS
from csm_portal.portal.help.figures_monday import MONDAY
from csm_portal.portal.help.figures_qbr import QBR
from csm_portal.portal.help.figures_ratings import RATINGS
from csm_portal.portal.help.figures_risk import RISK
from csm_portal.portal.help.figures_value import VALUE_PAGE
from health.facet_names import NAMES

HEADLINES = (
    Figure(
        "renewal_rate_count",
        _("Renewal rate by count"),
        _("Renewed contracts / contracts due in the month and decided. A renewal counts at its due date; open ones stand apart."),
        "headlines",
        "renewal-rate-by-count",
    ),
    Figure(
        "renewal_rate_amount",
        _("Renewal rate by net amount"),
        _("Monthly revenue of renewed terms, expansion included / monthly revenue of the terms due in the month and decided."),
        "headlines",
        "renewal-rate-by-net-amount",
    ),
    Figure(
        "renewal_rate_gross",
        _("Renewal rate by gross amount"),
        _("Like the net amount, but growth is left out: of each renewed term at most what was due."),
        "headlines",
        "renewals",
    ),
    Figure(
        "monthly_active_rate",
        _("Monthly active rate"),
        _("Paying accounts with enough active days in the month / all paying accounts, those of unknown activity included."),
        "headlines",
        "monthly-active-rate",
    ),
    Figure(
        "nps",
        _("NPS"),
        _("Share of answers 9 and 10 less share of answers 0 to 6, in points. Response rate: share of paying accounts that answered."),
        "headlines",
        "nps",
    ),
    Figure(
        "target",
        _("Target and attainment"),
        _("Targets are set per person or team and month. Attainment = value / target; for NPS the distance in points."),
        "headlines",
        "targets",
    ),
)
ACTIVITY = (
    Figure(
        "level",
        _("Activity level"),
        _(
            "Zero, low, medium or high, from the key actions of the day per seat; high also needs 60% of the seats logged in. "
            "Unknown: no seats, or no paying contract."
        ),
        "activity",
        "one-day",
    ),
    Figure(
        "strip",
        _("Levels of 28 days"),
        _("One bar a day up to the as-of day, the oldest on the left: its height and colour are the level, an outline is unknown."),
        "activity",
        "one-day",
    ),
    Figure(
        "key_actions",
        _("Key actions"),
        _("Events that show value, each with its weight, added up. Logins count only where the definition says so."),
        "activity",
        "one-day",
    ),
    Figure(
        "active",
        _("Active days / bar"),
        _("Days of the running week and month with at least the lowest active level, against the days needed to count as active."),
        "activity",
        "week-and-month",
    ),
    Figure("active_days", _("Active days"), _("Days with at least the lowest active level. Days off count too."), "activity", "active-day"),
    Figure("weekly_active", _("Weekly active"), _("At least 3 active days in the week."), "activity", "weekly-active"),
    Figure(
        "monthly_active",
        _("Monthly active"),
        _("At least 12 active days in the month, or the share of its working days that the definition asks for."),
        "activity",
        "monthly-active",
    ),
    Figure(
        "weekly_active_rate",
        _("Weekly active rate"),
        _("Weekly active paying accounts / paying accounts. Unknown ones stay below the line."),
        "activity",
        "rates",
    ),
    Figure(
        "pace",
        _("Pace"),
        _("What a running month still needs: active days missing, working days left, and whether the bar can still be reached."),
        "activity",
        "running",
    ),
    Figure(
        "activation_rate",
        _("Activation rate"),
        _("Activated seats / purchased seats. Below the minimum of the definition a day is at most low."),
        "activity",
        "activation-rate",
    ),
    Figure(
        "scenario",
        _("Usage scenario"),
        _("A named set of actions with the days a month and the share of seats that are expected of it, or agreed with the account."),
        "activity",
        "scenarios",
    ),
    Figure(
        "scenario_gap",
        _("Scenario gap"),
        _("Expected less actual. Nothing done: find out why. Something, but too little: push it."),
        "activity",
        "scenarios",
    ),
)
HEALTH = (
    Figure(
        "health",
        _("Health score"),
        _("Weighted mean of the facets that are known, 0 to 100. It aims at the renewal, and is no probability: 72 is not 72%."),
        "health",
        "score",
    ),
    Figure(
        "machine",
        _("System score"),
        _("The part of the health score that is computed from data, as its own mean."),
        "health",
        "machine-human",
    ),
    Figure(
        "human",
        _("CSM rating"),
        _("The part of the health score that the CSM judges: answers from 1 to 5 that have not expired."),
        "health",
        "machine-human",
    ),
    Figure(
        "coverage",
        _("Data coverage"),
        _("Share of the facets' weight that is known. Too little of it, and the score is unknown."),
        "health",
        "coverage",
    ),
    Figure(
        "band",
        _("Health band"),
        _("Red below 50, green from 75, amber between, unless the health model says otherwise. A cap can hold it lower."),
        "health",
        "band",
    ),
    Figure("change", _("Health change in 30 days"), _("Today's score less the score 30 days before, in points."), "book", "health-change"),
    Figure(
        "reason",
        _("Top reason"),
        _("A correction by hand, else the cap in force, else the facet that costs the score the most points."),
        "health",
        "top-reason",
    ),
    Figure(
        "turning",
        _("What would turn it green"),
        _("The fewest single deeds at hand, in one facet or two, with which the scoring itself would give green, caps included."),
        "explain",
        "what-would-turn-it-green",
    ),
    Figure(
        "score_shares",
        _("Why it differs"),
        _("Per facet: weight x value / sum of known weights now, less the same then. The shares sum to the change as printed."),
        "explain",
        "why-it-differs-from-another-day",
    ),
    Figure("cap", _("Cap"), _("A condition that limits the band and leaves the score as it is."), "health", "cap"),
    Figure("override", _("Correction by hand"), _("A dated decision of a person that sets the band while it runs."), "health", "override"),
    Figure(
        "facet_weight",
        _("Weight"),
        _("The facet's share of all weights in the health model, whether it is known or not."),
        "health",
        "coverage",
    ),
    Figure(
        "facet_points",
        _("Points of the score"),
        _("What the facet brings: weight x value / weights of the known facets. The points add up to the score."),
        "health",
        "score",
    ),
)
FACETS = tuple(Figure(f"facet_{key}", name, MEANINGS[key], "facets", key) for key, name in NAMES.items())
VALUE = (
    Figure(
        "outcome",
        pgettext_lazy("figure", "Outcome"),
        _("What the customer wants to reach, and the worst of it: achieved, on track, behind or missed. Being busy is not success."),
        "outcomes",
        "outcome",
    ),
    Figure(
        "outcome_proof",
        pgettext_lazy("figure", "Proof of an outcome"),
        _("What the action or metric came to since the outcome was written down, against its target. Reached: the outcome reads achieved."),
        "outcomes",
        "outcome-proof",
    ),
    Figure(
        "success_gap",
        _("Success gap"),
        _("Usage is complete, the desired outcome is not: talk about the goal, not about usage."),
        "outcomes",
        "success-gap",
    ),
    Figure(
        "star",
        _("North star"),
        _("One action added up since the beginning, against the threshold from which customers succeed."),
        "outcomes",
        "north-star",
    ),
)
BOOK = (
    Figure(
        "seats",
        _("Seats: active / activated / purchased"),
        _("Seats with a key action in 28 days / seats opened and not closed / seats of the contracts that run."),
        "book",
        "active-seats",
    ),
    Figure("seats_active", _("Active seats"), _("Distinct seats with a key action in 28 days."), "book", "active-seats"),
    Figure("seats_activated", _("Activated seats"), _("Seats opened and not closed by the as-of day."), "book", "activated-seats"),
    Figure("seats_purchased", _("Purchased seats"), _("Sum of the seats of the contracts that run."), "book", "purchased-seats"),
    Figure(
        "paying",
        _("Paying accounts"),
        _("Accounts with a running contract whose MRR is above 0. A trial at 0 pays nothing."),
        "mrr",
        "paying",
    ),
    Figure(
        "mrr",
        _("MRR"),
        _("Monthly recurring revenue of the contracts that run. Sums are in the reporting currency at the day's rate."),
        "mrr",
    ),
    Figure(
        "at_risk",
        _("Money at risk"),
        _("MRR x (100 - health score): the order of the book. An unknown score counts as 50."),
        "book",
        "money-at-risk",
    ),
    Figure("renewal", _("Renewal"), _("The next contract end without a successor; overdue ones come first."), "book", "renewal"),
    Figure(
        "decision",
        _("Decision date"),
        _("The renewal less the days of notice: until then the customer decides."),
        "renewals",
        "decision-day",
    ),
    Figure(
        "renewal_case",
        _("Due, renewed, lost, open"),
        _("Due: a paying term ends. Renewed: a successor is known. Lost: none by the end of the grace. Open: neither yet."),
        "renewals",
        "due",
    ),
    Figure("rating", _("Last rated"), _("Days since anybody rated the account. After 90 days an answer expires."), "book", "rating-age"),
    Figure(
        "rating_due", _("Rating due"), _("No answer is younger than 90 days, or a QBR is planned within 14 days."), "book", "rating-due"
    ),
    Figure("contact", _("Last contact"), _("The latest touchpoint recorded, or QBR held."), "book", "last-contact"),
    Figure("tickets", _("Open tickets"), _("Tickets opened by the as-of day and not closed."), "book", "open-tickets"),
    Figure("owner", _("Owner"), _("The CSM whose book the account is in; without one it is the team's."), "book", "owner"),
    Figure(
        "ratings",
        _("Rating coverage"),
        _("Paying accounts whose every question has an answer that has not expired / paying accounts."),
        "book",
        "rating-coverage",
    ),
    Figure(
        "qbr",
        _("QBR coverage"),
        _("Paying accounts with a quarterly review attended by an executive in the last 90 days / paying accounts."),
        "book",
        "qbr-coverage",
    ),
    Figure("load", _("Load"), _("What one CSM carries: accounts, paying accounts and MRR."), "book", "load"),
    Figure(
        "team_sums",
        _("People and teams"),
        _("An account counts for its owner of today, else for its team; a team is the sum of the people and teams below it."),
        "team",
        "who-counts-for-whom",
    ),
    Figure(
        "what_moved",
        _("What moved"),
        _("Paying accounts against the same day a week before: health by 3 points or more, mean daily level by half a level or more."),
        "team",
        "what-moved",
    ),
    Figure(
        "working_days",
        _("Working days"),
        _("Days that the account's country works, without public holidays and its quiet periods, make-up days included."),
        "calendar",
    ),
)
GROUPS: tuple[tuple[Words, tuple[Figure, ...]], ...] = (
    (_("Headlines"), HEADLINES),
    (_("Activity"), ACTIVITY),
    (_("Health"), HEALTH),
    (_("Facets of health"), FACETS),
    (_("Outcomes and value"), (*VALUE, *VALUE_PAGE)),
    (_("The book"), BOOK),
    (_("Ratings and overrides"), RATINGS),
    (_("QBRs"), QBR),
    (_("Churn"), CHURN),
    (_("Why accounts left"), REASONS),
    (_("Renewals"), RENEWALS),
    (_("Cohorts"), COHORTS),
    (_("Calibration"), CALIBRATION),
    (_("Trust"), TRUST),
    (_("Acting"), ACTING),
    (_("Alarms"), ALARMS),
    (_("Did it help"), HELPING),
    (_("Combinations"), RISK),
    (_("Monday list"), MONDAY),
    (_("What vouches for a figure"), MARKS),
)
FIGURES: dict[str, Figure] = {figure.key: figure for _group, figures in GROUPS for figure in figures}


def figures_of(page: str) -> list[Figure]:
    """The figures whose definition stands on a methods page, in the registry's order."""
    return [figure for figure in FIGURES.values() if figure.page == page]
