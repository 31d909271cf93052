"""Definitions written as TOML are read as the same definitions."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm_portal.lib.checked import DefinitionError
from csm_portal.portal.sample.definition import DEFINITION
from health.lab.definition_text import as_text, inline, read_inline, read_section, section_text
from health.lab.publish_definitions import SECTIONS

TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    TEXTS | st.integers(-9, 9) | st.booleans(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)


def test_the_sample_definition_survives_checking_writing_and_reading() -> None:
    told = tomllib.loads(DEFINITION, parse_float=Decimal)
    bodies = {
        name: SECTIONS[name].check({key: value for key, value in body.items() if key != "effective_from"}) for name, body in told.items()
    }
    again = tomllib.loads(as_text(bodies), parse_float=Decimal)
    assert {name: SECTIONS[name].check(body) for name, body in again.items()} == bodies
    assert list(again) == list(bodies)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_whatever_the_keys_and_values_are_they_come_back(body: dict[str, Any]) -> None:
    assert read_inline(inline(body), "x") == body
    assert read_section("activity", section_text("activity", body)) == body


def test_a_day_is_written_as_a_day() -> None:
    assert section_text("health", {"effective_from": date(2026, 11, 1), "weights": {"activity": "1"}}) == (
        '[health]\neffective_from = 2026-11-01\nweights = { activity = "1" }\n'
    )


@pytest.mark.parametrize(
    ("text", "path"), [("[activity", "activity"), ("[health]\nx = 1", "health"), ("activity = 3", "activity"), ("loose = 1", "loose")]
)
def test_a_text_that_is_no_section_is_refused_with_its_place(text: str, path: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read_section("activity", text)
    assert [problem.path for problem in caught.value.problems] == [path]
