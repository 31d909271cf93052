"""Files of the book: what is seen, all pages, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries, Settings

from tests.portal.shown_book import person, shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def csv_rows(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/book/export/?format=csv&{query}")
    assert answer["Content-Disposition"] == 'attachment; filename="accounts-2026-11-20.csv"'
    return list(csv.DictReader(io.StringIO(body(answer).decode("utf-8-sig"))))


def xlsx_rows(client: Client, query: str = "") -> list[tuple[Any, ...]]:
    answer = client.get(f"/book/export/?format=xlsx&{query}")
    assert "accounts-2026-11-20.xlsx" in answer["Content-Disposition"]
    return list(load_workbook(io.BytesIO(body(answer))).worksheets[0].iter_rows(values_only=True))


def test_a_file_holds_all_pages_with_the_filters_and_the_order_of_the_list(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    user = person()
    for place in range(60):
        shown(user, f"{place:02}", score=Decimal(place), mrr_reporting=Decimal(place))
    client.force_login(user)
    query = "f=health:min:5&sort=-mrr&cols=health"
    with django_assert_max_num_queries(4):
        rows = csv_rows(client, query)
    assert [row["Account id"] for row in rows] == [f"{place:02}" for place in reversed(range(5, 60))]
    assert [row[0] for row in xlsx_rows(client, query)[1:]] == [row["Account id"] for row in rows]


def test_columns_follow_those_shown_and_values_are_plain(client: Client) -> None:
    user = person(name="Ann", email="ann@example.com")
    shown(
        user,
        "x",
        score=Decimal("63.2000"),
        score_change_30d=Decimal("-4.2"),
        mrr=Decimal("1000.50"),
        account_tags=["a", "b"],
        week_active=True,
        north_star=None,
    )
    client.force_login(user)
    (row,) = csv_rows(client, "cols=renewal,health,mrr,tags,owner,active,star,level")
    assert list(row)[:6] == ["Account id", "Account", "Paying", "Renewal", "Decision date", "Health"]
    assert (row["Renewal"], row["Decision date"]) == ("2027-01-18", "2026-12-19")
    assert (row["Health"], row["Health change in 30 days"], row["Data coverage"]) == ("63.2", "-4.2", "0.8")
    assert (row["MRR"], row["Currency"], row["Tags"], row["Weekly active"]) == ("1000.5", "EUR", "a, b", "true")
    assert (row["Owner"], row["Owner's e-mail"], row["North star"], row["Activity level"]) == ("Ann", "ann@example.com", "", "medium")


@pytest.mark.parametrize("bad", ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_a_text_that_looks_like_a_formula_is_written_as_text(client: Client, bad: str) -> None:
    user = person(name=bad)
    shown(user, "x", account_name=bad, account_industry=bad, account_tags=[bad], account_next_step=bad, currency=bad)
    client.force_login(user)
    query = "cols=industry,tags,next_step,owner,mrr"
    (row,) = csv_rows(client, query)
    for value in (row["Account"], row["Industry"], row["Tags"], row["Next step"], row["Owner"], row["Currency"]):
        assert value.startswith("'")
    sheet = xlsx_rows(client, query)
    assert all(not str(value).startswith(("=", "+", "@", "\t")) for value in sheet[1])


def test_numbers_below_zero_stay_numbers(client: Client) -> None:
    user = person()
    shown(user, "x", score_change_30d=Decimal("-4.2"))
    client.force_login(user)
    sheet = xlsx_rows(client, "cols=change")
    assert sheet[1][-1] == pytest.approx(-4.2)
    assert isinstance(xlsx_rows(client, "cols=renewal")[1][-1].date(), date)


def test_a_file_holds_only_what_the_viewer_sees(client: Client) -> None:
    shown(person(), "theirs")
    mine = person()
    shown(mine, "mine")
    client.force_login(mine)
    assert [row["Account id"] for row in csv_rows(client)] == ["mine"]
    assert client.get("/book/export/?format=exe").status_code == 400


def test_seats_in_use_that_nobody_can_name_are_empty_in_a_file_and_a_dash_on_the_page(client: Client) -> None:
    user = person()
    shown(user, "acme", seats_active=0, strip="Z" * 27 + "M")
    client.force_login(user)
    assert [row["Active seats"] for row in csv_rows(client)] == [""]
    assert "– / 80 / 100" in client.get("/accounts/").content.decode()
