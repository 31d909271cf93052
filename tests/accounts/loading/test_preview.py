"""The first rows of a file, read by the load's own statements and taken back."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from accounts.loading.mapping import MappedTarget, parse_mapping
from accounts.loading.peek import peek
from accounts.loading.preview import SHOWN, Preview, preview
from accounts.loading.registry import targets
from accounts.models import Account, ImportRun
from tests import factories as make

HEAD = '[[target]]\ninto = "contracts"\nfile = "subs.csv"\n'
COLUMNS = 'columns = { external_id = "id", account_external_id = "customer", starts_on = "start", ends_on = "end", mrr = "fee" }\n'
ROWS = "id,customer,start,end,fee,x\ns1,acme,2026-01-01,2027-01-01,100.50,\ns2,acme,2026-01-01,2025-01-01,7,\ns3,new,soon,,much,1\n"


def mapped(text: str = HEAD + COLUMNS) -> MappedTarget:
    """The one target of a mapping."""
    [target] = parse_mapping(text, {name: {column.name for column in one.columns} for name, one in targets().items()}).targets
    return target


def shown(folder: Path, text: str = HEAD + COLUMNS, rows: str | bytes = ROWS) -> Preview:
    """The preview of `subs.csv`."""
    (folder / "subs.csv").write_bytes(rows if isinstance(rows, bytes) else rows.encode())
    return preview(folder, "subs.csv", targets()["contracts"], mapped(text))


@pytest.mark.django_db
def test_values_are_those_of_the_load_and_faults_stand_in_their_cells(tmp_path: Path) -> None:
    make.AccountFactory.make(external_id="acme")
    found = shown(tmp_path)
    assert found.columns == ["external_id", "account_external_id", "starts_on", "ends_on", "mrr"]
    assert [row.line for row in found.rows] == [2, 3, 4]
    good, ends, bad = found.rows
    assert [cell.value for cell in good.cells] == ["s1", "acme", "2026-01-01", "2027-01-01", "100.50"]
    assert not any(cell.fault for cell in good.cells)
    assert "ends after the day it starts" in ends.cells[3].fault
    assert ["yet" in cell.fault or bool(cell.fault) for cell in bad.cells] == [False, True, True, False, True]
    assert (bad.cells[1].flagged, bad.cells[2].flagged) == (True, False)
    assert (found.faulty, found.unused) == (2, ["x"])


@pytest.mark.django_db
def test_a_preview_keeps_nothing_and_can_be_asked_again(tmp_path: Path) -> None:
    assert shown(tmp_path).rows == shown(tmp_path).rows
    assert not Account.objects.exists()
    assert not ImportRun.objects.exists()


@pytest.mark.django_db
def test_the_order_of_dates_is_settled_by_more_rows_than_are_shown(tmp_path: Path) -> None:
    early = "".join(f"s{n},acme,03/04/2026,,1,\n" for n in range(SHOWN + 5))
    head = "id,customer,start,end,fee,x\n"
    found = shown(tmp_path, rows=head + early + "z,acme,13/04/2026,,1,\n")
    assert len(found.rows) == SHOWN
    assert found.rows[0].cells[2].value == "2026-04-03"
    assert found.rows[0].cells[2].text == "03/04/2026"
    assert "day-first" in found.order
    assert "date_order" in shown(tmp_path, rows=head + early).order
    assert shown(tmp_path, HEAD + 'date_order = "mdy"\n' + COLUMNS, head + early).rows[0].cells[2].value == "2026-03-04"


@pytest.mark.django_db
def test_lookups_templates_and_rows_left_out_are_shown_as_they_come(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("key,account\ns1,acme\n")
    text = HEAD + (
        'where = { x = "" }\ncolumns = { external_id = "id", starts_on = "start", mrr = "fee" }\ntemplate.product = "p {id}"\n'
        'lookup.account_external_id = { from = "id", file = "ids.csv", key = "key", take = "account" }\n'
    )
    found = shown(tmp_path, text)
    assert found.left_out == 1
    values = dict(zip(found.columns, (cell.value for cell in found.rows[0].cells), strict=True))
    assert (values["account_external_id"], values["product"]) == ("acme", "p s1")


@pytest.mark.django_db
def test_a_file_or_mapping_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    assert shown(tmp_path, rows=b"").refused.startswith("empty_file")
    assert "reads column 'fee'" in shown(tmp_path, rows="id,customer,start,end\n1,a,2026-01-01,\n").refused
    assert shown(tmp_path, rows="id,customer,start,end,fee\n").rows == []


def test_the_head_of_a_file_is_read_without_the_rest(tmp_path: Path) -> None:
    long = "".join(f"{n},v{n % 3}\n" for n in range(5_000))
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(("id\tvalue\n" + long.replace(",", "\t")).encode()))
    head = peek(tmp_path / "a.tsv.gz", 10)
    assert (head.header, len(head.rows), head.lines[-1], head.whole) == (["id", "value"], 10, 11, False)
    assert head.samples(1) == ["v0", "v1", "v2"]
    (tmp_path / "b.csv").write_bytes('编号,名称\n1,"北方, 公司"\n'.encode("gb18030"))
    assert peek(tmp_path / "b.csv", 10).rows == [["1", "北方, 公司"]]
    assert peek(tmp_path / "b.csv", 10).whole
