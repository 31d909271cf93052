"""Why a band is what it is, and what moved it, in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from health.caps import FACT_FIELDS, parse_conditions
from health.explaining.bands import Judged, band_changes, band_reasons
from health.model_types import Cap, HealthRules
from health.reasons import cap_reason, reason_words
from health.types import Band

OVERDUE = {"when": "invoice_overdue_days >= 60", "band": "amber"}
BY_HAND = {"when": "override", "band": "red", "until": "2026-12-01", "reason": "they told us", "by": "a@example.com"}
INVOICES = {"invoices": {"value": 0, "weight": 10, "evidence": {"unpaid_overdue_days": 62}}}


def rules(amber: int = 50, green: int = 75) -> HealthRules:
    cap = Cap(OVERDUE["when"], parse_conditions(OVERDUE["when"]), Band.AMBER)
    return HealthRules(Decimal("0.5"), {"invoices": Decimal(10)}, Decimal(amber), Decimal(green), (cap,))


def judged(score: str | None, band: str, *caps: dict[str, Any], version: int = 1, **facets: Any) -> Judged:
    return Judged(None if score is None else Decimal(score), band, Decimal("0.4"), {**INVOICES, **facets}, caps, version)


def texts(reasons: list[dict[str, Any]]) -> list[str]:
    return [reason_words(reason) for reason in reasons]


def test_a_cap_is_named_with_its_figure_and_what_the_score_says_alone() -> None:
    found = band_reasons(judged("81.2000", "amber", OVERDUE), rules())
    assert texts(found) == ["amber: invoice 62 days overdue caps it", "green by the score: 81.2, green from 75"]


def test_an_override_comes_first() -> None:
    found = band_reasons(judged("63.2000", "red", OVERDUE, BY_HAND), rules())
    assert [reason["code"] for reason in found] == ["override", "cap", "score"]
    assert texts(found)[0] == "set to red by hand until 2026-12-01"
    assert texts(found)[2] == "amber by the score: 63.2, amber from 50 to below 75"


def test_an_unknown_score_names_what_is_missing_the_heaviest_first() -> None:
    missing: dict[str, Any] = {
        key: {"value": None, "weight": weight, "evidence": {}} for key, weight in (("support", 10), ("ratings", 25), ("growth", 0))
    }
    (reason,) = band_reasons(judged(None, "unknown", **missing), rules())
    assert reason["missing"] == ["ratings", "support"]
    assert reason_words(reason) == "no score: 40% of the weight is known, at least 50% are needed; missing: CSM rating, Support"


@pytest.mark.parametrize(
    ("then", "now", "codes"),
    [
        (judged("80", "green"), judged("80", "amber", OVERDUE), ["cap_began"]),
        (judged("80", "amber", OVERDUE), judged("80", "green"), ["cap_ended"]),
        (judged("80", "green"), judged("80", "red", BY_HAND), ["override_began"]),
        (judged("80", "red", BY_HAND), judged("80", "green"), ["override_ended"]),
        (judged("80", "green"), judged("70", "amber"), ["score_crossed"]),
        (judged("80", "green"), judged(None, "unknown"), ["coverage_fell"]),
        (judged(None, "unknown"), judged("80", "green"), ["coverage_rose"]),
        (judged("80", "green"), judged("60", "green"), []),
    ],
)
def test_a_band_that_moved_says_what_moved_it(then: Judged, now: Judged, codes: list[str]) -> None:
    found = band_changes(then, now, rules(), rules())
    assert [reason["code"] for reason in found] == codes
    assert all(texts(found))


def test_a_border_that_moved_is_not_taken_for_the_score() -> None:
    found = band_changes(judged("70", "amber"), judged("70", "green", version=2), rules(), rules(green=65))
    assert texts(found) == ["the borders moved: health model version 2 instead of 1"]


@pytest.mark.parametrize("field", [*FACT_FIELDS, "support"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_field_of_a_cap_has_words(field: str, language: str) -> None:
    reason = {"code": "cap", "when": f"{field} >= 1", "band": "amber", "field": field, "figure": 1}
    with translation.override(language):
        said = reason_words(reason)
    assert said
    assert field not in said
    assert "%(" not in said


def test_several_conditions_are_named_together() -> None:
    facets = {
        "activity": {"value": 12.5, "weight": 1, "evidence": {}},
        "support": {"value": 50, "weight": 1, "evidence": {"open": 4}},
    }
    reason = cap_reason({"when": "activity < 20 and open_tickets > 3", "band": "red"}, facets)
    assert reason_words(reason) == "red: capped by facet “Activity” at 12.5 of 100 and 4 open tickets"
