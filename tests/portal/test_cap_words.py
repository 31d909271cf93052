"""Caps in the reader's words."""

from __future__ import annotations

import pytest
from django.utils import translation

from csm_portal.portal.cap_words import condition_in_words
from csm_portal.portal.evidence import cap_in_words
from health.caps import FIELDS
from health.facet_names import facet_name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("invoice_overdue_days >= 60", "days the worst invoice is overdue at least 60"),
        ("activation_rate < 0.2 and open_tickets > 3", "activation rate below 20% and open tickets above 3"),
        ("support <= 10", "facet “Support” at most 10"),
        ("written by an older release", "written by an older release"),
    ],
)
def test_a_condition_is_said_in_words(text: str, said: str) -> None:
    assert condition_in_words(text, facet_name) == said


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_a_condition_is_shown_raw(field: str, language: str) -> None:
    with translation.override(language):
        assert "_" not in condition_in_words(f"{field} > 1", facet_name)


def test_a_cap_names_its_band_and_condition() -> None:
    assert cap_in_words({"band": "amber", "when": "invoice_overdue_days >= 60"}) == (
        "At most Amber while days the worst invoice is overdue at least 60"
    )
