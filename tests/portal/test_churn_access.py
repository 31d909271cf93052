"""Who sees which losses, lists as files, notes, and addresses that make no sense."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from openpyxl import load_workbook

from accounts.models import Annotation, User
from accounts.types import Role
from csm_portal.portal.churn.asked import asked
from csm_portal.portal.churn.lists import LINES, LOSS
from tests.churn.books import account, book, define_renewals, pays
from tests.portal.june_book import JUNE, figure, file_rows, june_book, shown
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
NASTY = """<script>alert(1)</script>"'&"""


@pytest.fixture
def admin() -> User:
    return june_book()


@pytest.fixture(autouse=True)
def _no_cache(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def test_a_csm_sees_the_losses_of_the_own_book_alone(client: Client, admin: User) -> None:
    csm = person(Role.CSM)
    pays(account("mine", owner=csm), "2026-01-01", "2026-06-15", 70)
    page = shown(client, csm)
    assert page.bridge.lines[0].text == "$70.00"
    listing = client.get(f"/churn/accounts/{JUNE}&measure=revenue&line=start").context["listing"]
    assert [entry.external_id for entry in listing.entries] == ["mine"]
    for part in ("cuts", "types", "weeks"):
        assert "gone" not in client.get(f"/churn/{part}/{JUNE}").content.decode()
    assert client.post("/churn/notes/", {"day": "2026-06-01", "text": "x", "kind": "price"}).status_code == 404


def test_what_is_remembered_is_remembered_for_one_person_and_one_question(client: Client, admin: User, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "churn"}}
    csm = person(Role.CSM)
    pays(account("mine", owner=csm), "2026-01-01", "2026-06-15", 70)
    starts = [shown(client, user, query).bridge.lines[0].text for user in (admin, csm, admin) for query in (JUNE, JUNE + "&industry=food")]
    assert starts == ["$1,470.00", "$200.00", "$70.00", "$0.00", "$1,470.00", "$200.00"]


def test_every_line_of_every_list_can_be_opened_and_kept_as_a_file(client: Client, admin: User) -> None:
    client.force_login(admin)
    for measure, lines in LINES.items():
        for line in lines:
            query = f"{JUNE}&measure={measure}&line={line}"
            listing = client.get(f"/churn/accounts/{query}").context["listing"]
            rows = file_rows(client, f"/churn/export/{query}&part=accounts")
            assert len(rows) == len(listing.entries) + 2, (measure, line)
    assert client.get(f"/churn/accounts/{JUNE}&measure=nonsense").status_code == 404
    assert client.get(f"/churn/accounts/{JUNE}&measure={LOSS}&line=nonsense").status_code == 404


def test_the_file_of_the_trend_reconciles_in_every_line(client: Client, admin: User) -> None:
    client.force_login(admin)
    head, *rows, last = file_rows(client, f"/churn/export/{JUNE}&part=trend")
    assert len(rows) == 15
    for row in rows:
        cells = dict(zip(head, row, strict=True))
        assert Decimal(cells["check"]) == 0
        gains = sum(Decimal(cells[key]) for key in ("start", "new", "expansion", "reactivation"))
        assert gains - Decimal(cells["contraction"]) - Decimal(cells["churn"]) == Decimal(cells["end"])
    assert "as of 2026-06-30" in last[0]
    answer = client.get(f"/churn/export/{JUNE}&part=cuts&format=xlsx")
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    assert sheet is not None
    assert sheet["A2"].value == "Whole set"
    assert client.get(f"/churn/export/{JUNE}&part=nonsense").status_code == 404
    assert client.get(f"/churn/export/{JUNE}&part=trend&format=pdf").status_code == 400


def test_notes_are_added_removed_and_brought_back(client: Client, admin: User) -> None:
    client.force_login(admin)
    answer = client.post("/churn/notes/", {"day": "2026-06-03", "text": "  Price   list ", "kind": "price", "query": JUNE})
    assert answer.status_code == 302
    assert answer["Location"] == f"/churn/{JUNE}"
    note = Annotation.objects.get()
    assert (note.day, note.text, note.kind) == (date(2026, 6, 3), "Price list", "price")
    page = client.get(f"/churn/{JUNE}")
    assert f"/churn/notes/{note.pk}/remove/" in page.content.decode()
    shapes = figure(page.content.decode(), "figure-logo")["layout"]["shapes"]
    assert [shape["x0"] for shape in shapes] == ["Jun 2026"]
    assert client.post(f"/churn/notes/{note.pk}/remove/").status_code == 302
    assert not Annotation.objects.exists()
    assert client.post(f"/churn/notes/{note.pk}/restore/").status_code == 302
    assert Annotation.objects.get().text == "Price list"
    assert client.post(f"/churn/notes/{note.pk}/restore/").status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        {"day": "never", "text": "x"},
        {"day": "2026-06-01", "text": " "},
        {"day": "2026-06-01", "text": "x" * 201},
        {"day": "1800-01-01", "text": "x"},
    ],
)
def test_a_note_that_makes_no_sense_is_refused_in_words(client: Client, admin: User, data: dict[str, str]) -> None:
    client.force_login(admin)
    answer = client.post("/churn/notes/", {"kind": "price", **data}, follow=True)
    assert answer.status_code == 200
    assert "right would be" in answer.content.decode()
    assert not Annotation.objects.exists()


def test_a_note_goes_back_only_to_the_page_it_came_from(client: Client, admin: User) -> None:
    client.force_login(admin)
    for query in ("//evil.example.com", "?next=https://evil.example.com", "https://evil.example.com/"):
        answer = client.post("/churn/notes/", {"day": "2026-06-03", "text": query, "kind": "", "query": query})
        assert answer["Location"].startswith("/churn/?grain=month")
        assert "evil" not in answer["Location"]


def test_texts_are_shown_and_never_run(client: Client, admin: User) -> None:
    Annotation.objects.create(day=date(2026, 6, 1), text=NASTY, kind=NASTY)
    pays(account("x", name=NASTY, industry=NASTY), "2026-01-01", "2026-06-15", 70)
    client.force_login(admin)
    for address in ("/churn/", "/churn/cuts/", "/churn/types/", "/churn/filters/", "/churn/accounts/?measure=revenue&line=churn"):
        page = client.get(address).content.decode()
        assert "<script>alert(1)" not in page, address
    page = client.get(f"/churn/?grain={NASTY}&period={NASTY}&industry={NASTY}&currency={NASTY}&by={NASTY}&lag={NASTY}").content.decode()
    assert "<script>alert(1)" not in page


def test_an_address_comes_back_as_it_was() -> None:
    from django.http import QueryDict

    for query in (
        "?grain=quarter&period=2026-Q1&plan=basic&plan=pro&by=size&lag=2&currency=EUR",
        "?grain=span&from=2026-01-05&to=2026-03-04",
    ):
        found = asked(QueryDict(query[1:]), date(2026, 6, 30))
        assert found.query() == query
        assert asked(QueryDict(found.query()[1:]), date(2026, 6, 30)) == found


def test_nonsense_in_the_address_is_passed_over(client: Client, admin: User) -> None:
    for query in (
        "?period=x",
        "?grain=week",
        "?grain=span&from=2026-06-30&to=2026-06-01",
        "?grain=span&from=x",
        "?lag=99&by=x",
        "?period=0001-01",
        "?period=9999-12",
    ):
        assert shown(client, admin, query).name == "Jun 2026", query


def test_without_a_night_the_page_says_what_to_do(client: Client) -> None:
    client.force_login(person(Role.ADMIN))
    assert "Nothing to show yet" in client.get("/churn/").content.decode()
    for part in ("cuts", "types", "weeks", "filters", "accounts", "export"):
        assert client.get(f"/churn/{part}/").status_code == 404


def test_visitors_sign_in_first(client: Client) -> None:
    for address in ("/churn/", "/churn/cuts/", "/churn/accounts/", "/churn/export/"):
        assert client.get(address).status_code == 302


def test_htmx_gets_the_body_alone_and_its_address(client: Client, admin: User) -> None:
    client.force_login(admin)
    answer = client.get(f"/churn/{JUNE}", headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert answer["HX-Push-Url"] == f"/churn/{JUNE}"


def test_the_page_speaks_chinese(client: Client) -> None:
    user = book()
    User.objects.filter(pk=user.pk).update(language="zh-hans")
    pays("a", "2026-01-01", "2026-06-15", 70)
    client.force_login(user)
    with translation.override("zh-hans"):
        page = client.get(f"/churn/{JUNE}").content.decode()
    assert "客户流失率" in page
    assert "2026年6月" in page


def test_a_gap_that_is_bridged_is_said_so(client: Client) -> None:
    user = book()
    define_renewals(bridge=14)
    pays("a", "2026-01-01", None, 70)
    client.force_login(user)
    assert "up to 14 days count as late renewals" in client.get(f"/churn/{JUNE}").content.decode()
