"""How the ratings of every book stand, as a table and as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from health.judging.rating_queue import NOBODY, Standing, summed


@dataclass(frozen=True)
class Line:
    """One book. `share` is the coverage in percent for its bar, 0 … 100."""

    name: str
    href: str
    accounts: str
    rated: str
    share: float
    percent: str
    due: str
    overdue: str
    very_late: str
    never: str
    done: str
    age: str
    worst: str
    whole: bool = False


def lines(books: Sequence[Standing]) -> list[Line]:
    """The books, the lowest coverage first, and all of them together at the head."""
    if not books:
        return []
    ordered = sorted(books, key=lambda row: (row.rated / row.accounts, -row.accounts))
    return [_line(summed(books), whole=True), *(_line(row) for row in ordered)]


def file_lines(books: Sequence[Standing]) -> Iterator[list[Cell]]:
    """The same as a file."""
    judged = [pgettext("rating", "Coverage"), pgettext("rating", "Due"), pgettext("rating", "Overdue")]
    yield [
        pgettext("person", "CSM"), _("E-mail"), _("Paying accounts"), _("All answers valid"), *judged,
        _("More than 30 days late"), _("Never rated"),
        _("Rated today"), _("Mean age, days"), _("Longest due, days"),
    ]  # fmt: skip
    for row in books:
        yield [
            row.owner or _("no owner"), row.owner_email or "", row.accounts, row.rated, round(row.rated / row.accounts, 6), row.due,
            row.overdue, row.very_late, row.never, row.done, None if row.age is None else round(row.age, 1), row.worst,
        ]  # fmt: skip


def _line(row: Standing, *, whole: bool = False) -> Line:
    share = row.rated / row.accounts if row.accounts else 0.0
    home = reverse("portal:ratings")
    return Line(
        name=_("All books") if whole else row.owner or _("no owner"),
        href=home if whole else f"{home}?{urlencode({'owner': row.owner_email or NOBODY})}",
        accounts=words.number(row.accounts),
        rated=words.number(row.rated),
        share=100 * share,
        percent=words.percent(share),
        due=words.number(row.due),
        overdue=words.number(row.overdue),
        very_late=words.number(row.very_late),
        never=words.number(row.never),
        done=words.number(row.done),
        age=words.number(row.age),
        worst=words.number(row.worst),
        whole=whole,
    )
