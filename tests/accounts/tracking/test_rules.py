"""Rules at the door: what each kind corrects, what it leaves alone, and that a call that was fine keeps its identity."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.keys import new_write_key
from accounts.models import IntakeRule, PendingEvent, RefusedCall, Source
from accounts.tracking.calls import Call, Fault
from accounts.tracking.intake import SEGMENT, take, understood
from accounts.tracking.rules import (
    IGNORE,
    IGNORED,
    MOVE,
    RENAME,
    SET,
    Ignored,
    Rule,
    corrected,
    forget_rules,
    judged,
    name_of,
    rules_of,
    value_at,
)
from accounts.tracking.saying import Arrival

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
judge = partial(understood, arrival=Arrival(NOW), tracker=SEGMENT, implied="")
GOOD: dict[str, Any] = {"type": "track", "event": "order", "userId": "u1", "messageId": "m1", "timestamp": "2026-11-03T10:00:00Z"}


def call(found: Call | Fault | Ignored) -> Call:
    assert isinstance(found, Call)
    return found


def without(name: str, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name} | more


def test_a_field_under_another_name_is_moved_to_where_it_belongs() -> None:
    said = without("userId", user_id="u7")
    assert isinstance(judge(said), Fault)
    assert call(judged(said, [Rule(MOVE, field="userId", value="user_id")], judge)).user_id == "u7"


def test_a_move_reaches_into_objects_and_makes_those_that_lack() -> None:
    said = GOOD | {"properties": {"company": {"id": "acme"}, "quantity": 2}}
    found = call(judged(said, [Rule(MOVE, field="context.groupId", value="properties.company.id")], judge))
    assert [found.account_id, str(found.quantity)] == ["acme", "2.000000"]
    assert said["properties"] == {"company": {"id": "acme"}, "quantity": 2}


def test_what_a_call_has_is_replaced_only_where_it_is_refused_for_it() -> None:
    rule = Rule(SET, field="properties.quantity", value="1")
    assert call(judged(GOOD | {"properties": {"quantity": -3}}, [rule], judge)).quantity == 1
    assert call(judged(GOOD | {"properties": {"quantity": 5}}, [rule], judge)).quantity == 5
    other = judged(without("userId", properties={"quantity": 5}), [rule], judge)
    assert isinstance(other, Fault)
    assert other.field == "userId"


def test_several_faults_of_one_call_are_mended_one_after_the_other() -> None:
    said = without("type", action="track", properties={"quantity": "many"}) | {"userId": {"id": "u1"}}
    rules = [
        Rule(MOVE, field="type", value="action"),
        Rule(MOVE, field="userId", value="userId.id"),
        Rule(SET, field="properties.quantity", value="1"),
    ]
    found = call(judged(said, rules, judge))
    assert [found.kind, found.user_id, str(found.quantity)] == ["track", "u1", "1.000000"]


def test_a_rule_is_for_its_name_alone_and_without_a_name_for_all() -> None:
    said = without("userId", user="u1")
    rule = Rule(MOVE, "order", "userId", "user")
    assert isinstance(judged(said, [rule], judge), Call)
    assert isinstance(judged(said | {"event": "other"}, [rule], judge), Fault)
    assert isinstance(judged(said, [Rule(MOVE, "track", "userId", "user")], judge), Call)
    assert isinstance(judged(without("type", user="u1") | {"userId": None}, [Rule(MOVE, "page", "userId", "user")], judge, "track"), Fault)


def test_an_event_is_renamed_and_the_same_sent_again_stays_the_same() -> None:
    before, after = call(judge(GOOD)), call(judged(GOOD, [Rule(RENAME, "order", value="order_created")], judge))
    assert (after.action, after.digest, after.message_id) == ("order_created", before.digest, before.message_id)
    made = without("messageId")
    assert call(judged(made, [Rule(RENAME, "order", value="b")], judge)).message_id == call(judge(made)).message_id


def test_an_unwanted_event_is_ignored_whatever_is_wrong_with_it() -> None:
    assert judged(without("userId"), [Rule(IGNORE, "order")], judge) is IGNORED
    assert judged(GOOD | {"event": "other"}, [Rule(IGNORE, "order")], judge) == judge(GOOD | {"event": "other"})


def test_what_a_rule_makes_of_a_call_can_be_shown() -> None:
    said = without("userId", user_id="u7")
    shown = corrected(said, [Rule(MOVE, field="userId", value="user_id")], judge)
    assert shown == without("userId") | {"userId": "u7"}
    assert corrected(GOOD, [Rule(RENAME, "other", value="x")], judge) == GOOD


def test_names_and_paths_of_anything_do_not_raise() -> None:
    assert [name_of(one) for one in ({}, {"event": 3}, {"action": "track"}, {"event": "", "type": "page"})] == ["", "", "track", "page"]
    assert [value_at(one, "a.b") for one in ({}, {"a": 1}, {"a": {"b": 2}}, "text")] == [None, None, 2, None]


words = st.sampled_from(["userId", "user_id", "type", "event", "properties", "properties.quantity", "context.groupId", "a.b", "order"])
values = st.recursive(st.none() | st.booleans() | st.integers(-3, 3) | words, lambda inner: st.dictionaries(words, inner, max_size=3))


@given(
    said=st.dictionaries(words, values, max_size=6),
    rules=st.lists(st.builds(Rule, st.sampled_from([RENAME, MOVE, SET, IGNORE]), words | st.just(""), words, words), max_size=4),
)
def test_no_rule_raises_or_touches_what_was_sent(said: dict[str, Any], rules: list[Rule]) -> None:
    sent = copy.deepcopy(said)
    judged(said, rules, judge)
    corrected(said, rules, judge)
    assert said == sent


@given(
    more=st.dictionaries(words, values, max_size=4), rules=st.lists(st.builds(Rule, st.just(SET), st.just(""), words, words), max_size=4)
)
def test_a_call_that_is_fine_keeps_every_field_it_has(more: dict[str, Any], rules: list[Rule]) -> None:
    said = {**more, **GOOD}
    full = [rule for rule in rules if value_at(said, rule.field) not in (None, "")]
    before = judge(said)
    if isinstance(before, Call):
        assert judged(said, full, judge) == before


@pytest.mark.django_db
def test_rules_hold_at_the_door_for_their_source_and_cost_one_query_in_five_seconds(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    source, other = new_write_key("web").source, new_write_key("app").source
    IntakeRule.objects.create(source=source, kind=MOVE, field="userId", value="user_id", made_at=NOW)
    IntakeRule.objects.create(source=source, kind=IGNORE, name="noise", made_at=NOW)
    IntakeRule.objects.create(source=source, kind=RENAME, name="order", value="never", made_at=NOW, removed_at=NOW)
    forget_rules()
    raws = [b'{"type": "track", "event": "order", "user_id": "u1", "messageId": "a"}', b'{"type": "track", "event": "noise"}']
    answer = take(source, raws, Arrival(NOW))
    assert (answer.accepted, answer.rejected) == (2, [])
    assert list(PendingEvent.objects.values_list("user_id", "action")) == [("u1", "order")]
    assert not RefusedCall.objects.exists()
    with django_assert_num_queries(0):
        assert len(rules_of(source.pk)) == 2
    assert len(take(other, raws, Arrival(NOW)).rejected) == 2
    assert Source.objects.count() == 2
    forget_rules()
