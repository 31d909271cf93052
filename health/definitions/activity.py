"""`[activity]`: what counts as activity, how much of it makes a level, and the profiles that differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from csm_portal.lib.checked import Checker, DefinitionError, Field, mapping, names, number, one_of, share, table, tables, text, whole
from health.types import Level

WHEN_KEYS = ("stage", "tier", "plan", "product", "industry", "region", "size")
LEVELS = {"low": Level.LOW, "medium": Level.MEDIUM, "high": Level.HIGH}
PERSONAS = ("basic", "advanced", "admin")
# A bit of a 64-bit integer per scenario; the sign bit stays free.
MAX_SCENARIOS = 62
# seat_day keeps six decimals of weight x quantity, so finer weights could not be exact.
WEIGHT_DECIMALS = 6
DEFAULTS: Mapping[str, Any] = {
    "login_actions": [],
    "passive_actions": [],
    "conditions": {},
    "excluded_personas": [],
    "excluded_email_domains": [],
    "seat_base": "activated",
    "share": "0.6",
    "low_multiple": "2",
    "high_multiple": "4",
    "login_share": "0.6",
    "min_activation_rate": "0",
    "active_from": "low",
    "week_days": 3,
    "scenarios": [],
}
DEFAULT_MONTH_DAYS = 12


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named set of actions with what is expected of a month; None: nothing expected."""

    name: str
    actions: tuple[str, ...]
    personas: tuple[str, ...] = ()
    expected_days_per_month: int | None = None
    expected_seat_share: Fraction | None = None


@dataclass(frozen=True, slots=True)
class ActivityRules:
    """One resolved parameter set: the definition itself, or one of its profiles laid over it. All numbers are exact.

    `key_actions`: weight per action; an action not named is no key action. `conditions`: least quantity for an event to qualify.
    Exactly one of `month_days` and `month_workday_share` is set.
    """

    key_actions: Mapping[str, Decimal]
    login_actions: tuple[str, ...] = ()
    passive_actions: tuple[str, ...] = ()
    conditions: Mapping[str, Decimal] = field(default_factory=dict)
    excluded_personas: tuple[str, ...] = ()
    excluded_email_domains: tuple[str, ...] = ()
    seat_base: str = "activated"
    share: Fraction = Fraction(3, 5)
    low_multiple: Fraction = Fraction(2)
    high_multiple: Fraction = Fraction(4)
    login_share: Fraction = Fraction(3, 5)
    min_activation_rate: Fraction = Fraction(0)
    active_from: Level = Level.LOW
    week_days: int = 3
    month_days: int | None = DEFAULT_MONTH_DAYS
    month_workday_share: Fraction | None = None
    scenarios: tuple[Scenario, ...] = ()

    @property
    def low_bar(self) -> Fraction:
        """Key actions per seat up to which a day is LOW."""
        return self.share * self.low_multiple

    @property
    def high_bar(self) -> Fraction:
        """Key actions per seat above which a day may be HIGH."""
        return self.share * self.high_multiple


@dataclass(frozen=True, slots=True)
class ActivityVersion:
    """One published definition. `rules[0]` is the definition, `rules[i]` its i-th profile, which applies where `when[i - 1]` does."""

    version: int
    effective_from: date
    rules: tuple[ActivityRules, ...]
    when: tuple[Mapping[str, tuple[str, ...]], ...] = ()


CONDITION: Mapping[str, Field] = {"min_quantity": number(above=0, decimal_places=WEIGHT_DECIMALS)}
SCENARIO: Mapping[str, Field] = {
    "name": text(),
    "actions": names(),
    "personas": names(words=PERSONAS),
    "expected_days_per_month": whole(1, 31),
    "expected_seat_share": share(),
}
RULES: Mapping[str, Field] = {
    "key_actions": mapping(number(above=0, decimal_places=WEIGHT_DECIMALS)),
    "login_actions": names(),
    "passive_actions": names(),
    "conditions": mapping(table(CONDITION, required=("min_quantity",))),
    "excluded_personas": names(words=PERSONAS),
    "excluded_email_domains": names(),
    "seat_base": one_of("activated", "purchased"),
    "share": number(above=0, most=1),
    "low_multiple": number(above=0),
    "high_multiple": number(above=0),
    "login_share": share(),
    "min_activation_rate": share(),
    "active_from": one_of(*LEVELS),
    "week_days": whole(1, 7),
    "month_days": whole(1, 31),
    "month_workday_share": number(above=0, most=1),
    "scenarios": tables(SCENARIO, required=("name", "actions")),
}
WHEN: Mapping[str, Field] = dict.fromkeys(WHEN_KEYS, names(lone=True))
PROFILE: Mapping[str, Field] = {"when": table(WHEN), **RULES}


def check_activity(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section as canonical JSON, completed with the defaults. Raises DefinitionError with every problem found."""
    checker = Checker()
    body = checker.table(section, "activity", {**RULES, "profiles": tables(PROFILE, required=("when",))})
    if not section.get("key_actions") and not checker.problems:
        checker.fault("activity.key_actions", None, "is missing: name at least one action with its weight, such as { create_order = 1 }")
    profiles = body.pop("profiles", [])
    _check_month(checker, body, "activity")
    for place, profile in enumerate(profiles, start=1):
        _check_month(checker, profile, f"activity.profiles[{place}]")
    checker.done()
    complete = {**DEFAULTS, **body}
    if "month_days" not in complete and "month_workday_share" not in complete:
        complete["month_days"] = DEFAULT_MONTH_DAYS
    complete["profiles"] = profiles
    _check_sets(checker, complete)
    checker.done()
    return complete


def parse_activity(section: Mapping[str, Any], *, version: int = 0, effective_from: date = date.min) -> ActivityVersion:
    """The section as rules, base first. Raises DefinitionError."""
    body = check_activity(section)
    profiles = body["profiles"]
    sets = (body, *(_laid_over(body, profile) for profile in profiles))
    when = tuple({key: tuple(values) for key, values in profile["when"].items()} for profile in profiles)
    return ActivityVersion(version, effective_from, tuple(_rules(one) for one in sets), when)


def is_logins_only(section: Mapping[str, Any]) -> bool:
    """True where some parameter set has no key action but logins: vanity, published only after confirmation."""
    version = parse_activity(section)
    return any(set(rules.key_actions) <= {*rules.login_actions, *LOGIN_WORDS} for rules in version.rules)


# Names that mean a login even where the definition does not list them.
LOGIN_WORDS = ("login", "log_in", "sign_in", "signin", "logged_in", "user_login", "session_start")


def _laid_over(body: Mapping[str, Any], profile: Mapping[str, Any]) -> dict[str, Any]:
    """A profile's values over the definition's; its month rule replaces the other one."""
    merged = {**body, **profile}
    if "month_days" in profile:
        merged.pop("month_workday_share", None)
    elif "month_workday_share" in profile:
        merged.pop("month_days", None)
    return merged


def _check_month(checker: Checker, body: Mapping[str, Any], path: str) -> None:
    if "month_days" in body and "month_workday_share" in body:
        checker.fault(f"{path}.month_workday_share", body["month_workday_share"], "give either month_days or month_workday_share, not both")


def _check_sets(checker: Checker, body: Mapping[str, Any]) -> None:
    """Faults that show only once a profile lies over the definition."""
    for place, one in enumerate([body, *(_laid_over(body, profile) for profile in body["profiles"])]):
        path = f"activity.profiles[{place}]" if place else "activity"
        if Fraction(one["low_multiple"]) > Fraction(one["high_multiple"]):
            checker.fault(f"{path}.high_multiple", one["high_multiple"], f"must not be below low_multiple ({one['low_multiple']})")
        if not one["key_actions"]:
            checker.fault(f"{path}.key_actions", None, "needs at least one action")
        for action in set(one["login_actions"]) & set(one["passive_actions"]):
            checker.fault(f"{path}.passive_actions", action, "an action cannot be both a login and passive")
        _check_scenarios(checker, one["scenarios"], path)


def _check_scenarios(checker: Checker, scenarios: list[dict[str, Any]], path: str) -> None:
    if len(scenarios) > MAX_SCENARIOS:
        checker.fault(f"{path}.scenarios", len(scenarios), f"at most {MAX_SCENARIOS} scenarios")
    found = [scenario["name"] for scenario in scenarios]
    for name in sorted({name for name in found if found.count(name) > 1}):
        checker.fault(f"{path}.scenarios", name, "two scenarios with one name")


def _rules(body: Mapping[str, Any]) -> ActivityRules:
    workday_share = body.get("month_workday_share")
    return ActivityRules(
        key_actions={action: Decimal(weight) for action, weight in body["key_actions"].items()},
        login_actions=tuple(body["login_actions"]),
        passive_actions=tuple(body["passive_actions"]),
        conditions={action: Decimal(condition["min_quantity"]) for action, condition in body["conditions"].items()},
        excluded_personas=tuple(body["excluded_personas"]),
        excluded_email_domains=tuple(domain.lower().removeprefix("@") for domain in body["excluded_email_domains"]),
        seat_base=body["seat_base"],
        share=Fraction(body["share"]),
        low_multiple=Fraction(body["low_multiple"]),
        high_multiple=Fraction(body["high_multiple"]),
        login_share=Fraction(body["login_share"]),
        min_activation_rate=Fraction(body["min_activation_rate"]),
        active_from=LEVELS[body["active_from"]],
        week_days=body["week_days"],
        month_days=None if workday_share is not None else body["month_days"],
        month_workday_share=None if workday_share is None else Fraction(workday_share),
        scenarios=tuple(_scenario(one) for one in body["scenarios"]),
    )


def _scenario(body: Mapping[str, Any]) -> Scenario:
    expected = body.get("expected_seat_share")
    return Scenario(
        name=body["name"],
        actions=tuple(body["actions"]),
        personas=tuple(body.get("personas", ())),
        expected_days_per_month=body.get("expected_days_per_month"),
        expected_seat_share=None if expected is None else Fraction(expected),
    )


__all__ = ["ActivityRules", "ActivityVersion", "DefinitionError", "Scenario", "check_activity", "is_logins_only", "parse_activity"]
