"""The page of the cohorts: what its table says, who sees what, the lists behind cells, its parts, files and empty states."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounts.models import Annotation, Seat, User
from accounts.types import Role
from csm_portal.portal.cohorts.asked import asked, cell_asked
from tests import factories as make
from tests.churn.test_cohorts import DAY, JANUARY, MARCH, acted, customer, night, term
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
APRIL = date(2026, 4, 1)
AS_OF = date(2026, 5, 31)
NASTY = """<script>alert(1)</script>"'&"""


@pytest.fixture(autouse=True)
def _no_cache(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def admin() -> User:
    """The worked example of docs/methods/cohorts.md, with a seat."""
    make.define_activity()
    a = customer(JANUARY, (JANUARY, APRIL), external_id="A", industry="Retail", name=NASTY)
    term(a, APRIL, None, 150)
    customer(JANUARY, (date(2026, 1, 5), APRIL), external_id="B")
    customer(JANUARY, (date(2026, 1, 3), date(2026, 1, 20)), external_id="C")
    term(customer(MARCH, external_id="D"), date(2026, 3, 10), None, 80)
    seat: Seat = make.SeatFactory.make(account=a, external_id="s1", activated_on=JANUARY, first_event_on=JANUARY)
    acted(seat, JANUARY, MARCH)
    make.event(a, JANUARY, NASTY, seat=seat)
    night(AS_OF)
    Annotation.objects.create(day=date(2026, 3, 5), text=f"Launch {NASTY}", kind="launch")
    return person(role=Role.ADMIN)


def shown(client: Client, user: User, path: str = "", **headers: str) -> str:
    client.force_login(user)
    answer = client.get(f"/cohorts/{path}", headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def table(body: str) -> dict[str, list[str]]:
    """Head of each line of the triangle -> its cells as text."""
    part = body[body.index('class="data heat') : body.index("</table>", body.index('class="data heat'))]
    lines = {}
    for line in re.findall(r"<tr>(.*?)</tr>", part, re.DOTALL)[2:]:
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)
        texts = [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", cell)).strip() for cell in cells]
        lines[texts[0]] = texts[1:]
    return lines


def test_the_worked_example_stands_on_the_page(client: Client, admin: User) -> None:
    found = table(shown(client, admin))
    assert found["Jan 2026"] == ["2", "100%", "100%", "100%", "50%", "50%"]
    march = next(cells for name, cells in found.items() if name.startswith("Mar 2026"))
    assert march == ["1", "100%", "100%", "100%", "", ""]
    assert found["All cohorts"] == ["3", "100%", "100%", "100%", "50%", "50%"]
    revenue = table(shown(client, admin, "?measure=revenue"))
    assert revenue["Jan 2026"][1:] == ["100%", "100%", "100%", "75%", "75%"]
    seats = table(shown(client, admin, "?measure=seat"))
    assert seats["Jan 2026"] == ["1", "100%", "0%", "100%", "0%", "0%"]
    assert len(table(shown(client, admin, "?grain=week"))) == 3


def test_an_owner_is_named_on_the_page_and_by_address_in_files(client: Client, admin: User) -> None:
    owner = person(name="Anna", email="anna@example.com")
    assert "Owner: Anna" in shown(client, admin, f"?csm={owner.email}")
    files = client.get("/cohorts/export/?part=triangle&csm=anna@example.com")
    assert "csm: anna@example.com" in b"".join(files.streaming_content).decode()  # type: ignore[attr-defined]


def test_texts_of_others_stay_texts_and_notes_stand_at_their_cohort(client: Client, admin: User) -> None:
    body = shown(client, admin)
    assert "<script>alert" not in body
    assert 'title="Launch &lt;script&gt;' in body
    assert body.count('class="cohort-note"') == 2
    for path in ("behaviours/", "members/?cohort=2026-01-01"):
        assert "<script>alert" not in shown(client, admin, path)


@pytest.mark.parametrize("path", ["", "?measure=seat&grain=week&industry=Retail", "?measure=revenue&attribute=feature"])
def test_the_page_takes_at_most_eight_queries(client: Client, admin: User, path: str, django_assert_max_num_queries: Any) -> None:
    client.force_login(admin)
    check: DjangoAssertNumQueries = django_assert_max_num_queries
    with check(8):
        client.get(f"/cohorts/{path}")


@pytest.mark.parametrize("path", ["behaviours/", "survival/?attribute=persona", "members/?cohort=2026-01-01&offset=3"])
def test_its_parts_take_at_most_eight_queries(client: Client, admin: User, path: str, django_assert_max_num_queries: Any) -> None:
    client.force_login(admin)
    with django_assert_max_num_queries(8):
        assert client.get(f"/cohorts/{path}").status_code == 200


def test_htmx_gets_the_triangle_alone_with_its_address(client: Client, admin: User) -> None:
    client.force_login(admin)
    answer = client.get("/cohorts/?grain=week&n=26&nothing=1", headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert answer["HX-Push-Url"] == "/cohorts/?grain=week"
    assert "<html" not in shown(client, admin, "survival/", **{"HX-Request": "true"})
    assert "<html" in shown(client, admin, "survival/")


def test_a_cell_leads_to_those_who_remain_and_those_who_are_lost(client: Client, admin: User) -> None:
    body = shown(client, admin)
    assert 'href="/cohorts/members/?cohort=2026-01-01&amp;offset=3"' in body
    assert "2 of 2, in the first month" in body
    remaining, lost = (shown(client, admin, f"members/?cohort=2026-01-01&offset=3&line={line}") for line in ("remaining", "lost"))
    assert ('href="/accounts/A/"' in remaining, 'href="/accounts/B/"' in remaining) == (True, False)
    assert ('href="/accounts/A/"' in lost, 'href="/accounts/B/"' in lost) == (False, True)
    assert ">s1<" in shown(client, admin, "members/?measure=seat&cohort=2026-01-01&offset=2")
    for nothing in ("members/", "members/?cohort=2026-01-01&offset=9", "members/?cohort=x", "members/?cohort=2026-01-01&line=x"):
        assert client.get(f"/cohorts/{nothing}").status_code == 404


def test_the_list_behind_a_cell_of_revenue_sums_to_it(client: Client, admin: User) -> None:
    query = "measure=revenue&cohort=2026-01-01&offset=3"
    body = shown(client, admin, f"members/?{query}")
    assert "$150.00 of $200.00" in body
    assert [re.findall(r'<td class="num">(.*?)</td>', body)] == [["$100.00", "$150.00"]]
    paid = {}
    for line in ("remaining", "lost"):
        answer: Any = client.get(f"/cohorts/export/?{query}&part=members&line={line}")
        rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        paid[line] = [(row[0], *row[3:]) for row in rows[1:-1]]
    assert paid == {"remaining": [("A", "100.00", "150.00", "USD")], "lost": [("B", "100.00", "0.00", "USD")]}


def test_only_the_own_book_is_shown(client: Client, admin: User) -> None:
    body = shown(client, person())
    assert "No cohort" in body
    assert client.get("/cohorts/members/?cohort=2026-01-01").status_code == 404
    assert "No seats to compare" in shown(client, person(), "behaviours/")
    assert "Retail" not in shown(client, person(), "filters/")


def test_before_the_first_night_there_is_an_empty_state_and_no_part(client: Client) -> None:
    assert "Nothing to show yet" in shown(client, person())
    for path in ("behaviours/", "survival/", "filters/", "members/", "export/"):
        assert client.get(f"/cohorts/{path}").status_code == 404


def test_files_hold_every_table(client: Client, admin: User) -> None:
    client.force_login(admin)

    def rows(query: str) -> list[list[str]]:
        answer: Any = client.get(f"/cohorts/export/?{query}")
        return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))

    triangle = rows("part=triangle")
    assert triangle[0] == ["cohort", "offset", "size", "remaining", "share"]
    assert triangle[4] == ["2026-01", "3", "2", "1", "0.5"]
    assert "2026-05-31" in triangle[-1][0]
    assert rows("part=triangle&measure=revenue")[1][-1] == "USD"
    assert len(rows("part=behaviours")) == 1 + 4 + 1
    assert rows("part=survival&attribute=industry")[1][:3] == ["Retail", "1", "0"]
    assert [row[0] for row in rows("part=members&cohort=2026-01-01&offset=3")[1:-1]] == ["A"]
    workbook: Any = client.get("/cohorts/export/?part=triangle&format=xlsx")
    sheet: Any = load_workbook(io.BytesIO(b"".join(workbook.streaming_content))).active
    assert sheet["A2"].value == "2026-01"
    assert client.get("/cohorts/export/?part=nothing").status_code == 404
    assert client.get("/cohorts/export/?part=members").status_code == 404


def test_curves_are_drawn_with_bands_from_twenty_accounts_on(client: Client, admin: User) -> None:
    assert "No group has 20 accounts" in shown(client, admin, "survival/")
    for n in range(25):
        customer(JANUARY, (JANUARY, JANUARY + DAY * 31 if n < 5 else None), industry="Food")
    body = shown(client, admin, "survival/?attribute=industry")
    figure = json.loads(re.search(r'id="figure-survival" type="application/json">(.*?)</script>', body, re.DOTALL)[1])  # type: ignore[index]
    assert [trace.get("name") for trace in figure["data"]] == [None, None, "Food"]
    assert figure["data"][1]["fill"] == "tonexty"
    assert figure["data"][2]["y"][:2] == [1.0, 0.8]
    assert "2 groups are too small for a curve" in body


def test_an_address_without_sense_is_passed_over() -> None:
    from django.http import QueryDict

    odd = asked(QueryDict("measure=x&grain=quarter&n=7&attribute=colour&plan=&plan=a%00&csm=-"))
    assert (odd.measure, odd.grain, odd.n, odd.attribute, odd.by_cut) == ("logo", "month", 24, "size", {"csm": ["-"]})
    assert odd.query() == "?csm=-"
    assert cell_asked(QueryDict("cohort=2026-01-01&offset=1e3")) is None
    assert cell_asked(QueryDict(f"cohort={date.max}&offset=1")) is None


def test_a_cohort_at_the_end_of_time_is_not_there(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.get(f"/cohorts/members/?cohort={date.max}").status_code == 404
    assert client.get(f"/cohorts/members/?cohort={AS_OF + timedelta(days=1)}").status_code == 404
