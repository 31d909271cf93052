"""The four headlines as the first page shows them: value, change, target, and what each is made of."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csm_portal.portal import words
from csm_portal.portal.book.shown import Change
from csm_portal.portal.headlines import Headline, headlines
from csm_portal.portal.help.figures import FIGURES
from csm_portal.web import reader, remembered

if TYPE_CHECKING:
    from accounts.models import User

NPS = "nps"


@dataclass(frozen=True)
class Stat:
    """One headline, ready to be placed. `meter` is the attainment in percent, at most 100."""

    key: str
    name: str
    note: str
    version: int | None
    value: str
    change: Change | None
    against: str
    provisional: bool
    provisional_note: str
    target: str
    meter: str
    notes: list[str] = field(default_factory=list)
    coverage: str = ""


def headline_stats(user: User, run_id: int | None) -> list[Stat]:
    """The headlines of the viewer's book in the month of the latest night; none before the first night.

    They are remembered for a minute for each run, so that a large book does not add itself up on every visit.
    """
    found = remembered(f"headlines:{reader(user)}:{run_id}", lambda: headlines(user)) if run_id else headlines(user)
    return [stat_of(headline) for headline in found]


def stat_of(headline: Headline) -> Stat:
    """A headline in words; an undefined value is a dash with the reason below it."""
    nps = headline.key == NPS
    last_day = headline.month.replace(day=monthrange(headline.month.year, headline.month.month)[1])
    running = headline.as_of is not None and headline.as_of < last_day
    month = words.month(headline.month)
    return Stat(
        key=headline.key,
        name=name_of(headline.key),
        note=_("Month shown: %(month)s.") % {"month": month},
        version=headline.version,
        value=words.signed(headline.value, 0).replace("±", "") if nps and headline.value is not None else words.percent(headline.value, 1),
        change=_change(headline, points=nps),
        against=_("against the month before (%(value)s)")
        % {"value": words.number(headline.previous, 0) if nps else words.percent(headline.previous, 1)},
        provisional=bool(headline.extra.get("provisional")) or running,
        provisional_note=_("The month %(month)s still runs.") % {"month": month},
        target=_target(headline, points=nps),
        meter=f"{min(Decimal(100), max(Decimal(0), (headline.attainment or Decimal(0)) * 100)):.0f}",
        notes=NOTES[headline.key](headline),
        coverage=_coverage(headline),
    )


def _coverage(headline: Headline) -> str:
    """Share of what could be known that is: paying accounts of known activity, accounts that answered. Empty: all of it is known."""
    if headline.key == NPS:
        return words.percent(headline.extra.get("response_rate"))
    if headline.key == "monthly_active_rate" and headline.n:
        return words.percent(Decimal(headline.n - int(headline.extra.get("unknown") or 0)) / headline.n)
    return ""


def _change(headline: Headline, *, points: bool) -> Change | None:
    if headline.change is None:
        return None
    shown = headline.change if points else headline.change * 100
    text = words.signed(shown, 0 if points else 1)
    way = "flat" if text.startswith("±") else "up" if shown > 0 else "down"
    return Change(text if points else _("%(change)s pts") % {"change": text}, way)


def _target(headline: Headline, *, points: bool) -> str:
    if headline.target is None:
        return ""
    goal = words.number(headline.target, 0) if points else words.percent(headline.target, 1)
    if headline.value is None:
        return _("target %(goal)s") % {"goal": goal}
    if points:
        return _distance(goal, headline.value - headline.target)
    return _("target %(goal)s, %(attained)s attained") % {"goal": goal, "attained": words.percent(headline.attainment)}


def _distance(goal: str, above: Decimal) -> str:
    """Of a score that may be negative a share of the target says nothing; the distance in points does."""
    points = int(abs(above).to_integral_value())
    if not points:
        return _("target %(goal)s, reached") % {"goal": goal}
    text = (
        ngettext("target %(goal)s, %(n)d point above", "target %(goal)s, %(n)d points above", points)
        if above > 0
        else ngettext("target %(goal)s, %(n)d point short", "target %(goal)s, %(n)d points short", points)
    )
    return text % {"goal": goal, "n": points}


def _renewal_count_notes(headline: Headline) -> list[str]:
    facts = headline.extra
    if not facts.get("due"):
        return [_("nothing came due this month")]
    return [_("%(renewed)d renewed, %(lost)d lost, %(open)d open of %(due)d due") % facts]


def _renewal_amount_notes(headline: Headline) -> list[str]:
    facts = headline.extra
    notes = [_("gross, without expansion: %(gross)s") % {"gross": words.percent(facts.get("gross"), 1)}]
    if without := facts.get("without_rate"):
        notes.append(ngettext("%(n)d left out: no exchange rate", "%(n)d left out: no exchange rate", without) % {"n": without})
    return notes


def _active_notes(headline: Headline) -> list[str]:
    facts = headline.extra
    notes = [
        _("%(active)s of %(paying)s paying accounts")
        % {"active": words.number(headline.numerator), "paying": words.number(headline.denominator)}
    ]
    if facts.get("unknown"):
        notes.append(_("%(n)d of them unknown") % {"n": facts["unknown"]})
    if facts.get("provisional") and facts.get("undecided"):
        notes.append(
            _("pace: %(can)d of the other %(rest)d can still reach the bar") % {"can": facts["can_reach"], "rest": facts["undecided"]}
        )
    return notes


def _nps_notes(headline: Headline) -> list[str]:
    rate = headline.extra.get("response_rate")
    answers = ngettext("%(n)d answer, response rate %(rate)s", "%(n)d answers, response rate %(rate)s", headline.n)
    return [answers % {"n": headline.n, "rate": words.percent(rate)}]


NOTES = {
    "renewal_rate_count": _renewal_count_notes,
    "renewal_rate_amount": _renewal_amount_notes,
    "monthly_active_rate": _active_notes,
    "nps": _nps_notes,
}


def name_of(key: str) -> str:
    """A headline's name."""
    return str(FIGURES[key].name)
