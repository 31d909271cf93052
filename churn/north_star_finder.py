"""Proposes a north star: the action, measure and threshold that best separated past renewals, held out in time; or says none.

docs/methods/north-star.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from math import sqrt
from typing import Any

from django.db import connection, transaction

from churn import north_star_finder_sql as sql
from csm_portal.lib.estimates import Share, difference_p, share
from csm_portal.lib.versions import version_on
from health.versions import activity_versions

# Fewer dues on a side of a threshold, in either half, say nothing about it.
LEAST_SIDE = 20
# Fewer closed dues, or losses among them, are no ground for a search.
LEAST_DUES, LEAST_LOST = 100, 20
FALSE_DISCOVERY = 0.05
SHOWN = 5
FOUND, NONE, TOO_FEW = "found", "none", "too_few"
JOB = "north_star_finder"


@dataclass(frozen=True, slots=True)
class Side:
    """Dues on one side of a threshold and how many of them were renewed."""

    n: int
    renewed: int

    @property
    def share(self) -> Share:
        """The renewal rate with its interval."""
        return share(self.renewed, self.n)


@dataclass(frozen=True, slots=True)
class Cut:
    """One candidate: dues at or above and below the threshold, in the earlier half (training) and the later one (held out)."""

    action: str
    measure: str
    threshold: Decimal
    above: Side
    below: Side
    later_above: Side
    later_below: Side

    @property
    def judged(self) -> bool:
        """Whether every side of both halves holds enough dues."""
        return all(side.n >= LEAST_SIDE for side in (self.above, self.below, self.later_above, self.later_below))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A candidate that held; sides are [renewed, dues].

    `difference` is the later half's, rate above less rate below, with its 95% interval; `q` corrects its p for all that were tried.
    """

    action: str
    measure: str
    threshold: str
    above: list[int]
    below: list[int]
    later_above: list[int]
    later_below: list[int]
    difference: float
    low: float
    high: float
    p: float
    q: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What a search found. `verdict` is found, none or too_few; `tried` counts actions with their measures, `thresholds` all cuts."""

    as_of: str
    verdict: str
    dues: int
    lost: int
    split_on: str = ""
    training: list[int] = field(default_factory=list)
    later: list[int] = field(default_factory=list)
    tried: int = 0
    thresholds: int = 0
    proposals: list[Proposal] = field(default_factory=list)

    def text(self) -> str:
        """For the job's row."""
        return json.dumps(asdict(self), ensure_ascii=False)


def read_finding(text: str) -> Finding:
    """A finding as `text` wrote it. Raises ValueError for anything else."""
    body: dict[str, Any] = json.loads(text)
    proposals = [Proposal(**one) for one in body.pop("proposals")]
    return Finding(**body, proposals=proposals)


@transaction.atomic
def find(as_of: date, say: Callable[[str], None]) -> Finding:
    """Search all closed renewals as of a day. Set-based: statements over all dues at once, however many accounts there are."""
    with connection.cursor() as cursor:
        cursor.execute(sql.FIRST)
        (first,) = cursor.fetchone()
        if first is None:
            return Finding(as_of.isoformat(), TOO_FEW, 0, 0)
        values = {"as_of": as_of, "first": first, "skipped": _skipped(as_of)}
        cursor.execute(sql.FORGET)
        say("closed renewals")
        cursor.execute(sql.DUES, values)
        cursor.execute(sql.SIZES)
        dues, lost, split_on, training, training_renewed, later_renewed = cursor.fetchone()
        if dues < LEAST_DUES or lost < LEAST_LOST:
            return Finding(as_of.isoformat(), TOO_FEW, dues, lost)
        say("what was done before them")
        cursor.execute(sql.USE, values)
        cursor.execute(sql.VALUES)
        say("thresholds")
        cursor.execute(sql.CUTS)
        cuts = [_cut(row) for row in cursor.fetchall()]
        cursor.execute(sql.FORGET)
    tried, proposals = propose(cuts)
    return Finding(
        as_of=as_of.isoformat(),
        verdict=FOUND if proposals else NONE,
        dues=dues,
        lost=lost,
        split_on=split_on.isoformat(),
        training=[training_renewed, training],
        later=[later_renewed, dues - training],
        tried=tried,
        thresholds=len(cuts),
        proposals=proposals[:SHOWN],
    )


def propose(cuts: Iterable[Cut]) -> tuple[int, list[Proposal]]:
    """How many actions with their measures could be judged, and those that held, the widest held-out difference first.

    Of each action and measure the threshold that separated the earlier half best is looked at in the later half, once; the p of all of
    them are corrected together (Benjamini and Hochberg), and only a difference in favour of those above counts.
    """
    best: dict[tuple[str, str], Cut] = {}
    for cut in cuts:
        if not cut.judged:
            continue
        known = best.get((cut.action, cut.measure))
        if known is None or _strength(cut) > _strength(known):
            best[cut.action, cut.measure] = cut
    chosen = list(best.values())
    ps = [difference_p(c.later_above.renewed, c.later_above.n, c.later_below.renewed, c.later_below.n) or 0.0 for c in chosen]
    held = [_proposal(cut, p, q) for cut, p, q in zip(chosen, ps, corrected(ps), strict=True)]
    good = [one for one in held if one.q <= FALSE_DISCOVERY and one.difference > 0]
    return len(chosen), sorted(good, key=lambda one: (-one.difference, one.action, one.measure))


def corrected(ps: Sequence[float]) -> list[float]:
    """The q of each p, as Benjamini and Hochberg correct for having tried them all; in the order given."""
    n = len(ps)
    order = sorted(range(n), key=lambda place: ps[place], reverse=True)
    made, least = [0.0] * n, 1.0
    for rank, place in zip(range(n, 0, -1), order, strict=True):
        least = min(least, ps[place] * n / rank)
        made[place] = least
    return made


def difference(above: Side, below: Side) -> tuple[float, float, float]:
    """Rate above less rate below with Newcombe's 95% interval, from the Wilson intervals of both. Neither side may be empty."""
    one, two = above.share, below.share
    if one.value is None or one.low is None or one.high is None or two.value is None or two.low is None or two.high is None:
        raise ValueError("a side is empty")
    gap = one.value - two.value
    low = gap - sqrt((one.value - one.low) ** 2 + (two.high - two.value) ** 2)
    high = gap + sqrt((one.high - one.value) ** 2 + (two.value - two.low) ** 2)
    return gap, max(-1.0, low), min(1.0, high)


def _strength(cut: Cut) -> float:
    """How far the earlier half is separated, in standard errors; negative where those above renewed less."""
    n = cut.above.n + cut.below.n
    pooled = (cut.above.renewed + cut.below.renewed) / n
    spread = sqrt(pooled * (1 - pooled) * (1 / cut.above.n + 1 / cut.below.n))
    return (cut.above.renewed / cut.above.n - cut.below.renewed / cut.below.n) / spread if spread else 0.0


def _proposal(cut: Cut, p: float, q: float) -> Proposal:
    gap, low, high = difference(cut.later_above, cut.later_below)
    above, below, later_above, later_below = ([side.renewed, side.n] for side in (cut.above, cut.below, cut.later_above, cut.later_below))
    return Proposal(
        action=cut.action,
        measure=cut.measure,
        threshold=f"{cut.threshold.normalize():f}",
        above=above,
        below=below,
        later_above=later_above,
        later_below=later_below,
        difference=round(gap, 6),
        low=round(low, 6),
        high=round(high, 6),
        p=round(p, 6),
        q=round(q, 6),
    )


def _cut(row: tuple[Any, ...]) -> Cut:
    action, measure, threshold, *counts = row
    sides = [Side(n, renewed) for n, renewed in zip(counts[::2], counts[1::2], strict=True)]
    return Cut(action, measure, threshold, *sides)


def _skipped(as_of: date) -> list[str]:
    """Logins show presence, not value: they are no candidates."""
    version = version_on(activity_versions(), as_of)
    return sorted({name for rules in (version.rules if version else ()) for name in rules.login_actions})
