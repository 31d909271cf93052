"""Terms: MRR on a day, what is due, what succeeds it, renewed or lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.terms import (
    Due,
    DueState,
    Settled,
    Term,
    first_paying_day,
    growth_basis,
    is_paying,
    largest_running,
    list_dues,
    match_successors,
    mrr_on,
    settle,
)

D = date.fromisoformat
LATE = D("2030-01-01")


def term(number: int, start: str, end: str | None, mrr: str = "100", **more: object) -> Term:
    given_ = {"account": 1, "product": "default", "currency": "USD", **more}
    return Term(id=number, starts_on=D(start), ends_on=D(end) if end else None, mrr=Decimal(mrr), **given_)  # type: ignore[arg-type]


def states(terms: list[Term], as_of: date = LATE, grace: int = 30) -> list[DueState]:
    return [one.state for one in settle(terms, as_of, grace)]


def only(terms: list[Term], as_of: date = LATE, grace: int = 30) -> Settled:
    return settle(terms, as_of, grace)[0]


def test_a_term_that_ends_on_new_year_and_one_that_starts_then_leave_no_gap() -> None:
    old, new = term(1, "2025-01-01", "2026-01-01"), term(2, "2026-01-01", "2027-01-01", "120")
    assert mrr_on([old, new], D("2025-12-31")) == {"USD": Decimal(100)}
    assert mrr_on([old, new], D("2026-01-01")) == {"USD": Decimal(120)}
    found = only([old, new], D("2026-06-01"))
    assert (found.state, found.successors, found.resolved_on) == (DueState.RENEWED, (new,), D("2026-01-01"))
    assert (found.due.amounts, found.renewed) == ({"USD": Decimal(100)}, {"USD": Decimal(120)})


def test_a_trial_at_zero_pays_nothing_and_is_never_due() -> None:
    trial = term(1, "2025-01-01", "2025-02-01", "0")
    assert not is_paying([trial], D("2025-01-10"))
    assert list_dues([trial]) == []
    assert first_paying_day([trial]) is None


def test_an_open_ended_contract_is_never_due() -> None:
    assert list_dues([term(1, "2025-01-01", None)]) == []


def test_amounts_of_several_currencies_stay_apart() -> None:
    terms = [term(1, "2025-01-01", None, "10.05"), term(2, "2025-01-01", None, "7", currency="CNY"), term(3, "2025-01-01", None, "1")]
    assert mrr_on(terms, D("2025-03-01")) == {"USD": Decimal("11.05"), "CNY": Decimal(7)}
    assert mrr_on(terms, D("2024-12-31")) == {}


@pytest.mark.parametrize(
    ("start", "state"),
    [
        ("2025-10-03", DueState.RENEWED),  # 90 days before the end
        ("2025-10-02", DueState.LOST),  # 91
        ("2026-01-31", DueState.RENEWED),  # the last day of the grace
        ("2026-02-01", DueState.LOST),
    ],
)
def test_a_successor_starts_from_90_days_before_to_the_end_of_the_grace(start: str, state: DueState) -> None:
    assert only([term(1, "2025-01-01", "2026-01-01"), term(2, start, "2028-01-01")]).state is state


def test_a_successor_ends_later() -> None:
    assert states([term(1, "2025-01-01", "2026-01-01"), term(2, "2025-11-01", "2026-01-01", product="other")]) == [DueState.LOST] * 2


def test_an_open_ended_successor_ends_later_than_anything() -> None:
    assert states([term(1, "2025-01-01", "2026-01-01"), term(2, "2026-01-01", None)]) == [DueState.RENEWED]


def test_the_same_product_goes_first_and_any_product_will_do() -> None:
    old, other, same = term(1, "2025-01-01", "2026-01-01"), term(2, "2026-01-01", None, product="other"), term(3, "2026-01-20", None)
    assert only([old, other, same]).successors == (same,)
    assert only([old, other]).successors == (other,)


def test_a_contract_of_its_own_product_is_not_taken_by_another_one() -> None:
    crm, erp = term(1, "2025-01-01", "2026-01-01", product="crm"), term(2, "2025-01-01", "2026-01-01", product="erp")
    next_erp = term(3, "2026-01-01", None, product="erp")
    settled = {one.due.product: one for one in settle([crm, erp, next_erp], LATE, 30)}
    assert settled["erp"].state is DueState.RENEWED
    assert settled["crm"].state is DueState.LOST


def test_each_contract_succeeds_at_most_one() -> None:
    terms = [term(1, "2025-01-01", "2026-01-01"), term(2, "2025-01-15", "2026-01-15"), term(3, "2026-01-15", None)]
    assert states(terms) == [DueState.RENEWED, DueState.LOST]


def test_monthly_terms_follow_one_another() -> None:
    starts = [date(2025, month, 1) for month in range(1, 12)]
    ends = [*starts[1:], D("2025-12-01")]
    chain = [term(n, str(a), str(b)) for n, (a, b) in enumerate(zip(starts, ends, strict=True), start=1)]
    settled = settle(chain, LATE, 30)
    assert [one.successors[0].id for one in settled[:-1]] == list(range(2, 12))
    assert settled[-1].state is DueState.LOST


def test_terms_of_one_product_that_end_together_are_one_due() -> None:
    first = term(1, "2025-01-01", "2026-01-01", "100", notice_days=30)
    added = term(2, "2025-06-01", "2026-01-01", "40", notice_days=60, auto_renew=True)
    merged = term(3, "2026-01-01", "2027-01-01", "130")
    found = only([first, added, merged])
    assert (found.due.amounts, found.renewed) == ({"USD": Decimal(140)}, {"USD": Decimal(130)})
    assert (found.due.starts_on, found.due.decision_on) == (D("2025-01-01"), D("2025-11-02"))


def test_within_the_grace_a_due_is_open_and_after_it_lost() -> None:
    old = term(1, "2025-01-01", "2026-01-01", auto_renew=True)
    assert only([old], D("2025-06-01")).state is DueState.OPEN
    assert only([old], D("2026-01-31")).state is DueState.OPEN
    lost = only([old], D("2026-02-01"))
    assert (lost.state, lost.resolved_on, lost.auto_renew_lapsed) == (DueState.LOST, D("2026-02-01"), True)


def test_an_early_renewal_is_known_from_its_signature_and_keeps_its_due_date() -> None:
    old = term(1, "2025-01-01", "2026-01-01")
    early = term(2, "2026-01-01", "2027-01-01", known_on=D("2025-11-15"))
    assert only([old, early], D("2025-11-14")).state is DueState.OPEN
    found = only([old, early], D("2025-11-15"))
    assert (found.state, found.resolved_on, found.due.ends_on) == (DueState.RENEWED, D("2025-11-15"), D("2026-01-01"))


def test_a_free_contract_is_no_successor() -> None:
    assert states([term(1, "2025-01-01", "2026-01-01"), term(2, "2026-01-01", None, "0")]) == [DueState.LOST]


def test_another_account_never_succeeds() -> None:
    assert states([term(1, "2025-01-01", "2026-01-01"), term(2, "2026-01-01", None, account=2)]) == [DueState.LOST]


def test_two_products_of_which_one_ends_are_two_dues_of_which_one_is_lost() -> None:
    crm, erp = term(1, "2025-01-01", "2026-01-01", product="crm"), term(2, "2025-06-01", "2026-06-01", product="erp")
    next_erp = term(3, "2026-06-01", "2027-06-01", product="erp")
    assert [(one.due.product, one.state) for one in settle([crm, erp, next_erp], D("2026-12-01"), 30)] == [
        ("crm", DueState.LOST),
        ("erp", DueState.RENEWED),
        ("erp", DueState.OPEN),
    ]


def test_an_addition_that_ends_with_the_contract_is_one_decision_renewed_by_one_merged_contract() -> None:
    base, seats = term(1, "2025-01-01", "2026-01-01", "100"), term(2, "2025-09-01", "2026-01-01", "30")
    merged = term(3, "2026-01-01", "2027-01-01", "120")
    (found, coming) = settle([base, seats, merged], D("2026-02-01"), 30)
    assert (found.state, found.due.amounts, found.renewed) == (DueState.RENEWED, {"USD": Decimal(130)}, {"USD": Decimal(120)})
    assert coming.state is DueState.OPEN


def test_two_contracts_that_end_together_may_be_renewed_by_two() -> None:
    terms = [term(1, "2025-01-01", "2026-01-01", "100"), term(2, "2025-01-01", "2026-01-01", "50")]
    follow = [term(3, "2026-01-01", "2027-01-01", "100"), term(4, "2026-01-05", "2027-01-01", "60")]
    assert only([*terms, *follow], D("2026-02-01")).renewed == {"USD": Decimal(160)}


def test_a_contract_swapped_for_another_in_the_middle_is_renewed_where_it_was_cut() -> None:
    cut_short, larger = term(1, "2025-01-01", "2025-05-10", "100", plan="basic"), term(2, "2025-05-10", "2026-05-10", "180", plan="pro")
    found = only([cut_short, larger], D("2025-06-01"))
    assert (found.state, found.due.ends_on, found.renewed) == (DueState.RENEWED, D("2025-05-10"), {"USD": Decimal(180)})


def test_a_one_day_term_is_due_the_day_after_and_a_one_day_term_may_succeed() -> None:
    day = term(1, "2025-03-01", "2025-03-02")
    assert mrr_on([day], D("2025-03-01")) == {"USD": Decimal(100)}
    assert mrr_on([day], D("2025-03-02")) == {}
    found = only([day, term(2, "2025-03-02", "2025-03-03")], D("2025-03-02"))
    assert (found.state, found.due.ends_on, found.due.starts_on) == (DueState.RENEWED, D("2025-03-02"), D("2025-03-01"))


def test_a_late_renewal_is_open_until_it_starts_and_then_renewed_at_its_due_date() -> None:
    old, late = term(1, "2025-01-01", "2026-01-01"), term(2, "2026-01-20", "2027-01-20")
    assert only([old, late], D("2026-01-19")).state is DueState.OPEN
    found = only([old, late], D("2026-01-20"))
    assert (found.state, found.resolved_on, found.due.ends_on) == (DueState.RENEWED, D("2026-01-20"), D("2026-01-01"))


def test_without_grace_the_day_after_the_end_is_too_late() -> None:
    old = term(1, "2025-01-01", "2026-01-01")
    assert only([old, term(2, "2026-01-01", None)], grace=0).state is DueState.RENEWED
    assert only([old, term(2, "2026-01-02", None)], grace=0).state is DueState.LOST
    assert only([old], D("2026-01-01"), grace=0).state is DueState.OPEN
    assert only([old], D("2026-01-02"), grace=0).state is DueState.LOST


def test_a_month_left_out_of_a_chain_of_monthly_terms_is_a_loss_unless_the_grace_is_as_long() -> None:
    months = ["2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01", "2025-05-01", "2025-06-01"]
    chain = [term(n, a, b) for n, (a, b) in enumerate(pairwise(months)) if a != "2025-03-01"]
    assert states(chain) == [DueState.RENEWED, DueState.LOST, DueState.RENEWED, DueState.LOST]
    assert states(chain, grace=31) == [DueState.RENEWED, DueState.RENEWED, DueState.RENEWED, DueState.LOST]


def test_overlapping_contracts_of_one_product_are_each_renewed_by_their_own() -> None:
    """As in a subscription log that writes a new row with every change, several of them running at once."""
    rows = [("2024-01-01", "2024-04-01"), ("2024-01-20", "2024-05-01"), ("2024-03-25", "2024-09-01"), ("2024-05-02", "2024-10-01")]
    settled = settle([term(n, a, b) for n, (a, b) in enumerate(rows, start=1)], D("2024-08-01"), 30)
    assert [[one.id for one in found.successors] for found in settled] == [[3], [4], [], []]
    assert [found.state for found in settled] == [DueState.RENEWED, DueState.RENEWED, DueState.OPEN, DueState.OPEN]


def test_a_contract_with_an_automatic_renewal_that_came_is_renewed_and_not_flagged() -> None:
    found = only([term(1, "2025-01-01", "2026-01-01", auto_renew=True), term(2, "2026-01-01", None)])
    assert (found.state, found.auto_renew_lapsed) == (DueState.RENEWED, False)


def test_a_lower_price_at_a_switch_to_a_year_is_a_renewal_at_the_lower_amount() -> None:
    found = only([term(1, "2025-05-01", "2025-06-01", "100"), term(2, "2025-06-01", "2026-06-01", "80")], D("2025-07-01"))
    assert (found.state, found.due.amounts, found.renewed) == (DueState.RENEWED, {"USD": Decimal(100)}, {"USD": Decimal(80)})


def test_growth_begins_at_the_first_paying_day_of_a_younger_customer() -> None:
    terms = [term(1, "2025-06-01", "2026-06-01", "100"), term(2, "2026-01-01", None, "50", product="b")]
    assert growth_basis(terms, D("2026-03-01")) == ({"USD": Decimal(150)}, {"USD": Decimal(100)})
    assert growth_basis(terms, D("2027-02-01")) == ({"USD": Decimal(50)}, {"USD": Decimal(150)})


def test_the_largest_running_contract_gives_the_plan() -> None:
    small, large = term(1, "2025-01-01", None, "10", plan="basic"), term(2, "2025-01-01", "2026-01-01", "90", plan="pro")
    found = [largest_running([small, large], D(day)) for day in ("2025-06-01", "2026-06-01")]
    assert [one.plan for one in found if one] == ["pro", "basic"]
    assert largest_running([small, large], D("2020-01-01")) is None


day_in_range = st.integers(0, 900).map(lambda offset: date(2024, 1, 1) + timedelta(days=offset))
terms_of_one_account = st.lists(
    st.tuples(day_in_range, st.none() | st.integers(1, 500), st.sampled_from(["a", "b"]), st.integers(0, 3)), max_size=8
).map(
    lambda rows: [
        Term(n, 1, product, start, None if length is None else start + timedelta(days=length), "USD", Decimal(mrr))
        for n, (start, length, product, mrr) in enumerate(rows, start=1)
    ]
)


@given(terms_of_one_account, st.integers(0, 60))
def test_no_contract_succeeds_two_dues_and_every_successor_fits(terms: list[Term], grace: int) -> None:
    used: list[int] = []
    for due, successors in match_successors(terms, grace):
        assert len(successors) <= len(due.terms)
        for one in successors:
            used.append(one.id)
            assert -90 <= (one.starts_on - due.ends_on).days <= grace
            assert one.ends_on is None or one.ends_on > due.ends_on
            assert one.mrr > 0
    assert len(used) == len(set(used))


def successors_as_written(terms: list[Term], grace: int) -> list[list[int]]:
    """The definition read word by word, every contract looked at for every due."""
    taken: set[int] = set()

    def nearest(due: Due, same_product: bool) -> list[int]:
        fits = [
            one
            for one in terms
            if one.account == due.account
            and one.mrr > 0
            and one.id not in taken
            and (one.product == due.product or not same_product)
            and due.ends_on - timedelta(days=90) <= one.starts_on <= due.ends_on + timedelta(days=grace)
            and (one.ends_on is None or one.ends_on > due.ends_on)
        ]
        fits.sort(key=lambda one: (abs((one.starts_on - due.ends_on).days), one.starts_on, one.id))
        taken.update(one.id for one in fits[:1])
        return [one.id for one in fits[:1]]

    dues = list_dues(terms)
    found = [[pk for _ in due.terms for pk in nearest(due, True)] for due in dues]
    return [pks or nearest(due, False) for due, pks in zip(dues, found, strict=True)]


@given(terms_of_one_account, terms_of_one_account, st.integers(0, 60))
def test_successors_are_those_of_the_definition_read_word_by_word(one: list[Term], other: list[Term], grace: int) -> None:
    book = [*one, *(replace(term, id=term.id + 100, account=2) for term in other)]
    assert [[term.id for term in found] for _due, found in match_successors(book, grace)] == successors_as_written(book, grace)


@given(terms_of_one_account, day_in_range)
def test_what_was_resolved_stays_resolved_the_same_way(terms: list[Term], day: date) -> None:
    settled = settle(terms, LATE, 30)
    assert all(one.state is not DueState.OPEN for one in settled)
    for one in settle(terms, day, 30):
        assert (one.resolved_on is None) == (one.state is DueState.OPEN)
        assert one.resolved_on is None or one.resolved_on <= day
