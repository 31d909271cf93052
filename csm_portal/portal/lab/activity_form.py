"""The form of `[activity]`: key actions among those seen, levels, periods, scenarios, profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csm_portal.portal.first_run.actions import guess
from csm_portal.portal.lab import profile_params
from csm_portal.portal.lab.form import Block, Row, Typed, number, shown
from csm_portal.portal.lab.params import BARS, LEFT_OUT, PERIODS, Param, fill, read
from csm_portal.portal.lab.profile_form import Profiles

ACTION, SCENARIO = "action", "scenarios"
BLANK_ACTIONS = 1
SCENARIOS = (
    Param("name", gettext_lazy("Name"), "", "text"),
    Param("actions", gettext_lazy("Actions"), gettext_lazy("Separated by commas."), "names"),
    Param("personas", gettext_lazy("Personas"), gettext_lazy("basic, advanced, admin; empty: all."), "names"),
    Param("expected_days_per_month", gettext_lazy("Expected active days"), "", "whole", gettext_lazy("a month")),
    Param("expected_seat_share", gettext_lazy("Expected share of seats"), gettext_lazy("Such as 0.3.")),
)
PROFILES = Profiles("activity", (*BARS, *PERIODS, *profile_params.ACTIVITY), {}, gettext_lazy("Such as scenarios of its own."))


def fill_form(body: Mapping[str, Any], known: Sequence[str]) -> dict[str, str]:
    """What the inputs show of a body. `known`: actions of the data, offered beside those that the body names."""
    keys, conditions = body.get("key_actions", {}), body.get("conditions", {})
    logins, passive = body.get("login_actions", []), body.get("passive_actions", [])
    named = list(dict.fromkeys([*keys, *logins, *passive, *conditions]))
    # Likely key actions before views and logins, so that the choice is at hand.
    rest = sorted((name for name in known if name not in named), key=lambda name: (guess(name) != "key", name))
    names = [*named, *rest]
    found = {f"{ACTION}-rows": str(len(names) + BLANK_ACTIONS)}
    for place, name in enumerate(names):
        at = f"{ACTION}-{place}-"
        found |= {
            f"{at}name": name,
            f"{at}key": "1" if name in keys else "",
            f"{at}weight": shown(keys.get(name, "1")),
            f"{at}least": shown(conditions.get(name, {}).get("min_quantity")),
            f"{at}login": "1" if name in logins else "",
            f"{at}passive": "1" if name in passive else "",
        }
    scenarios = body.get("scenarios", [])
    found[f"{SCENARIO}-rows"] = str(len(scenarios))
    for place, one in enumerate(scenarios):
        found |= fill(SCENARIOS, one, f"{SCENARIO}-{place}-")
    found |= fill((*BARS, *PERIODS, *LEFT_OUT), body)
    return found | PROFILES.fill(body)


def read_form(typed: Typed) -> tuple[dict[str, Any], dict[str, str]]:
    """The section typed, and which row of the page each numbered path is. Raises DefinitionError."""
    section: dict[str, Any] = {**_actions(typed), **read((*BARS, *PERIODS, *LEFT_OUT), typed)}
    places: dict[str, str] = {}
    scenarios = []
    for place in range(typed.rows(SCENARIO)):
        one = read(SCENARIOS, typed, f"{SCENARIO}-{place}-")
        if one and not typed.is_gone(SCENARIO, place):
            scenarios.append(one)
            places[f"activity.scenarios[{len(scenarios)}]"] = str(place)
    section["scenarios"] = scenarios
    section["profiles"], more = PROFILES.read(typed)
    return section, places | more


def blocks(typed: Typed, places: Mapping[str, str]) -> list[Block]:
    """The parts of the form, in the order in which one decides."""
    return [
        Block(
            ACTION,
            _("Key actions"),
            _("A key action is one that shows value: an order placed, an approval given. Looking and logging in show presence alone."),
            add=_("Add another action"),
            shape="actions",
            extra={"rows": [_action(typed, place) for place in range(typed.rows(ACTION))], "name": f"{ACTION}-rows"},
        ),
        Block(
            "bars",
            _("Levels of a day"),
            _("Counted per account and day: a, the key actions by weight; n, the seats; l, the seats that logged in."),
            [one.input(typed, "", "activity") for one in BARS],
        ),
        Block(
            "periods",
            _("Active days, weeks and months"),
            "",
            [one.input(typed, "", "activity") for one in PERIODS],
        ),
        Block("left-out", _("Who is left out"), "", [one.input(typed, "", "activity") for one in LEFT_OUT]),
        _scenarios(typed, places),
        PROFILES.block(typed, places),
    ]


def _actions(typed: Typed) -> dict[str, Any]:
    keys: dict[str, str] = {}
    conditions: dict[str, dict[str, str]] = {}
    logins, passive = [], []
    for place in range(typed.rows(ACTION)):
        at = f"{ACTION}-{place}-"
        name = typed.get(f"{at}name")
        if not name:
            continue
        if typed.get(f"{at}key"):
            keys[name] = number(typed.get(f"{at}weight")) or "1"
        if least := typed.get(f"{at}least"):
            conditions[name] = {"min_quantity": number(least)}
        if typed.get(f"{at}login"):
            logins.append(name)
        if typed.get(f"{at}passive"):
            passive.append(name)
    return {"key_actions": keys, "conditions": conditions, "login_actions": logins, "passive_actions": passive}


def _action(typed: Typed, place: int) -> dict[str, Any]:
    at = f"{ACTION}-{place}-"
    values = {name: typed.raw(f"{at}{name}") for name in ("name", "weight", "least")}
    ticks = {name: typed.get(f"{at}{name}") == "1" for name in ("key", "login", "passive", "own")}
    # A row whose name can be typed stays one until it is saved.
    ticks["own"] = ticks["own"] or not values["name"]
    return {"at": at, **values, **ticks, "looks": guess(values["name"]) if values["name"] else ""}


def _scenarios(typed: Typed, places: Mapping[str, str]) -> Block:
    paths = {place: path for path, place in places.items() if ".scenarios[" in path}
    block = Block(
        SCENARIO,
        _("Scenarios"),
        _("A named set of actions with what is expected of a month. An account's own agreement goes before it."),
        add=_("Add a scenario"),
        shape="cards",
    )
    for place in range(typed.rows(SCENARIO)):
        at, path = f"{SCENARIO}-{place}-", paths.get(str(place), "activity.scenarios[new]")
        inputs = [one.input(typed, at, path) for one in SCENARIOS]
        block.rows.append(Row(typed.get(f"{at}name") or _("New scenario"), inputs, f"{at}gone", typed.is_gone(SCENARIO, place)))
    return block
