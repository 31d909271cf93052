"""Facets of use: activity, adoption, community."""

from __future__ import annotations

import numpy as np

from health.facets import curves
from health.facets.facet import Facet, facet
from health.facets.facts import DayFacts, SeatFacts, SpanFacts
from health.facets.grid import Bools, Floats, Grid, Ints, last_days, ratio


def activity(grid: Grid, days: DayFacts) -> Facet:
    """Mean points of the levels of the open (working) days of the last 28. Unknown: no open day with a known level."""
    window = grid.before(curves.ACTIVITY_DAYS - 1)
    is_open = days.working == 1
    row, day, level = days.row[is_open], days.day[is_open], days.level[is_open]
    placed = window.place(row, day, level, fill=-2)
    counts = {name: last_days(placed == code, curves.ACTIVITY_DAYS) for code, name in enumerate(("zero", "low", "medium", "high"))}
    known: Floats = sum(counts.values(), np.zeros((grid.rows, grid.days)))
    points = sum(
        (count * points for count, points in zip(counts.values(), curves.LEVEL_POINTS, strict=True)), np.zeros((grid.rows, grid.days))
    )
    active = window.place(row, day, (days.active[is_open] == 1) & (level >= 0), fill=0)
    evidence = {"open_days": known, "active_days": last_days(active, curves.ACTIVITY_DAYS), **counts}
    evidence["unknown"] = last_days(placed == -1, curves.ACTIVITY_DAYS)
    return facet(ratio(points, known), known > 0, evidence)


def adoption(grid: Grid, days: DayFacts, has_seats: Ints, key_seats: SeatFacts) -> Facet:
    """Activation rate and share of the activated seats with a key action in 28 days, half each.

    Unknown: no seats loaded, or none activated and none purchased. Purchased unknown: the share alone.
    """
    activated = grid.place(days.row, days.day, days.activated)
    purchased = grid.place(days.row, days.day, days.purchased)
    keyed = seats_within(grid, key_seats, curves.ADOPTION_DAYS)
    rate: Floats = np.minimum(ratio(activated, purchased), 1.0)
    share: Floats = np.minimum(np.where(activated > 0, ratio(keyed, activated), 0.0), 1.0)
    by_rate, by_share = curves.ADOPTION_HALVES
    value = np.where(np.isnan(rate), share * (by_rate + by_share), rate * by_rate + share * by_share)
    known = (has_seats == 1)[:, None] & ((activated > 0) | (purchased > 0))
    evidence: dict[str, Floats] = {
        "activated": activated,
        "purchased": purchased,
        "activation_rate": np.round(rate, 6),
        "key_seats": keyed,
        "key_seat_share": np.round(share, 6),
    }
    return facet(value, known, evidence)


def community(grid: Grid, actions: SpanFacts, known_from: int) -> Facet:
    """Share of the last three stretches of 30 days with a community action. Unknown before the installation knew of any."""
    months = np.zeros((grid.rows, grid.days))
    for month in range(curves.COMMUNITY_MONTHS):
        start = actions.start + month * curves.COMMUNITY_MONTH_DAYS
        months += grid.total(actions.row, start, start + curves.COMMUNITY_MONTH_DAYS) > 0
    known = np.broadcast_to(grid.numbers >= known_from, months.shape)
    return facet(100.0 * months / curves.COMMUNITY_MONTHS, known, {"months": months})


def paid_lately(grid: Grid, days: DayFacts, within: int) -> Bools:
    """Whether the account paid on the day or on one of the `within` days before it."""
    window = grid.before(within)
    recently: Bools = last_days(window.place(days.row, days.day, days.paying, fill=0), within + 1) > 0
    return recently


def seats_of(grid: Grid, days: DayFacts) -> Floats:
    """The base n of each day; NaN where the day has no row."""
    return grid.place(days.row, days.day, days.seats)


def executive_evidence(grid: Grid, seats: SpanFacts, active: SeatFacts) -> dict[str, Floats]:
    """Seats of the boss, and how many of them logged in within 28 days."""
    return {
        "executive_seats": grid.total(seats.row, seats.start, seats.stop, seats.weight),
        "executive_active": seats_within(grid, active, curves.EXECUTIVE_DAYS),
    }


def seats_within(grid: Grid, seats: SeatFacts, window: int) -> Floats:
    """Activated seats with one of their days among the last `window`. The facts reach `window` - 1 days before the grid."""
    span = np.arange(grid.first - seats.first - window + 1, grid.first - seats.first + grid.days)
    happened = (seats.days[:, None] >> span[None, :]) & 1
    counts = (last_days(happened, window) > 0) & (grid.numbers >= seats.start[:, None]) & (grid.numbers < seats.stop[:, None])
    seat, column = np.nonzero(counts)
    counted = np.bincount(seats.row[seat] * grid.days + column, minlength=grid.rows * grid.days)
    return counted.astype(np.float64).reshape(grid.rows, grid.days)
