"""Tables as files to keep: one answer for CSV and XLSX, whatever the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from csm_portal.lib.sheets import XLSX, Cell, csv_blocks, xlsx_file


def sheet_answer(rows: Iterable[Sequence[Cell]], kind: str, name: str, *, title: str, freeze: str) -> HttpResponseBase:
    """An attachment with these rows, the head first. `kind`: csv (streamed) or xlsx; anything else is answered by 400.

    `name` is the file's without its ending, `title` the sheet's, `freeze` the first cell that scrolls.
    """
    answer: HttpResponseBase
    if kind == "xlsx":
        answer = FileResponse(xlsx_file(rows, title, freeze), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
    elif kind == "csv":
        answer = StreamingHttpResponse(csv_blocks(rows), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    else:
        return HttpResponse(_("A file is csv or xlsx."), status=400, content_type="text/plain; charset=utf-8")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer
