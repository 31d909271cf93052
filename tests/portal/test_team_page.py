"""The manager's page: who may open it, what it shows empty, folded, sorted and as a file; and the targets set there."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Target, User
from accounts.types import Role
from csm_portal.portal.views.team import UNDO
from tests.portal.shown_book import person, published_run, shown
from tests.portal.team_book import Cast, cast, fill

pytestmark = pytest.mark.django_db
NASTY = """<script>alert(1)</script>"'&"""
NOVEMBER, OCTOBER = date(2026, 11, 1), date(2026, 10, 1)


@pytest.fixture(autouse=True)
def _portal_day(settings: Any) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def people() -> Cast:
    return cast()


def as_(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def names(client: Client, query: str = "") -> list[str]:
    return [row.line.name for row in client.get(f"/team/{query}").context["rows"]]


def test_a_csm_finds_no_such_page_and_a_visitor_signs_in(client: Client, people: Cast) -> None:
    for address in ("/team/", "/team/export/", "/team/targets/"):
        assert client.get(address).status_code == 302
    as_(client, people.csms[0])
    for address in ("/team/", "/team/export/", "/team/targets/"):
        assert client.get(address).status_code == 404
    assert client.post("/team/targets/", {"month": "2026-11"}).status_code == 404


def test_without_a_night_or_a_team_the_page_says_what_to_do(client: Client) -> None:
    lonely = person(Role.MANAGER)
    as_(client, lonely)
    assert "Nothing to show yet" in client.get("/team/").content.decode()
    assert client.get("/team/export/").status_code == 404
    published_run()
    assert "No team and no people" in client.get("/team/").content.decode()
    assert "Nobody to set targets for" in client.get("/team/targets/").content.decode()


def test_k_stands_by_count_and_by_amount_with_its_list(client: Client, people: Cast) -> None:
    fill(people, 3)
    as_(client, people.manager)
    page = client.get("/team/")
    lines = page.context["k_lines"]
    assert [line.name.split(",")[0] for line in lines] == ["by count", "by gross amount", "by net amount"]
    assert lines[0].href in page.content.decode()
    assert lines[0].few, "a handful of renewals is said to be too few"


def test_the_page_costs_at_most_twelve_queries(client: Client, people: Cast, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    fill(people, 12)
    for user in (people.manager, people.admin):
        as_(client, user)
        for address in ("/team/", "/team/?rows=people&period=quarter&sort=-mrr", "/team/targets/"):
            with django_assert_max_num_queries(12):
                assert client.get(address).status_code == 200


def test_teams_fold_and_the_address_remembers(client: Client, people: Cast) -> None:
    fill(people, 12)
    as_(client, people.manager)
    assert {"DACH", "Anna", "Bern", "Cleo", "EMEA"} <= set(names(client))
    dach = people.teams["EMEA/DACH/"]
    assert names(client, f"?fold=t{dach.pk}") == ["DACH", "EMEA"]
    flat = names(client, "?rows=people")
    assert "DACH" not in flat
    assert {"Anna", "Ben", "Cleo"} <= set(flat)


def test_every_order_keeps_every_line_and_nonsense_is_passed_over(client: Client, people: Cast) -> None:
    fill(people, 12)
    as_(client, people.admin)
    everybody = sorted(names(client))
    for heading in client.get("/team/").context["headings"]:
        for sign in ("", "-"):
            assert sorted(names(client, f"?sort={sign}{heading.key}")) == everybody, heading.key
    for query in ("?sort=nonsense&period=never&page=x&fold=zz", "?period=own&from=2026-99-99&to=x", "?page=99999", "?period=own"):
        assert sorted(names(client, query)) == everybody, query


def test_more_money_comes_first_where_asked_for(client: Client, people: Cast) -> None:
    anna, ben = people.csms[:2]
    shown(anna, "small", mrr_reporting=Decimal(1))
    shown(ben, "large", mrr_reporting=Decimal(1000))
    as_(client, people.manager)
    flat = [name for name in names(client, "?rows=people&sort=-mrr") if name in ("Anna", "Ben")]
    assert flat == ["Ben", "Anna"]
    assert [name for name in names(client, "?rows=people&sort=mrr") if name in ("Anna", "Ben")] == ["Anna", "Ben"]


def test_texts_are_shown_and_never_run(client: Client, people: Cast) -> None:
    published_run()
    anna = people.csms[0]
    User.objects.filter(pk=anna.pk).update(name=NASTY)
    shown(anna, "x", account_name=NASTY, strip="H" * 14 + "Z" * 14)
    as_(client, people.manager)
    for address in ("/team/", "/team/targets/", f"/team/?sort={NASTY}&rows={NASTY}&period={NASTY}&from={NASTY}&fold={NASTY}"):
        page = client.get(address).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page or "sort=" in address


def test_htmx_gets_the_table_alone(client: Client, people: Cast) -> None:
    fill(people, 6)
    as_(client, people.manager)
    part = client.get("/team/?sort=-mrr", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert b"<html" not in part.content
    assert part["HX-Replace-Url"] == "/team/?sort=-mrr"


def test_the_files_hold_every_line_and_run_no_formula(client: Client, people: Cast) -> None:
    fill(people, 12)
    User.objects.filter(pk=people.csms[0].pk).update(name="=1+1")
    as_(client, people.manager)
    answer = client.get("/team/export/?rows=people")
    table = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert "'=1+1" in [row[0] for row in table]
    assert answer["Content-Disposition"].endswith('team-2026-11-19.csv"')
    total = next(row for row in table if row[1] == "total")
    accounts = table[0].index("Accounts")
    assert int(total[accounts]) == Account.objects.visible_to(people.manager).count()
    sheet = load_workbook(io.BytesIO(client.get("/team/export/?rows=people&format=xlsx").getvalue())).active
    rows = list(sheet.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert len(rows) == len(table)
    assert [str(value or "") for value in rows[0]] == table[0]


def post(client: Client, **cells: str) -> Any:
    return client.post("/team/targets/", {"month": "2026-11", **cells})


def goal(metric: str, **whose: Any) -> Decimal | None:
    return Target.objects.filter(month=NOVEMBER, metric=metric, **whose).values_list("value", flat=True).first()


def test_a_manager_sets_targets_and_takes_them_back(client: Client, people: Cast) -> None:
    published_run()
    anna, emea = people.csms[0], people.teams["EMEA/"]
    as_(client, people.manager)
    first = post(client, **{f"p{anna.pk}.monthly_active_rate": "85,5".replace(",", "."), f"t{emea.pk}.nps": "-10"})
    assert first.status_code == 302
    assert goal("monthly_active_rate", user=anna) == Decimal("0.855")
    assert goal("nps", team=emea) == -10
    post(client, **{f"p{anna.pk}.monthly_active_rate": "90%", f"t{emea.pk}.nps": ""})
    assert goal("monthly_active_rate", user=anna) == Decimal("0.9")
    assert goal("nps", team=emea) is None
    batch = client.session[UNDO][-1]["id"]
    assert client.post(f"/team/targets/{batch}/undo/").status_code == 302
    assert (goal("monthly_active_rate", user=anna), goal("nps", team=emea)) == (Decimal("0.855"), Decimal(-10))
    assert client.post(f"/team/targets/{batch}/undo/").status_code == 404


def test_what_was_set_anew_since_stays_when_a_save_is_taken_back(client: Client, people: Cast) -> None:
    published_run()
    anna, ben = people.csms[:2]
    as_(client, people.manager)
    post(client, **{f"p{anna.pk}.nps": "10", f"p{ben.pk}.nps": "20"})
    batch = client.session[UNDO][-1]["id"]
    Target.objects.filter(user=anna).update(value=33)
    client.post(f"/team/targets/{batch}/undo/")
    assert [goal("nps", user=user) for user in (anna, ben)] == [33, None]


@pytest.mark.parametrize(
    ("metric", "text"),
    [
        ("monthly_active_rate", "101"),
        ("monthly_active_rate", "-1"),
        ("renewal_rate_count", "abc"),
        ("renewal_rate_count", "1e5"),
        ("renewal_rate_amount", "201"),
        ("nps", "101"),
        ("nps", "NaN"),
        ("nps", NASTY),
    ],
)
def test_a_wrong_box_says_what_would_be_right_and_nothing_is_saved(client: Client, people: Cast, metric: str, text: str) -> None:
    published_run()
    anna, ben = people.csms[:2]
    as_(client, people.manager)
    answer = post(client, **{f"p{anna.pk}.{metric}": text, f"p{ben.pk}.nps": "20"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "such as" in page
    assert 'aria-invalid="true"' in page
    assert "<script>alert" not in page
    assert not Target.objects.exists()


def test_nobody_sets_targets_for_people_or_teams_elsewhere(client: Client, people: Cast) -> None:
    published_run()
    dan, apac = people.csms[3], people.teams["APAC/"]
    anna = people.csms[0]
    as_(client, people.manager)
    for cell in (f"p{dan.pk}.nps", f"t{apac.pk}.nps", "p999999.nps"):
        assert post(client, **{cell: "10", f"p{anna.pk}.nps": "10"}).status_code == 404
        assert post(client, **{cell: "wrong"}).status_code == 404
    assert not Target.objects.exists()
    assert "Dan" not in client.get("/team/targets/").content.decode()
    assert client.get("/team/targets/?month=2020-01").status_code == 404
    as_(client, people.admin)
    assert post(client, **{f"p{dan.pk}.nps": "10"}).status_code == 302


def test_a_copy_fills_only_what_is_empty_and_only_where_one_manages(client: Client, people: Cast) -> None:
    published_run()
    anna, ben, _cleo, dan = people.csms
    for user, value in ((anna, 10), (ben, 20), (dan, 30)):
        Target.objects.create(user=user, month=OCTOBER, metric="nps", value=value)
    Target.objects.create(user=anna, month=NOVEMBER, metric="nps", value=99)
    as_(client, people.manager)
    assert post(client, copy="1").status_code == 302
    assert [goal("nps", user=user) for user in (anna, ben, dan)] == [99, 20, None]


def test_without_its_token_a_save_is_refused(people: Cast) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.manager)
    anna = people.csms[0]
    assert strict.post("/team/targets/", {"month": "2026-11", f"p{anna.pk}.nps": "10"}).status_code == 403


def test_the_table_says_how_far_a_target_is_reached(client: Client, people: Cast) -> None:
    anna = people.csms[0]
    shown(anna, "active", month_active=True)
    shown(anna, "idle", month_active=False)
    Target.objects.create(user=anna, month=NOVEMBER, metric="monthly_active_rate", value=Decimal("0.8"))
    as_(client, people.manager)
    page = client.get("/team/").content.decode()
    assert "Active 62%" in page  # 50% of 80% is 62.5%, rounded half to even
