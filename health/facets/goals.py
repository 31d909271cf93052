"""Facets of goals: desired outcomes with the north star, onboarding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from health.facets import curves
from health.facets.facet import Facet, facet
from health.facets.facts import DayFacts, MilestoneFacts, Onboardings, OutcomeFacts, StarSpan
from health.facets.grid import FOREVER, Floats, Grid, Ints, ratio


def outcome(grid: Grid, outcomes: OutcomeFacts, days: DayFacts, stars: Sequence[StarSpan]) -> Facet:
    """Mean points of the outcomes known on the day; the north star's progress counts as one more. Unknown: neither is defined.

    Each day by the version that holds on it; it reads achieved from its day on, missed from its due date on, and on track before either.
    """
    row, start, stop, status = _spans(outcomes)
    counts = {
        name: grid.total(row[status == code], start[status == code], stop[status == code]) for name, code in curves.OUTCOME_CODES.items()
    }
    number = sum(counts.values(), np.zeros((grid.rows, grid.days)))
    points = sum(
        (counts[name] * curves.OUTCOME_POINTS[code] for name, code in curves.OUTCOME_CODES.items()), np.zeros((grid.rows, grid.days))
    )
    reached, progress = north_star(grid, days, stars)
    number = number + ~np.isnan(progress)
    points = points + 100.0 * np.nan_to_num(progress)
    evidence = {**counts, "north_star": np.round(reached, 4), "north_star_progress": np.round(progress, 6)}
    return facet(ratio(points, number), number > 0, evidence)


def north_star(grid: Grid, days: DayFacts, stars: Sequence[StarSpan]) -> tuple[Floats, Floats]:
    """Sum reached and share 0..1 of the threshold, on each day; NaN where no north star is defined."""
    reached, progress = grid.blank(), grid.blank()
    for star in stars:
        first, last = max(star.start - grid.first, 0), min(star.stop - grid.first, grid.days)
        if last <= first:
            continue
        counted = (days.day >= star.since) & (days.north_star != 0)
        row, day = days.row[counted], days.day[counted]
        summed = star.before[:, None] + grid.total(row, day, np.full(day.shape, FOREVER), days.north_star[counted])
        reached[:, first:last] = summed[:, first:last]
        progress[:, first:last] = np.clip(np.round(summed[:, first:last], 6) / star.threshold, 0.0, 1.0)
    return reached, progress


def onboarding(grid: Grid, milestones: MilestoneFacts, spans: Onboardings) -> Facet:
    """100 x milestones done / due, until go-live or 90 days. Unknown after that, and while none is due yet.

    A milestone done before its due date counts from the day it was done; one without due date counts only once it is done.
    """
    forever = np.full(milestones.row.shape, FOREVER)
    due = grid.total(milestones.row, np.minimum(milestones.due, milestones.done), forever)
    done = grid.total(milestones.row, milestones.done, forever)
    running = (grid.numbers >= spans.start[:, None]) & (grid.numbers < spans.stop[:, None])
    ends = np.where(running, spans.stop[:, None], np.nan)
    return facet(100.0 * ratio(done, due), running & (due > 0), {"milestones_due": due, "milestones_done": done, "ends_on": ends})


def _spans(outcomes: OutcomeFacts) -> tuple[Ints, Ints, Ints, Ints]:
    """Stretches with one status each: the time before it was settled, and the time since."""
    is_achieved = outcomes.status == curves.ACHIEVED
    is_missed = outcomes.status == curves.MISSED
    settled = np.where(
        outcomes.achieved < FOREVER, outcomes.achieved, np.where(is_missed & (outcomes.due < FOREVER), outcomes.due, FOREVER)
    )
    settled = np.where((is_achieved | is_missed) & (settled == FOREVER), outcomes.since, settled)
    settled = np.maximum(settled, outcomes.since)
    before = np.where(is_achieved | is_missed, curves.ON_TRACK, outcomes.status)
    after = np.where(outcomes.achieved < FOREVER, curves.ACHIEVED, outcomes.status)
    return (
        np.concatenate([outcomes.row, outcomes.row]),
        np.concatenate([outcomes.since, settled]),
        np.concatenate([np.minimum(settled, outcomes.stop), outcomes.stop]),
        np.concatenate([before, after]),
    )
