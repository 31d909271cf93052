"""The reason beside a score: the override, the cap, what is missing, or the facet that costs the most."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health.caps import FACETS
from health.reasons import WORDS, reason_words, top_reason

AS_OF = date(2026, 6, 30)


def facet(value: float | None, weight: float = 1, **evidence: Any) -> dict[str, Any]:
    return {"value": value, "weight": weight, "evidence": evidence}


LATE = facet(0, 10, invoices=3, overdue_days=62, unpaid_overdue_days=62, failed_attempts=0, disputed=0)
QUIET = facet(5, 40, active_days=3, open_days=20)
CAP = {"when": "invoice_overdue_days >= 60", "band": "amber"}


def test_the_facet_that_costs_most_points_is_named_with_its_facts() -> None:
    reason = top_reason({"activity": QUIET, "invoices": LATE}, [], "red", AS_OF)
    assert reason == {"code": "activity", "points": 76.0, "value": 5, "active_days": 3, "open_days": 20}
    assert reason_words(reason) == "3 of 20 open days active"


def test_a_cap_goes_before_the_facets() -> None:
    reason = top_reason({"activity": QUIET, "invoices": LATE}, [CAP], "amber", AS_OF)
    assert reason == {"code": "cap", **CAP, "field": "invoice_overdue_days", "figure": 62}
    assert reason_words(reason) == "amber: invoice 62 days overdue caps it"


def test_the_lowest_cap_is_named() -> None:
    red = {"when": "activity < 20", "band": "red"}
    assert reason_words(top_reason({"activity": QUIET}, [CAP, red], "red", AS_OF)) == "red: capped by facet “Activity” at 5.0 of 100"


def test_an_override_goes_before_all() -> None:
    override = {"when": "override", "band": "green", "until": "2026-07-31", "reason": "new sponsor", "by": "a@example.com"}
    reason = top_reason({"activity": QUIET}, [CAP, override], "green", AS_OF)
    assert reason == {"code": "override", "band": "green", "until": "2026-07-31", "reason": "new sponsor", "by": "a@example.com"}
    assert reason_words(reason) == "set to green by hand until 2026-07-31"


def test_an_unknown_score_names_the_heaviest_missing_facet() -> None:
    expired = facet(None, 40, answers=0, expires_on="2026-06-18")
    reason = top_reason({"activity": QUIET, "ratings": expired, "surveys": facet(None, 5)}, [], "unknown", AS_OF)
    assert reason == {"code": "unknown", "facet": "ratings", "expired_days": 12}
    assert reason_words(reason) == "rating expired 12 days ago"
    assert reason_words(top_reason({"ratings": facet(None, 40)}, [], "unknown", AS_OF)) == "not rated yet"


def test_a_perfect_score_has_no_reason_unless_a_rating_expired() -> None:
    assert top_reason({"activity": facet(100)}, [], "green", AS_OF) == {}
    expired = facet(None, 1, expires_on="2026-06-29")
    reason = top_reason({"activity": facet(100), "ratings": expired}, [], "green", AS_OF)
    assert reason_words(reason) == "rating expired 1 day ago"


def test_a_facet_without_weight_costs_nothing() -> None:
    assert top_reason({"activity": facet(100), "community": facet(0, 0, months=0)}, [], "green", AS_OF) == {}
    assert top_reason({}, [], "unknown", AS_OF) == {}


@pytest.mark.parametrize(
    ("code", "facts", "words"),
    [
        ("activity", {"zero": 2, "low": 17, "medium": 2, "active_days": 19, "open_days": 21}, "17 of 21 open days at low activity"),
        ("activity", {"zero": 0, "low": 2, "medium": 11, "active_days": 21, "open_days": 21}, "11 of 21 open days at medium activity"),
        ("activity", {"zero": 9, "low": 9, "medium": 2, "active_days": 11, "open_days": 20}, "11 of 20 open days active"),
        ("outcome", {"missed": 2, "behind": 1}, "2 outcomes missed"),
        ("outcome", {"behind": 1}, "1 outcome behind"),
        ("outcome", {"on_track": 0, "north_star_progress": 0.239}, "north star at 23%"),
        ("adoption", {"activated": 3, "purchased": 100, "key_seats": 1}, "3 of 100 seats activated, 1 with a key action"),
        ("adoption", {"activated": 3, "key_seats": 1}, "1 of 3 seats with a key action"),
        ("support", {"escalated": 1, "old": 0, "tickets": 4}, "1 ticket escalated"),
        ("support", {"escalated": 0, "old": 0, "tickets": 14}, "14 tickets in 90 days"),
        ("invoices", {"unpaid_overdue_days": 0, "failed_attempts": 2, "overdue_days": 0}, "payment failed 2 times"),
        ("invoices", {"unpaid_overdue_days": 0, "failed_attempts": 0, "overdue_days": 9}, "an invoice was paid 9 days late"),
        ("surveys", {"answers": 3, "value": 42.5}, "3 survey answers, mean 42 of 100"),
        ("growth", {"change": -0.2345}, "revenue down 23.4% in a year"),
        ("growth", {"change": 0}, "revenue the same as a year ago"),
        ("renewal_history", {"renewed": 1, "due": 3}, "1 of 3 past dues renewed"),
        ("onboarding", {"milestones_done": 2, "milestones_due": 5}, "2 of 5 milestones done"),
        ("community", {"months": 1}, "in the community in 1 of 3 months"),
        ("self_sufficiency", {"how_to_tickets": 12}, "12 how-to tickets in 90 days"),
        ("ratings", {"mean": 2.25}, "rated 2.2 of 5"),
        ("executive", {"mean": 2}, "executives rated 2.0 of 5"),
        ("", {}, ""),
    ],
)
def test_every_reason_has_words(code: str, facts: dict[str, Any], words: str) -> None:
    assert reason_words({"code": code, **facts}) == words


def test_no_facet_is_without_words() -> None:
    assert set(FACETS) <= set(WORDS)


@given(st.dictionaries(st.sampled_from(FACETS), st.tuples(st.none() | st.floats(0, 100), st.integers(0, 50)), min_size=1))
def test_the_named_facet_costs_no_less_than_any_other(facets: dict[str, tuple[float | None, int]]) -> None:
    reason = top_reason({key: facet(value, weight) for key, (value, weight) in facets.items()}, [], "red", AS_OF)
    costs = {key: weight * (100 - value) for key, (value, weight) in facets.items() if value is not None and weight}
    assert reason.get("code") in {key for key, cost in costs.items() if cost == max(costs.values())} or not any(costs.values())
