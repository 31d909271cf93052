"""Groups of renewals: expected, observed, and what chance makes of the difference."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn.calibration import tables
from churn.calibration.tables import Judged

DAY = date(2026, 7, 15)


def judged(
    score: float | None = 60.0, renewed: bool = True, *, expected: float | None = None, band: str | None = "amber", **fields: object
) -> Judged:
    """A renewal of MRR 100 due in July 2026, each of an account of its own."""
    values: dict[str, object] = {"account_id": id(object()), "ends_on": DAY, "amount": 100.0, "kept": 100.0 if renewed else 0.0, **fields}
    return Judged(renewed=renewed, score=score, band=band, expected=expected, **values)  # type: ignore[arg-type]


def calibrated(n: int, seed: int) -> list[float]:
    """Chances of renewal about as the measured ones: 18% lost, AUC about 0.86."""
    draw = random.Random(seed)
    return sorted(1 / (1 + 2.718281828 ** -(2.3 + 1.9 * draw.gauss(0, 1))) for _ in range(n))


def test_a_band_has_its_rate_lift_and_share_of_the_losses() -> None:
    red = [judged(30, number < 6, band="red") for number in range(10)]
    green = [judged(90, number < 19, band="green") for number in range(20)]
    unknown = [judged(None, renewed=False, band=None)]
    found = tables.by_band([*red, *green, *unknown])
    assert [one.name for one in found] == ["red", "amber", "green"]
    assert (found[0].rate.hits, found[0].rate.n, found[0].lost) == (6, 10, 4)
    assert found[0].lift == pytest.approx(0.4 / (5 / 30))
    assert found[0].caught == pytest.approx(0.8)
    assert (found[0].amount, found[0].score) == (1000, 30)
    assert found[0].gross == pytest.approx(0.6)
    assert (found[1].rate.n, found[1].rate.value, found[1].lift) == (0, None, None)


def test_growth_does_not_enter_the_rate_by_amount_and_what_has_no_rate_stands_apart() -> None:
    rows = [judged(kept=250.0), judged(renewed=False), judged(amount=None, kept=None)]
    found = tables.group("", rows, tables.rate_of(rows))
    assert found.amount == 200
    assert found.gross == pytest.approx(0.5)


def test_tenths_come_from_a_hundred_renewals_on_and_fifths_below() -> None:
    assert len(tables.by_part([judged(float(at)) for at in range(100)])) == 10
    assert len(tables.by_part([judged(float(at)) for at in range(99)])) == 5
    assert tables.by_part([judged(None)]) == []


def test_the_worst_tenth_comes_first() -> None:
    found = tables.by_part([judged(float(at), at >= 10) for at in range(100)])
    assert found[0].lost == 10
    assert found[0].lift == pytest.approx(10)
    assert found[0].caught == pytest.approx(1)


@given(st.lists(st.integers(0, 9), max_size=80), st.integers(1, 12))
def test_parts_cover_everything_once_and_never_part_equal_values(values: list[int], parts: int) -> None:
    ordered = sorted(float(value) for value in values)
    found = tables.equal_parts(ordered, parts)
    assert [at for first, after in found for at in range(first, after)] == list(range(len(ordered)))
    assert all(ordered[after - 1] != ordered[after] for _first, after in found if after < len(ordered))
    assert len(found) <= parts


def test_the_error_is_the_mean_distance_of_groups_of_equal_count() -> None:
    rows = [judged(expected=0.1 * group, renewed=at < 5) for group in (1, 3, 5, 7, 9) for at in range(10)]
    found = tables.fault(rows)
    assert found is not None
    assert (found.n, found.groups) == (50, 5)
    assert found.value == pytest.approx((0.4 + 0.2 + 0 + 0.2 + 0.4) / 5)


@pytest.mark.parametrize(("n", "mean", "top"), [(100, 0.053, 0.089), (300, 0.030, 0.050), (1000, 0.023, 0.034)])
def test_a_perfect_forecast_shows_the_error_that_was_measured_for_it(n: int, mean: float, top: float) -> None:
    groups = tables.groups_for(n)
    found = tables.by_chance(calibrated(n, 3), [n // groups] * groups)
    assert found[0] == pytest.approx(mean, abs=0.012)
    assert found[1] == pytest.approx(top, abs=0.02)


def test_chance_is_drawn_with_a_fixed_seed() -> None:
    chances = calibrated(200, 1)
    assert tables.by_chance(chances, [40] * 5) == tables.by_chance(chances, [40] * 5)


def test_brier_is_the_mean_square_and_leaves_out_what_has_no_chance() -> None:
    assert tables.brier([judged(expected=0.8), judged(renewed=False, expected=0.5), judged()]) == pytest.approx((0.04 + 0.25) / 2)
    assert tables.brier([judged()]) is None


def test_losses_beyond_chance_are_counted_in_standard_errors() -> None:
    rows = [judged(expected=0.8, renewed=at < 70) for at in range(100)]
    assert tables.beyond_chance(rows) == pytest.approx(10 / 4)
    assert tables.beyond_chance([judged()]) is None


def test_many_looks_at_one_account_are_as_unsure_as_one() -> None:
    looks = [judged(account_id=1, one_of_many=True, renewed=at < 5) for at in range(10)]
    wide, narrow = tables.rate_of(looks), tables.rate_of([judged(renewed=at < 5) for at in range(10)])
    assert wide.low is not None
    assert narrow.low is not None
    assert wide.low < narrow.low


def test_rows_fall_into_months_and_quarters_of_the_due() -> None:
    rows = [judged(ends_on=DAY), judged(ends_on=DAY + timedelta(days=80))]
    assert [name for name, _some in tables.by_key(rows, tables.quarter_of)] == ["2026-Q3", "2026-Q4"]
    assert [name for name, _some in tables.by_key(rows, tables.month_of)] == ["2026-07", "2026-10"]
