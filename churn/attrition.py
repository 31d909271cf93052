"""Attrition of logos, seats and revenue: of those present at the start, the share that did not remain. docs/methods/attrition.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from accounts.cuts import ALL
from churn import seat_attrition
from churn.as_of import Basis, read_basis
from churn.revenue import Movement, Sides, movement, read_sides
from churn.seat_attrition import SeatSides, read_seats
from churn.spans import Span
from csm_portal.lib.estimates import effective_number, share, weighted_interval

if TYPE_CHECKING:
    from accounts.models import User

LOGO, SEAT, REVENUE = "logo", "seat", "revenue"
MEASURES = (LOGO, SEAT, REVENUE)
GRAINS = seat_attrition.GRAINS


@dataclass(frozen=True, slots=True)
class Attrition:
    """One measure of one period and group: counts of logos or seats, amounts of revenue.

    `lost` of those there at the `start` did not remain; `joined` inside the period never enters the rate (of revenue: MRR of accounts
    that paid nothing at the start). `rate` = lost / start, None for an empty start; `low` and `high` are its 95% Wilson interval, of
    revenue over `counted` accounts of equal size (of logos and seats `counted` is the start); `losers` are the units behind what was lost.
    `purchased_*` (seats only): bought seats, and how many of them no longer are. `version` is that of
    `[renewals]`, of seats that of `[activity]`.
    """

    period: str
    first: date
    after: date
    group: str | None
    measure: str
    start: int | Decimal
    lost: int | Decimal
    joined: int | Decimal
    remaining: int | Decimal
    rate: Decimal | None
    low: Decimal | None
    high: Decimal | None
    provisional: bool
    without_rate: int
    counted: float | None
    losers: int
    as_of: date
    version: int | None
    purchased_start: int | None = None
    purchased_lost: int | None = None
    ids: Mapping[str, list[str]] | None = None


def attrition(  # noqa: PLR0917 - the span and the cut read in this order everywhere
    user: User,
    measure: str,
    grain: str,
    first: date,
    after: date,
    by: str = ALL,
    filters: Mapping[str, Sequence[str]] | None = None,
    *,
    detail: bool = False,
    currency: str = "",
    basis: Basis | None = None,
) -> list[Attrition]:
    """One row per period that begins in `[first, after)` (for `span`: that one range) and group of its end; the nameless group last.

    Every group that occurs has a row in every period. Weeks are for seats only. Nothing published: no rows. Raises ValueError for an
    unknown measure, or a grain that the measure has not.
    """
    if measure not in MEASURES:
        raise ValueError(f"unknown measure {measure!r}; known are {', '.join(MEASURES)}")
    basis = basis or read_basis()
    if measure == SEAT:
        seats = read_seats(user, grain, first, after, by, filters, detail=detail, basis=basis)
        return [of_seats(one, basis) for one in seats] if basis else []
    sides = read_sides(user, grain, first, after, by, filters, detail=detail, currency=currency, basis=basis)
    tell = of_logos if measure == LOGO else of_revenue
    return [tell(one, basis) for one in sides] if basis else []


@dataclass(frozen=True, slots=True)
class Three:
    """All that one period and group lost, told side by side; `seat` is None where no group of seats has that name."""

    movement: Movement
    logo: Attrition
    revenue: Attrition
    seat: Attrition | None


def side_by_side(  # noqa: PLR0917
    user: User,
    grain: str,
    first: date,
    after: date,
    by: str = ALL,
    filters: Mapping[str, Sequence[str]] | None = None,
    *,
    detail: bool = False,
    currency: str = "",
    basis: Basis | None = None,
) -> list[Three]:
    """Movements and the three attritions for the same set and periods, in two queries (three where `basis` has to be read)."""
    basis = basis or read_basis()
    if basis is None:
        return []
    sides = read_sides(user, grain, first, after, by, filters, detail=detail, currency=currency, basis=basis)
    seats = read_seats(user, grain, first, after, by, filters, detail=detail, basis=basis)
    of = {(one.span, one.group): of_seats(one, basis) for one in seats}
    return [Three(movement(one, basis), of_logos(one, basis), of_revenue(one, basis), of.get((one.span, one.group))) for one in sides]


def of_logos(sides: Sides, basis: Basis) -> Attrition:
    """Accounts: paying at the close of the day before the period, and still at its close."""
    return _counted(LOGO, sides.span, sides.group, basis, (sides.logos, sides.logos_remaining, sides.logos_joined), ids=sides.logo_ids)


def of_seats(seats: SeatSides, basis: Basis) -> Attrition:
    """Seats: a key action in the period before, and in the period."""
    bought = seats.purchased_start, seats.purchased_lost
    return _counted(SEAT, seats.span, seats.group, basis, (seats.start, seats.remaining, seats.joined), bought, seats.ids)


def of_revenue(sides: Sides, basis: Basis) -> Attrition:
    """1 - GRR: what those there at the start pay less, growth left out."""
    lost = sides.churn + sides.contraction
    rate = lost / sides.start if sides.start else None
    counted = effective_number(sides.accounts, *map(float, (sides.start, sides.squares, lost, sides.lost_squares, sides.lost_by_start)))
    low, high = weighted_interval(float(rate), counted) if rate is not None and counted is not None else (None, None)
    ids = None
    if sides.money_ids is not None:
        of = sides.money_ids
        ids = {
            "start": of["start"],
            "lost": sorted({*of["churn"], *of["contraction"]}),
            "joined": sorted({*of["new"], *of["reactivation"]}),
            "without_rate": of["without_rate"],
        }
    return Attrition(
        period=sides.span.label,
        first=sides.span.first,
        after=sides.span.after,
        group=sides.group,
        measure=REVENUE,
        start=sides.start,
        lost=lost,
        joined=sides.new + sides.reactivation,
        remaining=sides.kept,
        rate=rate,
        low=_decimal(low),
        high=_decimal(high),
        provisional=sides.span.provisional,
        without_rate=sides.without_rate,
        counted=counted,
        losers=sides.losers,
        as_of=basis.as_of,
        version=basis.version,
        ids=ids,
    )


def _counted(  # noqa: PLR0917
    measure: str,
    span: Span,
    group: str | None,
    basis: Basis,
    counts: tuple[int, int, int],
    bought: tuple[int | None, int | None] = (None, None),
    ids: Mapping[str, list[str]] | None = None,
) -> Attrition:
    start, remaining, joined = counts
    lost = start - remaining
    estimate = share(lost, start)
    return Attrition(
        period=span.label,
        first=span.first,
        after=span.after,
        group=group,
        measure=measure,
        start=start,
        lost=lost,
        joined=joined,
        remaining=remaining,
        rate=Decimal(lost) / start if start else None,
        low=_decimal(estimate.low),
        high=_decimal(estimate.high),
        provisional=span.provisional,
        without_rate=0,
        counted=float(start) if start else None,
        losers=lost,
        as_of=basis.as_of,
        version=basis.activity_version if measure == SEAT else basis.version,
        purchased_start=bought[0],
        purchased_lost=bought[1],
        ids=ids,
    )


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))
