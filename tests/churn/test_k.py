"""k, p1 and p0: the worked figures, the laws that hold for any dues, and the way back from a target."""

from __future__ import annotations

from math import ceil, exp, sqrt
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn.k import FEWEST, Measure, Moments, Point, Relation, moments, parts, pool, relation, shrunk, way, way_by_k
from csm_portal.lib.estimates import Z_95, share


def dues(active: int, active_renewed: int, idle: int = 0, idle_renewed: int = 0) -> list[Point]:
    """Dues by count: so many active and of them renewed, so many others and of them renewed."""
    return [Point(1, float(i < active_renewed), 1) for i in range(active)] + [Point(1, float(i < idle_renewed), 0) for i in range(idle)]


BOOK = relation(moments(dues(90, 77, 10, 4)))


def test_ninety_percent_active_and_eighty_one_renewed_is_a_k_of_nine_tenths() -> None:
    assert [BOOK.active, BOOK.rate.value, BOOK.k] == pytest.approx([0.9, 0.81, 0.9])
    assert [BOOK.p1.value, BOOK.p0.value] == pytest.approx([77 / 90, 0.4])
    assert 0.9 * (BOOK.k or 0) == pytest.approx(0.81)


def test_the_interval_of_k_is_that_of_its_formula() -> None:
    a, r, n = 0.9, 0.81, 100
    cov = 77 / 100 - a * r
    spread = sqrt(((1 - a) / a + (1 - r) / r - 2 * cov / (a * r)) / n)
    assert BOOK.spread == pytest.approx(spread)
    assert [BOOK.low, BOOK.high] == pytest.approx([0.9 * exp(-Z_95 * spread), 0.9 * exp(Z_95 * spread)])
    assert BOOK.low == pytest.approx(0.82, abs=0.01)
    assert BOOK.high == pytest.approx(0.99, abs=0.01)


def test_shares_by_count_have_wilsons_interval() -> None:
    for rate, hits, n in ((BOOK.rate, 81, 100), (BOOK.p1, 77, 90), (BOOK.p0, 4, 10)):
        known = share(hits, n)
        assert [rate.low, rate.high] == pytest.approx([known.low, known.high])


points = st.lists(
    st.builds(
        Point,
        weight=st.floats(1, 1000),
        kept=st.floats(0, 1500),
        active=st.sampled_from([0.0, 1 / 3, 2 / 3, 1.0]),
    ),
    max_size=40,
)


@given(points)
def test_k_is_what_p1_p0_and_the_active_share_make_of_it(some: list[Point]) -> None:
    found = relation(moments(some), Measure.NET)
    if found.k is None or found.p1.value is None:
        assert not any(one.active for one in some)
        return
    active = found.active or 0.0
    idle = 0.0 if found.p0.value is None else found.p0.value * (1 - active) / active
    assert found.k == pytest.approx(found.p1.value + idle, rel=1e-6, abs=1e-9)
    assert found.k * active == pytest.approx(found.rate.value, rel=1e-6, abs=1e-9)


@given(points)
def test_every_interval_holds_its_value_and_gross_shares_stay_shares(some: list[Point]) -> None:
    gross = [Point(one.weight, min(one.kept, one.weight), one.active) for one in some]
    for found in (relation(moments(gross), Measure.GROSS), relation(moments(some), Measure.NET)):
        for rate in (found.rate, found.p1, found.p0):
            if rate.value is not None:
                assert -1e-9 <= (rate.low or 0) <= rate.value + 1e-9 <= (rate.high or 0) + 2e-9
                assert found.measure == Measure.NET or (rate.high or 0) <= 1
        if found.low is not None and found.high is not None:
            assert found.low <= (found.k or 0) <= found.high


@given(points, points)
def test_sums_of_two_sets_of_dues_add_up(one: list[Point], other: list[Point]) -> None:
    together, added = moments(one + other), moments(one) + moments(other)
    for name in Moments.__slots__:
        assert getattr(together, name) == pytest.approx(getattr(added, name), rel=1e-9)


def test_nothing_is_unknown_and_never_zero() -> None:
    empty = relation(Moments())
    assert (empty.n, empty.active, empty.k, empty.low, empty.rate.value, empty.p1.value, empty.p0.value) == (0, *[None] * 6)
    idle = relation(moments(dues(0, 0, 5, 3)))
    assert (idle.active, idle.k, idle.p1.value, idle.p0.value) == (0, None, None, 0.6)
    lost = relation(moments(dues(5, 0)))
    assert (lost.k, lost.low, lost.high) == (0, None, None)


def test_dues_without_any_spread_have_no_interval_for_k() -> None:
    assert relation(moments(dues(80, 80))).low is None
    assert not relation(moments(dues(80, 80))).enough


def test_fewer_than_fifty_dues_are_too_few() -> None:
    assert not relation(moments(dues(FEWEST - 2, 30, 1, 0))).enough
    assert relation(moments(dues(FEWEST - 1, 30, 1, 0))).enough


def test_the_interval_of_k_covers_the_true_one_about_as_often_as_it_says() -> None:
    chance = Random(4)
    true, inside = 0.93 + 0.5 * 0.25, 0
    for _try in range(400):
        some = [Point(1, 0, float(chance.random() < 0.8)) for _due in range(100)]
        found = relation(moments(Point(1, float(chance.random() < (0.93 if one.active else 0.5)), one.active) for one in some))
        inside += (found.low or 9) <= true <= (found.high or 0)
    assert inside >= 0.93 * 400


def test_batches_pool_between_their_own_values_and_weak_ones_lean_on_the_pool() -> None:
    small, large = relation(moments(dues(9, 7, 3, 2))), relation(moments(dues(180, 150, 40, 20)))
    pooled = pool([small, large])
    assert pooled is not None
    assert pooled.n == 2
    assert min(small.k or 0, large.k or 0) <= pooled.k <= max(small.k or 0, large.k or 0)
    assert pooled.low < pooled.k < pooled.high
    assert pooled.between == 0  # both lie within chance of each other
    assert shrunk(small, pooled) == pytest.approx(pooled.k)
    apart = pool([relation(moments(dues(500, 450, 50, 5))), relation(moments(dues(300, 150, 300, 150)))])
    assert apart is not None
    assert apart.between > 0.03


def test_one_batch_is_no_pool_and_one_that_tells_nothing_takes_the_pools_value() -> None:
    one = relation(moments(dues(90, 77, 10, 4)))
    assert pool([one]) is None
    assert shrunk(one, None) is None
    pooled = pool([one, one])
    assert pooled is not None
    assert shrunk(relation(Moments()), pooled) == pooled.k


def test_eight_more_of_a_hundred_reach_eighty_five_percent() -> None:
    found = way(100, 90, 0.86, 0.36, 0.85)
    assert found.expected == pytest.approx(0.81)
    assert (found.best, found.more) == (0.86, 8)
    assert way_by_k(100, 90, 0.9, 0.85) == 5  # k alone promises more: it would fall


def test_a_target_that_is_reached_needs_nothing_and_one_beyond_all_active_has_no_way() -> None:
    assert way(100, 90, 0.86, 0.36, 0.80).more == 0
    assert way(100, 90, 0.86, 0.36, 0.81).more == 0  # exactly
    assert way(100, 90, 0.86, 0.36, 0.87).more is None
    assert way_by_k(100, 90, 0.9, 0.95) is None


@settings(max_examples=200)
@given(n=st.integers(1, 500), share_active=st.floats(0, 1), p0=st.floats(0, 0.9), above=st.floats(0.05, 0.5), target=st.floats(0.01, 1))
def test_so_many_more_reach_the_target_and_one_less_does_not(n: int, share_active: float, p0: float, above: float, target: float) -> None:
    active, p1 = int(n * share_active), min(1.0, p0 + above)
    found = way(n, active, p1, p0, target)

    def expected(more: int) -> float:
        return ((active + more) * p1 + (n - active - more) * p0) / n

    if found.more is None:
        assert expected(n - active) < target + 1e-6
    else:
        assert expected(found.more) >= target - 1e-6
        assert found.more == 0 or expected(found.more - 1) < target + 1e-6
        assert found.more <= ceil(n)


@pytest.mark.parametrize(("n", "active", "p1", "p0"), [(10, 11, 0.9, 0.5), (0, 0, 0.9, 0.5), (10, 5, 0.5, 0.5)])
def test_a_way_that_makes_no_sense_is_refused(n: int, active: int, p1: float, p0: float) -> None:
    with pytest.raises(ValueError, match="no way"):
        way(n, active, p1, p0, 0.8)


def with_parts(*counts: int) -> Relation:
    return relation(moments(dues(*counts)))


def test_the_parts_are_told_only_where_active_accounts_renewed_more_beyond_chance() -> None:
    assert list(parts(with_parts(90, 77, 10, 4)) or []) == pytest.approx([77 / 90, 0.4])
    assert parts(with_parts(90, 77, 10, 8)) is None  # within chance
    assert parts(with_parts(90, 40, 10, 9)) is None  # the other way round
    assert parts(with_parts(30, 29, 10, 1)) is None  # too few dues
    assert parts(with_parts(90, 80, 4, 0)) is None  # too few that were not active
