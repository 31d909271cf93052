"""What the table of people adds up: counts, amounts and values of one desk, and of every sum of desks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from statistics import fmean, median
from typing import Any

ZERO = Decimal(0)
# Owner and team of an account; None where it has none.
Desk = tuple[int | None, int | None]


@dataclass(slots=True)
class Figures:
    """Everything of one desk that adds up; rates and middles are worked out from the sums, never averaged from rates.

    Amounts are in the reporting currency. Lists hold one value per paying account that has one. `past` counts paying, active and
    unknown accounts by (grain, first day).
    """

    accounts: int = 0
    paying: int = 0
    active: int = 0
    unknown: int = 0
    undecided: int = 0
    can_reach: int = 0
    week_active: int = 0
    week_unknown: int = 0
    mrr: Decimal = ZERO
    without_rate: int = 0
    level_zero: int = 0
    level_low: int = 0
    level_medium: int = 0
    level_high: int = 0
    level_unknown: int = 0
    band_red: int = 0
    band_amber: int = 0
    band_green: int = 0
    band_unknown: int = 0
    outcome_achieved: int = 0
    outcome_on_track: int = 0
    outcome_behind: int = 0
    outcome_missed: int = 0
    outcome_none: int = 0
    scores: list[float] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    rated: int = 0
    ages: list[int] = field(default_factory=list)
    reviewed: int = 0
    tickets: int = 0
    ticket_accounts: int = 0
    due: int = 0
    renewed: int = 0
    lost: int = 0
    open: int = 0
    due_accounts: int = 0
    renewed_accounts: int = 0
    lost_accounts: int = 0
    open_accounts: int = 0
    due_amount: Decimal = ZERO
    renewed_amount: Decimal = ZERO
    lost_amount: Decimal = ZERO
    open_amount: Decimal = ZERO
    decided_amount: Decimal = ZERO
    cases_without_rate: int = 0
    month_renewed: Decimal = ZERO
    month_decided: Decimal = ZERO
    month_renewed_amount: Decimal = ZERO
    month_decided_amount: Decimal = ZERO
    promoters_less_detractors: Decimal = ZERO
    answers: int = 0
    csms: int = 0
    past: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def __add__(self, other: Figures) -> Figures:
        return Figures(**{name: getattr(self, name) + getattr(other, name) for name in NAMES})

    @property
    def rate(self) -> float | None:
        """Monthly active / paying; None where nobody pays."""
        return share(self.active, self.paying)

    @property
    def week_rate(self) -> float | None:
        """Weekly active / paying in the running week."""
        return share(self.week_active, self.paying)

    @property
    def successful(self) -> int:
        """Paying accounts whose desired outcome is achieved or on track."""
        return self.outcome_achieved + self.outcome_on_track

    @property
    def success_rate(self) -> float | None:
        """Successful / paying accounts with a desired outcome; None where nobody has one."""
        return share(self.successful, self.successful + self.outcome_behind + self.outcome_missed)

    @property
    def mean_score(self) -> float | None:
        """Mean health of the paying accounts whose health is known."""
        return fmean(self.scores) if self.scores else None

    @property
    def median_score(self) -> float | None:
        """Median health of the paying accounts whose health is known."""
        return median(self.scores) if self.scores else None

    @property
    def score_change(self) -> float | None:
        """Mean change of health in 30 days, over the paying accounts known on both days."""
        return fmean(self.changes) if self.changes else None

    @property
    def renewal_rate(self) -> float | None:
        """Renewed / decided dues of the chosen period."""
        return share(self.renewed, self.renewed + self.lost)

    @property
    def renewal_rate_amount(self) -> float | None:
        """Renewed / decided monthly revenue of the chosen period, expansion included."""
        return share(self.renewed_amount, self.decided_amount)

    @property
    def rated_share(self) -> float | None:
        """Paying accounts whose every question has an unexpired answer / paying."""
        return share(self.rated, self.paying)

    @property
    def median_age(self) -> float | None:
        """Median days since the last rating, over the paying accounts ever rated."""
        return median(self.ages) if self.ages else None

    @property
    def reviewed_share(self) -> float | None:
        """Paying accounts with an executive-attended QBR in the last 90 days / paying."""
        return share(self.reviewed, self.paying)

    @property
    def nps(self) -> float | None:
        """Share of promoters less share of detractors, in points."""
        points = share(self.promoters_less_detractors, self.answers)
        return None if points is None else points * 100

    @property
    def accounts_per_csm(self) -> float | None:
        """Accounts with an owner or not / people with a book."""
        return share(self.accounts, self.csms)

    @property
    def mrr_per_csm(self) -> float | None:
        """MRR / people with a book."""
        return share(self.mrr, self.csms)

    def rate_of(self, grain: str, starts_on: str) -> float | None:
        """The active rate of a past period, of the book as it stood at its end."""
        return share(self.past[grain, starts_on, "active"], self.past[grain, starts_on, "paying"])

    @property
    def month_values(self) -> dict[str, float | None]:
        """The four headlines of the month, by their keys; shares, and points for NPS."""
        return {
            "renewal_rate_count": share(self.month_renewed, self.month_decided),
            "renewal_rate_amount": share(self.month_renewed_amount, self.month_decided_amount),
            "monthly_active_rate": self.rate,
            "nps": self.nps,
        }


NAMES = tuple(one.name for one in fields(Figures))
ByDesk = dict[Desk, Figures]


def share(part: Decimal | int, whole: Decimal | int) -> float | None:
    """Part of a whole; None where there is no whole."""
    return float(Decimal(part) / Decimal(whole)) if whole else None


def total(figures: Iterable[Figures]) -> Figures:
    """The sum of any number of desks."""
    adding: dict[str, Any] = {}
    for one in figures:
        for name in NAMES:
            value = getattr(one, name)
            if name not in adding:
                adding[name] = value.copy() if isinstance(value, list | Counter) else value
            elif isinstance(value, Counter):
                adding[name].update(value)
            else:
                adding[name] += value
    return Figures(**adding)


def merged(*sources: ByDesk) -> ByDesk:
    """Several sources of figures of the same desks as one."""
    desks = {desk for source in sources for desk in source}
    return {desk: total(source[desk] for source in sources if desk in source) for desk in desks}
