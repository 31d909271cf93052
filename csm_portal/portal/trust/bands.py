"""Health 90 days before a due against what became of it, band by band."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from churn.calibration.separation import separation
from churn.k import FEWEST
from churn.k_reads import Banded
from csm_portal.lib.estimates import Share, share
from csm_portal.portal import words
from csm_portal.portal.trust.separation import said

BANDS = ("green", "amber", "red")
UNKNOWN, NONE = "unknown", "none"


@dataclass(frozen=True, slots=True)
class BandCell:
    """What became of the dues of one band: `text` is the rate, `of` how many of how many, `interval` of the rate."""

    band: str
    text: str
    of: str
    interval: str


@dataclass(frozen=True, slots=True)
class BandRow:
    """One month of dues, or all of them."""

    name: str
    cells: list[BandCell]


@dataclass(frozen=True, slots=True)
class BandTable:
    """All months together first, then each; `verdict` says what may be concluded, `good` whether health separates."""

    names: list[str]
    rows: list[BandRow]
    verdict: str
    good: bool
    without: int


def band_table(rows: Sequence[Banded], months: Iterable[str]) -> BandTable:
    """The table of the bands. Dues before the first published health are counted apart and stand in no cell."""
    counts: dict[str | None, dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in rows:
        counts[row.batch][row.band] = (row.renewed, row.n)
    shown = [*BANDS, UNKNOWN] if UNKNOWN in counts[None] else list(BANDS)
    made = [_row(_("All"), counts[None], shown)]
    known = [(name, counts[month]) for month, name in ((month, name_of(month)) for month in months) if set(counts[month]) & set(shown)]
    made += [_row(name, found, shown) for name, found in reversed(known)]
    verdict, good = _verdict(counts[None])
    return BandTable([words.band(band) for band in shown], made, verdict, good, counts[None].get(NONE, (0, 0))[1])


def name_of(batch: str) -> str:
    """A month of dues in words."""
    year, month = batch.split("-")
    return f"{year}年{int(month)}月" if words.chinese() else f"{words.MONTHS[int(month) - 1]} {year}"


def group_name(name: str | None) -> str:
    """A group in words: a month as a month, a program's value as words, everything else as it stands."""
    if name is None:
        return _("without value")
    month = len(name) == 7 and name[4] == "-" and name[:4].isdigit() and name[5:].isdigit()
    return name_of(name) if month else words.readable(name)


def _row(name: str, found: dict[str, tuple[int, int]], shown: Sequence[str]) -> BandRow:
    return BandRow(name, [_cell(band, share(*found.get(band, (0, 0)))) for band in shown])


def _cell(band: str, of: Share) -> BandCell:
    if of.n == 0:
        return BandCell(band, words.UNKNOWN, "", "")
    return BandCell(band, words.percent(of.value), f"{of.hits}/{of.n}", interval(of.low, of.high))


def interval(low: float | None, high: float | None) -> str:
    """Both ends of an interval of shares; empty where there is none."""
    return "" if low is None or high is None else f"{words.percent(low)} … {words.percent(high)}"


def _verdict(found: dict[str, tuple[int, int]]) -> tuple[str, bool]:
    banded = [found[band] for band in BANDS if band in found]
    n, lost = sum(total for _kept, total in banded), sum(total - kept for kept, total in banded)
    if n < FEWEST or not lost:
        told = _(
            "Too few: %(n)s closed renewals with a health of 90 days before, %(lost)s of them lost."
            " From %(least)s on, with losses, this says whether health separates."
        )
        return told % {"n": n, "lost": lost, "least": FEWEST}, False
    apart = separation({band: (found[band][1] - found[band][0], found[band][1]) for band in BANDS if band in found})
    return said(apart, good=apart.holds), apart.holds
