"""Accounts as they use a product: a weekday rhythm of their own, counts that scatter more than a Poisson, holidays, levels that wander."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from churn.alarms.baseline import Bools, Floats

DAYS = 42 * 7
# Variance = mean + mean² / DISPERSION.
DISPERSION = 8.0
HOLIDAYS = 20


def world(n: int = 400, *, seed: int = 6, typical: float = 15.0, days: int = DAYS) -> tuple[Floats, Bools]:
    """Values and open days of `n` accounts: weekends closed for half of them, holidays known to the calendar and quiet."""
    random = np.random.default_rng(seed)
    level = typical * np.exp(random.normal(0, 0.6, size=n))
    rhythm = random.gamma(12, 1 / 12, size=(n, 7))
    wander = np.exp(np.cumsum(random.normal(0, 0.03, size=(n, days // 7 + 1)), axis=1))
    mean = level[:, None] * rhythm[:, np.arange(days) % 7] * wander[:, np.arange(days) // 7]
    is_open = np.ones((n, days), dtype=bool)
    is_open[: n // 2, np.arange(days) % 7 >= 5] = False
    off = random.choice(days, size=HOLIDAYS, replace=False)
    is_open[:, off] = False
    mean = np.where(is_open, mean, 0.2 * mean)
    return counts(random, mean), is_open


def counts(random: np.random.Generator, mean: Floats) -> Floats:
    """Counts with that mean, over-dispersed."""
    return random.poisson(random.gamma(DISPERSION, mean / DISPERSION)).astype(np.float64)


def dropped(values: Floats, starts: NDArray[np.int64], share: float, *, seed: int = 7) -> Floats:
    """The same with every count from each account's start on thinned to `1 - share` of it."""
    random = np.random.default_rng(seed)
    thinned = random.binomial(values.astype(np.int64), 1 - share).astype(np.float64)
    return np.where(np.arange(values.shape[1])[None, :] >= starts[:, None], thinned, values)
