"""A stored preview in words: the months before and after, who moves, and which side separates past renewals better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from csm_portal.portal import words
from csm_portal.portal.lab.previews import KINDS
from health.models import DraftPreview

LEVELS = ("zero", "low", "medium", "high", "unknown")
BANDS = ("red", "amber", "green", "unknown")


@dataclass(frozen=True)
class Counted:
    """One level or band: accounts before and after, and the change with its sign."""

    key: str
    word: str
    before: str
    after: str
    change: str


@dataclass(frozen=True)
class Month:
    """One month: rates as published, by the draft, and were days active from LOW, MEDIUM or HIGH."""

    name: str
    paying: str
    before: str
    after: str
    change: str
    low: str
    medium: str
    high: str
    provisional: bool


@dataclass(frozen=True)
class Side:
    """How one way of looking tells renewed from lost."""

    name: str
    groups: list[tuple[str, str, str]]
    difference: str
    auc: str
    best: bool


@dataclass(frozen=True)
class Shown:
    """A preview as its page places it."""

    months: list[Month]
    levels: list[Counted]
    bands: list[Counted]
    changed: list[tuple[str, str, int]]
    sides: list[tuple[str, str, list[Side]]]
    verdict: str
    past: str
    compared: list[str]
    notes: list[str]


def shown(row: DraftPreview) -> Shown:
    """A stored preview in words."""
    body = row.body
    changed = body.get("changed", {})
    named = {"level": _("another level"), "month": _("last month active or not"), "band": _("another band")}
    sides, verdict, past = _separation(body.get("separation", {}))
    return Shown(
        [_month(one) for one in body.get("months", [])],
        [_counted(key, words.level(key), body["levels"].get(key, [0, 0])) for key in LEVELS],
        [_counted(key, words.band(key), body["bands"].get(key, [0, 0])) for key in BANDS],
        [(key, named[key], int(changed.get(key, 0))) for key in KINDS],
        sides,
        verdict,
        past,
        _compared(body.get("separation", {}).get("compared", {})),
        [NOTES[code]() for code in body.get("notes", []) if code in NOTES],
    )


def _month(one: Mapping[str, Any]) -> Month:
    paying = int(one["paying"])
    rates = {key: Decimal(one[key]) / paying if paying else None for key in ("active_before", "active_after", "low", "medium", "high")}
    before, after = rates["active_before"], rates["active_after"]
    change = words.signed((after - before) * 100, 1) if before is not None and after is not None else words.UNKNOWN
    return Month(
        words.month(date.fromisoformat(f"{one['month']}-01")),
        words.number(paying),
        words.percent(before, 1),
        words.percent(after, 1),
        change,
        words.percent(rates["low"], 1),
        words.percent(rates["medium"], 1),
        words.percent(rates["high"], 1),
        bool(one.get("provisional")),
    )


def _counted(key: str, word: str, pair: Sequence[int]) -> Counted:
    before, after = int(pair[0]), int(pair[1])
    return Counted(key, word, words.number(before), words.number(after), words.signed(after - before, 0) if after != before else "")


def _separation(body: Mapping[str, Any]) -> tuple[list[tuple[str, str, list[Side]]], str, str]:
    better = str(body.get("better", "none"))
    names = {
        "published": _("as published"),
        "draft": _("by the draft"),
        "low": _("active from Low"),
        "medium": _("active from Medium"),
        "high": _("active from High"),
    }
    found = []
    activity = [_active_side(one, names, better) for one in body.get("activity", [])]
    if activity:
        found.append(("activity", _("Active three months before, and renewed"), activity))
    health = [_band_side(one, names, better) for one in body.get("health", [])]
    if health:
        found.append(("health", _("Band three months before, and renewed"), health))
    n, lost = int(body.get("n", 0)), int(body.get("lost", 0))
    past = _("%(n)s closed renewals of terms of 90 days or more, %(lost)s of them lost; figures as of 90 days before the due.") % {
        "n": words.number(n),
        "lost": words.number(lost),
    }
    verdict = {
        "draft": _("The draft separates past renewals from losses better, beyond chance."),
        "published": _("The published definition separates past renewals from losses better, beyond chance."),
    }.get(better, _("Neither side is proven to separate past renewals from losses better."))
    if not n:
        return found, _("No renewal has closed yet, so nothing says which side separates better."), ""
    return found, verdict, past


def _active_side(one: Mapping[str, Any], names: Mapping[str, str], better: str) -> Side:
    active, inactive = one["active"], one["inactive"]
    groups = [(_("active"), *_share(active)), (_("not active"), *_share(inactive))]
    low, high = one.get("diff_low"), one.get("diff_high")
    difference = words.UNKNOWN
    if one.get("difference") is not None:
        difference = words.signed(Decimal(str(one["difference"])) * 100, 1)
        if low is not None and high is not None:
            points = {"low": words.signed(Decimal(str(low)) * 100, 1), "high": words.signed(Decimal(str(high)) * 100, 1)}
            difference += _(" (%(low)s to %(high)s)") % points
    side = str(one["side"])
    return Side(names.get(side, side), groups, difference, _auc(one.get("auc")), side == better)


def _band_side(one: Mapping[str, Any], names: Mapping[str, str], better: str) -> Side:
    bands = one.get("bands", {})
    pairs = bands.items() if isinstance(bands, Mapping) else [(band["band"], band) for band in bands]
    by_band = dict(pairs)
    groups = [(words.band(key), *_share(by_band[key])) for key in BANDS if key in by_band]
    side = str(one["side"])
    return Side(names.get(side, side), groups, "", _auc(one.get("auc")), side == better)


def _share(one: Mapping[str, Any]) -> tuple[str, str]:
    """`81.2% (74–87)` and the count behind it."""
    rate, low, high, n = one.get("rate"), one.get("low"), one.get("high"), int(one.get("n", 0))
    if rate is None:
        return words.UNKNOWN, words.number(n)
    said = words.percent(Decimal(str(rate)), 1)
    if low is not None and high is not None:
        ends = {"low": words.percent(Decimal(str(low))), "high": words.percent(Decimal(str(high)))}
        said += _(" (%(low)s to %(high)s)") % ends
    return said, words.number(n)


def _auc(value: Any) -> str:
    return words.UNKNOWN if value is None else words.number(Decimal(str(value)), 3)


def _compared(body: Mapping[str, Any]) -> list[str]:
    """Whether the difference of both sides is more than chance, for activity and for health."""
    names = {"activity": _("Activity"), "health": _("Health")}
    found = []
    for key, one in body.items():
        values = {"what": names.get(key, key), "n": words.number(int(one.get("n", 0)))}
        if one.get("why") == "too_few":
            found.append(_("%(what)s: too few renewals or losses are known to both sides to compare them.") % values)
        elif one.get("why") == "same":
            found.append(_("%(what)s: both sides rank the same %(n)s renewals alike.") % values)
        elif one.get("difference") is not None:
            values |= {name: words.signed(Decimal(str(one[name])), 3) for name in ("difference", "low", "high")}
            said = _(
                "%(what)s: AUC of the draft less that published %(difference)s (%(low)s to %(high)s), over %(n)s renewals known to both."
            )
            found.append(said % values)
    return found


NOTES = {
    "states_not_previewed": lambda: _("Named states are not part of a preview."),
    "time_zone_not_previewed": lambda: _("Another time zone puts events on other days; a preview leaves them where they are."),
}
