"""The order in which calls arrive decides nothing: accounts, people and events are the same once all have been attached."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, DirtyDay, Event, PendingEvent, Seat, Source
from accounts.tracking.attach import attach
from accounts.tracking.intake import take
from accounts.tracking.saying import Arrival
from accounts.tracking.store import forget_prepared
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db
EXAMPLES = 3
TODAY = date(2026, 11, 4)
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
Said = dict[str, Any]
ACCOUNTS = st.sampled_from(["a", "b", "known"])
PEOPLE = st.sampled_from(["u", "v", "seated"])
hours = st.integers(0, 47).map(lambda n: (NOW - timedelta(hours=n)).isoformat())


def context(account: str | None) -> Said:
    return {"context": {"groupId": account}} if account else {}


tracks = st.builds(
    lambda u, a, at: {"type": "track", "event": "order", "userId": u, "timestamp": at, **context(a)}, PEOPLE, ACCOUNTS | st.none(), hours
)
groups = st.builds(
    lambda a, u, at, plan: {"type": "group", "groupId": a, "timestamp": at, "traits": {"plan": plan}, **({"userId": u} if u else {})},
    ACCOUNTS, PEOPLE | st.none(), hours, st.sampled_from(["free", "pro"]),
)  # fmt: skip
people = st.builds(
    lambda u, a, at, name: {"type": "identify", "userId": u, "timestamp": at, "traits": {"name": name}, **context(a)},
    PEOPLE, ACCOUNTS | st.none(), hours, st.sampled_from(["Ann", "Bo"]),
)  # fmt: skip
earlier = st.builds(
    lambda a, at: {"type": "track", "event": "look", "anonymousId": "x", "timestamp": at, **context(a)}, ACCOUNTS | st.none(), hours
) | st.builds(lambda u, at: {"type": "alias", "userId": u, "previousId": "x", "timestamp": at}, PEOPLE, hours)  # fmt: skip


def after(calls: Sequence[Said], batch: int, attaching: Collection[int] = ()) -> dict[str, list[Any]]:
    """What the tables hold once the calls have come in this order, so many at once, attached after these batches and at the end."""
    with transaction.atomic():
        forget_prepared()
        known = AccountFactory.make(external_id="known", name="Known")
        Seat.objects.create(account=known, external_id="seated", first_event_on=date(2026, 1, 1), recorded_at=NOW)
        source = Source.objects.create(name="web")
        raws = [json.dumps(one).encode() for one in calls]
        for number, start in enumerate(range(0, len(raws), batch)):
            take(source, raws[start : start + batch], Arrival(NOW))
            if number in attaching:
                attach(TODAY)
        attach(TODAY)
        days = set(Event.objects.values_list("account_id", "day"))
        assert days <= set(DirtyDay.objects.values_list("account_id", "day")), "days that no night would look at"
        assert attach(TODAY).events == 0
        found: dict[str, list[Any]] = {
            "accounts": list(Account.objects.values_list("external_id", "name", "plan")),
            "seats": list(Seat.objects.values_list("account__external_id", "external_id", "name", "first_event_on")),
            "events": list(Event.objects.values_list("message_id", "account__external_id", "seat__external_id", "day")),
            "waiting": list(PendingEvent.objects.values_list("message_id", "account_external_id", "user_id", "other_id", "reason")),
        }
        transaction.set_rollback(True)
    forget_prepared()
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def numbered(calls: Sequence[Said]) -> list[Said]:
    return [{**one, "messageId": f"m{number}"} for number, one in enumerate(calls)]


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(tracks | groups | people | earlier, min_size=2, max_size=9).map(numbered), data=st.data())
def test_whatever_comes_first_the_tables_are_the_same(calls: list[Said], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(calls))
    batch = data.draw(st.sampled_from([1, 2, 100]))
    by_time = sorted(calls, key=lambda one: (one["timestamp"], one["messageId"]))
    attaching = data.draw(st.sets(st.integers(0, 9), max_size=3))
    assert after(shuffled, batch, attaching) == after(by_time, 100)


def test_a_person_of_two_accounts_acts_in_none_whatever_order_says_so() -> None:
    said = numbered(
        [
            {"type": "group", "groupId": "a", "userId": "u", "timestamp": "2026-11-03T08:00:00Z"},
            {"type": "track", "event": "order", "userId": "u", "timestamp": "2026-11-03T09:00:00Z"},
            {"type": "group", "groupId": "b", "userId": "u", "timestamp": "2026-11-03T10:00:00Z"},
        ]
    )
    found = after(said, 1)
    assert (found["events"], found["waiting"]) == ([], [("m1", "", "u", "", "ambiguous_account")])
    assert after(said[::-1], 1) == found
    assert after(said, 1, attaching=range(3)) == found
    assert [row[:3] for row in after(said[:2], 1)["events"]] == [("m1", "a", "u")]


def test_an_earlier_id_counts_for_its_person_whenever_that_is_told() -> None:
    said = numbered(
        [
            {"type": "track", "event": "look", "anonymousId": "x", "timestamp": "2026-11-03T07:00:00Z", **context("known")},
            {"type": "alias", "userId": "v", "previousId": "x", "timestamp": "2026-11-03T08:00:00Z"},
            {"type": "alias", "userId": "seated", "previousId": "x", "timestamp": "2026-11-03T09:00:00Z"},
        ]
    )
    found = after(said, 1, attaching=range(3))
    assert [row[:3] for row in found["events"]] == [("m0", "known", "seated")]
    assert after(said[::-1], 1) == found
    assert [row[:3] for row in after(said[:2], 1, attaching=range(2))["events"]] == [("m0", "known", None)]


def test_what_is_said_of_a_person_without_an_account_holds_in_all_of_theirs() -> None:
    said = numbered(
        [
            {"type": "group", "groupId": "a", "userId": "u", "timestamp": "2026-11-03T08:00:00Z"},
            {"type": "identify", "userId": "u", "traits": {"name": "Ann"}, "timestamp": "2026-11-03T09:00:00Z"},
            {"type": "track", "event": "order", "userId": "u", "timestamp": "2026-11-03T10:00:00Z", **context("known")},
            {"type": "identify", "userId": "u", "traits": {"name": "Bo"}, "timestamp": "2026-11-03T08:30:00Z", **context("a")},
        ]
    )
    found = after(said, 1, attaching=range(4))
    assert [row[:3] for row in found["seats"]] == [("a", "u", "Ann"), ("known", "seated", ""), ("known", "u", "Ann")]
    assert after(said[::-1], 1, attaching=range(4)) == found
