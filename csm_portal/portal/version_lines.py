"""Where a chart draws a line because what it shows is counted by another version of a definition from there on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from csm_portal.lib.figures import placed, with_lines_down
from csm_portal.lib.periods import add_months
from csm_portal.portal import words

Json = dict[str, Any]
Changes = Sequence[tuple[date, int]]
Periods = list[tuple[date, date, str]]


def version_name(version: int) -> str:
    """What a line is called."""
    return _("version %(n)d") % {"n": version}


def months_on_axis(firsts: Sequence[date]) -> Periods:
    """Months by their first days, each at its name on the axis."""
    return [(first, add_months(first, 1), words.month(first)) for first in firsts]


def with_versions(figure: Json, changes: Changes, periods: Periods) -> Json:
    """The figure with a line at the period in which each later version begins.

    `changes`: first day and version, by day. `periods`: first day of what a point of the chart counts, the day after its last, and its
    place on the axis. A version that begins with the first period, or before it, changes nothing that is shown.
    """
    inside = [(day, version_name(version)) for day, version in changes if periods and day > periods[0][0]]
    return with_lines_down(figure, placed(inside, periods), at_foot=True)
