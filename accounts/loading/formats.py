"""Files as records: what encoding, what separator, where each line stands, which lines cannot be read.

A file comes as blocks. A block whose lines hold no quote and all have the right number of separators is passed on as bytes, to be
copied as it is; any other block is parsed into rows here. Pure but for opening the file.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, cast

BLOCK_BYTES = 4 << 20
SNIFF_BYTES = 1 << 20
LONGEST_LINE = 16 << 20
LONGEST_RECORD_LINES = 1_000
MOST_COLUMNS = 1_000
# Where none of so many records has the shape of the header, none will.
MOST_FAULTS_FIRST = 20_000
# Packed text or a workbook of more than this many times its size, and of more than so many megabytes, is made to fill a disk.
LARGEST_RATIO = 300
SEPARATORS = (",", ";", "\t")


class Refused(Exception):
    """The file cannot be read at all: `code` and a sentence that says what would be right."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class Fault:
    """One record that is not in the right shape."""

    record: int
    line: int
    code: str
    text: str


@dataclass
class Block:
    """Consecutive records: as bytes (`raw`, UTF-8, one line each) or parsed (`rows` with their physical `lines`).

    `padded`: some cell may begin or end with white space.
    """

    first_record: int
    first_line: int
    count: int
    raw: bytes = b""
    rows: list[list[str]] | None = None
    lines: list[int] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    padded: bool = False


@dataclass
class Table:
    """An opened file: its header and its blocks. `notes` say what had to be assumed."""

    header: list[str]
    blocks: Iterator[Block]
    separator: str = ","
    notes: list[str] = field(default_factory=list)


def open_csv(path: Path) -> Table:
    """A text file with a header line, plain or gzipped. Raises Refused."""
    stream = _stream(path)
    try:
        return _open(stream)
    except Refused:
        stream.close()
        raise


def _open(stream: IO[bytes]) -> Table:
    head = _read(stream, SNIFF_BYTES)
    encoding = sniff_encoding(head)
    notes = [] if encoding == "utf-8" else [f"read as {encoding.upper()}"]
    if head.startswith(b"\xef\xbb\xbf"):
        head = head[3:]
    if not head.strip():
        raise Refused("empty_file", "the file is empty; right would be a line of column names, then the rows")
    if b"\n" not in head and b"\r" in head:
        raise Refused("bad_line_ends", "lines end with CR alone; right would be LF or CR LF")
    header, used, separator = _header(head, encoding)
    if separator != ",":
        notes.append("separator is " + {";": "a semicolon", "\t": "a tab"}[separator])
    lines = head[:used].count(b"\n")
    return Table(header, _blocks(stream, head[used:], _Records(encoding, separator, len(header), lines + 1)), separator, notes)


class _Packed(gzip.GzipFile):
    """A packed file that is given up once it has become much longer than packed text is."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")
        self.most = LARGEST_RATIO * max(path.stat().st_size, 1 << 20)

    def read(self, size: int | None = -1) -> bytes:
        """As of any packed file. Raises Refused."""
        data = super().read(size)
        if self.tell() > self.most:
            raise Refused("too_large", f"the file inflates to more than {self.most >> 20} MB; right would be a file packed from plain rows")
        return data


def _stream(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", _Packed(path)) if path.name.lower().endswith(".gz") else path.open("rb")


def _read(stream: IO[bytes], size: int) -> bytes:
    try:
        return stream.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise Refused("unreadable", f"the file cannot be read to its end ({error}); right would be a whole file") from error


def sniff_encoding(head: bytes) -> str:
    """UTF-8 or GB18030, by the lines of the head that hold more than ASCII. Raises Refused for UTF-16 and for anything else."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[:200].count(0) > len(head[:200]) // 4:
        raise Refused("bad_encoding", "the file is UTF-16 or no text at all; right would be UTF-8 (or GB18030)")
    # The last line may be cut inside a character.
    lines = [line for line in head[: head.rfind(b"\n") + 1 or len(head)].split(b"\n") if line]
    wide = [line for line in lines if not line.isascii()]
    broken = [line for line in wide if not _decodes(line, "utf-8")]
    if len(broken) * 2 <= len(wide):
        return "utf-8"
    if all(_decodes(line, "gb18030") for line in broken) and _looks_chinese(b"\n".join(broken)):
        return "gb18030"
    if len(broken) * 2 <= len(lines) and lines[0] not in broken:
        return "utf-8"  # each broken line is rejected by itself
    raise Refused("bad_encoding", "the text is neither UTF-8 nor GB18030; right would be to save the file as UTF-8")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _looks_chinese(text: bytes) -> bool:
    """Characters of daily use have both bytes above 0xA0; a Western letter is followed by ASCII, which GB18030 would swallow."""
    high = pairs = 0
    place = 0
    while place < len(text):
        if text[place] < 0x80:
            place += 1
            continue
        pairs += 1
        high += place + 1 < len(text) and text[place + 1] >= 0xA1
        place += 2
    return high * 5 >= pairs * 4


def _header(head: bytes, encoding: str) -> tuple[list[str], int, str]:
    """Column names, the bytes they take, the separator."""
    place = head.find(b"\n") + 1 or len(head)
    for _ in range(20):
        text = head[:place].decode(encoding, "replace")
        separator = max(SEPARATORS, key=lambda mark: _outside_quotes(text, mark))
        try:
            row = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
        except (csv.Error, StopIteration):
            following = head.find(b"\n", place) + 1
            if not following:
                break
            place = following
            continue
        return check_header([cell.strip() for cell in row]), place, separator
    raise Refused("unclosed_quote", "the line of column names opens a quote and does not close it; right would be a closing quote")


def _outside_quotes(text: str, mark: str) -> int:
    return sum(part.count(mark) for part in text.split('"')[::2])


def check_header(names: list[str]) -> list[str]:
    """The names, if they can be told apart. Raises Refused."""
    if len(names) > MOST_COLUMNS:
        raise Refused("too_many_columns", f"{len(names)} columns; right would be at most {MOST_COLUMNS}")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise Refused("duplicate_column", f"column {', '.join(map(repr, twice))} stands twice in the header; right would be once")
    if not any(names):
        raise Refused("empty_file", "the first line holds no column names; right would be a line of them, then the rows")
    if any("\0" in name for name in names):
        raise Refused("nul_byte", "the line of column names holds a NUL byte; right would be text alone")
    return names


def _blocks(stream: IO[bytes], head: bytes, reader: _Records) -> Iterator[Block]:
    """Blocks of whole lines, numbered by record and physical line."""
    rest = head
    with stream:
        while True:
            data = _read(stream, BLOCK_BYTES)
            buffer = rest + data
            end = len(buffer) if not data else buffer.rfind(b"\n") + 1
            rest = buffer[end:]
            if len(rest) > LONGEST_LINE:
                raise Refused(
                    "value_too_long",
                    f"a line is longer than {LONGEST_LINE >> 20} MB; right would be a line per row (is a quote or a line end missing?)",
                )
            if end:
                yield reader.block(buffer[:end], last=not data)
            if not data:
                return


class _Records:
    """Keeps count of records and lines over the blocks, and of an open quoted record between two of them."""

    def __init__(self, encoding: str, separator: str, width: int, line: int) -> None:
        self.encoding, self.separator, self.width = encoding, separator, width
        self.line, self.record = line, 1
        self.carried = b""
        self.any_good = False

    def block(self, data: bytes, *, last: bool) -> Block:
        data, self.carried = self.carried + data, b""
        if self.encoding != "utf-8":
            # A faulty line falls back to bytes that are no UTF-8, so that it is found as such below.
            data = self._recode(data)
        if (count := self._plain(data)) is not None:
            block = Block(self.record, self.line, count, raw=data if data.endswith(b"\n") else data + b"\n", padded=self._padded(data))
            self.any_good = True
            self.record += count
            self.line += count
            return block
        return self._parsed(data, last=last)

    def _padded(self, data: bytes) -> bool:
        """Whether white space touches a separator or a line's end."""
        mark = self.separator.encode()
        blanks = [b" "] if mark == b"\t" else [b" ", b"\t"]
        edges = [mark, b"\n"]
        return data[:1] in blanks or any(
            blank in data and any(blank + edge in data or edge + blank in data or blank + b"\r" in data for edge in edges)
            for blank in blanks
        )

    def _recode(self, data: bytes) -> bytes:
        try:
            return data.decode(self.encoding).encode()
        except UnicodeDecodeError:
            lines = data.split(b"\n")
            return b"\n".join(line.decode(self.encoding).encode() if _decodes(line, self.encoding) else b"\xff" + line for line in lines)

    def _plain(self, data: bytes) -> int | None:
        """Number of lines, if COPY can take the bytes as they are."""
        if b'"' in data or b"\0" in data or b"\\." in data:
            return None
        breaks = data.count(b"\n") + (not data.endswith(b"\n"))
        returns = data.count(b"\r")
        if returns and (returns != data.count(b"\r\n") or returns != breaks):
            return None
        try:
            data.decode()
        except UnicodeDecodeError:
            return None
        import numpy as np  # the web starts without it

        marks = np.frombuffer(data, dtype=np.uint8)
        ends = np.flatnonzero(marks == 10)
        if not data.endswith(b"\n"):
            ends = np.append(ends, len(marks))
        counts = np.diff(np.searchsorted(np.flatnonzero(marks == ord(self.separator)), ends), prepend=0)
        # A blank line of a one-column file is no record.
        blank = self.width == 1 and bool(np.any(np.diff(ends, prepend=-1) <= 1 + (returns > 0)))
        return breaks if not blank and bool(np.all(counts == self.width - 1)) else None

    def _parsed(self, data: bytes, *, last: bool) -> Block:
        block = Block(self.record, self.line, 0, rows=[], padded=True)
        lines = data.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        if not self._at_once(lines, block):
            self._one_by_one(lines, block, last=last)
        block.count = self.record - block.first_record
        return block

    def _at_once(self, lines: list[bytes], block: Block) -> bool:
        """The usual case: every line is one whole record."""
        text = b"\n".join(lines)
        if b"\0" in text or not _decodes(text, "utf-8"):
            return False
        reader = csv.reader((line + "\n" for line in text.decode().split("\n")), delimiter=self.separator, strict=True)
        try:
            rows = list(islice(reader, 1_000))
            if any(len(row) != self.width for row in rows):
                return False
            rows += reader
        except csv.Error:
            return False
        if len(rows) != len(lines) or any(len(row) != self.width for row in rows):
            return False
        block.rows = rows
        self.any_good = True
        block.padded = any(cell != cell.strip() for row in rows for cell in row)
        block.lines = list(range(self.line, self.line + len(rows)))
        block.records = list(range(self.record, self.record + len(rows)))
        self.line += len(rows)
        self.record += len(rows)
        return True

    def _one_by_one(self, lines: list[bytes], block: Block, *, last: bool) -> None:
        place = 0
        while place < len(lines):
            if not lines[place].strip(b"\r"):
                place, self.line = place + 1, self.line + 1
                continue
            row, used, code = self._take(lines, place, last=last)
            if code == "open" and not last:
                self.carried = b"\n".join(lines[place:]) + b"\n"
                return
            if row is None:
                shown = lines[place][:2_000].decode("utf-8", "replace").replace("\0", "\N{SYMBOL FOR NULL}").rstrip("\r")
                block.faults.append(Fault(self.record, self.line, "unclosed_quote" if code == "open" else code, shown))
                used = 1
                self._give_up(block.faults[-1].code)
            else:
                self.any_good = True
                cast("list[list[str]]", block.rows).append(row)
                block.lines.append(self.line)
                block.records.append(self.record)
            place += used
            self.line += used
            self.record += 1

    def _give_up(self, code: str) -> None:
        if not self.any_good and self.record >= MOST_FAULTS_FIRST:
            reason = f"not one of the first {MOST_FAULTS_FIRST} rows has the shape of the header (the last: {code})"
            raise Refused("no_good_row", f"{reason}; right would be a row per line, with one cell per column")

    def _take(self, lines: list[bytes], place: int, *, last: bool) -> tuple[list[str] | None, int, str]:
        """One record from `place`: its cells and lines used, or the code of its fault. `open`: the lines ran out inside a quote."""
        first = lines[place]
        if b"\0" in first:
            return None, 1, "nul_byte"
        if not _decodes(first, "utf-8"):
            return None, 1, "bad_encoding"
        row, used, code = self._parse(lines[place : place + 1])
        if code == "open":
            window = lines[place : place + LONGEST_RECORD_LINES]
            row, used, code = self._parse(window)
            if code == "open" and len(window) < LONGEST_RECORD_LINES:
                return None, 1, "open"
            if row is None or len(row) != self.width:
                # Not closed, or by the quote of some later line: the first one lacks its own.
                return None, 1, "unclosed_quote"
        if row is None:
            return None, 1, code
        if len(row) != self.width:
            return None, 1, "too_few_columns" if len(row) < self.width else "too_many_columns"
        return row, used, ""

    def _parse(self, lines: list[bytes]) -> tuple[list[str] | None, int, str]:
        reader = csv.reader(
            (line.decode("utf-8", "replace").replace("\0", "\ufffd") + "\n" for line in lines), delimiter=self.separator, strict=True
        )
        try:
            return next(reader), reader.line_num, ""
        except StopIteration:
            return None, 1, "too_few_columns"
        except csv.Error as error:
            message = str(error)
            if "end of data" in message:
                return None, 1, "open"
            return None, 1, "value_too_long" if "larger than" in message else "bad_quote"
