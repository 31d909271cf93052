# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""One order of dates per file: as the mapping says, else ISO, else what a day above 12 proves."""

from __future__ import annotations

from accounts.loading.binding import Bound
from accounts.loading.formats import Refused
from accounts.loading.job import rows
from accounts.loading.quoting import name
from accounts.loading.registry import TEMPORAL

STRAYS = 0.05


def settle_order(bounds: list[Bound]) -> str:
    """Give all bounds of a file their order of dates; what has to be said about it, or nothing. Raises Refused when nothing settles it."""
    open_bounds = [bound for bound in bounds if not bound.ordered]
    texts = [
        (bound, name("t:" + column.name))
        for bound in open_bounds
        for column in bound.target.columns
        if column.kind in TEMPORAL and column.name in bound.texts
    ]
    if not texts or not any(_unusual(bound, text) for bound, text in texts):
        return ""
    iso = days_first = months_first = other = 0
    for bound, text in texts:
        counted = rows(
            "SELECT count(*) FILTER (WHERE v ~ '^\\d{4}[-/.]'), count(*) FILTER (WHERE p IS NOT NULL), count(*) FILTER (WHERE"
            " p[1]::int > 12), count(*) FILTER (WHERE p[2]::int > 12)"
            f" FROM (SELECT v, regexp_match(v, '^(\\d{{1,2}})[-/.](\\d{{1,2}})[-/.]\\d{{4}}(?!\\d)') AS p FROM (SELECT {text} AS v"
            f" FROM ({bound.select()}) m) x) y"
        )[0]
        iso, other, days_first, months_first = iso + counted[0], other + counted[1], days_first + counted[2], months_first + counted[3]
    if other <= iso:
        return ""
    shape = _proved(days_first, months_first)
    if not shape:
        seen = "both orders occur" if days_first and months_first else "no day is above 12"
        raise Refused(
            "ambiguous_dates",
            f'dates such as 03/04/2024 can be read day-first or month-first and {seen}; set date_order = "dmy" or "mdy" in the mapping',
        )
    for bound in open_bounds:
        bound.shape = shape
    first = {"dmy": "day", "mdy": "month"}[shape]
    return f"dates read {first}-first throughout ({max(days_first, months_first)} of them allow nothing else)"


def _proved(days_first: int, months_first: int) -> str:
    if days_first and months_first <= STRAYS * days_first:
        return "dmy"
    if months_first and days_first <= STRAYS * months_first:
        return "mdy"
    return ""


def _unusual(bound: Bound, text: str) -> bool:
    """Whether any date of the column does not begin with four digits and a separator."""
    # No EXISTS: this way a long file is read by several processes.
    return bool(rows(f"SELECT 1 FROM ({bound.select()}) m WHERE substr({text}, 5, 1) NOT IN ('-', '/', '.') LIMIT 1"))
