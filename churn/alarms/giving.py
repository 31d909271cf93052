"""What a night does about drops: once a month it tunes the border, and it writes down the alarms and notices of the last days.

Both may run again: what was given stays as it was given, and a day is judged by the border that was in force on it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn.alarms import policy
from churn.alarms.baseline import WEEK, Against, Bools, Floats
from churn.alarms.judging import Judged, day_counts, is_many, judged, low_days, low_totals, silenced
from churn.alarms.reads import Days, border_on, borders_of, counted_alike, notice_days, open_days, paying_on
from churn.alarms.tuning import Tuned, tuned
from churn.models import AlarmTuning, DropAlarm, SystemNotice

# Totals of two weeks look at the weeks before those.
REACH = timedelta(weeks=policy.REACH_WEEKS, days=policy.TOTAL_DAYS)
FAR_BEFORE = -(10**6)
NOTICE = "many_dropped"


def tune(as_of: date, accounts: Sequence[int] | None = None) -> int:
    """Tune the borders on the weeks before, unless this month was tuned; rows written: 0 or 1. `accounts`: those that pay, where known.

    Looks at 2,000 accounts at most, over 26 weeks that have four weeks behind them.
    """
    # One made before totals had a border of their own does not count.
    if AlarmTuning.objects.filter(as_of__gte=as_of.replace(day=1), as_of__lte=as_of, body__has_key="total").exists():
        return 0
    chosen = (paying_on(as_of) if accounts is None else accounts)[: policy.TUNED_ACCOUNTS]
    # Whole weeks only: the one that still runs tells nothing yet.
    last = as_of - timedelta(days=(as_of.weekday() + 1) % WEEK)
    since = last - timedelta(weeks=policy.TUNED_WEEKS + policy.AFTER_WEEKS + policy.BEFORE_WEEKS)
    days = open_days(chosen, since, last, counted_alike(as_of), notice_days(since, last))
    found = tuned(days.values, days.is_open)
    AlarmTuning.objects.update_or_create(
        as_of=as_of, defaults={"z": found.z, "per_fifty_a_week": found.rate, "body": _body(found, days, len(chosen))}
    )
    return 1


def _body(found: Tuned, days: Days, accounts: int) -> dict[str, Any]:
    return {
        "accounts": accounts,
        "weeks": found.weeks,
        "from": days.first.isoformat(),
        "within": found.within,
        "total": found.total,
        "days": asdict(found.days) if found.days else None,
        "tried": [asdict(one) for one in found.tried],
        "left_out": [days.day(column).isoformat() for column in found.left_out],
    }


Counted = dict[str, tuple[int, int]]
"""Of each day (ISO) the accounts that dropped, and those that are judged."""


def give(as_of: date, now: datetime, counted: Counted | None = None) -> int:
    """Tune where due, then write the alarms and notices of the last days (more of them on the first night); rows written.

    Days on which many dropped become a notice and no alarms; accounts that were warned are silent for 14 days. Into `counted` goes how many
    dropped on each of the days.
    """
    paying = paying_on(as_of)
    n_days = policy.JUDGED_DAYS if AlarmTuning.objects.exists() else policy.FIRST_JUDGED_DAYS
    since = as_of - timedelta(days=n_days - 1)
    written = tune(as_of, paying)
    tunings, versions = list(AlarmTuning.objects.filter(as_of__lte=as_of)), counted_alike(as_of)
    known = notice_days(since - REACH, as_of)
    chunks = [open_days(chunk, since - REACH, as_of, versions, known) for chunk in _chunks(paying)]
    found = [judged(days.values, days.is_open, (since - days.first).days) for days in chunks]
    if counted is not None:
        counted |= _counted(chunks, found, tunings, since)
    fresh = _notices(chunks, found, tunings, since, now)
    if fresh:
        SystemNotice.objects.bulk_create(fresh, ignore_conflicts=True)
        found = [_without(days, [one.day for one in fresh], since) for days in chunks]
    made = [alarm for days, one in zip(chunks, found, strict=True) for alarm in _alarms(days, one, tunings, since)]
    DropAlarm.objects.bulk_create(made, ignore_conflicts=True, batch_size=1_000)
    return written + len(fresh) + len(made)


def give_again(as_of: date, now: datetime, about: Collection[int], before: Counted) -> int | None:
    """The alarms of accounts that changed since those of this day were given; rows written. None: all have to be looked at.

    That is so before the month is tuned, and where so many of these accounts dropped that the day could be one on which many did, beside
    what was counted `before` of all.
    """
    tunings = list(AlarmTuning.objects.filter(as_of__lte=as_of))
    if not any(one.as_of >= as_of.replace(day=1) for one in tunings):
        return None
    since = as_of - timedelta(days=policy.JUDGED_DAYS - 1)
    chosen = sorted(set(about) & set(paying_on(as_of)))
    if not chosen:
        return 0
    days = open_days(chosen, since - REACH, as_of, counted_alike(as_of), notice_days(since - REACH, as_of))
    found = judged(days.values, days.is_open, (since - days.first).days)
    mine = _counted([days], [found], tunings, since)
    dropped, accounts = (np.asarray([before[day][side] for day in before if day in mine], dtype=np.int64) for side in (0, 1))
    more = np.asarray([mine[day][0] for day in before if day in mine], dtype=np.int64)
    if len(more) < len(mine) or (dropped + more > policy.MANY_SHARE * np.maximum(accounts - len(chosen), 0)).any():
        return None
    made = _alarms(days, found, tunings, since)
    DropAlarm.objects.bulk_create(made, ignore_conflicts=True, batch_size=1_000)
    return len(made)


def _counted(chunks: Sequence[Days], found: Sequence[Judged], tunings: Sequence[AlarmTuning], since: date) -> Counted:
    """How many dropped, and are judged, on each day from `since` on."""
    if not chunks:
        return {}
    counts = [day_counts(one, _far(days, tunings)) for days, one in zip(chunks, found, strict=True)]
    dropped, accounts = (np.sum([one[side] for one in counts], axis=0) for side in (0, 1))
    days = [chunks[0].day(column) for column in range(len(dropped))]
    return {day.isoformat(): (int(dropped[column]), int(accounts[column])) for column, day in enumerate(days) if day >= since}


def _chunks(accounts: Sequence[int]) -> Iterator[Sequence[int]]:
    return (accounts[start : start + policy.CHUNK] for start in range(0, len(accounts), policy.CHUNK))


def _borders(days: Days, tunings: Sequence[AlarmTuning]) -> tuple[Floats, Floats]:
    """The borders in force on each column, of days and of totals."""
    held = [borders_of(border_on(days.day(column), tunings)) for column in range(days.values.shape[1])]
    return np.asarray([one.day for one in held]), np.asarray([one.total for one in held])


def _far(days: Days, tunings: Sequence[AlarmTuning]) -> Floats:
    """The border of each column under which an account counts towards a day on which many dropped: never keener than the untuned one.

    Three low days of five may be tuned so keen that of twenty accounts four lie under it on one day by chance alone.
    """
    return np.minimum(_borders(days, tunings)[0], policy.UNTUNED)


def _notices(
    chunks: Sequence[Days], found: Sequence[Judged], tunings: Sequence[AlarmTuning], since: date, now: datetime
) -> list[SystemNotice]:
    """Notices of the days from `since` on that many of all accounts dropped on: a chunk alone is no portfolio."""
    if not chunks:
        return []
    counts = [day_counts(one, _far(days, tunings)) for days, one in zip(chunks, found, strict=True)]
    dropped, accounts = (np.sum([one[side] for one in counts], axis=0) for side in (0, 1))
    return [
        SystemNotice(
            kind=NOTICE,
            day=chunks[0].day(column),
            opened_at=now,
            facts={"dropped": int(dropped[column]), "accounts": int(accounts[column]), "share": float(dropped[column] / accounts[column])},
        )
        for column in np.flatnonzero(is_many(dropped, accounts)).tolist()
        if chunks[0].day(column) >= since
    ]


def _without(days: Days, ours: Sequence[date], since: date) -> Judged:
    is_open = days.is_open.copy()
    is_open[:, [(day - days.first).days for day in ours]] = False
    return judged(days.values, is_open, (since - days.first).days)


def _alarms(days: Days, found: Judged, tunings: Sequence[AlarmTuning], since: date) -> list[DropAlarm]:
    of_days, of_totals = _borders(days, tunings)
    by_day, by_total = low_days(found, of_days), low_totals(found, of_totals)
    held: Bools = by_day | by_total
    held[:, : (since - days.first).days] = False
    told = silenced(held & ~_silent(days))
    return [
        DropAlarm(
            account_id=int(days.accounts[row]),
            day=days.day(column),
            z=float((of_days if by_day[row, column] else of_totals)[column]),
            facts=alarm_facts(days, found, int(row), int(column), by_day=bool(by_day[row, column])),
        )
        for row, column in zip(*np.nonzero(told), strict=True)
    ]


def _silent(days: Days) -> NDArray[np.bool_]:
    """Days within 14 of an alarm already given, before it too: late data does not make a second one of the same drop."""
    silent = np.zeros(days.values.shape, dtype=bool)
    ends = (days.first - timedelta(days=policy.SILENT_DAYS), days.day(days.values.shape[1] + policy.SILENT_DAYS))
    given = DropAlarm.objects.filter(account_id__in=days.accounts.tolist(), day__range=ends).values_list("account_id", "day")
    for account, day in given:
        column = (day - days.first).days
        row = int(np.searchsorted(days.accounts, account))
        silent[row, max(0, column - policy.SILENT_DAYS + 1) : column + policy.SILENT_DAYS] = True
    return silent


def alarm_facts(days: Days, found: Judged, row: int, column: int, *, by_day: bool) -> dict[str, Any]:
    """The five open days behind an alarm, or the two weeks by their first day: {unit, z, days: [{day, value, usual, spread, z}]}.

    `usual` is null where it is unknown. Alarms of earlier versions have the unit `week`.
    """
    if not by_day:
        one = _point(days.day(column - policy.TOTAL_DAYS + 1), found.totals, row, column)
        return {"unit": "two_weeks", "z": one["z"], "days": [one]}
    columns = np.flatnonzero(found.is_open[row, : column + 1])[-policy.OF_DAYS :]
    told = [_point(days.day(place), found.days, row, int(place)) for place in columns]
    return {"unit": "day", "z": min(one["z"] for one in told if one["z"] is not None), "days": told}


def _point(day: date, against: Against, row: int, place: int) -> dict[str, Any]:
    numbers = {name: float(getattr(against, name)[row, place]) for name in ("value", "usual", "spread", "z")}
    return {"day": day.isoformat(), **{name: None if np.isnan(number) else round(number, 4) for name, number in numbers.items()}}
