"""Tasks, plays, absences and the boards of those who lead, as pages: what is shown, every step with its undo, and what is not theirs."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Absence, Account, User
from accounts.types import Role
from churn.models import ActionItem, Play, PlayRun, Task, TriggerSetting
from csm_portal.portal.plays.undo import contents
from tests.churn.acting_book import AS_OF, NIGHT, TODAY, quiet
from tests.factories import TeamFactory
from tests.portal.shown_book import person
from tests.portal.test_pages_ratings import HTMX, NASTY, told

pytestmark = pytest.mark.django_db
BACKEND = "accounts.sign_in_backends.WithTeams"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna(client: Client) -> User:
    team = TeamFactory.make(name="DACH", path="EMEA/DACH/")
    user = person(email="anna@example.com", name="Anna", team=team)
    client.force_login(user, backend=BACKEND)
    return user


@pytest.fixture
def boss(client: Client, anna: User) -> User:
    return person(Role.MANAGER, email="boss@example.com", name="Boss", team=anna.team, manages=anna.team)


@pytest.fixture
def acme(anna: User) -> Account:
    return quiet(anna, "acme")


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return " ".join(answer.content.decode().split())


def undone(client: Client, answer: Any) -> None:
    assert client.post(told(answer)["undo_url"], headers=HTMX).status_code in {200, 204}


def task(account: Account, title: str, **fields: Any) -> Task:
    return Task.objects.create(account=account, title=title, created_at=NIGHT.now, **fields)


def item(account: Account, **fields: Any) -> ActionItem:
    because = {"amount": "1000.00", "loss": 0.2, "right": 0.5}
    known = {"rule": "no_contact", "opened_on": AS_OF, "opened_at": NIGHT.now, "true_on": AS_OF, "because": because, **fields}
    made: ActionItem = ActionItem.objects.create(account=account, **known)
    return made


def test_tasks_stand_under_their_tabs_with_owner_day_and_delay(client: Client, anna: User, acme: Account) -> None:
    task(acme, "late one", due_on=TODAY - 2 * DAY)
    task(acme, "soon one", due_on=TODAY + DAY)
    task(acme, "someday")
    task(acme, "over", done_at=NIGHT.now, done_by=anna)
    mine = text(client, "/tasks/")
    assert mine.index("late one") < mine.index("soon one") < mine.index("someday")
    assert "2 days overdue" in mine
    assert ">over<" not in mine
    overdue = text(client, "/tasks/?tab=overdue")
    assert "late one" in overdue
    assert "soon one" not in overdue
    assert "over" in text(client, "/tasks/?tab=done")
    assert "soon one" not in text(client, "/tasks/?q=late")
    assert "No task found" in text(client, "/tasks/?q=nothing")
    for nonsense in ("?tab=x&page=zz", "?q=%00", "?owner=a%00", "?page=999999"):
        assert client.get(f"/tasks/{nonsense}").status_code == 200


def test_a_task_goes_through_its_life_and_every_step_is_undone(client: Client, acme: Account) -> None:
    form = client.get("/tasks/new/?account=acme", headers=HTMX)
    assert "Task at acme" in form.content.decode()
    made = client.post("/tasks/new/", {"account": "acme", "title": NASTY, "due_on": TODAY.isoformat()}, headers=HTMX)
    one = Task.objects.get()
    page = text(client, "/tasks/")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    undone(client, made)
    assert "No task is open" in text(client, "/tasks/")
    client.post(f"/tasks/{one.pk}/restore/", headers=HTMX)
    undone(client, client.post(f"/tasks/{one.pk}/done/", headers=HTMX))
    changed = client.post(f"/tasks/{one.pk}/", {"title": "other", "owner": "anna@example.com", "due_on": ""}, headers=HTMX)
    assert Task.objects.get().title == "other"
    undone(client, changed)
    one.refresh_from_db()
    assert (one.title, one.owner, one.due_on) == (NASTY, None, TODAY)
    undone(client, client.post(f"/tasks/{one.pk}/comments/", {"text": "they call back"}, headers=HTMX))
    assert "Nobody has written about it yet" in text(client, f"/tasks/{one.pk}/")


@pytest.mark.parametrize(
    ("data", "says"),
    [({"title": ""}, "Say what is to be done"), ({"due_on": "tomorrow"}, "YYYY-MM-DD"), ({"owner": "x@example.com"}, "Nobody who sees")],
)
def test_a_task_that_lacks_something_comes_back_as_its_form(client: Client, acme: Account, data: dict[str, str], says: str) -> None:
    answer = client.post("/tasks/new/", {"account": "acme", "title": "call", **data}, headers=HTMX)
    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_an_empty_comment_is_refused_in_words(client: Client, acme: Account) -> None:
    one = task(acme, "call")
    assert told(client.post(f"/tasks/{one.pk}/comments/", {"text": " "}, headers=HTMX))["tone"] == "error"


def test_somebody_elses_task_play_or_absence_is_not_there(client: Client, anna: User) -> None:
    theirs = quiet(person(email="else@example.com"), "theirs")
    one, source = task(theirs, "secret"), item(theirs)
    assert "secret" not in text(client, "/tasks/?tab=team")
    for path in ("", "done/", "reopen/", "withdraw/", "restore/", "comments/"):
        assert client.post(f"/tasks/{one.pk}/{path}", {"title": "x", "text": "x"}).status_code == 404
    for data in ({"account": "theirs"}, {"account": "a\0"}, {"account": "theirs", "item": str(source.pk)}):
        assert client.post("/tasks/new/", {"title": "x", **data}).status_code == 404
        assert client.get("/plays/begin/", data).status_code == 404
    quiet(anna, "mine")
    assert client.post("/tasks/new/", {"account": "mine", "title": "x", "item": str(source.pk)}).status_code == 404
    assert client.get("/plays/begin/", {"account": "mine", "item": str(source.pk)}).status_code == 404
    assert client.post("/tasks/new/", {"account": "mine", "title": "x", "item": "9" * 30}).status_code == 404


def test_a_play_is_offered_by_its_reason_begun_stopped_and_run_on(client: Client, acme: Account) -> None:
    text(client, "/plays/")
    source = item(acme, rule="champion_left")
    offer = client.get(f"/plays/begin/?account=acme&item={source.pk}", headers=HTMX).content.decode()
    play = Play.objects.get(key="champion-left")
    assert offer.index(play.name) < offer.index("Renewal in 90 days")
    assert "made for this" in offer
    begun = client.post("/plays/begin/", {"account": "acme", "item": str(source.pk), "play": str(play.pk)}, headers=HTMX)
    assert "its tasks are written down" in told(begun)["text"]
    assert "0 of 4 done" in text(client, f"/plays/{play.pk}/")
    assert "Ask who takes over" in text(client, "/tasks/")
    undone(client, begun)
    assert PlayRun.objects.filter(withdrawn_at__isnull=True).count() == 0
    client.post(f"/plays/runs/{PlayRun.objects.get().pk}/resume/", headers=HTMX)
    assert "1 running" in text(client, "/plays/")
    assert client.post("/plays/begin/", {"account": "acme", "play": "x"}, headers=HTMX).status_code == 404


def test_a_manager_keeps_plays_and_switches_them_a_csm_reads_them(client: Client, boss: User) -> None:
    text(client, "/plays/")
    play = Play.objects.get(key="usage-drop")
    for path in ("/plays/new/", f"/plays/{play.pk}/edit/", f"/plays/{play.pk}/switch/"):
        assert client.post(path, {"what": "active", "to": "off"}).status_code == 404
    client.force_login(boss, backend=BACKEND)
    refused = client.post("/plays/new/", {"name": "", "title": ["a"], "title_zh": [""], "days": ["x"]})
    assert refused.status_code == 422
    wish = {"name": "Ours", "title": ["call", ""], "title_zh": ["", ""], "days": ["3", ""], "triggers": ["no_contact"], "by_rule": "on"}
    made = client.post("/plays/new/", wish, follow=True)
    assert "Ours is saved." in made.content.decode()
    assert Play.objects.get(name="Ours").steps == [{"title": "call", "title_zh": "", "days": 3}]
    assert "begins by itself" in text(client, f"/plays/{Play.objects.get(name='Ours').pk}/")
    off = client.post(f"/plays/{play.pk}/switch/", {"what": "active", "to": "off"}, headers=HTMX)
    assert not Play.objects.get(pk=play.pk).is_active
    undone(client, off)
    assert Play.objects.get(pk=play.pk).is_active
    payment = Play.objects.get(key="win-back")
    assert told(client.post(f"/plays/{payment.pk}/switch/", {"what": "by_rule", "to": "on"}, headers=HTMX))["tone"] == "error"
    assert client.post(f"/plays/{play.pk}/switch/", {"what": "x", "to": "on"}).status_code == 404


def test_an_edited_play_is_put_back_until_somebody_changes_it_again(client: Client, boss: User) -> None:
    text(client, "/plays/")
    client.force_login(boss, backend=BACKEND)
    play = Play.objects.get(key="usage-drop")
    before = contents(play)
    wish = {"name": "Other", "title": ["call"], "title_zh": [""], "days": ["3"]}

    def edited(**changed: str) -> str:
        page = client.post(f"/plays/{play.pk}/edit/", {**wish, **changed}, follow=True).content.decode()
        return unescape(page.split(f"/plays/{play.pk}/back/?to=")[1].split('"')[0]) if "/back/?to=" in page else ""

    token = edited()
    assert Play.objects.get(pk=play.pk).name == "Other"
    assert edited() == ""  # nothing was changed, so there is nothing to put back
    again = client.post(f"/plays/{play.pk}/back/?to={token}", headers=HTMX)
    assert again["HX-Redirect"] == f"/plays/{play.pk}/"
    assert "Nothing is left to put back." in text(client, f"/plays/{play.pk}/")
    token = edited(name="Third")
    assert "is as it was before" in client.post(f"/plays/{play.pk}/back/?to={token}", follow=True).content.decode()
    assert Play.objects.get(pk=play.pk).name == "Other"
    assert "Nothing is left" in client.post(f"/plays/{play.pk}/back/?to={token}", follow=True).content.decode()
    assert contents(Play.objects.get(pk=play.pk)) != before
    assert client.post(f"/plays/{2**62}/back/?to={token}").status_code == 404


def test_an_absence_is_entered_shown_ended_and_put_back(client: Client, anna: User, acme: Account) -> None:
    ben = person(email="ben@example.com", name="Ben", team=anna.team)
    wish = {"person": anna.email, "cover": ben.email, "starts_on": TODAY.isoformat(), "ends_on": (TODAY + 5 * DAY).isoformat()}
    assert "Ben covers for Anna until 25 Nov 2026" in client.post("/settings/absences/", wish, follow=True).content.decode()
    assert "away now" in text(client, "/settings/absences/")
    cover = Client()
    cover.force_login(ben, backend=BACKEND)
    assert cover.get("/accounts/acme/").status_code == 200
    row = Absence.objects.get()
    assert cover.post(f"/settings/absences/{row.pk}/end/").status_code == 404
    ended = client.post(f"/settings/absences/{row.pk}/end/", headers=HTMX)
    assert cover.get("/accounts/acme/").status_code == 404
    undone(client, ended)
    assert cover.get("/accounts/acme/").status_code == 200
    assert client.post(f"/settings/absences/{row.pk}/undo/", headers=HTMX).status_code == 204
    assert cover.get("/accounts/acme/").status_code == 404


def test_what_makes_no_absence_comes_back_in_words(client: Client, anna: User) -> None:
    answer = client.post("/settings/absences/", {"person": anna.email, "cover": anna.email, "ends_on": "soon"})
    assert answer.status_code == 422
    assert "Nobody covers for themselves" in answer.content.decode()
    assert client.post("/settings/absences/1/run-on/?until=soon").status_code == 404


def test_the_board_counts_items_money_waiting_and_late_tasks_by_owner(client: Client, anna: User, boss: User, acme: Account) -> None:
    item(acme, opened_at=NIGHT.now - 9 * DAY)
    item(acme, rule="rating_due", because={"amount": "1000.00", "loss": 0.1, "right": 0.5})
    item(quiet(anna, "b"), opened_at=NIGHT.now - 4 * DAY, first_acted_at=NIGHT.now - DAY, state="done", closed_at=NIGHT.now)
    item(quiet(anna, "c"), rule="seats_full")
    item(quiet(anna, "d"), held_back=True)
    task(acme, "late", due_on=TODAY - DAY)
    assert client.get("/team/actions/").status_code == 404
    client.force_login(boss, backend=BACKEND)
    (line,) = client.get("/team/actions/").context["board"].lines
    assert (line.name, line.n_open, line.money, line.accounts) == ("Anna", 2, "$200", "1 account")
    assert (line.median, line.n_done, line.n_dismissed, line.n_late, line.slow) == ("3.0 days", 1, 0, 1, True)
    assert "anna%40example.com" in line.open_href


def test_the_rules_show_their_worth_and_are_retired_with_a_reason_and_brought_back(client: Client, anna: User, boss: User) -> None:
    for place in range(20):
        item(quiet(anna, f"a{place}"), state="dismissed" if place < 15 else "done", closed_at=NIGHT.now)
    assert client.get("/team/actions/rules/").status_code == 404
    client.force_login(boss, backend=BACKEND)
    page = text(client, "/team/actions/rules/")
    assert "1 proposed for retirement" in page
    assert page.index("No contact") < page.index("Renewal undecided")
    assert "25%" in page
    assert client.post("/team/actions/rules/no_contact/", {"retired": "on", "hold_back": "0"}, headers=HTMX).status_code == 422
    assert client.post("/team/actions/rules/no_contact/", {"hold_back": "zz"}, headers=HTMX).status_code == 422
    kept = client.post("/team/actions/rules/no_contact/", {"retired": "on", "hold_back": "0", "reason": "noise"}, headers=HTMX)
    assert TriggerSetting.objects.get().retired_at is not None
    assert "by Boss: noise" in text(client, "/team/actions/rules/")
    undone(client, kept)
    assert TriggerSetting.objects.get().retired_at is None
    client.post("/team/actions/rules/no_contact/", {"hold_back": "12.5", "reason": "compare"}, headers=HTMX)
    assert str(TriggerSetting.objects.get().hold_back) == "0.125"
    assert "12.5" in client.get("/team/actions/rules/no_contact/", headers=HTMX).content.decode()
    assert client.get("/team/actions/rules/nothing/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/tasks/", "/tasks/?tab=done", "/plays/", "/settings/absences/", "/team/actions/", "/team/actions/rules/"]
)
def test_the_pages_cost_at_most_eight_queries(
    client: Client, boss: User, acme: Account, path: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(9):
        task(acme, f"t{place}", due_on=TODAY)
        item(quiet(acme.owner, f"a{place}"))
    client.force_login(boss, backend=BACKEND)
    client.get("/plays/")
    with django_assert_max_num_queries(8):
        client.get(path)
