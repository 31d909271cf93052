"""The windows of a renewal."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm_portal.portal.today.windows import KEYS, entered, window

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("days", "key"),
    [(-1, "overdue"), (0, "soon"), (29, "soon"), (30, "next"), (59, "next"), (60, "window"), (90, "window"), (91, None), (400, None)],
)
def test_borders_are_those_of_the_renewals_page(days: int, key: str | None) -> None:
    assert window(TODAY + timedelta(days=days), TODAY) == key


@given(days=st.integers(-400, 400), later=st.integers(0, 200))
def test_time_only_brings_a_renewal_nearer(days: int, later: int) -> None:
    decision = TODAY + timedelta(days=days)
    order = [*KEYS, None]
    assert order.index(window(decision, TODAY + timedelta(days=later))) <= order.index(window(decision, TODAY))


@given(days=st.integers(-100, 200), back=st.integers(1, 120))
def test_a_window_is_entered_once_on_the_way(days: int, back: int) -> None:
    decision, then = TODAY + timedelta(days=days), TODAY - timedelta(days=back)
    steps = [entered(decision, then + timedelta(days=place), then + timedelta(days=place + 1)) for place in range(back)]
    found = [step for step in steps if step]
    assert len(found) == len(set(found))
    now = entered(decision, then, TODAY)
    assert now == (found[-1] if found else None)
