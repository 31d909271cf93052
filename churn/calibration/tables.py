"""Renewals in groups: what was expected of each group, what became of it, and how far apart the two may lie by chance. Pure.

docs/methods/calibration.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

from csm_portal.lib.estimates import Share, share, wilson

# Equal-count groups: so many from MANY renewals on, half as many below.
MANY, GROUPS = 500, 10
# A tenth of fewer than these is a handful: fifths are shown.
FOR_TENTHS = 100
BANDS = ("red", "amber", "green", "unknown")
# Draws and seed of the calibration error that a perfectly calibrated forecast shows by chance.
DRAWS, SEED = 200, 20_240_229


@dataclass(frozen=True, slots=True)
class Judged:
    """One decided renewal as it is judged. `expected`: chance of renewal, 0 … 1, told from outcomes closed before (None: not told).

    `amount` due and `kept` are MRR in the reporting currency (None: no rate). `one_of_many`: a weekly look at an account, of which
    several stand in the list.
    """

    account_id: int
    ends_on: date
    renewed: bool
    score: float | None
    band: str | None
    expected: float | None
    amount: float | None
    kept: float | None
    churn_type: str = ""
    one_of_many: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Some renewals together. `rate` is their renewal rate by count with its interval; `told` of them have an expected chance.

    `expected` is the mean of those, `told_rate` what became of the same ones. `amount` is the MRR due, `gross` the share of it kept
    (growth not counted; None: nothing due). `lift`: loss rate over that of all; `caught`: share of all losses. `score` is a mean.
    """

    name: str
    rate: Share
    told: int
    expected: float | None
    told_rate: float | None
    score: float | None
    amount: float
    gross: float | None
    lift: float | None
    caught: float | None

    @property
    def lost(self) -> int:
        """How many were lost."""
        return self.rate.n - self.rate.hits


@dataclass(frozen=True, slots=True)
class Fault:
    """Calibration error of `n` expected chances in `groups` groups, and what chance alone makes of it: mean and 95th percentile."""

    value: float
    chance: float
    chance_95: float
    n: int
    groups: int


def rate_of(rows: Sequence[Judged]) -> Share:
    """Renewal rate by count. Of weekly looks the interval is that of as many accounts, since looks at one account are not independent."""
    hits = sum(one.renewed for one in rows)
    found = share(hits, len(rows))
    if found.value is None or not any(one.one_of_many for one in rows):
        return found
    low, high = wilson(found.value, len({one.account_id for one in rows}))
    return Share(found.hits, found.n, found.value, low, high)


def group(name: str, rows: Sequence[Judged], every: Share) -> Group:
    """The figures of some of the renewals; `every` is the renewal rate of all of them."""
    rate = rate_of(rows)
    told = [one for one in rows if one.expected is not None]
    priced = [(one.amount, min(one.kept, one.amount)) for one in rows if one.amount is not None and one.kept is not None]
    amount = sum(due for due, _kept in priced)
    lost, base = rate.n - rate.hits, every.n - every.hits
    return Group(
        name=name,
        rate=rate,
        told=len(told),
        expected=_mean(one.expected for one in told),
        told_rate=_mean(float(one.renewed) for one in told),
        score=_mean(one.score for one in rows),
        amount=amount,
        gross=sum(kept for _due, kept in priced) / amount if amount else None,
        lift=(lost / rate.n) / (base / every.n) if rate.n and base else None,
        caught=lost / base if base else None,
    )


def by_band(rows: Sequence[Judged]) -> list[Group]:
    """Red, amber, green, and unknown where there is any; those without published health stand in none."""
    every = rate_of([one for one in rows if one.band])
    found = [(band, [one for one in rows if one.band == band]) for band in BANDS]
    return [group(band, some, every) for band, some in found if some or band != "unknown"]


def by_part(rows: Sequence[Judged]) -> list[Group]:
    """Tenths by score, the worst first (fifths below 100 renewals); those without a score stand in none. Named from 1."""
    known = sorted((one for one in rows if one.score is not None), key=lambda one: (one.score, one.ends_on, one.account_id))
    every = rate_of(known)
    parts = equal_parts([one.score or 0.0 for one in known], GROUPS if len(known) >= FOR_TENTHS else GROUPS // 2)
    return [group(str(at), known[first:after], every) for at, (first, after) in enumerate(parts, start=1)]


def by_key(rows: Iterable[Judged], key: Callable[[Judged], str]) -> list[tuple[str, list[Judged]]]:
    """The rows by what `key` says, in its order."""
    found: dict[str, list[Judged]] = {}
    for one in rows:
        found.setdefault(key(one), []).append(one)
    return sorted(found.items())


def month_of(one: Judged) -> str:
    """`2026-07`, of the due day."""
    return f"{one.ends_on:%Y-%m}"


def quarter_of(one: Judged) -> str:
    """`2026-Q3`, of the due day."""
    return f"{one.ends_on.year}-Q{(one.ends_on.month + 2) // 3}"


def reliability(rows: Sequence[Judged]) -> list[Group]:
    """Groups of equal count by expected chance, the lowest first: 5 below 500 renewals, 10 from there on."""
    told = sorted((one for one in rows if one.expected is not None), key=lambda one: (one.expected, one.ends_on, one.account_id))
    every = rate_of(told)
    parts = equal_parts([one.expected or 0.0 for one in told], groups_for(len(told)))
    return [group(str(at), told[first:after], every) for at, (first, after) in enumerate(parts, start=1)]


def groups_for(n: int) -> int:
    """In how many equal-count groups so many renewals are compared."""
    return GROUPS if n >= MANY else GROUPS // 2


def equal_parts(ordered: Sequence[float], parts: int) -> list[tuple[int, int]]:
    """Borders `[first, after)` of about equal counts of ascending values; equal values are never parted, empty parts left out."""
    n = len(ordered)
    ends = []
    for part in range(1, parts + 1):
        end = round(n * part / parts)
        while 0 < end < n and ordered[end] == ordered[end - 1]:
            end += 1
        ends.append(end)
    return [(first, after) for first, after in zip([0, *ends], ends, strict=False) if first < after]


def brier(rows: Iterable[Judged]) -> float | None:
    """Mean squared distance between the expected chance and the outcome; None: none is told."""
    return _mean((one.expected - one.renewed) ** 2 for one in rows if one.expected is not None)


def fault(rows: Sequence[Judged]) -> Fault | None:
    """Calibration error: over the groups of `reliability`, mean distance of expected and observed rate, weighted by count.

    Beside it what a forecast that is right shows for these chances, by drawing outcomes from them (200 draws, fixed seed).
    """
    groups = reliability(rows)
    n = sum(one.rate.n for one in groups)
    if not n:
        return None
    value = sum(one.rate.n * abs((one.expected or 0.0) - (one.rate.value or 0.0)) for one in groups) / n
    expected = sorted(one.expected for one in rows if one.expected is not None)
    mean, top = by_chance(expected, [one.rate.n for one in groups])
    return Fault(value, mean, top, n, len(groups))


def by_chance(expected: Sequence[float], sizes: Sequence[int]) -> tuple[float, float]:
    """Mean and 95th percentile of the calibration error when every chance is exactly right; `expected` ascending, in groups of `sizes`."""
    # Slow to import, and pages show stored reports.
    import numpy as np

    chances = np.asarray(expected)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    sums = np.add.reduceat(chances, starts)
    random = np.random.default_rng(SEED)
    faults = [
        np.abs(np.add.reduceat((random.random(len(chances)) < chances).astype(float), starts) - sums).sum() / len(chances)
        for _draw in range(DRAWS)
    ]
    return float(np.mean(faults)), float(np.quantile(faults, 0.95))


def beyond_chance(rows: Iterable[Judged]) -> float | None:
    """How many standard errors more were lost than expected (below 0: fewer); None: nothing is told, or all is certain."""
    told = [(one.expected, one.renewed) for one in rows if one.expected is not None]
    spread = sqrt(sum(chance * (1 - chance) for chance, _renewed in told))
    return (sum(chance for chance, _renewed in told) - sum(renewed for _chance, renewed in told)) / spread if spread else None


def _mean(values: Iterable[float | None]) -> float | None:
    listed = [one for one in values if one is not None]
    return sum(listed) / len(listed) if listed else None
