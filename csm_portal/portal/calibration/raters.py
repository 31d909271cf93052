"""The records of raters in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from csm_portal.portal import words
from csm_portal.portal.calibration.page import auc_interval, auc_text

if TYPE_CHECKING:
    from churn.calibration.raters import Mean, Record


@dataclass(frozen=True, slots=True)
class RaterRow:
    """One rater, or the house. `few` says what is missing before the record may be read; then gain and kindness stand empty."""

    name: str
    whole: bool
    own: bool
    rated: str
    of: str
    human: str
    gain: str
    gain_interval: str
    verdict: str
    tone: str
    without: str
    with_ratings: str
    alone: str
    alone_interval: str
    kindness: str
    kindness_interval: str
    manner: str
    few: str


def rows(found: Sequence[Record], people: Mapping[int, str], viewer: int) -> list[RaterRow]:
    """The house first, then the raters in `people` (names by id) by name, those with a record before those without."""
    house = [one for one in found if one.rater is None]
    seen = sorted((one for one in found if one.rater in people), key=lambda one: (not one.enough, people[one.rater or 0]))
    return [_row(one, people, viewer) for one in (*house, *seen)]


def _row(one: Record, people: Mapping[int, str], viewer: int) -> RaterRow:
    told = one.enough and one.gain is not None and one.kindness is not None
    gain, kindness = (one.gain, one.kindness) if told else (None, None)
    return RaterRow(
        name=_("All raters together") if one.rater is None else people[one.rater],
        whole=one.rater is None,
        own=one.rater == viewer,
        rated=words.number(one.rated),
        of=_("%(n)s with a chance, %(lost)s lost") % {"n": one.n, "lost": one.lost},
        human=words.number(one.human),
        gain=words.signed(gain.value, 3) if gain else words.UNKNOWN,
        gain_interval=_interval(gain, 1, 3),
        verdict=_verdict(gain),
        tone=_tone(gain),
        without=auc_text(one.without.value if told and one.without else None),
        with_ratings=auc_text(one.with_ratings.value if told and one.with_ratings else None),
        alone=auc_text(one.alone.value if told and one.alone else None),
        alone_interval=auc_interval(one.alone.low, one.alone.high) if told and one.alone else "",
        kindness=words.signed(100 * kindness.value, 0) if kindness else words.UNKNOWN,
        kindness_interval=_interval(kindness, 100, 0),
        manner=_manner(kindness, whole=one.rater is None),
        few="" if told else _few(one),
    )


def _interval(mean: Mean | None, scale: float, places: int) -> str:
    if mean is None:
        return ""
    return f"{words.signed(scale * mean.low, places)} … {words.signed(scale * mean.high, places)}"


def _verdict(gain: Mean | None) -> str:
    if gain is None:
        return ""
    if not gain.beyond_chance:
        return _("not told apart from nothing")
    return _("ratings helped") if gain.value > 0 else _("ratings misled")


def _tone(gain: Mean | None) -> str:
    if gain is None or not gain.beyond_chance:
        return "unknown"
    return "green" if gain.value > 0 else "red"


def _manner(kindness: Mean | None, *, whole: bool) -> str:
    if kindness is None or whole:
        return ""
    if not kindness.beyond_chance:
        return _("neither kind nor harsh")
    return (
        _("kind: fewer renewed than such ratings stand for") if kindness.value < 0 else _("harsh: more renewed than such ratings stand for")
    )


def _few(one: Record) -> str:
    from churn.calibration.raters import FEWEST, FEWEST_LOST

    text = _("not enough yet: %(n)s of %(want)s renewals with a chance, %(lost)s of %(want_lost)s lost")
    return text % {"n": one.n, "want": FEWEST, "lost": one.lost, "want_lost": FEWEST_LOST}
