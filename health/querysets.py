"""Questions over derived rows: which belong to the published run of their day."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import Exists, F, OuterRef

from accounts.querysets import AccountBoundQuerySet
from health.types import Grain


class DayQuerySet(AccountBoundQuerySet[Any]):
    """Rows keyed (run, account, day)."""

    grain = Grain.DAY

    def published(self) -> Self:
        """Rows of the run that the pointer of their day names; a run under construction is never seen."""
        from health.models import PublishedSlice

        slices = PublishedSlice.objects.filter(grain=self.grain, starts_on=OuterRef("day"), run_id=OuterRef("run_id"))
        return self.filter(Exists(slices))


class ScoreQuerySet(DayQuerySet):
    """Health scores: their days have a pointer of their own."""

    grain = Grain.HEALTH


class PeriodQuerySet(AccountBoundQuerySet[Any]):
    """Rows keyed (run, grain, account, starts_on)."""

    def published(self) -> Self:
        """Rows of the run that the pointer of their week or month names."""
        from health.models import PublishedSlice

        slices = PublishedSlice.objects.filter(grain=OuterRef("grain"), starts_on=OuterRef("starts_on"), run_id=OuterRef("run_id"))
        return self.filter(Exists(slices))


class StateQuerySet(AccountBoundQuerySet[Any]):
    """One current row per account: all that lists read."""

    def with_account(self) -> Self:
        """The row with its account, owner and team in one query."""
        return self.select_related("account", "account__owner", "account__team", "run").annotate(external_id=F("account__external_id"))
