"""What people enter on the page of renewals, its undo, files and views."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from accounts.models import SavedView
from churn.models import CaseCheck, CaseOutcome, Forecast
from tests.factories import ContractFactory
from tests.portal.dues_book import HTMX, NOW, TODAY, as_, due, forecast, listed, toast
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
NASTY = """<script>alert(1)</script>"'&"""
STAGES = {"overdue": -1, "0-29": 0, "30-59": 30, "60-90": 60, "91-180": 91, "later": 181}
PAGES = ("/renewals/", "/renewals/export/", "/renewals/rates/", "/renewals/rates/export/", "/renewals/forecasts/", "/renewals/mismatches/")


@pytest.fixture(autouse=True)
def _portal_day(settings: Any) -> None:
    settings.PORTAL_AS_OF = TODAY
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def test_a_forecast_is_entered_in_its_row_and_taken_back(client: Client) -> None:
    user = person()
    case = due(user, "one", 10, 500)
    as_(client, user)
    form = client.get(f"/renewals/{case.pk}/forecast/?next=/renewals/?q=one&cell=1", **HTMX)
    assert 'name="amount" type="text" value="500"' in form.content.decode()
    values = {"category": "at_risk", "probability": "40", "amount": "450", "expansion": "25.5", "reason": "New buyer"}
    answer = client.post(f"/renewals/{case.pk}/forecast/", values, **HTMX)
    row = answer.content.decode()
    assert answer.status_code == 200
    assert row.lstrip().startswith("<tr")
    assert "At risk" in row
    assert "40% · €450" in row
    assert "New buyer" in row
    made = Forecast.objects.get()
    assert (made.amount, made.expansion, made.probability, made.author) == (Decimal(450), Decimal("25.5"), Decimal("0.4"), user)
    told = toast(answer)
    assert "portal:changed" in answer.headers["HX-Trigger"]
    assert client.post(told["undo_url"], **HTMX).status_code == 204
    assert Forecast.objects.get().withdrawn_at is not None
    assert client.get("/renewals/?page=1").context["groups"][0].rows[0].forecast.category == ""
    assert client.post(told["undo_url"], **HTMX).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"probability": "140"}, "probability", "probability"),
        ({"probability": ""}, "probability", "missing"),
        ({"amount": "501"}, "amount", "At most"),
        ({"amount": "much"}, "amount", "no amount"),
        ({"category": "at_risk"}, "reason", "needs a reason"),
        ({"category": "perhaps"}, "category", "not a choice"),
    ],
)
def test_a_wrong_forecast_is_refused_in_the_form_with_what_would_be_right(
    client: Client, changed: dict[str, str], field: str, says: str
) -> None:
    user = person()
    case = due(user, "one", 10, 500)
    values = {"category": "commit", "probability": "90", "amount": "500", "expansion": "", "reason": "", **changed}
    answer = as_(client, user).post(f"/renewals/{case.pk}/forecast/", values, **HTMX)
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#entry"
    entry = answer.context["entry"]
    assert says in entry.problems[field]
    assert ("0 to 100" in entry.told[field]) == (field == "probability")  # the box holds percent
    assert {name: entry.values[name] for name in values} == values  # nothing typed is lost
    assert not Forecast.objects.exists()


def test_an_outcome_wins_leaves_the_list_and_can_be_taken_back(client: Client) -> None:
    user = person()
    case = due(user, "late", -20, 500)
    ContractFactory.make(
        account=case.account, product=case.product, starts_on=case.starts_on, ends_on=case.ends_on, notice_days=30, currency="EUR", mrr=500
    )
    as_(client, user)
    answer = client.post(
        f"/renewals/{case.pk}/outcome/", {"state": "renewed", "renewed_mrr": "620", "decided_on": "2026-11-19", "note": "Two years"}, **HTMX
    )
    assert "Renewed" in answer.content.decode()
    assert "€620" in answer.content.decode()
    case.refresh_from_db()
    assert (case.state, case.contract_state) == ("renewed", "open")
    assert listed(client) == []
    assert listed(client, "state=decided") == ["late"]
    assert client.post(toast(answer)["undo_url"], **HTMX).status_code == 204
    assert listed(client) == ["late"]


def test_the_form_takes_back_what_stands_for_as_long_as_its_author_may(client: Client) -> None:
    user, other = person(), person()
    case = due(user, "one", 10, 500, account_co_owner=other)
    as_(client, user)
    assert "Take back" not in client.get(f"/renewals/{case.pk}/forecast/", **HTMX).content.decode()
    client.post(f"/renewals/{case.pk}/forecast/", {"category": "commit", "probability": "90", "amount": "500"}, **HTMX)
    client.post(f"/renewals/{case.pk}/outcome/", {"state": "lost"}, **HTMX)
    assert as_(Client(), other).get(f"/renewals/{case.pk}/outcome/", **HTMX).context["entry"].undo == ""
    for route, gone in (("outcome", "Enter outcome"), ("forecast", "Enter forecast")):
        form = client.get(f"/renewals/{case.pk}/{route}/?next=/renewals/?when=0-29", **HTMX)
        assert "Take back" in form.content.decode()
        row = client.post(form.context["entry"].undo, **HTMX)
        assert gone in row.content.decode()
        assert "next=%2Frenewals%2F%3Fwhen%3D0-29" in row.content.decode()
        assert toast(row)["text"] == "Taken back."
    assert listed(client) == ["one"]
    plain = client.post(f"/renewals/{case.pk}/outcome/", {"state": "lost"}, **HTMX)
    page = client.get(f"/renewals/{case.pk}/outcome/")
    assert f'formaction="{toast(plain)["undo_url"]}?row=1' in page.content.decode()
    assert client.post(page.context["entry"].undo, {"next": "/renewals/?when=0-29"}).headers["Location"] == "/renewals/?when=0-29"
    client.post(f"/renewals/{case.pk}/outcome/", {"state": "lost"}, **HTMX)
    CaseOutcome.objects.update(entered_at=NOW - timedelta(days=2))
    assert client.get(f"/renewals/{case.pk}/outcome/", **HTMX).context["entry"].undo == ""


def test_usage_shared_is_ticked_and_unticked(client: Client) -> None:
    user, other = person(), person()
    case = due(user, "one", 70, account_co_owner=other)
    as_(client, user)
    row = client.get("/renewals/?page=1").context["groups"][0].rows[0]
    usage = next(step for step in row.steps if step.kind == "usage_shared")
    assert usage.todo
    assert client.post(usage.href, **HTMX).status_code == 200
    assert CaseCheck.objects.filter(withdrawn_at__isnull=True, author=user).count() == 1
    done = next(step for step in client.get("/renewals/?page=1").context["groups"][0].rows[0].steps if step.kind == "usage_shared")
    assert done.done
    assert not done.todo
    # A colleague's tick stays: the colleague or a manager takes it back.
    refused = as_(Client(), other).post(done.href, **HTMX)
    assert toast(refused)["tone"] == "warn"
    assert client.post(done.href, **HTMX).status_code == 200
    assert not CaseCheck.objects.filter(withdrawn_at__isnull=True).exists()
    assert client.post(f"/renewals/{case.pk}/checks/?kind=dance").status_code == 422


def test_without_a_script_forms_are_pages_and_lead_back_to_the_list_alone(client: Client) -> None:
    user = person()
    case = due(user, "one", 10, 500)
    as_(client, user)
    page = client.get(f"/renewals/{case.pk}/outcome/?next=/renewals/?when=0-29").content.decode()
    assert "<title>" in page
    assert 'value="/renewals/?when=0-29"' in page
    values = {"category": "commit", "probability": "90%", "amount": "500", "next": "/renewals/?when=0-29"}
    answer = client.post(f"/renewals/{case.pk}/forecast/", values)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/renewals/?when=0-29")
    for foreign in ("https://evil.example/renewals/", "//evil.example", "/accounts/"):
        assert client.post(f"/renewals/{case.pk}/checks/?kind=usage_shared", {"next": foreign}).headers["Location"] == "/renewals/"


def test_a_file_holds_what_is_seen(client: Client) -> None:
    user = person()
    case = due(user, "one", 10, 500, state_band="red")
    due(user, "two", 40)
    forecast(case, user, category="at_risk", reason="=HYPERLINK()")
    as_(client, user)
    text = b"".join(client.get("/renewals/export/?band=red").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    head, *rows = csv.reader(io.StringIO(text))
    told = dict(zip(head, rows[0], strict=True))
    assert len(rows) == 1
    assert (told["Account"], told["Stage"], told["Days left"], told["Forecast category"]) == ("one", "0-29", "10", "at_risk")
    assert told["Currency"] == "EUR"
    assert not told["Forecast reason"].startswith("=")
    book = load_workbook(io.BytesIO(b"".join(client.get("/renewals/export/?format=xlsx").streaming_content)))  # type: ignore[attr-defined]
    assert [row[1] for row in book["Renewals"].iter_rows(min_row=2, values_only=True)] == ["one", "two"]
    assert client.get("/renewals/export/?format=pdf").status_code == 400


def test_views_are_saved_shared_and_taken_back_and_never_somebody_elses(client: Client) -> None:
    user, other = person(), person()
    due(user, "one", 10)
    as_(client, user)
    client.post("/renewals/views/", {"name": "My risks", "shared": "all", "query": "category=at_risk&page=3&evil=1"})
    view = SavedView.objects.get()
    assert (view.page, view.query) == ("renewals", "category=at_risk")
    opened = client.get(f"/renewals/?view={view.pk}")
    client.get(opened.headers["Location"])  # says that it is saved
    assert opened.headers["Location"] == f"/renewals/?view={view.pk}&category=at_risk"
    assert b"My risks" not in client.get("/accounts/").content
    guest = as_(Client(), other)
    assert b"My risks" in guest.get("/renewals/").content
    assert guest.post(f"/renewals/views/{view.pk}/", {"do": "delete"}).status_code == 404
    client.post(f"/renewals/views/{view.pk}/", {"do": "delete"})
    assert not SavedView.objects.exists()
    page = client.get("/renewals/?reset=1", follow=True).content.decode()
    undo = re.search(r'action="(/renewals/views/restore/[^"]+)"', page)
    assert undo is not None
    client.post(undo[1].replace("&amp;", "&"))
    assert SavedView.objects.get().name == "My risks"


def test_the_last_state_comes_back_until_it_is_let_go(client: Client) -> None:
    user = person()
    due(user, "one", 10)
    as_(client, user)
    client.get("/renewals/?when=0-29&q=one")
    assert client.get("/renewals/").headers["Location"] == "/renewals/?when=0-29"
    client.get("/renewals/?reset=1")
    assert client.get("/renewals/").status_code == 200


def test_what_a_link_narrows_to_is_no_state_to_come_back_to(client: Client) -> None:
    user = person()
    due(user, "one", 10)
    due(user, "two", 20)
    as_(client, user)
    client.get("/renewals/?when=0-29")
    assert listed(client, "account=one&state=all") == ["one"]
    assert listed(client, "csm=nobody@example.com&on=2026-01-31") == []
    assert client.get("/renewals/").headers["Location"] == "/renewals/?when=0-29"
