"""Files as they come: encodings, separators, quotes, broken lines, workbooks, Parquet; and the rules of their cells."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date, datetime
from pathlib import Path

import duckdb
import openpyxl
import pytest

from accounts.models import Account, Contract, RejectedRow, Ticket
from tests.accounts.loading.folders import codes, counts, load, rejected, report_of, write

pytestmark = pytest.mark.django_db
HEAD = "external_id,name\n"


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("external_id,name\na,Zoë 企业\n".encode(), ""),
        ("external_id,name\na,Zoë 企业\n".encode("utf-8-sig"), ""),
        ("external_id,name\na,北京企业有限公司\n".encode("gb18030"), "read as GB18030"),
        (b"external_id;name\na;A\n", "separator is a semicolon"),
        (b"external_id\tname\na\tA\n", "separator is a tab"),
        (b"external_id,name\r\na,A\r\n", ""),
        (b'"external_id","name"\r\n"a","A, with ""quotes""\nand a second line"\r\n', ""),
        (b"external_id,name\na,A", ""),
        (b"external_id,name\n\n  a , A  \n\n", ""),
        (b"external_id,name\na,back\\slash\\.\n", ""),
    ],
)
def test_a_readable_file_is_read(tmp_path: Path, content: bytes, note: str) -> None:
    report = load(write(tmp_path / "in", accounts=content))
    assert counts(report, "accounts") == (1, 1, 0, 0, 0, 0)
    assert report_of(report, "accounts").notes == ([note] if note else [])
    expected = {b"\xb1": "北京企业有限公司"}
    name = Account.objects.get(external_id="a").name
    assert name in {"Zoë 企业", "A", 'A, with "quotes"\nand a second line', "back\\slash\\.", *expected.values()}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
        ("external_id,name\na,A\n".encode("utf-16"), "bad_encoding"),
        ("external_id,name\na,Müller und Söhne\nb,Über\n".encode("cp1252"), "bad_encoding"),
        (b"external_id,name,name\na,A,B\n", "duplicate_column"),
        (b"external_id\na\n", "missing_column"),
        (b'external_id,"name\na,A\n', "unclosed_quote"),
        (b"external_id,name\ra,A\r", "bad_line_ends"),
        (",".join(f"c{n}" for n in range(10_000)).encode() + b"\n", "too_many_columns"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_whole(tmp_path: Path, content: bytes, code: str) -> None:
    report = load(write(tmp_path / "in", accounts=content))
    assert report.exit_code == 1
    assert report_of(report, "accounts").refused.startswith(code + ":")


def test_a_header_alone_is_a_file_of_no_rows(tmp_path: Path) -> None:
    assert counts(load(write(tmp_path / "in", accounts=HEAD.encode())), "accounts") == (0, 0, 0, 0, 0, 0)


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "in")
    (folder / "accounts.csv.gz").write_bytes(gzip.compress(b"external_id,name\n" + b"a,A\n" * 5000)[:-20])
    assert report_of(load(folder), "accounts").refused.startswith("unreadable")


def test_every_line_that_is_no_row_is_named_and_the_rest_loads(tmp_path: Path) -> None:
    body = b'external_id,name\na,A\nb\nc,C,C\n"d,D\ne,E\nf,"F" x\ng,\x00G\nh,\xff\xfeH\n"i","I\nI"\nj,J\n'
    report = load(write(tmp_path / "in", accounts=body))
    assert [(row[1], row[3]) for row in rejected()] == [
        (3, "too_few_columns"),
        (4, "too_many_columns"),
        (5, "unclosed_quote"),
        (7, "bad_quote"),
        (8, "nul_byte"),
        (9, "bad_encoding"),
    ]
    assert counts(report, "accounts") == (10, 4, 0, 0, 0, 6)
    assert set(Account.objects.values_list("external_id", flat=True)) == {"a", "e", "i", "j"}


def test_a_line_number_is_the_physical_one_after_a_record_of_several_lines(tmp_path: Path) -> None:
    load(write(tmp_path / "in", accounts=b'external_id,name\na,"A\nA\nA"\n\nb,\n'))
    assert rejected() == [("accounts.csv", 6, "name", "missing_value", "")]


CONTRACT_HEAD = "external_id,account_external_id,starts_on,ends_on,mrr,amount,seats,currency,auto_renew\n"


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",a,2024-01-01,,1,,,,", "external_id", "missing_value"),
        ("c,ghost,2024-01-01,,1,,,,", "account_external_id", "unknown_account"),
        ("c,a,2024-02-30,,1,,,,", "starts_on", "bad_date"),
        ("c,a,01-02-24,,1,,,,", "starts_on", "two_digit_year"),
        ("c,a,45292,,1,,,,", "starts_on", "excel_serial"),
        ("c,a,2024-01-01,9999-12-31,1,,,,", "ends_on", "year_out_of_range"),
        ("c,a,2024-01-01,2024-01-01,1,,,,", "ends_on", "ends_not_after_start"),
        ("c,a,2024-01-01,,-1,,,,", "mrr", "out_of_range"),
        ("c,a,2024-01-01,,1e17,,,,", "mrr", "number_too_big"),
        ('c,a,2024-01-01,,"1,234.50",,,,', "mrr", "bad_number"),
        ("c,a,2024-01-01,,NaN,,,,", "mrr", "bad_number"),
        ("c,a,2024-01-01,2025-01-01,1,2,,,", "amount", "mrr_and_amount"),
        ("c,a,2024-01-01,2025-01-01,,,,,", "mrr", "missing_value"),
        ("c,a,2024-01-01,,,12,,,", "amount", "amount_needs_end"),
        ("c,a,2024-01-01,,1,,2.5,,", "seats", "bad_whole_number"),
        ("c,a,2024-01-01,,1,,,Euro,", "currency", "bad_currency"),
        ("c,a,2024-01-01,,1,,,,perhaps", "auto_renew", "not_in_list"),
        ("c" * 501 + ",a,2024-01-01,,1,,,,", "external_id", "value_too_long"),
    ],
)
def test_a_bad_cell_is_rejected_with_place_and_code(tmp_path: Path, row: str, column: str, code: str) -> None:
    folder = write(
        tmp_path / "in", accounts="external_id,name\na,A", contracts=CONTRACT_HEAD + row + "\ngood,a,2024-01-01,,1,,3.0,eur,TRUE"
    )
    report = load(folder)
    assert counts(report, "contracts") == (2, 1, 0, 0, 0, 1)
    ((file, line, found, found_code, _),) = rejected()
    assert (file, line, found, found_code) == ("contracts.csv", 2, column, code)
    assert RejectedRow.objects.get().reason
    good = Contract.objects.get()
    assert (good.seats, good.currency, good.auto_renew) == (3, "EUR", True)


def test_rejects_are_written_as_a_file_to_mend(tmp_path: Path) -> None:
    report = load(write(tmp_path / "in", accounts="external_id,name,country\na,,DE\nb,=1+1,Germany"))
    assert report.rejects is not None
    with (report.rejects / "accounts.csv.rejects.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["file"], row["line"], row["column"], row["code"], row["flagged"]) for row in rows] == [
        ("accounts.csv", "2", "name", "missing_value", "false"),
        ("accounts.csv", "3", "country", "unknown_country", "true"),
    ]
    assert json.loads(rows[0]["row"]) == {"external_id": "a", "name": None, "country": "DE"}
    assert "right would be" in rows[0]["reason"]


def test_an_instant_without_offset_is_utc_and_the_report_says_so(tmp_path: Path) -> None:
    tickets = "external_id,account_external_id,opened_at\nt1,a,2024-03-01 10:00\nt2,a,2024-03-01T10:00:00+08:00\nt3,a,2024-03-01"
    report = load(write(tmp_path / "in", accounts="external_id,name,timezone\na,A,Asia/Shanghai", tickets=tickets))
    opened = {key: at.isoformat() for key, at in Ticket.objects.values_list("external_id", "opened_at")}
    assert opened == {"t1": "2024-03-01T10:00:00+00:00", "t2": "2024-03-01T02:00:00+00:00", "t3": "2024-02-29T16:00:00+00:00"}
    notes = " ".join(report_of(report, "tickets").notes)
    assert "1 rows with an instant without offset" in notes
    assert "1 rows with a date alone" in notes


def test_an_instant_in_a_date_column_is_its_local_date(tmp_path: Path) -> None:
    rows = "external_id,account_external_id,starts_on,mrr\nc1,a,2024-03-01T23:30:00-05:00,1\nc2,a,2024-03-01 23:30:00,1"
    report = load(write(tmp_path / "in", accounts="external_id,name\na,A", contracts=rows))
    assert dict(Contract.objects.values_list("external_id", "starts_on")) == {"c1": date(2024, 3, 2), "c2": date(2024, 3, 1)}
    assert "2 rows with a time of day in a date column" in " ".join(report_of(report, "contracts").notes)


def contracts_dated(*days: str) -> dict[str, str]:
    rows = "\n".join(f"c{n},a,{day},1" for n, day in enumerate(days))
    return {"accounts": "external_id,name\na,A", "contracts": f"external_id,account_external_id,starts_on,mrr\n{rows}"}


def test_one_day_above_twelve_settles_the_order_of_the_whole_file(tmp_path: Path) -> None:
    report = load(write(tmp_path / "in", **contracts_dated("03-04-2024", "25-04-2024")))
    assert set(Contract.objects.values_list("starts_on", flat=True)) == {date(2024, 4, 3), date(2024, 4, 25)}
    assert "dates read day-first throughout" in " ".join(report_of(report, "contracts").notes)


def test_dates_that_prove_nothing_refuse_the_file(tmp_path: Path) -> None:
    report = load(write(tmp_path / "in", **contracts_dated("03-04-2024", "05/06/2024")))
    assert "ambiguous_dates" in report_of(report, "contracts").refused
    assert "date_order" in report_of(report, "contracts").refused


def test_a_stray_order_in_a_file_of_iso_dates_is_rejected(tmp_path: Path) -> None:
    load(write(tmp_path / "in", **contracts_dated("2024-04-03", "2024-04-25", "25-04-2024")))
    assert codes() == ["bad_date"]


def test_a_workbook_loads_like_its_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", accounts="external_id,name\na,A")
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["external_id", "account_external_id", "starts_on", "mrr", "seats", "auto_renew"])
    sheet.append(["c1", "a", datetime(2024, 3, 1), 99.5, 3, True])  # noqa: DTZ001 - a workbook has no zones
    sheet.append([None] * 6)
    sheet.append(["c2", "a", "soon", 1, 1, False])
    workbook.create_sheet("notes")
    workbook.save(folder / "contracts.xlsx")
    report = load(folder)
    assert counts(report, "contracts") == (2, 1, 0, 0, 0, 1)
    assert rejected() == [("contracts.xlsx", 4, "starts_on", "bad_date", "soon")]
    assert "sheets left out: notes" in report_of(report, "contracts").notes
    contract = Contract.objects.get()
    assert (contract.starts_on, str(contract.mrr), contract.seats, contract.auto_renew) == (date(2024, 3, 1), "99.50", 3, True)


def test_a_parquet_file_loads_like_its_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", accounts="external_id,name\na,A")
    query = (
        "SELECT 't1' AS external_id, 'a' AS account_external_id, TIMESTAMPTZ '2024-03-01 10:00:00+02' AS opened_at, true AS"
        " escalated, NULL AS subject"
    )
    duckdb.execute(f"COPY ({query}) TO '{folder}/tickets.parquet' (FORMAT parquet)")
    assert counts(load(folder), "tickets") == (1, 1, 0, 0, 0, 0)
    ticket = Ticket.objects.get()
    assert (ticket.opened_at.isoformat(), ticket.escalated) == ("2024-03-01T08:00:00+00:00", True)


@pytest.mark.parametrize("name", ["contracts.xlsx", "contracts.parquet"])
def test_a_file_that_only_claims_its_type_is_refused(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "in")
    (folder / name).write_bytes(b"external_id,name\n")
    assert report_of(load(folder), "contracts").refused.startswith("unreadable")
