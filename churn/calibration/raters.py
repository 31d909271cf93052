"""The record of each rater: what their ratings added to what the machine told, and whether they rate kindly or harshly. Pure.

docs/methods/raters.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log, sqrt

from churn.calibration.auc import Auc, auc
from churn.calibration.expected import MIDDLE, SPREAD, month_of, numbers
from csm_portal.lib.estimates import Z_95

FEWEST, FEWEST_LOST = 20, 3
# A chance of 0 or 1 would make one surprise count without end.
EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Rated:
    """One closed renewal with both parts of its score, 0 … 100; `rater` gave the latest answer in force. Known from `closed_on` on."""

    account_id: int
    rater: int
    ends_on: date
    closed_on: date
    renewed: bool
    machine: float
    human: float


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over renewals with its 95% interval, by account."""

    value: float
    low: float
    high: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Record:
    """One rater's record; `rater` None: of the whole house.

    `rated` renewals in all, `n` of them with a chance told out of time, `lost` of those. `gain`: mean log-loss without their ratings minus
    with; above 0 they helped. `kindness`: renewed share minus what such ratings stand for; below 0 kind, above 0 harsh. `human` is the
    mean rating, 0 … 100. `alone` is the AUC of the ratings by themselves.
    """

    rater: int | None
    rated: int
    n: int
    lost: int
    human: float
    gain: Mean | None
    without: Auc | None
    with_ratings: Auc | None
    alone: Auc | None
    kindness: Mean | None

    @property
    def enough(self) -> bool:
        """Whether there are renewals and losses enough to speak of a person."""
        return self.n >= FEWEST and self.lost >= FEWEST_LOST


@dataclass(frozen=True, slots=True)
class _Told:
    row: Rated
    without: float
    with_ratings: float
    by_rating: float


def records(rows: Sequence[Rated], lead: int) -> list[Record]:
    """The house first, then each rater by id. Chances are fitted over all raters, on what had closed `lead` days before the month."""
    told = {id(one.row): one for one in _told(rows, lead)}
    of: dict[int, list[Rated]] = defaultdict(list)
    for row in rows:
        of[row.rater].append(row)
    groups: list[tuple[int | None, list[Rated]]] = [(None, list(rows)), *sorted(of.items())]
    return [_record(rater, some, [told[id(row)] for row in some if id(row) in told]) for rater, some in groups if some]


def _told(rows: Sequence[Rated], lead: int) -> list[_Told]:
    months: dict[date, list[Rated]] = defaultdict(list)
    for row in rows:
        months[month_of(row.ends_on)].append(row)
    made = []
    for month, some in sorted(months.items()):
        before = [row for row in rows if row.closed_on < month - timedelta(days=lead)]
        renewed = [row.renewed for row in before]
        own = numbers([(row.machine,) for row in before], renewed)
        both = numbers([(row.machine, row.human) for row in before], renewed)
        rating = numbers([(row.human,) for row in before], renewed)
        if own and both and rating:
            made += [
                _Told(row, _chance(own, row.machine), _chance(both, row.machine, row.human), _chance(rating, row.human)) for row in some
            ]
    return made


def _chance(fit: Sequence[float], *values: float) -> float:
    logit = fit[0] + sum(slope * (value - MIDDLE) / SPREAD for slope, value in zip(fit[1:], values, strict=True))
    return 1 / (1 + exp(-logit))


def _record(rater: int | None, rows: Sequence[Rated], told: Sequence[_Told]) -> Record:
    renewed = [one.row.renewed for one in told]
    accounts = [one.row.account_id for one in told]
    return Record(
        rater=rater,
        rated=len(rows),
        n=len(told),
        lost=sum(not one for one in renewed),
        human=sum(row.human for row in rows) / len(rows),
        gain=mean_by((one.row.account_id, _loss(one.without, one) - _loss(one.with_ratings, one)) for one in told),
        without=auc([one.without for one in told], renewed, accounts),
        with_ratings=auc([one.with_ratings for one in told], renewed, accounts),
        alone=auc([row.human for row in rows], [row.renewed for row in rows], [row.account_id for row in rows]),
        kindness=mean_by(((one.row.account_id, one.row.renewed - one.by_rating) for one in told), least=_by_chance(told)),
    )


def _loss(chance: float, one: _Told) -> float:
    bounded = min(max(chance, EDGE), 1 - EDGE)
    return -log(bounded if one.row.renewed else 1 - bounded)


def _by_chance(told: Sequence[_Told]) -> float:
    """Standard error of the renewed share if every chance is right."""
    return sqrt(sum(one.by_rating * (1 - one.by_rating) for one in told)) / len(told) if told else 0.0


def mean_by(pairs: Iterable[tuple[int, float]], least: float = 0.0) -> Mean | None:
    """Mean of the values, with an interval that counts accounts: ± 1.96 sqrt(sum over accounts of (sum of deviations)²) / n.

    `least`: a standard error below which it is not believed. None: there are no values.
    """
    sums: dict[int, list[float]] = defaultdict(list)
    for account, value in pairs:
        sums[account].append(value)
    n = sum(len(values) for values in sums.values())
    if not n:
        return None
    mean = sum(sum(values) for values in sums.values()) / n
    spread = sqrt(sum((sum(values) - len(values) * mean) ** 2 for values in sums.values())) / n
    half = Z_95 * max(spread, least)
    return Mean(mean, mean - half, mean + half)
