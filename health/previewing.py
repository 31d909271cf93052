"""What a draft would make of the book: the rates by month, who changes, which side separates past renewals better.

`csm_portal.nightly.restate` puts it together as a job; pages read `DraftPreview` and its `PreviewAccount` rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from health.models import DefinitionDraft, DraftPreview, PreviewAccount
from health.types import Band, Level


@dataclass(frozen=True, slots=True)
class PreviewMonth:
    """One month of the book: paying accounts, how many of them were active as published, by the draft, and from each level on."""

    month: date
    paying: int
    active_before: int
    active_after: int
    low: int
    medium: int
    high: int
    provisional: bool

    def body(self) -> dict[str, Any]:
        """For JSON; the month as `YYYY-MM`."""
        names = ("paying", "active_before", "active_after", "low", "medium", "high", "provisional")
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


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draft would make of the book as of a day. `body` has what DraftPreview.body says, `changed` a row per account that differs."""

    as_of: date
    body: dict[str, Any]
    changed: Sequence[ChangedAccount]


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
