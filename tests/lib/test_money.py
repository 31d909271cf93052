"""Money: half-even cents and rates by day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from csm_portal.lib.money import Rates, to_cents

JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 1)
RATES = Rates.of("USD", [("CNY", MARCH, Decimal("0.15")), ("CNY", JANUARY, Decimal("0.14")), ("EUR", MARCH, Decimal("1.1"))])


@pytest.mark.parametrize(
    ("amount", "cents"), [("0.125", "0.12"), ("0.135", "0.14"), ("-0.125", "-0.12"), ("2.5", "2.50"), ("0.1251", "0.13")]
)
def test_a_tie_goes_to_the_even_cent(amount: str, cents: str) -> None:
    assert str(to_cents(Decimal(amount))) == cents


def test_a_rate_holds_until_the_next_one() -> None:
    assert [RATES.on("CNY", day) for day in (date(2025, 12, 31), JANUARY, date(2026, 2, 28), MARCH)] == [
        None,
        Decimal("0.14"),
        Decimal("0.14"),
        Decimal("0.15"),
    ]


def test_the_reporting_currency_needs_no_rate() -> None:
    assert RATES.to_reporting({"USD": Decimal("10.005")}, JANUARY) == Decimal("10.00")
    assert RATES.to_reporting({}, JANUARY) == 0


def test_a_missing_rate_makes_the_sum_unknown() -> None:
    assert RATES.to_reporting({"USD": Decimal(1), "EUR": Decimal(1)}, JANUARY) is None
    assert RATES.to_reporting({"USD": Decimal(1), "EUR": Decimal(1)}, MARCH) == Decimal("2.10")


def test_amounts_are_exchanged_through_the_reporting_currency() -> None:
    assert RATES.exchange({"CNY": Decimal(100)}, "EUR", MARCH) == Decimal("13.64")
    assert RATES.exchange({"EUR": Decimal(3)}, "EUR", JANUARY) == Decimal(3)
    assert RATES.exchange({"USD": Decimal(3)}, "EUR", JANUARY) is None
    assert RATES.exchange({"EUR": Decimal(3)}, "CNY", JANUARY) is None
