"""The page that holds health against renewals, the renewals behind it, and the record of raters, as people see them."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from accounts.types import Role
from tests.churn.calibration_book import DUE, SEEN, decided, health, many
from tests.factories import TeamFactory
from tests.health.graded import rating
from tests.portal.shown_book import person, published_run

pytestmark = pytest.mark.django_db
FIRST = date(2025, 10, 10)


@pytest.fixture(autouse=True)
def _portal(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def admin(client: Client) -> User:
    published_run()
    user = person(Role.ADMIN, language="en")
    client.force_login(user)
    return user


def book(n: int = 240, owner: User | None = None) -> None:
    """A renewal a day, a fifth lost; the lost ones have the lower health mostly."""
    states = ["lost" if at % 5 == 0 else "renewed" for at in range(n)]
    many(states, [(25 if state == "lost" else 45) + (at * 7) % 50 for at, state in enumerate(states)], first=FIRST, owner=owner)


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/trust/{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_headline_is_health_against_renewal_rate_with_the_table_behind(client: Client, admin: User) -> None:
    book()
    shown = page(client)
    assert shown.index("Health against renewal rate, per month") < shown.index("Past quarters, out of time")
    assert 'id="figure-months"' in shown
    assert "The months as a table" in shown
    assert "Health separates" in shown or "Health does not separate yet" in shown
    assert 'id="figure-reliability"' in shown
    assert "Out of time, over" in shown
    assert "chance alone" in shown
    assert "renewals with a health (200 needed)" in shown


def test_misses_stand_by_name_and_lead_to_the_account(client: Client, admin: User) -> None:
    green, red = decided("lost"), decided("renewed")
    health(green.account, 88)
    health(red.account, 12)
    shown = page(client)
    for case in (green, red):
        assert f"/accounts/{case.account.external_id}/" in shown
    assert shown.index(green.account.external_id) < shown.index(red.account.external_id)


def test_below_the_minimum_it_says_what_is_missing_and_when_it_will_be_enough(client: Client, admin: User) -> None:
    book(20)
    for day in range(1, 28):
        decided("open", ends_on=date(2026, 12, day))
    shown = page(client)
    assert "20 renewals with a health (50 needed), 4 of them lost (10 needed)" in shown
    assert "not by the due days known today" in shown
    assert "Nothing is expected yet" in shown
    assert 'class="stats' not in shown
    book(25, person())
    assert "enough around" in page(client)


def test_before_the_first_night_and_before_the_first_renewal_it_says_so(client: Client) -> None:
    client.force_login(person(Role.ADMIN, language="en"))
    assert "Nothing to show yet" in page(client)
    published_run()
    assert "No renewal is due yet" in page(client)
    decided("open", ends_on=date(2026, 12, 1))
    assert "No renewal has closed yet; 1 is open, the first decided after 1 Dec 2026." in page(client)


def test_a_leak_is_told_before_everything_else(client: Client, admin: User) -> None:
    states = ["lost" if at % 5 == 0 else "renewed" for at in range(100)]
    many(states, [10 if state == "lost" else 90 for state in states], first=FIRST)
    shown = page(client)
    assert "Too good to be true: an AUC of 1.00, 90 days ahead." in shown
    assert shown.index("Too good to be true") < shown.index("Health against renewal rate")


def test_one_sees_the_renewals_of_ones_own_accounts(client: Client) -> None:
    published_run()
    csm = person(language="en")
    book()
    own = decided("lost", owner=csm)
    health(own.account, 90)
    client.force_login(csm)
    answer = client.get("/trust/")
    assert answer.context["found"].report.n == 1
    listed = client.get("/trust/renewals/")
    assert listed.context["total"] == 1
    assert own.account.external_id in listed.content.decode()


def test_the_list_behind_a_number_holds_as_many_as_the_number(client: Client, admin: User) -> None:
    book(60)
    found = client.get("/trust/").context["page"]
    for row in found.bands:
        assert client.get(row.href).context["total"] == int(row.n)
    for row in [*found.months, *found.quarters]:
        assert client.get(row.href).context["total"] == int(row.n)
    missed = client.get("/trust/renewals/?band=green&outcome=lost&lead=90&kind=due").context["total"]
    assert missed == found.green_lost_n


def test_the_list_comes_as_a_file_with_plain_values(client: Client, admin: User) -> None:
    case = decided("lost", owner=admin)
    health(case.account, 61.5, machine=50, human=80)
    answer: Any = client.get("/trust/renewals/?format=csv")
    lines = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert lines[0]["Id"] == case.account.external_id
    assert (lines[0]["Health"], lines[0]["Band"], lines[0]["Renewed"]) == ("61.5", "amber", "0")
    assert (lines[0]["Due on"], lines[0]["Health of"]) == (DUE.isoformat(), SEEN.isoformat())
    assert client.get("/trust/renewals/?format=pdf").status_code == 400


@pytest.mark.parametrize("query", ["lead=7&kind=x", "lead=%00", "band=blue&month=2026-13&quarter=2026-Q9&page=x&outcome=y"])
def test_what_nobody_should_ask_for_is_not_asked_for(client: Client, admin: User, query: str) -> None:
    book(10)
    assert client.get(f"/trust/?{query}").context["lead"] == 90
    assert client.get(f"/trust/renewals/?{query}").context["total"] == 10


def test_another_lead_reads_health_of_another_day(client: Client, admin: User) -> None:
    case = decided("lost")
    health(case.account, 90, date(2026, 7, 16))
    assert client.get("/trust/?lead=30").context["page"].green_lost_n == 1
    assert client.get("/trust/").context["page"].green_lost_n == 0


def test_it_takes_few_queries(client: Client, admin: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    book(60)
    with django_assert_max_num_queries(8):
        client.get("/trust/")
    with django_assert_max_num_queries(6):
        client.get("/trust/renewals/")
    with django_assert_max_num_queries(7):
        client.get("/trust/raters/")


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    for path in ("/trust/", "/trust/renewals/", "/trust/raters/"):
        assert client.get(path).status_code == 302


def rated_by(rater: User) -> None:
    case = decided("renewed")
    health(case.account, 60)
    told = rating(case.account, SEEN, 4)
    told.rated_by = rater
    told.save()


def test_a_csm_sees_their_own_record_a_manager_the_teams_and_nobody_else_theirs(client: Client) -> None:
    published_run()
    team = TeamFactory.make()
    own, mate, stranger = (person(name=name, language="en", team=home) for name, home in (("Ann", team), ("Bob", team), ("Cleo", None)))
    boss = person(Role.MANAGER, manages=team, language="en")
    for rater in (own, mate, stranger):
        rated_by(rater)
    for viewer, names in ((own, ["Ann"]), (boss, ["Ann", "Bob"]), (stranger, ["Cleo"])):
        client.force_login(viewer)
        rows = client.get("/trust/raters/").context["rows"]
        assert [row.name for row in rows] == ["All raters together", *names]
    client.force_login(own)
    shown = client.get("/trust/raters/").content.decode()
    assert "not enough yet: 0 of 20 renewals with a chance, 0 of 3 lost" in shown
    assert "Bob" not in shown


def test_without_rated_renewals_the_page_says_what_to_do(client: Client, admin: User) -> None:
    assert "Rate accounts as they fall due" in client.get("/trust/raters/").content.decode()


def test_the_page_reads_in_chinese_too(client: Client) -> None:
    published_run()
    client.force_login(person(Role.ADMIN, language="zh-hans"))
    book()
    shown = page(client)
    assert "健康度与续约率" in shown
    assert "Health against" not in shown
