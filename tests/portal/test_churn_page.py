"""The page of the losses: what it adds up to."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.churn.books import account, book, pays, rate
from tests.churn.test_seat_attrition import acted
from tests.churn.test_seat_attrition import person as seat
from tests.portal.june_book import JUNE, figure, file_rows, june_book, shown

pytestmark = pytest.mark.django_db
NASTY = """<script>alert(1)</script>"'&"""


@pytest.fixture
def admin() -> User:
    return june_book()


@pytest.fixture(autouse=True)
def _no_cache(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


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
    assert cards["revenue"].interval == "1.1% – 77.0%"
    assert cards["logo"].sum_said == "attrition 25.0% + retention 75.0% = 100%"
    assert cards["revenue"].sum_said == "attrition 16.4% + retention 83.6% = 100%"


def test_every_number_of_a_card_is_the_sum_of_its_list(client: Client, admin: User) -> None:
    who = account("users")
    acted(seat(who, "leaves"), date(2026, 5, 10))
    for card in shown(client, admin).cards:
        for count in card.counts:
            assert client.get(count.href).context["listing"].total == count.text, (card.measure, count.name)


def test_what_remains_of_the_revenue_is_a_column_of_its_list_that_sums_to_it(client: Client, admin: User) -> None:
    client.force_login(admin)
    query = f"{JUNE}&measure=revenue&line=remaining"
    listing = client.get(f"/churn/accounts/{query}").context["listing"]
    assert (listing.total, listing.heads[-1]) == ("$1,170.00", "Remaining")
    head, *rows, _covers = file_rows(client, f"/churn/export/{query}&part=accounts")
    kept = {row[0]: row[-1] for row in rows}
    assert head[-1] == "Remaining"
    assert kept == {"grown": "100.00", "shrunk": "70.00", "same": "1000.00"}  # who left keeps nothing and is not on it


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
    listing = client.get(bridge.fx_href).context["listing"]
    assert (listing.total, listing.heads[-1], [entry.external_id for entry in listing.entries]) == (
        "$25.00",
        "Exchange rates until then",
        ["euro"],
    )
    assert [row[-1] for row in file_rows(client, f"{bridge.fx_href.replace('accounts', 'export')}&part=accounts")[1:-1]] == ["25.00"]


def test_a_narrowed_set_narrows_every_figure(client: Client, admin: User) -> None:
    page = shown(client, admin, JUNE + "&industry=retail")
    assert page.bridge.lines[0].text == "$200.00"
    assert [chip.value for chip in page.chips] == ["Retail"]
    assert "industry" not in page.chips[0].href
    page = shown(client, admin, JUNE + "&feature=api")
    assert page.bridge.lines[0].text == "$1,000.00"
