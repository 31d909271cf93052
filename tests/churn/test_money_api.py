"""MRR and attrition over REST: names, forms, defaults, faults, visibility."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client, override_settings

from accounts.models import User
from tests import factories as make
from tests.churn.books import account, book, pays, rate
from tests.rest import ROOT, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db
MRR, ATTRITION = "churn/mrr/", "churn/attrition/"
MARCH = {"from_": "2026-03-01", "to": "2026-04-01"}


@pytest.fixture
def admin() -> User:
    return book()


@pytest.fixture
def client(admin: User) -> Client:
    return bearer(admin)


def rows(client: Client, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(client, path, **query)["results"]
    return found


def test_movements_have_the_promised_names_and_forms(client: Client) -> None:
    pays("stays", "2026-01-01", None, 200)
    pays("goes", "2026-01-01", "2026-03-10", 100)
    pays("joins", "2026-03-05", None, "50.5")
    (row,) = rows(client, MRR, **MARCH)
    assert row == {
        "period": "2026-03",
        "group": "all",
        "start": "300.00",
        "new": "50.50",
        "expansion": "0.00",
        "contraction": "0.00",
        "churn": "100.00",
        "reactivation": "0.00",
        "fx": "0.00",
        "end": "250.50",
        "gross_churn": 0.333333,
        "net_churn": 0.333333,
        "grr": 0.666667,
        "nrr": 0.666667,
        "quick_ratio": 0.505,
        "accounts": 2,
        "without_rate": 0,
        "currency": "USD",
        "provisional": False,
        "as_of": "2026-06-30",
        "version": None,
    }


def test_attrition_has_the_promised_names_and_forms(client: Client) -> None:
    pays("stays", "2026-01-01", None, 200)
    pays("goes", "2026-01-01", "2026-03-10", 100)
    (row,) = rows(client, ATTRITION, measure="logo", **MARCH)
    assert row == {
        "period": "2026-03",
        "group": "all",
        "measure": "logo",
        "start": 2,
        "lost": 1,
        "joined": 0,
        "remaining": 1,
        "rate": 0.5,
        "low": 0.094531,
        "high": 0.905469,
        "purchased_start": None,
        "purchased_lost": None,
        "without_rate": 0,
        "currency": None,
        "provisional": False,
        "as_of": "2026-06-30",
        "version": None,
    }
    (money,) = rows(client, ATTRITION, measure="revenue", **MARCH)
    assert (money["start"], money["lost"], money["rate"], money["currency"], money["low"]) == (
        "300.00",
        "100.00",
        0.333333,
        "USD",
        0.041608,
    )
    (seats,) = rows(client, ATTRITION, measure="seat", **MARCH)
    assert (seats["start"], seats["rate"], seats["currency"]) == (0, None, None)


def test_undefined_is_null_and_a_month_without_loss_is_zero(client: Client) -> None:
    pays("new", "2026-03-10", None)
    march, april = rows(client, MRR, from_="2026-03", to="2026-05")
    names = ("gross_churn", "net_churn", "grr", "nrr", "quick_ratio")
    assert [march[name] for name in names] == [None] * 5
    assert [april[name] for name in names] == [0.0, 0.0, 1.0, 1.0, None]


def test_without_a_range_the_last_twelve_periods_to_the_as_of_day_are_told(client: Client) -> None:
    pays("stays", "2020-01-01", None)
    months = [row["period"] for row in rows(client, MRR)]
    assert (months[0], months[-1], len(months)) == ("2025-07", "2026-06", 12)
    quarters = [row["period"] for row in rows(client, MRR, grain="quarter")]
    assert (quarters[0], quarters[-1], len(quarters)) == ("2023-Q3", "2026-Q2", 12)
    weeks = rows(client, ATTRITION, grain="week", measure="seat")
    assert (weeks[0]["period"], weeks[-1]["period"], len(weeks)) == ("2026-W16", "2026-W27", 12)
    assert (weeks[-2]["provisional"], weeks[-1]["provisional"]) == (False, True)
    assert [row["period"] for row in rows(client, MRR, grain="span")] == ["2025-07-01/2026-07-01"]
    assert [row["period"] for row in rows(client, MRR, from_="2026-05-01")] == ["2026-05", "2026-06"]
    assert [row["period"] for row in rows(client, MRR, to="2026-01-01")][::11] == ["2025-01", "2025-12"]


def test_a_span_is_one_row(client: Client) -> None:
    pays("goes", "2026-01-01", "2026-03-10")
    (row,) = rows(client, MRR, grain="span", from_="2026-02-10", to="2026-03-11")
    assert (row["period"], row["churn"]) == ("2026-02-10/2026-03-11", "100.00")


def test_a_running_month_is_marked() -> None:
    client = bearer(book(date(2026, 6, 20)))
    pays("ends later", "2026-01-01", "2026-06-25")
    may, june = rows(client, ATTRITION, from_="2026-05", to="2026-07")
    assert (may["provisional"], june["provisional"], june["lost"]) == (False, True, 0)


def test_nothing_published_is_an_empty_list() -> None:
    client = bearer(make.UserFactory.make())
    assert rows(client, MRR) == rows(client, ATTRITION) == []


def test_detail_names_the_accounts_behind_each_number(client: Client) -> None:
    pays("b/1", "2026-01-01", "2026-03-10")
    pays("a", "2026-01-01", "2026-03-10")
    (row,) = rows(client, MRR, detail="1", **MARCH)
    assert row["ids"]["churn"] == row["ids"]["start"] == ["a", "b/1"]
    (row,) = rows(client, ATTRITION, detail="1", **MARCH)
    assert row["ids"] == {"start": ["a", "b/1"], "lost": ["a", "b/1"], "joined": [], "remaining": []}
    (row,) = rows(client, ATTRITION, measure="revenue", detail="1", **MARCH)
    assert row["ids"]["lost"] == ["a", "b/1"]


def test_groups_and_filters_by_the_same_names(client: Client) -> None:
    pays(account("food", industry="food"), "2026-01-01", "2026-03-10", 10, plan="pro")
    pays(account("care", industry="care"), "2026-01-01", None, 20, plan="basic")
    pays(account("unknown"), "2026-01-01", None, 40)
    found = rows(client, MRR, by="industry", **MARCH)
    assert [(row["group"], row["start"]) for row in found] == [("care", "20.00"), ("food", "10.00"), (None, "40.00")]
    assert [row["start"] for row in rows(client, MRR, plan="pro", **MARCH)] == ["10.00"]
    assert [row["start"] for row in rows(client, MRR, plan=["pro", "basic"], **MARCH)] == ["30.00"]
    for by in ("csm", "team", "product", "plan", "tier", "region", "size", "stage", "scenario", "feature", "persona"):
        for measure in ("logo", "seat", "revenue"):
            rows(client, ATTRITION, measure=measure, by=by, **MARCH, **{by: "nobody"})
        rows(client, MRR, by=by, **MARCH, **{by: "nobody"})


@override_settings(REPORTING_CURRENCY="USD")
def test_another_currency_is_told_and_named(client: Client) -> None:
    rate("EUR", "2026-01-01", "1.25")
    pays("goes", "2026-01-01", "2026-03-10", 100)
    (row,) = rows(client, MRR, currency="eur", **MARCH)
    assert (row["start"], row["churn"], row["currency"]) == ("80.00", "80.00", "EUR")
    (row,) = rows(client, ATTRITION, measure="revenue", currency="EUR", **MARCH)
    assert (row["lost"], row["currency"]) == ("80.00", "EUR")


@pytest.mark.parametrize(
    ("path", "query", "name", "code"),
    [
        (MRR, {"grain": "week"}, "grain", "invalid"),
        (ATTRITION, {"grain": "week"}, "grain", "no_weeks"),
        (ATTRITION, {"grain": "week", "measure": "revenue"}, "grain", "no_weeks"),
        (ATTRITION, {"grain": "day"}, "grain", "invalid"),
        (ATTRITION, {"measure": "people"}, "measure", "invalid"),
        (MRR, {"by": "colour"}, "by", "invalid"),
        (MRR, {"from_": "yesterday"}, "from", "invalid"),
        (MRR, {"from_": "2026-13-01"}, "from", "invalid"),
        (MRR, {"from_": "2026-04-01", "to": "2026-03-01"}, "from", "from_not_before_to"),
        (MRR, {"from_": "2027-01-01"}, "from", "from_not_before_to"),
        (MRR, {"from_": "0001-01-01"}, "from", "invalid"),
        (MRR, {"from_": "2026-01-01", "to": "9999-12-31"}, "to", "invalid"),
        (MRR, {"from_": "1950-01-01"}, "from", "too_many_periods"),
        (ATTRITION, {"grain": "span", "from_": "0001-01-01", "to": "9999-12-31"}, "from", "invalid"),
        (MRR, {"currency": "EURO"}, "currency", "invalid"),
        (MRR, {"currency": "XXX"}, "currency", "no_rate"),
        (MRR, {"detail": "maybe"}, "detail", "invalid"),
        (MRR, {"planet": "earth"}, "planet", "unknown_parameter"),
        (MRR, {"plan": "\0"}, "plan", "invalid"),
        (MRR, {"cursor": "!"}, "cursor", "invalid"),
    ],
)
def test_a_bad_parameter_is_named(client: Client, path: str, query: dict[str, Any], name: str, code: str) -> None:
    assert faults(client, path, **query) == {name: code}


def test_the_list_as_a_file(client: Client) -> None:
    pays("goes", "2026-01-01", "2026-03-10", 100)
    (row,) = csv_rows(client.get(ROOT + MRR, {"from": "2026-03-01", "to": "2026-04-01", "format": "csv"}))
    assert (row["period"], row["churn"], row["grr"], row["currency"], row["quick_ratio"]) == ("2026-03", "100.00", "0.0", "USD", "0.0")
    assert "ids" not in row
    (row,) = csv_rows(client.get(ROOT + ATTRITION, {"from": "2026-03-01", "to": "2026-04-01", "format": "csv", "detail": "1"}))
    assert json.loads(row["ids"])["lost"] == ["goes"]


def test_a_csm_sees_her_own_accounts_alone(admin: User) -> None:
    anna, ben = make.UserFactory.make(email="anna@example.com"), make.UserFactory.make(email="ben@example.com")
    pays(account("hers", owner=anna), "2026-01-01", "2026-03-10", 10)
    pays(account("his", owner=ben), "2026-01-01", "2026-03-10", 20)
    (row,) = rows(bearer(anna), MRR, detail="1", **MARCH)
    assert (row["start"], row["ids"]["churn"]) == ("10.00", ["hers"])
    assert [one["group"] for one in rows(bearer(anna), ATTRITION, by="csm", **MARCH)] == ["anna@example.com"]
    (row,) = rows(bearer(ben), ATTRITION, detail="1", csm="anna@example.com", **MARCH)
    assert (row["start"], row["ids"]["start"]) == (0, [])


def test_an_answer_takes_few_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    pays("goes", "2026-01-01", "2026-03-10", 100)
    for path, query in ((MRR, {}), (ATTRITION, {"measure": "seat"}), (ATTRITION, {"measure": "logo", "by": "csm"})):
        with django_assert_max_num_queries(5):
            rows(client, path, **query)
