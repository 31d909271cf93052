"""The page "did it help": what was tried against similar accounts where nothing was, and items shown against held back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn.helping import policy
from churn.helping.matched import ANY
from csm_portal.lib.estimates import share
from csm_portal.portal import words
from csm_portal.portal.acting.names import rule_name
from csm_portal.portal.helping import words as say

if TYPE_CHECKING:
    from churn.helping.matched import HeldRule, Helped
    from churn.helping.matching import Compared

POINTS = 100


@dataclass(frozen=True, slots=True)
class KindLine:
    """One kind of intervention. `told` is False where too few were matched: then `sentence` says what is missing."""

    name: str
    treated: str
    matched: str
    rate: str
    other: str
    difference: str
    interval: str
    sentence: str
    told: bool
    direction: str


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One rule that holds items back."""

    name: str
    hold_back: str
    shown: str
    shown_lost: str
    held: str
    held_lost: str
    difference: str


@dataclass(frozen=True, slots=True)
class HelpedPage:
    """All of the page. `answer` is the finding over all kinds; `waiting` says when there will be more."""

    answer: str
    told: bool
    kinds: list[KindLine]
    ground: str
    waiting: str
    held: list[HeldLine]


def helped_page(found: Helped, held: list[HeldRule]) -> HelpedPage:
    """The page in words."""
    whole = found.kinds.get(ANY)
    kinds = [_kind(key, one) for key, one in found.kinds.items() if key != ANY]
    kinds.sort(key=lambda line: line.name)
    return HelpedPage(
        answer=_sentence(whole) if whole else "",
        told=whole is not None and whole.difference is not None,
        kinds=([_kind(ANY, whole)] if whole and len(kinds) > 1 else []) + kinds,
        ground=_ground(whole, found.untried),
        waiting=_waiting(found),
        held=[_held(one) for one in held],
    )


def _ground(whole: Compared | None, untried: int) -> str:
    if whole is None:
        return ""
    text = _("%(treated)s decided renewals had something tried in the 180 days before, %(untried)s of the same quarters had nothing.")
    return text % {"treated": words.number(whole.treated), "untried": words.number(untried)}


def _waiting(found: Helped) -> str:
    if not found.waiting or found.next_on is None:
        return ""
    text = ngettext(
        "%(n)s renewal with a step before it has not closed yet; its term ends on %(day)s.",
        "%(n)s renewals with a step before them have not closed yet; the first term ends on %(day)s.",
        found.waiting,
    )
    return text % {"n": words.number(found.waiting), "day": words.day(found.next_on)}


def _kind(key: str, one: Compared) -> KindLine:
    told = one.difference is not None
    side = "up" if (one.low or 0) > 0 else "down" if (one.high or 0) < 0 else ""
    return KindLine(
        name=say.kind(key),
        treated=words.number(one.treated),
        matched=words.number(one.matched),
        rate=words.percent(one.rate),
        other=words.percent(one.other),
        difference=_points(one.difference),
        interval=f"{_points(one.low)} … {_points(one.high)}" if told else "",
        sentence=_sentence(one),
        told=told,
        direction=side,
    )


def _sentence(one: Compared) -> str:
    if one.difference is None or one.low is None or one.high is None:
        return ngettext(
            "Too few to tell: %(matched)s renewal has similar ones without a step beside it; %(missing)s more needed.",
            "Too few to tell: %(matched)s renewals have similar ones without a step beside them; %(missing)s more needed.",
            one.matched,
        ) % {"matched": words.number(one.matched), "missing": words.number(one.missing)}
    text = _(
        "%(rate)s renewed where it was tried, %(other)s of those like them where nothing was. "
        "It goes with a difference of %(points)s (%(low)s to %(high)s)."
    )
    told = text % {
        "rate": words.percent(one.rate),
        "other": words.percent(one.other),
        "points": _("%(points)s points") % {"points": _points(one.difference)},
        "low": _points(one.low),
        "high": _points(one.high),
    }
    return told if one.low > 0 or one.high < 0 else told + " " + _("That lies within chance.")


def _points(value: float | None) -> str:
    return words.UNKNOWN if value is None else words.signed(value * POINTS, 0)


def _held(one: HeldRule) -> HeldLine:
    found = one.lost
    if one.enough and found.value is not None:
        sentence = _("%(points)s (%(low)s to %(high)s)") % {
            "points": _points(found.value),
            "low": _points(found.low),
            "high": _points(found.high),
        }
    elif one.since is None:
        sentence = _("Nothing was held back yet.")
    else:
        sentence = _("Too few decided: right would be %(least)s on each side.") % {"least": policy.FEWEST_HELD}
    return HeldLine(
        name=rule_name(one.rule),
        hold_back=words.percent(one.hold_back or 0),
        shown=_("%(decided)s of %(n)s") % {"decided": words.number(one.shown_decided), "n": words.number(one.shown)},
        shown_lost=words.percent(share(one.shown_lost, one.shown_decided).value),
        held=_("%(decided)s of %(n)s") % {"decided": words.number(one.held_decided), "n": words.number(one.held)},
        held_lost=words.percent(share(one.held_lost, one.held_decided).value),
        difference=sentence,
    )
