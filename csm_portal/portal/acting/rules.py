"""The rules of the day's list in words: how often each was right, what it missed, and whether it is worth its noise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from churn.acting.precision import LEAST, Proposal, RulePrecision, rule_precision
from churn.acting.triggers import Group
from csm_portal.portal import words
from csm_portal.portal.acting.lines import ICONS
from csm_portal.portal.acting.names import rule_name
from csm_portal.portal.acting.page import address
from csm_portal.portal.acting.team import days_words

if TYPE_CHECKING:
    from accounts.models import User
    from csm_portal.lib.estimates import Share

GROUPS = {
    Group.USAGE: pgettext_lazy("rules", "Usage"),
    Group.HEALTH: pgettext_lazy("rules", "Health"),
    Group.RENEWAL: pgettext_lazy("rules", "Renewal"),
    Group.MONEY: pgettext_lazy("rules", "Payment"),
    Group.SERVICE: pgettext_lazy("rules", "Service"),
    Group.PEOPLE: pgettext_lazy("rules", "People"),
    Group.VALUE: pgettext_lazy("rules", "Value"),
    Group.GROWTH: pgettext_lazy("rules", "Growth"),
}
PROPOSALS = {
    Proposal.DISMISSED: gettext_lazy("mostly dismissed: retire it?"),
    Proposal.UNDER_BASE: gettext_lazy("fewer lost than on the whole: retire it?"),
}


@dataclass(frozen=True)
class Line:
    """One rule in words. `lost` of the renewals it told of, `lift` against all, `early` how long before."""

    key: str
    name: str
    icon: str
    group: str
    items: str
    waiting: str
    waiting_href: str
    acted: str
    acted_of: str
    lost: str
    lost_of: str
    lift: str
    early: str
    hours: str
    false_alarms: str
    false_parts: str
    missed: str
    proposal: str
    retired: str
    held_back: str
    decide_href: str


@dataclass(frozen=True)
class Shown:
    """The page: rules, those proposed for retirement first, and the base they are held against."""

    lines: list[Line]
    base: str
    since: date | None
    n_proposed: int
    enough: bool
    least: int = LEAST


def shown(user: User, as_of: date) -> Shown:
    """What the page places; one query."""
    rows = rule_precision(user, as_of)
    base = rows[0].base
    told = _("%(share)s of %(n)s closed renewals were lost") % {"share": words.percent(base.value), "n": words.number(base.n)}
    ordered = sorted(rows, key=lambda row: (row.proposal is None, row.retired_at is not None))
    return Shown(
        lines=[line(row) for row in ordered],
        base=told if base.n else "",
        since=rows[0].since,
        n_proposed=sum(row.proposal is not None for row in rows),
        enough=base.n >= LEAST,
    )


def line(row: RulePrecision) -> Line:
    """A rule in words."""
    return Line(
        key=row.trigger.key,
        name=rule_name(row.trigger.key),
        icon=ICONS[row.trigger.group],
        group=str(GROUPS[row.trigger.group]),
        items=words.number(row.items),
        waiting=words.number(row.waiting) if row.waiting else "",
        waiting_href=address(rule=row.trigger.key, whose="all"),
        acted=words.percent(row.acted.value),
        acted_of=_closed(row),
        lost=words.percent(row.judged.value),
        lost_of=_interval(row.judged),
        lift=words.number(row.lift, 2) if row.lift is not None else words.UNKNOWN,
        early=days_words(row.lead_days),
        hours=days_words(row.hours / 24 if row.hours is not None else None),
        false_alarms=words.number(row.false_alarms),
        false_parts=_("%(dismissed)s dismissed, %(renewed)s renewed untouched")
        % {
            "dismissed": words.number(row.dismissed),
            "renewed": words.number(row.renewed_untouched),
        },
        missed=_("%(missed)s of %(lost)s") % {"missed": words.number(row.missed), "lost": words.number(row.base.hits)}
        if row.base.hits
        else words.UNKNOWN,
        proposal=str(PROPOSALS[row.proposal]) if row.proposal is not None else "",
        retired=_retired(row),
        held_back=_held(row),
        decide_href=reverse("portal:team-rule", args=[row.trigger.key]),
    )


def _closed(row: RulePrecision) -> str:
    if not row.closed:
        return _("none closed yet")
    return ngettext("of %(n)d closed", "of %(n)d closed", row.closed) % {"n": row.closed}


def _interval(told: Share) -> str:
    if not told.n or told.low is None or told.high is None:
        return _("no renewal closed yet")
    return _("%(low)s–%(high)s, %(n)s renewals") % {
        "low": words.percent(told.low),
        "high": words.percent(told.high),
        "n": words.number(told.n),
    }


def _retired(row: RulePrecision) -> str:
    if row.retired_at is None:
        return ""
    day = words.day(timezone.localtime(row.retired_at).date())
    return _("retired %(day)s by %(name)s: %(reason)s") % {"day": day, "name": row.changed_by or "", "reason": row.reason}


def _held(row: RulePrecision) -> str:
    if not row.hold_back:
        return ""
    told = _("%(share)s held back to compare") % {"share": words.percent(row.hold_back)}
    so_far = ngettext("%(n)d so far", "%(n)d so far", row.held) % {"n": row.held}
    return f"{told}: {so_far}"


def restore_address(rule: str, *, retired: bool, reason: str, hold_back: Decimal) -> str:
    """Where a decision is put back to what it was."""
    query = {"retired": "on" if retired else "", "reason": reason, "hold_back": str(hold_back * 100)}
    return f"{reverse('portal:team-rule', args=[rule])}?{urlencode(query)}"
