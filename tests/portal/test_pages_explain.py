"""The explanation of a score as a panel and as pages: few queries, both languages, nobody else's, down to the events."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, User
from health.models import AccountDay, HealthScore
from tests import factories as make
from tests.health import graded
from tests.portal.shown_book import AS_OF, FACETS, person, published_run, shown

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
WEEK = AS_OF - timedelta(days=7)


@pytest.fixture
def csm() -> User:
    return person()


@pytest.fixture
def account(csm: User) -> Account:
    """Amber by a cap, with a green score; 80 a week before."""
    make.define_activity()
    graded.define_health(weights={"activity": 40, "ratings": 25, "support": 10}, caps=[{"when": "old_tickets >= 1", "band": "amber"}])
    graded.define_questions(core="ratings", fit="ratings")
    cap = {"when": "old_tickets >= 1", "band": "amber"}
    account = shown(csm, "a/b", score=Decimal("66.5200"), caps=[cap], band="amber")
    values: dict[str, Any] = {"account": account, "run": published_run(), "coverage": Decimal("0.67"), "version": 1}
    activity: Any = FACETS["activity"]
    before = {**FACETS, "activity": {**activity, "value": 78.75}}
    HealthScore.objects.create(day=AS_OF, score=Decimal("66.5200"), band="amber", facets=FACETS, caps=[cap], **values)
    HealthScore.objects.create(day=WEEK, score=Decimal("80.0000"), band="green", facets=before, **values)
    graded.graded_day(account, published_run(), AS_OF, 2, key_actions=14, seats=10, active_seats=6)
    return account


def page(client: Client, user: User, path: str, *, part: bool = True, **query: Any) -> str:
    client.force_login(user)
    answer = client.get(path, {"account": "a/b", **query}, headers=HTMX if part else {})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_panel_says_why_in_at_most_six_queries(client: Client, csm: User, account: Account, django_assert_max_num_queries: Any) -> None:
    client.force_login(csm)
    with django_assert_max_num_queries(6):
        answer = client.get("/explain/", {"account": "a/b"}, headers=HTMX)
    text = answer.content.decode()
    assert "<html" not in text
    assert "capped by" in text
    assert "amber by the score: 66.5" in text
    assert "66.52" in text
    assert "Why it differs from 12 Nov 2026" in text
    assert "−13.5" in text
    assert "What would turn it green" in text
    assert "the score crossed a border: 66.5 is amber" in text


@pytest.mark.parametrize("path", ["/explain/", "/explain/facet/", "/explain/day/"])
def test_rows_and_days_take_at_most_six_queries_and_stand_alone_without_script(
    client: Client, csm: User, account: Account, path: str, django_assert_max_num_queries: Any
) -> None:
    client.force_login(csm)
    query = {"account": "a/b", "facet": "activity", "day": AS_OF.isoformat()}
    with django_assert_max_num_queries(6):
        assert client.get(path, query, headers=HTMX).status_code == 200
    alone = client.get(path, query).content.decode()
    assert "<html" in alone
    assert 'hx-get="/explain' not in alone
    assert "as of" in alone


@pytest.mark.parametrize("path", ["/explain/", "/explain/facet/", "/explain/day/"])
def test_an_account_that_is_not_yours_does_not_exist(client: Client, account: Account, path: str) -> None:
    client.force_login(person())
    assert client.get(path, {"account": "a/b", "facet": "activity"}).status_code == 404
    assert client.get(path, {"account": "no\x00ne", "facet": "activity"}).status_code == 404


def test_a_facet_lists_its_rows_with_what_each_counts(client: Client, csm: User, account: Account) -> None:
    graded.ticket(account, AS_OF - timedelta(days=20), escalated=True, subject="<b>broken</b>")
    text = page(client, csm, "/explain/facet/", facet="support")
    assert "&lt;b&gt;broken&lt;/b&gt;" in text
    assert "escalated, open over 7 days" in text
    client.force_login(csm)
    assert client.get("/explain/facet/", {"account": "a/b", "facet": "luck"}).status_code == 404


def test_a_day_names_its_rule_and_pages_its_events(client: Client, csm: User, account: Account) -> None:
    make.event(account, AS_OF, "work", times=60)
    text = page(client, csm, "/explain/day/", day=AS_OF.isoformat())
    assert "10 × 60% × 2 = 12; 10 × 60% × 4 = 24; 14 key actions lie above the first and not above the second: MEDIUM" in text
    assert "1–50 of 60" in text
    assert text.count('<td data-label="Action">work</td>') == 50
    assert page(client, csm, "/explain/day/", day=AS_OF.isoformat(), page="2").count(">work</td>") == 10


def test_an_event_without_value_leaves_its_cell_blank_and_is_named_in_chinese(client: Client, csm: User, account: Account) -> None:
    make.event(account, AS_OF, "unweighed")
    csm.language = "zh-hans"
    csm.save(update_fields=["language"])
    text = page(client, csm, "/explain/day/", day=AS_OF.isoformat())
    assert 'class="num is-blank"></td>' in text
    assert "不是关键动作" in text


def test_a_day_without_score_and_odd_days_say_so(client: Client, csm: User, account: Account) -> None:
    assert "No score that day" in page(client, csm, "/explain/", day="2026-01-05")
    assert "A day is written YYYY-MM-DD." in page(client, csm, "/explain/", day="soon")
    assert "has to lie before" in page(client, csm, "/explain/", against=AS_OF.isoformat())
    assert "not computed yet" in page(client, csm, "/explain/", day="2030-01-01")


def test_it_speaks_chinese(client: Client, account: Account, csm: User) -> None:
    csm.language = "zh-hans"
    csm.save()
    text = page(client, csm, "/explain/")
    assert "得分的构成" in text
    assert "怎样才能变绿" in text
    assert "按得分为黄：66.5" in text
    assert "全部" not in text or "%(" not in text


def test_the_account_opens_it_by_key(client: Client, csm: User, account: Account) -> None:
    client.force_login(csm)
    text = client.get("/accounts/a/b/").content.decode()
    assert 'hx-get="/explain/?account=a%2Fb" hx-target="#explain"' in text
    assert 'data-key="e"' in text
    assert AccountDay.objects.filter(account=account).count() == 1
