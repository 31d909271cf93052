"""The currency that the page tells amounts in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings

from accounts.models import ExchangeRate
from csm_portal.portal import words

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Told:
    """The currency of the page, and those there are to choose from: the reporting one, and those with a rate."""

    # Templates would call it where they only want its currency.
    do_not_call_in_templates: ClassVar[bool] = True

    currency: str
    choices: list[str] = field(default_factory=list)
    # What was asked for and has no rate; empty: the currency is the one asked for.
    unknown: str = ""

    def __call__(self, amount: Decimal | None, places: int = 0) -> str:
        """An amount in words; a dash where it is unknown."""
        return words.money(amount, self.currency, places)


def told_in(user: User, currency: str, as_of: date) -> Told:
    """What is asked for; without that, or where it has no rate (`unknown` says so), the reporting currency. One query."""
    rows = ExchangeRate.objects.visible_to(user).filter(day__lte=as_of).order_by()
    reporting = str(settings.REPORTING_CURRENCY)
    choices = sorted({reporting, *rows.values_list("currency", flat=True).distinct()})
    known = not currency or currency in choices
    return Told(currency if currency and known else reporting, choices, "" if known else currency)
