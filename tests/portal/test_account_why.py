"""Why the score changed, as the account's page prints it."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from csm_portal.portal.account.why import parts_of
from health.explaining.change import contributions

FACETS = ("activity", "ratings", "support", "surveys", "outcome")
VALUES = st.none() | st.decimals(0, 100, places=4)
MODELS = st.fixed_dictionaries({key: st.fixed_dictionaries({"value": VALUES, "weight": st.integers(0, 40)}) for key in FACETS})


def points(text: str) -> Decimal:
    return Decimal(text.replace("−", "-").replace("±", "")) if text else Decimal(0)


@given(then=MODELS, now=MODELS)
def test_printed_points_always_sum_to_the_printed_change(then: dict[str, dict[str, object]], now: dict[str, dict[str, object]]) -> None:
    before, after = (sum(contributions(side).values()) for side in (then, now))
    if not contributions(then) or not contributions(now):
        return
    change = Decimal(round((after - before) * 10_000)).scaleb(-4)
    parts = parts_of(then, now, change)
    assert sum(points(part.points) for part in parts) == change.quantize(Decimal("0.1"))
    assert all(part.left >= 0 and part.left + part.wide <= 100 for part in parts)


def test_a_fallen_facet_points_left_and_a_risen_one_right() -> None:
    then = {"activity": {"value": 80, "weight": 50}, "support": {"value": 50, "weight": 50}}
    now = {"activity": {"value": 40, "weight": 50}, "support": {"value": 60, "weight": 50}}
    first, second = parts_of(then, now, Decimal(-15))
    assert (first.name, first.points, first.way, first.left, first.wide) == ("Activity", "−20.0", "down", 0, 50)
    assert (second.name, second.points, second.way, second.left) == ("Support", "+5.0", "up", 50)
    assert (first.then, first.now) == ("80", "40")


def test_a_facet_that_became_unknown_is_in_the_sum_and_says_so() -> None:
    then = {"activity": {"value": 80, "weight": 50}, "ratings": {"value": 40, "weight": 50}}
    now = {"activity": {"value": 80, "weight": 50}, "ratings": {"value": None, "weight": 50}}
    parts = parts_of(then, now, Decimal(20))
    assert {part.name: (part.then, part.now, part.points) for part in parts} == {
        "Activity": ("80", "80", "+40.0"),
        "CSM rating": ("40", "unknown", "−20.0"),
    }
