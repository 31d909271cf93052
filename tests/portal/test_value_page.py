"""The page about value: lists with their counts, gaps and steps, crossings with both groups' renewals, named states with evidence."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, Contact, JobRun, User
from accounts.types import Role
from churn.north_star_finder import Finding, Proposal
from health.models import ScenarioStep
from tests.churn.k_book import began
from tests.health.graded import loaded
from tests.portal.shown_book import AS_OF, NOW, person, published_run, shown
from tests.portal.value_book import TODAY, closed, crossed, star, used, wish

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# Who is signed in: the session and its user, as on every page.
SESSION = 2
PAGES = ("/value/", "/value/scenarios/", "/value/north-star/", "/value/states/")
NASTY = """<script>alert("x")</script> '&"""
BUSY = {"key": "busy_not_achieving", "evidence": {"window_days": 28, "used_days": 21, "key_days": 0, "outcome": "behind"}}
QUIET = {"key": "quiet_but_fine", "evidence": {"window_days": 28, "active_days": 1, "outcome": "achieved"}}


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY
    cache.clear()


@pytest.fixture
def anna(client: Client) -> User:
    published_run()
    user: User = person(email="anna@example.com", name="Anna")
    client.force_login(user)
    return user


def page(client: Client, path: str = "/value/", **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def picks(text: str) -> dict[str, str]:
    """Name of a list -> how many it holds."""
    found = re.findall(r'value-pick-name">([^<]+)</span>\s*<span class="value-pick-n">([\d,]+)', text)
    return dict(found)


def listed(text: str) -> list[str]:
    """Accounts of the list, in order."""
    return re.findall(r'<th scope="row"><a href="/accounts/[^"]+">([^<]+)</a>', text)


def rows(client: Client, path: str, **query: Any) -> list[dict[str, str]]:
    answer: Any = client.get(path, query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_before_the_first_night_every_tab_says_what_to_do(client: Client) -> None:
    client.force_login(person())
    for path in PAGES:
        assert "Nothing to show yet" in page(client, path)
    assert client.get("/value/export/outcomes/").status_code == 404


def test_outcomes_are_counted_by_what_became_of_them(client: Client, anna: User) -> None:
    shown(anna, "none")
    gap = shown(anna, "gap", outcome_status="behind", month_active=True)
    shown(anna, "behind", outcome_status="missed", month_active=False)
    late = shown(anna, "late", outcome_status="on_track")
    shown(anna, "done", outcome_status="achieved")
    shown(anna, "gone", outcome_status="behind", paying=False)
    shown(person(), "hers", outcome_status="behind")
    wish(gap, "behind", TODAY)
    wish(late, due_on=TODAY - DAY)
    wish(late, "achieved", TODAY - 9 * DAY)
    text = page(client)
    expected = {"Success gap": "1", "None defined": "1", "Overdue": "1", "Behind or missed": "2", "On track": "1", "Achieved": "1"}
    assert picks(text) == {**expected, "All paying": "5"}
    assert listed(text) == ["gap"]
    assert listed(page(client, show="overdue")) == ["late"]
    assert "1 day overdue" in page(client, show="overdue")
    assert listed(page(client, show="none")) == ["none"]


def test_what_was_withdrawn_is_not_overdue(client: Client, anna: User) -> None:
    account = shown(anna, "one", outcome_status="on_track")
    wish(account, due_on=TODAY - 5 * DAY, withdrawn_on=TODAY)
    assert picks(page(client))["Overdue"] == "0"


def test_a_stores_outcome_counts_for_its_brand(client: Client, anna: User) -> None:
    brand = shown(anna, "brand", outcome_status="on_track")
    store = shown(anna, "store", paying=False, account_counts_for=brand)
    wish(store, due_on=TODAY - DAY)
    assert listed(page(client, show="overdue")) == ["brand"]


def test_a_manager_sees_each_owner_and_narrows_to_one(client: Client, anna: User) -> None:
    client.force_login(person(Role.ADMIN))
    bob = person(email="bob@example.com", name="Bob")
    shown(anna, "a1", outcome_status="achieved")
    shown(anna, "a2")
    shown(bob, "b1", outcome_status="missed")
    shown(None, "n1")
    text = page(client)
    assert "Anna" in text
    assert "50%" in text
    assert picks(page(client, csm="bob@example.com"))["All paying"] == "1"
    assert listed(page(client, csm="-", show="all")) == ["n1"]
    assert listed(page(client, csm="nobody@example.com", show="all")) == []


def test_scenarios_tell_gap_step_and_the_last_step_taken(client: Client, anna: User) -> None:
    pushed, explored, met = (shown(anna, name, mrr_reporting=mrr) for name, mrr in (("some", 30), ("nothing", 20), ("enough", 10)))
    used(pushed, days=3)
    used(explored, days=0, seats=0)
    used(met, days=12)
    used(met, "Stock", days=0, expected=None)
    ScenarioStep.objects.create(
        account=pushed, scenario="Orders", kind="push", note=NASTY, author=anna, taken_on=TODAY - 2 * DAY, recorded_at=NOW
    )
    text = page(client, "/value/scenarios/")
    assert picks(text) == {"Gaps": "2", "To explore": "1", "To push": "1", "No step for 30 days": "1", "As expected": "1", "All": "4"}
    assert listed(text) == ["some", "nothing"]
    assert "pushed, Anna, 2 days ago" in text
    assert NASTY not in text
    assert "9 days missing" in text
    assert listed(page(client, "/value/scenarios/", show="silent")) == ["nothing"]
    assert listed(page(client, "/value/scenarios/", show="all", scenario="Stock")) == ["enough"]


def test_a_step_taken_back_counts_no_more(client: Client, anna: User) -> None:
    account = shown(anna, "one")
    used(account)
    step = {"account": account, "scenario": "Orders", "kind": "push", "author": anna, "taken_on": TODAY, "recorded_at": NOW}
    ScenarioStep.objects.create(**step, withdrawn_at=NOW)
    assert picks(page(client, "/value/scenarios/"))["No step for 30 days"] == "1"


def test_the_north_star_parts_crossings_by_days_after_going_live(client: Client, anna: User) -> None:
    star()
    live = AS_OF - timedelta(days=300)
    crossed(anna, "fast", on=live + 40 * DAY, live=live)
    crossed(anna, "late", on=live + 91 * DAY, live=live)
    crossed(anna, "edge", on=live + 90 * DAY, live=live)
    crossed(anna, "unknown", on=AS_OF)
    crossed(anna, "near", reached=80)
    crossed(anna, "far", reached=79)
    text = page(client, "/value/north-star/")
    found = picks(text)
    assert (found["Nearly there"], found["Not crossed"], found["Crossed within 90 days"], found["Crossed later"]) == ("1", "2", "2", "1")
    assert (found["Crossed, go-live unknown"], found["Crossed"], found["All paying"]) == ("1", "4", "6")
    assert listed(text) == ["near", "far"]
    assert "91 days after going live" in page(client, "/value/north-star/", show="late")


def test_both_groups_are_compared_by_what_was_known_ninety_days_before(client: Client, anna: User) -> None:
    star()
    due = AS_OF - timedelta(days=60)
    yes, no, too_late = crossed(anna, "yes", on=due - 90 * DAY), crossed(anna, "no"), crossed(anna, "later", on=due - 89 * DAY)
    for account, renewed, lost in ((yes, 30, 0), (no, 10, 19), (too_late, 0, 1)):
        for _number in range(renewed):
            closed(account, due)
        for _number in range(lost):
            closed(account, due, "lost")
    closed(yes, AS_OF)  # its grace still runs
    began(due - 90 * DAY)
    closed(no, due - DAY, "lost")  # looked at before the first event: whether it was crossed nobody can say
    text = page(client, "/value/north-star/")
    assert "30 of 30" in text
    assert "10 of 30" in text
    assert "renewed more often by +67 points" in text


def test_without_a_north_star_the_tab_says_so_and_has_no_file(client: Client, anna: User) -> None:
    shown(anna, "one")
    assert "This product has no north star" in page(client, "/value/north-star/")
    assert client.get("/value/export/north-star/").status_code == 404


def test_named_states_stand_with_their_evidence_in_words(client: Client, anna: User) -> None:
    shown(anna, "busy", named_states=[BUSY, QUIET])
    shown(anna, "calm", named_states=[QUIET])
    shown(anna, "plain", named_states=[])
    shown(person(), "hers", named_states=[BUSY])
    text = page(client, "/value/states/")
    assert "2 of 3 paying accounts have a name" in text
    assert "Used on 21 of 28 days; no key action; outcome behind" in text
    assert listed(text) == ["busy"]
    assert sorted(listed(page(client, "/value/states/", show="quiet_but_fine"))) == ["busy", "calm"]
    assert "1 active day of 28; outcome achieved" in page(client, "/value/states/", show="quiet_but_fine")


def test_named_states_open_with_the_first_that_holds_an_account(client: Client, anna: User) -> None:
    shown(anna, "calm", named_states=[QUIET])
    assert listed(page(client, "/value/states/")) == ["calm"]
    assert listed(page(client, "/value/states/", show="busy_not_achieving")) == []
    assert "?show=busy_not_achieving" in page(client, "/value/states/")


def test_files_hold_every_row_of_the_list(client: Client, anna: User) -> None:
    star()
    account = crossed(anna, "one", on=AS_OF, named_states=[BUSY, QUIET], outcome_status="behind", month_active=True)
    wish(account, "behind", TODAY + DAY, stage="Launch")
    used(account)
    (row,) = rows(client, "/value/export/outcomes/")
    assert (row["Account id"], row["Outcome"], row["Next outcome"], row["Due"]) == ("one", "behind", "fewer returns", "2026-11-21")
    (row,) = rows(client, "/value/export/scenarios/")
    assert (row["Scenario"], row["Active days"], row["Expected days"], row["Step"]) == ("Orders", "3", "12", "push")
    (row,) = rows(client, "/value/export/north-star/", show="crossed")
    assert (row["North star crossed on"], row["Outcome"]) == (AS_OF.isoformat(), "behind")
    assert [row["State"] for row in rows(client, "/value/export/states/")] == ["busy_not_achieving", "quiet_but_fine"]
    assert client.get("/value/export/outcomes/?format=pdf").status_code == 400
    assert client.get("/value/export/nothing/").status_code == 404


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("query", ["show=nothing", "csm=%00", "page=0", "page=99999", "page=x", "scenario=%00&csm=' OR 1=1"])
def test_an_address_that_makes_no_sense_is_passed_over(client: Client, anna: User, path: str, query: str) -> None:
    star()
    used(shown(anna, "one", named_states=[BUSY]))
    assert client.get(f"{path}?{query}").status_code == 200


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", [Role.CSM, Role.ADMIN])
def test_every_tab_keeps_its_budget_of_queries(
    client: Client, anna: User, path: str, role: Role, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    star()
    for number in range(12):
        account = crossed(anna, f"a{number}", on=AS_OF - DAY, live=AS_OF - 50 * DAY, named_states=[BUSY], outcome_status="behind")
        wish(account)
        used(account)
    if role != Role.CSM:
        client.force_login(person(role))
    page(client, path)
    with django_assert_max_num_queries(8 + SESSION):
        page(client, path)


def test_the_finder_is_an_admins_alone_and_shows_what_it_found(client: Client, anna: User, make_job: Callable[..., None]) -> None:
    star()
    assert "Find a north star" not in page(client, "/value/north-star/")
    assert client.post("/value/finder/").status_code == 404
    client.force_login(person(Role.ADMIN))
    assert "Search past renewals" in page(client, "/value/north-star/")
    assert client.post("/value/finder/").status_code == 302
    assert "The search waits for a worker" in page(client, "/value/north-star/")
    make_job()
    text = page(client, "/value/north-star/")
    assert "Create order" in text
    assert "action = &quot;create_order&quot;" in text


@pytest.fixture
def make_job() -> Callable[..., None]:
    def finish() -> None:
        proposal = Proposal("create_order", "value", "80000", [90, 100], [50, 100], [45, 50], [25, 50], 0.4, 0.22, 0.55, 0.00001, 0.0001)
        found = Finding("2026-11-19", "found", 300, 90, "2026-05-01", [140, 200], [70, 100], 12, 80, [proposal])
        JobRun.objects.update(state="succeeded", message=found.text())

    return finish


def test_an_account_left_by_its_champion_says_so_on_its_page(client: Client, anna: User) -> None:
    boss = {"value": None, "weight": 0, "evidence": {"answers": 0, "executive_seats": 1, "executive_active": 0}}
    seats = {"value": 50, "weight": 10, "evidence": {"activated": 80, "purchased": 100, "key_seats": 45}}
    facets = {"executive": boss, "adoption": seats}
    account: Account = shown(anna, "one", facets=facets, seats_activated=80, seats_purchased=100, named_states=[BUSY])
    Contact.objects.create(**loaded(account=account, name="Ms Gone", role="champion", left_on=date(2026, 10, 1)))
    text = page(client, "/accounts/one/")
    assert "Champion left, nobody in their place: Ms Gone" in text
    assert "Boss silent" in text
    assert "20 of 100 bought seats were never activated" in text
    assert "Busy but not achieving" in text
