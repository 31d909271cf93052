"""Triangles over REST: the promised fields, unfinished cells absent, money as text, files, faults."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import ExchangeRate
from accounts.types import Role
from tests import factories as make
from tests.rest import ROOT, bearer, csv_rows, faults, get, published_run

pytestmark = pytest.mark.django_db
PATH = "churn/cohorts/"


@pytest.fixture
def admin() -> Client:
    return bearer(make.UserFactory.make(role=Role.ADMIN))


@pytest.fixture(autouse=True)
def _book() -> None:
    """Two accounts that began in January 2026; one left in February, the other pays half more since then."""
    published_run(date(2026, 3, 15))
    for name, ends in (("stays", date(2026, 2, 1)), ("leaves", date(2026, 2, 1))):
        account = make.AccountFactory.make(external_id=name, onboarded_on=date(2026, 1, 1), industry="Retail")
        make.ContractFactory.make(account=account, starts_on=date(2026, 1, 1), ends_on=ends)
        if name == "stays":
            make.ContractFactory.make(account=account, starts_on=ends, mrr=150)


def test_a_row_has_exactly_the_promised_fields(admin: Client) -> None:
    rows = get(admin, PATH, measure="logo", grain="month")["results"]
    shared = {"cohort": "2026-01", "group": "all", "size": 2, "currency": None, "as_of": "2026-03-15", "version": None}
    assert rows == [shared | {"offset": 0, "remaining": 2, "share": 1.0}, shared | {"offset": 1, "remaining": 1, "share": 0.5}]


def test_revenue_is_money_as_text_in_the_currency_asked_for(admin: Client) -> None:
    ExchangeRate.objects.create(currency="EUR", day=date(2026, 1, 1), rate=Decimal(2))
    rows = get(admin, PATH, measure="revenue", currency="EUR")["results"]
    assert [(row["size"], row["remaining"], row["share"]) for row in rows] == [("100.00", "100.00", 1.0), ("100.00", "75.00", 0.75)]
    assert {row["currency"] for row in rows} == {"EUR"}
    told = get(admin, PATH, measure="revenue")["results"][1]
    assert (told["remaining"], told["currency"]) == ("150.00", "USD")


def test_weeks_cuts_filters_and_ids(admin: Client) -> None:
    rows = get(admin, PATH, grain="week", by="industry", detail=1, industry="Retail", from_="2026-W01", to="2026-W02")["results"]
    assert [row["offset"] for row in rows] == list(range(11))
    assert {(row["cohort"], row["group"]) for row in rows} == {("2026-W01", "Retail")}
    assert rows[-1]["ids"] == {"remaining": ["stays"], "lost": ["leaves"]}
    assert get(admin, PATH, industry="Other")["results"] == []


def test_a_file_holds_the_same_columns(admin: Client) -> None:
    rows = csv_rows(admin.get(ROOT + PATH, {"format": "csv"}))
    assert list(rows[0]) == ["cohort", "group", "size", "offset", "remaining", "share", "currency", "as_of", "version"]
    assert (rows[1]["share"], rows[1]["remaining"]) == ("0.5", "1")


def test_what_makes_no_sense_is_refused(admin: Client) -> None:
    assert faults(admin, PATH, measure="money", grain="quarter", by="colour") == dict.fromkeys(("measure", "grain", "by"), "invalid")


def test_a_book_of_somebody_else_is_not_there() -> None:
    assert get(bearer(make.UserFactory.make()), PATH)["results"] == []
