"""CSV: nothing that a spreadsheet would run, numbers left alone."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.api.downloads import cell, csv_lines
from csm_portal.lib.sheets import FORMULA


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (-5, -5),
        (-0.5, -0.5),
        ("-5.00", "-5.00"),
        ("-5.0.0", "'-5.0.0"),
        ("-", "'-"),
        ("+5", "'+5"),
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("\x00=x", "'=x"),
        ("a=b", "a=b"),
        ({"a": None}, '{"a": null}'),
        (["ü"], '["ü"]'),
    ],
)
def test_cells(value: Any, shown: Any) -> None:
    assert cell(value) == shown


@given(st.text())
def test_no_text_starts_a_formula_unless_it_is_a_number(text: str) -> None:
    shown = str(cell(text))
    assert not shown.startswith(FORMULA) or float(shown) <= 0


@given(
    st.lists(
        st.fixed_dictionaries({"a": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), "b": st.integers()}),
        max_size=5,
    )
)
def test_a_reader_finds_the_same_rows(rows: list[dict[str, Any]]) -> None:
    found = list(csv.DictReader(io.StringIO("".join(csv_lines(["a", "b"], rows)), newline="")))
    assert [(row["a"].removeprefix("'"), int(row["b"])) for row in found] == [(row["a"].removeprefix("'"), row["b"]) for row in rows]


def test_a_part_of_nothing_is_empty() -> None:
    lines = list(csv_lines(["h.score", "h.x.y"], [{"h": {"score": 1, "x": None}}, {"h": None}]))
    assert lines == ["h.score,h.x.y\r\n", "1,\r\n", ",\r\n"]
