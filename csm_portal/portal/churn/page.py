"""What the page of the losses shows for one address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from churn.spans import SPAN
from csm_portal.lib.periods import label
from csm_portal.portal.churn import cards, series
from csm_portal.portal.churn.asked import GRAINS, MONTH, QUARTER, Asked, latest, on_offer
from csm_portal.portal.churn.bridge import Bridge, bridge_of
from csm_portal.portal.churn.filters import Chip, chips
from csm_portal.portal.churn.follow import Follow, follow
from csm_portal.portal.churn.money import Told, told_in
from csm_portal.portal.churn.notes import ChartNote, may_write, notes_between
from csm_portal.portal.churn.reads import trend_rows, whole_row

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list to choose from."""

    value: str
    name: str
    chosen: bool
    href: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """What the period picker shows: the grains, the periods of the grain, and the two ends of a span (both inside)."""

    grains: list[Choice]
    periods: list[Choice]
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Shown:
    """The page of one address. `bridge` is None where nothing is known of the period."""

    asked: Asked
    name: str
    provisional: bool
    told: Told
    cards: list[cards.Card]
    bridge: Bridge | None
    follow: Follow | None
    notes: list[ChartNote]
    note_day: date
    may_write: bool
    pick: Pick
    chips: list[Chip]
    trend_title: str
    version: int | None
    gap_days: int
    late: dict[str, str]


def shown(user: User, asked: Asked, basis: Basis) -> Shown:
    """The whole page in four queries: both sides of every period of the trend, the seats, the notes, the currencies."""
    told = told_in(user, asked.currency, basis.as_of)
    rows = trend_rows(user, asked, basis, told.currency)
    points = series.three(rows)
    notes = notes_between(user, asked.trend_first, asked.period.after)
    whole = whole_row(rows, asked)
    return Shown(
        asked=asked,
        name=series.shown_name(asked.grain, asked.period.first, asked.period.after),
        provisional=asked.provisional,
        told=told,
        cards=cards.cards(points, asked, told, notes, basis.activity_changes),
        bridge=bridge_of(whole.movement, asked, told) if whole else None,
        follow=follow(points, asked, notes, basis.activity_changes),
        notes=notes,
        note_day=min(asked.period.last, basis.as_of),
        may_write=may_write(user),
        pick=pick(asked),
        chips=chips(user, asked),
        trend_title=cards.trend_title(asked),
        version=basis.version,
        gap_days=basis.renewals.bridge_gap_days,
        late={part: reverse(f"portal:churn-{part}") + asked.query() for part in ("cuts", "types", "weeks", "filters")},
    )


def pick(asked: Asked) -> Pick:
    """The choices of the period picker; another grain begins with its latest finished period."""
    names = {MONTH: _("month"), QUARTER: _("quarter"), SPAN: _("from … to …")}
    grains = []
    for grain in GRAINS:
        period = asked.period if grain == SPAN else latest(grain, asked.as_of)
        grains.append(Choice(grain, names[grain], grain == asked.grain, asked.for_period(grain, period).query()))
    periods = []
    if asked.has_trend:
        offered = on_offer(asked.grain, asked.as_of)
        if asked.period not in offered:
            offered.append(asked.period)
        for one in offered:
            name = series.shown_name(asked.grain, one.first)
            if one.last > asked.as_of:
                name = _("%(period)s, running") % {"period": name}
            periods.append(Choice(label(asked.grain, one.first), name, one == asked.period))
    return Pick(grains, periods, asked.period.first, asked.period.last)
