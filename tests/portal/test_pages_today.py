"""The first page."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User, Visit
from accounts.types import Role
from tests.factories import TeamFactory
from tests.portal.shown_book import person, published_run, shown
from tests.portal.today.test_changes import bill, case, quiet

TODAY = date(2026, 11, 20)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY
    cache.clear()


def opened(client: Client, user: User) -> str:
    client.force_login(user)
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("role", [Role.CSM, Role.MANAGER, Role.ADMIN])
@pytest.mark.parametrize("size", [1, 60])
def test_the_page_costs_at_most_twelve_queries_at_any_size(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, role: Role, size: int
) -> None:
    team = TeamFactory.make()
    user = person(role, team=team, manages=team if role == Role.MANAGER else None)
    owner = user if role == Role.CSM else person(team=team)
    for place in range(size):
        account = quiet(owner, f"a{place}", decision_on=TODAY + timedelta(days=place), renewal_on=TODAY + timedelta(days=place + 30))
        bill(account, TODAY - timedelta(days=2))
        case(account, TODAY + timedelta(days=place))
    client.force_login(user)
    with django_assert_max_num_queries(12):
        assert client.get("/").status_code == 200


def test_the_first_visit_says_that_it_is_the_first(client: Client) -> None:
    user = person()
    quiet(user)
    assert "Your first visit: the last 7 days" in opened(client, user)
    assert Visit.objects.get(user=user).day == TODAY


def test_a_later_visit_names_the_earlier_day_and_stays_calm_when_nothing_changed(client: Client, settings: Settings) -> None:
    user = person()
    quiet(user)
    settings.PORTAL_AS_OF = date(2026, 11, 17)
    opened(client, user)
    settings.PORTAL_AS_OF = TODAY
    page = opened(client, user)
    assert "Since your last visit, 17 Nov 2026" in page
    assert "Nothing else changed in your book" in page


def test_what_was_open_before_is_shown_below_a_calm_sentence(client: Client) -> None:
    user = person()
    bill(quiet(user, "slow payer"), TODAY - timedelta(days=80))
    page = opened(client, user)
    assert "Nothing else changed in your book" in page
    assert "Open from before" in page
    assert "overdue for 80 days" in page


def test_every_text_is_escaped(client: Client) -> None:
    user = person()
    name = "<script>alert(1)</script>\"'&"
    account = quiet(user, "x", account_name=name, decision_on=TODAY, renewal_on=TODAY)
    bill(account, TODAY - timedelta(days=2))
    case(account, TODAY)
    page = opened(client, user)
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;") >= 3


def test_news_of_others_do_not_show(client: Client) -> None:
    mine, theirs = person(), person()
    quiet(mine, "mine")
    bill(quiet(theirs, "theirs"), TODAY - timedelta(days=2))
    page = opened(client, mine)
    assert "theirs" not in page
    assert "overdue for" not in page


def test_a_search_without_a_hit_keeps_the_news(client: Client) -> None:
    user = person()
    bill(quiet(user, "one"), TODAY - timedelta(days=2))
    client.force_login(user)
    assert "overdue for 2 days" in client.get("/?q=nobody").content.decode()


def test_before_the_first_night_the_page_stands_without_news(client: Client) -> None:
    page = opened(client, person())
    assert "Nothing to show yet" in page
    assert 'id="news"' not in page


def test_in_chinese_the_page_says_the_same(client: Client) -> None:
    user = person(language="zh-hans")
    account = shown(user, "one", decision_on=TODAY, renewal_on=TODAY)
    published_run()
    case(account, TODAY)
    page = opened(client, user)
    assert "续约" in page
    assert "Renewals, next 90 days" not in page
