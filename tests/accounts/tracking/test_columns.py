"""Columns of a batch as one text each, and what the database makes of them."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts.tracking.columns import CUT, column, usually

TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]))


TEXTS = [["a"], ["a", "", "b"], ["", ""], ["it's", "back\\slash", "100 %", "{1,2}", "NULL", "名前"]]


@pytest.mark.django_db
@pytest.mark.parametrize("texts", TEXTS)
def test_the_database_finds_the_values_that_were_joined(texts: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(string_to_array(%s, %s))", [column(texts), CUT])
        assert [row[0] for row in cursor.fetchall()] == texts


def test_a_column_of_usual_values_is_left_to_the_database() -> None:
    assert usually("1", ["1", "1"]) == ""
    assert usually("1", ["1", "2"]) == f"1{CUT}2"
    assert usually("1", []) == column([]) == ""


@given(st.lists(TEXT))
def test_values_come_apart_as_they_were_joined(texts: list[str]) -> None:
    assert column(texts).split(CUT) == (texts or [""])


@pytest.mark.parametrize("values", [[f"a{CUT}b"], ["a", f"{CUT}", "c"]])
def test_a_value_with_the_sign_between_them_is_no_column(values: list[str]) -> None:
    with pytest.raises(ValueError, match="parts values"):
        column(values)
