"""Definitions in words: what a section says, and how two versions of it differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from csm_portal.portal import words
from csm_portal.portal.cap_words import condition_in_words
from csm_portal.portal.lab import params
from csm_portal.portal.lab.params import Param
from csm_portal.portal.lab.sections import WORDS
from health.caps import FACETS
from health.definitions import check_states
from health.facet_names import facet_name
from health.lab.draft_merge import NOTHING, Difference, Thing

SHARES = frozenset(
    {
        "share",
        "login_share",
        "min_activation_rate",
        "month_workday_share",
        "expected_seat_share",
        "min_coverage",
        "off_share",
        "min_known_share",
    }
)
PARAMS: Mapping[str, Param] = {
    one.key: one
    for group in (
        params.BARS,
        params.PERIODS,
        params.LEFT_OUT,
        params.NORTH_STAR,
        params.CALENDAR,
        params.RENEWALS,
        params.STATES,
        params.WHEN,
    )
    for one in group
}


@dataclass(frozen=True)
class Fact:
    """One line of a section in words. `items` stand as a list below the sentence."""

    label: str
    text: str = ""
    items: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True)
class Changed:
    """One key that differs, in words; a dash where it is not there."""

    key: str
    before: str
    after: str


def told(section: str, body: Mapping[str, Any]) -> list[Fact]:
    """What a version says."""
    by_section = {"activity": _activity, "health": _health, "ratings": _questions}
    if section in by_section:
        return by_section[section](body)
    complete = check_states(body) if section == "states" else body
    return [Fact(str(one.label), value_in_words(one.key, complete.get(one.key))) for one in params.PLAIN[section]]


def changes_in_words(found: Iterable[Difference]) -> list[Changed]:
    """Differences as a table says them."""
    return [Changed(path_in_words(one.steps), _side(one, one.before), _side(one, one.after)) for one in found]


def path_in_words(steps: Sequence[str]) -> str:
    """A key with what it lies in, outermost first."""
    names = {
        "key_actions": _("Key actions"),
        "conditions": _("Conditions"),
        "login_actions": _("Logins"),
        "passive_actions": _("Passive actions"),
        "scenarios": _("Scenarios"),
        "profiles": _("Profiles"),
        "weights": _("Weights"),
        "bands": _("Bands"),
        "caps": _("Caps"),
        "questions": _("Questions"),
        "actions": _("Actions"),
        "personas": _("Personas"),
        "community_actions": _("Community actions"),
        "min_coverage": _("Least coverage"),
        "expected_days_per_month": _("Expected active days"),
        "expected_seat_share": _("Expected share of seats"),
        "amber": _("Amber from"),
        "green": _("Green from"),
        "valid_days": _("Days an answer holds"),
        "part": _("Counts in"),
        "text": _("Question"),
        "anchors": _("Points of the scale"),
    }
    found = []
    for place, step in enumerate(steps):
        inside = steps[place - 1] if place else ""
        if isinstance(step, Thing):
            found.append(condition_in_words(step, facet_name) if inside == "caps" else str(step))
        elif inside == "weights":
            found.append(facet_name(step))
        elif inside in {"key_actions", "conditions"}:
            found.append(step)
        elif step in PARAMS:
            found.append(str(PARAMS[step].label))
        else:
            found.append(names.get(step, step))
    return " › ".join(found)


def value_in_words(key: str, value: Any) -> str:
    """One value of a section, by the key it stands under."""
    if value is None or value is NOTHING:
        return words.UNKNOWN
    if key in SHARES:
        return share_in_words(str(value))
    choices = dict(PARAMS[key].choices) if key in PARAMS else {}
    if str(value) in choices:
        return str(choices[str(value)])
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {value_in_words(str(name), one)}" for name, one in value.items()) or words.UNKNOWN
    if isinstance(value, list):
        return ", ".join(value_in_words("", one) for one in value) or _("none")
    return str(value) or words.UNKNOWN


def share_in_words(text: str) -> str:
    """A share as a percentage where that is exact, else as it is written: `60%`, `2/3`."""
    percent = Fraction(text) * 100
    return f"{percent.numerator}%" if percent.denominator == 1 else f"{float(percent):g}%" if 100 % percent.denominator == 0 else text


def _side(one: Difference, value: Any) -> str:
    last = one.steps[-1] if one.steps else ""
    if value is NOTHING:
        return words.UNKNOWN
    if isinstance(value, Mapping) and set(value) == {"when", "band"}:
        return _("at most %(band)s") % {"band": words.band(value["band"])}
    if isinstance(last, Thing):
        return (
            _("named")
            if isinstance(value, str)
            else value_in_words("", {k: v for k, v in value.items() if k not in {"name", "key", "when"}})
        )
    if last == "profiles":
        return _("in another order") if value is one.after else _("in this order")
    return value_in_words(str(last), value)


def _activity(body: Mapping[str, Any]) -> list[Fact]:
    found = [Fact(_("Key actions"), items=[_weighed(name, weight, body) for name, weight in body["key_actions"].items()])]
    found += [
        Fact(name, ", ".join(body[key]))
        for key, name in (("login_actions", _("Prove a login, beside any other event of a seat")), ("passive_actions", _("Prove no login")))
        if body[key]
    ]
    left_out = [*body["excluded_personas"], *body["excluded_email_domains"]]
    if left_out:
        found.append(Fact(_("Left out, besides bots"), ", ".join(left_out)))
    found.append(Fact(_("Levels of a day"), items=_levels(body)))
    found.append(Fact(_("Active"), items=_periods(body)))
    if body["scenarios"]:
        found.append(Fact(_("Scenarios"), items=[_scenario(one) for one in body["scenarios"]]))
    found += _profiles(body["profiles"])
    return found


def _weighed(name: str, weight: str, body: Mapping[str, Any]) -> str:
    condition = body["conditions"].get(name)
    said = _("%(action)s × %(weight)s") % {"action": name, "weight": weight}
    return (
        said if condition is None else _("%(said)s, from a quantity of %(least)s on") % {"said": said, "least": condition["min_quantity"]}
    )


def _levels(body: Mapping[str, Any]) -> list[str]:
    low, high = (Fraction(body["share"]) * Fraction(body[key]) for key in ("low_multiple", "high_multiple"))
    seats = PARAMS["seat_base"]
    values = {
        "seats": dict(seats.choices)[body["seat_base"]],
        "low": _number(low * 100),
        "high": _number(high * 100),
        "share": share_in_words(body["login_share"]),
    }
    found = [
        _("Zero: no key action."),
        _("Low: per 100 %(seats)s at most %(low)s key actions by weight.") % values,
        _("Medium: at most %(high)s, or more while fewer than %(share)s of the seats logged in.") % values,
        _("High: more than %(high)s, and at least %(share)s of the seats logged in.") % values,
    ]
    if Fraction(body["min_activation_rate"]):
        found.append(
            _("At most Low while fewer than %(rate)s of the purchased seats are activated.")
            % {"rate": share_in_words(body["min_activation_rate"])}
        )
    return found


def _periods(body: Mapping[str, Any]) -> list[str]:
    week = ngettext("A week with at least %(n)d active day.", "A week with at least %(n)d active days.", body["week_days"])
    if "month_workday_share" in body:
        month = _("A month with active days on at least %(share)s of its working days.") % {
            "share": share_in_words(body["month_workday_share"])
        }
    else:
        n = body["month_days"]
        month = ngettext("A month with at least %(n)d active day.", "A month with at least %(n)d active days.", n) % {"n": n}
    return [_("A day of level %(level)s or more.") % {"level": words.level(body["active_from"])}, week % {"n": body["week_days"]}, month]


def _scenario(one: Mapping[str, Any]) -> str:
    parts = [", ".join(one["actions"])]
    if one.get("personas"):
        parts.append(_("by %(personas)s") % {"personas": ", ".join(one["personas"])})
    if one.get("expected_days_per_month") is not None:
        parts.append(_("expected on %(n)s days a month") % {"n": one["expected_days_per_month"]})
    if one.get("expected_seat_share") is not None:
        parts.append(_("by %(share)s of the seats") % {"share": share_in_words(one["expected_seat_share"])})
    return _("%(name)s: %(said)s") % {"name": one["name"], "said": "; ".join(parts)}


def _profiles(profiles: Sequence[Mapping[str, Any]]) -> list[Fact]:
    if not profiles:
        return []
    items = []
    for one in profiles:
        when = _("; ").join(
            f"{PARAMS[key].label} {', '.join(words.readable(value) for value in values)}" for key, values in one["when"].items()
        )
        sets = _("; ").join(
            f"{path_in_words((key,))} {_weights(value) if key == 'weights' else value_in_words(key, value)}"
            for key, value in one.items()
            if key != "when"
        )
        items.append(_("%(when)s: %(sets)s") % {"when": when, "sets": sets})
    return [Fact(_("Profiles, the first that fits"), items=items)]


def _weights(weights: Mapping[str, str]) -> str:
    total = sum(Fraction(weight) for weight in weights.values())
    kept = [(key, weights[key]) for key in FACETS if Fraction(weights.get(key, "0"))]
    return _(", ").join(
        _("%(facet)s %(weight)s (%(share)s)")
        % {"facet": facet_name(key), "weight": weight, "share": words.percent(Decimal(float(Fraction(weight) / total)))}
        for key, weight in kept
    )


def _health(body: Mapping[str, Any]) -> list[Fact]:
    bands = body["bands"]
    return [
        Fact(_("Weights"), _weights(body["weights"])),
        Fact(
            _("Bands"),
            _("red below %(amber)s, amber from %(amber)s, green from %(green)s") % {"amber": bands["amber"], "green": bands["green"]},
        ),
        Fact(_("Unknown"), _("while less than %(share)s of the weight is known") % {"share": share_in_words(body["min_coverage"])}),
        *([Fact(_("Caps"), items=[_cap(cap) for cap in body["caps"]])] if body["caps"] else []),
        *([Fact(_("Community actions"), ", ".join(body["community_actions"]))] if body.get("community_actions") else []),
        *_profiles(body["profiles"]),
    ]


def _cap(cap: Mapping[str, str]) -> str:
    said = condition_in_words(cap["when"], facet_name)
    return _("At most %(band)s while %(condition)s") % {"band": words.band(cap["band"]), "condition": said}


def _questions(body: Mapping[str, Any]) -> list[Fact]:
    language = get_language() or "en"
    found = []
    for one in body["questions"]:
        text = one["text"].get(language) or one["text"].get("en", one["key"])
        anchors = one["anchors"].get(language) or one["anchors"].get("en", [])
        holds = ngettext("an answer holds for %(n)d day", "an answer holds for %(n)d days", one["valid_days"]) % {"n": one["valid_days"]}
        part = _("the executives") if one["part"] == "executive" else _("the CSM's ratings")
        note = _("%(key)s; counts in %(part)s; %(holds)s") % {"key": one["key"], "part": part, "holds": holds}
        found.append(Fact(text, note, [f"{point} {anchor}" for point, anchor in enumerate(anchors, start=1)]))
    return found


def _number(value: Fraction) -> str:
    try:
        return f"{(Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal('0.01')).normalize():f}"
    except InvalidOperation:
        return str(value)


def name_of(section: str) -> str:
    """A section's name in the reader's language."""
    return str(WORDS[section].name)
