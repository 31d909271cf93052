"""Who is in the book: one slot per account with everything that does not change over time. Account i is the same in every bigger book."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeVar

import numpy as np
from numpy.random import Generator, SeedSequence

from csm_portal.portal.sample import names, policy
from csm_portal.portal.sample.policy import Industry, Market, Tier
from csm_portal.portal.sample.staff import Csm, Roster
from csm_portal.portal.sample.window import Window, add_months

T = TypeVar("T")
ACCOUNT_STREAM: Final = 1
TOPICS: Final = (
    "plan",
    "latent",
    "terms",
    "seats",
    "usage",
    "ratings",
    "surveys",
    "tickets",
    "invoices",
    "reviews",
    "outcomes",
    "churn",
    "details",
    "agreements",
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One account. `starts_on` is the first paid day; `kind` is a name in `policy.KINDS` or "steady"."""

    index: int
    external_id: str
    name: str
    market: Market
    timezone: str
    industry: Industry
    tier: Tier
    kind: str
    fit: str
    need: str
    work_week: str
    starts_on: int
    plan: str
    term_months: int
    seats: int
    pays_by_card: bool
    from_warehouse: bool
    csm: Csm | None
    co_owner: Csm | None
    parent: str = ""
    pays_itself: bool = True
    outlets: int = 0

    @property
    def chinese(self) -> bool:
        return self.market.country == "CN"


def stream(seed: int, index: int, topic: str) -> Generator:
    """The random numbers of one topic of one account, independent of every other account and topic."""
    return np.random.Generator(np.random.PCG64(SeedSequence(seed, spawn_key=(ACCOUNT_STREAM, index, TOPICS.index(topic)))))


def families(accounts: int, seed: int, window: Window, roster: Roster) -> Iterator[tuple[Slot, list[Slot]]]:
    """Every account with its outlets, in order; an outlet takes the index after its brand, so the number of slots is exactly `accounts`."""
    index = 0
    while index < accounts:
        head = _slot(index, seed, window, roster)
        children = [_outlet(head, number, seed) for number in range(1, min(head.outlets, accounts - index - 1) + 1)]
        yield head, children
        index += 1 + len(children)


def pick(rng: Generator, options: Sequence[T], shares: Sequence[float]) -> T:
    """One option by its share; the last one takes what the shares leave."""
    at = int(np.searchsorted(np.cumsum(shares), rng.random(), side="right"))
    return options[min(at, len(options) - 1)]


def _slot(index: int, seed: int, window: Window, roster: Roster) -> Slot:
    rng = stream(seed, index, "plan")
    market = pick(rng, policy.MARKETS, [each.share for each in policy.MARKETS])
    industry = pick(rng, policy.INDUSTRIES, [each.share for each in policy.INDUSTRIES])
    full = index < policy.FULL_MIX_ACCOUNTS
    tier = pick(rng, policy.TIERS, [each.share if full else each.share_after for each in policy.TIERS])
    plan = pick(rng, policy.PLANS, tier.plan_shares)
    kind = pick(rng, (*policy.KINDS, "steady"), [*policy.KINDS.values(), 1.0])
    fit = pick(rng, ("good", "unknown", "poor"), (0.62, 0.24, 0.14))
    term = pick(rng, policy.TERM_MONTHS, tier.term_shares)
    warehouse = tier.key == "enterprise" and rng.random() < policy.WAREHOUSE_SHARE
    median = tier.seats_median * (1.0 if full else policy.LATER_SEATS)
    seats = float(np.clip(median * np.exp(tier.seats_spread * rng.normal()), tier.seats_low, tier.seats_high))
    brand = industry.has_outlets and tier.key != "small" and not warehouse and kind != "trial_only" and rng.random() < policy.BRAND_SHARE
    outlets = int(rng.integers(2, 7)) if brand else 0
    csm = roster.take(market, 1 + outlets)
    return Slot(
        index=index,
        external_id=f"C{index + 1:05d}",
        name=names.company(index, industry, chinese=market.country == "CN"),
        market=market,
        timezone=pick(rng, market.timezones, [0.7, 0.3]),
        industry=industry,
        tier=tier,
        kind=kind,
        fit=fit,
        need="one_off" if rng.random() < 0.05 else "ongoing",
        work_week=_work_week(rng, market, industry),
        starts_on=_start(rng, window, kind),
        plan=plan,
        term_months=term,
        seats=round(seats * (policy.WAREHOUSE_SEAT_FACTOR if warehouse else 1)),
        pays_by_card=bool(rng.random() < {"small": 0.7, "mid": 0.25, "enterprise": 0.0}[tier.key]),
        from_warehouse=warehouse,
        csm=None if rng.random() < 0.015 else csm,
        co_owner=roster.csms[int(rng.integers(0, len(roster.csms)))] if tier.key == "enterprise" and rng.random() < 0.3 else None,
        outlets=outlets,
    )


def _outlet(brand: Slot, number: int, seed: int) -> Slot:
    """An outlet: its brand's market, trade and fate; a login or two of its own; a contract of its own only as a franchise."""
    index = brand.index + number
    rng = stream(seed, index, "plan")
    small = policy.TIERS[-1]
    return replace(
        brand,
        index=index,
        external_id=f"{brand.external_id}/{number:02d}",
        name=names.outlet(brand.name, number, chinese=brand.chinese),
        tier=small,
        plan="basic",
        seats=int(rng.integers(1, 4)),
        starts_on=brand.starts_on + int(rng.integers(0, 45)),
        term_months=12,
        need="ongoing",
        parent=brand.external_id,
        pays_itself=bool(rng.random() < policy.FRANCHISE_SHARE),
        co_owner=None,
        outlets=0,
    )


def _work_week(rng: Generator, market: Market, industry: Industry) -> str:
    if industry.work_week != "5":
        return industry.work_week if rng.random() < 0.8 else "5"
    if rng.random() < market.works_six_days:
        return "alternating" if market.country == "CN" else "6"
    return "5"


def _start(rng: Generator, window: Window, kind: str) -> int:
    """First paid day: two thirds before the window (at most 16 months), the others spread inside it; many on the first of a month."""
    before = rng.random() < 0.66 and kind != "trial_only"
    if before:
        day = add_months(window.first, -int(rng.integers(0, 16))) + int(rng.integers(0, 28))
    else:
        day = window.first + int(rng.integers(0, max(1, window.days - 25)))
    on_the_first = rng.random() < 0.4 and kind != "trial_only"
    return day - date.fromordinal(day).day + 1 if on_the_first else day
