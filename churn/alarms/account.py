"""One account's last weeks against its usual weekday, as the night judges them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import Value

from churn.alarms import policy
from churn.alarms.judging import Borders, judged
from churn.alarms.reads import border_on, borders_of, counted_alike, open_days
from churn.models import AlarmTuning, DropAlarm, SystemNotice

if TYPE_CHECKING:
    from accounts.models import Account

SHOWN_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Point:
    """One open day: what was done on it, or in the two weeks it ends. `border`: below it is far under; `usual` None: too little before."""

    day: date
    value: float
    usual: float | None
    border: float | None
    is_low: bool


@dataclass(frozen=True, slots=True)
class Usual:
    """The account's last eight weeks: by day, or by totals of two weeks where it usually does less than ten a day.

    `z` is the border in force for these; `ours`: days that were about us.
    """

    by_total: bool
    points: list[Point]
    z: float
    alarms: list[date]
    ours: list[date]


def against_usual(account: Account, as_of: date) -> Usual:
    """Open days of the last eight weeks with what was usual; four queries. The border is that of the tuning in force on each day."""
    since = as_of - timedelta(days=as_of.weekday(), weeks=SHOWN_WEEKS - 1)
    begins = since - timedelta(weeks=policy.REACH_WEEKS, days=policy.TOTAL_DAYS)
    about_us = SystemNotice.objects.filter(day__range=(begins, as_of)).values_list("day", Value(value=True))
    of_theirs = DropAlarm.objects.filter(account=account, day__range=(since, as_of)).values_list("day", Value(value=False))
    marks = sorted(about_us.union(of_theirs))
    ours, alarms = ([day for day, about in marks if about is side] for side in (True, False))
    days = open_days([account.pk], begins, as_of, counted_alike(as_of), ours)
    found = judged(days.values, days.is_open)
    tunings = list(AlarmTuning.objects.filter(as_of__lte=as_of))
    shown = slice((since - days.first).days, None)
    told = int(np.count_nonzero(~np.isnan(found.days.usual[0, shown])))
    by_total = bool(found.by_total[0, shown].sum() * 2 > max(1, told))
    source = found.totals if by_total else found.days
    points = []
    for place in range((since - days.first).days, source.z.shape[1]):
        if not days.is_open[0, place]:
            continue
        day = days.day(place)
        z = _border(borders_of(border_on(day, tunings)), by_total=by_total)
        value, usual, spread = (float(part[0, place]) for part in (source.value, source.usual, source.spread))
        known = not np.isnan(usual)
        border = max(0.0, usual + z * spread) if known else None
        if not np.isnan(value):
            points.append(Point(day, value, usual if known else None, border, bool(source.z[0, place] < z)))
    last = _border(borders_of(border_on(as_of, tunings)), by_total=by_total)
    return Usual(by_total, points, last, alarms, [day for day in ours if day >= since])


def _border(borders: Borders, *, by_total: bool) -> float:
    return float(borders.total if by_total else borders.day)
