"""What the address asks for. Whatever makes no sense in it is passed over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.http import QueryDict

from accounts.cuts import ALL, CUTS
from churn.cohorts import GRAINS, MEASURES
from churn.cuts_sql import MORE_CUTS

# How many cohorts may be shown, by grain, and how many are unless another number is asked for.
SPANS = {"month": (12, 24, 36), "week": (13, 26, 52)}
DEFAULT_N = {"month": 24, "week": 26}
# What curves may be sorted by, the first unless another is asked for.
ATTRIBUTES = ("size", "industry", "region", "feature", "persona", "plan", "tier", ALL)
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)
ALL_CUTS = (*CUTS, *MORE_CUTS)


@dataclass(frozen=True, slots=True)
class Asked:
    """The choice: `n` cohorts of a grain, the attribute of the curves, the action looked at (empty: the clearest), the set by cut."""

    measure: str
    grain: str
    n: int
    attribute: str
    action: str
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def by_cut(self) -> dict[str, list[str]]:
        """The filters as the figures take them."""
        return {name: list(values) for name, values in self.filters}

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The address without what makes no difference."""
        made = [("measure", self.measure)] if self.measure != MEASURES[0] else []
        made += [("grain", self.grain)] if self.grain != "month" else []
        made += [("n", str(self.n))] if self.n != DEFAULT_N[self.grain] else []
        made += [("attribute", self.attribute)] if self.attribute != ATTRIBUTES[0] else []
        made += [("action", self.action)] if self.action else []
        return made + [(name, value) for name, values in self.filters for value in values]

    def query(self, *more: tuple[str, str], without: Iterable[str] = ()) -> str:
        """The address's query, with more in it or something left out."""
        left_out = {*without, *(name for name, _value in more)}
        return "?" + urlencode([(name, value) for name, value in self.pairs if name not in left_out] + [pair for pair in more if pair[1]])


def asked(query: QueryDict) -> Asked:
    """The question of an address."""
    grain = _one_of(query.get("grain", ""), ("month", *GRAINS))
    return Asked(
        measure=_one_of(query.get("measure", ""), MEASURES),
        grain=grain,
        n=int(_one_of(query.get("n", ""), tuple(map(str, (DEFAULT_N[grain], *SPANS[grain]))))),
        attribute=_one_of(query.get("attribute", ""), ATTRIBUTES),
        action=query.get("action", "").replace("\0", ""),
        filters=_filters(query),
    )


@dataclass(frozen=True, slots=True)
class CellAsked:
    """One cell: the first day of its cohort, the offset, and which of its members."""

    first: date
    offset: int
    remaining: bool


def cell_asked(query: QueryDict) -> CellAsked | None:
    """The cell that an address names; None: it names none."""
    try:
        first = date.fromisoformat(query.get("cohort", ""))
    except ValueError:
        return None
    offset, line = query.get("offset", "0"), query.get("line", "remaining")
    if (
        not EARLIEST <= first < LATEST
        or not (offset.isascii() and offset.isdigit() and len(offset) < 4)
        or line not in ("remaining", "lost")
    ):
        return None
    return CellAsked(first, int(offset), line == "remaining")


def _one_of(text: str, known: tuple[str, ...]) -> str:
    return text if text in known else known[0]


def _filters(query: QueryDict) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = ((name, tuple(sorted({value for value in query.getlist(name) if value and "\0" not in value}))) for name in ALL_CUTS)
    return tuple((name, values) for name, values in found if values)
