"""Tables as files: what is read back is what was written, and nothing runs."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from csm_portal.lib.sheets import FORMULA, csv_blocks, guarded, xlsx_file

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=40)


@pytest.mark.parametrize(("text", "safe"), [("a=b", "a=b"), ("=b", "'=b"), ("@x", "'@x"), ("-1", "'-1"), ("", "")])
def test_only_a_leading_sign_is_guarded(text: str, safe: str) -> None:
    assert guarded(text) == safe


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=6))
def test_csv_gives_back_every_text_and_no_formula(rows: list[list[str]]) -> None:
    written = "".join(csv_blocks(rows))
    assert written.startswith("\ufeff")
    found = list(csv.reader(io.StringIO(written[1:], newline="")))
    assert found == [[guarded(cell) for cell in row] for row in rows]
    assert not any(cell.startswith(FORMULA) for row in found for cell in row)


def test_values_are_plain_and_unknown_is_empty() -> None:
    written = "".join(csv_blocks([["n", "day"], [Decimal("1.50"), date(2026, 3, 1)], [None, True]]))
    assert written == "\ufeffn,day\r\n1.50,2026-03-01\r\n,true\r\n"


def test_long_tables_leave_in_blocks() -> None:
    blocks = list(csv_blocks([[n] for n in range(5_000)]))
    assert len(blocks) > 2
    assert "".join(blocks).count("\r\n") == 5_000


def test_a_workbook_has_its_head_and_runs_nothing() -> None:
    with xlsx_file([["=head", "n"], ["=1+1", 2], ["bell\x07", None]], "A very long title of a sheet, cut off", "B2") as file:
        sheet = load_workbook(file).active
        assert sheet is not None
        assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [["'=head", "n"], ["'=1+1", 2], ["bell", None]]
        assert sheet.freeze_panes == "B2"
        assert len(sheet.title) == 31
