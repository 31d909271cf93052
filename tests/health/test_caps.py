"""Caps are read as `field operator number`, and a fault says what would be right."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from health.caps import FACETS, FACT_SOURCES, FIELDS, CapError, holds, parse_conditions
from health.model_types import Condition


def test_a_condition_is_read_with_or_without_spaces() -> None:
    expected = (Condition("invoice_overdue_days", ">=", Decimal(60)),)
    assert parse_conditions("invoice_overdue_days >= 60") == parse_conditions("invoice_overdue_days>=60") == expected


def test_conditions_are_joined_by_and() -> None:
    assert parse_conditions("activity < 20.5 and open_tickets > 3") == (
        Condition("activity", "<", Decimal("20.5")),
        Condition("open_tickets", ">", Decimal(3)),
    )


@pytest.mark.parametrize(
    "text", ["", "activity", "activity => 3", "activity >= many", "activity >= 3 or support < 2", "__import__('os') >= 1"]
)
def test_what_is_not_a_condition_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CapError, match="as in `invoice_overdue_days >= 60`"):
        parse_conditions(text)


def test_an_unknown_field_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CapError, match="unknown field 'mood'; known are invoice_overdue_days"):
        parse_conditions("mood < 3")


def test_an_unknown_figure_meets_no_condition() -> None:
    for operator in (">=", "<=", ">", "<", "=="):
        met = holds(Condition("activity", operator, Decimal(3)), np.array([np.nan, 3.0]))
        assert met.tolist() == [False, operator in {">=", "<=", "=="}]


def test_every_field_has_a_source() -> None:
    assert set(FIELDS) == set(FACT_SOURCES) | set(FACETS)
