"""Trackers' own clients, unmodified, against the running server: batches, gzip, tries again after 503 and 429, a bad key given up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import posthog
import pytest
import requests
import segment.analytics
from django.db import OperationalError
from pytest_django.live_server_helper import LiveServer

from accounts.keys import new_write_key
from accounts.models import Account, Event, Seat
from accounts.tracking import views
from accounts.tracking.attach import attach
from accounts.tracking.intake import Answer, take
from accounts.tracking.store import forget_prepared

pytestmark = pytest.mark.django_db(transaction=True)
WHEN = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
TODAY = date(2026, 3, 3)


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    forget_prepared()
    yield
    forget_prepared()


def failing(times: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The database is away for the first requests; how many were tried."""
    tried: list[int] = []

    def flaky(*args: Any, **named: Any) -> Answer:
        tried.append(1)
        if len(tried) <= times:
            raise OperationalError("gone")
        return take(*args, **named)

    monkeypatch.setattr(views, "take", flaky)
    return tried


def sent_by_segment(url: str, key: str, *, account: str, packed: bool, errors: list[Any]) -> None:
    client = segment.analytics.Client(
        write_key=key, host=url, gzip=packed, on_error=lambda error, _items: errors.append(error), max_retries=3, timeout=10
    )
    client.identify("user-1", {"name": "Test User", "email": "t@example.com"}, context={"groupId": account}, timestamp=WHEN)
    client.group("user-1", account, {"name": "Initech", "industry": "Technology", "employees": 329, "plan": "enterprise"}, timestamp=WHEN)
    client.track("user-1", "Report Exported", {"format": "csv", "rows": 120}, context={"groupId": account}, timestamp=WHEN)
    client.page("user-1", "Docs", "Pricing", {"url": "https://example.com/pricing"}, context={"groupId": account}, timestamp=WHEN)
    client.alias(f"anon-{account}", "user-1", timestamp=WHEN)
    client.flush()
    client.join()


def sent_by_posthog(url: str, key: str, *, account: str, packed: bool, errors: list[Any]) -> None:
    client = posthog.Posthog(
        key, host=url, gzip=packed, on_error=lambda error, _items: errors.append(error), max_retries=3, timeout=10, disable_geoip=True
    )
    client.set(
        distinct_id="user-1", properties={"email": "t@example.com", "name": "Test User", "$groups": {"company": account}}, timestamp=WHEN
    )
    client.group_identify("company", account, {"name": "Initech", "employees": 329})
    client.capture("Report Exported", distinct_id="user-1", properties={"format": "csv"}, groups={"company": account}, timestamp=WHEN)
    client.capture("page", distinct_id="user-1", properties={}, groups={"company": account}, timestamp=WHEN)
    client.flush()
    client.shutdown()


CLIENTS: dict[str, Callable[..., None]] = {"segment": sent_by_segment, "posthog": sent_by_posthog}


def test_what_clients_send_becomes_accounts_seats_and_events_and_is_stored_once_whatever_fails(
    live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test for all, since clearing the tables behind a running server takes longer than what it checks."""
    monkeypatch.setattr(views, "RETRY_AFTER", "0")
    errors: list[Any] = []
    for name, send in CLIENTS.items():
        for packed in (False, True):
            # The first request of each finds the database away; the client sends the same again.
            tried = failing(1, monkeypatch)
            key = new_write_key(f"{name} {packed}").key
            send(live_server.url, key, account=f"{name}-{packed}", packed=packed, errors=errors)
            assert len(tried) >= 2
    assert errors == []
    attach(TODAY)
    assert Account.objects.filter(name="Initech", employees=329).count() == 4
    assert set(Seat.objects.values_list("external_id", "email", "name")) == {("user-1", "t@example.com", "Test User")}
    events = list(Event.objects.values_list("account__external_id", "action__name", "occurred_at"))
    exported = [account for account, action, _at in events if action == "Report Exported"]
    assert sorted(exported) == sorted(f"{name}-{packed}" for name in CLIENTS for packed in (False, True))
    assert {at for _account, _action, at in events} == {WHEN}


def test_a_key_that_is_none_is_given_up_and_a_body_that_is_no_gzip_refused(
    live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = failing(0, monkeypatch)
    for send in CLIENTS.values():
        errors: list[Any] = []
        send(live_server.url, "wrong", account="acct-42", packed=False, errors=errors)
        assert errors
    assert tried == []
    basic, body = (new_write_key("web").key, ""), b'{"batch": []}'
    answer = requests.post(f"{live_server.url}/v1/batch", body, auth=basic, headers={"Content-Encoding": "gzip"}, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_gzip")
