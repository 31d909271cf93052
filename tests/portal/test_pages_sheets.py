"""The usage sheet's pages: what the customer reads, and that a shared sheet never changes."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, Seat, Ticket, User
from accounts.types import Role
from churn.models import CaseCheck, RenewalCase, UsageSheet
from churn.sheets import figures, find_case
from csm_portal.portal.sheets import body
from csm_portal.portal.sheets.page import chart, customer_language
from health.models import AccountDay, AccountState, Outcome, ScenarioPeriod
from tests.churn.sheet_book import speaks, talk
from tests.portal.shown_book import AS_OF, person

pytestmark = pytest.mark.django_db
NASTY = """<script>alert("x")</script> '&"""
# What a customer is never to read of us.
INTERNAL = ("health", "churn", "risk", "score", "amber", "red", "forecast", "probability", "健康", "流失", "风险", "评分", "预测")


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)


@pytest.fixture
def anna(client: Client) -> User:
    user = person(email="anna@example.com", name="Anna", language="en")
    client.force_login(user)
    return user


def paper(answer: Any) -> str:
    """The sheet alone, as it stands on the page."""
    found = re.search(r'<article class="sheet".*?</article>', answer.content.decode(), re.DOTALL)
    assert found is not None
    return found[0]


def posted(client: Client, case: RenewalCase, **data: str) -> Any:
    return client.post(f"/renewals/{case.pk}/sheet/", {"as_of": AS_OF.isoformat(), **data})


def test_the_sheet_shows_use_scenarios_goals_value_and_open_cases(client: Client, anna: User) -> None:
    sheet = paper(client.get(f"/renewals/{talk(anna).pk}/sheet/"))
    for said in (
        "acme", "Current term until 17 Jan 2027", "notice until 19 Dec 2026", "figures as of 19 Nov 2026", "80% of those bought",
        "56% of those opened, last 28 days", "Orders", "14 / 12", "2 of 3", "40% / 30%", "as agreed", "6 days fewer than agreed",
        "Stock differences halved", "behind plan", "reached on 20 Feb 2026", "62,000 of 80,000 reached, 18,000 to go",
        "Login fails in Bern", "since 1 Nov 2026", "2 open cases", "signing in alone does not count", "definition version 1",
    ):  # fmt: skip
        assert said in sheet, said


def test_months_whose_actions_name_no_seat_are_not_read_as_broken_promises(client: Client, anna: User) -> None:
    case = talk(anna)
    ScenarioPeriod.objects.update(seats=0, seat_share=0, met=False)
    sheet = " ".join(re.sub(r"<[^>]+>", " ", paper(client.get(f"/renewals/{case.pk}/sheet/"))).split())
    assert "Orders 14 / 12 – / 30% – 0 of 1" in sheet  # of three months one had too few days, of the others nobody knows
    assert "Stock 14 / 20 – / 50% 6 days fewer than agreed 0 of 3" in sheet


def test_an_open_case_is_dated_by_the_customers_day(client: Client, anna: User) -> None:
    case = talk(anna)
    Account.objects.update(timezone="Asia/Shanghai")
    Ticket.objects.filter(subject="Export is slow").update(opened_at=datetime(2026, 10, 4, 20, tzinfo=UTC))
    assert "since 5 Oct 2026" in paper(client.get(f"/renewals/{case.pk}/sheet/"))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_customer_reads_nothing_of_what_we_think_of_them(client: Client, anna: User, language: str) -> None:
    case = talk(anna)
    Account.objects.update(fit="poor", next_step="secret plan", tags=["secret tag"])
    sheet = paper(client.get(f"/renewals/{case.pk}/sheet/?lang={language}")).lower()
    text = re.sub(r"<[^>]+>", " ", sheet)
    assert [word for word in INTERNAL if re.search(rf"\b{word}\b" if word.isascii() else word, text)] == []
    assert "secret" not in text
    assert "63" not in text.split()  # the health score


def test_the_sheets_language_is_its_own_and_not_the_readers(client: Client, anna: User) -> None:
    case = talk(anna)
    chinese = client.get(f"/renewals/{case.pk}/sheet/?lang=zh-hans")
    assert 'lang="zh-hans" data-bs-theme="light"' in paper(chinese)
    assert "2027年1月17日" in paper(chinese)
    assert "Language of the sheet" in chinese.content.decode()
    anna.language = "zh-hans"
    anna.save()
    assert paper(client.get(f"/renewals/{case.pk}/sheet/?lang=zh-hans")) == paper(chinese)
    english = paper(client.get(f"/renewals/{case.pk}/sheet/?lang=en"))
    assert "17 Jan 2027" in english
    assert not re.search(r"[\u4e00-\u9fff]", english)


def test_without_a_choice_the_sheet_speaks_the_customers_language(client: Client, anna: User) -> None:
    case = talk(anna)
    speaks(case.account, "zh")
    assert "2027年1月17日" in paper(client.get(f"/renewals/{case.pk}/sheet/"))


@pytest.mark.parametrize(
    ("spoken", "country", "reader", "language"),
    [("zh-CN", "DE", "en", "zh-hans"), ("de", "CN", "zh-hans", "en"), (None, "CN", "en", "zh-hans"), (None, "DE", "zh-hans", "en"),
     ("", "", "zh-hans", "zh-hans"), ("", "", "en", "en")],
)  # fmt: skip
def test_the_language_goes_by_contact_then_country_then_reader(spoken: str | None, country: str, reader: str, language: str) -> None:
    assert customer_language(spoken, country, reader) == language


def test_a_shared_sheet_stays_as_it_was_whatever_changes_later(client: Client, anna: User) -> None:
    case = talk(anna)
    before = paper(client.get(f"/renewals/{case.pk}/sheet/?lang=en&note=See+you"))
    shared = posted(client, case, lang="en", note="See you")
    assert shared.status_code == 302
    frozen = paper(client.get(shared.url))
    assert frozen == before
    assert "See you" in frozen
    AccountState.objects.update(seats_active=1, seats_purchased=5, north_star=Decimal(1))
    AccountDay.objects.all().delete()
    ScenarioPeriod.objects.all().delete()
    Outcome.objects.all().delete()
    Ticket.objects.all().delete()
    Seat.objects.all().delete()
    Account.objects.update(name="renamed")
    User.objects.filter(pk=anna.pk).update(name="Other", language="zh-hans")
    RenewalCase.objects.all().delete()
    assert paper(client.get(shared.url)) == frozen


def test_looking_at_a_sheet_shares_nothing_and_keeps_the_note_out_of_addresses(client: Client, anna: User) -> None:
    case = talk(anna)
    text = client.get(f"/renewals/{case.pk}/sheet/").content.decode()
    assert "formmethod" not in text
    looked = posted(client, case, lang="zh-hans", note="See you", look="1")
    assert looked.status_code == 200
    assert "See you" in paper(looked)
    assert "购买账号数" in paper(looked)
    assert not UsageSheet.objects.exists()


def test_the_body_alone_makes_the_page(client: Client, anna: User) -> None:
    seen = find_case(anna, talk(anna).pk)
    assert seen is not None
    of = figures(seen)
    assert of is not None
    made = body.make(of, "en")
    assert json.loads(json.dumps(made)) == made
    drawn = chart(made["trend"])
    assert drawn is not None
    assert [bar.text for bar in drawn.bars] == ["", *(str(n) for n in range(1, 12))]


def test_sharing_ticks_the_step_and_is_taken_back(client: Client, anna: User) -> None:
    case = talk(anna)
    shared = posted(client, case, lang="en")
    sheet = UsageSheet.objects.get()
    assert CaseCheck.objects.get().kind == "usage_shared"
    page = client.get(shared.url).content.decode()
    assert "Print or save as PDF" in page
    assert f"/renewals/sheets/{sheet.pk}/undo/" in page
    undone = client.post(f"/renewals/sheets/{sheet.pk}/undo/")
    assert undone.status_code == 302
    assert client.get(shared.url).status_code == 404
    assert not CaseCheck.objects.filter(withdrawn_at__isnull=True).exists()
    assert client.post(f"/renewals/sheets/{sheet.pk}/undo/").status_code == 404


def test_the_account_page_lists_the_sheets_and_leads_to_the_next(client: Client, anna: User) -> None:
    case = talk(anna)
    shared = posted(client, case, lang="zh-hans")
    page = client.get("/accounts/acme/").content.decode()
    assert f'href="/renewals/{case.pk}/sheet/"' in page
    assert f'href="{shared.url}"' in page
    assert shared.url in client.get(f"/renewals/{case.pk}/sheet/").content.decode()


def test_a_sheet_whose_figures_have_moved_on_is_looked_at_again_first(client: Client, anna: User) -> None:
    answer = client.post(f"/renewals/{talk(anna).pk}/sheet/", {"as_of": "2026-11-18", "lang": "en", "note": "kept"})
    assert answer.status_code == 422
    assert "newer than those you looked at" in answer.content.decode()
    assert "kept" in answer.content.decode()
    assert not UsageSheet.objects.exists()


@pytest.mark.parametrize("note", ["x" * (body.LONGEST_NOTE + 1), "a\x00b"])
def test_a_note_that_does_not_fit_is_refused_with_what_would_be_right(client: Client, anna: User, note: str) -> None:
    answer = posted(client, talk(anna), lang="en", note=note)
    assert answer.status_code == 422
    assert "right would be" in answer.content.decode()
    assert not UsageSheet.objects.exists()


def test_what_customers_and_colleagues_type_is_text(client: Client, anna: User) -> None:
    case = talk(anna)
    Account.objects.update(name=NASTY)
    Outcome.objects.update(statement=NASTY, target=NASTY)
    Ticket.objects.update(subject=NASTY)
    User.objects.filter(pk=anna.pk).update(name=NASTY)
    for answer in (client.get(f"/renewals/{case.pk}/sheet/", {"note": NASTY}), client.get(posted(client, case, note=NASTY).url)):
        assert "<script>alert" not in answer.content.decode()
        assert "&lt;script&gt;alert" in paper(answer)


def test_a_little_known_account_has_a_sheet_too(client: Client, anna: User) -> None:
    case = talk(anna)
    for model in (AccountDay, ScenarioPeriod, Outcome, Ticket, Seat):
        model.objects.all().delete()
    AccountState.objects.update(north_star=None, seats_purchased=0)
    sheet = paper(client.get(f"/renewals/{case.pk}/sheet/?lang=en"))
    for said in ("No use of these months", "No scenarios are agreed yet", "No goal is written down yet", "Nothing is open."):
        assert said in sheet
    AccountState.objects.all().delete()
    assert "Nothing to show yet" in client.get(f"/renewals/{case.pk}/sheet/").content.decode()


def test_what_is_not_yours_is_not_there(client: Client, anna: User) -> None:
    case = talk(anna)
    shared = posted(client, case)
    client.force_login(person())
    undo = f"/renewals/sheets/{UsageSheet.objects.get().pk}/undo/"
    assert client.get(f"/renewals/{case.pk}/sheet/").status_code == 404
    assert posted(client, case).status_code == 404
    assert client.get(shared.url).status_code == 404
    assert client.post(undo).status_code == 404
    client.force_login(person(Role.ADMIN))
    assert client.get(shared.url).status_code == 200
    assert client.post(undo).status_code == 404  # its author alone
    assert client.get(f"/renewals/{2**63}/sheet/").status_code == 404


def test_the_pages_cost_few_queries(client: Client, anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    case = talk(anna)
    shared = posted(client, case)
    for path in (f"/renewals/{case.pk}/sheet/", shared.url):
        client.get(path)
        with django_assert_max_num_queries(8):
            assert client.get(path).status_code == 200
