"""Amounts in another currency than the reporting one, at the rate of a day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from accounts.models import ExchangeRate


def units_bought(currency: str, reporting: str, day: date) -> Decimal | None:
    """Units of `currency` for one unit of the reporting currency, by the latest rate on or before the day; None: no rate known."""
    if currency == reporting:
        return Decimal(1)
    rate: Decimal | None = (
        ExchangeRate.objects.filter(currency=currency, day__lte=day).order_by("-day").values_list("rate", flat=True).first()
    )
    return None if rate is None else 1 / rate
