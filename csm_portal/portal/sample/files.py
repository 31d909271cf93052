"""Writes the book's files row by row, so that memory does not grow with it; the same rows give the same bytes."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, TextIO

from csm_portal.portal.sample.columns import FILES, PACKED

PACKING_LEVEL: Final = 4


class BookFiles:
    """Every file of the book, open for writing. `counts` holds the rows written per file."""

    def __init__(self, folder: Path) -> None:
        self.counts: Counter[str] = Counter()
        self._stack = ExitStack()
        self._texts: dict[str, TextIO] = {name: self._open(folder, name) for name in FILES}
        self._writers = {name: csv.writer(text, lineterminator="\n") for name, text in self._texts.items()}
        for name, columns in FILES.items():
            self._writers[name].writerow(columns)

    def __enter__(self) -> BookFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def add(self, name: str, rows: Iterable[Sequence[object]]) -> None:
        """Write rows in the order of the file's columns."""
        rows = list(rows)
        self._writers[name].writerows(rows)
        self.counts[name] += len(rows)

    def add_lines(self, name: str, lines: list[str]) -> None:
        """Write lines that are CSV already."""
        self._texts[name].write("".join(lines))
        self.counts[name] += len(lines)

    def _open(self, folder: Path, name: str) -> TextIO:
        if name not in PACKED:
            return self._stack.enter_context((folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
        raw = self._stack.enter_context((folder / f"{name}.csv.gz").open("wb"))
        # No name and no time in the header: they would differ from run to run.
        packed = self._stack.enter_context(gzip.GzipFile(filename="", mode="wb", compresslevel=PACKING_LEVEL, fileobj=raw, mtime=0))
        buffered = self._stack.enter_context(io.BufferedWriter(packed, 1 << 20))
        return self._stack.enter_context(io.TextIOWrapper(buffered, encoding="utf-8", newline=""))
