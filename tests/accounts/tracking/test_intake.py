"""The intake from request to rows: verdicts, repeats and conflicts, what waits and how it attaches, keys, limits, refusals kept."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.keys import new_write_key
from accounts.models import Account, DirtyDay, Event, ImportRun, PendingEvent, RefusedCall, Seat, Source
from accounts.tracking import intake
from accounts.tracking.attach import attach, waits
from accounts.tracking.store import forget_prepared
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)
STAMP = "2026-11-03T10:00:00Z"


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    forget_prepared()
    yield
    forget_prepared()


@pytest.fixture
def key() -> str:
    return new_write_key("web").key


def post(key: str, *calls: Any, path: str = "/v1/batch", packed: bool = False, headers: dict[str, str] | None = None, **about: Any) -> Any:
    body = json.dumps({"batch": list(calls), **about} if path in {"/v1/batch", "/batch/"} else calls[0]).encode()
    basic = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()} if key else {}
    coding = {"Content-Encoding": "gzip"} if packed else {}
    return Client(enforce_csrf_checks=True).post(
        path, gzip.compress(body) if packed else body, content_type="application/json", headers={**basic, **coding, **(headers or {})}
    )


def track(number: int = 1, user: str | None = "u1", account: str | None = "acme", **more: Any) -> dict[str, Any]:
    said = {"type": "track", "event": "order", "messageId": f"m{number}", "timestamp": STAMP, **more}
    return {**said, **({"userId": user} if user else {}), **({"context": {"groupId": account}} if account else {})}


def group(account: str = "acme", number: int = 100, user: str | None = None, **traits: Any) -> dict[str, Any]:
    said = {"type": "group", "groupId": account, "messageId": f"g{number}", "timestamp": STAMP, "traits": traits}
    return {**said, **({"userId": user} if user else {})}


def identify(user: str = "u1", number: int = 200, account: str | None = "acme", **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "messageId": f"i{number}", "timestamp": STAMP, "traits": traits,
            **({"context": {"groupId": account}} if account else {})}  # fmt: skip


def told(answer: Any) -> tuple[int, int, int, list[tuple[int, str]]]:
    body = answer.json()
    return body["accepted"], body["duplicate"], body["conflict"], [(one["index"], one["code"]) for one in body["rejected"]]


def known_seat() -> Seat:
    account = AccountFactory.make(external_id="acme")
    return Seat.objects.create(
        account=account, external_id="u1", first_event_on=date(2026, 1, 1), recorded_at=datetime(2026, 1, 1, tzinfo=UTC)
    )


def test_an_event_of_a_known_seat_is_stored_at_once_on_its_local_day_and_marks_it(key: str) -> None:
    seat = known_seat()
    Account.objects.update(timezone="Asia/Shanghai")
    answer = post(key, track(timestamp="2026-11-03T20:00:00Z", properties={"quantity": 3, "value": "1.5", "format": "csv"}))
    assert (answer.status_code, told(answer)) == (200, (1, 0, 0, []))
    event = Event.objects.get()
    assert (event.account_id, event.seat_id, event.day) == (seat.account_id, seat.pk, date(2026, 11, 4))
    assert [event.quantity, event.value] == [Decimal(3), Decimal("1.5")]
    assert event.properties == {"quantity": 3, "value": "1.5", "format": "csv"}
    assert list(DirtyDay.objects.values_list("account_id", "day", "events")) == [(seat.account_id, date(2026, 11, 4), True)]
    assert not PendingEvent.objects.exists()


def test_the_same_again_is_a_duplicate_and_another_body_a_conflict_that_changes_nothing(key: str) -> None:
    known_seat()
    assert told(post(key, track(1), track(1), track(2), track(2, event="other"))) == (2, 1, 1, [])
    assert told(post(key, track(1), track(2, event="third"))) == (0, 1, 1, [])
    assert sorted(Event.objects.values_list("message_id", "action__name")) == [("m1", "order"), ("m2", "order")]
    assert list(RefusedCall.objects.values_list("code", flat=True)) == ["conflicting_duplicate"] * 2
    other = new_write_key("app").key
    assert told(post(other, track(1))) == (1, 0, 0, [])


def test_repeats_in_a_batch_are_held_against_what_is_stored_not_against_each_other(key: str) -> None:
    known_seat()
    assert told(post(key, track(1))) == (1, 0, 0, [])
    assert told(post(key, track(1, event="other"), track(1), track(2))) == (1, 1, 1, [])


def test_what_comes_before_its_account_waits_counts_as_accepted_and_attaches_by_itself(key: str) -> None:
    assert told(post(key, track(1), identify(email="ann@acme.example", firstName="Ann", lastName="Lee"))) == (2, 0, 0, [])
    assert PendingEvent.objects.get().reason == "unknown_account"
    assert told(post(key, track(1))) == (0, 1, 0, [])
    assert attach(TODAY).events == 0
    assert waits()
    assert told(post(key, group(name="Acme", employees=329, plan="pro"))) == (1, 0, 0, [])
    found = attach(TODAY)
    assert (found.rows, found.events, found.refused) == (2, 1, 0)
    account, seat = Account.objects.get(), Seat.objects.get()
    assert (account.external_id, account.name, account.employees, account.plan) == ("acme", "Acme", 329, "pro")
    assert (seat.external_id, seat.email, seat.name, seat.first_event_on) == ("u1", "ann@acme.example", "Ann Lee", date(2026, 11, 3))
    assert Event.objects.get().seat_id == seat.pk
    assert not waits()
    assert attach(TODAY).events == 0
    assert not ImportRun.objects.exists()


def test_a_seat_that_only_events_name_is_made(key: str) -> None:
    AccountFactory.make(external_id="acme")
    post(key, track(1, user="new"), track(2, user=None, anonymousId="x"))
    assert Event.objects.get(seat__isnull=True).message_id == "m2"
    assert attach(TODAY).events == 1
    assert (Seat.objects.get().external_id, Seat.objects.get().first_event_on) == ("new", date(2026, 11, 3))


def test_an_earlier_event_moves_the_first_day_of_its_seat(key: str) -> None:
    seat = known_seat()
    post(key, track(1, timestamp="2025-12-24T10:00:00Z"))
    assert attach(TODAY).events == 1
    seat.refresh_from_db()
    assert seat.first_event_on == date(2025, 12, 24)


def test_without_an_account_the_users_only_one_is_meant_and_of_two_none(key: str) -> None:
    seat = known_seat()
    post(key, track(1, account=None), track(2, user="nobody", account=None))
    assert list(Event.objects.values_list("message_id", "account_id")) == [("m1", seat.account_id)]
    attach(TODAY)
    assert PendingEvent.objects.get().reason == "no_account"
    Seat.objects.create(account=AccountFactory.make(external_id="b"), external_id="u1", recorded_at=datetime(2026, 1, 1, tzinfo=UTC))
    post(key, track(3, account=None))
    attach(TODAY)
    assert PendingEvent.objects.get(message_id="m3").reason == "ambiguous_account"


def test_a_group_call_tells_where_its_user_belongs(key: str) -> None:
    post(key, identify(account=None, email="a@b.example"), track(1, account=None))
    attach(TODAY)
    assert not Seat.objects.exists()
    post(key, group(user="u1", name="Acme"))
    assert attach(TODAY).events == 1
    assert Seat.objects.get().email == "a@b.example"


def test_an_id_from_before_somebody_was_known_is_theirs_once_it_is_said(key: str) -> None:
    known_seat()
    post(key, track(1, user=None, account=None, anonymousId="anon"))
    attach(TODAY)
    assert PendingEvent.objects.get().reason == "no_account"
    post(key, {"type": "alias", "userId": "u1", "previousId": "anon", "messageId": "a1"})
    assert attach(TODAY).events == 1


def test_what_was_said_later_counts_whatever_came_first(key: str) -> None:
    late = group(number=1, name="New name", plan="pro") | {"timestamp": "2026-11-05T00:00:00Z"}
    early = group(number=2, name="Old name", industry="food") | {"timestamp": "2026-11-01T00:00:00Z"}
    post(key, late)
    attach(TODAY)
    post(key, early)
    attach(TODAY)
    assert Account.objects.values_list("name", "plan", "industry").get() == ("New name", "pro", "food")


def test_traits_leave_alone_what_they_do_not_name(key: str) -> None:
    AccountFactory.make(external_id="acme", name="Acme", industry="food")
    post(key, group(plan="pro"))
    attach(TODAY)
    assert Account.objects.values_list("name", "industry", "plan").get() == ("Acme", "food", "pro")


def test_a_trait_that_no_column_can_hold_is_refused_by_the_load_and_shown(key: str) -> None:
    post(key, group(name="Acme", employees="many"))
    assert attach(TODAY).refused == 1
    assert ImportRun.objects.get().rejects.get().column == "employees"


def test_good_calls_stay_beside_bad_ones_and_each_bad_one_is_named_and_kept(key: str) -> None:
    known_seat()
    answer = post(key, track(1), {"action": "track"}, track(2, properties={"quantity": -1}), "text")
    assert answer.status_code == 200
    assert told(answer) == (1, 0, 0, [(1, "missing_type"), (2, "quantity_below_zero"), (3, "not_an_object")])
    assert answer.json()["rejected"][1]["field"] == "properties.quantity"
    kept = RefusedCall.objects.get(code="quantity_below_zero")
    assert (kept.name, json.loads(kept.body)["messageId"]) == ("order", "m2")
    strict = post(key, track(3), {"action": "track"}, headers={"X-Strict-Mode": "1"})
    assert (strict.status_code, strict.json()["success"], told(strict)[0]) == (400, False, 1)
    bad = post(key, {"action": "track"})
    assert (bad.status_code, bad.json()["success"]) == (400, False)


def test_what_happened_in_the_future_is_stored_as_received_and_flagged(key: str) -> None:
    known_seat()
    assert told(post(key, track(1, timestamp="2038-01-19T03:14:07Z"))) == (1, 0, 0, [])
    assert Event.objects.get().occurred_at <= datetime.now(UTC)
    assert RefusedCall.objects.values_list("code", "flagged").get() == ("in_the_future", True)


@pytest.mark.parametrize("path", ["/v1/track", "/v1/t", "/v1/track/"])
def test_one_call_at_its_own_address_needs_no_type(key: str, path: str) -> None:
    known_seat()
    said = {name: value for name, value in track(1).items() if name != "type"}
    assert told(post(key, said, path=path)) == (1, 0, 0, [])


def test_posthogs_batch_and_event(key: str) -> None:
    known_seat()
    said = {"event": "order", "distinct_id": "u1", "uuid": "p1", "timestamp": STAMP, "properties": {"$groups": {"company": "acme"}}}
    assert told(post("", said, path="/batch/", api_key=key, packed=True)) == (1, 0, 0, [])
    assert told(post("", said | {"uuid": "p2", "api_key": key}, path="/i/v0/e/")) == (1, 0, 0, [])
    assert Event.objects.count() == 2


def test_a_key_that_is_none_gets_the_same_answer_whatever_is_wrong_with_it(key: str) -> None:
    answers = [post(one, track(1)) for one in ("", "wrong", key[:-1], key + "x", "ключ")]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert post("", track(1), writeKey=key).status_code == 200
    assert Source.objects.get(name="web").last_used_at is not None
    Source.objects.update(revoked_at=datetime(2026, 11, 1, tzinfo=UTC))
    assert post(key, track(2)).status_code == 401
    assert Client().post(f"/v1/batch?writeKey={key}", b'{"batch": [{}]}', content_type="application/json").status_code == 401


def test_more_than_a_minute_bears_is_told_to_wait_and_nothing_of_it_is_stored(key: str) -> None:
    Source.objects.update(calls_per_minute=3)
    first = post(key, track(1), track(2))
    second = post(key, track(3), track(4))
    assert (first.status_code, second.status_code) == (200, 429)
    assert 0 < int(second["Retry-After"]) <= 60
    assert PendingEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"[]", 400), (b'{"batch": []}', 400), (b"{" * 10_000, 400), (b'{"batch": ["' + b"x" * 520_000, 413)]
)
def test_a_body_that_is_none_is_refused_as_a_whole(key: str, body: bytes, status: int) -> None:
    basic = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    answer = Client().post("/v1/batch", body, content_type="application/json", headers={"Authorization": basic})
    assert (answer.status_code, answer.json()["success"]) == (status, False)
    assert not RefusedCall.objects.exists()


def test_only_post_is_answered_and_nothing_redirects() -> None:
    for path in ("/v1/batch", "/v1/batch/", "/v1/track", "/batch", "/batch/", "/i/v0/e", "/i/v0/e/"):
        answer = Client().get(path)
        assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_database_that_is_away_is_told_with_when_to_try_again(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(intake, "store", away)
    answer = post(key, track(1))
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert not RefusedCall.objects.exists()
