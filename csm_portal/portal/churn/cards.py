"""Customers, seats and revenue lost, beside each other for the same set and period, each with its trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn.spans import SPAN
from csm_portal.lib.periods import Period
from csm_portal.portal import words
from csm_portal.portal.churn.asked import MONTH, STEP, TREND
from csm_portal.portal.churn.charts import Json, rates
from csm_portal.portal.churn.links import list_address
from csm_portal.portal.churn.notes import ChartNote, on_chart
from csm_portal.portal.churn.series import LOGO, MEASURES, REVENUE, SEAT, Point, known_of, shown_name, stamp
from csm_portal.portal.churn.trend import FEWEST_PERIODS, Sign, Verdict, judged
from csm_portal.portal.version_lines import Changes, with_versions

if TYPE_CHECKING:
    from csm_portal.portal.churn.asked import Asked
    from csm_portal.portal.churn.money import Told


@dataclass(frozen=True, slots=True)
class Count:
    """One number of a card with the list behind it."""

    name: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """One period of the table behind a trend, with the lists behind its numbers."""

    name: str
    start: str
    start_href: str
    lost: str
    lost_href: str
    rate: str
    interval: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One attrition. `warning` is empty unless the trend worsens beyond noise; `trend_said` says what was tested."""

    key: str
    measure: str
    name: str
    value: str
    interval: str
    counts: list[Count]
    sum_said: str
    note: str
    warning: str
    trend_said: str
    figure: Json | None
    rows: list[Row]
    provisional: bool


def names() -> dict[str, str]:
    """What the three are called."""
    return {LOGO: _("Logo attrition"), SEAT: _("Seat attrition"), REVENUE: _("Revenue attrition")}


def cards(series: dict[str, list[Point]], asked: Asked, told: Told, notes: Sequence[ChartNote], changes: Changes) -> list[Card]:
    """The three cards; a measure without a row for the period is left out. `changes`: where other key actions began to count."""
    made = []
    for measure in MEASURES:
        points = [point for point in series[measure] if point.first <= asked.period.first]
        if points and points[-1].first == asked.period.first:
            figure = _figure(measure, points[-TREND:], asked, notes, changes) if asked.has_trend else None
            made.append(_card(measure, points[-TREND:], asked, told, figure))
    return made


def _card(measure: str, points: list[Point], asked: Asked, told: Told, figure: Json | None) -> Card:
    now = points[-1]
    counts = {"start": _("at the start"), "lost": _("lost"), "remaining": _("remaining"), "joined": _("joined, never counted")}
    verdict = verdict_of(points) if asked.has_trend else None
    return Card(
        key=f"{measure}_attrition",
        measure=measure,
        name=names()[measure],
        value=words.percent(now.rate, 1),
        interval=interval(now.low, now.high),
        counts=[Count(name, amount(measure, getattr(now, key), told), list_address(asked, measure, key)) for key, name in counts.items()],
        sum_said=_sum_said(now.rate),
        note=_bought(now) if measure != REVENUE else _weighs(now),
        warning=warning(verdict, names()[measure]) if verdict else "",
        trend_said=trend_said(verdict) if verdict else "",
        figure=figure,
        rows=table(known_of(points), measure, asked.grain, asked, told),
        provisional=now.provisional,
    )


def amount(measure: str, value: Decimal, told: Told) -> str:
    """A number of a measure in words: money, or a count."""
    return told(value, 2) if measure == REVENUE else words.number(value)


def interval(low: float | None, high: float | None) -> str:
    """The 95% interval in words; empty where there is none."""
    return "" if low is None or high is None else f"{words.percent(low, 1)} – {words.percent(high, 1)}"


def _sum_said(rate: float | None) -> str:
    if rate is None:
        return _("Nobody was there at the start: there is no rate.")
    lost = words.percent(rate, 1)
    kept = words.percent(1 - Decimal(lost.rstrip("%")) / 100, 1)
    return _("attrition %(lost)s + retention %(kept)s = 100%%") % {"lost": lost, "kept": kept}


def _bought(now: Point) -> str:
    """What became of the bought seats; empty where no contract tells how many there were."""
    if now.bought is None:
        return ""
    facts = {"lost": words.number(now.bought_lost or 0), "start": words.number(now.bought)}
    return _("Purchased seats: %(lost)s lost of %(start)s.") % facts


def _weighs(now: Point) -> str:
    """As how many customers of equal size the start counts: why the interval of money is wider than that of its customers."""
    if now.counted is None:
        return ""
    n = int(now.counted)
    return ngettext(
        "Interval: large customers weigh more, so this counts as %(n)s customer of equal size.",
        "Interval: large customers weigh more, so this counts as %(n)s customers of equal size.",
        n,
    ) % {"n": words.number(n)}


def verdict_of(points: Sequence[Point]) -> Verdict:
    """What the finished periods say beyond what chance makes of so many."""
    over = [point for point in points if not point.provisional]
    return judged([point.rate for point in over], [point.losers for point in over], [point.counted for point in over])


def warning(verdict: Verdict, name: str) -> str:
    """A plain sentence where the trend worsens beyond noise, else empty."""
    usual = words.percent(verdict.usual, 1)
    if verdict.sign == Sign.JUMP:
        return _("%(name)s stands out: higher than the periods before let expect (their mean: %(usual)s).") % {"name": name, "usual": usual}
    if verdict.sign == Sign.RISING:
        return _("%(name)s keeps rising: so steady a rise over %(n)d periods is hardly chance.") % {"name": name, "n": verdict.n}
    return ""


def trend_said(verdict: Verdict) -> str:
    """What was tested, where there is nothing to warn of."""
    if verdict.sign == Sign.FEW:
        missing = FEWEST_PERIODS - verdict.n
        return ngettext("%(n)d more period is needed to judge the trend.", "%(n)d more periods are needed to judge the trend.", missing) % {
            "n": missing
        }
    if verdict.sign == Sign.STEADY:
        return _("No worsening beyond noise in %(n)d finished periods.") % {"n": verdict.n}
    return ""


def _figure(measure: str, points: Sequence[Point], asked: Asked, notes: Sequence[ChartNote], changes: Changes) -> Json:
    points = known_of(points)
    stamps = [stamp(asked.grain, point.first) for point in points]
    figure = rates(
        stamps,
        [point.rate for point in points],
        [point.low for point in points],
        [point.high for point in points],
        role=measure,
        label=names()[measure],
        open_last=bool(points) and points[-1].provisional,
    )
    periods = [(point.first, point.after, at) for point, at in zip(points, stamps, strict=True)]
    figure = on_chart(figure, notes, periods)
    return with_versions(figure, changes, periods) if measure == SEAT else figure  # contracts tell of the others


def table(points: Sequence[Point], measure: str, grain: str, asked: Asked, told: Told) -> list[Row]:
    """The periods behind a trend, the latest first. A week is a span of seven days: its list is the same."""
    made = []
    for point in reversed(points):
        of = asked.for_period(grain if grain in STEP else SPAN, Period(point.first, point.after))
        made.append(
            Row(
                name=shown_name(grain, point.first, point.after),
                start=amount(measure, point.start, told),
                start_href=list_address(of, measure, "start"),
                lost=amount(measure, point.lost, told),
                lost_href=list_address(of, measure, "lost"),
                rate=words.percent(point.rate, 1),
                interval=interval(point.low, point.high),
                provisional=point.provisional,
            )
        )
    return made


def trend_title(asked: Asked) -> str:
    """What the charts of the trend show."""
    return _("By month, 12 months") if asked.grain == MONTH else _("By quarter, 12 quarters")
