"""Facets of money: invoices, growth, renewal history."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from health.facets import curves
from health.facets.facet import Facet, facet
from health.facets.facts import ContractFacts, InvoiceFacts, RenewalFacts
from health.facets.grid import FOREVER, Bools, Floats, Grid, ratio


def invoices(grid: Grid, bills: InvoiceFacts) -> Facet:
    """Points by the days overdue of the worst bill: issued in the last 180 days, or unpaid still.

    A bill paid late keeps its lateness while it is in the window; one without due date is never overdue. Failed twice and unpaid: 0.
    Disputed and unpaid: at most 50. Unknown: no bill.
    """
    stop = np.maximum(bills.issued + curves.INVOICE_DAYS, bills.paid)
    count = grid.total(bills.row, bills.issued, stop)
    dated = bills.due < FOREVER
    row, due, paid = bills.row[dated], bills.due[dated], bills.paid[dated]
    unpaid = np.nan_to_num(grid.numbers + grid.peak(row, due + 1, paid, -due))
    was_late = grid.peak(row, paid, stop[dated], paid - due, fill=0.0)
    overdue = np.maximum(unpaid, np.maximum(was_late, 0.0))
    falls_due = np.where(dated, bills.due, bills.issued)
    failed = grid.peak(bills.row, falls_due, bills.paid, bills.failed, fill=0.0)
    disputed = grid.total(bills.row, bills.issued, bills.paid, bills.disputed)
    value = overdue_points(overdue)
    value = np.where(failed >= curves.FAILED_ATTEMPTS_BAD, 0.0, value)
    value = np.where(disputed > 0, np.minimum(value, curves.DISPUTED_AT_MOST), value)
    evidence = {"invoices": count, "overdue_days": overdue, "unpaid_overdue_days": unpaid, "failed_attempts": failed, "disputed": disputed}
    return facet(value, count > 0, evidence)


def overdue_points(days: Floats) -> Floats:
    """Points 0..100 for the days overdue of the worst bill."""
    points = np.full(days.shape, curves.OVERDUE_BEYOND)
    for bound, value in reversed(curves.OVERDUE_POINTS):
        points[days <= bound] = value
    return points


def growth(grid: Grid, contracts: ContractFacts, rates: Mapping[int, Floats]) -> Facet:
    """50 + 50 x (MRR now - then) / then. Then: 365 days before, or the first paying day after that.

    Unknown under 90 days after the first paying day, and where currencies mix and a rate is missing. An account with one currency needs
    no rate; of several, both amounts take the day's rate, so that no change of rates looks like growth.
    """
    wide = grid.before(curves.GROWTH_DAYS)
    paying = wide.total(contracts.row, contracts.start, contracts.stop) > 0
    then_at = _first_paying_column(paying)[:, : grid.days]
    has_then = then_at <= np.arange(grid.days)[None, :] + curves.GROWTH_DAYS
    then_at = np.where(has_then, then_at, 0)
    now, then = np.zeros((grid.rows, grid.days)), np.zeros((grid.rows, grid.days))
    mixed = _mixed_rows(grid, contracts)
    for currency in np.unique(contracts.currency):
        mine = contracts.currency == currency
        mrr = wide.total(contracts.row[mine], contracts.start[mine], contracts.stop[mine], contracts.cents[mine]) / 100.0
        rate = np.where(mixed[:, None], rates.get(int(currency), np.full((1, grid.days), np.nan)), 1.0)
        now += _worth(mrr[:, curves.GROWTH_DAYS :], rate)
        then += _worth(np.take_along_axis(mrr, then_at, axis=1), rate)
    change = ratio(now - then, then)
    since = np.full(grid.rows, float(FOREVER))
    np.minimum.at(since, contracts.row, contracts.start.astype(np.float64))
    known = (grid.numbers - since[:, None] >= curves.GROWTH_KNOWN_AFTER_DAYS) & has_then & ~np.isnan(change)
    then_on = np.where(has_then, wide.first + then_at, np.nan)
    evidence = {"mrr_now": np.round(now, 2), "mrr_then": np.round(then, 2), "change": np.round(change, 6), "then_on": then_on}
    return facet(50.0 + 50.0 * change, known, evidence)


def renewal_history(grid: Grid, renewals: RenewalFacts) -> Facet:
    """100 x renewed / due, over the dues whose outcome was known by then. Unknown: none."""
    forever = np.full(renewals.day.shape, FOREVER)
    due = grid.total(renewals.row, renewals.day, forever)
    renewed = grid.total(renewals.row, renewals.day, forever, renewals.renewed)
    return facet(100.0 * ratio(renewed, due), due > 0, {"due": due, "renewed": renewed})


def _first_paying_column(paying: Bools) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    # For every column the next one at or after it in which something is paid; beyond the last column where none follows.
    columns = np.where(paying, np.arange(paying.shape[1])[None, :], FOREVER)
    following: np.ndarray[tuple[int, int], np.dtype[np.int64]] = np.minimum.accumulate(columns[:, ::-1], axis=1)[:, ::-1]
    return following


def _mixed_rows(grid: Grid, contracts: ContractFacts) -> Bools:
    lowest, highest = np.full(grid.rows, FOREVER), np.full(grid.rows, -1)
    np.minimum.at(lowest, contracts.row, contracts.currency)
    np.maximum.at(highest, contracts.row, contracts.currency)
    mixed: Bools = highest > lowest
    return mixed


def _worth(mrr: Floats, rate: Floats) -> Floats:
    # A missing rate matters only where there is something to exchange.
    return np.where(mrr > 0, mrr * rate, 0.0)
