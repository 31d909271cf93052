"""Files of what the book shows: the same columns, order and filters, all pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from csm_portal.lib.sheets import Cell
from csm_portal.portal.book.columns import Column, Written, computed
from csm_portal.portal.book.rows import reason_of
from health.types import Level

CHUNK = 2000


def written(columns: Sequence[Column]) -> list[Written]:
    """Columns of the file, each once: the account's id leads, then what the columns shown stand for."""
    return list({one.path: one for column in columns for one in column.written}.values())


def lines(states: QuerySet[Any], columns: Sequence[Column]) -> Iterator[list[Cell]]:
    """Headings, then the values of each account, read in chunks: unknown is None, a share stays a share, a day a day."""
    heads = written(columns)
    yield [str(one.label) for one in heads]
    paths = [one.path for one in heads]
    reads = [READ.get(path, _plain) for path in paths]
    rows = states.annotate(**computed(paths)).values_list(*paths)
    for row in rows.iterator(chunk_size=CHUNK):
        yield [read(value) for read, value in zip(reads, row, strict=True)]


def _plain(value: Any) -> Cell:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, Decimal):
        return _short(value)
    return value if value is None or isinstance(value, (str, int, float, date)) else json.dumps(value, ensure_ascii=False, default=str)


def _short(value: Decimal) -> Decimal:
    """Without trailing zeros, and never as 1E+3."""
    short = value.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def _two(value: Any) -> Cell:
    return None if value is None else _short(Decimal(value).quantize(Decimal("0.01")))


def _reason(value: Mapping[str, Any] | None) -> Cell:
    return reason_of(value) if value else ""


READ: Mapping[str, Callable[[Any], Cell]] = {
    "level": lambda value: Level(value).word,
    "top_reason": _reason,
    "named_states": lambda found: ", ".join(one["key"] for one in found or ()),
    "account__tags": lambda tags: ", ".join(tags or ()),
    "star_pct": _two,
}
