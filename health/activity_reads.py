"""One account's published activity: its days, weeks and months as the API and the account page show them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Q

from accounts.models import Account, Seat
from csm_portal.lib.periods import label
from health.calendars import working_days
from health.models import AccountDay, AccountPeriod, PublishedSlice
from health.types import DayFlag, Grain, Level
from health.versions import calendar_on

LEVEL_ORDER = (Level.ZERO, Level.LOW, Level.MEDIUM, Level.HIGH, Level.UNKNOWN)
Row = dict[str, Any]


def account_activity(account: Account, first: date, last: date) -> dict[str, list[Row]]:
    """`days`, `weeks` and `months` of `[first, last)`: every published day, and the periods that begin in the span and hold a day of it.

    A day without contract and without event has no figures: its level is unknown, its seats and version None.
    """
    return {
        "days": _days(account, first, last),
        "weeks": _periods(account, Grain.WEEK, first, last),
        "months": _periods(account, Grain.MONTH, first, last),
    }


def _days(account: Account, first: date, last: date) -> list[Row]:
    found = {row.day: row for row in AccountDay.objects.published().filter(account=account, day__gte=first, day__lt=last)}
    slices = PublishedSlice.objects.filter(grain=Grain.DAY, starts_on__gte=first, starts_on__lt=last).order_by("starts_on")
    seats_loaded = Seat.objects.filter(Q(account=account) | Q(account__counts_for=account)).exists()
    return [_day(day, as_of, found.get(day), seats_loaded=seats_loaded) for day, as_of in slices.values_list("starts_on", "run__as_of")]


def _day(day: date, as_of: date, row: AccountDay | None, *, seats_loaded: bool) -> Row:
    return {
        "day": day,
        "key_actions": plain(row.key_actions) if row else 0,
        "active_seats": row.active_seats if row else 0,
        "key_seats": row.key_seats if row else 0,
        "seats": row.seats if row else None,
        "activation_rate": activation_rate(row.activated, row.purchased) if row and seats_loaded else None,
        "level": Level(row.level if row else Level.UNKNOWN).word,
        "flags": DayFlag(row.flags).words if row else [],
        "paying": row.paying if row else False,
        "active": row.active if row else False,
        "working": row.working if row else None,
        "version": row.version if row else None,
        "as_of": as_of,
    }


def activation_rate(activated: int, purchased: int) -> float | None:
    """Activated / purchased seats, 6 places; None where nothing was purchased. Who has no seats loaded has none either."""
    return round(activated / purchased, 6) if purchased else None


def plain(value: Decimal) -> int | float:
    """A JSON number: whole where it is."""
    return int(value) if value == value.to_integral_value() else float(value)


def _periods(account: Account, grain: Grain, first: date, last: date) -> list[Row]:
    rows = (
        AccountPeriod.objects.published()
        .filter(Q(starts_on__gte=first, starts_on__lt=last), account=account, grain=grain)
        .annotate(as_of=F("run__as_of"))
        .order_by("starts_on")
    )
    return [_period(account, row) for row in rows]


def _period(account: Account, row: Any) -> Row:
    running = row.ends_on - timedelta(days=1) > row.as_of
    return {
        "period": label(row.grain, row.starts_on),
        "starts_on": row.starts_on,
        "active_days": row.active_days,
        "working_days": row.working_days,
        "known_days": row.known_days,
        "bar": row.bar,
        "active": row.active,
        "paying": row.paying,
        "joined": row.joined,
        "provisional": row.provisional,
        "pace": pace(account, row) if running else None,
        "levels": {level.word: days for level, days in zip(LEVEL_ORDER, row.levels, strict=True)},
        "version": row.version,
        "as_of": row.as_of,
    }


def pace(account: Account, row: Any) -> Row:
    """Of a running period: active days still needed, working days left to have them, and whether that is enough."""
    quiet = list(account.quiet_periods.values_list("starts_on", "ends_on"))
    default = calendar_on(row.ends_on - timedelta(days=1)).default_country
    left = working_days(
        account.country, account.work_week, row.as_of + timedelta(days=1), row.ends_on, default_country=default, quiet=quiet
    )
    needed = None if row.bar is None else max(0, row.bar - row.active_days)
    return {"needed": needed, "left": len(left), "can_reach": row.can_reach}
