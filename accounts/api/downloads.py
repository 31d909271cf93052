"""Lists as CSV: streamed, all pages in one file, with nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer

from csm_portal.lib.sheets import FORMULA, Echo


class CsvRenderer(BaseRenderer):
    """Announces `format=csv`; the rows themselves are streamed by `csv_response`."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None) -> bytes:
        """What is not a list, an error for one, is written as JSON text."""
        return json.dumps(data, ensure_ascii=False, default=str).encode()


def csv_response(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], name: str) -> StreamingHttpResponse:
    """An attachment with a header line; values nested in a row are written as JSON."""
    response = StreamingHttpResponse(csv_lines(columns, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Header and rows, one line each."""
    writer = csv.writer(Echo(), lineterminator="\r\n")
    yield str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow([cell(part(row, column)) for column in columns]))


def part(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column; `health.score` reaches into an object, and is empty where there is none."""
    value: Any = row
    for name in column.split("."):
        if value is None:
            return None
        value = value.get(name)
    return value


def cell(value: Any) -> Any:
    """A cell: numbers stay numbers (−5 too), unknown is empty, texts that look like a formula get an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, str):
        text = value.replace("\x00", "")
        return "'" + text if value.startswith(FORMULA) and not is_number(value) else text
    return value


def is_number(text: str) -> bool:
    """Whether a text is plain digits with a sign, as money is written: no formula."""
    whole, _point, rest = text.removeprefix("-").partition(".")
    return whole.isascii() and whole.isdigit() and (not rest or (rest.isascii() and rest.isdigit()))
