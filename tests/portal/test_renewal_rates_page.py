"""The pages of rates, forecasts and mismatches beside the list of renewals."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import Team
from accounts.types import Role
from churn.models import CaseOutcome, Forecast
from tests.factories import ContractFactory, TeamFactory
from tests.portal.dues_book import HTMX, NOW, TODAY, as_, decided, due, forecast, listed, toast
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
NASTY = """<script>alert(1)</script>"'&"""
STAGES = {"overdue": -1, "0-29": 0, "30-59": 30, "60-90": 60, "91-180": 91, "later": 181}
PAGES = ("/renewals/", "/renewals/export/", "/renewals/rates/", "/renewals/rates/export/", "/renewals/forecasts/", "/renewals/mismatches/")


@pytest.fixture(autouse=True)
def _portal_day(settings: Any) -> None:
    settings.PORTAL_AS_OF = TODAY
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def test_each_number_of_the_rates_leads_to_a_list_of_that_many(client: Client) -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    manager = person(Role.MANAGER, manages=team)
    anna, ben = person(email="anna@example.com", name="Anna", team=team), person(email="ben@example.com", name="Ben", team=team)
    decided(anna, "kept", date(2026, 9, 10), "renewed", 100, 150)
    decided(anna, "lost", date(2026, 9, 20), "lost", 50)
    decided(ben, "shrunk", date(2026, 10, 5), "renewed", 200, 120)
    decided(ben, "open", date(2026, 11, 25), "open", 80)
    as_(client, manager)
    found = client.get("/renewals/rates/").context["rates"]
    assert (found.whole.by_count, found.whole.gross, found.whole.net) == ("66.7%", "62.9%", "77.1%")
    assert [(line.name, line.by_count) for line in found.groups] == [("Ben", "100.0%"), ("Anna", "50.0%")]
    numbers = [count for line in (*found.periods, *found.groups, found.whole) for count in (line.due, line.renewed, line.lost, line.open)]
    linked = [count for count in numbers if count.href]
    assert len(linked) > 12
    for count in linked:
        assert len(listed(client, count.href.split("?")[1])) == int(count.text), count.href


def test_an_outcome_entered_or_taken_back_shows_at_once_although_rates_are_remembered(client: Client, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "rates"}}
    user = person()
    decided(user, "kept", date(2026, 9, 10), "renewed", 100, 100)
    late = due(user, "late", -60, 100)
    ContractFactory.make(
        account=late.account, product=late.product, starts_on=late.starts_on, ends_on=late.ends_on, currency="EUR", mrr=100
    )
    as_(client, user)

    def by_count() -> str:
        return str(client.get("/renewals/rates/").context["rates"].whole.by_count)

    assert by_count() == "100.0%"
    answer = client.post(f"/renewals/{late.pk}/outcome/", {"state": "lost", "decided_on": "2026-11-19", "note": ""}, **HTMX)
    assert answer.status_code == 200
    assert by_count() == "50.0%"
    client.post(toast(answer)["undo_url"], **HTMX)
    assert by_count() == "100.0%"


def test_rates_come_as_a_file_by_period_and_cut(client: Client) -> None:
    user = person(Role.ADMIN)
    decided(user, "kept", date(2026, 9, 10), "renewed", 100, 150)
    as_(client, user)
    text = b"".join(client.get("/renewals/rates/export/?grain=quarter&by=product").streaming_content)  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert [(row["Period"], row["Product"], row["Renewed"], row["Net rate"]) for row in rows] == [("2026-Q3", "orders", "1", "1.5")]
    told = client.get("/renewals/rates/?grain=never&by=never&from=x&to=y").content.decode()
    assert "right would be two days as YYYY-MM-DD" in told
    turned = client.get("/renewals/rates/?from=2026-10-01&to=2026-01-31").content.decode()
    assert "The first day lies after the last one" in turned
    assert "not counted at once" in client.get("/renewals/rates/?from=2000-01-01&to=2026-01-31").content.decode()


def test_forecasts_are_held_against_what_happened_per_owner(client: Client) -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    manager, anna = person(Role.MANAGER, manages=team), person(email="anna@example.com", name="Anna", team=team)
    kept = decided(anna, "kept", date(2026, 9, 10), "renewed", 100, 100)
    lost = decided(anna, "lost", date(2026, 9, 20), "lost", 100)
    for case, category in ((kept, "commit"), (lost, "commit")):
        made = forecast(case, anna, category=category, probability=Decimal("0.8"))
        Forecast.objects.filter(pk=made.pk).update(entered_at=datetime(2026, 7, 1, tzinfo=UTC))
    [line] = as_(client, manager).get("/renewals/forecasts/").context["lines"]
    assert (line.name, line.decided, line.renewed, line.expected) == ("Anna", "2", "1", "1.6")
    assert (line.weighted, line.actual) == ("$176", "$110")
    assert [(word, hits and hits.text) for word, hits in line.hits] == [("Commit", "1 of 2"), ("Best case", None), ("At risk", None)]


def test_mismatches_are_listed_with_what_to_do(client: Client) -> None:
    user = person()
    decided(user, "lapsed", date(2026, 8, 1), "lost", 100, auto_renew_lapsed=True)
    case = decided(user, "entered", date(2026, 8, 2), "lost", 100)
    CaseOutcome.objects.create(
        account=case.account,
        product=case.product,
        ends_on=case.ends_on,
        state="renewed",
        currency="EUR",
        decided_on=TODAY,
        author=user,
        entered_at=NOW,
    )
    found = as_(client, user).get("/renewals/mismatches/").context["found"]
    assert [(one.name, one.kind) for one in found] == [("entered", "otherwise"), ("lapsed", "lapsed")]
    text = b"".join(client.get("/renewals/mismatches/?format=csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert len(text.splitlines()) == 3


def test_mismatches_come_fifty_at_a_time_in_as_few_queries_as_one(client: Client, django_assert_max_num_queries: Any) -> None:
    user = person()
    for number in range(52):
        decided(user, f"lapsed {number:02}", date(2026, 8, 1) - timedelta(days=number), "lost", 100, auto_renew_lapsed=True)
    gone = CaseOutcome.objects.create(
        account=due(user, "corrected", 40).account,
        product="no such",
        ends_on=date(2026, 7, 30),
        state="renewed",
        currency="EUR",
        decided_on=TODAY,
        author=user,
        entered_at=NOW,
    )
    as_(client, user)
    with django_assert_max_num_queries(8):
        first = client.get("/renewals/mismatches/").context
    assert (len(first["found"]), first["page"].total) == (50, 53)
    assert first["found"][0].name == "lapsed 00"
    assert [(one.kind, one.ends_on) for one in first["found"] if one.kind == "no_due"] == [("no_due", gone.ends_on)]
    ends = [one.ends_on for one in first["found"]]
    assert ends == sorted(ends, reverse=True)
    second = client.get("/renewals/mismatches/?page=2").context
    assert [one.name for one in second["found"]] == ["lapsed 49", "lapsed 50", "lapsed 51"]
    assert [one.name for one in client.get("/renewals/mismatches/?page=99").context["found"]] == ["lapsed 49", "lapsed 50", "lapsed 51"]
    assert client.get("/renewals/mismatches/?page=-1").context["page"].number == 1
    text = b"".join(client.get("/renewals/mismatches/?format=csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert len(text.splitlines()) == 54


def test_a_team_stands_with_what_is_below_it(client: Client) -> None:
    above: Team = TeamFactory.make(name="EMEA", path="EMEA/")
    below = TeamFactory.make(name="DACH", path="EMEA/DACH/", parent=above)
    manager = person(Role.MANAGER, manages=above)
    due(person(team=above), "up", 10)
    due(person(team=below), "down", 11)
    as_(client, manager)
    assert listed(client, "team=EMEA") == ["up", "down"]
    assert listed(client, "team=EMEA/DACH") == ["down"]
    offered = {choice.value for one in client.get("/renewals/?page=1").context["filters"] if one.name == "team" for choice in one.choices}
    assert offered == {"EMEA", "EMEA/DACH"}
