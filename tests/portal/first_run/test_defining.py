"""From the choice on the page to a definition."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm_portal.portal.first_run.defining import STANDARD, Choice, as_file, section_of, standard_missing, standard_sections
from health.definitions import check_activity
from health.lab.publish_definitions import check_draft
from tests.factories import define_activity

NAMES = st.text(min_size=1, max_size=12).filter(str.strip)
WEIGHTS = st.decimals(min_value=Decimal("0.000001"), max_value=1000, places=6)


def test_a_choice_keeps_what_the_page_does_not_show() -> None:
    before = check_activity(
        {
            "key_actions": {"order": 2, "rare": 5},
            "login_actions": ["old_login"],
            "share": "0.5",
            "scenarios": [{"name": "Orders", "actions": ["order"]}],
            "profiles": [{"when": {"stage": "onboarding"}, "month_days": 8}],
        }
    )
    made = section_of(Choice({"approve": Decimal(1)}, ["login"], ["mail"], "medium"), before, {"order", "approve", "login", "mail"})
    assert made["key_actions"] == {"rare": 5, "approve": 1}
    assert made["login_actions"] == ["old_login", "login"]
    body = check_activity(made)
    assert (body["share"], body["active_from"], body["scenarios"], body["profiles"]) == (
        before["share"],
        "medium",
        before["scenarios"],
        before["profiles"],
    )


@given(keys=st.dictionaries(NAMES, WEIGHTS, min_size=1, max_size=6), logins=st.lists(NAMES, max_size=3, unique=True))
def test_the_file_offered_reads_back_as_the_same_definition(keys: dict[str, Decimal], logins: list[str]) -> None:
    section = section_of(Choice(keys, logins), None, set())
    read: dict[str, Any] = tomllib.loads(as_file(section, date(2026, 1, 1)), parse_float=Decimal)["activity"]
    assert read.pop("effective_from") == date(2026, 1, 1)
    assert {name: Decimal(weight) for name, weight in read["key_actions"].items()} == keys
    assert read["login_actions"] == logins


@pytest.mark.django_db
def test_the_usual_contents_are_offered_only_where_nothing_is_defined_and_pass_the_same_check() -> None:
    assert standard_missing() == list(STANDARD)
    sections = standard_sections(standard_missing())
    draft = check_draft({"activity": {"key_actions": {"order": 1}, "effective_from": date(2026, 1, 1)}, **sections})
    assert {change.section.name for change in draft.new} == {"activity", *STANDARD}
    define_activity()
    assert standard_missing() == list(STANDARD)
