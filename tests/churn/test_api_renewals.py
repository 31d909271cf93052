"""Renewals over REST: what falls due, what is entered about it, and the rates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, ExchangeRate, User
from accounts.types import Role
from churn.models import CaseCheck, CaseOutcome, Forecast, RenewalCase
from tests import factories as make
from tests.churn.book import AS_OF, TODAY, due, night, only_case, term
from tests.rest import ROOT, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(settings: Any) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def csm() -> User:
    return make.UserFactory.make(email="anna@example.com")


@pytest.fixture
def client(csm: User) -> Client:
    return bearer(csm)


@pytest.fixture
def account(csm: User) -> Account:
    return due(20, make.AccountFactory.make(external_id="a/1", name="Acme", owner=csm, industry="retail"), "100.50", notice_days=10)


def send(client: Client, what: str, body: Any, case: int | None = None) -> Any:
    pk = only_case().pk if case is None else case
    return client.post(f"{ROOT}renewals/{pk}/{what}/", body, content_type="application/json")


def refused(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {error["attr"]: error["detail"] for error in answer.json()["errors"]}


def test_a_due_tells_all_of_itself(client: Client, account: Account) -> None:
    night()
    (row,) = get(client, "renewals/")["results"]
    ends_on = TODAY + timedelta(days=30)
    assert row == {
        "id": only_case().pk,
        "account_external_id": "a/1",
        "name": "Acme",
        "csm": "anna@example.com",
        "product": "default",
        "starts_on": (ends_on - timedelta(days=365)).isoformat(),
        "ends_on": ends_on.isoformat(),
        "decision_on": (ends_on - timedelta(days=10)).isoformat(),
        "days_left": 20,
        "stage": "0-29",
        "state": "open",
        "contract_state": "open",
        "auto_renew_lapsed": False,
        "currency": "USD",
        "due_mrr": "100.50",
        "renewed_mrr": None,
        "due_reporting": "100.50",
        "renewed_reporting": None,
        "resolved_on": None,
        "forecast": None,
        "outcome": None,
        "checks": {"pack_opened": TODAY.isoformat(), "usage_shared": None},
        "needs": ["forecast", "usage_shared"],
        "as_of": AS_OF.isoformat(),
        "version": None,
    }


def test_a_forecast_is_entered_and_told(client: Client, account: Account) -> None:
    night()
    body = {"amount": "90.25", "expansion": 10, "probability": "75%", "category": "best_case", "reason": "budget is open"}
    answer = send(client, "forecast", body)
    assert answer.status_code == 201
    told = answer.json()["forecast"]
    assert told.pop("entered_on")
    assert told == {
        "amount": "90.25",
        "expansion": "10.00",
        "probability": 0.75,
        "category": "best_case",
        "reason": "budget is open",
        "author": "anna@example.com",
    }
    assert send(client, "forecast", body).status_code == 200
    assert Forecast.objects.count() == 1
    (row,) = get(client, "renewals/", category="best_case")["results"]
    assert (row["forecast"]["amount"], row["needs"]) == ("90.25", ["usage_shared"])


def test_an_outcome_is_entered_and_told(client: Client, account: Account) -> None:
    night()
    answer = send(client, "outcome", {"state": "renewed", "renewed_mrr": "120", "decided_on": "2026-02-14", "note": "by phone"})
    assert answer.status_code == 201
    row = answer.json()
    assert row["outcome"] == {
        "state": "renewed",
        "renewed_mrr": "120.00",
        "decided_on": "2026-02-14",
        "note": "by phone",
        "author": "anna@example.com",
    }
    assert (row["state"], row["contract_state"], row["renewed_mrr"], row["stage"], row["needs"]) == ("renewed", "open", "120.00", None, [])
    assert CaseOutcome.objects.count() == 1


def test_steps_are_ticked_and_taken_back(client: Client, account: Account) -> None:
    night()
    assert send(client, "checks", {"kind": "usage_shared"}).status_code == 201
    assert send(client, "checks", {"kind": "usage_shared"}).status_code == 200
    assert CaseCheck.objects.filter(kind="usage_shared").count() == 1
    answer = send(client, "checks", {"kind": "usage_shared", "done": False})
    assert (answer.status_code, answer.json()["checks"]["usage_shared"]) == (200, None)
    assert set(refused(send(client, "checks", {"kind": "pack_opened", "done": False}))) == {"done"}


@pytest.mark.parametrize(
    ("what", "body", "fields"),
    [
        ("forecast", {}, {"amount", "probability", "category"}),
        ("forecast", {"amount": "1000", "probability": 1, "category": "commit"}, {"amount"}),
        ("forecast", {"amount": "x", "probability": 2, "category": "maybe", "chance": 1}, {"amount", "probability", "category", "chance"}),
        ("outcome", {"state": "gone"}, {"state"}),
        ("outcome", {"state": "lost", "decided_on": "2099-01-01"}, {"decided_on"}),
        ("outcome", {"state": "lost", "decided_on": "2020-01-01"}, {"decided_on"}),
        ("checks", {"kind": "forecast"}, {"kind"}),
        ("checks", [], {"non_field_errors"}),
        ("forecast", '"text"', {"non_field_errors"}),
    ],
)
def test_what_is_wrong_is_named_with_its_field(client: Client, account: Account, what: str, body: Any, fields: set[str]) -> None:
    night()
    told = refused(send(client, what, body))
    assert set(told) == fields
    assert all(told.values())
    assert not Forecast.objects.exists()
    assert not CaseOutcome.objects.exists()


def test_a_forecast_of_what_is_decided_is_refused(client: Client, account: Account) -> None:
    night()
    send(client, "outcome", {"state": "lost"})
    assert "non_field_errors" in refused(send(client, "forecast", {"amount": "1", "probability": 1, "category": "commit"}))


@pytest.mark.parametrize("what", ["forecast", "outcome", "checks"])
def test_what_is_not_yours_is_not_there(account: Account, what: str) -> None:
    night()
    other = bearer(make.UserFactory.make())
    hidden, absent = (send(other, what, {"state": "lost"}, case) for case in (only_case().pk, 10**30))
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json() == absent.json()
    assert get(other, "renewals/")["results"] == []
    assert only_case().state == "open"


def test_a_signed_in_browser_needs_its_token_against_forgery(csm: User, account: Account) -> None:
    night()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(csm, backend="accounts.sign_in_backends.WithTeams")
    assert send(browser, "outcome", {"state": "lost"}).status_code == 403


def test_the_list_is_narrowed_by_span_stage_state_and_what_is_missing(client: Client, csm: User, account: Account) -> None:
    due(70, make.AccountFactory.make(external_id="b", owner=csm), product="crm")
    due(-100, make.AccountFactory.make(external_id="c", owner=csm))
    night()

    def ids(**asked: Any) -> list[str]:
        return [row["account_external_id"] for row in get(client, "renewals/", **asked)["results"]]

    assert ids() == ["c", "a/1", "b"]
    assert ids(renewal_stage=["0-29", "60-90"]) == ["a/1", "b"]
    assert ids(renewal_stage="60-90") == ["b"]
    assert ids(state="lost") == ["c"]
    assert ids(needs="forecast") == ["a/1"]
    assert ids(product="crm") == ["b"]
    assert ids(csm="anna@example.com", industry="retail") == ["a/1"]
    assert ids(from_=TODAY.isoformat(), to=(TODAY + timedelta(days=31)).isoformat()) == ["a/1"]
    assert faults(client, "renewals/", renewal_stage="soon", window="60") == {"renewal_stage": "invalid", "window": "unknown_parameter"}


def test_the_list_comes_in_pages_and_as_a_file(client: Client, csm: User, django_assert_max_num_queries: Any) -> None:
    for days in range(5):
        due(days, make.AccountFactory.make(external_id=f"x{days}", owner=csm))
    night()
    send(client, "forecast", {"amount": "5", "probability": 1, "category": "commit"}, RenewalCase.objects.earliest("decision_on").pk)
    with django_assert_max_num_queries(6):
        page = get(client, "renewals/", page_size=2)
    seen = [row["account_external_id"] for row in page["results"]]
    while page["next"]:
        page = client.get(page["next"]).json()
        seen += [row["account_external_id"] for row in page["results"]]
    assert seen == [f"x{days}" for days in range(5)]
    lines = csv_rows(client.get(f"{ROOT}renewals/", {"format": "csv"}))
    assert [(line["account_external_id"], line["forecast.amount"]) for line in lines][:2] == [("x0", "5.00"), ("x1", "")]


def test_rates_are_told_as_the_interface_names_them(client: Client, account: Account, csm: User) -> None:
    lost = make.AccountFactory.make(external_id="b", owner=csm)
    term(account, date(2025, 1, 10), date(2026, 1, 10), 200, product="crm")
    term(account, date(2026, 1, 10), None, 150, product="crm")
    term(lost, date(2025, 1, 3), date(2026, 1, 3), 40)
    night()
    (row,) = get(client, "renewals/rates/", grain="month", from_="2026-01", to="2026-02", detail=1)["results"]
    assert row == {
        "period": "2026-01",
        "group": "all",
        "due": 2,
        "renewed": 1,
        "lost": 1,
        "open": 0,
        "rate_count": 0.5,
        "rate_gross": 0.625,
        "rate_net": 0.625,
        "due_amount": "240.00",
        "kept_amount": "150.00",
        "renewed_amount": "150.00",
        "open_amount": "0.00",
        "currency": "USD",
        "without_rate": 0,
        "provisional": False,
        "as_of": AS_OF.isoformat(),
        "version": None,
        "ids": {"renewed": ["a/1"], "lost": ["b"], "open": [], "without_rate": []},
    }
    groups = get(client, "renewals/rates/", grain="quarter", from_="2026-Q1", by="product")["results"]
    assert [(one["period"], one["group"], one["due"]) for one in groups] == [("2026-Q1", "crm", 1), ("2026-Q1", "default", 2)]
    assert "ids" not in groups[0]


def test_rates_are_told_in_another_currency_and_as_a_file(client: Client, account: Account) -> None:
    ExchangeRate.objects.create(currency="EUR", day=date(2025, 1, 1), rate="1.25")
    night()
    (row,) = get(client, "renewals/rates/", grain="span", from_="2026-03-01", to="2026-04-01", currency="EUR")["results"]
    assert (row["period"], row["open_amount"], row["currency"], row["rate_net"]) == ("2026-03-01/2026-04-01", "80.40", "EUR", None)
    (line,) = csv_rows(client.get(f"{ROOT}renewals/rates/", {"grain": "span", "from": "2026-03-01", "to": "2026-04-01", "format": "csv"}))
    assert (line["due"], line["rate_count"], line["open_amount"]) == ("1", "", "100.50")


def test_the_default_is_the_last_twelve_months(client: Client, account: Account) -> None:
    night()
    found = get(client, "renewals/rates/")["results"]
    assert [found[0]["period"], found[-1]["period"], len(found)] == ["2025-03", "2026-02", 12]


def test_rates_refuse_what_they_cannot_tell(client: Client, account: Account) -> None:
    night()
    assert faults(client, "renewals/rates/", grain="week") == {"grain": "invalid"}
    assert faults(client, "renewals/rates/", by="owner", currency="XXX") == {"by": "invalid"}
    assert faults(client, "renewals/rates/", currency="XXX") == {"currency": "no_rate"}
    assert faults(client, "renewals/rates/", from_="1066-01") == {"from": "invalid"}


def test_rates_of_nobody_are_not_shown_to_strangers(account: Account) -> None:
    night()
    for person in (make.UserFactory.make(), make.UserFactory.make(role=Role.MANAGER)):
        rows = get(bearer(person), "renewals/rates/", from_="2026-03", to="2026-04", detail=1)["results"]
        assert [(row["due"], row["ids"]["open"]) for row in rows] == [(0, [])]
    assert Client().get(f"{ROOT}renewals/rates/").status_code == 401


def test_forecasts_are_held_against_what_happened(client: Client, csm: User) -> None:
    due(-20, make.AccountFactory.make(owner=csm), notice_days=10)
    night(AS_OF - timedelta(days=30))
    send(client, "forecast", {"amount": "80", "expansion": "20", "probability": "0.9", "category": "commit"})
    Forecast.objects.update(entered_at=datetime.combine(only_case().decision_on, time(9), tzinfo=UTC))
    send(client, "outcome", {"state": "renewed", "renewed_mrr": "75"})
    night()
    (row,) = get(client, "renewals/forecasts/", by="csm", from_="2026-01", to="2026-03")["results"]
    assert row == {
        "group": "anna@example.com",
        "decided": 1,
        "forecast": 1,
        "without_forecast": 0,
        "late": 0,
        "expected": 0.9,
        "renewed": 1,
        "renewal_amount": "80.00",
        "forecast_amount": "100.00",
        "weighted_amount": "90.00",
        "actual_amount": "75.00",
        "amount_ratio": 0.75,
        "weighted_ratio": 0.833333,
        "currency": "USD",
        "without_rate": 0,
        "categories": [{"category": "commit", "forecast": 1, "renewed": 1, "share": 1.0, "low": 0.206549, "high": 1.0}],
        "as_of": AS_OF.isoformat(),
        "version": None,
    }


def test_mismatches_are_a_list(client: Client, csm: User, account: Account) -> None:
    due(-60, make.AccountFactory.make(external_id="b", owner=csm), auto_renew=True)
    night()
    (row,) = get(client, "renewals/", mismatch=1)["results"]
    assert (row["account_external_id"], row["auto_renew_lapsed"], row["state"]) == ("b", True, "lost")
