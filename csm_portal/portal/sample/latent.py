"""The latent value of an account: what the customer really gets, day by day, on a scale with a spread of about one.

Nothing writes it down. Usage, outcomes, ratings, tickets and surveys each show a part of it, and renewals are drawn from it.
It drifts (mean-reverting, with a slope for fading and rising accounts) and takes blows (a champion leaves, a crisis), so a decline
shows before a loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from csm_portal.portal.sample import policy
from csm_portal.portal.sample.plan import Slot
from csm_portal.portal.sample.window import Window

WEEK = 7
HORIZON = 60  # days after the window's end for which renewals may already have been signed


@dataclass(frozen=True, slots=True)
class Latent:
    """Value per day from the window's first day to `HORIZON` days after its end, with what happened on the way."""

    first: int
    values: NDArray[np.float64]
    champion_left_on: int | None
    crisis_on: int | None

    def on(self, day: int) -> float:
        """The value on a day; before the window, that of its first day."""
        return float(self.values[min(max(day - self.first, 0), len(self.values) - 1)])

    def mean(self, start: int, end: int) -> float:
        """Mean over [start, end), clipped to the days that exist."""
        low = min(max(start - self.first, 0), len(self.values) - 1)
        high = min(max(end - self.first, low + 1), len(self.values))
        return float(self.values[low:high].mean())


def latent(slot: Slot, window: Window, rng: Generator) -> Latent:
    """Draw one account's value path."""
    days = window.days + HORIZON
    weeks = days // WEEK + 2
    keep = np.exp(-WEEK / policy.WANDER_DAYS)
    shocks = rng.normal(0.0, policy.WANDER_SPREAD * np.sqrt(1 - keep**2), weeks)
    shocks[0] = rng.normal(0.0, policy.WANDER_SPREAD)
    fade = keep ** np.arange(weeks)
    wander = np.cumsum(shocks / fade) * fade
    base = rng.normal(0.0, policy.BASE_SPREAD) + policy.KIND_SHIFT[slot.kind] + policy.FIT_SHIFT[slot.fit]
    at = np.arange(days)
    values = base + np.interp(at, np.arange(weeks) * WEEK, wander) + policy.KIND_SLOPE.get(slot.kind, 0.0) * at / days
    champion_left_on = _blow(values, policy.CHAMPION_LOSS, window, slot, rng)
    crisis_on = _blow(values, policy.CRISIS, window, slot, rng)
    return Latent(window.first, values, champion_left_on, crisis_on)


def _blow(values: NDArray[np.float64], shape: tuple[float, float, int], window: Window, slot: Slot, rng: Generator) -> int | None:
    """Perhaps a blow, somewhere after onboarding and a month before the end; it lowers `values` from its day on and fades."""
    share, size, fade_days = shape
    happens, where = rng.random() < share, rng.random()
    low = max(window.first + 30, slot.starts_on + 75)
    if not happens or low >= window.last - 30:
        return None
    day = low + int(where * (window.last - 30 - low))
    after = np.arange(len(values)) - (day - window.first)
    values += np.where(after >= 0, size * np.exp(-np.maximum(after, 0) / fade_days), 0.0)
    return day
