"""Money: Decimal plus currency, rounded half-even to the cent, exchanged at the rate of a day."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.01")
ONE = Decimal(1)


def to_cents(amount: Decimal) -> Decimal:
    """The amount with two decimals; a tie goes to the even cent, so that many roundings do not drift upwards."""
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Rates:
    """Exchange rates into one reporting currency. A rate holds from its day on until the currency's next one.

    The reporting currency is worth 1 on every day. Before a currency's first rate it has none: amounts become None, never 0.
    """

    reporting: str
    days: Mapping[str, list[date]] = field(default_factory=dict)
    values: Mapping[str, list[Decimal]] = field(default_factory=dict)

    @classmethod
    def of(cls, reporting: str, rows: Iterable[tuple[str, date, Decimal]]) -> Rates:
        """From (currency, day, value of one unit in the reporting currency), in any order."""
        days: dict[str, list[date]] = defaultdict(list)
        values: dict[str, list[Decimal]] = defaultdict(list)
        for currency, day, value in sorted(rows):
            days[currency].append(day)
            values[currency].append(value)
        return cls(reporting, dict(days), dict(values))

    def on(self, currency: str, day: date) -> Decimal | None:
        """Value of one unit in the reporting currency, by the latest rate on or before the day; None: no rate known then."""
        if currency == self.reporting:
            return ONE
        found = bisect_right(self.days.get(currency, []), day)
        return self.values[currency][found - 1] if found else None

    def to_reporting(self, amounts: Mapping[str, Decimal], day: date) -> Decimal | None:
        """Sum of amounts by currency, in the reporting currency to the cent; None where a rate is missing, 0 for no amounts."""
        total = Decimal(0)
        for currency, amount in amounts.items():
            rate = self.on(currency, day)
            if rate is None:
                return None
            total += amount * rate
        return to_cents(total)

    def exchange(self, amounts: Mapping[str, Decimal], into: str, day: date) -> Decimal | None:
        """Sum of amounts by currency, in the currency `into` to the cent. Amounts all in `into` need no rate."""
        if set(amounts) <= {into}:
            return to_cents(sum(amounts.values(), Decimal(0)))
        unit = self.on(into, day)
        if unit is None:
            return None
        total = Decimal(0)
        for currency, amount in amounts.items():
            rate = unit if currency == into else self.on(currency, day)
            if rate is None:
                return None
            total += amount * rate
        return to_cents(total / unit)
