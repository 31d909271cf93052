"""Refused calls in groups: tried by a rule, sent through again with the same verdicts, discarded and brought back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.keys import new_write_key
from accounts.models import Event, IntakeRule, PendingEvent, RefusedCall, Seat, Source, User
from accounts.tracking import pending
from accounts.tracking.intake import take
from accounts.tracking.refused import bring_back, calls_like, count_of, discard, open_groups, replay, samples, tried
from accounts.tracking.rules import IGNORE, MOVE, Rule, forget_rules
from accounts.tracking.saying import Arrival
from accounts.tracking.store import forget_prepared
from accounts.types import Role
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
MEND = Rule(MOVE, field="userId", value="user_id")


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    forget_prepared()
    forget_rules()
    yield
    forget_prepared()
    forget_rules()


@pytest.fixture
def admin() -> User:
    return UserFactory.make(role=Role.ADMIN)


def source(name: str = "web") -> Source:
    return new_write_key(name).source


def slip(number: int, user: str = "u1", **more: Any) -> bytes:
    said = {"type": "track", "event": "order", "messageId": f"m{number}", "user_id": user, "context": {"groupId": "acme"}}
    return json.dumps({**said, **more}).encode()


def hold(web: Source, rule: Rule) -> IntakeRule:
    forget_rules()
    return IntakeRule.objects.create(source=web, kind=rule.kind, name=rule.name, field=rule.field, value=rule.value, made_at=NOW)


def seat() -> Seat:
    account = AccountFactory.make(external_id="acme")
    return Seat.objects.create(account=account, external_id="u1", first_event_on=date(2026, 1, 1), recorded_at=NOW)


def test_calls_are_grouped_by_source_code_field_and_name_in_two_queries(
    admin: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    web, app = source(), source("app")
    take(web, [slip(1), slip(2), b"{", slip(3, event="login")], Arrival(NOW))
    take(app, [slip(1)], Arrival(LATER))
    with django_assert_num_queries(2):
        found = open_groups(admin)
    assert [(one.source, one.code, one.name, one.count) for one in found] == [
        ("web", "missing_user", "order", 2), ("app", "missing_user", "order", 1), ("web", "bad_json", "", 1),
        ("web", "missing_user", "login", 1),
    ]  # fmt: skip
    assert (found[1].first_at, found[1].flagged) == (LATER, False)
    assert json.loads(samples(admin, found)[found[0].sample].body)["messageId"] == "m2"


def test_only_an_admin_sees_or_settles_any(admin: User) -> None:
    take(source(), [slip(1)], Arrival(NOW))
    (group,) = open_groups(admin)
    for role in (Role.CSM, Role.MANAGER):
        other = UserFactory.make(role=role)
        assert open_groups(other) == []
        assert not calls_like(other, group.sample).exists()
        assert discard(other, [group.sample], NOW) == 0
    assert count_of(admin, [group.sample]) == 1


def test_a_rule_is_tried_without_storing_anything(admin: User) -> None:
    web = source()
    take(web, [slip(1), slip(2), slip(3, user="")], Arrival(NOW))
    (group,) = open_groups(admin)
    trial = tried(admin, group.sample, MEND)
    assert (trial.taken, trial.of, trial.ignored) == (2, 3, 0)
    assert trial.fault is not None
    assert trial.fault.code == "missing_user"
    before, after = trial.shown[0]
    assert (before["user_id"], "user_id" in after, after["userId"]) == ("u1", False, "u1")
    assert tried(admin, group.sample, Rule(IGNORE, "order")).ignored == 3
    assert not PendingEvent.objects.exists()
    assert RefusedCall.objects.filter(settled_at__isnull=True).count() == 3


def test_a_replay_takes_what_the_rules_mend_at_the_time_it_happened(admin: User) -> None:
    who, web = seat(), source()
    take(web, [slip(1, timestamp="2026-11-02T09:00:00Z"), slip(2), slip(3, user="")], Arrival(NOW))
    hold(web, MEND)
    (group,) = open_groups(admin)
    told: list[int] = []
    found = replay(admin, group.sample, LATER, lambda so_far: told.append(so_far.of))
    assert (found.taken, found.still, found.of, told) == (2, 1, 3, [3])
    events = Event.objects.order_by("occurred_at").values_list("occurred_at", "recorded_at", "seat_id")
    assert list(events) == [(datetime(2026, 11, 2, 9, tzinfo=UTC), LATER, who.pk), (NOW, LATER, who.pk)]
    assert set(RefusedCall.objects.filter(settled_at=LATER).values_list("settled_as", flat=True)) == {"replayed"}
    assert RefusedCall.objects.get(settled_at__isnull=True).code == "missing_user"
    again = replay(admin, group.sample, LATER)
    assert (again.taken, again.still, Event.objects.count()) == (0, 1, 2)


def test_a_replay_killed_between_storing_and_settling_ends_the_same(admin: User) -> None:
    seat()
    web = source()
    take(web, [slip(1), slip(2)], Arrival(NOW))
    hold(web, MEND)
    (group,) = open_groups(admin)
    replay(admin, group.sample, LATER)
    RefusedCall.objects.update(settled_at=None, settled_as="")
    assert (replay(admin, group.sample, LATER).taken, Event.objects.count()) == (2, 2)
    assert not RefusedCall.objects.filter(settled_at__isnull=True).exists()


def test_what_is_refused_again_for_another_thing_is_listed_under_that(admin: User) -> None:
    seat()
    web = source()
    take(web, [slip(1, properties={"quantity": "many"}), slip(2)], Arrival(NOW))
    take(web, [slip(2, user_id=None, userId="u1", event="other")], Arrival(NOW))
    hold(web, MEND)
    group = next(one for one in open_groups(admin) if one.code == "missing_user")
    assert replay(admin, group.sample, LATER).still == 2
    assert {(one.code, one.count) for one in open_groups(admin)} == {("bad_number", 1), ("conflicting_duplicate", 1)}
    assert RefusedCall.objects.filter(settled_as="replayed").count() == 2


def test_a_rule_that_ignores_settles_what_is_replayed_as_discarded(admin: User) -> None:
    web = source()
    take(web, [slip(1)], Arrival(NOW))
    hold(web, Rule(IGNORE, "order"))
    (group,) = open_groups(admin)
    assert replay(admin, group.sample, LATER).ignored == 1
    assert RefusedCall.objects.get().settled_as == "discarded"


def test_a_discard_can_be_undone_for_a_day_and_brings_back_its_own_alone(admin: User) -> None:
    web = source()
    take(web, [slip(1), slip(2), slip(3, event="login")], Arrival(NOW))
    first, second = open_groups(admin)
    assert discard(admin, [first.sample], NOW) == 2
    assert discard(admin, [second.sample], LATER) == 1
    assert open_groups(admin) == []
    assert bring_back(UserFactory.make(role=Role.MANAGER), NOW, LATER) == 0
    assert bring_back(admin, NOW, NOW + timedelta(days=1)) == 0
    assert bring_back(admin, NOW, LATER) == 2
    assert [(one.name, one.count) for one in open_groups(admin)] == [("order", 2)]


def waiting(web: Source) -> list[pending.Waiters]:
    take(web, [slip(1, userId="u1"), slip(2, userId="u1", properties={"value": "1.5", "quantity": 2}), slip(3, userId="u2", context={})],
         Arrival(NOW))  # fmt: skip
    return pending.waiting_groups(User(role=Role.ADMIN, is_active=True))


def test_waiting_events_are_grouped_by_what_they_wait_for(admin: User) -> None:
    found = waiting(source())
    assert [(one.reason, one.account, one.person, one.count, one.oldest_at) for one in found] == [
        ("unknown_account", "acme", "u1", 2, NOW), ("no_account", "", "u2", 1, NOW),
    ]  # fmt: skip
    assert pending.waiting_groups(UserFactory.make(role=Role.MANAGER)) == []
    assert [row[-1] for row in pending.as_rows(admin, [found[0].key])] == ["m1", "m2"]
    assert len(list(pending.as_rows(admin, []))) == 3


def test_discarded_waiting_events_come_back_as_they_were_and_their_ids_stay_taken(admin: User) -> None:
    web = source()
    first = waiting(web)[0]
    before = list(PendingEvent.objects.order_by("message_id").values())
    assert pending.discard(UserFactory.make(role=Role.MANAGER), [first.key], LATER) == 0
    assert pending.discard(admin, [first.key], LATER) == 2
    assert list(PendingEvent.objects.values_list("message_id", flat=True)) == ["m3"]
    assert open_groups(admin) == []
    assert take(web, [slip(1, userId="u1")], Arrival(LATER)).duplicate == 1
    assert bring_back(admin, LATER, LATER) == 0
    assert pending.bring_back(admin, LATER, LATER + timedelta(days=1)) == 0
    assert pending.bring_back(admin, LATER, LATER) == 2
    assert list(PendingEvent.objects.order_by("message_id").values()) == before
    assert not RefusedCall.objects.exists()
