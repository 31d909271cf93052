"""What `load` and `define` say is shown in the reader's language; what they write stays English."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from accounts.loading.load import MARK_NOTES
from accounts.loading.reasons import SHAPES, reason
from accounts.loading.registry import targets
from csm_portal.portal.first_run.sentences import SENTENCES, rule_sentences, told

CODES = [
    "missing_value",
    "two_digit_year",
    "excel_serial",
    "year_out_of_range",
    "negative_quantity",
    "number_too_big",
    "conflicting_duplicate",
    "lookup_failed",
    "lookup_ambiguous",
    "value_too_long",
    "unknown_account",
    "unknown_seat",
    "unknown_contact",
    "unknown_parent",
    "kept_edit",
    "parent_ring",
    "unknown_country",
    "unknown_zone",
    "unknown_user",
    "out_of_range",
    "bad_value",
]
HAN = re.compile(r"[\u4e00-\u9fff]")


def reasons() -> set[str]:
    """Every sentence that a row of any file can be rejected or flagged with."""
    return {
        reason(target, column.name, code, "O'Brien <b>", shape)
        for target in targets().values()
        for column in target.columns
        for code in CODES
        for shape in ("ymd", "dmy", "mdy")
    }


def test_every_reason_of_a_rejected_row_is_told_in_chinese_with_its_value() -> None:
    found = reasons()
    assert len(found) > 100
    with translation.override("zh-hans"):
        for sentence in found:
            said = told(sentence)
            assert HAN.search(said), sentence
            assert "right would be" not in said, sentence
            assert ("O'Brien <b>" in sentence) == ("O'Brien <b>" in said)


def test_every_rule_shape_and_note_is_told_in_chinese() -> None:
    notes = {note.format(count=3, zone="Europe/Berlin") for note in MARK_NOTES.values()}
    with translation.override("zh-hans"):
        for sentence in rule_sentences() | set(SHAPES.values()) | notes:
            assert HAN.search(told(sentence)), sentence


def test_codes_places_and_values_around_a_sentence_stay() -> None:
    with translation.override("zh-hans"):
        assert told("missing_column: contracts needs account; the file has none of that name (a mapping may give it)").startswith(
            "missing_column：contracts 需要 account"
        )
        assert (
            told("activity.week_days: must be a whole number from 1 to 7 (found 9)")
            == "activity.week_days：必须是 1 到 7 的整数（实际为 9）"
        )


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_sentence_that_nobody_knows_stays_as_it_is(language: str) -> None:
    with translation.override(language):
        assert told("database: 50% odd (found") == "database: 50% odd (found"
        assert told("") == ""


def test_in_english_nothing_changes() -> None:
    with translation.override("en"):
        for sentence in reasons():
            assert told(sentence) == sentence


@pytest.mark.parametrize("template", SENTENCES)
def test_every_sentence_known_is_translated(template: str) -> None:
    with translation.override("zh-hans"):
        assert translation.gettext(template) != template
