"""Facets of service: support, self-sufficiency, surveys."""

from __future__ import annotations

import numpy as np

from health.facets import curves
from health.facets.facet import Facet, facet
from health.facets.facts import AnswerFacts, TicketFacts
from health.facets.grid import Floats, Grid, ratio, until_next


def support(grid: Grid, tickets: TicketFacts, seats: Floats, known_from: int) -> Facet:
    """100 less 10 per escalated ticket, 5 per ticket open over 7 days, 2 per ticket beyond one per 10 seats; tickets opened in 90 days.

    Unknown before the first ticket of the installation. Seats unknown or 0: the number of tickets costs nothing.
    """
    until = tickets.opened + curves.SUPPORT_DAYS
    still = np.minimum(until, tickets.closed)
    count = grid.total(tickets.row, tickets.opened, until)
    escalated = grid.total(tickets.row, tickets.opened, until, tickets.escalated)
    is_open = grid.total(tickets.row, tickets.opened, still)
    old = grid.total(tickets.row, tickets.opened + curves.OLD_AFTER_DAYS + 1, still)
    excess: Floats = np.where(seats > 0, np.maximum(count - seats / curves.SEATS_PER_TICKET, 0.0), 0.0)
    value = 100.0 - curves.ESCALATED_COST * escalated - curves.OLD_COST * old - curves.EXCESS_COST * excess
    evidence: dict[str, Floats] = {"tickets": count, "open": is_open, "old": old, "escalated": escalated, "excess": np.round(excess, 4)}
    return facet(value, np.broadcast_to(grid.numbers >= known_from, value.shape), evidence)


def self_sufficiency(grid: Grid, tickets: TicketFacts, seats: Floats, known_from: int) -> Facet:
    """100 x (1 - how-to tickets of 90 days / seats x 10). Unknown without seats, and before the first how-to ticket of the installation."""
    count = grid.total(tickets.row, tickets.opened, tickets.opened + curves.SUPPORT_DAYS, tickets.how_to)
    value = 100.0 * (1.0 - ratio(count, seats) * curves.SEATS_PER_TICKET)
    return facet(value, (seats > 0) & (grid.numbers >= known_from), {"how_to_tickets": count, "seats": seats})


def surveys(grid: Grid, answers: AnswerFacts) -> Facet:
    """Mean of each seat's latest answer of the last 180 days; answers that name no seat stand alone. Unknown: no answer."""
    stop = until_next(answers.seat, answers.day, curves.SURVEY_DAYS)
    count = grid.total(answers.row, answers.day, stop)
    latest = grid.highest_since(answers.row, answers.day, answers.day)
    mean = ratio(grid.total(answers.row, answers.day, stop, answers.value), count)
    lowest = -grid.peak(answers.row, answers.day, stop, -answers.value)
    return facet(mean, count > 0, {"answers": count, "lowest": np.round(lowest, 4), "answered_on": latest})
