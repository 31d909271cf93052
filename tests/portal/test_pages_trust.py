"""The page that holds figures against the renewals that followed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Annotation, Target, User
from accounts.types import Role
from csm_portal.portal.team.goals import goals_by_line
from csm_portal.portal.trust.page import target_asked
from tests.churn.k_book import banded, began, due, dues, month
from tests.factories import AccountFactory
from tests.portal.shown_book import AS_OF, person, published_run
from tests.portal.team_book import cast, fill

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)


@pytest.fixture(autouse=True)
def _portal(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def admin(client: Client) -> User:
    user = person(Role.ADMIN, language="en")
    client.force_login(user)
    return user


def book() -> None:
    """A hundred closed renewals, 90 of active accounts, p1 77/90 and p0 4/10; and twenty paying accounts, 14 of them active in October."""
    began()
    for first in range(1, 11):
        dues(None, (9, 8 if first < 8 else 7), (1, int(first < 5)), ends_on=date(2026, 7, first))
    for number in range(20):
        month(AccountFactory.make(), OCTOBER, number < 14)


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/trust/k/{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_page_says_p1_p0_and_k_of_the_closed_renewals(client: Client, admin: User) -> None:
    book()
    shown = page(client)
    assert "86% of the active accounts renewed (77% … 91%), 40% of the others (17% … 69%)." in shown
    assert "<strong>0.90</strong>" in shown
    assert "0.82 … 0.99" in shown
    assert 'id="figure-k"' in shown
    assert "Too few renewals" not in shown


def test_a_target_is_reckoned_back_to_accounts_that_have_to_become_active(client: Client, admin: User) -> None:
    book()
    # Expected (14 x 77/90 + 6 x 0.4) / 20 = 71.9 %; each account more adds 2.28 points.
    assert "14 of 20 paying accounts were active in Oct 2026: 71.9% would renew. Activate 4 more accounts to reach 80%." in page(
        client, "?target=80"
    )
    assert "The target of 70% is reached." in page(client, "?target=70")
    assert "With all of them active about 85.6% would (77% … 91%): activity alone may not lead to 95%." in page(client, "?target=95")


def test_the_viewers_own_target_stands_first(client: Client, admin: User) -> None:
    book()
    Target.objects.create(user=admin, month=date(2026, 11, 1), metric="renewal_rate_count", value="0.775")
    assert 'value="77.5"' in page(client)


@pytest.mark.parametrize("asked", ["abc", "0", "101", "-5", "nan", "1e9"])
def test_a_target_that_is_none_is_refused_with_what_would_be_right(client: Client, admin: User, asked: str) -> None:
    book()
    assert "right would be a number from 1 to 100" in page(client, f"?target={asked}")


def test_a_target_may_be_written_with_its_sign() -> None:
    assert target_asked(" 85% ", None) == (0.85, "")
    assert target_asked("", 0.9) == (0.9, "")
    assert target_asked("", None) == (0.85, "")


def test_too_few_renewals_are_said_plainly_and_no_way_is_told(client: Client, admin: User) -> None:
    began()
    dues(None, (20, 18), (5, 1))
    month(AccountFactory.make(), OCTOBER, True)
    shown = page(client)
    assert "Too few renewals to tell k: 25 closed ones" in shown
    assert "There are too few closed renewals to say how many accounts a target takes." in shown
    assert "<strong>0." not in shown.split('id="k"')[1].split('id="groups"')[0]


def test_a_difference_within_chance_promises_nothing(client: Client, admin: User) -> None:
    began()
    dues(None, (40, 32), (20, 15))
    month(AccountFactory.make(), OCTOBER, True)
    shown = page(client)
    assert "So far the difference lies within chance." in shown
    assert "activating more promises nothing yet" in shown


def test_the_table_of_k_is_split_by_what_is_asked(client: Client, admin: User) -> None:
    book()
    due(None, industry="retail")
    assert "retail" in page(client, "?by=industry")
    assert "retail" not in page(client, "?by=nonsense")


def test_health_is_held_against_what_was_renewed(client: Client, admin: User) -> None:
    began()
    for band, n, lost in (("green", 30, 1), ("amber", 20, 5), ("red", 10, 8)):
        for number in range(n):
            banded(due(None, "lost" if number < lost else "renewed"), band)
    shown = page(client)
    assert "Health separates. Lost: 14 of 60 (23%) in all; of the green 1 of 30 (3%, interval" in shown
    assert "29/30" in shown
    assert "Health separates" not in page(client, "?by=csm").split('id="bands"')[0]


def test_notes_stand_on_the_chart(client: Client, admin: User) -> None:
    book()
    Annotation.objects.create(day=date(2026, 7, 3), text="<b>price</b> list")
    shown = page(client)
    assert "&lt;b&gt;price&lt;/b&gt; list" in shown
    assert "<b>price</b>" not in shown


def test_an_empty_portal_and_an_empty_book_say_so(client: Client, admin: User) -> None:
    assert "Nothing to show yet" in page(client)
    published_run()
    shown = page(client)
    assert "No renewal has closed yet." in shown
    assert "No month is graded yet" in shown


def test_a_csm_sees_only_their_own_renewals(client: Client) -> None:
    book()
    anna = person(language="en")
    due(anna)
    client.force_login(anna)
    assert "Too few renewals to tell k: 1 closed one" in page(client)
    client.logout()
    assert client.get("/trust/k/").status_code == 302


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MANAGER, Role.CSM])
def test_the_page_costs_at_most_eight_queries(client: Client, role: Role, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    book()
    client.force_login(person(role))
    with django_assert_max_num_queries(8):
        page(client, "?by=team&target=80")
    with django_assert_max_num_queries(4):
        client.get("/trust/dues/?by=team")


def test_the_page_is_written_in_chinese_too(client: Client, admin: User) -> None:
    book()
    admin.language = "zh-hans"
    admin.save()
    assert "2026年7月" in page(client)


def listed(client: Client, query: str) -> tuple[str, list[str]]:
    """The list behind a number, and the lines of its file."""
    shown = client.get(f"/trust/dues/{query}")
    assert shown.status_code == 200
    sheet = client.get(f"/trust/dues/{query}{'&' if query else '?'}format=csv")
    return shown.content.decode(), sheet.getvalue().decode("utf-8-sig").splitlines()


def test_every_number_of_dues_leads_to_the_dues_it_counts(client: Client, admin: User) -> None:
    book()
    banded(due(None, "lost", None, name="No <i>idea</i>", ends_on=date(2026, 6, 3), mrr=1234), "red")
    for query in ("?by=industry", "?by=batch", "?by=cohort"):
        lines = client.get(f"/trust/k/{query}").context["page"]
        for one in (*lines.groups, *lines.months, lines.measures[0]):
            assert len(listed(client, one.href.removeprefix("/trust/dues/"))[1]) - 2 == one.n + one.unknown, one.name
    shown, rows = listed(client, "?by=batch&name=2026-06")
    assert "No &lt;i&gt;idea&lt;/i&gt;" in shown
    assert "Jun 2026" in shown
    assert "$1,234" in shown
    assert rows[1].split(",")[3] == "default"
    assert rows[1].split(",")[4:] == ["2026-06-03", "2026-06", "", "", "red", "0", "1234.00", "0.00"]
    book_file = client.get("/trust/dues/?format=xlsx")
    assert book_file.getvalue().startswith(b"PK")
    book_file.close()


def test_a_list_of_dues_comes_in_pages_and_nonsense_is_passed_over(client: Client, admin: User) -> None:
    book()
    for asked in ("1", "0", "-1", "x", "99", "9999999"):
        assert client.get(f"/trust/dues/?page={asked}").status_code == 200
    assert client.get("/trust/dues/?by=batch&name=2020-01").context["total"] == 0
    for wrong in ("?by=scenario", "?name=a%00b"):
        assert client.get(f"/trust/dues/{wrong}").status_code == 404
    assert client.get("/trust/dues/?format=pdf").status_code == 400


def test_the_list_of_dues_holds_only_what_the_viewer_sees(client: Client) -> None:
    book()
    anna = person(language="en")
    due(anna, name="Hers")
    client.force_login(anna)
    shown, rows = listed(client, "")
    assert "Hers" in shown
    assert len(rows) == 3


def team(client: Client, user: User) -> Any:
    client.force_login(user)
    return client.get("/team/")


def test_the_team_page_says_how_many_more_the_target_takes(client: Client) -> None:
    people = cast()
    fill(people, 12)
    book()
    admin = people.admin
    assert "activate" not in team(client, admin).content.decode()  # no target, no line
    anna = people.csms[0]
    for number in range(10):
        month(AccountFactory.make(owner=anna), OCTOBER, number < 5, csm_id=anna.pk, team_id=anna.team_id)
    Target.objects.create(user=anna, month=date(2026, 11, 1), metric="renewal_rate_count", value="0.8")
    assert goals_by_line(admin, AS_OF)
    answer = team(client, admin)
    row = next(row for row in answer.context["rows"] if row.line.name == "Anna")
    cell = next(cell for column, cell in zip(answer.context["table"].columns, row.cells, strict=True) if column.key == "targets")
    (part,) = cell.lines[-1]
    past = row.line.figures.past
    known = past["month", "2026-10", "paying"] - past["month", "2026-10", "unknown"]
    active = past["month", "2026-10", "active"]
    p1, p0 = 77 / 90, 0.4
    more = next(n for n in range(100) if ((active + n) * p1 + (known - active - n) * p0) / known >= 0.8)
    assert part.text == f"activate {more} more"
    assert part.href == "/trust/k/"
    assert "Accounts to activate for the target of renewals" in client.get("/team/export/").getvalue().decode()
