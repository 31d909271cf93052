"""Which way of looking at accounts tells the renewals that were kept from those that were lost better. Pure, standard library only.

docs/methods/definitions.md.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Any

from csm_portal.lib.estimates import Z_95, Share, share

PUBLISHED, DRAFT, NONE = "published", "draft", "none"
# Below this many lost (or kept) renewals an interval says nothing worth a decision.
FEWEST_OF_A_KIND = 5
PLACES = 6


@dataclass(frozen=True, slots=True)
class PastRenewal:
    """One closed renewal: the account, the day it was due, and whether it was renewed."""

    account_id: int
    ends_on: date
    renewed: bool


@dataclass(frozen=True, slots=True)
class Split:
    """Renewal rates of the active and the inactive, their difference with its 95% interval, and the AUC of being active.

    `unknown` dues had no known activity and stand in none of these. None where a group, or one outcome, is empty.
    """

    side: str
    active: Share
    inactive: Share
    unknown: int
    auc: float | None
    difference: float | None
    diff_low: float | None
    diff_high: float | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """How well a score 0 … 100 ranks the renewed above the lost, and the renewal rate of each band. `unknown`: without a score."""

    side: str
    auc: float | None
    n: int
    unknown: int
    bands: Mapping[str, Share]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The draft's AUC minus the published one's over the `n` dues that both know, with its 95% interval.

    `better` names the side whose advantage the interval proves, else `none`; `why` is `proven`, `not_proven`, `same` or `too_few`.
    """

    better: str
    why: str
    n: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None


def split(side: str, active: Sequence[bool | None], renewed: Sequence[bool]) -> Split:
    """Renewed share of the active and of the others; `active` None is unknown. One entry per due in both."""
    known = [(bool(a), r) for a, r in zip(active, renewed, strict=True) if a is not None]
    groups = {want: share(sum(r for a, r in known if a is want), sum(1 for a, _ in known if a is want)) for want in (True, False)}
    low, high = _difference(groups[True], groups[False])
    yes, no = groups[True].value, groups[False].value
    difference = None if yes is None or no is None else yes - no
    unknown = len(renewed) - len(known)
    return Split(
        side, groups[True], groups[False], unknown, auc([float(a) for a, _ in known], [r for _, r in known]), difference, low, high
    )


def ranked(side: str, scores: Sequence[float | None], bands: Sequence[str], renewed: Sequence[bool]) -> Ranked:
    """The AUC of the scores (None: unknown) and the renewed share of every band that occurs."""
    known = [(s, r) for s, r in zip(scores, renewed, strict=True) if s is not None]
    found: dict[str, list[bool]] = {}
    for band, one in zip(bands, renewed, strict=True):
        found.setdefault(band, []).append(one)
    shares = {band: share(sum(ones), len(ones)) for band, ones in found.items()}
    return Ranked(side, auc([s for s, _ in known], [r for _, r in known]), len(known), len(renewed) - len(known), shares)


def auc(values: Sequence[float], renewed: Sequence[bool]) -> float | None:
    """Probability that a renewed due has the higher value than a lost one, ties half; None where either kind is missing."""
    kept = sorted(v for v, r in zip(values, renewed, strict=True) if r)
    lost = [v for v, r in zip(values, renewed, strict=True) if not r]
    if not kept or not lost:
        return None
    return sum(_above(kept, one) for one in lost) / len(lost)


def compare(published: Sequence[float | None], draft: Sequence[float | None], renewed: Sequence[bool]) -> Comparison:
    """Whether the draft's values separate better than the published ones, on the same dues: DeLong's paired difference of two AUCs.

    Dues that either side does not know are left out. Fewer than 5 lost or 5 renewed ones compare nothing.
    """
    rows = [(p, d, r) for p, d, r in zip(published, draft, renewed, strict=True) if p is not None and d is not None]
    kept, lost = sum(r for *_, r in rows), sum(not r for *_, r in rows)
    if min(kept, lost) < FEWEST_OF_A_KIND:
        return Comparison(NONE, "too_few", len(rows))
    sides = [_placements([row[side] for row in rows], [row[2] for row in rows]) for side in (0, 1)]
    differences = [[b - a for a, b in zip(sides[0][kind], sides[1][kind], strict=True)] for kind in (0, 1)]
    difference = sum(differences[0]) / kept
    spread = sqrt(sum(_variance(one) / len(one) for one in differences))
    low, high = difference - Z_95 * spread, difference + Z_95 * spread
    better = DRAFT if low > 0 else PUBLISHED if high < 0 else NONE
    why = "proven" if better != NONE else "same" if difference == spread == 0 else "not_proven"
    return Comparison(better, why, len(rows), difference, low, high)


def overall(comparisons: Iterable[Comparison]) -> str:
    """The side that is proven better and nowhere proven worse, else `none`."""
    sides = {one.better for one in comparisons} - {NONE}
    return sides.pop() if len(sides) == 1 else NONE


def split_body(one: Split) -> dict[str, Any]:
    """For JSON; shares rounded to 6 places."""
    figures = {name: _rounded(getattr(one, name)) for name in ("auc", "difference", "diff_low", "diff_high")}
    return {"side": one.side, "active": share_body(one.active), "inactive": share_body(one.inactive), "unknown": one.unknown, **figures}


def ranked_body(one: Ranked) -> dict[str, Any]:
    """For JSON."""
    bands = {band: share_body(found) for band, found in sorted(one.bands.items())}
    return {"side": one.side, "auc": _rounded(one.auc), "n": one.n, "unknown": one.unknown, "bands": bands}


def comparison_body(one: Comparison) -> dict[str, Any]:
    """For JSON."""
    figures = {name: _rounded(getattr(one, name)) for name in ("difference", "low", "high")}
    return {"better": one.better, "why": one.why, "n": one.n, **figures}


def share_body(one: Share) -> dict[str, Any]:
    """For JSON: how many, how many of them renewed, the rate and its interval."""
    return {"n": one.n, "renewed": one.hits, "rate": _rounded(one.value), "low": _rounded(one.low), "high": _rounded(one.high)}


def _difference(yes: Share, no: Share) -> tuple[float | None, float | None]:
    """Newcombe's interval of a difference of two shares, from their Wilson intervals; None where a group is empty."""
    if yes.value is None or no.value is None or yes.low is None or no.low is None or yes.high is None or no.high is None:
        return None, None
    difference = yes.value - no.value
    below = sqrt((yes.value - yes.low) ** 2 + (no.high - no.value) ** 2)
    above = sqrt((yes.high - yes.value) ** 2 + (no.value - no.low) ** 2)
    return difference - below, difference + above


def _placements(values: Sequence[float], renewed: Sequence[bool]) -> tuple[list[float], list[float]]:
    """Of each renewed due the share of the lost below it, of each lost one the share of the renewed above it; ties half."""
    kept = sorted(v for v, r in zip(values, renewed, strict=True) if r)
    lost = sorted(v for v, r in zip(values, renewed, strict=True) if not r)
    of_kept = [1 - _above(lost, v) for v, r in zip(values, renewed, strict=True) if r]
    return of_kept, [_above(kept, v) for v, r in zip(values, renewed, strict=True) if not r]


def _above(ordered: Sequence[float], value: float) -> float:
    """Share of the ordered values above `value`, those equal to it half."""
    return (2 * len(ordered) - bisect_left(ordered, value) - bisect_right(ordered, value)) / (2 * len(ordered))


def _variance(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, PLACES)
