"""The book by named state and by seat quality: filters, chips, columns, file."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.portal.shown_book import FACETS, person, shown

pytestmark = pytest.mark.django_db
BUSY = {"key": "busy_not_achieving", "evidence": {"window_days": 28, "used_days": 21, "key_days": 0, "outcome": "behind"}}
BOSS = {"value": None, "weight": 0, "evidence": {"executive_seats": 1, "executive_active": 0}}
SEATS = {"value": 50, "weight": 10, "evidence": {}}


@pytest.fixture
def anna(client: Client) -> User:
    cache.clear()
    user: User = person()
    client.force_login(user)
    shown(user, "busy one", named_states=[BUSY])
    shown(user, "plain one", named_states=[])
    shown(user, "unnamed one", facets={**FACETS, "executive": BOSS, "adoption": SEATS})
    return user


def names(client: Client, **query: Any) -> set[str]:
    text = client.get("/accounts/", query).content.decode()
    return {name for name in ("busy one", "plain one", "unnamed one") if name in text}


def test_a_link_may_name_the_state_alone_and_the_chip_takes_it_away(client: Client, anna: User) -> None:
    assert names(client, state="busy_not_achieving") == {"busy one"}
    text = client.get("/accounts/", {"state": "busy_not_achieving"}).content.decode()
    assert "Named state: Busy but not achieving" in text
    assert names(client, f="state:is:-") == {"plain one", "unnamed one"}
    assert names(client, f="state:not:busy_not_achieving") >= {"plain one"}


def test_a_state_that_is_none_is_said_and_left_out(client: Client, anna: User) -> None:
    text = client.get("/accounts/", {"state": "lazy"}).content.decode()
    assert "is none of" in text
    assert names(client, state="lazy") == {"busy one", "plain one", "unnamed one"}


def test_the_column_shows_the_state_with_its_evidence(client: Client, anna: User) -> None:
    text = client.get("/accounts/", {"cols": "account,state,seat_quality"}).content.decode()
    assert 'title="Used on 21 of 28 days; no key action; outcome behind"' in text
    assert "boss silent" in text
    assert "20 seats never activated" in text


def test_seat_quality_is_a_filter(client: Client, anna: User) -> None:
    assert names(client, f="boss_silent:is:yes") == {"unnamed one"}
    assert names(client, f="never_activated:above:5") == {"unnamed one"}
    assert names(client, f="champion_left:is:yes") == set()


def test_the_file_holds_states_and_signs(client: Client, anna: User) -> None:
    answer: Any = client.get("/book/export/", {"cols": "account,state,seat_quality", "format": "csv"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].endswith("Named states,Champion left,Boss silent,Seats never activated")
    (busy,) = [line for line in lines if line.startswith("busy one")]
    assert "busy_not_achieving" in busy
