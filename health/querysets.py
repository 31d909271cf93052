"""Questions over derived rows: which belong to the published run of their day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Exists, F, OuterRef

from accounts.querysets import AccountBoundQuerySet, PublicQuerySet
from health.types import Grain, RunState

if TYPE_CHECKING:
    from health.models import Run


class RunQuerySet(PublicQuerySet["Run"]):
    """Builds of the night."""

    def latest_published(self) -> Run | None:
        """The run that the as-of mark of every page and answer names: the published one of the latest day; None before the first."""
        return self.filter(state=RunState.PUBLISHED).order_by("-as_of", "-id").first()


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


class ScenarioQuerySet(PeriodQuerySet):
    """Scenarios of a month: who is expected to use them, and how they did."""

    def expected(self) -> Self:
        """Rows of the scenario's own group: the definition has the scenario, and no agreement says that nothing is expected."""
        return self.exclude(agreement__isnull=False, expected_days__isnull=True, expected_seat_share__isnull=True)


class AgreementQuerySet(AccountBoundQuerySet[Any]):
    """Dated agreements on scenarios."""

    def in_force_on(self, day: date) -> Self:
        """The latest agreement of each account and scenario that has begun by that day."""
        return self.filter(starts_on__lte=day).order_by("account_id", "scenario", "-starts_on").distinct("account_id", "scenario")


class StateQuerySet(AccountBoundQuerySet[Any]):
    """One current row per account: all that lists read."""

    def with_account(self) -> Self:
        """The row with its account, owner and team in one query."""
        return self.select_related("account", "account__owner", "account__team", "run").annotate(external_id=F("account__external_id"))
