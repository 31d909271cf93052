"""The page about reasons, its forms, and the parts of it on Today and on the account's page."""

from __future__ import annotations

import json
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, User
from accounts.types import Role
from churn.models import ChurnRecord, ExitInterview
from tests.churn.lost_book import NOW, fit, left, record, term
from tests.factories import AccountFactory, UserFactory, own
from tests.portal.shown_book import person
from tests.rest import published_run, state

pytestmark = pytest.mark.django_db
AS_OF, TODAY, MARCH = date(2026, 10, 31), date(2026, 11, 1), date(2026, 3, 1)
HTMX = {"HX-Request": "true"}
NASTY = """<script>alert("x")</script> '&"""
PAGE, LOSSES, ENTRY, TALK = "/churn/reasons/", "/churn/reasons/losses/", "/churn/reasons/entry/", "/churn/talks/entry/"


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY
    cache.clear()


@pytest.fixture
def anna(client: Client) -> User:
    published_run(AS_OF)
    user: User = person(email="anna@example.com", name="Anna")
    client.force_login(user)
    return user


def lost(owner: User, external_id: str = "acme", on: date = MARCH, **fields: Any) -> Account:
    account = left(on, external_id=external_id, **fields)
    own(account, owner)
    return account


def page(client: Client, path: str = PAGE, **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, path: str = ENTRY, **data: Any) -> Any:
    known = {"account": "acme", "on": MARCH.isoformat(), "churned_on": MARCH.isoformat(), "type": "voluntary", "key": str(uuid.uuid4())}
    return client.post(path, {name: value for name, value in {**known, **data}.items() if value is not None}, headers=HTMX)


def undo_of(answer: Any) -> str:
    assert answer.status_code == 204, answer.content.decode()
    return str(json.loads(answer.headers["HX-Trigger"])["portal:toast"]["undo_url"])


def test_before_the_first_night_the_page_says_so(client: Client) -> None:
    client.force_login(UserFactory.make())
    assert "Nothing to show yet" in page(client)
    for path in (LOSSES, ENTRY, "/churn/reasons/export/", "/churn/reasons/filters/"):
        assert client.get(path).status_code == 404


def test_a_loss_without_reason_waits_until_one_is_entered_and_its_undo_brings_it_back(client: Client, anna: User) -> None:
    lost(anna)
    assert "Losses without a reason" in page(client)
    assert "1 account, $100 MRR" in page(client)
    form = client.get(ENTRY, {"account": "acme", "on": "2026-03-01"}, headers=HTMX).content.decode()
    assert "Why acme left" in form
    undo = undo_of(post(client, cause="insufficient_roi", cause_source="stated", note="too dear", regrettable="yes"))
    made = ChurnRecord.objects.get()
    assert (made.type, made.cause, made.cause_source, made.note, made.regrettable, made.entered_by) == (
        "voluntary", "insufficient_roi", "stated", "too dear", True, anna,
    )  # fmt: skip
    assert "Every loss has a reason on record." in page(client)
    assert "Not enough return for the price" in page(client)
    assert client.post(undo, headers=HTMX).status_code == 204
    assert "1 account, $100 MRR" in page(client)
    assert client.post(undo, headers=HTMX).status_code == 404


def test_the_form_names_what_is_wrong_and_keeps_what_was_written(client: Client, anna: User) -> None:
    lost(anna)
    answer = post(client, type=None, cause="insufficient_roi", churned_on="yesterday", note=NASTY)
    assert answer.status_code == 422
    text = answer.content.decode()
    for told in ("Choose one;", "Say whether the customer said so", "right would be YYYY-MM-DD", "&lt;script&gt;alert(&quot;x&quot;)"):
        assert told in text
    assert "<script>alert" not in text
    assert post(client, cause="insufficient_roi", cause_source="refused").status_code == 422
    assert not ChurnRecord.objects.exists()


def test_a_day_too_far_from_the_loss_is_refused_for_its_reason_would_belong_to_none(client: Client, anna: User) -> None:
    lost(anna)
    refused = post(client, churned_on=(MARCH - timedelta(days=91)).isoformat())
    assert refused.status_code == 422
    assert "right would be at most 90 days before or after it" in refused.content.decode()
    assert post(client, churned_on=(MARCH - timedelta(days=90)).isoformat()).status_code == 204
    assert "Every loss has a reason on record." in page(client)


def test_a_talk_of_today_counts_today(client: Client, anna: User) -> None:
    lost(anna)
    client.post(TALK, {"account": "acme", "held_on": TODAY.isoformat(), "why": "too dear", "themes": ["price"]}, headers=HTMX)
    assert ExitInterview.objects.get().held_on == TODAY
    assert "1 interview held" in " ".join(page(client).split())


def test_the_form_shows_the_evidence_and_chooses_its_type(client: Client, anna: User) -> None:
    term(lost(anna), MARCH + timedelta(days=60), None)
    form = client.get(ENTRY, {"account": "acme", "on": "2026-03-01"}, headers=HTMX).content.decode()
    assert "satisfied: paid again after 60 days" in form
    assert 'value="satisfied" required checked' in " ".join(form.split())


def test_a_poor_fit_is_asked_for_the_reason_alone(client: Client, anna: User) -> None:
    fit(lost(anna), ("poor", date(2025, 1, 1)), ("good", date(2026, 2, 1)))
    shown = page(client)
    assert "did not fit: the reason is enough" in shown
    assert "edited since: now fit unknown" in shown
    assert "no save effort is asked" in page(client, ENTRY, account="acme")


def test_a_reason_that_a_colleague_entered_meanwhile_is_not_overwritten_unseen(client: Client, anna: User) -> None:
    account = lost(anna)
    record(account, type="satisfied")
    answer = post(client, record="")
    assert answer.status_code == 422
    assert "meanwhile" in answer.content.decode()
    key = str(uuid.uuid4())
    assert post(client, record=str(ChurnRecord.objects.get().pk), key=key).status_code == 204
    assert post(client, record="", key=key).status_code == 204
    assert ChurnRecord.objects.filter(withdrawn_at__isnull=True).count() == 1


def test_an_exit_interview_is_kept_counted_and_taken_back(client: Client, anna: User) -> None:
    lost(anna)
    assert "What would have changed your mind?" in client.get(TALK, {"account": "acme"}, headers=HTMX).content.decode()
    data = {
        "account": "acme",
        "held_on": "2026-10-20",
        "why": NASTY,
        "changed_mind": "weekends",
        "themes": ["slow_support", "price"],
    }
    saved = client.post(TALK, data, headers=HTMX)
    assert ExitInterview.objects.get().themes == ["price", "slow_support"]
    shown = page(client)
    assert "1 interview held" in shown
    assert "Slow support" in shown
    listed = page(client, LOSSES)
    assert "weekends" in listed
    assert "<script>alert" not in listed
    assert client.post(undo_of(saved), headers=HTMX).status_code == 204
    assert "0 interviews held" in page(client)
    empty = client.post(TALK, {"account": "acme", "held_on": "2026-10-20"}, headers=HTMX)
    assert empty.status_code == 422


def test_without_scripts_a_saved_form_leads_back(client: Client, anna: User) -> None:
    lost(anna)
    answer = client.post(ENTRY, {"account": "acme", "on": "2026-03-01", "churned_on": "2026-03-01", "type": "unknown"})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert "Reason saved." in page(client)


def test_of_others_nothing_is_seen_entered_or_taken_back(client: Client, anna: User) -> None:
    ben = UserFactory.make()
    lost(ben, "of-ben")
    assert "of-ben" not in page(client, LOSSES, span="all")
    for path in (ENTRY, TALK):
        assert client.get(path, {"account": "of-ben"}).status_code == 404
        assert post(client, path, account="of-ben", why="x", held_on="2026-10-20").status_code == 404
        assert post(client, path, account="\0").status_code == 404
    mine = record(lost(anna), entered_by=ben, recorded_at=NOW)
    assert client.post(f"/churn/reasons/{mine.pk}/undo/", headers=HTMX).status_code == 404
    assert client.post(f"/churn/reasons/{2**70}/undo/", headers=HTMX).status_code == 404
    assert client.get(ENTRY, {"account": "acme", "on": "2020-01-01"}).status_code == 404


def test_the_list_narrows_by_span_type_and_cut_and_pages_follow(client: Client, anna: User) -> None:
    for place in range(27):
        lost(anna, f"a{place:02}", MARCH + timedelta(days=place), industry="retail" if place else "food")
    record(Account.objects.get(external_id="a00"), type="satisfied")
    assert "27 losses" in page(client, LOSSES)
    assert "a00" in page(client, LOSSES, page=2)
    assert "a26" in page(client, LOSSES, page=9)
    assert "a26" not in page(client, LOSSES, kind="satisfied")
    assert "26 losses" in page(client, LOSSES, kind="none")
    assert "1 loss," in page(client, LOSSES, industry="food")
    assert "Industry: Food" in page(client, industry="food")
    assert "No loss of this kind" in page(client, LOSSES, span="3")
    assert "27 losses" in page(client, LOSSES, span="nonsense", kind="odd", page="x")


def test_the_set_is_chosen_from_what_there_is(client: Client, anna: User) -> None:
    lost(anna, industry="retail")
    assert 'name="industry" value="retail"' in page(client, "/churn/reasons/filters/")


def test_the_losses_come_as_a_file(client: Client, anna: User) -> None:
    record(lost(anna), type="satisfied", note="=1+1", regrettable=True)
    answer: Any = client.get("/churn/reasons/export/")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("acme,acme,Anna,")
    assert ",2026-03-01,,100.00,satisfied," in lines[1]
    book: Any = client.get("/churn/reasons/export/", {"format": "xlsx"})
    assert b"".join(book.streaming_content).startswith(b"PK")
    assert client.get("/churn/reasons/export/", {"format": "pdf"}).status_code == 400


@pytest.mark.parametrize("role", [Role.CSM, Role.MANAGER, Role.ADMIN])
def test_pages_cost_at_most_eight_queries_at_any_size(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, role: Role
) -> None:
    published_run(AS_OF)
    user = person(role)
    for place in range(30):
        account = lost(user, f"a{place}")
        if place % 2:
            record(account, entered_by=user)
            ExitInterview.objects.create(account=account, held_on=MARCH, author=user, entered_at=NOW, themes=["price"])
    client.force_login(user)
    for path in (PAGE, LOSSES, f"{ENTRY}?account=a1", f"{TALK}?account=a1"):
        with django_assert_max_num_queries(8):
            assert client.get(path).status_code == 200


def test_today_keeps_losses_in_view_until_somebody_says_why(client: Client, anna: User) -> None:
    lost(anna)
    assert "today-losses" in page(client, "/")
    post(client)
    assert "today-losses" not in page(client, "/")


def test_today_names_the_two_dearest_losses_and_counts_all(client: Client, anna: User) -> None:
    for name in ("a1", "a2", "a3"):
        lost(anna, name)
    line = page(client, "/").split('id="today-losses"')[1].split("</section>")[0]
    assert line.count("data-load-dialog") == 2
    assert "3 accounts, " in line


def test_the_accounts_page_says_why_it_left_where_it_did(client: Client, anna: User) -> None:
    run = published_run(date(2026, 10, 30))
    gone, here = lost(anna), AccountFactory.make(external_id="here", owner=anna)
    term(here, date(2024, 1, 1), date(2025, 1, 1))
    term(here, date(2025, 1, 1), None)
    for account in (gone, here):
        state(account, run)
    assert "part=left" not in page(client, "/accounts/here/")
    assert "part=left" in page(client, "/accounts/acme/")
    part = client.get("/accounts/acme/", {"part": "left"}, headers=HTMX).content.decode()
    assert "no reason yet" in part
    assert "Ask why; a refusal is an answer too." in part
    assert "Why it left" in page(client, "/accounts/acme/", part="left")


def test_what_was_taken_back_is_no_news_of_the_account(client: Client, anna: User) -> None:
    state(account := lost(anna), published_run(date(2026, 10, 30)))
    record(account, note="a mistake", withdrawn_at=NOW)
    assert "a mistake" not in client.get("/accounts/acme/", {"part": "stream", "span": "all"}, headers=HTMX).content.decode()
