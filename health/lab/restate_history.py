"""Months and month ends recomputed with today's definition, kept beside the figures as they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from csm_portal.lib.periods import Period
from csm_portal.lib.versions import version_on
from health.lab import restating_sql as sql
from health.lab.restated_scores import score_day, setting_of
from health.lab.restating import Definitions, Say, published_months, restate_months, todays
from health.lab.restating_sql import KEPT_MONTHS
from health.models import RestateChunk, RestatedMonth, RestatedScore, Run
from health.versions import activity_versions, health_versions

# One recomputation at a time in this database; the number only has to differ from other advisory locks.
LOCK = 0x43534D_05
# So many months are lost at most when it is killed; each few cost the days of two months more.
CHUNK_MONTHS = 6


class SupersededError(Exception):
    """Another recomputation began while this one ran, and dropped what it had kept aside."""

    def __str__(self) -> str:
        return "Another recomputation with a later day or definition began meanwhile; this one was given up."


@dataclass(frozen=True, slots=True)
class Restated:
    """Rows written: account-months, and scores of month ends."""

    months: int
    scores: int


def is_stale(as_of: date) -> bool:
    """Whether the recomputed figures are of an earlier month or of another definition than the day's.

    While only one version of each was ever published they are the figures as they were, and nobody needs them.
    """
    activity, health = activity_versions(), health_versions()
    if len(activity) < 2 and len(health) < 2:
        return False
    month, score = RestatedMonth.objects.order_by("-starts_on").first(), RestatedScore.objects.order_by("-day").first()
    kept = [(row.as_of.replace(day=1), row.version) if row else None for row in (month, score)]
    in_force = [version_on(activity, as_of), version_on(health, as_of)]
    return kept != [(as_of.replace(day=1), one.version) if one else None for one in in_force]


def restate(as_of: date, say: Say) -> Restated:
    """Recompute the last 24 months and the running one, and the health of each month's last day, with the definitions of the day.

    Months are kept aside a few at a time, each few in one transaction: killed, it goes on with the months that are missing. What is shown
    is replaced at the end, all at once; a second time gives the same. Nothing published is touched. `say` is called for each month.

    Raises `SupersededError` when another recomputation began meanwhile.
    """
    definitions, months = todays(as_of), published_months(as_of)
    order = _Order(_key(definitions, as_of), definitions, as_of, say)
    _begin(order.key)
    for start in range(0, len(months), CHUNK_MONTHS):
        # A score reads the days of the two months before its own.
        before = months[max(0, start - (KEPT_MONTHS - 1)) : start]
        _recompute(order, before, months[start : start + CHUNK_MONTHS])
    return _show(order.key)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is recomputed. `key` is the same as long as the rows to be written are."""

    key: str
    definitions: Definitions
    as_of: date
    say: Say


def _key(definitions: Definitions, as_of: date) -> str:
    """The night whose days are read, and the definitions they are recomputed by."""
    run = Run.objects.latest_published()
    versions = [version_on(found, as_of) for found in (definitions.activity, definitions.health)]
    return " ".join([as_of.isoformat(), str(run.pk if run else 0), *(str(one.version) if one else "-" for one in versions)])


@transaction.atomic
def _begin(key: str) -> None:
    """Drop what another recomputation left unfinished; one's own is gone on with."""
    _take_turn()
    if RestateChunk.objects.exclude(order=key).exists():
        with connection.cursor() as cursor:
            cursor.execute(sql.FORGET_NEXT)


@transaction.atomic
def _recompute(order: _Order, before: Sequence[Period], chunk: Sequence[Period]) -> None:
    """Keep the months aside, unless they are."""
    _take_turn()
    _still_ours(order.key)
    if RestateChunk.objects.filter(month__in=[month.first for month in chunk]).count() == len(chunk):
        return
    definitions, as_of, first = order.definitions, order.as_of, chunk[0].first
    setting = setting_of(definitions, as_of) if definitions.health else None
    scores = dict.fromkeys((month.first for month in chunk), 0)
    for month, source in restate_months(definitions, [*before, *chunk], as_of, lambda _line: None):
        if month.first < first:
            continue
        if setting is not None:
            scores[month.first] = score_day(min(month.last, as_of), setting, definitions.health, source)
        order.say(f"{month.first:%Y-%m}")
    with connection.cursor() as cursor:
        cursor.execute(sql.KEEP_MONTHS, {"as_of": as_of, "first": first})
        cursor.execute(sql.KEEP_SCORES, {"as_of": as_of})
    RestateChunk.objects.bulk_create(RestateChunk(order=order.key, month=month, scores=n) for month, n in scores.items())


def _take_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _still_ours(key: str) -> None:
    if RestateChunk.objects.exclude(order=key).exists():
        raise SupersededError


@transaction.atomic
def _show(key: str) -> Restated:
    """What was kept aside takes the place of what is shown."""
    _take_turn()
    _still_ours(key)
    with connection.cursor() as cursor:
        cursor.execute(sql.SHOW_NEXT)
        cursor.execute(sql.FORGET_NEXT)
    return Restated(RestatedMonth.objects.count(), RestatedScore.objects.count())
