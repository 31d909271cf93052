"""What belongs to no single account: targets, exchange rates, notes on the charts."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np

from csm_portal.portal.sample import policy
from csm_portal.portal.sample.staff import Roster
from csm_portal.portal.sample.terms import price_rise_day
from csm_portal.portal.sample.window import Window, add_months, iso

REPORTING_CURRENCY: Final = "USD"
RATES_STREAM: Final = 3
START_RATES: Final = {"CNY": 0.1398, "EUR": 1.084}
TARGETS: Final = {"renewal_rate_count": "0.85", "renewal_rate_amount": "0.95", "monthly_active_rate": "0.75", "nps": "30"}
MONTHS_BEFORE: Final = 24


def exchange_rate_rows(seed: int, window: Window) -> list[tuple[object, ...]]:
    """US dollars for one unit, on the first of each month, from two years before the window: an invented walk."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(RATES_STREAM,)))
    rows: list[tuple[object, ...]] = []
    for currency, start in START_RATES.items():
        rate, day = start, add_months(window.first, -MONTHS_BEFORE)
        while day <= window.last:
            rows.append((currency, iso(day), f"{rate:.6f}"))
            rate *= float(np.exp(0.012 * rng.normal()))
            day = add_months(day, 1)
    return rows


def target_rows(roster: Roster, window: Window) -> list[tuple[object, ...]]:
    """Each CSM's and managed team's monthly targets over the last year of the window."""
    first_of_last = date.fromordinal(window.last).replace(day=1).toordinal()
    months = [day for day in (add_months(first_of_last, -back) for back in range(11, -1, -1)) if day >= window.first]
    holders = [(csm.email, "") for csm in roster.csms] + [("", team) for team in policy.MANAGED_TEAMS]
    return [(email, team, iso(day)[:7], metric, value) for email, team in holders for day in months for metric, value in TARGETS.items()]


def annotation_rows(window: Window) -> list[tuple[object, ...]]:
    """Events of the vendor's own."""
    span = window.days
    return [
        (iso(window.first + span // 4), "Approvals on the phone launched (invented)", "launch"),
        (iso(price_rise_day(window)), f"Price list +{policy.PRICE_RISE:.0%} for renewals (invented)", "price"),
        (iso(window.first + span * 3 // 4), "Two-hour outage of the order service (invented)", "outage"),
    ]
