"""From an empty installation to a running one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Action, JobRun, User
from accounts.types import JobState, Role
from csm_portal.portal.first_run import work
from health.models import ActivityDefinition, HealthModel, QuestionSet
from tests.factories import AccountFactory, ContractFactory, SeatFactory, define_activity, event
from tests.portal.shown_book import person, shown

TODAY = date(2026, 11, 20)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _installation(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.PORTAL_AS_OF = TODAY
    settings.PORTAL_HOME = tmp_path
    monkeypatch.setattr(work, "wake", lambda _job_id: None)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(person(Role.ADMIN))
    return client


def seen(name: str, times: int = 1) -> str:
    """An action done yesterday; its id as the form names it."""
    account = AccountFactory.make()
    ContractFactory.make(account=account)
    event(account, TODAY - timedelta(days=1), name, seat=SeatFactory.make(account=account), times=times)
    return str(Action.objects.get(name=name).pk)


# --- who ---


@pytest.mark.parametrize("role", [Role.CSM, Role.MANAGER])
@pytest.mark.parametrize("path", ["", "files/", "actions/", "people/", "files/" + "0" * 32 + "/", "jobs/1/"])
def test_for_all_but_admins_the_pages_do_not_exist(client: Client, role: Role, path: str) -> None:
    client.force_login(person(role))
    assert client.get(f"/start/{path}").status_code == 404


@pytest.mark.parametrize("path", ["people/", "history/", "actions/", "files/"])
def test_a_post_by_others_changes_nothing(client: Client, path: str) -> None:
    client.force_login(person(Role.MANAGER))
    before = (User.objects.count(), JobRun.objects.count())
    assert client.post(f"/start/{path}", {"email": "x@example.com", "role": "admin"}).status_code == 404
    assert (User.objects.count(), JobRun.objects.count()) == before


def test_posts_need_the_token_of_the_page(admin: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person(Role.ADMIN))
    assert strict.post("/start/people/", {"email": "x@example.com", "role": "csm"}).status_code == 403


# --- where one stands ---


def test_an_empty_installation_leads_to_the_first_step(admin: Client) -> None:
    assert 'href="/start/"' in admin.get("/").content.decode()
    page = admin.get("/start/")
    assert [(step.key, step.done, step.current) for step in page.context["steps"]] == [
        ("files", False, True),
        ("actions", False, False),
        ("people", False, False),
    ]


def test_a_csm_of_an_empty_installation_is_not_sent_there(client: Client) -> None:
    client.force_login(person())
    assert "/start/" not in client.get("/").content.decode()


def test_a_running_installation_says_done_and_stays_reachable(admin: Client) -> None:
    shown(person(password=make_password("x")), "one")
    person(password=make_password("y"))
    define_activity()
    page = admin.get("/start/")
    assert page.context["all_done"]
    assert "All three steps are done" in page.content.decode()


@pytest.mark.parametrize("path", ["", "files/", "actions/", "people/"])
def test_each_page_costs_at_most_twelve_queries(admin: Client, django_assert_max_num_queries: DjangoAssertNumQueries, path: str) -> None:
    for place in range(15):
        seen(f"action {place}")
        person()
    define_activity()
    with django_assert_max_num_queries(12):
        assert admin.get(f"/start/{path}").status_code == 200


# --- files ---


def test_files_are_checked_first_and_loaded_only_when_asked(admin: Client) -> None:
    content = b'external_id,name\n<script>1,"A & B"\nx,\n'
    answer = admin.post("/start/files/", {"files": SimpleUploadedFile("accounts.csv", content)})
    assert answer.status_code == 302
    job = JobRun.objects.get()
    assert (job.job, job.period, job.state) == ("import", "check", JobState.DUE)
    address = answer["Location"]
    assert "waiting for a worker" in admin.get(address).content.decode()
    assert admin.post(address).status_code == 404  # not checked yet
    # The work itself is tested with committed rows; here its answer is enough.
    found = work.Outcome(files=[{**dict.fromkeys(("read", "created", "updated", "unchanged", "flagged", "rejected"), 1234), **names()}])
    JobRun.objects.update(state=JobState.SUCCEEDED, message=work.as_text(found))
    page = admin.get(address).content.decode()
    assert "1,234" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert admin.post(address).status_code == 302
    assert JobRun.objects.get(period="apply").state == JobState.DUE


def names() -> dict[str, object]:
    return {"file": "accounts.csv", "target": "accounts", "refused": "", "notes": ["<b>"]}


def test_a_file_whose_name_says_nothing_is_explained_on_the_page_for_that(admin: Client) -> None:
    answer = admin.post("/start/files/", {"files": SimpleUploadedFile("stuff.csv", b"a\n")})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/data/import/")
    assert not JobRun.objects.exists()
    assert admin.post("/start/files/", {"files": SimpleUploadedFile("stuff.txt", b"a\n")}).status_code == 422


def test_progress_is_asked_for_until_the_job_is_over(admin: Client) -> None:
    job = work.order(work.IMPORT, "k", work.CHECK, timezone.now() - timedelta(minutes=1))
    part = admin.get(f"/start/jobs/{job.pk}/")
    assert "No worker has taken this up" in part.content.decode()
    assert "hx-get" in part.content.decode()
    JobRun.objects.update(state=JobState.SUCCEEDED, message="{}")
    over = admin.get(f"/start/jobs/{job.pk}/")
    assert over["HX-Refresh"] == "true"
    assert "hx-get" not in over.content.decode()


# --- actions ---


def test_logins_and_views_are_not_ticked(admin: Client) -> None:
    for name in ("create_order", "login", "view_page", "email_opened"):
        seen(name)
    rows = {row["action"].name: (row["ticked"], row["kind"]) for row in admin.get("/start/actions/").context["rows"]}
    assert rows == {
        "create_order": (True, ""),
        "login": (False, "login"),
        "view_page": (False, ""),
        "email_opened": (False, "passive"),
    }


def test_a_preview_publishes_nothing(admin: Client) -> None:
    order = seen("create_order", 9)
    page = admin.post("/start/actions/", {"do": "preview", "key": order, f"weight-{order}": "2", "active_from": "low"})
    assert page.status_code == 200
    assert page.context["preview"]["accounts"] == 1
    assert "create_order" in page.context["file"]
    assert not ActivityDefinition.objects.exists()


def test_publishing_makes_a_version_with_the_usual_contents_beside_it(admin: Client) -> None:
    order, login = seen("create_order"), seen("login")
    values = {"do": "publish", "key": order, f"weight-{order}": "2.5", f"kind-{login}": "login", "active_from": "medium", "standard": "1"}
    assert admin.post("/start/actions/", {**values, "effective_from": "2026-01-01"}).status_code == 302
    made = ActivityDefinition.objects.get()
    assert (made.effective_from, made.body["key_actions"], made.body["login_actions"], made.body["active_from"]) == (
        date(2026, 1, 1),
        {"create_order": "2.5"},
        ["login"],
        "medium",
    )
    assert made.published_by is not None
    assert HealthModel.objects.get().effective_from == date(2026, 1, 1)
    assert QuestionSet.objects.count() == 1


def test_logins_alone_are_warned_of_and_need_a_second_word(admin: Client) -> None:
    login = seen("login")
    values = {"do": "publish", "key": login, f"weight-{login}": "1", f"kind-{login}": "login", "active_from": "low"}
    refused = admin.post("/start/actions/", values)
    assert refused.status_code == 422
    assert "presence, not value" in refused.content.decode()
    assert not ActivityDefinition.objects.exists()
    assert admin.post("/start/actions/", {**values, "confirm_logins": "1"}).status_code == 302
    assert ActivityDefinition.objects.count() == 1


@pytest.mark.parametrize("weight", ["0", "-1", "x", "", "NaN", "Infinity", "1e9"])
def test_a_weight_that_is_none_is_refused(admin: Client, weight: str) -> None:
    order = seen("create_order")
    answer = admin.post("/start/actions/", {"do": "publish", "key": order, f"weight-{order}": weight, "active_from": "low"})
    assert answer.status_code == 422
    assert not ActivityDefinition.objects.exists()


def test_no_key_action_is_refused(admin: Client) -> None:
    seen("create_order")
    assert admin.post("/start/actions/", {"do": "publish", "active_from": "low"}).status_code == 422


def test_the_history_goes_from_the_first_data_to_yesterday(admin: Client) -> None:
    seen("create_order")
    assert admin.post("/start/history/").status_code == 302
    assert not JobRun.objects.exists()  # nothing says what counts yet
    define_activity(date(2020, 1, 1))
    admin.post("/start/history/")
    job = JobRun.objects.get()
    assert (job.job, job.key, job.period) == ("nightly", "history", "2026-11-19/2026-11-19")


# --- people ---


def test_an_invitation_is_a_link_that_works_once(admin: Client, client: Client) -> None:
    page = admin.post("/start/people/", {"email": "New@Example.com", "name": "N & <b>", "role": "csm", "team": " EMEA / DACH "})
    assert page.status_code == 200
    user = User.objects.get(email="new@example.com")
    assert (user.role, str(user.team), user.name) == (Role.CSM, "EMEA/DACH", "N & <b>")
    assert "no-cache" in page["Cache-Control"]
    link = page.context["invited"].link
    assert "no-store" in page["Cache-Control"]
    assert link not in admin.get("/start/people/").content.decode()
    guest = Client()
    form = guest.get(link.removeprefix("http://testserver"), follow=True)
    address = form.redirect_chain[-1][0]
    guest.post(address, {"password1": "a-very-long-secret-9", "password2": "a-very-long-secret-9"})
    assert User.objects.get(pk=user.pk).check_password("a-very-long-secret-9")
    again = Client().get(link.removeprefix("http://testserver"), follow=True).content.decode()
    assert not re.search(r'name="password1"', again)


def test_a_manager_needs_a_team(admin: Client) -> None:
    assert admin.post("/start/people/", {"email": "m@example.com", "role": "manager"}).status_code == 422
    admin.post("/start/people/", {"email": "m@example.com", "role": "manager", "team": "EMEA"})
    assert str(User.objects.get(email="m@example.com").manages) == "EMEA"


@pytest.mark.parametrize("values", [{"email": "nonsense", "role": "csm"}, {"email": "a@example.com", "role": "king"}, {}])
def test_a_bad_invitation_makes_nobody(admin: Client, values: dict[str, str]) -> None:
    before = User.objects.count()
    assert admin.post("/start/people/", values).status_code == 422
    assert User.objects.count() == before


def test_another_link_for_somebody_who_lost_theirs(admin: Client) -> None:
    user = person(name="<i>Ann</i>")
    page = admin.post(f"/start/people/{user.pk}/link/").content.decode()
    assert "/auth/password/reset/key/" in page
    assert "<i>Ann" not in page
