"""The table of people as a file: every line and column, CSV or XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from csm_portal.portal.book.exports import guarded
from csm_portal.portal.team.columns import Value
from csm_portal.portal.team.tree import Kind

if TYPE_CHECKING:
    from csm_portal.portal.team.page import Table

SHARE_PLACES = 6
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_LENGTH = 32_000


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


def csv_text(shown: Table) -> str:
    """CSV in UTF-8 with the mark by which Excel knows it; texts that a spreadsheet would run are guarded."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in (*values(shown), told(shown)):
        writer.writerow([guarded(value.replace("\x00", "")) if isinstance(value, str) else "" if value is None else value for value in row])
    return "\ufeff" + text.getvalue()


def xlsx_bytes(shown: Table) -> bytes:
    """A workbook with one sheet, head and first column fixed."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Team")[:31])
    sheet.freeze_panes = "B2"
    sheet.column_dimensions["A"].width = 28
    for place, row in enumerate((*values(shown), told(shown))):
        cells = [_safe(value) for value in row]
        if place == 0:
            heads = [WriteOnlyCell(sheet, value=str(value)) for value in cells]
            for head in heads:
                head.font = Font(bold=True)
            sheet.append(heads)
        else:
            sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def name(shown: Table, ending: str) -> str:
    """The file's name: what and which day."""
    return f"team-{shown.setting.as_of.isoformat()}.{ending}"


def _safe(value: Value) -> Value:
    return guarded(ILLEGAL_CHARACTERS_RE.sub("", value))[:CELL_LENGTH] if isinstance(value, str) else value


def _plain(value: Value) -> Value:
    if isinstance(value, float):
        return round(value, SHARE_PLACES)
    return value
