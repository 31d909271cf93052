"""`[health]`, `[north_star]` and `[ratings]`: weights and bands, the one cumulative dimension, the anchored questions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from csm_portal.lib.checked import Checker, Field, mapping, names, number, one_of, share, table, tables, text, whole
from csm_portal.lib.checked import decimal_of as exact_decimal
from health.caps import FACETS, CapError, parse_conditions
from health.definitions.activity import WHEN
from health.model_types import Cap, HealthRules, HealthVersion, NorthStar, NorthStarVersion, Question, QuestionVersion
from health.types import Band

DEFAULT_WEIGHTS = {"activity": "40", "ratings": "25", "support": "10", "invoices": "10", "surveys": "5", "growth": "5", "outcome": "5"}
HEALTH_DEFAULTS: Mapping[str, Any] = {
    "min_coverage": "0.5",
    "weights": DEFAULT_WEIGHTS,
    "bands": {"amber": "50", "green": "75"},
    "caps": [],
    "community_actions": [],
}
ANCHORS = 5


def _cap_text(checker: Checker, value: Any, path: str) -> str | None:
    try:
        parse_conditions(str(value))
    except CapError as fault:
        checker.fault(path, value, str(fault))
        return None
    return " ".join(str(value).split())


def _weights(checker: Checker, value: Any, path: str) -> dict[str, str] | None:
    found: dict[str, str] | None = table(dict.fromkeys(FACETS, number(least=0, decimal_places=6)))(checker, value, path)
    if found is not None and not any(Decimal(weight) > 0 for weight in found.values()):
        checker.fault(path, value, "at least one weight must be above 0")
        return None
    return found


def _anchors(checker: Checker, value: Any, path: str) -> list[str] | None:
    if not isinstance(value, list | tuple) or len(value) != ANCHORS or not all(isinstance(item, str) and item.strip() for item in value):
        checker.fault(path, value, f"must be a list of {ANCHORS} texts, for the scores 1 to {ANCHORS}")
        return None
    return list(value)


CAP: Mapping[str, Field] = {"when": _cap_text, "band": one_of("red", "amber")}
MODEL: Mapping[str, Field] = {
    "min_coverage": share(),
    "weights": _weights,
    "bands": table({"amber": number(least=0, most=100), "green": number(least=0, most=100)}, required=("amber", "green")),
    "caps": tables(CAP, required=("when", "band")),
    "community_actions": names(),
}
NORTH_STAR: Mapping[str, Field] = {
    "action": text(),
    "measure": one_of("count", "quantity", "value"),
    "threshold": number(above=0, decimal_places=6),
    "within_days": whole(0, 36_500),
}
QUESTION: Mapping[str, Field] = {
    "key": text(),
    "text": mapping(text()),
    "anchors": mapping(_anchors),
    "part": one_of("ratings", "executive"),
    "valid_days": whole(1, 3_650),
}


def check_health(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section as canonical JSON, completed with the defaults. Raises DefinitionError with every problem found."""
    checker = Checker()
    body = checker.table(section, "health", {**MODEL, "profiles": tables({"when": table(WHEN), **MODEL}, required=("when",))})
    complete = {**HEALTH_DEFAULTS, **body, "profiles": body.get("profiles", [])}
    for place, one in enumerate([complete, *complete["profiles"]]):
        bands = one.get("bands")
        if bands and Decimal(bands["amber"]) >= Decimal(bands["green"]):
            checker.fault(f"health.profiles[{place}].bands" if place else "health.bands", bands, "green must begin above amber")
    checker.done()
    return complete


def parse_health(section: Mapping[str, Any], *, version: int = 0, effective_from: date = date.min) -> HealthVersion:
    """The section as rules, base first. Raises DefinitionError."""
    body = check_health(section)
    rules = tuple(_health_rules({**body, **profile}) for profile in ({}, *body["profiles"]))
    when = tuple({key: tuple(values) for key, values in profile["when"].items()} for profile in body["profiles"])
    return HealthVersion(version, effective_from, rules, when)


def _health_rules(body: Mapping[str, Any]) -> HealthRules:
    return HealthRules(
        min_coverage=exact_decimal(body["min_coverage"]),
        weights={facet: Decimal(body["weights"].get(facet, "0")) for facet in FACETS},
        amber=exact_decimal(body["bands"]["amber"]),
        green=exact_decimal(body["bands"]["green"]),
        caps=tuple(Cap(cap["when"], parse_conditions(cap["when"]), Band(cap["band"])) for cap in body["caps"]),
        community_actions=tuple(body["community_actions"]),
    )


def check_north_star(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section as canonical JSON, completed with the defaults. Raises DefinitionError with every problem found."""
    checker = Checker()
    body = checker.table(section, "north_star", NORTH_STAR)
    for key in ("action", "threshold"):
        if key not in section:
            checker.fault(f"north_star.{key}", None, "is missing")
    checker.done()
    return {"measure": "count", "within_days": 0, **body}


def parse_north_star(section: Mapping[str, Any], *, version: int = 0, effective_from: date = date.min) -> NorthStarVersion:
    """The section as a north star. Raises DefinitionError."""
    body = check_north_star(section)
    rules = NorthStar(body["action"], body["measure"], Decimal(body["threshold"]), body["within_days"])
    return NorthStarVersion(version, effective_from, rules)


def check_questions(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section as canonical JSON, completed with the defaults. Raises DefinitionError with every problem found."""
    checker = Checker()
    body = checker.table(section, "ratings", {"questions": tables(QUESTION, required=("key", "text", "anchors"))})
    questions = [{"part": "ratings", "valid_days": 90, **question} for question in body.get("questions", [])]
    keys = [question["key"] for question in questions]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        checker.fault("ratings.questions", key, "two questions with one key")
    for place, question in enumerate(questions, start=1):
        if "en" not in question["text"] or "en" not in question["anchors"]:
            checker.fault(f"ratings.questions[{place}]", question["key"], "needs text and anchors in English (en); others may be added")
    if not questions and not checker.problems:
        checker.fault("ratings.questions", None, "needs at least one question")
    checker.done()
    return {"questions": questions}


def parse_questions(section: Mapping[str, Any], *, version: int = 0, effective_from: date = date.min) -> QuestionVersion:
    """The section as questions. Raises DefinitionError."""
    body = check_questions(section)
    questions = tuple(
        Question(
            key=one["key"],
            text=dict(one["text"]),
            anchors={language: tuple(anchors) for language, anchors in one["anchors"].items()},
            part=one["part"],
            valid_days=one["valid_days"],
        )
        for one in body["questions"]
    )
    return QuestionVersion(version, effective_from, questions)
