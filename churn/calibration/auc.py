"""How well a score orders those renewed above those lost, with its interval. Pure, standard library only.

AUC = chance that of a renewed and a lost one, both drawn at random, the renewed one has the higher score; a tie counts half. Interval 95%
on the log-odds scale, variance by DeLong with Obuchowski's sums per cluster: renewals of one account are not independent.
docs/methods/calibration.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from csm_portal.lib.estimates import Z_95, wilson


@dataclass(frozen=True, slots=True)
class Auc:
    """0.5 tells nothing, 1 everything. `lost` and `kept` are how many it compares; `low` and `high` None where one side is a single one."""

    value: float
    low: float | None
    high: float | None
    lost: int
    kept: int


def auc(scores: Sequence[float], renewed: Sequence[bool], clusters: Sequence[Hashable] | None = None) -> Auc | None:
    """The AUC of scores (higher: more likely renewed); None where all were renewed, or all lost. `clusters` absent: each its own."""
    lost = sum(not one for one in renewed)
    kept = len(renewed) - lost
    if not lost or not kept:
        return None
    placed = _placements(scores, renewed, lost, kept)
    value = sum(place for place, one in zip(placed, renewed, strict=True) if one) / kept
    named = range(len(scores)) if clusters is None else clusters
    variance = _variance(placed, renewed, named, value, (lost, kept))
    return Auc(value, *_interval(value, variance, (lost, kept)), lost, kept)


def _placements(scores: Sequence[float], renewed: Sequence[bool], lost: int, kept: int) -> list[float]:
    """Of each renewed one the share of lost ones below it, of each lost one the share of renewed ones above it; ties count half."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    placed = [0.0] * len(scores)
    lost_below = kept_below = at = 0
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        tied = order[at:end]
        tied_kept = sum(renewed[one] for one in tied)
        tied_lost = len(tied) - tied_kept
        for one in tied:
            if renewed[one]:
                placed[one] = (lost_below + tied_lost / 2) / lost
            else:
                placed[one] = (kept - kept_below - tied_kept / 2) / kept
        lost_below, kept_below, at = lost_below + tied_lost, kept_below + tied_kept, end
    return placed


def _variance(
    placed: Sequence[float], renewed: Sequence[bool], clusters: Sequence[Hashable], value: float, sides: tuple[int, int]
) -> float | None:
    """Of the AUC; None where a side has one cluster alone."""
    lost, kept = sides
    apart: dict[Hashable, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
    for place, one, name in zip(placed, renewed, clusters, strict=True):
        sums = apart[name]
        sums[0 if one else 2] += place - value
        sums[1 if one else 3] += 1
    with_kept = sum(sums[1] > 0 for sums in apart.values())
    with_lost = sum(sums[3] > 0 for sums in apart.values())
    if with_kept < 2 or with_lost < 2:
        return None
    of_kept = with_kept / (with_kept - 1) * sum(sums[0] ** 2 for sums in apart.values()) / kept**2
    of_lost = with_lost / (with_lost - 1) * sum(sums[2] ** 2 for sums in apart.values()) / lost**2
    both = len(apart) / (len(apart) - 1) * sum(sums[0] * sums[2] for sums in apart.values()) / (kept * lost)
    return max(0.0, of_kept + of_lost + 2 * both)


def _interval(value: float, variance: float | None, sides: tuple[int, int]) -> tuple[float | None, float | None]:
    if variance is None:
        return None, None
    if variance == 0 or not 0 < value < 1:
        # No fault, or nothing but: as far as the smaller side can tell.
        return wilson(value, min(sides))
    odds, half = log(value / (1 - value)), Z_95 * sqrt(variance) / (value * (1 - value))
    return 1 / (1 + exp(half - odds)), 1 / (1 + exp(-half - odds))
