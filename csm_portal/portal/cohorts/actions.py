"""Behaviour groups in words: the action picked, and the verdict on every action."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from churn.behaviours import Behaviour, Behaviours, Group, Use, Verdict, behaviours
from csm_portal.portal import words
from csm_portal.web import reader, remembered

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis
    from csm_portal.portal.cohorts.asked import Asked

# A bar's full length is this much churn, or more where a group lost more.
LEAST_SCALE = 0.1
WIDTH = 200


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group of the action picked; the bar's lengths are of WIDTH, None where nobody is in it."""

    name: str
    uses: str
    seats: str
    lost: str
    interval: str
    bar: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One action, by its key and in words, with the lost share of each group."""

    action: str
    name: str
    verdict: str
    css: str
    users: str
    lost: list[str]
    q: str
    href: str
    picked: bool


@dataclass(frozen=True, slots=True)
class Actions:
    """The part of the page; `picked` is None where no action was done by anybody."""

    found: Behaviours
    picked: Behaviour | None
    picked_name: str
    title: str
    verdict: str
    css: str
    groups: list[GroupLine]
    lines: list[ActionLine]
    seats: str
    lost: str
    first: str
    last: str
    sampled_of: str


def actions(user: User, asked: Asked, basis: Basis) -> Actions:
    """All actions, one of them picked. One query, or none within a minute."""
    found = read(user, basis)
    picked = next((one for one in found.actions if one.action == asked.action), found.actions[0] if found.actions else None)
    name = words.readable(picked.action) if picked else ""
    scale = max([LEAST_SCALE, *(group.lost.high or 0 for group in picked.groups)]) if picked else LEAST_SCALE
    return Actions(
        found=found,
        picked=picked,
        picked_name=name,
        title=_("Seats lost, by how much they used “%(action)s” in their first 30 days") % {"action": name} if picked else "",
        verdict=sentence(picked) if picked else "",
        css=css_of(picked.verdict) if picked else "",
        groups=[_group(group, scale) for group in picked.groups] if picked else [],
        lines=[_action(asked, one, one is picked) for one in found.actions],
        seats=words.number(found.lost.n),
        lost=words.percent(found.lost.value, 1),
        first=words.day(found.first),
        last=words.day(found.last),
        sampled_of="" if found.sampled_of is None else words.number(found.sampled_of),
    )


def read(user: User, basis: Basis) -> Behaviours:
    """The groups of every action; they may be a minute old."""
    return remembered(f"behaviours:{reader(user)}:{basis.as_of}", lambda: behaviours(user, basis.as_of))


def use_name(use: Use) -> str:
    """A group's name."""
    return {
        Use.NEVER: pgettext("use of an action", "Never"),
        Use.INFREQUENT: pgettext("use of an action", "Infrequent"),
        Use.MODERATE: pgettext("use of an action", "Moderate"),
        Use.HIGH: pgettext("use of an action", "Highly active"),
    }[use]


def verdict_name(verdict: Verdict) -> str:
    """A verdict in a word or two."""
    return {
        Verdict.CONFIRMS: pgettext("verdict", "confirms"),
        Verdict.NO_DIFFERENCE: pgettext("verdict", "no difference"),
        Verdict.REVERSE: pgettext("verdict", "reverse"),
        Verdict.TOO_FEW: pgettext("verdict", "too few"),
    }[verdict]


def css_of(verdict: Verdict) -> str:
    """Class of a verdict's mark."""
    return f"verdict-{verdict.value.replace('_', '-')}"


def sentence(one: Behaviour) -> str:
    """What the groups of an action say."""
    told = {
        Verdict.CONFIRMS: _("Confirms: more use goes with less churn."),
        Verdict.NO_DIFFERENCE: _("No difference: use and churn do not go together beyond chance."),
        Verdict.REVERSE: _("Reverse: more use goes with more churn. Look into it, and consider rolling the feature back."),
        Verdict.TOO_FEW: _("Too few seats used it to tell."),
    }[one.verdict]
    if one.q is None:
        return told
    return told + " " + _("Trend over the three groups of users, adjusted for all actions tested: q = %(q)s.") % {"q": q_text(one.q)}


def q_text(q: float | None) -> str:
    """An adjusted p as printed."""
    return words.UNKNOWN if q is None else "< 0.001" if q < 0.001 else f"{q:.3f}"


def _group(group: Group, scale: float) -> GroupLine:
    lost = group.lost
    length = [None if value is None else round(WIDTH * value / scale) for value in (lost.value, lost.low, lost.high)]
    interval = "" if lost.low is None else f"{words.percent(lost.low, 1)}–{words.percent(lost.high, 1)}"
    return GroupLine(use_name(group.use), _uses(group), words.number(lost.n), words.percent(lost.value, 1), interval, *length)


def _uses(group: Group) -> str:
    if group.use is Use.NEVER:
        return "0"
    if group.least is None or group.most is None:
        return words.UNKNOWN
    return _times(group.least) if group.least == group.most else f"{_times(group.least)}–{_times(group.most)}"


def _times(value: Decimal) -> str:
    return words.number(value, 0 if value == value.to_integral_value() else 1)


def _action(asked: Asked, one: Behaviour, picked: bool) -> ActionLine:
    return ActionLine(
        action=one.action,
        name=words.readable(one.action),
        verdict=verdict_name(one.verdict),
        css=css_of(one.verdict),
        users=words.number(one.users),
        lost=[words.percent(group.lost.value, 1) for group in one.groups],
        q=q_text(one.q),
        href=asked.query(("action", one.action)),
        picked=picked,
    )
