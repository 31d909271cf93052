"""Differences and merges of two people's definitions, key by key."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from health.lab.draft_merge import NOTHING, differences, merged

BASE: dict[str, Any] = {
    "key_actions": {"approve": "1", "page.view": "0.5"},
    "login_actions": ["login"],
    "share": "0.6",
    "scenarios": [{"name": "Orders", "actions": ["order"]}, {"name": "Stock", "actions": ["sync"], "expected_days_per_month": 6}],
    "profiles": [{"when": {"stage": ["onboarding"]}, "month_days": 8}, {"when": {"tier": ["small"]}, "month_days": 6}],
}
BODIES = st.dictionaries(
    st.sampled_from(["share", "key_actions", "login_actions", "scenarios"]),
    st.one_of(
        st.integers(0, 2),
        st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)),
        st.lists(st.sampled_from(["x", "y", "z"]), unique=True),
        st.lists(st.fixed_dictionaries({"name": st.sampled_from("pqr"), "n": st.integers(0, 2)}), unique_by=lambda one: one["name"]),
    ),
)


def changed(**values: Any) -> dict[str, Any]:
    return {**BASE, **values}


def paths(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [one.path for one in differences(before, after)]


def test_a_difference_names_the_narrowest_key_that_says_it() -> None:
    after = changed(
        key_actions={"approve": "2", "ship": "1"},
        login_actions=["login", "sso"],
        scenarios=[{"name": "Orders", "actions": ["order", "reorder"]}],
    )
    assert paths(BASE, after) == [
        "key_actions.approve",
        "key_actions.ship",
        "key_actions.page.view",
        "login_actions[sso]",
        "scenarios[Orders].actions[reorder]",
        "scenarios[Stock]",
    ]
    gone = differences(BASE, after)[2]
    assert (gone.before, gone.after) == ("0.5", NOTHING)


def test_another_order_of_profiles_is_a_difference_because_the_first_that_fits_wins() -> None:
    assert paths(BASE, changed(profiles=BASE["profiles"][::-1])) == ["profiles"]
    assert paths(BASE, changed(profiles=[{**BASE["profiles"][0], "month_days": 9}, BASE["profiles"][1]])) == [
        "profiles[stage = onboarding].month_days"
    ]


def test_two_editors_of_different_keys_both_get_what_they_wanted() -> None:
    mine = changed(share="0.7", key_actions={**BASE["key_actions"], "ship": "1"}, login_actions=["login", "sso"])
    theirs = changed(
        key_actions={"approve": "3"},
        login_actions=["login", "sign_in"],
        scenarios=[{**BASE["scenarios"][0]}, {**BASE["scenarios"][1], "expected_days_per_month": 9}],
    )
    both = merged(BASE, mine, theirs)
    assert both.conflicts == ()
    assert both.body["share"] == "0.7"
    assert both.body["key_actions"] == {"approve": "3", "ship": "1"}
    assert both.body["login_actions"] == ["login", "sign_in", "sso"]
    assert both.body["scenarios"][1]["expected_days_per_month"] == 9
    assert [one.path for one in both.taken] == [
        "key_actions.approve",
        "key_actions.page.view",
        "login_actions[sign_in]",
        "scenarios[Stock].expected_days_per_month",
    ]


def test_the_same_key_set_to_two_values_is_a_conflict_that_shows_both() -> None:
    both = merged(BASE, changed(share="0.7"), changed(share="0.8"))
    assert [(one.path, one.base, one.theirs, one.mine) for one in both.conflicts] == [("share", "0.6", "0.8", "0.7")]
    assert both.body["share"] == "0.7"
    assert merged(BASE, changed(share="0.7"), changed(share="0.8"), prefer_theirs=True).body["share"] == "0.8"


def test_a_thing_that_one_removed_and_the_other_changed_is_a_conflict_not_half_a_thing() -> None:
    theirs = changed(scenarios=[BASE["scenarios"][0], {**BASE["scenarios"][1], "actions": ["sync", "count"]}])
    both = merged(BASE, changed(scenarios=BASE["scenarios"][:1]), theirs)
    assert [one.path for one in both.conflicts] == ["scenarios[Stock]"]
    assert both.conflicts[0].mine is NOTHING


def test_a_changed_order_survives_the_other_ones_change() -> None:
    theirs = changed(profiles=[BASE["profiles"][0], {**BASE["profiles"][1], "month_days": 5}])
    both = merged(BASE, changed(profiles=BASE["profiles"][::-1]), theirs)
    assert both.body["profiles"] == [{"when": {"tier": ["small"]}, "month_days": 5}, BASE["profiles"][0]]


def without_order(body: dict[str, Any]) -> dict[str, Any]:
    """The body with its set of actions sorted: for a set another order is no difference."""
    value = body.get("login_actions")
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return body
    return {**body, "login_actions": sorted(value)}


def test_another_order_of_a_set_is_no_difference() -> None:
    assert paths({"login_actions": ["login", "sso"]}, {"login_actions": ["sso", "login"]}) == []
    assert paths({"scenarios": [{"name": "a", "actions": ["x", "y"]}]}, {"scenarios": [{"name": "a", "actions": ["y", "x"]}]}) == []


def test_an_empty_list_and_an_empty_table_are_two_values() -> None:
    assert paths({"login_actions": []}, {"login_actions": {}}) == ["login_actions"]
    both = merged({"login_actions": ["login"]}, {"login_actions": []}, {"login_actions": {}})
    assert [one.path for one in both.conflicts] == ["login_actions"]
    assert both.body == {"login_actions": []}


@given(BODIES, BODIES)
def test_who_changes_nothing_changes_nothing(base: dict[str, Any], other: dict[str, Any]) -> None:
    assert merged(base, base, other).body == other
    assert merged(base, other, base).body == other
    assert merged(base, other, other).conflicts == ()
    assert (differences(base, other) == ()) == (without_order(base) == without_order(other))


@given(BODIES, BODIES, BODIES)
def test_without_conflict_it_does_not_matter_who_comes_first(base: dict[str, Any], one: dict[str, Any], two: dict[str, Any]) -> None:
    first, second = merged(base, one, two), merged(base, two, one)
    assert {conflict.path for conflict in first.conflicts} == {conflict.path for conflict in second.conflicts}
    if not first.conflicts:
        assert {one.path for one in differences(first.body, second.body)} <= {"scenarios", "login_actions"}  # order alone
