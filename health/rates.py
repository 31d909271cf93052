"""Active rates of days, weeks and months, by any cut, of the accounts a user may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import connection

from csm_portal.lib.periods import label
from health.rates_sql import statement
from health.types import Level

if TYPE_CHECKING:
    from accounts.models import User

ALL = "all"
RATE_PLACES = 6
# Order of the stored counts per level.
LEVELS = tuple(level.word for level in (Level.ZERO, Level.LOW, Level.MEDIUM, Level.HIGH, Level.UNKNOWN))
IDS = ("active", "not_active", "unknown", "joined")


def activity_rates(  # noqa: PLR0917 - the span and the cut read in this order everywhere
    user: User,
    grain: str,
    first: date,
    last: date,
    by: str = ALL,
    filters: Mapping[str, Sequence[str]] | None = None,
    detail: bool = False,
) -> list[dict[str, Any]]:
    """One row per published period that begins in `[first, last)` and group, in one query; periods in order, the nameless group last.

    `rate` is active / paying accounts, rounded to 6 places, None where nobody pays. `unknown` of them have no known day or no bar and
    stay in the denominator; `joined` pay for the first time. `levels` counts accounts of a day, account-days of a week or month.
    `pace` of a provisional period says how many are undecided and how many of these can still reach the bar. By scenario: the accounts
    that it is expected of; of a month active is who does it, of a day or week who is active at all, since expectations are monthly.
    An account with several products or scenarios stands in each. `detail` adds external ids.
    docs/methods/activity.md.
    """
    sql, params = statement(user, grain, by, filters or {}, detail=detail)
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params, "first": first, "after": last})
        rows = cursor.fetchall()
    # A published period without a visible account still is a row of the whole, but no group.
    return [_row(grain, by, row) for row in rows if row[3] or by == ALL]


def _row(grain: str, by: str, row: tuple[Any, ...]) -> dict[str, Any]:
    starts_on, group, as_of, _found, paying, active, unknown, joined, undecided, can_reach, provisional = row[:11]
    found: dict[str, Any] = {
        "period": label(grain, starts_on),
        "group": ALL if by == ALL else group,
        "paying": paying,
        "active": active,
        "rate": round(active / paying, RATE_PLACES) if paying else None,
        "unknown": unknown,
        "joined": joined,
        "provisional": provisional,
        "pace": {"undecided": undecided, "can_reach": can_reach} if provisional else None,
        "levels": dict(zip(LEVELS, row[11:16], strict=True)),
        "as_of": as_of,
        "version": row[16],
    }
    if len(row) > 17:
        found["ids"] = {name: ids or [] for name, ids in zip(IDS, row[17:], strict=True)}
    return found
