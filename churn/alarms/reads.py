"""Open days of paying accounts as arrays: key actions of published days, closed days left out.

A day is open where it was a working day of the account (country, work week, quiet periods), a contract ran, and its key actions were
counted as they are today: after a change of what counts, older days are no measure.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from churn.alarms import policy
from churn.alarms.baseline import Bools, Floats
from churn.alarms.judging import Borders
from churn.models import AlarmTuning, SystemNotice
from health.models import ActivityDefinition

COUNTING = ("key_actions", "conditions", "excluded_personas", "excluded_email_domains")
# So many accounts' days are sorted in the memory that every query has.
FEW = 100
# What the accounts that pay on a day did on the days before; a row per account, since a row per open day would be a million.
OPEN_DAYS = """
    SELECT d.account_id, array_to_string(array_agg(d.day - %(first)s::date), ' '), array_to_string(array_agg(d.key_actions::float8), ' ')
    FROM health_accountday d
    JOIN health_publishedslice p ON p.grain = 'day' AND p.starts_on = d.day AND p.run_id = d.run_id
    WHERE d.account_id = ANY(%(accounts)s) AND d.day BETWEEN %(first)s AND %(last)s AND d.working AND d.paying
      AND d.version = ANY(%(versions)s)
    GROUP BY d.account_id ORDER BY d.account_id
"""
# Ordered by a hash, so that the first of them are a sample that stays the same.
PAYING = """
    SELECT d.account_id FROM health_accountday d
    JOIN health_publishedslice p ON p.grain = 'day' AND p.starts_on = d.day AND p.run_id = d.run_id
    WHERE d.day = %s AND d.paying ORDER BY hashint8(d.account_id), d.account_id
"""


@dataclass(frozen=True, slots=True)
class Days:
    """Accounts x days from `first`, a Monday, on."""

    accounts: NDArray[np.int64]
    first: date
    values: Floats
    is_open: Bools

    def day(self, column: int) -> date:
        """The day of a column."""
        return self.first + timedelta(days=int(column))


def paying_on(as_of: date) -> list[int]:
    """Ids of the accounts with a paying contract on the published day, in an order that has nothing to do with them."""
    with connection.cursor() as cursor:
        cursor.execute(PAYING, [as_of])
        return [pk for (pk,) in cursor.fetchall()]


def open_days(accounts: Sequence[int], since: date, last: date, versions: Collection[int], ours: Collection[date] = ()) -> Days:
    """The accounts' open days from the Monday on or before `since` to `last`; `ours` are days on which many dropped, closed for all."""
    first = since - timedelta(days=since.weekday())
    ids = np.asarray(sorted(accounts), dtype=np.int64)
    shape = (len(ids), (last - first).days + 1)
    values, is_open = np.zeros(shape), np.zeros(shape, dtype=bool)
    asked: dict[str, Any] = {"accounts": list(accounts), "first": first, "last": last, "versions": list(versions)}
    for account, places, told in _rows_of_days(asked):
        row, columns = np.searchsorted(ids, account), np.fromstring(places, dtype=np.int64, sep=" ")
        values[row, columns] = np.fromstring(told, sep=" ")
        is_open[row, columns] = True
    is_open[:, [(day - first).days for day in ours if first <= day <= last]] = False
    return Days(ids, first, values, is_open)


def _rows_of_days(asked: dict[str, Any]) -> list[tuple[int, str, str]]:
    """A row per account. The days of a chunk of them are sorted in memory, not on disk; a page asks for one account, in one query."""
    with ExitStack() as stack:
        if len(asked["accounts"]) > FEW:
            stack.enter_context(transaction.atomic())
        cursor = stack.enter_context(connection.cursor())
        if len(asked["accounts"]) > FEW:
            cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(OPEN_DAYS, asked)
        return list(cursor.fetchall())


def counted_alike(as_of: date) -> list[int]:
    """Versions of the activity definition that count key actions as the one in force on the day does."""
    rows = list(ActivityDefinition.objects.order_by("version").values_list("version", "effective_from", "body"))
    held = [body for _version, since, body in rows if since <= as_of]
    # The version of a day is the highest among those in force on it (csm_portal.lib.versions).
    return [version for version, _since, body in rows if held and _counting(body) == _counting(held[-1])]


def _counting(body: dict[str, Any]) -> str:
    parts = [{key: body[key] for key in COUNTING if body.get(key)}]
    for profile in body.get("profiles") or []:
        told = {key: profile[key] for key in COUNTING if key in profile}
        parts += [{"when": profile.get("when"), **told}] if told else []
    return json.dumps(parts, sort_keys=True, default=str)


def notice_days(first: date, last: date) -> list[date]:
    """Days on which many dropped, ascending; closing a notice does not make the day the customers' own."""
    return list(SystemNotice.objects.filter(day__range=(first, last)).order_by("day").values_list("day", flat=True))


def borders_of(tuning: AlarmTuning | None) -> Borders:
    """The two borders of a tuning; where none was made, or none of totals yet, those for too little to tune on."""
    if tuning is None:
        return Borders(policy.UNTUNED, policy.UNTUNED_TOTAL)
    return Borders(tuning.z, tuning.body.get("total", policy.UNTUNED_TOTAL))


def border_on(day: date, tunings: Sequence[AlarmTuning]) -> AlarmTuning | None:
    """The tuning in force on a day: the latest made by then, before the first the first; None: none was made."""
    held = [one for one in tunings if one.as_of <= day]
    return max(held, key=lambda one: one.as_of) if held else min(tunings, key=lambda one: one.as_of, default=None)
