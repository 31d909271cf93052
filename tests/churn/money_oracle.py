"""MRR and logos computed a second time, slowly and day by day, from nothing but terms: what the portal's numbers are held against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)


class Row(NamedTuple):
    """One term `[starts_on, ends_on)`."""

    account: str
    starts_on: date
    ends_on: date | None
    mrr: Decimal
    product: str = "default"


@dataclass(frozen=True, slots=True)
class Expected:
    """A period's numbers."""

    start: Decimal
    new: Decimal
    expansion: Decimal
    contraction: Decimal
    churn: Decimal
    reactivation: Decimal
    end: Decimal
    grr: Decimal | None
    nrr: Decimal | None
    logos: int
    logos_lost: int
    logos_joined: int


class Oracle:
    """Answers about one set of terms; terms at 0 pay nothing and are no terms."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.terms: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row.mrr > 0:
                self.terms[row.account].append(row)

    def pays(self, account: str, day: date) -> Decimal:
        """MRR at the close of the day."""
        return sum((row.mrr for row in self.terms[account] if row.starts_on <= day and (row.ends_on is None or row.ends_on > day)), ZERO)

    def paid_by(self, account: str, day: date) -> bool:
        """Whether it paid on the day or any before it."""
        return any(row.starts_on <= day for row in self.terms[account])

    def period(self, first: date, close: date) -> Expected:
        """The state at the close of the day before `first` against that at the close of `close`."""
        before = first - timedelta(days=1)
        totals: dict[str, Decimal] = defaultdict(Decimal)
        kept = of_start = ZERO
        logos = lost = joined = 0
        for account in list(self.terms):
            s, e = self.pays(account, before), self.pays(account, close)
            totals["start"] += s
            totals["end"] += e
            if s == 0 and e > 0:
                totals["reactivation" if self.paid_by(account, before) else "new"] += e
                joined += 1
            if s > 0:
                logos += 1
                kept += min(s, e)
                of_start += e
                lost += e == 0
                name = "churn" if e == 0 else "expansion" if e > s else "contraction"
                totals[name] += abs(e - s)
        start = totals["start"]
        return Expected(
            **{name: totals[name] for name in ("start", "new", "expansion", "contraction", "churn", "reactivation", "end")},
            grr=kept / start if start else None,
            nrr=of_start / start if start else None,
            logos=logos,
            logos_lost=lost,
            logos_joined=joined,
        )
