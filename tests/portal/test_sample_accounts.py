"""Laws of one invented account: its terms, seats and names, for any seed."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from csm_portal.portal.sample import names
from csm_portal.portal.sample.book import draw
from csm_portal.portal.sample.customer import Customer
from csm_portal.portal.sample.plan import families
from csm_portal.portal.sample.policy import INDUSTRIES
from csm_portal.portal.sample.staff import Roster
from csm_portal.portal.sample.terms import Term
from csm_portal.portal.sample.usage import habit, usage
from csm_portal.portal.sample.window import Window

SEEDS = st.integers(0, 2**32)
WINDOW = Window.ending(date(2026, 10, 31), 18)


def customers(seed: int, accounts: int = 8) -> list[Customer]:
    found: list[Customer] = []
    for head, children in families(accounts, seed, WINDOW, Roster(seed)):
        brand = draw(head, None, seed, WINDOW)
        found += [brand, *(draw(child, brand, seed, WINDOW) for child in children)]
    return found


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_a_lost_due_has_no_term_that_starts_within_the_grace(seed: int) -> None:
    for customer in customers(seed):
        core = customer.journey.core
        for loss in customer.journey.losses:
            assert any(term.ends_on == loss.ends_on for term in core)
            assert not any(
                loss.ends_on - 30 <= term.starts_on <= loss.ends_on + 30 and term.starts_on > _start(core, loss.ends_on) for term in core
            )


def _start(core: tuple[Term, ...], ends_on: int) -> int:
    return next(term.starts_on for term in core if term.ends_on == ends_on)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_terms_follow_each_other_and_are_signed_before_they_start(seed: int) -> None:
    for customer in customers(seed):
        core = customer.journey.core
        for term, following in pairwise(core):
            assert term.ends_on is not None
            assert term.ends_on <= following.starts_on
        assert all(term.signed_on <= term.starts_on and term.mrr_cents % 100 == 0 for term in customer.journey.terms)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_nobody_acts_outside_a_term_or_a_seat(seed: int) -> None:
    for customer in customers(seed, accounts=4):
        if not customer.seats:
            continue
        rng = np.random.default_rng(seed)
        events = usage(customer.slot, customer.seats, habit(customer, rng), WINDOW, rng)
        days = events.day + WINDOW.first
        on = np.array([seat.activated_on for seat in customer.seats])
        off = np.array([seat.deactivated_on or WINDOW.last + 1 for seat in customer.seats])
        named = events.seat >= 0
        assert (days[named] >= on[events.seat[named]]).all()
        assert (days[named] < off[events.seat[named]]).all()
        spans = [(term.starts_on, term.ends_on or WINDOW.last + 1) for term in customer.journey.core]
        assert all(any(start <= day < end + 31 for start, end in spans) for day in np.unique(days).tolist())
        assert (events.quantity >= 1).all()
        assert (np.diff(events.day) >= 0).all()


@given(first=st.integers(0, 9_999), second=st.integers(0, 9_999), chinese=st.booleans())
def test_two_accounts_never_share_a_name(first: int, second: int, chinese: bool) -> None:
    same = names.company(first, INDUSTRIES[0], chinese=chinese) == names.company(second, INDUSTRIES[0], chinese=chinese)
    assert same == (first == second)
