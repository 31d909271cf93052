"""The forms of the lab show every definition whole: what is filled in and read again is the same definition."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm_portal.lib.checked import Problem
from csm_portal.portal.lab.form import Typed, listed, names_in
from csm_portal.portal.lab.page import problem_in_words, warning_in_words
from csm_portal.portal.lab.sections import ORDER, form_of, laid_out
from csm_portal.portal.lab.told import share_in_words, told
from health.lab.publish_definitions import SECTIONS

RICH: dict[str, dict[str, Any]] = {
    "activity": {
        "key_actions": {"a, b": "0.5", 'say "hi"': "2", "page.view": "1", "订单": "3"},
        "login_actions": ["login"],
        "passive_actions": ["report, weekly"],
        "conditions": {"watch": {"min_quantity": 60}, "page.view": {"min_quantity": "1.5"}},
        "excluded_personas": ["basic", "admin"],
        "excluded_email_domains": ["a.example", "b.example"],
        "seat_base": "purchased",
        "share": "2/3",
        "month_workday_share": "3/5",
        "active_from": "high",
        "scenarios": [{"name": "S, 1", "actions": ["a, b"], "personas": ["admin"], "expected_seat_share": "0.3"}],
        "profiles": [
            {
                "when": {"tier": ["x, y", "z"], "region": ["EMEA"]},
                "month_days": 5,
                "key_actions": {"x y": "1"},
                "conditions": {"x y": {"min_quantity": 2}},
                "scenarios": [{"name": "Only here", "actions": ["x y"], "expected_days_per_month": 3}],
                "excluded_personas": [],
            }
        ],
    },
    "north_star": {"action": "订单", "measure": "value", "threshold": "80000.5", "within_days": 90},
    "health": {
        "weights": {"activity": "1/4", "executive": "3"},
        "bands": {"amber": "33.3", "green": "66.6"},
        "caps": [
            {"when": "open_tickets >= 3 and activity < 40 and surveys < 50", "band": "red"},
            {"when": "invoice_overdue_days >= 60", "band": "amber"},
        ],
        "community_actions": ["post, reply"],
        "profiles": [{"when": {"plan": "pro"}, "bands": {"amber": 40, "green": 60}, "caps": [], "community_actions": ["post"]}],
    },
    "ratings": {
        "questions": [
            {
                "key": "core",
                "text": {"en": 'Does "it" run?', "zh-hans": "运行吗？", "de": "Läuft es?"},
                "anchors": {"en": ["1", "2", "3", "4", "5"], "de": ["a", "b", "c", "d", "e"]},
                "part": "executive",
                "valid_days": 30,
            }
        ]
    },
    "states": {"window_days": 60, "busy_days": 9},
    "calendar": {"default_country": "DE", "default_timezone": "Europe/Berlin", "week_starts": "sunday"},
    "renewals": {"renewal_grace_days": 0, "bridge_gap_days": 5},
}


@pytest.mark.django_db
@pytest.mark.parametrize("section", ORDER)
def test_a_form_filled_from_a_definition_reads_as_that_definition(section: str) -> None:
    body = SECTIONS[section].check(RICH[section])
    form = form_of(section)
    typed = Typed(form.fill(body, ["page.view", "never used"]))
    assert SECTIONS[section].check(form.read(typed)[0]) == body
    assert laid_out(section, typed, form.read(typed)[1], {})


@pytest.mark.django_db
@pytest.mark.parametrize("section", ORDER)
def test_every_definition_is_told_in_words(section: str) -> None:
    facts = told(section, SECTIONS[section].check(RICH[section]))
    assert facts
    assert all(fact.label and (fact.text or fact.items) for fact in facts)


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=9).map(str.strip).filter(bool)))
def test_names_in_one_line_come_back_whatever_they_hold(names: list[str]) -> None:
    assert names_in(listed(names)) == names


@given(
    st.dictionaries(
        st.sampled_from(["share", "action-rows", "scenarios-rows", "profiles-rows", "action-0-name", "action-0-key"]), st.text(max_size=6)
    )
)
def test_whatever_is_posted_is_read_without_an_error_of_ours(values: dict[str, str]) -> None:
    form_of("activity").read(Typed(values))


@pytest.mark.parametrize(
    ("share", "shown"), [("0.6", "60%"), ("3/5", "60%"), ("0.125", "12.5%"), ("2/3", "2/3"), ("0", "0%"), ("1", "100%")]
)
def test_a_share_is_a_percentage_where_that_is_exact(share: str, shown: str) -> None:
    assert share_in_words(share) == shown


def test_a_fault_names_its_place_in_words() -> None:
    assert problem_in_words(Problem("health.caps[2].band", "'green'", "must be one of red, amber")).startswith(
        "Caps › 2 › band: must be one of"
    )
    assert warning_in_words("activity.seat_base: neither seats").startswith("Seats counted (n): neither")


def test_a_fault_of_a_whole_table_shows_no_code() -> None:
    weights = Problem("health.weights", "{'activity': '0', 'outcome': '0', 'adopti...", "at least one weight must be above 0")
    assert problem_in_words(weights) == "Weights: at least one weight must be above 0"
    assert problem_in_words(Problem("health.bands.amber", "'x'", "must be a number")).endswith("(found 'x')")


CAPS = [{"when": "open_tickets >= 3", "band": "red"}, {"when": "activity < 20", "band": "amber"}]


@pytest.mark.parametrize(
    ("section", "key", "text", "expected"),
    [
        ("activity", "key_actions", 'order = 2, "a, b" = 1,5, view', {"order": "2", "a, b": "1", "5": "1", "view": "1"}),
        ("activity", "key_actions", 'order=2, "x = y = 3"', {"order": "2", "x = y": "3"}),
        ("activity", "conditions", "watch = 60", {"watch": {"min_quantity": "60"}}),
        ("activity", "excluded_personas", "-", []),
        ("health", "caps", "open_tickets >= 3: red\n\nactivity < 20: amber", CAPS),
        ("health", "caps", "-", []),
    ],
)  # fmt: skip
def test_a_profile_sets_lists_in_its_own_fields_and_an_empty_one_leaves_them(section: str, key: str, text: str, expected: Any) -> None:
    form = form_of(section)
    typed = Typed({"profiles-rows": "1", "profiles-0-when-plan": "pro", f"profiles-0-{key}": text})
    assert form.read(typed)[0]["profiles"] == [{"when": {"plan": ["pro"]}, key: expected}]
    typed.put(f"profiles-0-{key}", "")
    assert form.read(typed)[0]["profiles"] == [{"when": {"plan": ["pro"]}}]
