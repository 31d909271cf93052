"""The pure parts of the manager's page: sums, periods, boxes, bars and lines of months."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Team, User
from csm_portal.portal.team.cells import BAR_WIDTH, spark, stacked
from csm_portal.portal.team.figures import Figures, total
from csm_portal.portal.team.goal_grid import in_box, read_box
from csm_portal.portal.team.spans import KEYS, OWN, span_asked
from csm_portal.portal.team.tree import Kind, in_order, tree

AS_OF = date(2026, 10, 31)
COUNTS = st.integers(0, 1000)
BOOKS = st.builds(
    Figures, accounts=COUNTS, paying=COUNTS, active=COUNTS, mrr=st.decimals(0, 10**6, places=2), scores=st.lists(st.floats(0, 100))
)
PEOPLE = [User(pk=place, email=f"{place}@example.com", team_id=place % 3 + 1) for place in range(1, 6)]
TEAMS = [Team(pk=1, name="A", path="A/"), Team(pk=2, name="B", path="A/B/"), Team(pk=3, name="C", path="C/")]
DESKS = st.tuples(st.none() | st.integers(1, 5), st.none() | st.integers(1, 4))


@given(st.dictionaries(DESKS, BOOKS, max_size=8))
def test_no_desk_is_lost_or_counted_twice_in_the_tree(by_desk: dict[tuple[int | None, int | None], Figures]) -> None:
    top = tree(User(), by_desk, PEOPLE, TEAMS)
    whole = total(by_desk.values())
    assert (top.figures.accounts, top.figures.mrr, sorted(top.figures.scores)) == (whole.accounts, whole.mrr, sorted(whole.scores))
    for line in top.lines():
        if line.children:
            assert line.figures.accounts == sum(child.figures.accounts for child in line.children)
    keys = [line.key for line in top.lines()]
    assert len(keys) == len(set(keys))


@given(st.dictionaries(DESKS, BOOKS, max_size=8), st.booleans())
def test_sorting_moves_lines_within_their_team_only(by_desk: dict[tuple[int | None, int | None], Figures], descending: bool) -> None:
    top = tree(User(), by_desk, PEOPLE, TEAMS)
    before = {line.key: {child.key for child in line.children} for line in top.lines()}
    in_order(top, lambda line: line.figures.rate, descending=descending)
    assert {line.key: {child.key for child in line.children} for line in top.lines()} == before
    for line in top.lines():
        ranked = [child.figures.rate for child in line.children if child.kind in (Kind.PERSON, Kind.TEAM)]
        known = [rate for rate in ranked if rate is not None]
        assert known == sorted(known, reverse=descending)
        assert all(rate is None for rate in ranked[len(known) :])


def test_a_rate_of_a_team_is_of_its_sums_not_the_mean_of_its_people() -> None:
    assert total([Figures(paying=4, active=3), Figures(paying=6, active=1)]).rate == pytest.approx(0.4)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
def test_a_stacked_bar_is_filled_exactly(counts: list[int]) -> None:
    segments = stacked([("x", count) for count in counts])
    assert len(segments) == sum(count > 0 for count in counts)
    if segments:
        assert sum(float(segment.width) for segment in segments) == pytest.approx(BAR_WIDTH, abs=0.1)


def test_a_line_of_months_breaks_where_nothing_is_known() -> None:
    assert spark([None, None], 0, "") is None
    drawn = spark([0.5, None, 1.0, 0.75], 0.5, "")
    assert drawn is not None
    assert drawn.path.count("M") == 2


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("month", date(2026, 10, 1), date(2026, 10, 31)),
        ("last-month", date(2026, 9, 1), date(2026, 9, 30)),
        ("next-month", date(2026, 11, 1), date(2026, 11, 30)),
        ("quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("last-quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("next-quarter", date(2027, 1, 1), date(2027, 3, 31)),
        ("next-90", date(2026, 11, 1), date(2027, 1, 29)),
        ("last-90", date(2026, 8, 3), date(2026, 10, 31)),
        ("year", date(2026, 1, 1), date(2026, 10, 31)),
    ],
)
def test_periods_are_anchored_at_the_day_of_the_figures(key: str, first: date, last: date) -> None:
    period = span_asked({"period": key}, AS_OF).period
    assert (period.first, period.last) == (first, last)


@given(st.sampled_from(KEYS) | st.text(max_size=8), st.text(max_size=12), st.text(max_size=12))
def test_any_address_gives_a_period_and_its_query_leads_back(key: str, first: str, last: str) -> None:
    span = span_asked({"period": key, "from": first, "to": last}, AS_OF)
    assert span.period.first < span.period.after
    assert span_asked(span.query, AS_OF) == span


def test_days_changed_under_a_named_period_are_what_was_asked_for() -> None:
    days = {"from": "2026-06-01", "to": "2026-06-30"}
    assert span_asked({"period": "next-90", "was": "next-90", **days}, AS_OF).key == OWN
    assert span_asked({"period": "next-90", "was": "month", **days}, AS_OF).key == "next-90"


def test_a_period_of_ones_own_includes_both_days() -> None:
    period = span_asked({"period": OWN, "from": "2026-10-05", "to": "2026-10-05"}, AS_OF).period
    assert [*period.days()] == [date(2026, 10, 5)]


@given(st.decimals(0, 100, places=2))
def test_a_rate_in_its_box_reads_back_as_itself(percent: Decimal) -> None:
    value = read_box("monthly_active_rate", str(percent))
    assert value == percent / 100
    assert read_box("monthly_active_rate", in_box("monthly_active_rate", value)) == value


@pytest.mark.parametrize(
    ("text", "value"), [("", None), ("  ", None), ("85", Decimal("0.85")), ("85 %", Decimal("0.85")), ("85％", Decimal("0.85"))]
)
def test_a_box_takes_percent_with_or_without_its_sign(text: str, value: Decimal | None) -> None:
    assert read_box("renewal_rate_count", text) == value
