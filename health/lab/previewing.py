"""What a draft would make of the book: the rates by month, who changes, which side separates past renewals better.

`csm_portal.nightly.restate` runs it as a job; pages read `DraftPreview` and its `PreviewAccount` rows. docs/methods/definitions.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from csm_portal.lib.periods import add_months
from health.lab import previewing_sql as sql
from health.lab import separation
from health.lab.drafted import Drafted, drafted
from health.lab.restated_scores import score_day, score_pairs, setting_of
from health.lab.restating import Say, published_months, restate_months
from health.lab.separation import DRAFT, PUBLISHED, PastRenewal
from health.models import DefinitionDraft, DraftPreview, PreviewAccount
from health.types import Band, Level

SHOWN_MONTHS = 12
# When an account is looked at before its due: the month D-3 for activity, the day D-90 for health.
LEAD_MONTHS, LEAD_DAYS = 3, 90


@dataclass(frozen=True, slots=True)
class PreviewMonth:
    """One month of the book: paying accounts, how many of them were active as published, by the draft, and from each level on.

    `version` is the activity definition it was published by.
    """

    month: date
    paying: int
    active_before: int
    active_after: int
    low: int
    medium: int
    high: int
    provisional: bool
    version: int

    def body(self) -> dict[str, Any]:
        """For JSON; the month as `YYYY-MM`."""
        names = ("paying", "active_before", "active_after", "low", "medium", "high", "provisional", "version")
        return {"month": f"{self.month:%Y-%m}", **{name: getattr(self, name) for name in names}}


@dataclass(frozen=True, slots=True)
class ChangedAccount:
    """One account that the draft shows differently: level of the as-of day, last full month active (None: unknown), band and score."""

    account_id: int
    level_before: Level
    level_after: Level
    month_before: bool | None
    month_after: bool | None
    band_before: Band
    band_after: Band
    score_before: Decimal | None
    score_after: Decimal | None

    @property
    def changes(self) -> tuple[str, ...]:
        """What differs, of `level`, `month` and `band`."""
        pairs = {
            "level": (self.level_before, self.level_after),
            "month": (self.month_before, self.month_after),
            "band": (self.band_before, self.band_after),
        }
        return tuple(name for name, (before, after) in pairs.items() if before != after)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draft would make of the book as of a day. `body` has what DraftPreview.body says, `changed` a row per account that differs."""

    as_of: date
    body: dict[str, Any]
    changed: Sequence[ChangedAccount]


@transaction.atomic
def preview(sections: Mapping[str, Any], as_of: date, past: Sequence[PastRenewal], say: Say) -> Preview:
    """What a draft's sections would make of the book as of the last published day, as if they had always held.

    Published figures stand on one side; on the other the last 24 months and the running one by the draft. `past`: closed renewals to be
    told apart; those whose month D-3 or day D-90 lies outside these months, or before the first event of all, are left out. Writes
    nothing. Raises DefinitionError.
    """
    found = drafted(sections, as_of)
    setting = setting_of(found.definitions, as_of)
    months = published_months(as_of)
    first = max(months[0].first, _months_seen_from()) if months else as_of
    looked_at = [one for one in past if lead_month(one) >= first and first <= lead_day(one) <= as_of]
    for month, source in restate_months(found.definitions, months, as_of, say):
        due = {(one.account_id, lead_day(one)) for one in looked_at if lead_day(one) in month and lead_day(one) != as_of}
        score_pairs(due, setting, found.definitions.health, source)
        if as_of in month:
            score_day(as_of, setting, found.definitions.health, source)
    return _read(found, looked_at) if months else Preview(as_of, _body(found, [], [], [], _separation([], [])), [])


def lead_month(one: PastRenewal) -> date:
    """First day of the month three months before the due's."""
    return add_months(one.ends_on, -LEAD_MONTHS)


def lead_day(one: PastRenewal) -> date:
    """The day 90 days before the due."""
    return one.ends_on - timedelta(days=LEAD_DAYS)


def _months_seen_from() -> date:
    """The first day with any event; no month is looked at where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(sql.MONTHS_SEEN)
        found: date = cursor.fetchone()[0]
    return found


def _read(found: Drafted, past: Sequence[PastRenewal]) -> Preview:
    as_of = found.as_of
    span = {"as_of": as_of, "first": add_months(as_of, -SHOWN_MONTHS), "whole": add_months(as_of + timedelta(days=1), -1)}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE restated_month; ANALYZE restated_score")
        cursor.execute(sql.MONTHS, span)
        months = [PreviewMonth(*row) for row in cursor.fetchall()]
        cursor.execute(sql.ACCOUNTS, span)
        rows = cursor.fetchall()
        leads = {"months": [lead_month(one) for one in past], "days": [lead_day(one) for one in past]}
        cursor.execute(sql.PAST, {"accounts": [one.account_id for one in past], **leads})
        seen = cursor.fetchall()
    changed = [one for one in map(_account, rows) if one.changes]
    return Preview(as_of, _body(found, months, rows, changed, _separation(past, seen)), changed)


def _account(row: tuple[Any, ...]) -> ChangedAccount:
    account, level_before, level_after, month_before, month_after, band_before, band_after, score_before, score_after = row
    unknown = Level.UNKNOWN.value
    return ChangedAccount(
        account,
        Level(unknown if level_before is None else level_before),
        Level(unknown if level_after is None else level_after),
        month_before,
        month_after,
        Band(band_before or Band.UNKNOWN),
        Band(band_after or Band.UNKNOWN),
        score_before,
        score_after,
    )


def _body(
    found: Drafted,
    months: Sequence[PreviewMonth],
    rows: Sequence[tuple[Any, ...]],
    changed: Sequence[ChangedAccount],
    told: dict[str, Any],
) -> dict[str, Any]:
    """For DraftPreview.body; counts of levels and bands are of accounts that have one on that side."""
    counted = Counter(what for one in changed for what in one.changes)
    levels = [(None if row[1] is None else Level(row[1]).word, None if row[2] is None else Level(row[2]).word) for row in rows]
    return {
        "as_of": found.as_of.isoformat(),
        "versions": found.versions,
        "notes": list(found.notes),
        "months": [one.body() for one in months],
        "levels": _both([level.word for level in Level], levels),
        "bands": _both([band.value for band in Band], [(row[5], row[6]) for row in rows]),
        "changed": {what: counted[what] for what in ("level", "month", "band")} | {"any": len(changed)},
        "separation": told,
    }


def _both(words: Iterable[str], pairs: Sequence[tuple[str | None, str | None]]) -> dict[str, list[int]]:
    before, after = Counter(one for one, _ in pairs), Counter(one for _, one in pairs)
    return {word: [before[word], after[word]] for word in words}


def _separation(past: Sequence[PastRenewal], seen: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """Both sides and the three levels as they would have told the past renewals apart."""
    renewed = [one.renewed for one in past]
    months = {side: [row[place] for row in seen] for place, side in enumerate((PUBLISHED, DRAFT, *sql.FROM_LEVEL))}
    scores = {PUBLISHED: ([row[5] for row in seen], [row[6] for row in seen]), DRAFT: ([row[7] for row in seen], [row[8] for row in seen])}
    as_numbers = {side: [None if one is None else float(one) for one in months[side]] for side in (PUBLISHED, DRAFT)}
    compared = {
        "activity": separation.compare(as_numbers[PUBLISHED], as_numbers[DRAFT], renewed),
        "health": separation.compare(scores[PUBLISHED][0], scores[DRAFT][0], renewed),
    }
    dues = sorted(one.ends_on for one in past)
    return {
        "n": len(past),
        "lost": len(past) - sum(renewed),
        "from": dues[0].isoformat() if dues else None,
        "to": dues[-1].isoformat() if dues else None,
        "activity": [separation.split_body(separation.split(side, active, renewed)) for side, active in months.items()],
        "health": [separation.ranked_body(separation.ranked(side, *found, renewed)) for side, found in scores.items()],
        "compared": {what: separation.comparison_body(one) for what, one in compared.items()},
        "better": separation.overall(compared.values()),
    }


@transaction.atomic
def store_preview(draft: DefinitionDraft, revision: int, found: Preview, at: datetime) -> DraftPreview:
    """Keep the preview of one revision as of a day; the one before it of the same revision and day is replaced whole."""
    DraftPreview.objects.filter(draft=draft, revision=revision, as_of=found.as_of).delete()
    row = DraftPreview.objects.create(draft=draft, revision=revision, as_of=found.as_of, made_at=at, body=found.body)
    PreviewAccount.objects.bulk_create(
        [
            PreviewAccount(
                preview=row,
                account_id=one.account_id,
                level_before=one.level_before,
                level_after=one.level_after,
                month_before=one.month_before,
                month_after=one.month_after,
                band_before=one.band_before,
                band_after=one.band_after,
                score_before=one.score_before,
                score_after=one.score_after,
            )
            for one in found.changed
        ],
        batch_size=2_000,
    )
    return row
