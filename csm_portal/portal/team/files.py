"""The table of people as a file: every line and column, CSV or XLSX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from csm_portal.portal.team.column import Value
from csm_portal.portal.team.tree import Kind

if TYPE_CHECKING:
    from csm_portal.portal.team.page import Table

SHARE_PLACES = 6


def lines(shown: Table) -> Iterator[list[Value]]:
    """All lines of the file: the table, and what its figures know of."""
    yield from values(shown)
    yield told(shown)


def values(shown: Table) -> Iterator[list[Value]]:
    """Headings and the lines shown, in the order shown: unknown is None, a share stays a share."""
    figures = [figure for column in shown.columns for figure in column.figures]
    yield [_("Who"), _("Kind"), _("Team"), _("E-mail"), *(heading for heading, _read in figures)]
    kinds = {Kind.TEAM: _("team"), Kind.PERSON: _("person"), Kind.NOBODY: _("no owner"), Kind.OTHERS: _("others"), Kind.TOTAL: _("total")}
    for line in shown.lines:
        team = line.path.rstrip("/")
        yield [line.name, kinds[line.kind], team, line.email, *(_plain(read(line)) for _heading, read in figures)]


def told(shown: Table) -> list[Value]:
    """The last line of a file: what the figures know of, and the period of the renewals."""
    first, last = shown.span.period.first.isoformat(), shown.span.period.last.isoformat()
    return [_("as of %(day)s; renewals due %(first)s to %(last)s") % {"day": shown.setting.as_of.isoformat(), "first": first, "last": last}]


def name(shown: Table) -> str:
    """The file's name without its ending: what and which day."""
    return f"team-{shown.setting.as_of.isoformat()}"


def _plain(value: Value) -> Value:
    if isinstance(value, float):
        return round(value, SHARE_PLACES)
    return value
