"""On a narrow screen the five worst pieces of news stand at once, and only what is late is urgent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from csm_portal.portal.today.policy import SHOWN_NARROW
from csm_portal.portal.today.words import Line, Section, narrowed


def of(sizes: list[int]) -> list[Section]:
    line = Line(name="a", href="/", what="", more="", day=None, when="", mrr="", renewal="", late=False, good=False, is_new=True)
    return [Section("rating_due", "star", "Rating due", str(size), [line] * size) for size in sizes]


@given(st.lists(st.integers(1, 12), max_size=5))
def test_the_first_five_stand_at_once_and_none_is_lost(sizes: list[int]) -> None:
    later = [line.later for section in narrowed(of(sizes)) for line in section.lines]
    assert later == [place >= SHOWN_NARROW for place in range(sum(sizes))]


def test_a_kind_is_later_when_none_of_its_lines_stands() -> None:
    assert [section.later for section in narrowed(of([3, 3, 2]))] == [False, False, True]
