"""One facet: its values and the facts behind them, accounts x days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from health.facets.curves import PLACES
from health.facets.grid import Bools, Floats


@dataclass(frozen=True, slots=True)
class Facet:
    """Values 0..100, NaN unknown; evidence by name, NaN where there is none. Names that end in `_on` are day numbers."""

    value: Floats
    evidence: Mapping[str, Floats]


def facet(value: Floats, known: Bools, evidence: Mapping[str, Floats]) -> Facet:
    """A facet clipped to 0..100, rounded to 4 decimals, unknown where it is not known."""
    graded = np.round(np.clip(value, 0.0, 100.0), PLACES)
    return Facet(np.where(known, graded, np.nan), evidence)
