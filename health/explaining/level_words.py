"""The rule behind a day's level as a sentence with its numbers: `0 < a = 14 <= n x 60% x 2 = 12`, in the language in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from health.definitions.activity import ActivityRules
from health.explaining.day_levels import DayCounts, LevelTold, Rule


def level_sentence(counts: DayCounts, told: LevelTold, rules: ActivityRules) -> str:
    """Which rule made the level, with the numbers of the day put in."""
    values = {
        "a": plain(counts.a),
        "n": counts.n,
        "l": counts.l,
        "share": percent(rules.share),
        "low_multiple": plain(rules.low_multiple),
        "high_multiple": plain(rules.high_multiple),
        "low": plain(told.low),
        "high": plain(told.high),
        "login_share": percent(rules.login_share),
        "login": plain(told.login),
        "rate": percent(Fraction(counts.activated, counts.purchased)) if counts.purchased else "",
        "least": percent(rules.min_activation_rate),
    }
    return str(_sentences()[told.rule]) % values


def _sentences() -> dict[Rule, str]:
    low_bar = "%(n)s × %(share)s × %(low_multiple)s = %(low)s"
    high_bar = "%(n)s × %(share)s × %(high_multiple)s = %(high)s"
    bars = {"low_bar": low_bar, "high_bar": high_bar}
    return {
        Rule.NO_SEATS: _("no seat counts that day, so the level is unknown"),
        Rule.NOT_PAYING: _("no paying contract ran that day, so the level is unknown"),
        Rule.ZERO: _("no key action: ZERO"),
        Rule.LOW: _put(_("{low_bar}; %(a)s key actions are not above it: LOW"), bars),
        Rule.MEDIUM: _put(_("{low_bar}; {high_bar}; %(a)s key actions lie above the first and not above the second: MEDIUM"), bars),
        Rule.HIGH: _put(
            _("{high_bar}; %(a)s key actions are above it, and %(l)s of %(n)s seats logged in, at least %(login_share)s: HIGH"), bars
        ),
        Rule.CONCENTRATED_USE: _put(
            _("{high_bar}; %(a)s key actions are above it, but only %(l)s of %(n)s seats logged in, below %(login_share)s: MEDIUM"), bars
        ),
        Rule.LOGIN_SHARE_UNKNOWN: _put(_("{high_bar}; %(a)s key actions are above it, but nothing of the day names a seat: MEDIUM"), bars),
        Rule.BELOW_MIN_ACTIVATION: _("%(a)s key actions, but %(rate)s of the purchased seats are activated, below %(least)s: LOW at most"),
    }


def _put(text: str, bars: dict[str, str]) -> str:
    return text.replace("{low_bar}", bars["low_bar"]).replace("{high_bar}", bars["high_bar"])


def graded_by(version: int, profile: int, rules: ActivityRules, when: str) -> str:
    """Which definition and profile graded it. `when`: what the profile applies to, in words; empty: the definition itself."""
    base = _("purchased seats") if rules.seat_base == "purchased" else _("activated seats")
    values = {"version": version, "profile": profile, "when": when, "base": base}
    if profile:
        return _("activity definition version %(version)s, profile %(profile)s (%(when)s); n counts %(base)s") % values
    return _("activity definition version %(version)s; n counts %(base)s") % values


def plain(value: Decimal | Fraction) -> str:
    """A number without needless decimals, at most six."""
    exact = value if isinstance(value, Decimal) else Decimal(value.numerator) / Decimal(value.denominator)
    return f"{exact:,.6f}".rstrip("0").rstrip(".")


def percent(share: Fraction) -> str:
    """A share as a percentage."""
    return f"{plain(share * 100)}%"


def conditions_in_words(when: Mapping[str, Sequence[str]]) -> str:
    """What a profile applies to: `stage onboarding`."""
    names = {
        "stage": pgettext("cut", "stage"),
        "tier": pgettext("cut", "tier"),
        "plan": pgettext("cut", "plan"),
        "product": pgettext("cut", "product"),
        "industry": pgettext("cut", "industry"),
        "region": pgettext("cut", "region"),
        "size": pgettext("cut", "size"),
    }
    return "; ".join(f"{names.get(key, key)} {', '.join(values)}" for key, values in when.items())
