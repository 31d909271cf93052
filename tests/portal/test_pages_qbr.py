"""The QBR pages and their forms."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, SurveyResponse, Ticket, User
from accounts.types import Role
from health.models import AccountState, FeedbackCare, Outcome, Review
from tests.factories import AccountFactory, SourceFactory, UserFactory
from tests.portal.shown_book import AS_OF, person, published_run, shown

pytestmark = pytest.mark.django_db
TODAY = AS_OF + timedelta(days=1)
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
HTMX = {"HX-Request": "true"}
NASTY = """<script>alert("x")</script> '&"""
SOON = TODAY + timedelta(days=20)


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna(client: Client) -> User:
    published_run()
    user = person(email="anna@example.com", name="Anna")
    client.force_login(user)
    return user


@pytest.fixture
def acme(anna: User) -> Account:
    return shown(anna, "acme")


def review(account: Account, **columns: Any) -> Review:
    known = {"kind": "qbr", "source": SourceFactory.make(), "external_id": str(Review.objects.count()), "recorded_at": AT}
    return Review.objects.create(account=account, **{**known, **columns})


def page(client: Client, path: str = "/qbr/", **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def form(client: Client, path: str, **query: Any) -> str:
    answer = client.get(path, query, headers=HTMX)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def post(client: Client, path: str, **data: Any) -> Any:
    return client.post(path, {"account": "acme", "key": str(uuid.uuid4()), **data}, headers=HTMX)


def undo_of(answer: Any) -> str:
    assert answer.status_code == 204, answer.content.decode()
    return str(json.loads(answer.headers["HX-Trigger"])["portal:toast"]["undo_url"])


def refused(answer: Any) -> str:
    assert answer.status_code == 422
    return " ".join(answer.content.decode().split())


def test_before_the_first_night_the_page_says_so(client: Client) -> None:
    client.force_login(UserFactory.make())
    assert "Nothing to show yet" in page(client)


def test_a_review_is_planned_moved_cancelled_and_each_is_taken_back(client: Client, anna: User, acme: Account) -> None:
    assert "Plan a review of acme" in form(client, "/reviews/plan/", account="acme")
    planned = undo_of(post(client, "/reviews/plan/", kind="qbr", planned_on=str(SOON)))
    row = Review.objects.get()
    assert "10 Dec 2026" in page(client)
    path = f"/reviews/{row.pk}/move/"
    assert f'value="{SOON}"' in form(client, path)
    moved = undo_of(post(client, path, kind="ebr", planned_on="2027-01-05"))
    assert "Executive review" in page(client)
    cancelled = undo_of(post(client, path, cancel="1"))
    assert "No review is planned" in page(client)
    for undo in (cancelled, moved):
        assert client.post(undo, headers=HTMX).status_code == 204
    assert Review.objects.get().planned_on == SOON
    assert client.post(planned, headers=HTMX).status_code == 204
    assert not Review.objects.exists()
    assert client.post(planned, headers=HTMX).status_code == 404


def test_a_review_is_recorded_with_feedback_and_the_next_one(client: Client, anna: User, acme: Account) -> None:
    row = review(acme, planned_on=TODAY)
    assert f'name="review" value="{row.pk}"' in form(client, "/reviews/record/", account="acme", review=row.pk)
    undo = undo_of(
        post(
            client, "/reviews/record/", review=row.pk, kind="qbr", held_on=str(TODAY), executive_attended="1", landed="the story",
            fell_flat="charts", feedback=NASTY, themes=["slow", "price"], own_themes="tills, ", next_on="2027-02-20", sent="1",
        )
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.held_on, row.executive_attended, row.landed, row.kept) == (
        TODAY, True, "the story", {"held_on": None, "executive_attended": False, "landed": "", "fell_flat": "", "feedback": "",
                                   "next_on": None},
    )  # fmt: skip
    assert FeedbackCare.objects.get().themes == ["slow", "price", "tills"]
    held = page(client, tab="held")
    assert "the story" in held
    assert "<script>alert" not in held
    assert "20 Feb 2027" in page(client)
    again = form(client, "/reviews/record/", account="acme", review=row.pk)
    assert re.search(r'value="slow" checked', again)
    assert 'value="tills"' in again
    assert client.post(undo, headers=HTMX).status_code == 204
    row.refresh_from_db()
    assert (row.held_on, row.kept, Review.objects.count()) == (None, {}, 1)


def test_feedback_gets_an_owner_and_an_answer(client: Client, anna: User, acme: Account) -> None:
    row = review(acme, held_on=TODAY, feedback="too slow")
    assert "nobody answers it yet" in page(client, tab="feedback")
    path = f"/reviews/{row.pk}/feedback/"
    assert "too slow" in form(client, path)
    undo = undo_of(post(client, path, owner="anna@example.com", sent="1"))
    assert "Anna answers" in page(client, tab="feedback")
    undo_of(post(client, path, owner="anna@example.com", answer="fixed in May", themes="slow", sent="1"))
    assert "No feedback waits here" in page(client, tab="feedback")
    assert "fixed in May" in page(client, tab="feedback", state="all")
    assert "Slow" in page(client, tab="themes")
    stays = client.post(undo, headers=HTMX)
    assert "Changed since" in json.loads(stays.headers["HX-Trigger"])["portal:toast"]["text"]


def test_the_forms_name_what_is_wrong_and_keep_what_was_written(client: Client, anna: User, acme: Account) -> None:
    told = refused(post(client, "/reviews/plan/", kind="party", planned_on=str(TODAY - timedelta(days=1))))
    assert "is over; right would be" in told
    assert "Choose one of" in told
    told = refused(post(client, "/reviews/record/", kind="qbr", held_on="2027-01-01", landed=NASTY, feedback="kept", sent="1"))
    assert "lies in the future" in told
    assert "kept</textarea>" in told
    assert "<script>alert" not in told
    assert "YYYY-MM-DD" in refused(post(client, "/reviews/record/", kind="qbr", held_on=str(TODAY), next_on="soon", sent="1"))
    file = review(acme, planned_on=SOON)
    assert post(client, f"/reviews/{file.pk}/move/", cancel="1").status_code == 204
    assert not Review.objects.filter(pk=file.pk).exists()
    said = review(acme, held_on=TODAY, feedback="x")
    assert "may not see this account" in refused(post(client, f"/reviews/{said.pk}/feedback/", owner="x@example.com", sent="1"))
    assert not FeedbackCare.objects.exists()


def test_two_who_write_at_once_do_not_lose_each_others_words(client: Client, anna: User, acme: Account) -> None:
    row = review(acme, planned_on=TODAY)
    fields = {"review": row.pk, "kind": "qbr", "held_on": str(TODAY), "sent": "1"}

    def seen(path: str, **query: Any) -> str:
        found = re.search(r'name="seen" value="([^"]*)"', form(client, path, **query))
        assert found
        return found[1].replace("&#x27;", "'")

    before = seen("/reviews/record/", account="acme", review=row.pk)
    undo_of(post(client, "/reviews/record/", **fields, feedback="hers", seen=before))
    undo_of(post(client, "/reviews/record/", **fields, feedback="hers too", seen=before))
    care = f"/reviews/{row.pk}/feedback/"
    blank = seen(care)
    undo_of(post(client, care, answer="her answer", seen=blank, sent="1"))
    client.force_login(person(role=Role.ADMIN))
    told = refused(post(client, "/reviews/record/", **fields, feedback="mine", seen=before))
    assert "Anna has saved this meanwhile" in told
    assert "mine</textarea>" in told
    assert "Anna has saved this meanwhile" in refused(post(client, care, answer="mine", seen=blank, sent="1"))
    row.refresh_from_db()
    assert (row.feedback, FeedbackCare.objects.get().answer) == ("hers too", "her answer")
    undo_of(post(client, care, answer="mine", seen=seen(care), sent="1"))


def test_what_is_not_yours_is_not_there(client: Client, anna: User, acme: Account) -> None:
    hers = shown(person(), "hers")
    row = review(hers, planned_on=SOON, feedback="secret")
    assert "hers" not in page(client, tab="to-plan")
    assert client.get("/qbr/hers/").status_code == 404
    assert client.get("/qbr/", {"external_id": "hers"}).status_code == 404
    for path in (f"/reviews/{row.pk}/move/", f"/reviews/{row.pk}/feedback/", f"/reviews/{2**70}/move/"):
        assert client.get(path).status_code == 404
        assert post(client, path, planned_on=str(SOON), kind="qbr", cancel="1").status_code == 404
    for path in ("/reviews/plan/", "/reviews/record/"):
        for named in ("hers", "nobody", "a\0"):
            assert client.get(path, {"account": named}).status_code == 404
            assert post(client, path, account=named, kind="qbr", planned_on=str(SOON), held_on=str(TODAY)).status_code == 404
        assert post(client, "/reviews/record/", review=row.pk, kind="qbr", held_on=str(TODAY)).status_code == 404
    own = review(acme, planned_on=SOON)
    undo = undo_of(post(client, f"/reviews/{own.pk}/move/", kind="qbr", planned_on=str(SOON + timedelta(days=1))))
    client.force_login(UserFactory.make())
    assert client.post(undo).status_code == 404
    row.refresh_from_db()
    assert row.planned_on == SOON


def test_without_script_the_forms_are_pages_and_lead_back(client: Client, anna: User, acme: Account) -> None:
    assert "<html" in client.get("/reviews/plan/?account=acme").content.decode()
    done = client.post("/reviews/plan/", {"account": "acme", "kind": "qbr", "planned_on": str(SOON)})
    assert (done.status_code, done["Location"]) == (302, "/qbr/acme/")


def test_the_account_page_prepares_the_review(
    client: Client, anna: User, acme: Account, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    files = SourceFactory.make()
    review(acme, held_on=TODAY - timedelta(days=100), landed="old story", feedback="Please fix the tills")
    review(acme, planned_on=TODAY - timedelta(days=3))
    Outcome.objects.create(source=files, external_id="o", account=acme, statement="Halve it", status="behind", recorded_at=AT)
    Ticket.objects.create(
        source=files, external_id="t", account=acme, opened_at=AT - timedelta(days=30), subject="Printer", escalated=True, recorded_at=AT
    )  # fmt: skip
    SurveyResponse.objects.create(
        source=files, external_id="s", account=acme, kind="nps", score=3, scale=10, responded_at=AT, comment=NASTY, recorded_at=AT
    )  # fmt: skip
    with django_assert_max_num_queries(8):
        shown_page = page(client, "/qbr/acme/")
    for told in (
        "QBR and renewal of acme", "Forecast and outcome", "as of", "no executives met in the last 90 days", "planned for", "not held",
        "Answer what they said: “Please fix the tills”", "nobody answers it yet", "Say where their open ticket stands",
        "What keeps “Halve it” from its date?", "Get an executive to the table", "old story", "Printer", "NPS 3/10", "data-print",
    ):  # fmt: skip
        assert told in shown_page, told
    assert "<script>alert" not in shown_page
    assert "None" not in re.sub(r"<[^>]+>", "", shown_page)


def test_the_decision_counts_and_not_the_end_of_the_term(client: Client, anna: User, acme: Account) -> None:
    AccountState.objects.update(decision_on=TODAY + timedelta(days=100), renewal_on=TODAY + timedelta(days=190))
    shown_page = page(client, "/qbr/acme/")
    assert "Ask who decides about the renewal" in shown_page
    assert "Decision by" in shown_page
    assert "in 100 days" in shown_page
    AccountState.objects.update(decision_on=TODAY + timedelta(days=130))
    assert "Ask who decides about the renewal" not in page(client, "/qbr/acme/")


def test_an_account_without_a_night_or_a_review_is_prepared_too(client: Client, anna: User) -> None:
    AccountFactory.make(external_id="../odd", owner=anna, name="odd")
    shown_page = page(client, "/qbr/", external_id="../odd")
    assert "No review is on record" in shown_page
    assert "The first night has not counted this account yet." in shown_page
    assert "Agree on what they want to reach" in shown_page


def test_the_list_costs_few_queries_however_long_it_is(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    published_run()
    client.force_login(person(role=Role.ADMIN))
    owners = [person(email=f"p{n}@example.com") for n in range(5)]
    for n in range(60):
        review(shown(owners[n % 5], f"a{n}"), planned_on=SOON, held_on=TODAY if n % 2 else None, feedback="x" if n % 3 else "")
    for tab in ("planned", "to-plan", "held", "feedback", "themes"):
        with django_assert_max_num_queries(8):
            shown_page = page(client, tab=tab, page=2, span="all", state="all")
        assert "Coverage by team and CSM" in shown_page
    assert "51–" not in page(client, tab="held")


@pytest.mark.parametrize("tab", ["planned", "to-plan", "held", "feedback", "themes"])
def test_every_list_is_a_file_too(client: Client, anna: User, acme: Account, tab: str) -> None:
    review(acme, planned_on=SOON)
    review(acme, held_on=TODAY, feedback="=1+1")
    review(shown(anna, "bare"), held_on=date(2020, 1, 1))
    answer: Any = client.get("/reviews/export/", {"tab": tab, "format": "csv"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) >= 2
    assert not any(cell.startswith("=") for row in lines for cell in row.split(","))
    book: Any = client.get("/reviews/export/", {"tab": tab, "format": "xlsx"})
    assert b"".join(book.streaming_content).startswith(b"PK")
    assert client.get("/reviews/export/", {"format": "pdf"}).status_code == 400


def test_the_navigation_shows_where_one_is(client: Client, anna: User) -> None:
    text = client.get("/qbr/").content.decode()
    entry = text[text.index('href="/ratings/"') :].split(">", 1)[0]
    assert 'aria-current="page"' in entry
