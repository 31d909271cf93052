"""Where the marks of the timeline stand."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from csm_portal.portal.today import timeline

BANDS = ("red", "amber", "green", "unknown")
ROWS = st.lists(st.tuples(st.integers(-60, 90), st.none() | st.decimals(0, 10**6, places=2), st.sampled_from(BANDS)), max_size=60)


def share(text: str) -> float:
    return float(text.removesuffix("%"))


@given(rows=ROWS)
def test_marks_stay_inside_in_order_and_grow_with_money(rows: list[tuple[int, Decimal | None, str]]) -> None:
    rows.sort(key=lambda row: row[0])
    marks = timeline.place([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    assert len(marks) == len(rows)
    places = [share(mark.x) for mark in marks]
    assert places == sorted(places)
    assert all(0 < place < 100 for place in places)
    assert all(timeline.LARGE <= mark.y <= timeline.height(marks) - timeline.LARGE for mark in marks)
    largest = max((amount for _day, amount, _band in rows if amount), default=Decimal(0))
    sizes = sorted((amount or Decimal(0), timeline.radius(amount, largest)) for _day, amount, _band in rows)
    assert [size for _amount, size in sizes] == sorted(size for _amount, size in sizes)


def test_an_overdue_decision_stands_left_of_today() -> None:
    assert share(timeline.across(-1)) < share(timeline.across(0)) < share(timeline.across(90))


def test_two_on_one_day_stand_in_two_lanes() -> None:
    first, second = timeline.place([10, 10], [Decimal(5), Decimal(5)], ["red", "green"])
    assert first.x == second.x
    assert first.y != second.y


def test_every_band_has_a_shape_of_its_own() -> None:
    shapes = {timeline.shape_of(band) for band in BANDS}
    assert len(shapes) == len(BANDS)
