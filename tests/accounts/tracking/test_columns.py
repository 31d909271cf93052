"""Columns of a batch as one text each, and what the database makes of them."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts.tracking.columns import CUT, column, rows

TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]))


@pytest.mark.django_db
@pytest.mark.parametrize("texts", [["a"], ["a", "", "b"], ["", ""], ["it's", "back\\slash", "100 %", "{1,2}", "NULL", "名前"]])
def test_the_database_finds_the_values_that_were_joined(texts: list[str]) -> None:
    numbers = [str(place) if place % 2 else "" for place in range(len(texts))]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {rows(name='text', number='bigint')}", {"name": column(texts), "number": column(numbers)})
        found = cursor.fetchall()
    wanted = [(text, int(number) if number else None) for text, number in zip(texts, numbers, strict=True)]
    assert found == wanted


@given(st.lists(TEXT, min_size=1))
def test_values_come_apart_as_they_were_joined(texts: list[str]) -> None:
    assert column(texts).split(CUT) == texts


@pytest.mark.parametrize("values", [[f"a{CUT}b"], ["a", f"{CUT}", "c"]])
def test_a_value_with_the_sign_between_them_is_no_column(values: list[str]) -> None:
    with pytest.raises(ValueError, match="parts values"):
        column(values)
