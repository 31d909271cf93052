"""Tables of the page as files: the trend, a cut, the losses, the list behind a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from churn.spans import SPAN
from csm_portal.lib.periods import label
from csm_portal.lib.sheets import Cell
from csm_portal.portal.churn import groups, kinds, lists
from csm_portal.portal.churn.money import told_in
from csm_portal.portal.churn.reads import trend_rows

if TYPE_CHECKING:
    from accounts.models import User
    from churn.as_of import Basis
    from csm_portal.portal.churn.asked import Asked

TREND, CUTS, LOSSES, ACCOUNTS = "trend", "cuts", "types", "accounts"
PARTS = (TREND, CUTS, LOSSES, ACCOUNTS)
MOVED = ("start", "new", "expansion", "reactivation", "contraction", "churn", "end", "fx")
RATES = ("gross_churn", "net_churn", "grr", "nrr", "quick_ratio")


def table(user: User, asked: Asked, basis: Basis, part: str, which: lists.Wanted | None) -> Iterator[list[Cell]]:
    """The lines of one table, its last line saying what it covers. `which` is needed for the list behind a number."""
    currency = told_in(user, asked.currency, basis.as_of).currency
    if part == ACCOUNTS and which is not None:
        yield from lists.lines(lists.listing(user, asked, basis, which, currency))
    elif part == CUTS:
        found, whole = groups.read_groups(user, asked, basis, currency)
        yield from groups.file_lines(found, whole, asked, currency)
    elif part == LOSSES:
        yield from kinds.file_lines(kinds.read_losses(user, asked, basis))
    else:
        yield from _trend(user, asked, basis, currency)
    # Losses stand at the rates of their own days, in the reporting currency alone.
    lost = part == LOSSES or (which is not None and which.measure == lists.LOSS)
    yield [covers(asked, basis, asked.reporting if lost else currency)]


def name(asked: Asked, part: str) -> str:
    """The file's name without its ending: what and which period."""
    period = asked.period.first.isoformat() if asked.grain == SPAN else label(asked.grain, asked.period.first)
    return f"churn-{part}-{period}"


def covers(asked: Asked, basis: Basis, currency: str) -> str:
    """The last line of a file."""
    facts = {
        "first": asked.period.first.isoformat(),
        "last": asked.period.last.isoformat(),
        "day": basis.as_of.isoformat(),
        "currency": currency,
        "version": basis.version or "-",
    }
    return _("%(first)s to %(last)s, as of %(day)s, amounts in %(currency)s, definition version %(version)s") % facts


def _trend(user: User, asked: Asked, basis: Basis, currency: str) -> Iterator[list[Cell]]:
    """One line per period: the bridge, its rates and the attrition of customers and seats."""
    rows = trend_rows(user, asked, basis, currency)
    counted = [f"{name} {part}" for name in (_("logo"), _("seat")) for part in (_("start"), _("lost"), _("rate"), _("low"), _("high"))]
    revenue = _("revenue")
    counted += [f"{revenue} {part}" for part in (_("rate"), _("low"), _("high"))]
    yield ["period", *MOVED, "check", *RATES, *counted, "provisional", "without_rate"]
    for row in rows:
        moved = row.movement
        check = moved.start + moved.new + moved.expansion + moved.reactivation - moved.contraction - moved.churn - moved.end
        rates = [None if (value := getattr(moved, key)) is None else round(value, 6) for key in RATES]
        amounts = [getattr(moved, key) for key in MOVED]
        counts = [*groups.counts(row.logo), *groups.counts(row.seat), *groups.counts(row.revenue)[2:]]
        yield [moved.period, *amounts, check, *rates, *counts, moved.provisional, moved.without_rate]
