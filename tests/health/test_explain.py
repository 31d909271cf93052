"""The signed list behind a change of score sums to it exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from health.explaining.change import UNIT, contributions, explain_change

VALUES = st.one_of(st.none(), st.decimals(0, 100, places=4).map(float))
FACETS = st.dictionaries(
    st.sampled_from(["activity", "support", "surveys", "ratings", "growth"]),
    st.fixed_dictionaries({"value": VALUES, "weight": st.integers(0, 40)}),
    max_size=5,
)


def facet(value: float | None, weight: int) -> dict[str, Any]:
    return {"value": value, "weight": weight, "evidence": {}}


def score(facets: dict[str, dict[str, Any]]) -> Decimal | None:
    known = [(Fraction(one["weight"]), Fraction(str(one["value"]))) for one in facets.values() if one["value"] is not None]
    total = sum(weight for weight, _value in known)
    return Decimal(round(sum(weight * value for weight, value in known) / total * 10_000)) * UNIT if total else None


def test_a_change_is_shared_among_the_facets_that_made_it() -> None:
    then = {"activity": facet(100, 40), "support": facet(50, 10)}
    now = {"activity": facet(33.3333, 40), "support": facet(100, 10)}
    shares = explain_change(then, now, Decimal("-43.3334"))
    assert [(share.facet, share.delta) for share in shares] == [("activity", Decimal("-53.3334")), ("support", Decimal(10))]


def test_a_facet_that_becomes_known_is_in_the_list_with_what_it_dilutes() -> None:
    then = {"activity": facet(80, 40), "ratings": facet(None, 40)}
    now = {"activity": facet(80, 40), "ratings": facet(60, 40)}
    shares = explain_change(then, now, Decimal(-10))
    assert [(share.facet, share.delta) for share in shares] == [("activity", Decimal(-40)), ("ratings", Decimal(30))]


def test_a_facet_without_weight_does_nothing() -> None:
    assert contributions({"activity": facet(80, 10), "growth": facet(50, 0)}) == {"activity": 80}
    assert contributions({"growth": facet(50, 0)}) == {}


@given(FACETS, FACETS)
def test_the_shares_sum_to_the_printed_change(then: dict[str, dict[str, Any]], now: dict[str, dict[str, Any]]) -> None:
    before, after = score(then), score(now)
    if before is None or after is None:
        return
    shares = explain_change(then, now, after - before)
    assert sum((share.delta for share in shares), Decimal(0)) == after - before
    raw_before, raw_after = contributions(then), contributions(now)
    for share in shares:
        raw = raw_after.get(share.facet, Fraction(0)) - raw_before.get(share.facet, Fraction(0))
        assert abs(Fraction(share.delta) - raw) <= 2 * Fraction(UNIT)


@given(FACETS)
def test_what_facets_give_sums_to_the_score(facets: dict[str, dict[str, Any]]) -> None:
    total = score(facets)
    assert abs(sum(contributions(facets).values()) - Fraction(total or 0)) <= Fraction(UNIT)
