"""The chance of renewal from a health score or its facets: a monotone logistic regression held near the experts' weights. Pure.

With z = (facet - 50) / 25, an unknown facet at the median of the known ones and, where more than 5% are unknown, an indicator of its own:

    logit P(renewed) = a + sum b_j z_j + sum g_m unknown_m,   b_j >= 0
    minimise  -loglik + strength / 2 * sum (b_j - s w_j)^2 + 3 / 2 * sum g_m^2,   s >= 0 free

w_j are the experts' weights (scaled to sum 1). At an infinite strength that is the experts' own score with two fitted numbers, a and s; at
0 it is the data alone. Intervals are 95%, by the inverse of the penalised Hessian. docs/methods/likelihood.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isinf, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from csm_portal.lib.estimates import Z_95

Floats = NDArray[np.float64]
Row = Mapping[str, float | None]

STRENGTH = 10.0
INDICATOR_RIDGE = 3.0
# A facet unknown for more than this share of the renewals has an indicator of its own: that a survey is missing says something.
MISSING_SHARE = 0.05
MIDDLE, SPREAD = 50.0, 25.0
SCORE = "score"
# Where a score parts the lost from the renewed without a fault, nothing but these borders ends the fit.
MOST_INTERCEPT, MOST_SLOPE = 12.0, 12.0


class OneOutcome(ValueError):
    """All were renewed, or all lost, or there are none: no slope can be told."""


@dataclass(frozen=True, slots=True)
class Chances:
    """The chance of renewal, 0 … 1, and its 95% interval; NaN where nothing of the row is known."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class ShrunkLogit:
    """A fit. `facets`, `expert`, `learned` and `medians` go together; `covariance` is of (a, b…, g…), in that order.

    `n` and `lost` are sums of the observations' weights. `slope` is s.
    """

    facets: tuple[str, ...]
    expert: tuple[float, ...]
    learned: tuple[float, ...]
    medians: tuple[float, ...]
    indicators: tuple[str, ...]
    unknown: tuple[float, ...]
    intercept: float
    slope: float
    covariance: tuple[tuple[float, ...], ...]
    n: float
    lost: float
    strength: float

    def tell(self, rows: Sequence[Row]) -> Chances:
        """The chances of such accounts. It is the uncertainty of the rate, not a promise about one account."""
        if not rows:
            return Chances(np.empty(0), np.empty(0), np.empty(0))
        raw = _raw(rows, self.facets)
        design = _design(raw, np.asarray(self.medians), [self.facets.index(name) for name in self.indicators])
        middle = design @ np.asarray((self.intercept, *self.learned, *self.unknown))
        around = np.asarray(self.covariance)
        half = Z_95 * np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", design, around, design), 0.0))
        nothing = np.isnan(raw).all(axis=1)
        return Chances(*(np.where(nothing, np.nan, _chance(one)) for one in (middle, middle - half, middle + half)))

    @property
    def learned_share(self) -> float:
        """How much of the weights the renewals say, 0 … 1: n p (1 - p) / (n p (1 - p) + strength); the experts say the rest."""
        if isinf(self.strength):
            return 0.0
        p = self.lost / self.n
        said = self.n * p * (1 - p)
        return said / (said + self.strength)

    def weights(self) -> dict[str, float]:
        """What each facet counts as learned, scaled to sum 1; empty where no facet counts at all."""
        total = sum(self.learned)
        return {name: one / total for name, one in zip(self.facets, self.learned, strict=True)} if total > 0 else {}

    def body(self) -> dict[str, Any]:
        """For JSON; an infinite strength is null."""
        return {
            "facets": list(self.facets),
            "expert": list(self.expert),
            "learned": list(self.learned),
            "medians": list(self.medians),
            "indicators": list(self.indicators),
            "unknown": list(self.unknown),
            "intercept": self.intercept,
            "slope": self.slope,
            "covariance": [list(row) for row in self.covariance],
            "n": self.n,
            "lost": self.lost,
            "strength": None if isinf(self.strength) else self.strength,
        }


def from_body(body: Mapping[str, Any]) -> ShrunkLogit:
    """The fit that `body()` wrote."""
    return ShrunkLogit(
        facets=tuple(body["facets"]),
        expert=tuple(body["expert"]),
        learned=tuple(body["learned"]),
        medians=tuple(body["medians"]),
        indicators=tuple(body["indicators"]),
        unknown=tuple(body["unknown"]),
        intercept=float(body["intercept"]),
        slope=float(body["slope"]),
        covariance=tuple(tuple(row) for row in body["covariance"]),
        n=float(body["n"]),
        lost=float(body["lost"]),
        strength=inf if body["strength"] is None else float(body["strength"]),
    )


def calibrate(scores: Sequence[float | None], renewed: Sequence[bool], counts: Sequence[float] | None = None) -> ShrunkLogit:
    """The hand score 0 … 100 with two fitted numbers. Renewals without a score are left out; `tell` wants rows `{"score": …}`.

    Raises OneOutcome.
    """
    known = [at for at, score in enumerate(scores) if score is not None]
    rows = [{SCORE: scores[at]} for at in known]
    weighed = None if counts is None else [counts[at] for at in known]
    return fit(rows, [renewed[at] for at in known], {SCORE: 1.0}, strength=inf, counts=weighed)


def fit(
    rows: Sequence[Row],
    renewed: Sequence[bool],
    expert: Mapping[str, float],
    *,
    strength: float = STRENGTH,
    counts: Sequence[float] | None = None,
) -> ShrunkLogit:
    """Fit the facets named in `expert` (weights of any scale, 0 allowed). A facet that no row knows is left out.

    `counts`: how many renewals each row stands for (absent: 1). Raises OneOutcome.
    """
    outcome = np.asarray(renewed, dtype=float)
    weight = np.ones(len(outcome)) if counts is None else np.asarray(counts, dtype=float)
    lost = float(weight @ (1 - outcome)) if len(outcome) else 0.0
    n = float(weight.sum())
    if not 0 < lost < n:
        raise OneOutcome(f"{lost:g} of {n:g} were lost")
    raw = _raw(rows, tuple(expert))
    known = ~np.isnan(raw)
    kept = [at for at in range(raw.shape[1]) if known[:, at].any()]
    if not kept:
        raise OneOutcome("nothing is known of any renewal")
    facets = tuple(name for at, name in enumerate(expert) if at in set(kept))
    raw, known = raw[:, kept], known[:, kept]
    medians = np.nanmedian(raw, axis=0)
    # At an infinite strength two numbers are fitted and no more.
    often = [] if isinf(strength) else [at for at in range(len(facets)) if known[:, at].mean() < 1 - MISSING_SHARE]
    wanted = np.asarray([float(expert[name]) for name in facets])
    wanted = wanted / wanted.sum() if wanted.sum() > 0 else wanted
    design = _design(raw, medians, often)
    found = _two_numbers(design, outcome, weight, wanted) if isinf(strength) else _shrunk(design, outcome, weight, wanted, strength)
    ends = 1 + len(facets)
    return ShrunkLogit(
        facets=facets,
        expert=tuple(wanted.tolist()),
        learned=tuple(found.beta[1:ends].tolist()),
        medians=tuple(medians.tolist()),
        indicators=tuple(facets[at] for at in often),
        unknown=tuple(found.beta[ends:].tolist()),
        intercept=float(found.beta[0]),
        slope=found.slope,
        covariance=tuple(tuple(row) for row in found.covariance.tolist()),
        n=n,
        lost=lost,
        strength=strength,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    beta: Floats
    slope: float
    covariance: Floats


def _two_numbers(design: Floats, outcome: Floats, weight: Floats, wanted: Floats) -> _Found:
    """a and s alone: every facet counts s w_j."""
    score = np.column_stack((np.ones(len(outcome)), design[:, 1:] @ wanted))

    def loss(theta: Floats) -> tuple[float, Floats]:
        return _loss(score, outcome, weight, theta)

    theta = _minimum(loss, _start(outcome, weight, 2), [(-MOST_INTERCEPT, MOST_INTERCEPT), (0.0, MOST_SLOPE)])
    small = _inverse(_curvature(score, weight, theta) + np.diag((0.0, 1e-9)))
    spread = np.zeros((design.shape[1], 2))
    spread[0, 0], spread[1:, 1] = 1.0, wanted
    return _Found(np.concatenate((theta[:1], theta[1] * wanted)), float(theta[1]), spread @ small @ spread.T)


def _shrunk(design: Floats, outcome: Floats, weight: Floats, wanted: Floats, strength: float) -> _Found:
    """All of (a, b, g, s). s is fitted with them, so its uncertainty is in theirs."""
    width, facets = design.shape[1], len(wanted)
    own = slice(1, 1 + facets)
    ridge = np.zeros(width)
    ridge[1 + facets :] = INDICATOR_RIDGE

    def loss(theta: Floats) -> tuple[float, Floats]:
        beta, slope = theta[:-1], theta[-1]
        value, gradient = _loss(design, outcome, weight, beta)
        apart = beta[own] - slope * wanted
        value += strength / 2 * float(apart @ apart) + float(ridge @ beta**2) / 2
        gradient = gradient + ridge * beta
        gradient[own] += strength * apart
        return value, np.append(gradient, -strength * float(apart @ wanted))

    bounds = [
        (-MOST_INTERCEPT, MOST_INTERCEPT),
        *[(0.0, MOST_SLOPE)] * facets,
        *[(None, None)] * (width - 1 - facets),
        (0.0, MOST_SLOPE * facets),
    ]
    theta = _minimum(loss, _start(outcome, weight, width + 1), bounds)
    curve = np.zeros((width + 1, width + 1))
    curve[:width, :width] = _curvature(design, weight, theta[:-1]) + np.diag(ridge)
    curve[own, own] += strength * np.eye(facets)
    curve[own, -1] = curve[-1, own] = -strength * wanted
    # A tiny ridge, so that experts without any weight leave s something to rest on.
    curve[-1, -1] = strength * float(wanted @ wanted) + 1e-6
    return _Found(theta[:-1], float(theta[-1]), _inverse(curve)[:width, :width])


def _loss(design: Floats, outcome: Floats, weight: Floats, beta: Floats) -> tuple[float, Floats]:
    """Minus the log-likelihood and its gradient."""
    middle = design @ beta
    value = float(weight @ (np.logaddexp(0.0, middle) - outcome * middle))
    gradient: Floats = design.T @ (weight * (_chance(middle) - outcome))
    return value, gradient


def _curvature(design: Floats, weight: Floats, beta: Floats) -> Floats:
    chance = _chance(design @ beta)
    curvature: Floats = (design * (weight * chance * (1 - chance))[:, None]).T @ design
    return curvature


def _inverse(curve: Floats) -> Floats:
    inverse: Floats = np.asarray(np.linalg.pinv(curve, hermitian=True), dtype=np.float64)
    return inverse


def _start(outcome: Floats, weight: Floats, width: int) -> Floats:
    rate = float(weight @ outcome) / float(weight.sum())
    theta: Floats = np.array([log(rate / (1 - rate)), *[0.1] * (width - 1)], dtype=np.float64)
    return theta


def _minimum(loss: Any, start: Floats, bounds: Sequence[tuple[float | None, float | None]]) -> Floats:
    # Slow to import, and told likelihoods need only the stored numbers.
    from scipy.optimize import minimize

    found: Floats = np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x, dtype=float)
    return found


def _raw(rows: Sequence[Row], facets: Sequence[str]) -> Floats:
    """Facets as columns, NaN where unknown."""
    listed = [[row.get(name) for name in facets] for row in rows]
    raw: Floats = np.array(listed, dtype=float).reshape(len(rows), len(facets))
    return raw


def _design(raw: Floats, medians: Floats, indicators: Sequence[int]) -> Floats:
    missing = np.isnan(raw)
    scaled = (np.where(missing, medians, raw) - MIDDLE) / SPREAD
    return np.column_stack((np.ones(len(raw)), scaled, missing[:, list(indicators)].astype(float)))


def _chance(middle: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-np.clip(middle, -35.0, 35.0)))
    return chance
