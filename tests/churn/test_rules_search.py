"""The search for combinations: the worked figures, the gates, and input that must find nothing."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn.rules.conditions import Condition, Feature, Risk, Unit
from churn.rules.gates import GATES
from churn.rules.past import BY_ACCOUNT, BY_DATE, Count, Past, as_bits, folded, half_of, places_of, split
from churn.rules.search import search
from csm_portal.lib.estimates import share
from tests.churn.rules_books import FIRST, NOISE, QUIET, SIGNAL, TENURE, TICKETS, UNHAPPY, WORKED, past_of, simulated, worked


@pytest.mark.parametrize(
    ("feature", "percent", "lift"), [(QUIET, 17.0, 0.85), (TICKETS, 8.5, 0.43), (UNHAPPY, 13.3, 0.67)], ids=lambda one: str(one)[:24]
)
def test_each_signal_of_the_worked_example_lies_under_the_base_rate(feature: Feature, percent: float, lift: float) -> None:
    half = half_of(worked())
    count = half.count(half.bits(Condition(feature.key, "=", 1.0)))
    assert half.whole.rate == 0.2
    assert count.rate is not None
    assert round(100 * count.rate, 1) == percent
    assert count.rate / 0.2 == pytest.approx(lift, abs=0.0051)


def test_the_three_signals_of_the_worked_example_are_found_together_although_each_alone_says_the_opposite() -> None:
    found = search(worked(), WORKED)
    assert found.why == "found"
    (best,) = found.held
    assert {one.feature for one in best.conditions} == {feature.key for feature in WORKED}
    both = Count(best.found.n + best.checked.n, best.found.lost + best.checked.lost)
    assert both == Count(310, 131)
    assert round(100 * (both.rate or 0), 1) == 42.3
    assert round((both.rate or 0) / 0.2, 1) == 2.1
    assert all(single.count.rate < 0.2 for single in found.singles if single.count.rate is not None)


def test_a_planted_pair_is_found_and_confirmed_by_the_newer_half_with_little_loss_of_its_lift() -> None:
    found = search(simulated(2000, 11), SIGNAL)
    best = found.held[0]
    assert {"tenure", "csat"} <= {one.feature for one in best.conditions}
    lift_in = (best.found.rate or 0) / (found.training.rate or 1)
    lift_out = (best.checked.rate or 0) / (found.checking.rate or 1)
    assert lift_in > 2
    assert lift_out / lift_in >= 0.8


def test_what_is_expected_of_a_combination_lies_between_its_rate_and_that_without_its_last_condition() -> None:
    kept = []
    for seed in range(4):
        found = search(simulated(1_500, seed), SIGNAL)
        for one in found.combinations:
            assert one.found.rate is not None
            assert (found.training.rate or 0) < one.expected < one.found.rate
            if one.checked.rate is not None:
                kept.append((one.checked.rate / one.found.rate, one.checked.rate / one.expected))
    raw, told = (sum(pair[side] for pair in kept) / len(kept) for side in (0, 1))
    assert raw < told


def test_shuffled_labels_confirm_nothing_in_ten_tries() -> None:
    book = simulated(1000, 5)
    for seed in range(10):
        lost = list(book.lost)
        random.Random(seed).shuffle(lost)
        assert search(replace(book, lost=lost), SIGNAL).held == [], f"shuffle {seed}"


def test_no_renewals_all_renewed_and_one_lost_say_why_there_is_nothing() -> None:
    nothing = search(past_of({}, []), SIGNAL)
    assert (nothing.why, nothing.whole, nothing.span) == ("no_renewals", Count(0, 0), None)
    renewed = search(past_of({"tenure": [3.0] * 200}, [False] * 200), SIGNAL)
    assert (renewed.why, renewed.combinations, renewed.singles) == ("all_renewed", (), ())
    one = search(past_of({"tenure": [float(i % 40) for i in range(200)]}, [i == 9 for i in range(200)]), SIGNAL)
    assert (one.why, one.whole, one.combinations) == ("few_lost", Count(200, 1), ())


def test_under_sixty_lost_there_are_single_conditions_and_no_combination_however_striking() -> None:
    book = simulated(300, 3, base=0.02, together=1.0)
    assert 20 < sum(book.lost) < GATES.history
    found = search(book, SIGNAL)
    assert found.why == "few_lost"
    assert found.combinations == ()
    assert found.singles
    assert all(single.count.n >= GATES.fewest for single in found.singles)


def test_a_feature_without_a_single_figure_gives_no_condition_and_changes_nothing() -> None:
    book = simulated(1200, 2)
    empty = Feature("never_told", "never_told", Risk.LOW, Unit.SHARE)
    with_empty = replace(book, values={**book.values, "never_told": [None] * len(book)})
    assert search(with_empty, (*SIGNAL, empty)).combinations == search(book, SIGNAL).combinations
    alone = search(replace(book, values={"never_told": [None] * len(book)}), (empty,))
    assert (alone.why, alone.conditions) == ("no_condition", ())


def test_terms_of_an_account_that_end_on_one_day_are_one_decision_lost_only_if_nothing_stayed() -> None:
    day = date(2025, 1, 1)
    book = Past([1, 1, 2, 2, 3], [day] * 5, [True, False, True, True, True], {"tenure": [1.0, 2.0, 3.0, 4.0, 5.0]})
    known = folded(book)
    assert known.accounts == [1, 2, 3]
    assert known.lost == [False, True, True]
    assert known.values == {"tenure": [1.0, 3.0, 5.0]}


def test_the_same_accounts_loaded_again_prove_nothing_twice() -> None:
    # Noise, each renewal listed once in the older half and once more in the newer: without a split by account it would confirm itself.
    draw = random.Random(4)
    n = 600
    columns = {feature.key: [draw.gauss(0, 1) for _ in range(n)] * 2 for feature in NOISE}
    lost = [draw.random() < 0.2 for _ in range(n)] * 2
    twice = past_of(columns, lost, accounts=[*range(n), *range(n)])
    sides = split(folded(twice))
    gone = {account for account, was in zip(sides.training.accounts, sides.training.lost, strict=True) if was}
    assert gone
    assert not gone & set(sides.checking.accounts)
    assert search(twice, NOISE).held == []
    same_day = Past([*range(n), *range(n)], [FIRST] * (2 * n), lost, columns)
    assert len(folded(same_day)) == n


def test_halves_are_split_by_day_and_where_most_end_on_one_day_by_whole_accounts() -> None:
    book = simulated(1000, 1)
    by_day = split(folded(book))
    assert by_day.by == BY_DATE
    assert max(by_day.training.days) < min(by_day.checking.days) == by_day.split_on
    crowded = replace(book, days=[FIRST] * 990 + [date(2025, 1, 1)] * 10)
    by_account = split(folded(crowded))
    assert (by_account.by, by_account.split_on) == (BY_ACCOUNT, None)
    assert not set(by_account.training.accounts) & set(by_account.checking.accounts)
    assert 400 < len(by_account.training) < 600


def test_every_combination_passes_each_gate() -> None:
    book = simulated(3000, 21)
    found = search(book, SIGNAL)
    training = half_of(split(folded(book)).training)
    assert 0 < len(found.combinations) <= GATES.most_rules
    facets = {feature.key: feature.facet for feature in SIGNAL}
    lows: list[float] = []
    for one in found.combinations:
        assert len({facets[condition.feature] for condition in one.conditions}) == len(one.conditions) <= GATES.longest
        assert one.found == training.count(training.matching(one.conditions))
        assert one.found.n >= GATES.fewest
        assert one.found.lost >= GATES.lost_of(training.whole.n)
        assert one.q <= GATES.false_discovery
        lows.append(share(one.found.lost, one.found.n).low or 0)
    assert lows == sorted(lows, reverse=True)
    assert len(found.conditions) <= GATES.most_conditions
    assert max(sum(facets[one.feature] == facet for one in found.conditions) for facet in facets.values()) <= GATES.per_facet


def test_the_order_of_the_rows_changes_nothing() -> None:
    book = simulated(1200, 8)
    places = list(range(len(book)))
    random.Random(1).shuffle(places)
    assert search(book.at(places), SIGNAL) == search(book, SIGNAL)


def test_fewer_lost_are_asked_for_in_a_small_book() -> None:
    assert (GATES.lost_of(999), GATES.lost_of(1000)) == (6, 10)


@given(st.lists(st.booleans(), max_size=200))
def test_bits_hold_exactly_the_places_that_are_set(flags: list[bool]) -> None:
    assert places_of(as_bits(flags)) == [place for place, flag in enumerate(flags) if flag]
    assert as_bits(flags).bit_count() == sum(flags)


@given(st.integers(0, 40), st.integers(1, 30))
def test_a_larger_share_of_unknown_figures_never_enlarges_what_a_condition_matches(unknown: int, border: int) -> None:
    known = [float(i % 37) for i in range(60)]
    hidden = [None if place < unknown else value for place, value in enumerate(known)]
    condition = Condition("tenure", "<=", float(border))
    every, fewer = half_of(past_of({"tenure": known}, [False] * 60)), half_of(past_of({"tenure": hidden}, [False] * 60))
    assert fewer.bits(condition) & ~every.bits(condition) == 0


def test_forty_conditions_on_five_thousand_accounts_take_seconds_not_minutes() -> None:
    features = (*SIGNAL, *(replace(feature, key=f"more_{feature.key}", facet=f"more_{feature.facet}") for feature in SIGNAL))
    book = simulated(5000, 13)
    more = simulated(5000, 14)
    both = replace(book, values={**book.values, **{f"more_{key}": column for key, column in more.values.items()}})
    began = time.process_time()
    found = search(both, features)
    assert len(found.conditions) == GATES.most_conditions
    assert found.candidates > 5_000
    assert time.process_time() - began <= 5
    assert TENURE.key in {one.feature for one in found.held[0].conditions}
