"""How a facet's value comes of its facts, with the numbers put in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from csm_portal.portal import words
from health.facets import curves

Facts = Mapping[str, Any]


def formula(facet: str, value: float | None, facts: Facts) -> str:
    """`(5 × 0 + 7 × 33.3 + 7 × 66.7 + 0 × 100) / 19 = 36.8`; empty for an unknown value, and where the facts say it all."""
    if value is None or facet not in FORMULAS:
        return ""
    return f"{FORMULAS[facet](facts)} = {words.number(value, 1)}"


def _mean(pairs: list[tuple[Any, float]], whole: Any) -> str:
    terms = " + ".join(f"{words.number(n)} × {words.number(points, 1)}" for n, points in pairs if n)
    return f"({terms or '0'}) / {words.number(whole)}"


def _activity(facts: Facts) -> str:
    names = ("zero", "low", "medium", "high")
    return _mean([(facts.get(name, 0), points) for name, points in zip(names, curves.LEVEL_POINTS, strict=True)], facts["open_days"])


def _outcome(facts: Facts) -> str:
    star = facts.get("north_star_progress")
    pairs = [(facts.get(name, 0), curves.OUTCOME_POINTS[code]) for name, code in curves.OUTCOME_CODES.items()]
    whole = sum(int(n) for n, _points in pairs) + (star is not None)
    return _mean([*pairs, *([(1, 100 * star)] if star is not None else [])], whole)


def _adoption(facts: Facts) -> str:
    by_rate, by_share = curves.ADOPTION_HALVES
    share = f"{words.number(facts.get('key_seats'))} / {words.number(facts.get('activated'))}"
    if facts.get("activation_rate") is None:
        return f"{share} × {words.number(by_rate + by_share)}"
    rate = f"{words.number(facts['activated'])} / {words.number(facts['purchased'])}"
    return f"{rate} × {words.number(by_rate)} + {share} × {words.number(by_share)}"


def _support(facts: Facts) -> str:
    lost = [(facts["escalated"], curves.ESCALATED_COST), (facts["old"], curves.OLD_COST), (facts["excess"], curves.EXCESS_COST)]
    return "100" + "".join(f" − {words.number(n, 0 if n == int(n) else 1)} × {words.number(cost)}" for n, cost in lost if n)


def _growth(facts: Facts) -> str:
    now, then = words.number(facts["mrr_now"]), words.number(facts["mrr_then"])
    return f"50 + 50 × ({now} − {then}) / {then}"


def _renewals(facts: Facts) -> str:
    return f"100 × {words.number(facts['renewed'])} / {words.number(facts['due'])}"


def _onboarding(facts: Facts) -> str:
    return f"100 × {words.number(facts['milestones_done'])} / {words.number(facts['milestones_due'])}"


def _self_sufficiency(facts: Facts) -> str:
    return f"100 × (1 − {curves.SEATS_PER_TICKET} × {words.number(facts['how_to_tickets'])} / {words.number(facts['seats'])})"


def _community(facts: Facts) -> str:
    return f"100 × {words.number(facts['months'])} / {curves.COMMUNITY_MONTHS}"


def _rated(facts: Facts) -> str:
    return f"({words.number(facts['mean'], 2)} − {curves.RATING_LOW}) / {curves.RATING_SPAN} × 100"


FORMULAS: Mapping[str, Callable[[Facts], str]] = {
    "activity": _activity,
    "outcome": _outcome,
    "adoption": _adoption,
    "support": _support,
    "growth": _growth,
    "renewal_history": _renewals,
    "onboarding": _onboarding,
    "self_sufficiency": _self_sufficiency,
    "community": _community,
    "ratings": _rated,
    "executive": _rated,
}
