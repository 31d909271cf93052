"""Green and red against all: whole counts decide, and the words name them."""

from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from churn.calibration.separation import Separation, separation
from csm_portal.portal.trust.separation import said

SIZES = st.integers(1, 400)


@given(sizes=st.tuples(SIZES, SIZES, SIZES), shares=st.tuples(*[st.floats(0, 1)] * 3))
def test_a_band_holds_exactly_where_its_share_does(sizes: tuple[int, int, int], shares: tuple[float, float, float]) -> None:
    bands = {name: (int(share * n), n) for name, n, share in zip(("green", "amber", "red"), sizes, shares, strict=True)}
    found = separation(bands)
    lost, n = sum(one[0] for one in bands.values()), sum(one[1] for one in bands.values())
    assert (found.lost, found.n) == (lost, n)
    green, red = bands["green"], bands["red"]
    assert found.green.holds is (2 * green[0] * n <= lost * green[1])
    assert found.red.holds is (red[0] * n >= 2 * lost * red[1])


def test_a_band_without_renewals_does_not_hold() -> None:
    found = separation({"amber": (5, 60), "red": (20, 40)})
    assert not found.holds
    assert found.red.holds


def verdict(found: Separation) -> str:
    with translation.override("en"):
        return said(found, good=found.holds)


def test_shares_that_look_alike_when_rounded_are_told_by_their_counts() -> None:
    # 39.6% lost of red is told as 40%, twice the 20% of all: it takes 42 of 103, and there are 41.
    found = separation({"green": (20, 250), "amber": (40, 157), "red": (41, 103)})
    told = verdict(found)
    assert "Lost: 101 of 510 (20%) in all" in told
    assert "of the red 41 of 103 (40%, interval 31% … 49%)" in told
    assert "Of red at least twice the share of all should be lost, here 41 of 103" not in told
    nearly = separation({"green": (20, 250), "amber": (40, 157), "red": (40, 103)})
    assert "Of red at least twice the share of all should be lost, here 41 of 103." in verdict(nearly)
    assert "That lies inside the interval" in verdict(nearly)
    assert "Of green" not in verdict(nearly)


def test_far_from_the_border_nothing_is_said_of_chance() -> None:
    told = verdict(separation({"green": (300, 1000), "red": (300, 1000)}))
    assert "Of green at most half the share of all should be lost, here 150 of 1,000." in told
    assert "may turn out either way" not in told


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_missing_band_is_named(language: str) -> None:
    with translation.override(language):
        told = said(separation({"green": (3, 90), "amber": (12, 60)}), good=False)
    assert "%" in told
    assert "None" not in told
