"""The page of the Monday list: what is expected, the calls by key, and what then happened."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Interaction, User
from accounts.types import Role
from churn.models import CampaignCall, MondayReport
from tests.churn.monday_book import AS_OF, MONDAY, NOW, customer, due, listed
from tests.portal.shown_book import person, published_run

pytestmark = pytest.mark.django_db
PAGE = "/risk/monday/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = AS_OF + timedelta(days=1)


@pytest.fixture
def anna() -> User:
    return person(email="anna@example.com", name="Anna")


@pytest.fixture
def visitor(client: Client, anna: User) -> Client:
    client.force_login(anna)
    return client


def text(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_page_says_how_many_are_expected_to_leave_and_names_them(visitor: Client, anna: User) -> None:
    for place in range(70):
        listed(customer(anna, f"Account {place:02}"), amount=Decimal(1000))
    page = text(visitor)
    assert "Of these 70 accounts about 30 (20–40) will leave unless you act." in page
    assert "certainly" not in page
    assert "Account 00" in page
    assert "42%" in page
    assert "55 of 130 lost" in page
    assert "tickets in 30 days at least 11: 14" in page
    assert "decide in 29 days" in page
    assert "1–50 of 70" in page


def test_the_page_before_the_first_night_and_before_the_first_list_says_what_comes(visitor: Client, anna: User) -> None:
    assert "load the book" in text(visitor)
    published_run()
    assert "There is no Monday list yet" in text(visitor)


def test_a_monday_without_proof_says_why_there_is_no_list(visitor: Client, anna: User) -> None:
    customer(anna, "acme")
    body = {"ground": "none", "why": "few", "renewals": 40, "n": 2, "lost": 1}
    MondayReport.objects.create(monday=MONDAY, as_of=AS_OF, made_at=NOW, body=body)
    page = text(visitor)
    assert "This Monday has no list" in page
    assert "too little history" in page
    assert "There were 40 decided renewals with a score; of the 2 worst in the newer half 1 were lost." in page


def test_who_has_nobody_on_the_list_is_told_so(visitor: Client, anna: User) -> None:
    customer(anna, "acme")
    listed(customer(person(email="ben@example.com"), "other"))
    page = text(visitor)
    assert "None of your accounts is on this list" in page
    assert "other" not in page.replace("another", "")


def test_a_result_is_kept_by_one_press_and_the_campaign_comes_back_whole(visitor: Client, anna: User) -> None:
    first, _second = listed(customer(anna, "first"), amount=Decimal(900)), listed(customer(anna, "second"))
    answer = visitor.post(f"{PAGE}calls/", {"entry": first.pk, "result": "reached", "campaign": "1", "part": "to_call"}, headers=HTMX)
    assert answer.status_code == 200
    part = answer.content.decode()
    assert 'id="campaign"' in part
    assert "1 of 2 done" in part
    assert "first" not in part
    assert "second" in part
    call = CampaignCall.objects.get()
    assert reverse("portal:risk-monday-undo", args=[call.pk]) in answer["HX-Trigger"]
    assert Interaction.objects.count() == 1
    taken = visitor.post(reverse("portal:risk-monday-undo", args=[call.pk]), headers=HTMX)
    assert "Taken back: first." in taken["HX-Trigger"].encode().decode("unicode_escape")
    assert "0 of 2 done" in text(visitor)


def test_the_form_takes_a_note_and_refuses_what_is_no_result(visitor: Client, anna: User) -> None:
    entry = listed(customer(anna, "acme"))
    assert "What came of it" in text(visitor, f"{PAGE}calls/?entry={entry.pk}")
    refused = visitor.post(f"{PAGE}calls/", {"entry": entry.pk, "note": "said so"}, headers=HTMX)
    assert refused.status_code == 422
    assert "said so" in refused.content.decode()
    kept = visitor.post(f"{PAGE}calls/", {"entry": entry.pk, "result": "not_needed", "note": "merged"}, headers=HTMX)
    assert kept.status_code == 204
    assert "merged" in text(visitor)


def test_without_script_a_result_leads_back_to_the_list(visitor: Client, anna: User) -> None:
    entry = listed(customer(anna, "acme"))
    answer = visitor.post(f"{PAGE}calls/", {"entry": entry.pk, "result": "reached", "next": "/risk/monday/?part=to_call"})
    assert (answer.status_code, answer["Location"]) == (302, "/risk/monday/?part=to_call")


@pytest.mark.parametrize("entry", ["", "0", "x", "9" * 30, "-1"])
def test_an_entry_that_is_none_is_not_found(visitor: Client, entry: str) -> None:
    assert visitor.post(f"{PAGE}calls/", {"entry": entry, "result": "reached"}).status_code == 404
    assert visitor.get(f"{PAGE}calls/?entry={entry}").status_code == 404


def test_what_is_not_yours_is_not_there(visitor: Client) -> None:
    ben = person(email="ben@example.com")
    entry = listed(customer(ben, "bens"))
    call = CampaignCall.objects.create(at_risk=entry, account=entry.account, result="reached", author=ben, called_at=NOW)
    assert visitor.get(f"{PAGE}calls/?entry={entry.pk}").status_code == 404
    assert visitor.post(f"{PAGE}calls/", {"entry": entry.pk, "result": "reached"}).status_code == 404
    visitor.post(reverse("portal:risk-monday-undo", args=[call.pk]), headers=HTMX)
    call.refresh_from_db()
    assert call.withdrawn_at is None
    assert "bens" not in text(visitor)


def test_managers_see_the_books_of_their_csms_and_narrow_the_list_to_one(client: Client, anna: User) -> None:
    ben = person(email="ben@example.com", name="Ben")
    listed(customer(anna, "annas"))
    listed(customer(ben, "bens"))
    listed(customer(None, "nobodys"))
    client.force_login(person(Role.ADMIN))
    page = text(client)
    assert "By CSM" in page
    assert "Of these 3 accounts about 1 (0–3)" in page
    narrowed = text(client, f"{PAGE}?owner=ben@example.com")
    assert "bens" in narrowed
    assert "annas" not in narrowed
    assert "Of this 1 account about 0.4 (0–1) will leave unless you act." in narrowed
    assert "nobodys" in text(client, f"{PAGE}?owner=-")


def test_a_past_monday_is_shown_with_what_then_happened(visitor: Client, anna: User) -> None:
    before = MONDAY - timedelta(days=7)
    for place in range(10):
        account = customer(anna, f"old{place}", ends_in=None)
        due(account, -40, state="lost" if place < 4 else "renewed")
        entry = listed(account, monday=before)
        if place == 0:
            CampaignCall.objects.create(at_risk=entry, account=account, result="reached", author=anna, called_at=NOW)
    listed(customer(anna, "new"))
    page = text(visitor, f"{PAGE}?monday={before}")
    assert "Bar inside: 4 have left, 6 renewed, 0 are still open." in page
    assert "inside" in page
    assert "What became of this list, by result of the call" in page
    assert "new" not in page.split("Mondays before, and what then happened")[0].split("Calls")[1].replace("renew", "")
    # A day between two Mondays is that of the list in force.
    assert "old0" in text(visitor, f"{PAGE}?monday={before + timedelta(days=3)}")


def test_the_file_holds_the_list_with_days_and_numbers(visitor: Client, anna: User) -> None:
    listed(customer(anna, "=acme"))
    answer: Any = visitor.get(f"{PAGE}?format=csv")
    head, row = b"".join(answer.streaming_content).decode().removeprefix("\ufeff").splitlines()
    assert head.startswith("monday,as_of,account_external_id")
    assert row.startswith("2026-11-16,2026-11-15,")
    assert "0.423077" in row
    workbook: Any = visitor.get(f"{PAGE}?format=xlsx")
    assert b"".join(workbook.streaming_content).startswith(b"PK")
    assert visitor.get(f"{PAGE}?format=pdf").status_code == 400


@pytest.mark.parametrize("query", ["?monday=x", "?monday=2000-01-01", "?page=x", "?part=x", "?owner=%00", "?page=999"])
def test_addresses_that_make_no_sense_show_what_they_can(visitor: Client, anna: User, query: str) -> None:
    listed(customer(anna, "acme"))
    assert visitor.get(PAGE + query).status_code == 200


def test_the_page_of_an_account_says_that_it_is_on_the_latest_list(visitor: Client, anna: User) -> None:
    entry = listed(customer(anna, "acme"))
    listed(customer(anna, "old"), monday=MONDAY - timedelta(days=7))
    page = text(visitor, "/accounts/acme/")
    assert "On the Monday list: 42%" in page
    assert "Chance of loss 42%: of 130 renewals with the same signs 55 were lost. To call." in page
    assert "/risk/monday/?monday=2026-11-16" in page
    assert "On the Monday list" not in text(visitor, "/accounts/old/")
    CampaignCall.objects.create(at_risk=entry, account=entry.account, result="reached", author=anna, called_at=NOW)
    assert "were lost. Reached." in text(visitor, "/accounts/acme/")


def test_names_are_escaped(visitor: Client, anna: User) -> None:
    entry = listed(customer(anna, "x", account_name="<b>bold</b>"))
    CampaignCall.objects.create(at_risk=entry, account=entry.account, result="reached", note="<i>", author=anna, called_at=NOW)
    page = text(visitor)
    assert "<b>bold" not in page
    assert "<i>" not in page


def test_the_page_costs_few_queries_however_long_the_list(
    visitor: Client, anna: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(60):
        listed(customer(anna, f"a{place}"))
    for weeks in range(1, 5):
        listed(customer(anna, f"b{weeks}"), monday=MONDAY - timedelta(weeks=weeks))
    with django_assert_max_num_queries(8):
        text(visitor)


def test_the_page_speaks_chinese(visitor: Client, anna: User) -> None:
    for place in range(70):
        listed(customer(anna, f"a{place}"))
    anna.language = "zh-hans"
    anna.save()
    assert "这 70 个客户中，如不采取行动，约有 30 个（20–40 个）会流失。" in text(visitor)


def test_the_first_page_says_how_many_of_the_list_are_not_called_yet(visitor: Client, anna: User) -> None:
    first = listed(customer(anna, "first"))
    listed(customer(anna, "second"))
    listed(customer(person(email="ben@example.com"), "other"))
    line = text(visitor, "/").split('id="today-monday"')[1].split("</section>")[0]
    assert "2 accounts at risk, 0.8 expected to leave" in line
    assert "2 not called yet" in line
    assert f'href="{PAGE}"' in line
    visitor.post(f"{PAGE}calls/", {"entry": first.pk, "result": "reached"}, headers=HTMX)
    assert "1 not called yet" in text(visitor, "/")


def test_who_has_nobody_on_the_list_finds_no_line_on_the_first_page(visitor: Client, anna: User) -> None:
    customer(anna, "acme")
    listed(customer(person(email="ben@example.com"), "other"))
    assert "today-monday" not in text(visitor, "/")
