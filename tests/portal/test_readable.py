"""Values that a program wrote are shown as words; what is asked, stored and exported stays as it is."""

from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from csm_portal.portal.book.conditions import in_address, in_words, parse_group
from csm_portal.portal.sample.policy import INDUSTRIES, PLANS, TIERS
from csm_portal.portal.words import readable

SAMPLE = [*(industry.key for industry in INDUSTRIES), *(tier.key for tier in TIERS), *PLANS]


@pytest.mark.parametrize(
    ("value", "words"),
    [("food_service", "Food service"), ("pro", "Pro"), ("SaaS", "SaaS"), ("iPad", "iPad"), ("Mid market", "Mid market"), ("", "")],
)
def test_a_programs_value_becomes_words_and_a_persons_stays(value: str, words: str) -> None:
    with translation.override("en"):
        assert readable(value) == words


@pytest.mark.parametrize("value", SAMPLE)
def test_the_sample_books_values_are_told_in_chinese(value: str) -> None:
    with translation.override("zh-hans"):
        assert all("\u4e00" <= letter <= "\u9fff" for letter in readable(value))


@given(st.text())
def test_words_are_words_already(value: str) -> None:
    with translation.override("en"):
        assert readable(readable(value)) == readable(value)


def test_a_chip_shows_words_and_its_condition_keeps_the_value() -> None:
    condition = parse_group(in_address("industry", "is", ["food_service"]))[0]
    assert condition.values == ("food_service",)
    with translation.override("zh-hans"):
        assert "餐饮" in in_words(condition, {})
