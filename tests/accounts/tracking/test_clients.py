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
from accounts.models import Account, Event, PendingEvent, RefusedCall, Seat
from accounts.tracking import views, write_keys
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


def sent_by_posthog(url: str, key: str, *, account: str, packed: bool, errors: list[Any], **more: Any) -> None:
    known: dict[str, Any] = {"max_retries": 3, "timeout": 10, "disable_geoip": True, **more}
    client = posthog.Posthog(key, host=url, gzip=packed, on_error=lambda error, _items: errors.append(error), **known)
    client.set(
        distinct_id="user-1", properties={"email": "t@example.com", "name": "Test User", "$groups": {"company": account}}, timestamp=WHEN
    )
    client.group_identify("company", account, {"name": "Initech", "employees": 329})
    client.capture("Report Exported", distinct_id="user-1", properties={"format": "csv"}, groups={"company": account}, timestamp=WHEN)
    client.capture("page", distinct_id="user-1", properties={}, groups={"company": account}, timestamp=WHEN)
    client.flush()
    client.shutdown()


def sent_by_newer_posthog(url: str, key: str, *, account: str, packed: bool, errors: list[Any]) -> None:
    sent_by_posthog(url, key, account=account, packed=packed, errors=errors, capture_mode="v1")


CLIENTS: dict[str, Callable[..., None]] = {"segment": sent_by_segment, "posthog": sent_by_posthog, "v1": sent_by_newer_posthog}


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
    assert Account.objects.filter(name="Initech", employees=329).count() == 6
    assert set(Seat.objects.values_list("external_id", "email", "name")) == {("user-1", "t@example.com", "Test User")}
    events = list(Event.objects.values_list("account__external_id", "action__name", "occurred_at"))
    exported = [account for account, action, _at in events if action == "Report Exported"]
    assert sorted(exported) == sorted(f"{name}-{packed}" for name in CLIENTS for packed in (False, True))
    assert {at for _account, _action, at in events} == {WHEN}


def test_clients_wait_when_told_that_they_are_too_fast_and_send_the_same_again(
    live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[Any] = []
    monkeypatch.setattr(views, "next_minute", lambda _now: "1")
    for name, send in CLIENTS.items():
        asked: list[int] = []

        def may_send(*args: Any, told: list[int] = asked) -> bool:
            told.append(args[1])
            return len(told) > 1 and write_keys.may_send(*args)

        monkeypatch.setattr(views, "may_send", may_send)
        send(live_server.url, new_write_key(name).key, account=name, packed=True, errors=errors)
        assert len(asked) >= 2
    assert errors == []
    attach(TODAY)
    exported = Event.objects.filter(action__name="Report Exported").values_list("account__external_id", flat=True)
    assert sorted(exported) == sorted(CLIENTS)


def test_many_events_of_a_client_come_in_several_batches_and_each_is_stored_once(live_server: LiveServer) -> None:
    errors: list[Any] = []
    key = new_write_key("many").key
    client = segment.analytics.Client(write_key=key, host=live_server.url, upload_size=50, on_error=lambda *told: errors.append(told))
    with pytest.raises(RuntimeError):  # larger than a call may be: the client keeps it back itself
        client.track("user-1", "order", {"text": "x" * 40_000})
    for number in range(220):
        client.track("user-1", "order", {"n": number}, context={"groupId": "acct-42"}, timestamp=WHEN, message_id=f"m{number}")
    client.flush()
    client.join()
    events = posthog.Posthog(key, host=live_server.url, flush_at=50, on_error=lambda *told: errors.append(told), disable_geoip=True)
    for number in range(130):
        events.capture("order", distinct_id="user-1", properties={"n": number}, groups={"company": "acct-42"}, timestamp=WHEN)
    events.flush()
    events.shutdown()
    assert errors == []
    stored = PendingEvent.objects.filter(account_external_id="acct-42")
    assert stored.count() == 350
    assert stored.values("message_id").distinct().count() == 350
    assert not RefusedCall.objects.exists()


def test_what_is_refused_reaches_a_client_that_asks_for_it_event_by_event(live_server: LiveServer) -> None:
    """PostHog's newer form of sending tells which event was dropped; the older one counts 200 as all good, as the answer says so."""
    errors: list[Any] = []
    key = new_write_key("web").key
    client = posthog.Posthog(
        key, host=live_server.url, capture_mode="v1", on_error=lambda error, _items: errors.append(error), max_retries=1, disable_geoip=True
    )
    client.capture("order", distinct_id="user-1", properties={"quantity": 2}, groups={"company": "acct-42"}, timestamp=WHEN)
    client.capture("order", distinct_id="user-1", properties={"quantity": -1}, groups={"company": "acct-42"}, timestamp=WHEN)
    client.flush()
    client.shutdown()
    assert [details.partition(":")[0] for error in errors for _uuid, details in error.drops] == ["quantity_below_zero"]
    assert PendingEvent.objects.get().quantity == 2
    assert RefusedCall.objects.get().code == "quantity_below_zero"


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
