"""Headlines, cuts, setup, runs and definitions over REST."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from accounts.models import ExchangeRate
from accounts.types import Role
from churn.models import RenewalCase
from health.models import Run
from tests.factories import AccountFactory, UserFactory, define_activity, define_calendar
from tests.rest import ROOT, bearer, csv_rows, faults, get, published_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return bearer(UserFactory.make(role=Role.ADMIN))


@pytest.fixture
def dues() -> None:
    published_run()
    for number, (state, renewed) in enumerate([("renewed", "150"), ("lost", None), ("lost", None)]):
        RenewalCase.objects.create(
            account=AccountFactory.make(external_id=f"a{number}"), product="default", starts_on="2025-03-01", ends_on="2026-03-10",
            decision_on="2026-03-10", currency="USD", due_mrr=100, due_reporting=100, renewed_mrr=renewed, renewed_reporting=renewed,
            state=state,
        )  # fmt: skip


def test_the_four_headlines_of_the_latest_month(admin: Client, dues: None) -> None:
    rows = {row["key"]: row for row in get(admin, "headlines/")["results"]}
    assert list(rows) == ["renewal_rate_count", "renewal_rate_amount", "monthly_active_rate", "nps"]
    count, amount = rows["renewal_rate_count"], rows["renewal_rate_amount"]
    assert (count["value"], count["numerator"], count["denominator"], count["month"], count["group"]) == (0.333333, 1, 3, "2026-03", "all")
    assert (amount["value"], amount["numerator"], amount["denominator"]) == (0.5, "150.00", "300.00")
    assert (amount["extra"]["gross"], amount["extra"]["open_amount"]) == (0.333333, "0.00")
    assert (rows["nps"]["value"], rows["nps"]["extra"]["response_rate"]) == (None, None)
    assert all(row["as_of"] == "2026-03-15" and "version" in row for row in rows.values())


def test_headlines_of_a_month_by_a_cut_with_the_accounts_behind_them(admin: Client, dues: None) -> None:
    rows = get(admin, "headlines/", month="2026-03", by="industry", detail=1)["results"]
    assert rows[0]["group"] is None
    assert rows[0]["ids"] == {"renewed": ["a0"], "lost": ["a1", "a2"], "open": []}
    assert get(admin, "headlines/", month="2026-04")["results"][0]["previous"] == 0.333333


def test_headlines_come_as_a_file(admin: Client, dues: None) -> None:
    answer = admin.get(ROOT + "headlines/?format=csv")
    lines = csv_rows(answer)
    assert [line["value"] for line in lines] == ["0.333333", "0.5", "", ""]


def test_amounts_are_told_in_the_currency_asked_for(admin: Client, dues: None) -> None:
    for day, rate in (("2026-01-01", "1.25"), ("2026-04-01", "9")):
        ExchangeRate.objects.create(currency="EUR", day=day, rate=rate)
    amount = get(admin, "headlines/", currency="eur")["results"][1]
    assert (amount["value"], amount["numerator"], amount["denominator"]) == (0.5, "120.00", "240.00")
    assert (amount["extra"]["currency"], amount["extra"]["due_amount"]) == ("EUR", "240.00")
    assert faults(admin, "headlines/", currency="CHF") == {"currency": "no_rate"}
    assert faults(admin, "headlines/", currency="Euro") == {"currency": "invalid"}


@pytest.mark.parametrize("month", ["2026-13", "2026-3", "2026-03-01", "March", "0000-01"])
def test_a_bad_month_is_named(admin: Client, month: str) -> None:
    assert faults(admin, "headlines/", month=month, by="size") == {"month": "invalid"}


def test_cuts_and_setup_are_lists(admin: Client, dues: None) -> None:
    assert {row["name"]: row["values"] for row in get(admin, "cuts/")["results"]}["size"] == ["unknown"]
    checks = {row["key"]: row for row in get(admin, "setup/")["results"]}
    assert (checks["no_owner"]["count"], checks["no_owner"]["of"], checks["no_owner"]["sample"]) == (3, 3, ["a0", "a1", "a2"])
    assert all(row["title"] and row["remedy"] for row in checks.values())


def test_runs_tell_what_was_built_and_errors_to_admins_alone(admin: Client) -> None:
    published_run(date(2026, 3, 14))
    run = published_run()
    Run.objects.filter(pk=run.pk).update(state="failed", error="account 5 broke", late_days=7, counts={"account_day": 12})
    rows = get(admin, "runs/")["results"]
    assert [(row["as_of"], row["state"], row["late_events"]) for row in rows] == [
        ("2026-03-15", "failed", 7),
        ("2026-03-14", "published", 0),
    ]
    assert (rows[0]["counts"], rows[0]["error"]) == ({"account_day": 12}, "account 5 broke")
    assert get(bearer(UserFactory.make()), "runs/")["results"][0]["error"] == ""
    assert len(get(admin, "runs/", state="published")["results"]) == 1
    assert faults(admin, "runs/", state="great") == {"state": "invalid"}


def test_a_run_that_lacks_accounts_is_partial_and_one_that_waits_says_why(admin: Client) -> None:
    whole, partial, held = (published_run(date(2026, 3, day)) for day in (13, 14, 15))
    Run.objects.filter(pk=partial.pk).update(faults=2)
    why = {"moved": 40, "of": 100, "share": 0.4, "day": "2026-03-15", "examples": [{"account": 1, "before": 80, "after": 20}]}
    Run.objects.filter(pk=held.pk).update(state="held", held=why)
    rows = get(admin, "runs/")["results"]
    assert [(row["state"], row["faults"]) for row in rows] == [("held", 0), ("partial", 2), ("published", 0)]
    assert rows[0]["held"] == {"moved": 40, "of": 100, "share": 0.4, "day": "2026-03-15"}, "accounts are named to whoever sees them"
    for state, run in (("held", held), ("partial", partial), ("published", whole)):
        assert [row["as_of"] for row in get(admin, "runs/", state=state)["results"]] == [run.as_of.isoformat()]


def test_runs_page_by_page(admin: Client) -> None:
    for day in (13, 14, 15):
        published_run(date(2026, 3, day))
    page = get(admin, "runs/", page_size=2)
    assert [row["as_of"] for row in admin.get(page["next"]).json()["results"]] == ["2026-03-13"]


def test_definitions_tell_every_version_of_every_section(admin: Client) -> None:
    define_activity(share="0.5")
    define_activity(date(2026, 1, 1))
    define_calendar("CN")
    rows = get(admin, "definitions/")["results"]
    assert [(row["section"], row["version"], row["effective_from"]) for row in rows] == [
        ("calendar", 1, "2000-01-01"),
        ("activity", 2, "2026-01-01"),
        ("activity", 1, "2000-01-01"),
    ]
    assert rows[0]["body"]["default_country"] == "CN"
    assert [row["section"] for row in get(admin, "definitions/", section="calendar")["results"]] == ["calendar"]
