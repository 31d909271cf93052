"""The pages of the alarms, for whom they are, and what they cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.types import Role
from churn.alarms.giving import give
from churn.models import SystemNotice
from csm_portal.portal.alarms.notices import open_notices
from csm_portal.portal.alarms.words import drop
from tests.churn.alarms_book import AS_OF, NOW, low, published, steady
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
WED, THU, FRI = (AS_OF - timedelta(days=back) for back in (2, 1, 0))


def signed_in(role: Role = Role.CSM) -> tuple[Client, Any]:
    user = UserFactory.make(role=role)
    client = Client()
    client.force_login(user)
    return client, user


def test_the_page_tells_the_drops_of_the_own_book_and_no_others(django_assert_max_num_queries: Any) -> None:
    client, user = signed_in()
    run = published()
    steady(run, owner=user, name="Mine", external_id="m/1", changed=low(WED, THU, FRI))
    steady(run, name="Theirs", changed=low(WED, THU, FRI))
    give(AS_OF, NOW)
    with django_assert_max_num_queries(8):
        text = client.get("/trust/alarms/").content.decode()
    assert "Mine" in text
    assert "Theirs" not in text
    assert "Wed 28 Oct 5 (usual 36), Thu 29 Oct 5 (usual 36), Fri 30 Oct 5 (usual 36)" in text
    assert "1 alarm in 8 weeks over 1 paying account" in text
    assert "too few quiet weeks" in text
    assert "/trust/alarms/account/?account=m%2F1" in text


def test_before_the_first_night_the_page_says_what_it_waits_for() -> None:
    text = signed_in()[0].get("/trust/alarms/").content.decode()
    assert "Nothing to show yet" in text


def test_an_account_is_shown_against_its_usual_to_who_sees_it(django_assert_max_num_queries: Any) -> None:
    client, user = signed_in()
    run = published()
    steady(run, owner=user, external_id="m/1", changed=low(WED, THU, FRI))
    steady(run, external_id="theirs")
    give(AS_OF, NOW)
    with django_assert_max_num_queries(8):
        text = client.get("/trust/alarms/account/", {"account": "m/1"}).content.decode()
    assert "3 of 40 open days were far under the usual" in text
    part = client.get("/trust/alarms/account/", {"account": "m/1"}, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    assert client.get("/trust/alarms/account/", {"account": "theirs"}).status_code == 404
    assert client.get("/trust/alarms/account/", {"account": "m\0"}).status_code == 404


def test_a_notice_is_told_to_everybody_and_closed_by_an_admin() -> None:
    run = published(weeks=10)
    for place in range(20):
        steady(run, weeks=10, changed=low(THU) if place < 5 else None)
    give(AS_OF, NOW)
    notice = SystemNotice.objects.get()
    [line] = open_notices(AS_OF)
    assert line.text == "On 29 Oct 25% of accounts (5 of 20) did far less than usual."
    csm, _user = signed_in()
    assert line.text in csm.get("/trust/alarms/").content.decode()
    assert "What was it?" not in csm.get("/trust/alarms/").content.decode()
    close, reopen = (f"/trust/alarms/notices/{notice.pk}/{step}/" for step in ("close", "open"))
    assert csm.post(close, {"reason": "a holiday"}).status_code == 404
    admin, _user = signed_in(Role.ADMIN)
    assert "What was it?" in admin.get("/trust/alarms/").content.decode()
    admin.post(close, {"reason": ""})
    assert len(open_notices(AS_OF)) == 1
    admin.post(close, {"reason": "a holiday <b>"})
    assert open_notices(AS_OF) == []
    assert "a holiday &lt;b&gt;" in admin.get("/trust/alarms/").content.decode()
    assert csm.post(reopen).status_code == 404
    admin.post(reopen)
    assert len(open_notices(AS_OF)) == 1
    assert admin.post(close[:-6].replace(str(notice.pk), "0") + "close/", {"reason": "x"}).status_code == 404


def test_two_weeks_are_told_as_two_weeks() -> None:
    facts = {"unit": "two_weeks", "z": -3.3, "days": [{"day": "2026-10-05", "value": 4.0, "usual": 13.2, "spread": 4, "z": -3.3}]}
    assert drop(facts) == "4 key actions in the two weeks from 5 Oct (usual 13)"


def test_a_week_of_an_earlier_version_is_told_as_a_week() -> None:
    facts = {"unit": "week", "z": -2.3, "days": [{"day": "2026-10-05", "value": 4.0, "usual": 13.2, "spread": 4, "z": -2.3}]}
    assert drop(facts) == "4 key actions in the week from 5 Oct (usual 13)"
