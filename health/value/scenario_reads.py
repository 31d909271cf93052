"""One account's scenarios, month by month: actual against expected, and what to do about the gap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from django.db.models import F

from accounts.models import Account
from csm_portal.lib.periods import period_of
from health.models import ScenarioPeriod
from health.types import Grain


class Step(StrEnum):
    """What an expected and missing use calls for: find out why it is not used at all, or push the use there is."""

    EXPLORE = "explore"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class ScenarioLine:
    """One scenario of one account in one month. Days are days of the month with an action of it, shares 0 … 1 of the account's seats.

    `expected_days` and `expected_share` are None where nothing is expected, `share` where there are no seats. `agreed`: they are the
    account's own (`reason` says why), else the definition's. `met` is None where nothing is expected or the share is unknown. `step` is
    None without a gap; a running month (`provisional`) has one where the use lies behind what the days gone by would need.
    """

    name: str
    month: date
    days: int
    expected_days: int | None
    seats: int
    share: Decimal | None
    expected_share: Decimal | None
    met: bool | None
    can_reach: bool
    agreed: bool
    agreed_from: date | None
    reason: str
    step: Step | None
    provisional: bool
    version: int
    as_of: date

    @property
    def gap_days(self) -> int | None:
        """Days missing to what is expected, 0 when it is reached; None where nothing is expected."""
        return None if self.expected_days is None else max(0, self.expected_days - self.days)

    @property
    def gap_share(self) -> Decimal | None:
        """Share of seats missing, 0 when it is reached; None where nothing is expected or there are no seats."""
        return None if self.expected_share is None or self.share is None else max(Decimal(0), self.expected_share - self.share)


def account_scenarios(account: Account, month: date) -> list[ScenarioLine]:
    """The account's scenarios in the published month that begins on `month`, by name; one query. Empty where nothing is published."""
    return scenario_lines(account, month, month + timedelta(days=1))


def scenario_lines(account: Account, first: date, last: date) -> list[ScenarioLine]:
    """The account's scenarios in the published months that begin in `[first, last)`, in order of month and name; one query."""
    rows = (
        ScenarioPeriod.objects.published()
        .filter(account=account, starts_on__gte=first, starts_on__lt=last)
        .annotate(as_of=F("run__as_of"), agreed_from=F("agreement__starts_on"), reason=F("agreement__reason"))
        .order_by("starts_on", "scenario")
    )
    return [_line(row) for row in rows]


def next_step(
    *, days: int, expected_days: int | None, share: Decimal | None, expected_share: Decimal | None, met: bool | None, elapsed: Fraction
) -> Step | None:
    """What the gap calls for once `elapsed` (0 … 1) of the month is over: None where it is met, on its way, or nothing is expected.

    Nothing done: explore. Something, and less than the elapsed part of what is expected: push. docs/methods/activity.md.
    """
    if met or (expected_days is None and expected_share is None):
        return None
    late = expected_days is not None and days < int(expected_days * elapsed)
    narrow = expected_share is not None and share is not None and share < Fraction(expected_share) * elapsed
    if not (late or narrow):
        return None
    return Step.PUSH if days else Step.EXPLORE


def _line(row: Any) -> ScenarioLine:
    month = period_of(Grain.MONTH, row.starts_on)
    over = min(row.as_of, month.last)
    elapsed = Fraction((over - month.first).days + 1, (month.after - month.first).days)
    return ScenarioLine(
        name=row.scenario,
        month=row.starts_on,
        days=row.days,
        expected_days=row.expected_days,
        seats=row.seats,
        share=row.seat_share,
        expected_share=row.expected_seat_share,
        met=row.met,
        can_reach=row.can_reach,
        agreed=row.agreement_id is not None,
        agreed_from=row.agreed_from,
        reason=row.reason or "",
        step=next_step(
            days=row.days,
            expected_days=row.expected_days,
            share=row.seat_share,
            expected_share=row.expected_seat_share,
            met=row.met,
            elapsed=elapsed,
        ),
        provisional=over < month.last,
        version=row.version,
        as_of=row.as_of,
    )
