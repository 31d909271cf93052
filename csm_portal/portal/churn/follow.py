"""Seats that fall silent beside the customers who leave some periods later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csm_portal.portal import words
from csm_portal.portal.churn.asked import MONTH, MOST_LAG, TREND
from csm_portal.portal.churn.charts import Json, one_above_other
from csm_portal.portal.churn.notes import ChartNote, on_chart
from csm_portal.portal.churn.series import LOGO, SEAT, Point, shown_name, stamp
from csm_portal.portal.churn.trend import later_pairs, rank_correlation
from csm_portal.portal.version_lines import Changes, with_versions

if TYPE_CHECKING:
    from csm_portal.portal.churn.asked import Asked


@dataclass(frozen=True, slots=True)
class Lag:
    """One distance to choose: its name, its address, and how the two went together over so many pairs."""

    lag: int
    name: str
    href: str
    correlation: str
    n: int
    beyond_chance: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of the table behind the chart."""

    early: str
    seat: str
    late: str
    logo: str


@dataclass(frozen=True, slots=True)
class Follow:
    """The chart of the distance chosen, and all distances."""

    figure: Json
    text: str
    lags: list[Lag]
    pairs: list[Pair]


def follow(series: dict[str, list[Point]], asked: Asked, notes: Sequence[ChartNote], changes: Changes) -> Follow | None:
    """Seat attrition beside the logo attrition that follows, over finished periods; None for a span, which has none before it."""
    if not asked.has_trend:
        return None
    seats, logos = ([point for point in series[measure] if not point.provisional] for measure in (SEAT, LOGO))
    early = seats[-(TREND + asked.lag) :][: TREND if asked.lag else None]
    by_first = {point.first: point for point in logos}
    order = [point.first for point in seats]
    late = []
    for point in early:
        place = order.index(point.first) + asked.lag
        late.append(by_first.get(order[place]) if place < len(order) else None)
    shown = [(one, other) for one, other in zip(early, late, strict=True) if other is not None and one.rate is not None]
    stamps = [stamp(asked.grain, one.first) for one, _other in shown]
    figure = one_above_other(
        stamps,
        (SEAT, _("Seat attrition"), [one.rate for one, _other in shown]),
        (LOGO, _("Logo attrition, %(later)s") % {"later": later(asked.grain, asked.lag)}, [other.rate for _one, other in shown]),
    )
    periods = [(one.first, one.after, at) for (one, _other), at in zip(shown, stamps, strict=True)]
    figure = with_versions(on_chart(figure, notes, periods), changes, periods)
    return Follow(figure, _said(seats, logos, asked), lags(seats, logos, asked), _pairs(shown, asked))


def later(grain: str, lag: int) -> str:
    """A distance in words."""
    if lag == 0:
        return _("same month") if grain == MONTH else _("same quarter")
    if grain == MONTH:
        return ngettext("%(n)d month later", "%(n)d months later", lag) % {"n": lag}
    return ngettext("%(n)d quarter later", "%(n)d quarters later", lag) % {"n": lag}


def lags(seats: Sequence[Point], logos: Sequence[Point], asked: Asked) -> list[Lag]:
    """Every distance on offer with its rank correlation."""
    made = []
    for lag in range(MOST_LAG + 1):
        found = _rates(seats, logos, lag)
        correlation = rank_correlation(found)
        made.append(
            Lag(
                lag,
                later(asked.grain, lag),
                asked.query(("lag", str(lag))) if lag != 1 else asked.query(without=("lag",)),
                words.UNKNOWN if correlation is None else words.signed(correlation, 2),
                len(found),
                correlation is not None and abs(correlation) > chance_limit(len(found)),
            )
        )
    return made


def chance_limit(n: int) -> float:
    """What a rank correlation of so many pairs without connection seldom (one in twenty) goes beyond."""
    return 1.96 / sqrt(n - 1)


def _rates(seats: Sequence[Point], logos: Sequence[Point], lag: int) -> list[tuple[float, float]]:
    late = {point.first: point.rate for point in logos}
    firsts = [point.first for point in seats]
    pairs = later_pairs([point.rate for point in seats], [late.get(first) for first in firsts], lag)
    return pairs[-TREND:]


def _said(seats: Sequence[Point], logos: Sequence[Point], asked: Asked) -> str:
    found = _rates(seats, logos, asked.lag)
    correlation = rank_correlation(found)
    if correlation is None:
        return _("Too few periods to say whether one follows the other.")
    facts = {"value": words.signed(correlation, 2), "n": len(found), "limit": words.number(chance_limit(len(found)), 2)}
    if abs(correlation) <= chance_limit(len(found)):
        return _("Rank correlation %(value)s over %(n)d pairs: within ±%(limit)s, where chance alone leads.") % facts
    return _("Rank correlation %(value)s over %(n)d pairs: beyond ±%(limit)s, which chance alone seldom reaches.") % facts


def _pairs(shown: Sequence[tuple[Point, Point]], asked: Asked) -> list[Pair]:
    return [
        Pair(
            shown_name(asked.grain, one.first),
            words.percent(one.rate, 1),
            shown_name(asked.grain, other.first),
            words.percent(other.rate, 1),
        )
        for one, other in reversed(shown)
    ]
