"""How figures are written: shares with 6 places, money as text, whole numbers without a point."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from rest_framework import serializers

SHARE_PLACES, SCORE_PLACES = 6, 4


def rounded(value: Decimal | float | None, places: int = SHARE_PLACES) -> float | None:
    """A JSON number with that many places, ties to even; undefined stays undefined."""
    if value is None:
        return None
    with localcontext() as context:
        context.prec = 60
        exact = value if isinstance(value, Decimal) else Decimal(str(value))
        return float(exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN))


def number(value: Any) -> int | float | None:
    """A count or quantity: whole numbers as integers."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def money(value: Decimal | None) -> str | None:
    """An amount with cents, as text, so that no reader turns it into a float."""
    return None if value is None else f"{value.quantize(Decimal('0.01'), rounding=ROUND_HALF_EVEN):f}"


class ShareField(serializers.FloatField):
    """A rate or share."""

    def to_representation(self, value: Any) -> Any:
        return rounded(value, SHARE_PLACES)


class ScoreField(serializers.FloatField):
    """A score of 0 … 100."""

    def to_representation(self, value: Any) -> Any:
        return rounded(value, SCORE_PLACES)


class NumberField(serializers.FloatField):
    """A quantity that is whole most of the time."""

    def to_representation(self, value: Any) -> Any:
        return number(value)


class MoneyField(serializers.DecimalField):
    """An amount of money, as text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=18, decimal_places=2, coerce_to_string=True, rounding=ROUND_HALF_EVEN, **kwargs)
