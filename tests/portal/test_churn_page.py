"""The page of the losses: what it adds up to, who sees what, the lists behind its numbers, its files and its notes."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounts.models import Annotation, User
from accounts.types import Role
from churn.models import ChurnRecord
from csm_portal.portal.churn.asked import ALL_CUTS, asked
from csm_portal.portal.churn.groups import recoverable
from csm_portal.portal.churn.lists import LINES, LOSS
from tests import factories as make
from tests.churn.books import account, book, define_renewals, pays, rate
from tests.churn.test_seat_attrition import acted
from tests.churn.test_seat_attrition import person as seat
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
JUNE = "?grain=month&period=2026-06"
NASTY = """<script>alert(1)</script>"'&"""


@pytest.fixture(autouse=True)
def _no_cache(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def admin() -> User:
    """A book whose June holds every movement: 1,400 at the start, 1,275 at the end."""
    user = book()
    define_renewals(bridge=0)
    pays(account("new", industry="retail"), "2026-06-10", None, 10)
    pays(account("grown", industry="retail"), "2026-01-01", "2026-06-05", 100)
    pays("grown", "2026-06-05", None, 150)
    pays(account("shrunk", industry="retail"), "2026-01-01", "2026-06-05", 100)
    pays("shrunk", "2026-06-05", None, 70)
    pays(account("gone", industry="food"), "2026-01-01", "2026-06-30", 200, plan="pro", features=["sso"])
    pays("back", "2025-01-01", "2025-06-01", 40)
    pays("back", "2026-06-30", None, 45)
    pays("same", "2026-01-01", None, 1000, features=["sso", "api"])
    return user


def shown(client: Client, user: User, query: str = JUNE) -> Any:
    client.force_login(user)
    answer = client.get(f"/churn/{query}")
    assert answer.status_code == 200
    return answer.context["shown"]


def figure(page: str, name: str) -> Any:
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None, name
    return json.loads(found[1])


def file_rows(client: Client, address: str) -> list[list[str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text)))


def test_the_bridge_leads_from_start_to_end_and_the_gap_is_shown_as_zero(client: Client, admin: User) -> None:
    bridge = shown(client, admin).bridge
    texts = {line.key: line.text for line in bridge.lines}
    assert texts == {
        "start": "$1,400.00",
        "new": "+$10.00",
        "expansion": "+$50.00",
        "reactivation": "+$45.00",
        "contraction": "−$30.00",
        "churn": "−$200.00",
        "end": "$1,275.00",
    }
    assert (bridge.gap, bridge.adds_up) == ("$0.00", True)


def test_formulas_stand_with_the_numbers_of_the_period(client: Client, admin: User) -> None:
    ratios = {ratio.key: ratio for ratio in shown(client, admin).bridge.ratios}
    assert ratios["grr"].value == "83.57%"
    assert ratios["grr"].numbers == "(1,400.00 − 30.00 − 200.00) / 1,400.00"
    assert ratios["nrr"].value == "87.14%"
    assert ratios["gross_churn"].value == "16.43%"
    assert ratios["net_churn"].value == "9.64%"
    assert ratios["quick_ratio"].value == "0.46"
    assert ratios["annual_churn"].value == "88.4%"


def test_the_formula_with_its_numbers_gives_the_value_beside_it(client: Client, admin: User) -> None:
    for ratio in shown(client, admin).bridge.ratios:
        if ratio.key == "annual_churn":
            continue
        computed = eval(ratio.numbers.replace(",", "").replace("−", "-"))  # noqa: S307 - a sum of numbers made by the page
        value = ratio.value.replace("−", "-")
        shown_value = float(value.rstrip("%")) / (100 if value.endswith("%") else 1)
        assert shown_value == pytest.approx(computed, abs=0.005)


def test_bars_and_names_of_the_chart_lead_to_lists_that_sum_to_them(client: Client, admin: User) -> None:
    client.force_login(admin)
    page = client.get(f"/churn/{JUNE}").content.decode()
    drawn = figure(page, "figure-bridge")
    bars = {
        name: (length, href)
        for trace in drawn["data"]
        for name, length, href in zip(trace["y"], trace["x"], trace["customdata"], strict=True)
    }
    assert bars["Churn"][0] == 200
    for name, (length, href) in bars.items():
        listing = client.get(href).context["listing"]
        assert listing.total == f"${length:,.2f}", name


def test_the_three_attritions_stand_for_the_same_set_and_sum_to_one_with_retention(client: Client, admin: User) -> None:
    who = account("users")
    acted(seat(who, "stays"), date(2026, 5, 10), date(2026, 6, 10))
    acted(seat(who, "leaves"), date(2026, 5, 10))
    cards = {card.measure: card for card in shown(client, admin).cards}
    assert cards["logo"].value == "25.0%"
    assert cards["logo"].interval == "4.6% – 69.9%"
    assert cards["seat"].value == "50.0%"
    assert cards["revenue"].value == "16.4%"
    assert cards["revenue"].interval == ""
    assert cards["logo"].sum_said == "attrition 25.0% + retention 75.0% = 100%"
    assert cards["revenue"].sum_said == "attrition 16.4% + retention 83.6% = 100%"


def test_every_number_of_a_card_is_the_sum_of_its_list(client: Client, admin: User) -> None:
    who = account("users")
    acted(seat(who, "leaves"), date(2026, 5, 10))
    for card in shown(client, admin).cards:
        for count in card.counts:
            assert client.get(count.href).context["listing"].total == count.text, (card.measure, count.name)


def test_every_period_of_a_trend_and_every_week_leads_to_its_list(client: Client, admin: User) -> None:
    who = account("users")
    acted(seat(who, "leaves"), date(2026, 5, 10))
    acted(seat(who, "later"), date(2026, 6, 10))
    rows = [row for card in shown(client, admin).cards for row in card.rows]
    rows += client.get(f"/churn/weeks/{JUNE}").context["part"].rows
    assert sum(row.lost not in ("0", "$0.00") for row in rows) >= 4
    for row in rows:
        assert client.get(row.start_href).context["listing"].total == row.start, row.name
        assert client.get(row.lost_href).context["listing"].total == row.lost, row.name


def test_a_month_without_loss_is_zero_and_one_without_customers_is_unknown(client: Client, admin: User) -> None:
    cards = {card.measure: card for card in shown(client, admin, "?grain=month&period=2026-05").cards}
    assert cards["logo"].value == "0.0%"
    cards = {card.measure: card for card in shown(client, admin, "?grain=month&period=2024-01").cards}
    assert cards["logo"].value == "–"
    assert "there is no rate" in cards["logo"].sum_said


def test_a_running_month_is_provisional_and_a_future_one_gives_the_latest(client: Client) -> None:
    user = book(date(2026, 6, 15))
    pays("a", "2026-01-01", "2026-06-20", 100)
    page = shown(client, user)
    assert page.provisional
    assert page.bridge.lines[-1].text == "$100.00"  # what ends after the as-of day is no loss yet
    assert shown(client, user, "?grain=month&period=2026-12").name == "May 2026"
    assert shown(client, user, "").name == "May 2026"


def test_a_quarter_and_a_span_compare_their_ends(client: Client, admin: User) -> None:
    quarter = shown(client, admin, "?grain=quarter&period=2026-Q2")
    assert {line.key: line.text for line in quarter.bridge.lines}["start"] == "$1,400.00"
    span = shown(client, admin, "?grain=span&from=2026-06-01&to=2026-06-30")
    assert [line.text for line in span.bridge.lines] == [line.text for line in shown(client, admin).bridge.lines]
    assert span.follow is None
    assert all(card.figure is None for card in span.cards)


def test_without_a_rate_accounts_are_left_out_and_said_so(client: Client, admin: User) -> None:
    pays("yen", "2026-01-01", None, 100, currency="JPY")
    page = shown(client, admin)
    assert page.bridge.without_rate == 1
    assert page.bridge.lines[0].text == "$1,400.00"
    listing = client.get(page.bridge.without_rate_href).context["listing"]
    assert [entry.external_id for entry in listing.entries] == ["yen"]


def test_another_currency_is_told_at_the_rate_of_the_first_day_and_still_adds_up(client: Client, admin: User) -> None:
    rate("EUR", "2026-06-01", "1.25")
    bridge = shown(client, admin, JUNE + "&currency=EUR").bridge
    assert bridge.lines[0].text == "€1,120.00"
    assert bridge.adds_up
    assert shown(client, admin, JUNE + "&currency=XXX").told.currency == "USD"


def test_exchange_rates_are_a_line_of_their_own(client: Client, admin: User) -> None:
    rate("EUR", "2026-06-01", "1.25")
    rate("EUR", "2026-06-30", "1.50")
    pays("euro", "2026-01-01", None, 100, currency="EUR")
    bridge = shown(client, admin).bridge
    assert (bridge.fx, bridge.next_start) == ("$25.00", "$1,425.00")
    assert bridge.adds_up


def test_a_narrowed_set_narrows_every_figure(client: Client, admin: User) -> None:
    page = shown(client, admin, JUNE + "&industry=retail")
    assert page.bridge.lines[0].text == "$200.00"
    assert [chip.value for chip in page.chips] == ["Retail"]
    assert "industry" not in page.chips[0].href
    page = shown(client, admin, JUNE + "&feature=api")
    assert page.bridge.lines[0].text == "$1,000.00"


@pytest.mark.parametrize("by", ALL_CUTS)
def test_every_cut_has_its_groups_and_disjoint_ones_sum_to_the_whole(client: Client, admin: User, by: str) -> None:
    client.force_login(admin)
    part = client.get(f"/churn/cuts/{JUNE}&by={by}").context["part"]
    assert part.by == by
    assert part.adds_up is not False
    assert part.whole.cells[4][0] == "$1,400"


def test_owners_are_called_by_name_and_namesakes_by_their_address_too(client: Client, admin: User) -> None:
    owners = [person(name=name, email=f"{at}@example.com") for at, name in (("a", "Anna"), ("b", "Bo"), ("c", "Bo"))]
    for owner in owners:
        pays(account(f"of {owner.email}", owner=owner), "2026-01-01", None, 100)
    client.force_login(admin)
    part = client.get(f"/churn/cuts/{JUNE}&by=csm").context["part"]
    assert {row.name for row in part.rows} == {"Anna", "Bo (b@example.com)", "Bo (c@example.com)", "no owner"}
    href = next(cell[2] for row in part.rows if row.name == "Anna" for cell in row.cells if "line=start" in cell[2])
    assert client.get(href).context["listing"].title.endswith("· Anna")
    narrowed = client.get(f"/churn/{JUNE}&csm=a@example.com")
    assert [(chip.cut, chip.value) for chip in narrowed.context["chips"]] == [("Owner", "Anna")]
    field = next(one for one in client.get(f"/churn/filters/{JUNE}").context["part"] if one.cut == "csm")
    assert ("a@example.com", "Anna", False) in field.values
    kept = file_rows(client, f"/churn/export/{JUNE}&by=csm&part=cuts")
    assert {"a@example.com", "b@example.com", "c@example.com"} <= {row[0] for row in kept}


def test_revenue_attrition_says_why_it_has_no_interval(client: Client, admin: User) -> None:
    cards = {card.measure: card for card in shown(client, admin).cards}
    assert cards["revenue"].note == "No interval: this is money, not a count."
    assert cards["logo"].interval
    assert "No interval" not in cards["logo"].note


def test_products_a_program_named_are_written_as_words_and_kept_in_files(client: Client, admin: User) -> None:
    pays("same", "2026-01-01", None, 5, product="field_app")
    client.force_login(admin)
    query = f"{JUNE}&measure=revenue&line=start&by=product&group=field_app"
    listing = client.get(f"/churn/accounts/{query}").context["listing"]
    assert [entry.texts[0] for entry in listing.entries] == ["Field app"]
    assert file_rows(client, f"/churn/export/{query}&part=accounts")[1][3] == "field_app"


def test_features_of_a_lost_account_are_those_of_its_last_term(client: Client, admin: User) -> None:
    client.force_login(admin)
    part = client.get(f"/churn/cuts/{JUNE}&by=feature").context["part"]
    rows = {row.name: [cell[0] for cell in row.cells] for row in part.rows}
    assert rows["Sso"][:2] == ["2", "50.0%"]
    assert rows["Api"][:2] == ["1", "0.0%"]
    assert rows["no feature"][0] == "2"


def test_lists_of_a_group_hold_that_group_alone(client: Client, admin: User) -> None:
    client.force_login(admin)
    part = client.get(f"/churn/cuts/{JUNE}&by=industry").context["part"]
    for row in part.rows:
        for text, _note, href in row.cells:
            if href and "measure=revenue" in href and "line=start" in href:
                assert client.get(href).context["listing"].total == f"{text}.00", row.name


def test_recoverable_is_what_was_lost_above_the_share_of_the_others() -> None:
    def made(start: int, churn: int) -> Any:
        return type("Row", (), {"start": Decimal(start), "churn": Decimal(churn), "contraction": Decimal(0)})()

    whole = made(100_000, 5_200)
    assert recoverable(made(40_000, 4_000), whole) == Decimal("3200.00")
    assert recoverable(made(60_000, 1_200), whole) == 0
    assert recoverable(whole, whole) is None


def test_groups_of_few_customers_are_listed_but_not_ranked(client: Client, admin: User) -> None:
    for place in range(12):
        pays(account(f"big{place}", industry="wide"), "2026-01-01", "2026-06-15" if place < 3 else None, 10)
        pays(account(f"calm{place}", industry="calm"), "2026-01-01", None, 10)
    client.force_login(admin)
    part = client.get(f"/churn/cuts/{JUNE}").context["part"]
    assert [one.name for one in part.worst] == ["Wide"]
    assert [one.name for one in part.best] == ["Calm", "Wide"]
    assert {row.name for row in part.rows if not row.ranked} == {"Retail", "Food", "not known"}
    assert part.unranked == 3


def test_losses_stand_by_type_industry_and_plan_with_their_lists(client: Client, admin: User) -> None:
    gone = make.AccountFactory._meta.model.objects.get(external_id="gone")
    ChurnRecord.objects.create(
        account=gone,
        source=make.SourceFactory.make(),
        external_id="r1",
        churned_on=date(2026, 6, 30),
        type="involuntary",
        recorded_at=make.RECORDED,
    )
    client.force_login(admin)
    part = client.get(f"/churn/types/{JUNE}").context["part"]
    (line,) = [line for line in part.lines if line.industry == "Food"]
    assert (line.plan, line.amount) == ("Pro", "$200")
    filled = {head: cell for head, cell in zip(part.heads, line.cells, strict=True) if cell.text}
    assert list(filled) == ["involuntary"]
    listing = client.get(filled["involuntary"].href).context["listing"]
    assert [entry.external_id for entry in listing.entries] == ["gone"]


def test_weeks_are_told_of_seats_alone_in_a_chart_of_their_own(client: Client, admin: User) -> None:
    who = account("users")
    acted(seat(who, "leaves"), date(2026, 6, 10))
    client.force_login(admin)
    page = client.get(f"/churn/weeks/{JUNE}", headers={"HX-Request": "true"}).content.decode()
    drawn = figure(page, "figure-weeks")
    assert drawn["data"][-1]["y"][-2:] == [1.0, None] or 1.0 in drawn["data"][-1]["y"]
    assert "<html" not in page


@pytest.mark.parametrize(
    "address",
    [
        "/churn/",
        "/churn/?csm=admin@example.com",
        "/churn/cuts/",
        "/churn/cuts/?by=csm&csm=admin@example.com&csm=-",
        "/churn/cuts/?by=feature",
        "/churn/types/",
        "/churn/weeks/",
        "/churn/filters/",
        "/churn/filters/?csm=admin@example.com",
        "/churn/accounts/",
        "/churn/accounts/?measure=revenue&line=start&by=csm&group=admin@example.com&csm=admin@example.com",
    ],
)
def test_every_page_costs_at_most_eight_queries(
    client: Client, admin: User, address: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(admin)
    joined = "&" if "?" in address else "?"
    with django_assert_max_num_queries(8):
        assert client.get(f"{address}{joined}grain=quarter&period=2026-Q2&currency=EUR&plan=pro").status_code == 200


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
