"""A silent challenger: boosted trees over the same facets, which may bend where the learned weights are straight. It tells of no account.

A lead of more than 0.02 AUC on the last two quarters means that a facet's 0 … 100 curve is cut wrongly, not that the model should be
swapped. docs/methods/likelihood.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from churn.likelihood.past import Past, counted
from churn.likelihood.trials import Predict, Trial

# Below this trees find noise.
FEWEST, FEWEST_LOST = 100, 20
LEAD, QUARTERS = 0.02, 2
BINS, FEWEST_OF_BIN = 5, 10
SETTINGS = {"learning_rate": 0.08, "max_iter": 80, "max_leaf_nodes": 6, "min_samples_leaf": 15, "l2_regularization": 2.0, "random_state": 7}
# 99% point of chi squared by degrees of freedom: groups of a facet differ from what was told by more than chance.
CHI_99 = {1: 6.63, 2: 9.21, 3: 11.34, 4: 13.28}


@dataclass(frozen=True, slots=True)
class Bend:
    """A facet along which the learned weights told too much or too little: `groups` from its lowest values up, each with the range of its
    values, how many, how many were renewed and how many were foreseen to be."""

    facet: str
    strength: float
    groups: tuple[tuple[float, float, int, int, float], ...]


def challenge(facets: Sequence[str]) -> Predict:
    """Chances by boosted trees in which no facet may speak against renewal as it rises; None where there is too little."""

    def predict(train: Sequence[Past], test: Sequence[Past]) -> list[float] | None:
        n, lost = counted(train)
        if n < FEWEST or lost < FEWEST_LOST or n - lost < FEWEST_LOST:
            return None
        # Slow to import, and only a worker comes here.
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        columns = [name for name in facets if any(one.facets.get(name) is not None for one in train)]
        if not columns:
            return None
        model = HistGradientBoostingClassifier(monotonic_cst=[1] * len(columns), early_stopping=False, **SETTINGS)
        # So few rows are done sooner by one thread than threads are started.
        with threadpool_limits(limits=1):
            model.fit(_table(train, columns), [one.renewed for one in train], sample_weight=[one.count for one in train])
            told: list[float] = model.predict_proba(_table(test, columns))[:, 1].tolist()
        return told

    return predict


def leads(trials: Sequence[Trial]) -> bool:
    """Whether it led by more than 0.02 AUC on each of the last two quarters on which both were tried."""
    found = []
    for one in trials:
        ours, theirs = one.sides.get("learned"), one.sides.get("challenger")
        if ours and theirs and ours.auc is not None and theirs.auc is not None:
            found.append(theirs.auc - ours.auc)
    return len(found) >= QUARTERS and all(lead > LEAD for lead in found[-QUARTERS:])


def bent(past: Sequence[Past], chances: Sequence[float], facets: Sequence[str]) -> Bend | None:
    """The facet along which what was told is furthest from what happened, beyond chance; None: none is."""
    found = [bend for name in facets if (bend := _bend(name, past, chances))]
    return max(found, key=lambda bend: bend.strength, default=None)


def _bend(name: str, past: Sequence[Past], chances: Sequence[float]) -> Bend | None:
    known = [(value, one.renewed, chance) for one, chance in zip(past, chances, strict=True) if (value := one.facets.get(name)) is not None]
    borders = sorted({float(cut) for cut in np.quantile([value for value, *_ in known], np.arange(1, BINS) / BINS)}) if known else []
    placed: dict[int, list[tuple[float, bool, float]]] = {}
    for row in known:
        placed.setdefault(int(np.searchsorted(borders, row[0], side="left")), []).append(row)
    groups = [rows for _place, rows in sorted(placed.items()) if len(rows) >= FEWEST_OF_BIN]
    if len(groups) < 2:
        return None
    strength = 0.0
    told = []
    for rows in groups:
        foreseen = sum(chance for *_, chance in rows)
        spread = sum(chance * (1 - chance) for *_, chance in rows)
        renewed = sum(kept for _value, kept, _chance in rows)
        strength += (renewed - foreseen) ** 2 / max(spread, 1e-9)
        told.append((min(row[0] for row in rows), max(row[0] for row in rows), len(rows), renewed, foreseen))
    # Each facet is one try: the border rises with their number (Bonferroni, by the tail's e-folding of 2).
    return Bend(name, strength, tuple(told)) if strength > CHI_99[len(groups) - 1] + 2 * log(10) else None


def _table(past: Sequence[Past], columns: Sequence[str]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rows: list[list[float]] = [[_number(one.facets, name) for name in columns] for one in past]
    return np.array(rows, dtype=np.float64).reshape(len(past), len(columns))


def _number(facets: Mapping[str, float | None], name: str) -> float:
    value = facets.get(name)
    return float("nan") if value is None else value
