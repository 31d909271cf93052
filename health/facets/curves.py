"""The curves that turn a fact into 0..100, as data. docs/methods/facets.md prints them."""

from __future__ import annotations

from collections.abc import Mapping

PLACES = 4  # decimals of a stored value; the score is computed from these, so that anyone can redo it from what is shown
# By level: zero, low, medium, high (domain 3).
LEVEL_POINTS: tuple[float, ...] = (0.0, 33.3333, 66.6667, 100.0)

MISSED, BEHIND, ON_TRACK, ACHIEVED = range(4)
OUTCOME_POINTS: tuple[float, ...] = (0.0, 25.0, 75.0, 100.0)
OUTCOME_CODES: Mapping[str, int] = {"missed": MISSED, "behind": BEHIND, "on_track": ON_TRACK, "achieved": ACHIEVED}

# Points off per ticket.
ESCALATED_COST, OLD_COST, EXCESS_COST = 10.0, 5.0, 2.0
SEATS_PER_TICKET = 10  # one ticket per so many seats in the window costs nothing
OLD_AFTER_DAYS = 7

# Upper bound (inclusive) of the days overdue, and the points up to it.
OVERDUE_POINTS: tuple[tuple[int, float], ...] = ((0, 100.0), (30, 60.0), (60, 30.0))
OVERDUE_BEYOND = 0.0
FAILED_ATTEMPTS_BAD = 2
DISPUTED_AT_MOST = 50.0

ADOPTION_HALVES = (50.0, 50.0)  # activation rate, share of activated seats with a key action
RATING_LOW, RATING_SPAN = 1, 4

ACTIVITY_DAYS = 28
ADOPTION_DAYS = 28
EXECUTIVE_DAYS = 28
SUPPORT_DAYS = 90
INVOICE_DAYS = 180
SURVEY_DAYS = 180
GROWTH_DAYS = 365
GROWTH_KNOWN_AFTER_DAYS = 90
ONBOARDING_DAYS = 90
COMMUNITY_MONTHS, COMMUNITY_MONTH_DAYS = 3, 30
