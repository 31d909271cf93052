"""The likelihood of renewal in words: `78% (66–87)`, what it rests on, and beside it the owner's own call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from churn.types import Basis
from csm_portal.portal import words
from csm_portal.portal.renewals import said

BASES: Mapping[str, str | Promise] = {
    Basis.LEARNED: gettext_lazy("weights learned from past renewals"),
    Basis.SCORE: gettext_lazy("its health score, calibrated on past renewals"),
    Basis.BANDS: gettext_lazy("how many of its health band renewed"),
    Basis.BASE: gettext_lazy("how many renewed of all: too little is known of its health"),
    Basis.NONE: gettext_lazy("not told"),
}


@dataclass(frozen=True, slots=True)
class Chance:
    """A likelihood as it is shown. `text` `78%`, `interval` `66–87`; both empty where none is told. `call` is the owner's own, with its
    `apart` where it lies outside the interval."""

    text: str
    interval: str
    basis: str
    title: str
    call: str = ""
    apart: str = ""

    @property
    def whole(self) -> str:
        """Both together."""
        return f"{self.text} ({self.interval})" if self.interval else self.text


def chance_of(told: Mapping[str, Any] | None, call: Mapping[str, Any] | None = None) -> Chance:
    """What `reads.told_of` and `reads.own_call` read, in words."""
    own = _call(call)
    if not told or told["value"] is None:
        return Chance("", "", str(BASES[Basis.NONE]), _("Too few renewals have closed, or the account pays nothing now."), own)
    low, high = float(told["low"]), float(told["high"])
    basis = str(BASES.get(told["basis"], BASES[Basis.NONE]))
    title = _("Of accounts like this one %(rate)s renew (95%% interval %(low)s to %(high)s). It rests on: %(basis)s.") % {
        "rate": words.percent(told["value"]),
        "low": words.percent(low),
        "high": words.percent(high),
        "basis": basis,
    }
    return Chance(words.percent(told["value"]), interval(low, high), basis, title, own, _apart(call, low, high))


def interval(low: float, high: float) -> str:
    """Both ends as whole percents, without the sign, which stands before them."""
    return f"{low * 100:.0f}–{high * 100:.0f}"


def _call(call: Mapping[str, Any] | None) -> str:
    if not call:
        return ""
    facts = {"probability": words.percent(call["probability"]), "category": said.CATEGORIES[call["category"]]}
    return _("own forecast %(probability)s, %(category)s") % facts


def _apart(call: Mapping[str, Any] | None, low: float, high: float) -> str:
    if not call or low <= float(call["probability"]) <= high:
        return ""
    return _("outside the interval: one of the two knows something that the other does not")
