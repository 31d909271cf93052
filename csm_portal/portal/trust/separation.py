"""Whether health separates, in words: counts and intervals, so that no rounded share contradicts the verdict."""

from __future__ import annotations

from django.utils.translation import gettext as _

from churn.calibration.separation import Separation, Side
from csm_portal.portal import words


def said(found: Separation, *, good: bool) -> str:
    """The verdict with the counts of all, of green and of red; where it fails, what each band that fails would need."""
    facts = {"base": _lost(found.lost, found.n), "green": _of(found.green), "red": _of(found.red)}
    if good:
        return _("Health separates. Lost: %(base)s in all; of the green %(green)s; of the red %(red)s.") % facts
    told = [_("Health does not separate yet. Lost: %(base)s in all; of the green %(green)s; of the red %(red)s.") % facts]
    green, red = found.green, found.red
    if green.n and not green.holds:
        asked = {"border": words.number(green.border), "n": words.number(green.n)}
        told.append(_("Of green at most half the share of all should be lost, here %(border)s of %(n)s.") % asked)
    if red.n and not red.holds:
        asked = {"border": words.number(red.border), "n": words.number(red.n)}
        told.append(_("Of red at least twice the share of all should be lost, here %(border)s of %(n)s.") % asked)
    failed = [one for one in (green, red) if one.n and not one.holds]
    if failed and all(one.by_chance for one in failed):
        told.append(_("That lies inside the interval: with more renewals it may turn out either way."))
    return ("" if words.chinese() else " ").join(told)


def _lost(lost: int, n: int) -> str:
    asked = {"lost": words.number(lost), "n": words.number(n), "share": words.percent(lost / n if n else None)}
    return _("%(lost)s of %(n)s (%(share)s)") % asked


def _of(side: Side) -> str:
    if not side.n or side.low is None or side.high is None:
        return _("none, for there were none")
    asked = {"lost": words.number(side.lost), "n": words.number(side.n), "share": words.percent(side.lost / side.n)}
    ends = {"low": words.percent(side.low), "high": words.percent(side.high)}
    return _("%(lost)s of %(n)s (%(share)s, interval %(low)s … %(high)s)") % {**asked, **ends}
