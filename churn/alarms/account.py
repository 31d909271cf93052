"""One account's last weeks against its usual weekday, as the night judges them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import Value

from churn.alarms import policy
from churn.alarms.baseline import WEEK
from churn.alarms.judging import judged, small_weeks
from churn.alarms.reads import border_on, counted_alike, open_days
from churn.models import AlarmTuning, DropAlarm, SystemNotice

if TYPE_CHECKING:
    from accounts.models import Account

SHOWN_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Point:
    """One open day, or one whole week by its Monday. `border`: below it the value is far under; `usual` None: too few days like it.

    `held_on`: the day on which an alarm tells of it: the day itself, of a week its Sunday.
    """

    day: date
    value: float
    usual: float | None
    border: float | None
    is_low: bool
    held_on: date


@dataclass(frozen=True, slots=True)
class Usual:
    """The account's last eight weeks: by day, or by week where it usually does less than ten a day. `ours`: days that were about us."""

    by_week: bool
    points: list[Point]
    z: float
    alarms: list[date]
    ours: list[date]


def against_usual(account: Account, as_of: date) -> Usual:
    """Open days of the last eight weeks with what was usual; four queries. The border is that of the tuning in force on each day."""
    since = as_of - timedelta(days=as_of.weekday(), weeks=SHOWN_WEEKS - 1)
    begins = since - timedelta(weeks=policy.REACH_WEEKS)
    about_us = SystemNotice.objects.filter(day__range=(begins, as_of)).values_list("day", Value(value=True))
    of_theirs = DropAlarm.objects.filter(account=account, day__range=(since, as_of)).values_list("day", Value(value=False))
    marks = sorted(about_us.union(of_theirs))
    ours, alarms = ([day for day, about in marks if about is side] for side in (True, False))
    days = open_days([account.pk], begins, as_of, counted_alike(as_of), ours)
    found = judged(days.values, days.is_open)
    tunings = list(AlarmTuning.objects.filter(as_of__lte=as_of))
    small = small_weeks(found)[0, -SHOWN_WEEKS:]
    by_week = bool(small.sum() * 2 > max(1, np.count_nonzero(~np.isnan(found.weeks.usual[0, -SHOWN_WEEKS:]))))
    source, step = (found.weeks, WEEK) if by_week else (found.days, 1)
    points = []
    for place in range((since - days.first).days // step, source.z.shape[1]):
        day = days.day(place * step)
        held_on = day + timedelta(days=step - 1)
        if not by_week and not days.is_open[0, place]:
            continue
        tuning = border_on(held_on, tunings)
        z = policy.UNTUNED if tuning is None else tuning.z
        usual, spread = float(source.usual[0, place]), float(source.spread[0, place])
        known = not np.isnan(usual)
        border = max(0.0, usual + z * spread) if known else None
        points.append(Point(day, float(source.value[0, place]), usual if known else None, border, bool(source.z[0, place] < z), held_on))
    last = border_on(as_of, tunings)
    return Usual(by_week, points, policy.UNTUNED if last is None else last.z, alarms, [day for day in ours if day >= since])
