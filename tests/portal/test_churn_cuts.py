"""Cuts, weeks and cost of the page of losses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from churn.models import ChurnRecord
from csm_portal.portal.churn.asked import ALL_CUTS
from csm_portal.portal.churn.groups import recoverable
from tests import factories as make
from tests.churn.books import account, pays
from tests.churn.test_seat_attrition import acted
from tests.churn.test_seat_attrition import person as seat
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


def test_revenue_attrition_says_as_how_many_customers_it_counts(client: Client, admin: User) -> None:
    cards = {card.measure: card for card in shown(client, admin).cards}
    assert cards["revenue"].note == "Interval: large customers weigh more, so this counts as 1 customer of equal size."
    assert "equal size" not in cards["logo"].note


def test_the_file_of_a_cut_ends_with_the_interval_of_revenue(client: Client, admin: User) -> None:
    client.force_login(admin)
    head, whole = file_rows(client, f"/churn/export/{JUNE}&by=industry&part=cuts")[:2]
    assert head[-3:] == ["revenue rate", "revenue low", "revenue high"]
    assert whole[-3] == "0.164286"
    assert float(whole[-2]) < 0.164286 < float(whole[-1])


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
