"""Facets of human judgement: ratings and executive."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from health.facets import curves
from health.facets.facet import Facet, facet
from health.facets.facts import RatingFacts
from health.facets.grid import Floats, Grid, ratio, until_next


def rated(grid: Grid, ratings: RatingFacts, *, executive: bool, evidence: Mapping[str, Floats] | None = None) -> Facet:
    """(Mean of the latest unexpired answer per question - 1) / 4 x 100, over the questions of one part. Unknown: all expired.

    `expires_on` is the first day without any valid answer; in the past where the facet is unknown.
    """
    mine = ratings.executive == int(executive)
    row, day, score = ratings.row[mine], ratings.day[mine], ratings.score[mine]
    stop = until_next(ratings.question[mine], day, ratings.valid_days[mine])
    count = grid.total(row, day, stop)
    mean = ratio(grid.total(row, day, stop, score), count)
    value = (mean - curves.RATING_LOW) / curves.RATING_SPAN * 100.0
    facts = {
        "answers": count,
        "mean": np.round(mean, 4),
        "rated_on": grid.highest_since(row, day, day),
        "expires_on": grid.highest_since(row, day, day + ratings.valid_days[mine]),
        **(evidence or {}),
    }
    return facet(value, count > 0, facts)
