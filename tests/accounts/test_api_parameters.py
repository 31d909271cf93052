"""Query parameters: forms, and every fault named at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from accounts.api.parameters import DETAIL, FILTERS, FROM, MONTH, PAGE, TO, filters_in, read_day, read_parameters, span_in

DECLARED = (FROM, TO, MONTH, DETAIL, PAGE, *FILTERS)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-05", date(2026, 3, 5)),
        ("2026-03", date(2026, 3, 1)),
        ("2026-W01", date(2025, 12, 29)),
        ("2026-Q4", date(2026, 10, 1)),
    ],
)
def test_a_period_stands_for_its_first_day(text: str, day: date) -> None:
    assert read_day(text) == day


@pytest.mark.parametrize(
    "text", ["2026-3-5", "20260305", "2026-02-29", "2025-W53", "2026-Q5", "2026", "today", "٢٠٢٦-٠٣-٠٥x", "-001-01-01"]
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read_parameters(QueryDict(f"from={text}"), DECLARED)
    assert "from" in caught.value.detail


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        read_parameters(QueryDict("from=x&month=y&detail=z&page_size=0&colour=red"), DECLARED)
    assert set(caught.value.detail) == {"from", "month", "detail", "page_size", "colour"}


def test_an_empty_value_is_as_good_as_none() -> None:
    asked = read_parameters(QueryDict("from=&plan=&plan=pro&detail="), DECLARED)
    assert (asked["from"], asked["plan"], asked["detail"]) == (None, ["pro"], False)


def test_filters_are_those_with_a_value() -> None:
    asked = read_parameters(QueryDict("plan=pro&plan=basic&csm=a%40b"), DECLARED)
    assert filters_in(asked) == {"csm": ["a@b"], "plan": ["pro", "basic"]}


def test_a_span_ends_at_the_last_published_day_and_reaches_back() -> None:
    asked = read_parameters(QueryDict(""), DECLARED)
    assert span_in(asked, default_days=28, until=date(2026, 3, 16)) == (date(2026, 2, 16), date(2026, 3, 16))


@given(st.dictionaries(st.text(max_size=8), st.lists(st.text(max_size=12), max_size=2), max_size=4))
def test_nothing_but_a_validation_error_comes_of_any_query(query: dict[str, list[str]]) -> None:
    given_query = QueryDict(mutable=True)
    for name, values in query.items():
        given_query.setlist(name, values)
    with suppress(ValidationError):
        assert set(read_parameters(given_query, DECLARED)) == {parameter.name for parameter in DECLARED}
