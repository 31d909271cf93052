"""What the tables hold before a run: where the data begin, which days are published, which are dirty."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection
from django.db.models import Min, Q

from accounts.models import Contract, DirtyDay, UsageDaily
from csm_portal.nightly.plan import Known
from health.models import AccountFault, PublishedSlice
from health.types import Grain

# Days of an account in fault that each night tries again for it. They reach over the running month, the week and the 28 days a score
# looks back; older days are marked still, and redone once the account can be computed.
TRIED_DAYS = 35


class NoDefinitionError(Exception):
    """Nothing says what a key action is, so no day can be graded."""


def read_known(first_version: date | None, as_of: date) -> Known:
    """State before a run. Days before the first activity definition do not exist for it."""
    if first_version is None:
        raise NoDefinitionError(
            "There is no activity definition yet. Write one (docs/reference/definition.md) and publish it: manage.py define FILE.toml"
        )
    starts = [day for day in (_first_event_day(), _first_usage_day(), _first_contract_day()) if day is not None]
    data_from = max(first_version, min(starts)) if starts else None
    return Known(
        data_from=data_from,
        activity=_published(Grain.DAY),
        health=_published(Grain.HEALTH),
        dirty=_dirty(first_version, as_of),
    )


def _dirty(first: date, as_of: date) -> frozenset[date]:
    """Marked days; of accounts in fault only the latest, for what cannot be computed must not make every night redo long history."""
    marks = DirtyDay.objects.filter(day__gte=first, day__lte=as_of)
    in_fault = AccountFault.objects.filter(resolved_at__isnull=True).values("account_id")
    old = Q(account_id__in=in_fault, day__lte=as_of - timedelta(days=TRIED_DAYS))
    return frozenset(marks.exclude(old).values_list("day", flat=True).distinct())


def _published(grain: Grain) -> frozenset[date]:
    return frozenset(PublishedSlice.objects.filter(grain=grain).values_list("starts_on", flat=True))


def _first_event_day() -> date | None:
    """Oldest event's day. Any event says up to which month to look, and the first one met is nearly always of the oldest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT day FROM event LIMIT 1")
        some = cursor.fetchone()
        if some is None:
            return None
        cursor.execute("SELECT min(day) FROM event WHERE day <= %s", some)
        first: date = cursor.fetchone()[0]
    return first


def _first_usage_day() -> date | None:
    first: date | None = UsageDaily.objects.aggregate(first=Min("day"))["first"]
    return first


def _first_contract_day() -> date | None:
    first: date | None = Contract.objects.aggregate(first=Min("starts_on"))["first"]
    return first
