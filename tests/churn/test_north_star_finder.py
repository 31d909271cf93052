"""The finder of a north star: finds what was planted, says none where nothing is, and never looks at what came later."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Account
from churn import north_star_finder as finder
from churn.models import RenewalCase
from churn.north_star_finder import Cut, Side, corrected, difference, find, propose, read_finding
from tests import factories as make

AS_OF = date(2026, 6, 30)
BEGAN = date(2025, 1, 1)
FIRST_DUE, LATER_DUE = date(2025, 10, 1), date(2026, 3, 1)


def cut(action: str = "order", threshold: int = 10, training: tuple[int, ...] = (40, 38, 40, 20), later: Any = (40, 38, 40, 20)) -> Cut:
    """Dues and renewals above and below, in both halves."""
    sides = [Side(n, renewed) for n, renewed in ((training[0], training[1]), training[2:], (later[0], later[1]), later[2:])]
    return Cut(action, "count", Decimal(threshold), *sides)


def test_what_separates_both_halves_is_proposed_with_its_interval() -> None:
    tried, (found,) = propose([cut()])
    assert tried == 1
    assert (found.action, found.threshold, found.later_above, found.later_below) == ("order", "10", [38, 40], [20, 40])
    assert found.difference == 0.45
    assert 0 < found.low < found.difference < found.high
    assert found.q <= 0.05


def test_what_held_only_in_the_earlier_half_is_not_proposed() -> None:
    assert propose([cut(later=(40, 30, 40, 30))]) == (1, [])


def test_a_difference_the_other_way_round_is_no_north_star() -> None:
    assert propose([cut(later=(40, 20, 40, 38))]) == (1, [])


def test_the_threshold_is_chosen_in_the_earlier_half_alone() -> None:
    strong_early = cut(threshold=10, training=(40, 40, 40, 10), later=(40, 30, 40, 30))
    strong_later = cut(threshold=20, training=(40, 30, 40, 25), later=(40, 40, 40, 5))
    assert propose([strong_early, strong_later]) == (1, [])


def test_a_side_with_few_dues_is_not_judged() -> None:
    assert propose([cut(later=(19, 19, 40, 5))]) == (0, [])


def test_many_tries_need_a_stronger_find() -> None:
    weak = [cut(f"action{number}", later=(40, 30, 40, 30)) for number in range(30)]
    border = cut("lucky", later=(40, 35, 40, 26))
    assert [one.action for one in propose([border])[1]] == ["lucky"]
    assert propose([border, *weak])[1] == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_a_corrected_p_is_never_smaller_and_keeps_the_order(ps: list[float]) -> None:
    qs = corrected(ps)
    assert all(p <= q <= 1 or abs(p - q) < 1e-12 for p, q in zip(ps, qs, strict=True))
    ranked = [q for _p, q in sorted(zip(ps, qs, strict=True))]
    assert ranked == sorted(ranked)


@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_the_interval_holds_the_difference_and_turns_with_the_sides(n: int, m: int, data: st.DataObject) -> None:
    one, two = Side(n, data.draw(st.integers(0, n))), Side(m, data.draw(st.integers(0, m)))
    gap, low, high = difference(one, two)
    assert -1 <= low <= gap + 1e-9
    assert gap - 1e-9 <= high <= 1
    turned = difference(two, one)
    assert turned == pytest.approx((-gap, -high, -low))


def test_a_finding_comes_back_as_it_was_written() -> None:
    _tried, proposals = propose([cut()])
    found = finder.Finding("2026-06-30", "found", 160, 40, "2026-01-01", [58, 80], [58, 80], 1, 1, proposals)
    assert read_finding(found.text()) == found


def due(on: date, renewed: bool, orders: int) -> Account:
    """A customer with a closed due, who ordered so often by 90 days before it and never after."""
    account: Account = make.AccountFactory.make()
    kept = 100 if renewed else None
    RenewalCase.objects.create(
        account=account, product="default", starts_on=on - timedelta(days=365), ends_on=on, decision_on=on, due_mrr=100, renewed_mrr=kept,
        due_reporting=100, renewed_reporting=kept, currency="USD", state="renewed" if renewed else "lost",
        contract_state="renewed" if renewed else "lost",
    )  # fmt: skip
    make.event(account, BEGAN, "login")
    if orders:
        make.event(account, on - timedelta(days=90), "order", times=orders)
    return account


@pytest.mark.django_db
def test_a_planted_north_star_is_found_in_the_rows() -> None:
    make.define_activity(login_actions=["login"])
    for on in (FIRST_DUE, LATER_DUE):
        for number in range(60):
            account = due(on, renewed=number < 28 or number >= 58, orders=20 if number < 30 else 2)
            make.event(account, on - timedelta(days=89), "noise", times=50 if number >= 30 else 1)
    steps: list[str] = []
    found = find(AS_OF, steps.append)
    assert (found.verdict, found.dues, found.lost, found.split_on) == ("found", 120, 60, FIRST_DUE.isoformat())
    (proposal,) = found.proposals
    # What came a day too late is not looked at, and a login is no candidate.
    assert (proposal.action, proposal.measure, proposal.threshold) == ("order", "count", "20")
    assert (proposal.later_above, proposal.later_below) == ([28, 30], [2, 30])
    assert steps == ["closed renewals", "what was done before them", "thresholds"]


@pytest.mark.django_db
def test_without_renewals_to_search_it_says_too_few() -> None:
    assert find(AS_OF, lambda _step: None).verdict == "too_few"
    due(FIRST_DUE, renewed=True, orders=1)
    found = find(AS_OF, lambda _step: None)
    assert (found.verdict, found.dues, found.lost) == ("too_few", 1, 0)
