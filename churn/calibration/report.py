"""All that past renewals say about the score that was shown before them: one report, put together from rows. Pure.

docs/methods/calibration.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from churn.calibration import tables
from churn.calibration.auc import Auc, auc
from churn.calibration.separation import Separation, separation
from churn.calibration.tables import Fault, Group, Judged

# Fewer closed renewals with a score, or fewer lost ones, tell nothing about a score.
FEWEST, FEWEST_LOST = 50, 10
# A score read 90 days ahead that orders so well knows something it should not; so does one that learns so much in 60 days.
TOO_GOOD, TOO_SUDDEN = 0.90, 0.10
# The AUC of a coin.
CHANCE = 0.5
# Expected and actual losses differ when they lie so many standard errors apart.
BEYOND = 2.0
INVOLUNTARY = "involuntary"


@dataclass(frozen=True, slots=True)
class Quarter:
    """One past quarter, out of time. `expected_lost` and `lost` are of the renewals with an expected chance alone, `beyond` how many
    standard errors more were lost than expected. `green_lost` is the MRR lost that had been green.
    """

    name: str
    group: Group
    auc: Auc | None
    expected_lost: float | None
    lost_of_told: int
    beyond: float | None
    green_lost: float


@dataclass(frozen=True, slots=True)
class Kind:
    """Losses of one kind against all renewals: how many, how many of them had been green, and how well the score ordered them."""

    name: str
    lost: int
    green: int
    amount: float
    auc: Auc | None


@dataclass(frozen=True, slots=True)
class Leak:
    """Whether the score knows what it should not: `value` at the lead, `before` 60 days earlier, over the same renewals."""

    value: float | None
    before: float | None
    too_good: bool
    too_sudden: bool

    @property
    def warns(self) -> bool:
        """Whether to look for the leak first."""
        return self.too_good or self.too_sudden


@dataclass(frozen=True, slots=True)
class Report:
    """The report. `n` closed renewals were judged, `lost` of them lost; `scored` and `scored_lost` had a score so many days before.

    `known_before` were left out because their outcome was recorded before. `drifts`: names of the last quarter of two in a row in which
    expected and actual lie more than 2 standard errors apart, the same way. `separates` is None with too few to say.
    """

    n: int
    lost: int
    scored: int
    scored_lost: int
    known_before: int
    whole: Group
    auc: Auc | None
    brier: float | None
    brier_of_base: float | None
    fault: Fault | None
    beyond: float | None
    worst_lift: Group | None
    bands: list[Group]
    parts: list[Group]
    reliability: list[Group]
    months: list[Group]
    quarters: list[Quarter]
    kinds: list[Kind]
    leak: Leak
    drifts: list[str]
    separation: Separation
    separates: bool | None

    @property
    def told(self) -> int:
        """How many have an expected chance."""
        return sum(one.rate.n for one in self.reliability)

    @property
    def told_enough(self) -> bool:
        """Whether expected and observed may be compared at all."""
        return self.told >= FEWEST

    @property
    def enough(self) -> bool:
        """Whether there are renewals and losses enough for AUC, calibration error and lift to say anything."""
        return self.scored >= FEWEST and self.scored_lost >= FEWEST_LOST and self.scored - self.scored_lost >= FEWEST_LOST

    @property
    def beyond_base(self) -> bool | None:
        """Whether the order by health tells more than the base rate does: its interval lies above that of a coin. None: too few to say."""
        if not self.enough or self.auc is None or self.auc.low is None:
            return None
        return self.auc.low > CHANCE


def report(rows: Sequence[Judged], known_before: int, earlier: Sequence[float | None]) -> Report:
    """The report of decided renewals; `earlier` is the score of each 60 days before that of the row, for the leak warning."""
    scored = [one for one in rows if one.score is not None]
    lost = sum(not one.renewed for one in rows)
    scored_lost = sum(not one.renewed for one in scored)
    enough = min(scored_lost, len(scored) - scored_lost) >= FEWEST_LOST and len(scored) >= FEWEST
    parts = tables.by_part(rows)
    every = tables.rate_of(rows)
    bands = tables.by_band(rows)
    quarters = [_quarter(name, some) for name, some in tables.by_key(rows, tables.quarter_of)]
    told = [one for one in rows if one.expected is not None]
    order = _auc(scored)
    apart = separation({one.name: (one.lost, one.rate.n) for one in bands})
    base = sum(one.renewed for one in told) / len(told) if told else 0.0
    return Report(
        n=len(rows),
        lost=lost,
        scored=len(scored),
        scored_lost=scored_lost,
        known_before=known_before,
        whole=tables.group("", rows, every),
        auc=order,
        brier=tables.brier(rows),
        brier_of_base=base * (1 - base) if told else None,
        fault=tables.fault(rows),
        beyond=tables.beyond_chance(rows),
        worst_lift=parts[0] if parts else None,
        bands=bands,
        parts=parts,
        reliability=tables.reliability(rows),
        months=[tables.group(name, some, every) for name, some in tables.by_key(rows, tables.month_of)],
        quarters=quarters,
        kinds=_kinds(scored, order),
        leak=leak(rows, earlier, order) if enough else Leak(None, None, too_good=False, too_sudden=False),
        drifts=_drifts(quarters),
        separation=apart,
        # Bands of a few renewals lie far apart by chance too: the order has to tell something at all.
        separates=apart.holds and order is not None and (order.low or 0) > CHANCE if enough else None,
    )


def leak(rows: Sequence[Judged], earlier: Sequence[float | None], own: Auc | None) -> Leak:
    """Whether the score orders too well to be true (`own`), or far better than 60 days earlier over the renewals that had both."""
    both = [(one, score) for one, score in zip(rows, earlier, strict=True) if one.score is not None and score is not None]
    now = own if own and len(both) == own.kept + own.lost else _auc([one for one, _score in both])
    then = auc([score for _one, score in both], [one.renewed for one, _score in both])
    sudden = now is not None and then is not None and min(now.lost, now.kept) >= FEWEST_LOST and now.value - then.value > TOO_SUDDEN
    return Leak(own.value if own else None, then.value if then else None, own is not None and own.value > TOO_GOOD, sudden)


def _auc(rows: Sequence[Judged]) -> Auc | None:
    known = [(one.score, one.renewed, one.account_id) for one in rows if one.score is not None]
    return auc([score for score, _r, _a in known], [renewed for _s, renewed, _a in known], [account for _s, _r, account in known])


def _quarter(name: str, rows: Sequence[Judged]) -> Quarter:
    told = [one for one in rows if one.expected is not None]
    return Quarter(
        name=name,
        group=tables.group(name, rows, tables.rate_of(rows)),
        auc=_auc(rows),
        expected_lost=sum(1 - (one.expected or 0.0) for one in told) if told else None,
        lost_of_told=sum(not one.renewed for one in told),
        beyond=tables.beyond_chance(rows),
        green_lost=sum((one.amount or 0.0) - (one.kept or 0.0) for one in rows if one.band == "green" and not one.renewed),
    )


def _drifts(quarters: Sequence[Quarter]) -> list[str]:
    far = [(one.name, one.beyond) for one in quarters]
    return [
        name
        for (_before, first), (name, second) in pairwise(far)
        if first is not None and second is not None and min(abs(first), abs(second)) > BEYOND and (first > 0) == (second > 0)
    ]


def _kinds(rows: Sequence[Judged], order: Auc | None) -> list[Kind]:
    """All losses (their AUC is `order`), those but for involuntary ones, and these alone; each against all that were renewed."""
    picks: list[tuple[str, Callable[[Judged], bool]]] = [
        ("all", lambda _one: True),
        ("chosen", lambda one: one.churn_type != INVOLUNTARY),
        (INVOLUNTARY, lambda one: one.churn_type == INVOLUNTARY),
    ]
    return [_kind(name, [one for one in rows if one.renewed or pick(one)], len(rows), order) for name, pick in picks]


def _kind(name: str, rows: Sequence[Judged], every: int, order: Auc | None) -> Kind:
    lost = [one for one in rows if not one.renewed]
    told = order if len(rows) == every else _auc(rows)
    return Kind(name, len(lost), sum(one.band == "green" for one in lost), sum(one.amount or 0.0 for one in lost), told)
