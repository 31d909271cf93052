"""The periods of a figure: what is compared with what, and what is not finished yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from csm_portal.lib.periods import ONE_DAY, label, periods_from

SPAN = "span"


@dataclass(frozen=True, slots=True)
class Span:
    """One period `[first, after)`: the state at the close of `before` is compared with the state at the close of `close`.

    `close` is the last day of the period, or the as-of day while the period still runs: the future is no churn. Then it is provisional.
    """

    label: str
    first: date
    after: date
    close: date
    provisional: bool

    @property
    def before(self) -> date:
        """The day before the period."""
        return self.first - ONE_DAY


def spans(grain: str, first: date, after: date, as_of: date, *, week_starts: str = "monday") -> list[Span]:
    """Periods of a grain that begin in `[first, after)`, or that one range itself for `span`; ascending.

    Periods that begin after the as-of day are left out: nothing is known of them. Raises ValueError for an unknown grain.
    """
    if grain == SPAN:
        found = [(f"{first.isoformat()}/{after.isoformat()}", first, after)]
    else:
        found = [(label(grain, one.first), one.first, one.after) for one in periods_from(grain, first, after, week_starts=week_starts)]
    return [
        Span(name, begins, ends, min(ends - ONE_DAY, as_of), provisional=ends - ONE_DAY > as_of)
        for name, begins, ends in found
        if begins <= as_of
    ]
