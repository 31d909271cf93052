"""`currency=`: amounts of the reporting currency told in another one, at the rate of the as-of day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.api.parameters import Parameter, fault
from accounts.exchange import units_bought
from health.models import Run


def read_currency(text: str) -> str:
    """Three letters."""
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise ValueError(text)
    return text.upper()


CURRENCY = Parameter("currency", _("ISO 4217 code that amounts are told in; without it the reporting currency."), read_currency)


@dataclass(frozen=True, slots=True)
class Told:
    """The currency that amounts are told in, and its units for one of the reporting currency."""

    currency: str
    units: Decimal

    def amount(self, reporting: Decimal | None) -> Decimal | None:
        """An amount of the reporting currency, told."""
        return None if reporting is None else reporting * self.units


def told_in(asked: dict[str, Any]) -> Told:
    """What `currency=` asks for. Raises a fault where no rate is known."""
    reporting = str(settings.REPORTING_CURRENCY)
    currency = asked.get("currency") or reporting
    if currency == reporting:
        return Told(reporting, Decimal(1))
    published = Run.objects.latest_published()
    units = units_bought(currency, reporting, published.as_of if published else date.max)
    if units is None:
        raise fault("currency", _("No exchange rate is known; load exchange_rates for this currency."), "no_rate")
    return Told(currency, units)
