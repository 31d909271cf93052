"""The vectorised facets say on every account and day what the plain definition says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from health.facets import goals, judgement, payments, service, usage
from health.facets.curves import OUTCOME_CODES
from health.facets.facet import Facet
from health.facets.facts import (
    AnswerFacts,
    ContractFacts,
    DayFacts,
    InvoiceFacts,
    MilestoneFacts,
    Onboardings,
    OutcomeFacts,
    RatingFacts,
    RenewalFacts,
    SeatFacts,
    SpanFacts,
    StarSpan,
    TicketFacts,
)
from health.facets.grid import FOREVER, Floats, Grid, Ints
from tests.health import facet_oracle as oracle

T = TypeVar("T")
TODAY = 738_000
FIRST = TODAY - 27
GRID = Grid(rows=3, first=TODAY, days=9)
DAYS = range(TODAY, TODAY + 9)
ROWS = range(3)


def around(before: int, after: int = 12) -> st.SearchStrategy[int]:
    return st.integers(TODAY - before, TODAY + after)


def maybe(days: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.none() | days


def rows_of(fact: st.SearchStrategy[T]) -> st.SearchStrategy[list[tuple[int, T]]]:
    return st.lists(st.tuples(st.integers(0, 2), fact), max_size=12)


def ints(values: Iterable[Any]) -> Ints:
    return np.array([FOREVER if value is None else int(value) for value in values], dtype=np.int64)


def of_row(facts: Sequence[tuple[int, T]], row: int) -> list[T]:
    return [fact for at, fact in facts if at == row]


def agrees(facet: Facet, plain: Callable[[int, int], float | None]) -> None:
    expected = np.array([[np.nan if (value := plain(row, day)) is None else value for day in DAYS] for row in ROWS])
    np.testing.assert_allclose(facet.value, expected, atol=6e-5)


def matrix(value: int | None) -> Floats:
    return np.full((3, 9), np.nan if value is None else float(value))


graded = st.builds(oracle.GradedDay, around(40), st.integers(-1, 3), st.booleans(), st.booleans())


@given(st.lists(st.tuples(st.integers(0, 2), graded), max_size=60, unique_by=lambda pair: (pair[0], pair[1].day)))
def test_activity_is_the_mean_level_of_the_open_known_days(facts: list[tuple[int, oracle.GradedDay]]) -> None:
    days = DayFacts(
        row=ints(row for row, _ in facts),
        day=ints(one.day for _, one in facts),
        level=ints(one.level for _, one in facts),
        active=ints(one.active for _, one in facts),
        working=ints(one.working for _, one in facts),
    )
    agrees(usage.activity(GRID, days), lambda row, day: oracle.activity(of_row(facts, row), day))


@given(
    st.lists(st.tuples(st.integers(0, 2), st.tuples(st.integers(1, 4), around(27))), max_size=30, unique=True),
    st.none() | st.integers(0, 6),
    st.none() | st.integers(0, 6),
    st.booleans(),
)
def test_adoption_counts_a_seat_once(
    facts: list[tuple[int, tuple[int, int]]], activated: int | None, purchased: int | None, has_seats: bool
) -> None:
    seats = sorted({(at, one[0]) for at, one in facts})
    masks = [sum(1 << (one[1] - FIRST) for at, one in facts if (at, one[0]) == seat and one[1] < TODAY + 9) for seat in seats]
    busy = SeatFacts(FIRST, ints(at for at, _ in seats), ints(0 for _ in seats), ints(None for _ in seats), ints(masks))
    cells = [(at, on) for at in ROWS for on in DAYS if activated is not None]
    days = DayFacts(
        row=ints(at for at, _ in cells),
        day=ints(on for _, on in cells),
        activated=ints(activated for _ in cells),
        purchased=ints(purchased or 0 for _ in cells),
    )
    facet = usage.adoption(GRID, days, np.full(3, int(has_seats)), busy)
    bought = purchased or 0
    agrees(
        facet,
        lambda at, on: oracle.adoption(
            activated, None if activated is None else bought, oracle.keyed_seats(of_row(facts, at), on), has_seats=has_seats
        ),
    )


def test_a_seat_counts_only_while_it_is_activated() -> None:
    days = ints([1 << 27, 1 << 27, 1 << 0])
    seats = SeatFacts(FIRST, ints([0, 0, 0]), ints([TODAY + 1, 0, 0]), ints([None, TODAY + 3, None]), days)
    assert usage.seats_within(Grid(1, TODAY, 5), seats, 28).tolist() == [[2, 2, 2, 1, 1]]


ticket = st.tuples(around(100), st.none() | st.integers(0, 110), st.booleans(), st.booleans()).map(
    lambda one: oracle.Ticket(one[0], None if one[1] is None else one[0] + one[1], one[2], one[3])
)


@given(rows_of(ticket), st.none() | st.integers(0, 40), maybe(around(5, 5)))
def test_support_and_self_sufficiency_weigh_tickets(
    facts: list[tuple[int, oracle.Ticket]], seats: int | None, known_from: int | None
) -> None:
    tickets = TicketFacts(
        row=ints(row for row, _ in facts),
        opened=ints(one.opened for _, one in facts),
        closed=ints(one.closed for _, one in facts),
        escalated=ints(one.escalated for _, one in facts),
        how_to=ints(one.how_to for _, one in facts),
    )
    start = FOREVER if known_from is None else known_from
    agrees(
        service.support(GRID, tickets, matrix(seats), start), lambda row, day: oracle.support(of_row(facts, row), day, seats, known_from)
    )
    agrees(
        service.self_sufficiency(GRID, tickets, matrix(seats), start),
        lambda row, day: oracle.self_sufficiency(of_row(facts, row), day, seats, known_from),
    )


invoice = st.tuples(around(400), st.none() | st.integers(0, 90), st.none() | st.integers(0, 300), st.integers(0, 3), st.booleans()).map(
    lambda one: oracle.Invoice(one[0], None if one[1] is None else one[0] + one[1], None if one[2] is None else one[0] + one[2], *one[3:])
)


@given(rows_of(invoice))
def test_invoices_go_by_the_worst_one(facts: list[tuple[int, oracle.Invoice]]) -> None:
    bills = InvoiceFacts(
        row=ints(row for row, _ in facts),
        issued=ints(one.issued for _, one in facts),
        due=ints(one.due for _, one in facts),
        paid=ints(one.paid for _, one in facts),
        failed=ints(one.failed for _, one in facts),
        disputed=ints(one.disputed for _, one in facts),
    )
    agrees(payments.invoices(GRID, bills), lambda row, day: oracle.invoices(of_row(facts, row), day))


@pytest.mark.parametrize(("late", "points"), [(0, 100), (1, 60), (30, 60), (31, 30), (60, 30), (61, 0)])
def test_days_overdue_are_graded_as_the_table_says(late: int, points: int) -> None:
    bill = InvoiceFacts(ints([0]), ints([TODAY - 100]), ints([TODAY - late]), ints([None]), ints([0]), ints([0]))
    assert payments.invoices(Grid(1, TODAY, 1), bill).value[0, 0] == points


answer = st.builds(oracle.Answer, st.none() | st.integers(1, 3), around(200), st.integers(0, 100).map(float))


@given(rows_of(answer))
def test_surveys_take_the_latest_answer_of_each_seat(facts: list[tuple[int, oracle.Answer]]) -> None:
    answers = AnswerFacts(
        row=ints(row for row, _ in facts),
        seat=ints(-1 if one.seat is None else row * 10 + one.seat for row, one in facts),
        day=ints(one.day for _, one in facts),
        value=np.array([one.value for _, one in facts], dtype=np.float64),
    )
    agrees(service.surveys(GRID, answers), lambda row, day: oracle.surveys(of_row(facts, row), day))


rating = st.tuples(st.integers(0, 2), around(100), st.integers(1, 5)).map(lambda one: oracle.Rating(*one, 90 if one[0] else 30))


@given(rows_of(rating))
def test_ratings_expire_and_the_latest_answer_per_question_stands(facts: list[tuple[int, oracle.Rating]]) -> None:
    given_ = RatingFacts(
        row=ints(row for row, _ in facts),
        question=ints(row * 10 + one.question for row, one in facts),
        day=ints(one.day for _, one in facts),
        score=ints(one.score for _, one in facts),
        valid_days=ints(one.valid_days for _, one in facts),
        executive=ints(0 for _ in facts),
    )
    agrees(judgement.rated(GRID, given_, executive=False), lambda row, day: oracle.ratings(of_row(facts, row), day))
    assert np.isnan(judgement.rated(GRID, given_, executive=True).value).all()


wanted = st.tuples(around(60), maybe(around(40)), maybe(around(40)), st.sampled_from(sorted(OUTCOME_CODES)), maybe(around(40))).map(
    lambda one: oracle.Outcome(min(day for day in one[:3] if day is not None), *one[1:])
)


@given(rows_of(wanted), st.none() | st.integers(0, 300))
def test_outcomes_are_averaged_with_the_north_star(facts: list[tuple[int, oracle.Outcome]], reached: int | None) -> None:
    outcomes = OutcomeFacts(
        row=ints(row for row, _ in facts),
        since=ints(one.since for _, one in facts),
        stop=ints(one.stop for _, one in facts),
        due=ints(one.due for _, one in facts),
        achieved=ints(one.achieved for _, one in facts),
        status=ints(OUTCOME_CODES[one.status] for _, one in facts),
    )
    stars = () if reached is None else (StarSpan(TODAY - 99, TODAY, TODAY + 99, 200.0, np.full(3, float(reached))),)
    progress = None if reached is None else min(1.0, reached / 200)
    agrees(goals.outcome(GRID, outcomes, DayFacts(), stars), lambda row, day: oracle.outcome(of_row(facts, row), day, progress))


def test_the_north_star_adds_up_day_by_day_and_each_version_for_itself() -> None:
    days = DayFacts(row=ints([0, 0, 0]), day=ints([TODAY - 2, TODAY, TODAY + 3]), north_star=np.array([10.0, 20.0, 40.0]))
    stars = (
        StarSpan(TODAY - 50, TODAY, TODAY + 2, 100.0, np.array([5.0])),
        StarSpan(TODAY + 2, TODAY + 2, TODAY + 9, 80.0, np.array([0.0])),
    )
    reached, progress = goals.north_star(Grid(1, TODAY, 5), days, stars)
    assert reached.tolist() == [[35.0, 35.0, 0.0, 40.0, 40.0]]
    assert progress.tolist() == [[0.35, 0.35, 0.0, 0.5, 0.5]]


contract = st.tuples(around(800), st.none() | st.integers(1, 500), st.integers(1, 90_000)).map(
    lambda one: oracle.Contract(one[0], None if one[1] is None else one[0] + one[1], one[2])
)


@given(rows_of(contract))
def test_growth_compares_with_a_year_ago_or_the_first_paying_day(facts: list[tuple[int, oracle.Contract]]) -> None:
    contracts = ContractFacts(
        row=ints(row for row, _ in facts),
        start=ints(one.start for _, one in facts),
        stop=ints(one.stop for _, one in facts),
        currency=ints(0 for _ in facts),
        cents=ints(one.cents for _, one in facts),
    )
    agrees(payments.growth(GRID, contracts, {}), lambda row, day: oracle.growth(of_row(facts, row), day))


def test_growth_with_mixed_currencies_takes_the_days_rate_for_both_sides() -> None:
    year = ints([TODAY - 400, TODAY - 400, TODAY - 10])
    contracts = ContractFacts(ints([0, 0, 0]), year, ints([None, None, None]), ints([0, 1, 1]), ints([10_000, 10_000, 5_000]))
    one_day = Grid(1, TODAY, 1)
    rated = payments.growth(one_day, contracts, {0: np.ones((1, 1)), 1: np.full((1, 1), 2.0)})
    assert rated.value[0, 0] == pytest.approx(50 + 50 * 100 / 300, abs=1e-4)
    assert np.isnan(payments.growth(one_day, contracts, {0: np.ones((1, 1))}).value[0, 0])


@given(rows_of(st.tuples(around(30), st.booleans())))
def test_renewal_history_is_the_share_of_dues_renewed(facts: list[tuple[int, tuple[int, bool]]]) -> None:
    renewals = RenewalFacts(ints(row for row, _ in facts), ints(one[0] for _, one in facts), ints(one[1] for _, one in facts))
    agrees(payments.renewal_history(GRID, renewals), lambda row, day: oracle.renewal_history(of_row(facts, row), day))


@given(rows_of(st.builds(oracle.Milestone, maybe(around(20)), maybe(around(20)))), around(5, 5), st.integers(0, 9))
def test_onboarding_is_done_of_due_while_it_lasts(facts: list[tuple[int, oracle.Milestone]], start: int, length: int) -> None:
    milestones = MilestoneFacts(ints(row for row, _ in facts), ints(one.due for _, one in facts), ints(one.done for _, one in facts))
    spans = Onboardings(np.full(3, start), np.full(3, start + length))
    agrees(goals.onboarding(GRID, milestones, spans), lambda row, day: oracle.onboarding(of_row(facts, row), day, start, start + length))


@given(rows_of(around(100)), maybe(around(5, 5)))
def test_community_counts_stretches_of_thirty_days(facts: list[tuple[int, int]], known_from: int | None) -> None:
    start = ints(day for _, day in facts)
    actions = SpanFacts(ints(row for row, _ in facts), start, start + 30, np.ones_like(start))
    facet = usage.community(GRID, actions, FOREVER if known_from is None else known_from)
    agrees(facet, lambda row, day: oracle.community(of_row(facts, row), day, known_from))
